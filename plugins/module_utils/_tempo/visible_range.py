# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of a range Tempo lets a query see, as the info modules return it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .client import TempoClient
from .visibility import FIX, Sight, clock_time


@dataclass(frozen=True)
class RangeSeen:
    """The range that is asked for, and the time on the server's clock when it is."""

    start: float
    end: float
    now: float
    sight: Sight

    @property
    def until(self) -> float:
        return self.sight.until(self.now)

    @property
    def any(self) -> bool:
        """Whether Tempo answers about this range at all, and not about an earlier one."""
        return not self.sight.hidden or self.until > self.start

    def to_dict(self) -> dict[str, Any]:
        # What has not happened yet is not hidden.
        cut = bool(self.sight.hidden) and min(self.end, self.now) > self.until
        seen = f"what came after {clock_time(self.until)} is not in the answer" if self.any else "nothing was asked"
        notes = [f"{self.sight.described}: {seen}. Ask later, or {FIX}"] if cut else []
        return {
            "seen_until": int(self.until),
            "complete": not cut,
            "notes": [*notes, *([self.sight.note] if cut and self.sight.note else [])],
        }


def range_seen(client: TempoClient, start: float, end: float) -> RangeSeen:
    sight = client.sight()
    return RangeSeen(start, end, client.now(), sight)
