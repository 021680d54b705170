# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topology that the generator plays: from operations as people write them to the spans of one trace.

A flow is one kind of request, an operation one piece of work in it. Every call that crosses a service becomes two
spans, as real instrumentation makes them: a client span in the caller and a server span in the callee. What is wrong
is collected, so that it is told at once and before anything is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from .topology_check import (
    flow_problems,
    resource_problems,
)
from .topology_edges import edge_problems, flows_of_edges

# What a call costs beside the work of the callee, in milliseconds.
NETWORK = (1.0, 3.0)
OWN_WORK = (1.0, 10.0)
# Kind of an operation to the kinds of its own span and of the span in a caller that is another service.
SPANS = {
    "server": ("server", "client"),
    "consumer": ("consumer", "producer"),
    "database": ("client", ""),
    "internal": ("internal", ""),
}


def compile_topology(
    flows: Any, edges: Any = None, services: Any = None, resource_attributes: Any = None
) -> dict[str, Any]:
    """``problems`` (lines for people); without any, ``flows`` and ``resources`` as the scripts read them."""
    problems = edge_problems(edges) if edges else []
    if edges and not problems:
        flows = flows_of_edges(edges)
    problems = problems or flow_problems(flows)
    if problems:
        return {"problems": problems, "flows": [], "resources": {}}
    names = {str(operation["service"]) for flow in flows for operation in flow["spans"]}
    problems = resource_problems(names, services or {}, resource_attributes or {})
    resources = {} if problems else _resources(names, services or {}, resource_attributes or {})
    return {"problems": problems, "flows": _with_shares(flows), "resources": resources}


def _resources(
    names: Iterable[str], services: Mapping[str, Any], everywhere: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    return {name: {**everywhere, **(services.get(name) or {}), "service.name": name} for name in sorted(names)}


def _with_shares(flows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each flow with ``upTo``: a random number between 0 and 1 picks the first flow that it is below."""
    flows = list(flows)
    weights = [float(_or(flow, "weight", 1)) for flow in flows]
    ends = [end / sum(weights) for end in accumulate(weights)]
    return [
        {"name": str(flow["name"]), "upTo": end, "spans": expand(flow["spans"])}
        for flow, end in zip(flows, ends, strict=True)
    ]


def expand(operations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The spans of one trace, parents before children; ``parent`` is a place in the list, -1 for the root."""
    spans: list[dict[str, Any]] = []
    place: dict[str, int] = {}
    for operation in operations:
        parent = place[operation["parent"]] if _or(operation, "parent", "") else -1
        own, calling = SPANS[_or(operation, "kind", "server")]
        caller = spans[parent] if parent >= 0 else None
        if caller and calling and (own == "consumer" or caller["service"] != operation["service"]):
            spans.append(_call(operation, caller, calling, parent))
            parent = len(spans) - 1
        spans.append(_work(operation, own, parent))
        place[operation["id"]] = len(spans) - 1
    return spans


def _call(operation: Mapping[str, Any], caller: Mapping[str, Any], kind: str, parent: int) -> dict[str, Any]:
    return {
        "service": caller["service"],
        "name": str(operation["name"]),
        "kind": kind,
        "parent": parent,
        "selfMs": list(NETWORK),
        "errorRate": 0.0,
        "attributes": {**_or(operation, "attributes", {}), "peer.service": str(operation["service"])},
    }


def _work(operation: Mapping[str, Any], kind: str, parent: int) -> dict[str, Any]:
    slow = _or(operation, "slow", {})
    return {
        "service": str(operation["service"]),
        "name": str(operation["name"]),
        "kind": kind,
        "parent": parent,
        "selfMs": [float(end) for end in _or(operation, "self_ms", OWN_WORK)],
        "errorRate": float(_or(operation, "error_rate", 0)),
        **({"slow": {"rate": float(slow["rate"]), "factor": float(slow["factor"])}} if slow else {}),
        "attributes": {**({"db.system": "other_sql"} if kind == "client" else {}), **_or(operation, "attributes", {})},
    }


def _or(source: Mapping[str, Any], field: str, default: Any) -> Any:
    """A field that is missing, or left empty in YAML, has its default."""
    value = source.get(field)
    return default if value is None else value
