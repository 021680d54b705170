# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time as Go prints them."""

from __future__ import annotations

import re

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(d|h|ms|m|s)")
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(text: str) -> float:
    """0 for what is no length of time."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)) if _is_one(text) else 0.0


def _is_one(text: str) -> bool:
    return bool(text) and _PART.sub("", text) == ""
