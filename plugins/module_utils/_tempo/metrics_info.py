# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TraceQL metrics as a task result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import decimal, word
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, seconds
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import mismatch
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline

from .client import TempoClient
from .search_info import search_metrics
from .time_range import RANGE_ARGUMENTS, time_range
from .trace import attributes, stored_trace_id
from .visible_range import range_seen

METRICS_ARGUMENTS: dict[str, dict[str, Any]] = {
    "query": {"type": "str", "required": True},
    "type": {"type": "str", "default": "range", "choices": ["range", "instant"]},
    **RANGE_ARGUMENTS,
    "step": {"type": "str"},
    "exemplars": {"type": "int", "default": 0},
}

# The configuration, its version where that is not shown, and the query: each gets its full time.
REQUESTS = 3
# A result is handed on to the controller, shown and kept.
MAX_SAMPLES = 100_000
# What Tempo 2 says when nothing computes metrics of recent spans: no generator at all, or none with this processor.
_NO_GENERATOR = ("empty ring", "localblocks processor not found", "local-blocks processor not found")


def metrics(params: Mapping[str, Any], tempo: Transport, clock: Clock | None = None) -> dict[str, Any]:
    clock = clock or Clock()
    query, instant = params["query"].strip(), params["type"] == "instant"
    if not query:
        raise invalid("query is empty.", "Write for example { } | rate() by (resource.service.name).")
    if instant and params["step"] is not None:
        raise invalid("step has no meaning for an instant query.", "Leave it out, or set type to range.")
    at_least(params["exemplars"], 0, "exemplars")
    start, end = time_range(params, clock.wall())
    asked = [("q", query), ("start", str(start)), ("end", str(end))]
    asked += [("step", _plain(seconds(params["step"], "step")))] if params["step"] is not None else []
    asked += [("exemplars", str(params["exemplars"]))] if params["exemplars"] and not instant else []
    client = MetricsClient(tempo, Deadline(REQUESTS * params["request_timeout"], clock), params["request_timeout"])
    seen = range_seen(client, start, end)
    # A range that lies out of sight would be answered with figures of an earlier one.
    path = "/api/metrics/query" if instant else "/api/metrics/query_range"
    answer = client.computed(path, asked) if seen.any else {"series": []}
    shaped, told = client.shaped_result(answer, instant, params["exemplars"], start), seen.to_dict()
    # One that hides more than it tells answers about an earlier time.
    if shaped.pop("older") and not seen.sight.note:
        raise mismatch(f"{client.where} was asked for one time and gave figures of another.")
    whole = told["complete"] and not shaped["partial"]
    notes = {"notes": [*told["notes"], *shaped["notes"]], "complete": whole}
    return {"query": query, "start": start, "end": end, **shaped, **told, **notes}


def _plain(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") + "s"


class MetricsClient(TempoClient):
    def computed(self, path: str, params: Params) -> dict[str, Any]:
        try:
            return self._json(self._get(path, params))
        except TracingError as error:
            raise _explained(error) from error

    def shaped_result(self, answer: Mapping[str, Any], instant: bool, exemplars: int, start: float) -> dict[str, Any]:
        if "series" not in answer and "metrics" not in answer:
            raise self._not_tempo("its answer to a metrics query holds no series")
        samples = self._shaped(lambda: sum(len(item.get("samples") or []) for item in answer.get("series") or []))
        if samples > MAX_SAMPLES:
            raise TracingError(
                "too_large",
                f"The query has {samples} samples in {len(answer['series'])} series, and {MAX_SAMPLES} are the most "
                "that is returned.",
                "Raise step, shorten the range, or group by fewer attributes.",
            )
        result: dict[str, Any] = self._shaped(lambda: _result(answer, instant, exemplars, start))
        return result


def _explained(error: TracingError) -> TracingError:
    if error.status == 500 and any(text in error.message for text in _NO_GENERATOR):
        return TracingError(
            "no_metrics",
            f"This Tempo 2 computes no TraceQL metrics of recent spans. {error.message}",
            "Run the metrics-generator with traces_storage.path set, and switch its processor on: "
            "overrides.defaults.metrics_generator.processors: [local-blocks]. Tempo 3 needs neither.",
            status=500,
        )
    if error.kind == "not_tempo" and error.status == 404:
        return TracingError("no_metrics", error.message, "TraceQL metrics take Tempo 2.4 or later.", status=404)
    return error


def _result(answer: Mapping[str, Any], instant: bool, exemplars: int, start: float) -> dict[str, Any]:
    given = answer.get("series") or []
    found = [_series(item, instant, exemplars) for item in given if not _is_older(item, start)]
    return {
        "older": len(given) - len(found),
        "series": sorted(found, key=lambda series: str(sorted(series["labels"].items()))),
        "series_count": len(found),
        "partial": answer.get("status") == "PARTIAL",
        "partial_message": str(answer.get("message") or ""),
        "notes": _notes(found, instant),
        "metrics": search_metrics(answer.get("metrics")),
    }


def _is_older(series: Mapping[str, Any], start: float) -> bool:
    """Whether it ends before the range begins: then it is the answer to another question."""
    moments = [word(sample.get("timestampMs")) for sample in series.get("samples") or []]
    return bool(moments) and max(moments) < start * 1000


def _notes(found: list[dict[str, Any]], instant: bool) -> list[str]:
    """Seen with 2.8.0: of the spans that the generator still holds, instant queries count none."""
    if instant and found and all(series["value"] == 0 for series in found):
        return ["There are spans, but all values are zero: Tempo 2 may answer so for recent ones. Use type=range."]
    return []


def _series(item: Mapping[str, Any], instant: bool, exemplars: int) -> dict[str, Any]:
    labels = attributes(item.get("labels"))
    if instant:
        return {"labels": labels, "value": number(item.get("value"))}
    return {
        "labels": labels,
        "samples": [_sample(sample) for sample in item.get("samples") or []],
        "exemplars": [_exemplar(one) for one in (item.get("exemplars") or [])[:exemplars]],
    }


def _sample(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"timestamp_ms": word(item.get("timestampMs")), "value": number(item.get("value"))}


def _exemplar(item: Mapping[str, Any]) -> dict[str, Any]:
    """The trace id stands among the labels, without its leading zeros."""
    labels = attributes(item.get("labels"))
    trace_id = str(labels.pop("trace:id", "") or "")
    return {**_sample(item), "trace_id": stored_trace_id(trace_id) if trace_id else "", "labels": labels}


def number(value: Any) -> float | None:
    """Absent is zero. What JSON has no number for (NaN, infinity) becomes null."""
    read = decimal(value or 0)
    return read if math.isfinite(read) else None
