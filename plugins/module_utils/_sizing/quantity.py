# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers rounded up to quantities that people would write: the more is needed, the coarser."""

from __future__ import annotations

import math


def cores(value: float) -> str:
    """Steps of 50m up to one core, of a half up to eight, of a whole one above."""
    amount = _up(value, _step(value, 0.05))
    return f"{round(amount)}" if amount == int(amount) else f"{round(amount * 1000)}m"


def memory(gib: float) -> str:
    """Steps of 64Mi up to one GiB, of a half up to eight, of a whole one above."""
    amount = _up(gib, _step(gib, 1 / 16))
    return f"{round(amount)}Gi" if amount == int(amount) else f"{round(amount * 1024)}Mi"


def disk(size: float) -> str:
    """From bytes to whole GiB with two digits that count: no estimate has a third."""
    gib = max(1, math.ceil(round(size / (1 << 30), 6)))
    return f"{two_digits(gib)}Gi"


def two_digits(value: float) -> int:
    whole = math.ceil(round(value, 6))
    step: int = 10 ** max(0, len(str(whole)) - 2)
    return -(-whole // step) * step


def _step(value: float, smallest: float) -> float:
    return smallest if value <= 1 else 0.5 if value <= 8 else 1


def _up(value: float, step: float) -> float:
    # Rounded first, so that 0.30000000000000004 is not one step more than 0.3.
    return math.ceil(round(value / step, 6)) * step
