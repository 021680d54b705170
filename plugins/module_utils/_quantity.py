# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quantities of Kubernetes, such as ``500m``, ``1.5Gi`` or ``1e3``: read exactly, and written for people."""

from __future__ import annotations

import re
from decimal import Decimal

# "1E" is one exa, "1E3" is a thousand: the exponent has to be tried first.
_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d{1,2}|[KMGTPE]i|[numkMGTPE])?\Z", re.ASCII)
_LONGEST = 64
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: dict[str, int] = {unit: 1 << 10 * power for power, unit in enumerate(("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
BYTES = ("memory", "storage", "ephemeral-storage")


def parse_quantity(text: object) -> Decimal:
    """The number that a quantity stands for; ``ValueError`` when it is none."""
    written = str(text).strip()
    found = _QUANTITY.match(written) if len(written) <= _LONGEST else None
    if not found:
        raise ValueError(f"{written[:_LONGEST]!r} is not a quantity")
    number, unit = Decimal(found[1]), found[2] or ""
    if unit in _BINARY:
        return number * _BINARY[unit]
    power = _DECIMAL[unit] if unit in _DECIMAL else int(unit[1:])
    scale = Decimal(f"1e{power}")
    return number * scale


def show_quantity(value: Decimal, resource: str) -> str:
    """As people write it: bytes with a binary unit, everything else as a plain number."""
    if resource.rsplit("/", 1)[-1].split(".")[-1] not in BYTES or abs(value) < 1024:
        return _plain(value, 3)
    unit = [name for name, size in _BINARY.items() if abs(value) >= size][-1]
    return _plain(value / _BINARY[unit], 2) + unit


def _plain(value: Decimal, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".")
