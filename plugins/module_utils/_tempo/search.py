# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole search out of as many requests as the server's caps take, and which of its lines belong to the range asked.

A server may allow fewer traces an answer (``max_result_limit``) or a shorter range (``max_duration``) than are asked
for. The range is split in time then, down to a second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered

from .client import MAX_LINES, Line, SearchRange, TempoClient
from .visibility import go_seconds

_NANOS = 1_000_000_000
# Search cuts the fraction of a millisecond off.
_MILLISECOND = 1_000_000
# A range is asked for in whole seconds.
_SLACK_SECONDS = 1
_LIMIT_CAP = re.compile(r"limit \d+ exceeds max limit (\d+)")
# A range that begins in this second: Tempo has cut its end to the same.
_CUT_AWAY = "start must be before end"
_RANGE_CAP = re.compile(r"range specified by start and end exceeds ([0-9a-zµ.]+?)[.]? ")


@dataclass
class Found:
    """The lines of a search by trace id. ``cut_off`` says why there may be more; it is empty when these are all."""

    lines: dict[str, Line] = field(default_factory=dict)
    cut_off: str = ""
    # Traces that are about another time than was asked, and such whose time is not told.
    outside: set[str] = field(default_factory=set)
    undated: set[str] = field(default_factory=set)
    # Those of the first that do not even reach into the time that was asked for: no search gives them.
    stray: set[str] = field(default_factory=set)
    metrics: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        notes = [f"Search was cut off: {self.cut_off}. There may be more traces and spans."] if self.cut_off else []
        if self.outside:
            one = "trace in Tempo's answer is of another time than asked, and doesn't count."
            several = "traces in Tempo's answer are of another time than asked, and don't count."
            notes.append(numbered(len(self.outside), one, several))
        if self.undated:
            one = "trace in Tempo's answer tells no start time, and doesn't count."
            several = "traces in Tempo's answer tell no start time, and don't count."
            notes.append(numbered(len(self.undated), one, several))
        return notes


class Search:
    """The searches of one client. What its server allows is learned once."""

    def __init__(self, client: TempoClient, *, spans_per_set: int = 1, overlapping: bool = False) -> None:
        """With ``overlapping`` a trace that began before the range and reached into it belongs to it as well."""
        self._client = client
        self._spans_per_set = spans_per_set
        self._overlapping = overlapping
        self._most = MAX_LINES
        self._longest: int | None = None

    def ask(self, query: str, span: SearchRange) -> Found:
        found = Found()
        windows = [(span.start, span.end)]
        try:
            while windows and len(found.lines) < span.limit:
                # The newest first: what is waited for is there.
                windows += self._look(query, windows.pop(), span, found)
        except TracingError as error:
            if error.kind != "deadline" or not found.lines:
                raise
            found.cut_off = "the time was over before all of it was read"
        if len(found.lines) >= span.limit:
            found.cut_off = f"limit={span.limit}"
        return found

    def _look(self, query: str, window: tuple[int, int], span: SearchRange, found: Found) -> list[tuple[int, int]]:
        """One request at most; what is left to be looked at, the newest last."""
        start, end = window
        if self._longest and end - start > self._longest:
            return [(start, end - self._longest), (end - self._longest, end)]
        limit = min(self._most, span.limit)
        try:
            page = self._client.search(query, SearchRange(start, end, limit), self._spans_per_set)
        except TracingError as error:
            if self._learned(error):
                return [window]
            if error.status == 400 and _CUT_AWAY in error.message:
                return []
            raise
        found.metrics.append(page.metrics)
        found.cut_off = page.partial or found.cut_off
        for line in page.lines:
            self._take(line, span, found)
        # Traces of another time do not use the limit up.
        if len(page.lines) < limit or len(found.lines) + len(found.undated) >= span.limit:
            return []
        middle = (start + end) // 2
        if middle == start:
            found.cut_off = f"Tempo gives {limit} traces at a time at most (max_result_limit), and a second holds more"
            return []
        return [(start, middle), (middle, end)]

    def _take(self, line: Line, span: SearchRange, found: Found) -> None:
        trace = line.trace
        ended = trace.start_unix_nano + trace.duration_nanos + _MILLISECOND
        reached = ended if self._overlapping else trace.start_unix_nano
        before = found.lines.get(trace.trace_id)
        if trace.start_unix_nano <= 0:
            found.undated.add(trace.trace_id)
        elif reached < span.start * _NANOS or trace.start_unix_nano > span.end * _NANOS:
            found.outside.add(trace.trace_id)
            if ended < (span.start - _SLACK_SECONDS) * _NANOS or trace.start_unix_nano > span.end * _NANOS:
                found.stray.add(trace.trace_id)
        elif before is None or trace.matched > before.trace.matched:
            found.lines[trace.trace_id] = line

    def _learned(self, error: TracingError) -> bool:
        """Whether the server refused more than it allows, and said how much that is."""
        limit, longest = _LIMIT_CAP.search(error.message), _RANGE_CAP.search(error.message)
        if error.status == 400 and limit and 0 < int(limit[1]) < self._most:
            self._most = int(limit[1])
            return True
        seconds = int(go_seconds(longest[1]) or 0) if longest and error.status == 400 else 0
        if 0 < seconds < (self._longest or float("inf")):
            self._longest = seconds
            return True
        return False
