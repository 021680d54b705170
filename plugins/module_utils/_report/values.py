# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading loose data from playbooks, and writing numbers for people.

What comes in are results of other tasks: a key may be missing, null, or a number as text. Nothing of that may stop a
report, least of all the report of a failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite, plural

NOT_KNOWN = "not known"
# What XML 1.0 cannot hold at all, not even escaped, and what UTF-8 cannot.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Marks that turn the direction of all text behind them.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def text(value: Any) -> str:
    """A value as text that is safe in XML once it is escaped."""
    if value is None:
        return ""
    return _DIRECTION.sub("\ufffd", _UNPRINTABLE.sub("\ufffd", str(value)))


def number(value: Any) -> float | None:
    return finite(value)


def whole(value: Any) -> int | None:
    parsed = number(value)
    return None if parsed is None else round(parsed)


def count(value: Any) -> int | None:
    """A number, or how many there are of what is listed."""
    return len(value) if isinstance(value, (list, tuple, Mapping)) else whole(value)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def texts(value: Any) -> list[str]:
    return [text(item) for item in items(value)]


def grouped(value: int | None, unknown: str = NOT_KNOWN) -> str:
    return unknown if value is None else f"{value:,}"


def quantity(value: int, noun: str, several: str = "") -> str:
    """``1 span``, ``1,860 spans``."""
    return f"{value:,} {plural(value, noun, several)}"


def seconds_text(seconds: float) -> str:
    """A length of time with three digits, in the unit that suits it."""
    if seconds <= 0:
        return "0 s"
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds * 1e9)} ns"


def _three_digits(value: float) -> str:
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{decimals}f}"
