# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results that can be shown and handed on, whatever a server or a sender of spans has put into them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

# Where a result nests deeper, JSON writers give up.
MAX_DEPTH = 100
# The controller takes keys that begin so for its own type tags.
RESERVED = "__ansible_"
# Control characters but tab and newline, which move cursors and set colours; characters that turn the direction of
# text round; and halves of surrogate pairs, which cannot be written as UTF-8.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def diff_of(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, str]:
    """A thing before and after, as Ansible shows it with ``--diff``; None where there is none."""
    return {"before_header": name, "before": _diff_text(before), "after_header": name, "after": _diff_text(after)}


def _diff_text(content: Mapping[str, Any] | None) -> str:
    return "" if content is None else json.dumps(content, indent=2, sort_keys=True) + "\n"


def printable(value: dict[str, Any]) -> dict[str, Any]:
    """The same result with every text safe on a terminal and every key one that Ansible hands on."""
    clean: dict[str, Any] = _clean(value, 0)
    return clean


def printable_text(text: str) -> str:
    """Control characters as the escapes that Python writes for them."""
    return _UNPRINTABLE.sub(_escaped, text)


def printable_json(text: str) -> str:
    """The same JSON, with control characters as its own escapes for them."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= MAX_DEPTH and isinstance(value, (Mapping, list, tuple)):
        return "(nested too deep to be shown)"
    if isinstance(value, Mapping):
        return {_key(key): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return [_clean(item, depth + 1) for item in sorted(value, key=str)]
    return value if value is None or isinstance(value, int) else printable_text(_as_text(value))


def _as_text(value: Any) -> str:
    """What YAML knows and JSON does not, such as dates and bytes."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _key(key: Any) -> Any:
    """A reserved key gets a backslash before it, so that it is an ordinary one."""
    if key is None or isinstance(key, int):
        return key
    clean = printable_text(_as_text(key))
    return f"\\{clean}" if clean.startswith(RESERVED) else clean
