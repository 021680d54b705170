# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A number out of whatever stands in its place."""

from __future__ import annotations

import math
from typing import Any


def finite(value: Any) -> float | None:
    """A finite number, also one written as a text. None for anything else, true and false among it."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def word(value: Any) -> int:
    """A whole number of 64 bits, as protobuf has them, which JSON may carry as text. What is left out is zero."""
    number = int(value or 0)
    if not -(2**63) <= number < 2**64:
        raise ValueError("a number is larger than 64 bits")
    return number
