# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values in layers, merged as Helm merges the values files of a command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Each layer deeply over the one before it; a list replaces the list below it."""
    found: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = found.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                value = merged([below, value])
            found[key] = value
    return found
