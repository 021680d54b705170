# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in nested data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def replace_texts(data: Any, old: str, new: str) -> Any:
    """The same data, with ``old`` replaced in every text and every key."""
    if isinstance(data, str):
        return data.replace(old, new)
    if isinstance(data, Mapping):
        return {replace_texts(key, old, new): replace_texts(value, old, new) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [replace_texts(item, old, new) for item in data]
    return data
