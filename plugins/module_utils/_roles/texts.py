# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in nested data, and lengths of time as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any


def map_texts(data: Any, change: Callable[[str], str]) -> Any:
    """The same data, with every text and every key changed."""
    if isinstance(data, str):
        return change(data)
    if isinstance(data, Mapping):
        return {map_texts(key, change): map_texts(value, change) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [map_texts(item, change) for item in data]
    return data


def replace_texts(data: Any, old: str, new: str) -> Any:
    return map_texts(data, lambda text: text.replace(old, new))


def in_hours(duration: str) -> str:
    """``14d`` as ``336h``, for who knows no days. Whatever has none stays as it is."""
    found = re.fullmatch(r"(\d+)d(?:(\d+)h)?(.*)", duration)
    return f"{int(found[1]) * 24 + int(found[2] or 0)}h{found[3]}" if found else duration
