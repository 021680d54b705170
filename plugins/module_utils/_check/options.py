# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of tempo_ingestion_check, checked before any request is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    at_least,
    more_than_zero,
    names,
    parse_edge,
    search_start,
    seconds,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.counters import sample_from_dict
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.asked import asked_for
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import parse_trace_id
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import (
    build,
    resource_conditions,
    scalars,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    needs_kubernetes,
    tempo_transport,
)

from .check import CheckSettings
from .expectations import Demands
from .expressions import parse_expressions

# A search reads as many traces, unless more are demanded.
USUAL_LIMIT = 10_000

CHECK_ARGUMENTS: dict[str, dict[str, Any]] = {
    "query": {"type": "str"},
    "services": {"type": "list", "elements": "str", "default": []},
    "absent_services": {"type": "list", "elements": "str", "default": []},
    "attributes": {"type": "dict", "default": {}},
    "run_id": {"type": "str"},
    "run_id_attribute": {"type": "str", "default": "tracing.run.id"},
    "min_traces": {"type": "int", "default": 1},
    "max_traces": {"type": "int"},
    "min_spans": {"type": "int", "default": 0},
    "expect_edges": {"type": "list", "elements": "str", "default": []},
    "max_error_rate": {"type": "float"},
    "min_duration": {"type": "str"},
    "max_duration": {"type": "str"},
    "expressions": {"type": "list", "elements": "raw", "default": []},
    "trace_ids": {"type": "list", "elements": "str", "default": []},
    "since": {"type": "str", "default": "15m"},
    "limit": {"type": "int"},
    "sample": {"type": "int", "default": 1},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 1.0},
    "diagnose": {"type": "bool", "default": True},
    "baseline": {"type": "dict"},
    "distributor_service": {"type": "str"},
    "generated_spans": {"type": "int"},
}


def distributors(params: Mapping[str, Any]) -> Transport | None:
    """The way to where Tempo counts what it receives, if that is not where it answers queries."""
    service = params["distributor_service"] or params["service"]
    if service == params["service"] or not needs_kubernetes(params):
        return None
    return tempo_transport({**params, "service": service})


def check_settings(params: Mapping[str, Any], now: float) -> CheckSettings:
    _check_numbers(params)
    narrowing = {
        "query": params["query"] or "",
        "run_id": params["run_id"] or "",
        "run_id_attribute": params["run_id_attribute"],
        "attributes": scalars(params["attributes"]),
    }
    demands = _demands(params)
    narrowed = bool(narrowing["query"].strip() or narrowing["run_id"] or narrowing["attributes"])
    conditions = resource_conditions(**narrowing)
    return CheckSettings(
        demands=demands,
        query=build(services=(*demands.services, *demands.absent_services), **narrowing),
        asked=asked_for(services=(*demands.services, *demands.absent_services), **narrowing),
        # Traces that are named need no search, unless one is asked for as well.
        search=narrowed or not demands.trace_ids,
        start=search_start(params["since"], now),
        limit=_limit(params),
        sample=params["sample"],
        timeout=params["timeout"],
        poll_interval=params["poll_interval"],
        request_timeout=params["request_timeout"],
        # With nothing but services the query is about these services, which are no single value.
        conditions=conditions if narrowed or not demands.services else None,
        baseline=sample_from_dict(params["baseline"]) if params["baseline"] is not None else None,
        diagnose=params["diagnose"],
        generated_spans=params["generated_spans"],
    )


def _check_numbers(params: Mapping[str, Any]) -> None:
    at_least(params["timeout"], 0, "timeout")
    more_than_zero(params["poll_interval"], "poll_interval")
    for option in ("min_traces", "max_traces", "min_spans", "sample", "generated_spans"):
        at_least(params[option], 0, option)
    at_least(params["limit"], 1, "limit")
    if params["max_traces"] is not None and params["max_traces"] < params["min_traces"]:
        raise invalid(f"max_traces ({params['max_traces']}) is less than min_traces ({params['min_traces']}).")
    if _limit(params) < _needed(params):
        raise invalid(
            f"limit ({params['limit']}) is too small to see min_traces and max_traces.", "Raise limit above both."
        )
    if params["max_error_rate"] is not None and not 0 <= params["max_error_rate"] <= 1:
        raise invalid(
            f"max_error_rate is {params['max_error_rate']:g}, but must be from 0 to 1.", "Write 0.05 for 5 percent."
        )
    if params["run_id"] is not None and not params["run_id"].strip():
        raise invalid("run_id is empty.", "Leave it out, or give the id of the generator's run.")
    if not params["run_id_attribute"].strip():
        raise invalid("run_id_attribute is empty.")


def _limit(params: Mapping[str, Any]) -> int:
    return max(USUAL_LIMIT, _needed(params)) if params["limit"] is None else int(params["limit"])


def _needed(params: Mapping[str, Any]) -> int:
    """So many traces must be read to see whether the counts are as demanded."""
    least: int = params["min_traces"]
    return max(least, (params["max_traces"] or 0) + 1)


def _demands(params: Mapping[str, Any]) -> Demands:
    services, absent = names(params["services"], "services"), names(params["absent_services"], "absent_services")
    both = sorted(set(services) & set(absent))
    if both:
        raise invalid(f"{', '.join(both)} is both in services and in absent_services.")
    shortest, longest = _nanos(params, "min_duration"), _nanos(params, "max_duration")
    if shortest is not None and longest is not None and longest < shortest:
        raise invalid(f"max_duration ({params['max_duration']}) is less than min_duration ({params['min_duration']}).")
    return Demands(
        services=services,
        absent_services=absent,
        min_traces=params["min_traces"],
        max_traces=params["max_traces"],
        min_spans=params["min_spans"],
        edges=tuple(parse_edge(edge) for edge in params["expect_edges"]),
        trace_ids=tuple(dict.fromkeys(parse_trace_id(trace_id) for trace_id in params["trace_ids"])),
        max_error_rate=params["max_error_rate"],
        min_duration_nanos=shortest,
        max_duration_nanos=longest,
        expressions=parse_expressions(params["expressions"]),
    )


def _nanos(params: Mapping[str, Any], option: str) -> int | None:
    return None if params[option] is None else round(seconds(params[option], option) * 1_000_000_000)
