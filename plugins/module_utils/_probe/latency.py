# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Latencies in few figures, and all of them for a histogram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by ``share`` of all values (nearest rank): one that was measured."""
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def summary(values: Iterable[float]) -> dict[str, Any]:
    """Seconds; null where nothing was measured."""
    ordered = sorted(round(value, 4) for value in values)
    return {
        "count": len(ordered),
        "min": ordered[0] if ordered else None,
        "p50": percentile(ordered, 0.5) if ordered else None,
        "p95": percentile(ordered, 0.95) if ordered else None,
        "p99": percentile(ordered, 0.99) if ordered else None,
        "max": ordered[-1] if ordered else None,
        "samples": ordered,
    }
