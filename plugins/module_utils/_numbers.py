# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A number out of whatever stands in its place, and the words that go with one."""

from __future__ import annotations

import math
import re
from typing import Any

# Nothing in it can match the same digits in two ways: a long text that is no number would take for ever.
# Python would take 1_000 and digits of other scripts too, which nobody writes who means a number.
_DECIMAL = re.compile(r"\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*\Z")
_WORDS = ("inf", "infinity", "nan")


def finite(value: Any) -> float | None:
    """A finite number, also one written as a text. None for anything else, true and false among it."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = decimal(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def decimal(value: Any) -> float:
    """A number that may be written as a text, as Prometheus does; infinity and not-a-number too."""
    if isinstance(value, str) and not _DECIMAL.match(value) and value.strip().lstrip("+-").lower() not in _WORDS:
        raise ValueError("a text is no number")
    return float(value)


def counted(number: int) -> int:
    """How many there are of something; ``ValueError`` for fewer than none."""
    if number < 0:
        raise ValueError("a count is below zero")
    return number


def plural(number: float, one: str, several: str = "") -> str:
    """``span`` of one, ``spans`` of any other number; ``several`` where that takes more than an s."""
    return one if number == 1 else several or f"{one}s"


def numbered(number: int, one: str, several: str = "") -> str:
    """``1 span``, ``2 spans``."""
    return f"{number} {plural(number, one, several)}"


def word(value: Any) -> int:
    """A whole number of 64 bits, as protobuf has them, which JSON may carry as text. What is left out is zero."""
    if isinstance(value, str) and value and not _DECIMAL.match(value):
        raise ValueError("a text is no number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number has no end")
    number = int(value or 0)
    if not -(2**63) <= number < 2**64:
        raise ValueError("a number is larger than 64 bits")
    return number
