# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TraceQL search as a task result."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered, word
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import mismatch
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline

from .asked import asked_for, contradiction
from .client import Line, SearchRange, TempoClient
from .search import Found, Search
from .time_range import RANGE_ARGUMENTS, time_range
from .trace import (
    SPAN_ID_DIGITS,
    attributes,
    decode_id,
)
from .visible_range import RangeSeen, range_seen

# Tempo's own bound for spans in one set.
MAX_SPANS_PER_SET = 100
# A search may take several requests, each with its own time.
REQUESTS = 6

SEARCH_ARGUMENTS: dict[str, dict[str, Any]] = {
    "query": {"type": "str", "default": "{ }"},
    **RANGE_ARGUMENTS,
    "limit": {"type": "int", "default": 20},
    "spans_per_set": {"type": "int", "default": 3},
}

_METRICS = {
    "inspected_traces": "inspectedTraces",
    "inspected_spans": "inspectedSpans",
    "inspected_bytes": "inspectedBytes",
    "total_blocks": "totalBlocks",
    "total_block_bytes": "totalBlockBytes",
    "total_jobs": "totalJobs",
    "completed_jobs": "completedJobs",
}


def search(params: Mapping[str, Any], tempo: Transport, clock: Clock | None = None) -> dict[str, Any]:
    clock = clock or Clock()
    at_least(params["limit"], 1, "limit")
    if not 1 <= params["spans_per_set"] <= MAX_SPANS_PER_SET:
        raise invalid(f"spans_per_set is {params['spans_per_set']}, but must be from 1 to {MAX_SPANS_PER_SET}.")
    start, end = time_range(params, clock.wall())
    query = params["query"].strip() or "{ }"
    deadline = Deadline(params["request_timeout"] * REQUESTS, clock)
    client = SearchClient(tempo, deadline, params["request_timeout"])
    return client.found(query, SearchRange(start, end, params["limit"]), params["spans_per_set"])


class SearchClient(TempoClient):
    def found(self, query: str, span: SearchRange, spans_per_set: int) -> dict[str, Any]:
        seen = range_seen(self, span.start, span.end)
        search = Search(self, spans_per_set=spans_per_set, overlapping=True)
        # A range that lies out of sight would be answered with older traces.
        found = search.ask(query, span) if seen.any else Found()
        # What is before Tempo may give more than it was asked for.
        found.lines = dict(islice(found.lines.items(), span.limit))
        if found.stray and not seen.sight.note:
            strays = numbered(len(found.stray), "trace")
            raise mismatch(f"{self.where} was asked for one time and gave {strays} of another.")
        compared, told = self._compared(query, span, found)
        shaped: dict[str, Any] = self._shaped(lambda: _result(found))
        return {
            "query": query,
            "start": span.start,
            "end": span.end,
            **shaped,
            "truncated": bool(found.cut_off),
            "compared": compared,
            **_seen(seen, found, told),
        }

    def _compared(self, query: str, span: SearchRange, found: Found) -> tuple[dict[str, Any], list[str]]:
        """The newest hit, read whole, against the query, and a note where that could not be."""
        asked = asked_for(query=query)
        newest = max((line.trace for line in found.lines.values()), key=lambda one: one.start_unix_nano, default=None)
        nothing: dict[str, Any] = {"traces": 0, "query": str(asked) or None}
        if newest is None or not asked.alternatives:
            return nothing, []
        try:
            trace = self.trace(newest.trace_id)
        except TracingError as error:
            if error.kind not in ("trace_too_large", "deadline"):
                raise
            return nothing, [f"No trace was compared with the query: {error.message}"]
        told = contradiction(newest, trace, asked, span.start, span.end)
        if told:
            raise self.unfit(told)
        return {**nothing, "traces": int(trace is not None and not trace.partial)}, []


def _seen(seen: RangeSeen, found: Found, further: list[str]) -> dict[str, Any]:
    told = seen.to_dict()
    whole = told["complete"] and not found.cut_off and not found.undated
    return {**told, "complete": whole, "notes": [*told["notes"], *found.notes, *further]}


def _result(found: Found) -> dict[str, Any]:
    traces = [_trace(line) for line in found.lines.values()]
    return {
        "traces": traces,
        "trace_ids": [trace["trace_id"] for trace in traces],
        "trace_count": len(traces),
        "span_count": sum(trace["matched_spans"] for trace in traces),
        "services": sorted({name for trace in traces for name in trace["services"]}),
        "metrics": _summed([search_metrics(answer) for answer in found.metrics]),
    }


def _summed(answers: list[dict[str, int]]) -> dict[str, int]:
    """Over all requests that one search took."""
    return {name: sum(answer[name] for answer in answers) for name in _METRICS}


def search_metrics(metrics: Any) -> dict[str, int]:
    """What Tempo had to do. Absent is zero."""
    return {name: word((metrics or {}).get(key)) for name, key in _METRICS.items()}


def _trace(line: Line) -> dict[str, Any]:
    found, item = line.trace, line.item
    return {
        "trace_id": found.trace_id,
        "root_service": found.root_service,
        "root_name": found.root_name,
        "start_unix_nano": found.start_unix_nano,
        "duration_nanos": found.duration_nanos,
        "span_count": found.span_count,
        "matched_spans": found.matched,
        "services": found.services,
        "service_stats": {
            str(name): {"spans": word(stat.get("spanCount")), "errors": word(stat.get("errorCount"))}
            for name, stat in (item.get("serviceStats") or {}).items()
        },
        "span_sets": [_span_set(spans) for spans in item.get("spanSets") or [item.get("spanSet") or {}]],
    }


def _span_set(data: Mapping[str, Any]) -> dict[str, Any]:
    spans = [_span(span) for span in data.get("spans") or []]
    return {
        "matched": word(data.get("matched") or len(spans)),
        "attributes": attributes(data.get("attributes")),
        "spans": spans,
    }


def _span(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "span_id": decode_id(str(data.get("spanID") or "").rjust(SPAN_ID_DIGITS, "0"), SPAN_ID_DIGITS),
        "name": data.get("name") or "",
        "start_unix_nano": word(data.get("startTimeUnixNano")),
        "duration_nanos": word(data.get("durationNanos")),
        "attributes": attributes(data.get("attributes")),
    }
