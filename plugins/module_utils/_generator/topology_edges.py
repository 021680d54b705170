# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The short form of a topology: who calls whom. Each service that is called from outside becomes a flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite

from .topology_check import (
    MOST_SPANS,
    span_problems,
)

# Field of an edge to field of the operation that it becomes.
SAME = {"kind": "kind", "latency_ms": "self_ms", "error_rate": "error_rate", "slow": "slow", "attributes": "attributes"}
Edge = Mapping[str, Any]


def edge_problems(edges: Any) -> list[str]:
    if not isinstance(edges, (list, tuple)) or not all(isinstance(edge, Mapping) for edge in edges):
        return ["The edges must be a list of calls, each with `from` and `to`."]
    problems = [line for place, edge in enumerate(edges, 1) for line in _edge(place, edge)]
    if problems:
        return problems
    databases = {edge["to"] for edge in edges if edge.get("kind") == "database"}
    calling = sorted(databases & set(_calls(edges)))
    if calling:
        return [f"'{name}' is called as a database, which calls nobody: leave its own calls out." for name in calling]
    circle = _circle(edges)
    if circle:
        return [f"The calls go round in a circle ({' -> '.join(circle)}): leave one of them out."]
    if not _entries(edges):
        return ["No edge is a request from outside: leave `from` out of one of them."]
    outside = sorted({edge["from"] for edge in edges if edge.get("from")} - _reached(edges))
    if outside:
        fix = "add an edge to it, without `from` for requests from outside."
        return [f"Nobody calls '{name}': {fix}" for name in outside]
    sizes = _sizes(edges)
    return [
        f"A request to '{name}' would make {sizes[name]} operations: {MOST_SPANS} is the most, reduce calls."
        for name in dict.fromkeys(edge["to"] for edge in _entries(edges))
        if sizes[name] > MOST_SPANS
    ]


def _edge(place: int, edge: Edge) -> Iterator[str]:
    if not isinstance(edge.get("to"), str) or not edge["to"].strip():
        yield f"Edge number {place} has an empty `to`: give the service that is called."
        return
    here = f"Edge '{edge.get('from') or '(outside)'} -> {edge['to']}'"
    if edge.get("from") and not isinstance(edge["from"], str):
        yield f"{here}: its `from` is no text; give the service that calls, or leave it out."
        return
    calls = edge.get("calls")
    if calls is not None and (finite(calls) or 0) not in range(1, MOST_SPANS + 1):
        yield f"{here}: calls is {calls}; give a whole number from 1 to {MOST_SPANS}."
    if edge.get("weight") is not None and (finite(edge["weight"]) or 0) <= 0:
        yield f"{here}: weight is {edge['weight']}; give a number above 0, or leave the edge out."
    service = {"service": edge["to"], "name": edge.get("name") or edge["to"]}
    yield from span_problems(here, {**edge, **service}, time="latency_ms")


def _entries(edges: Any) -> list[Edge]:
    return [edge for edge in edges if not edge.get("from")]


def _calls(edges: Any) -> dict[str, list[Edge]]:
    """The edges by caller."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge.get("from"):
            found.setdefault(edge["from"], []).append(edge)
    return found


def _circle(edges: Any) -> list[str]:
    """The first circle, as the services on it."""
    calls, done = _calls(edges), set[str]()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for edge in calls.get(name, ()):
            if found := walk(edge["to"], [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in calls if (found := walk(name, []))), [])


def _reached(edges: Any) -> set[str]:
    calls = _calls(edges)
    found: set[str] = set()
    waiting = [edge["to"] for edge in _entries(edges)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [edge["to"] for edge in calls.get(name, ())]
    return found


def _sizes(edges: Any) -> dict[str, int]:
    """How many operations one request to a service makes, without making them."""
    calls, sizes = _calls(edges), dict[str, int]()

    def size(name: str) -> int:
        if name not in sizes:
            sizes[name] = 1 + sum(_times(edge) * size(edge["to"]) for edge in calls.get(name, ()))
        return sizes[name]

    return {edge["to"]: size(edge["to"]) for edge in edges}


def _times(edge: Edge) -> int:
    return int(finite(edge.get("calls")) or 1)


def flows_of_edges(edges: Any) -> list[dict[str, Any]]:
    """Flows in the long form, one for each edge from outside."""
    calls = _calls(edges)
    repeated = Counter(edge["to"] for edge in _entries(edges))
    return [
        {
            "name": edge["to"] if repeated[edge["to"]] == 1 else f"{edge['to']}-{place}",
            "weight": edge.get("weight"),
            "spans": list(_operations(edge, calls, "", "0")),
        }
        for place, edge in enumerate(_entries(edges), 1)
    ]


def _operations(edge: Edge, calls: Mapping[str, list[Edge]], parent: str, own: str) -> Iterator[dict[str, Any]]:
    """The operation behind an edge, and everything that it calls, depth first."""
    operation = {target: edge.get(source) for source, target in SAME.items()}
    service = edge["to"]
    if edge.get("kind") == "database" and edge.get("from"):
        # A database makes no spans: the call is seen in the caller alone.
        service = edge["from"]
        operation["attributes"] = {"db.name": edge["to"], **(edge.get("attributes") or {})}
    yield {**operation, "id": own, "parent": parent, "service": service, "name": edge.get("name") or edge["to"]}
    count = 0
    for call in calls.get(edge["to"], ()):
        for _time in range(_times(call)):
            yield from _operations(call, calls, own, f"{own}.{count}")
            count += 1
