# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which block formats each Tempo writes and reads, and what that forbids.

From the encodings in Tempo's source of each version, and from its upgrade guide, which comes first where it says less:
Tempo 3 opens vParquet3 and does not support it, and a block in v2 is found by id alone since 2.1.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .app_versions import parse


@dataclass(frozen=True)
class Tempo:
    """From this version on, up to the next one of the table."""

    since: tuple[int, int]
    reads: tuple[str, ...]
    # What it writes unless it is told otherwise.
    writes: str

    @property
    def name(self) -> str:
        return f"Tempo {self.since[0]}.{self.since[1]}"


TEMPOS = (
    Tempo((1, 0), ("v2",), "v2"),
    Tempo((2, 0), ("v2", "vParquet"), "vParquet"),
    Tempo((2, 1), ("vParquet", "vParquet2"), "vParquet"),
    Tempo((2, 2), ("vParquet", "vParquet2"), "vParquet2"),
    Tempo((2, 3), ("vParquet", "vParquet2", "vParquet3"), "vParquet2"),
    Tempo((2, 4), ("vParquet", "vParquet2", "vParquet3"), "vParquet3"),
    Tempo((2, 5), ("vParquet2", "vParquet3", "vParquet4"), "vParquet3"),
    Tempo((2, 6), ("vParquet2", "vParquet3", "vParquet4"), "vParquet4"),
    Tempo((2, 9), ("vParquet2", "vParquet3", "vParquet4"), "vParquet4"),
    Tempo((2, 10), ("vParquet3", "vParquet4", "vParquet5"), "vParquet4"),
    Tempo((3, 0), ("vParquet4", "vParquet5"), "vParquet4"),
)


def known(version: str) -> Tempo | None:
    """The row of a version; None for a tag that names none."""
    found = parse(version)
    rows = [row for row in TEMPOS if found and row.since <= found[:2]]
    return rows[-1] if rows else None


def unreadable(formats: Collection[str], version: str) -> list[str]:
    """Those of the formats that this version does not read. A version that nobody knows reads all."""
    row = known(version)
    return [name for name in sorted(formats) if row and name not in row.reads]


def bridge(formats: Collection[str], source: str, target: str) -> Tempo | None:
    """The newest version between two that reads what is there, and writes what the target reads."""
    start, end = known(source), known(target)
    if start is None or end is None:
        return None
    between = [row for row in TEMPOS if start.since <= row.since < end.since]
    fit = [row for row in between if row.writes in end.reads and set(formats) <= set(row.reads)]
    return fit[-1] if fit else None
