# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as YAML that reads back as the same, in the order in which they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Texts that need no quotes, whatever version of YAML reads them.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./()-]*(?: (?:->|[A-Za-z0-9_./()-]+))*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_INDENT = "  "
# A list or mapping of single values stands in one line up to this width.
_WIDTH = 100


class Block(str):
    """A text of several lines, each of which stands as it is."""

    __slots__ = ()


def to_yaml(value: Mapping[str, Any]) -> str:
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(f"{_scalar(key)}:", item)
    else:
        for item in value:
            first, *rest = list(_lines(item)) if _nests(item) else [_flow(item)]
            yield f"- {first}"
            yield from (f"{_INDENT}{line}" for line in rest)


def _entry(head: str, item: Any) -> Iterator[str]:
    if isinstance(item, Block):
        yield f"{head} |"
        yield from (f"{_INDENT}{line}" for line in item.splitlines())
    elif (_nests(item) and item and len(head) + len(_flow(item)) > _WIDTH) or _has_structure(item):
        yield head
        yield from (f"{_INDENT}{line}" for line in _lines(item))
    else:
        yield f"{head} {_flow(item)}"


def _nests(item: Any) -> bool:
    return isinstance(item, Mapping) or (isinstance(item, Sequence) and not isinstance(item, str))


def _has_structure(item: Any) -> bool:
    """Whether it holds more than single values and the conditions of single values."""
    if isinstance(item, Mapping):
        return len(item) > 3 or any(_nests(inner) and not _is_condition(inner) for inner in item.values())
    return _nests(item) and any(_nests(inner) for inner in item)


def _is_condition(item: Any) -> bool:
    return isinstance(item, Mapping) and len(item) == 1 and not any(map(_nests, item.values()))


def _flow(item: Any) -> str:
    if isinstance(item, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in item.items()) + "}"
    if _nests(item):
        return "[" + ", ".join(map(_flow, item)) + "]"
    return _scalar(item)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    """What YAML takes for a line break, or not at all, is an escape. JSON's pairs of surrogates YAML does not know."""
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"
