# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One trace by its id as a task result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline

from .client import TempoClient
from .trace import Trace, Visit, parse_trace_id

TRACE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "trace_id": {"type": "str", "required": True},
    "missing_ok": {"type": "bool", "default": False},
}


def read_trace(params: Mapping[str, Any], tempo: Transport, clock: Clock | None = None) -> dict[str, Any]:
    trace_id = parse_trace_id(params["trace_id"], "trace_id")
    # Tempo's older endpoint may have to be asked as well.
    deadline = Deadline(2 * params["request_timeout"], clock or Clock())
    client = TempoClient(tempo, deadline, params["request_timeout"])
    try:
        trace = client.trace(trace_id)
    except TracingError as error:
        raise _explained(error, trace_id) from error
    if trace is None and not params["missing_ok"]:
        raise TracingError(
            "trace_not_found",
            f"{client.where} holds no trace {trace_id}.",
            "Check id and tenant; a trace that was just sent may be on its way, and one past the retention is gone.",
            retryable=True,
        )
    return _result(trace_id, trace)


def _explained(error: TracingError, trace_id: str) -> TracingError:
    """The client does not know of which trace it speaks."""
    if error.kind != "trace_too_large":
        return error
    return TracingError(
        error.kind,
        f"Trace {trace_id} is too large to be read whole. {error.message}",
        # Only what Tempo itself refuses can be let in by it.
        "Search for parts of it with tempo_search_info"
        + (", or raise max_bytes_per_trace in Tempo's overrides." if error.status else "."),
        status=error.status,
    )


def _result(trace_id: str, trace: Trace | None) -> dict[str, Any]:
    return {
        "found": trace is not None,
        "trace_id": trace_id,
        "trace": trace.to_dict() if trace else None,
        "services": trace.services if trace else [],
        "edges": [{"parent": parent, "child": child} for parent, child in trace.edges] if trace else [],
        "span_count": len(trace.spans) if trace else 0,
        "error_count": sum(span.status == "error" for span in trace.spans) if trace else 0,
        "orphan_count": trace.orphan_count if trace else 0,
        "tree": tree(trace) if trace else [],
    }


def tree(trace: Trace) -> list[dict[str, Any]]:
    """Depth first, as a flat list with depths: a nested one could be deeper than what Ansible can pass on."""
    return [_row(visit) for visit in trace.walk()]


def _row(visit: Visit) -> dict[str, Any]:
    span = visit.span
    return {
        "depth": visit.depth,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "service": span.service,
        "name": span.name,
        "duration_nanos": span.duration_nanos,
        "status": span.status,
        "children": [child.span_id for child in visit.children],
    }
