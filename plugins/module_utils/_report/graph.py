# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which service calls which: counted in whole traces, and put into layers by depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span, Trace

from .input import Edge, Inputs
from .values import text, texts

# A drawing of more than this is no picture any more.
MOST_SERVICES = 40


@dataclass(frozen=True)
class Graph:
    """An edge with no calls was seen in a trace that is not at hand, so that its calls are not counted."""

    layers: tuple[tuple[str, ...], ...]
    calls: dict[Edge, int]
    errors: dict[Edge, int]
    spans: dict[str, int] = field(default_factory=dict)
    failed_spans: dict[str, int] = field(default_factory=dict)
    entrances: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def services(self) -> list[str]:
        return [service for layer in self.layers for service in layer]


def make_graph(inputs: Inputs) -> Graph:
    spans: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    calls: Counter[Edge] = Counter()
    errors: Counter[Edge] = Counter()
    for trace in inputs.traces:
        for span in trace.spans:
            spans[text(span.service)] += 1
            failed[text(span.service)] += span.status == "error"
        for edge, span in crossings(trace):
            calls[edge] += 1
            errors[edge] += span.status == "error"
    for edge in _edges_told(inputs):
        calls.setdefault(edge, 0)
    names = {*spans, *(name for edge in calls for name in edge), *texts(inputs.check.get("services"))} - {""}
    kept = _most_used(names, spans)
    roots = [text(trace.root.service) for trace in inputs.traces if trace.root]
    entrances = _entrances(sorted(kept), list(calls), roots)
    shown = {edge: number for edge, number in sorted(calls.items()) if set(edge) <= kept}
    return Graph(
        layers=layers(entrances, list(shown)),
        calls=shown,
        errors=dict(errors),
        spans=dict(spans),
        failed_spans=dict(failed),
        entrances=tuple(entrances),
        left_out=len(names) - len(kept),
    )


def crossings(trace: Trace) -> Iterable[tuple[Edge, Span]]:
    """Spans whose parent lies in another service."""
    by_id = {span.span_id: span for span in trace.spans}
    for span in trace.spans:
        parent = by_id.get(span.parent_span_id)
        if parent and parent.service and span.service and parent.service != span.service:
            yield (text(parent.service), text(span.service)), span


def _edges_told(inputs: Inputs) -> list[Edge]:
    parts = (edge.partition(" -> ") for edge in texts(inputs.check.get("edges")))
    return [(parent, child) for parent, arrow, child in parts if arrow and parent and child]


def _most_used(names: set[str], spans: Counter[str]) -> set[str]:
    return set(sorted(names, key=lambda name: (-spans[name], name))[:MOST_SERVICES])


def _entrances(names: list[str], edges: list[Edge], roots: list[str]) -> list[str]:
    """All services, those first from which to go down: where traces begin, then those that nobody calls."""
    called = {child for _parent, child in edges}
    return sorted(names, key=lambda name: (name not in roots, name in called))


def layers(names: list[str], edges: list[Edge]) -> tuple[tuple[str, ...], ...]:
    """Each service below all that call it; a call that closes a circle, seen from the first names, does not count."""
    closing = _closing(names, edges)
    forward = [edge for edge in edges if edge not in closing]
    depth = dict.fromkeys(names, 0)
    for _round in names:
        moved = [(a, b) for a, b in forward if depth[b] < depth[a] + 1]
        if not moved:
            break
        for parent, child in moved:
            depth[child] = max(depth[child], depth[parent] + 1)
    rows = [[name for name in names if depth[name] == level] for level in range(max(depth.values(), default=-1) + 1)]
    return _untangled(rows, forward)


def _closing(names: list[str], edges: list[Edge]) -> set[Edge]:
    """The edges that lead back to a service which is still open on the way down."""
    below: dict[str, list[str]] = {}
    for parent, child in edges:
        below.setdefault(parent, []).append(child)
    closing: set[Edge] = set()
    done: set[str] = set()
    for start in names:
        way: list[tuple[str, list[str]]] = [] if start in done else [(start, list(below.get(start, [])))]
        while way:
            name, left = way[-1]
            if not left:
                done.add(name)
                way.pop()
                continue
            child = left.pop(0)
            if any(child == open_name for open_name, _left in way):
                closing.add((name, child))
            elif child not in done:
                way.append((child, list(below.get(child, []))))
    return closing


def _untangled(rows: list[list[str]], edges: list[Edge]) -> tuple[tuple[str, ...], ...]:
    """Services stand at the mean height of their callers, so that fewer lines cross."""
    place: dict[str, float] = {}
    for row in rows:
        callers = {name: [place[a] for a, b in edges if b == name and a in place] for name in row}
        row.sort(key=lambda name: (sum(callers[name]) / len(callers[name]) if callers[name] else 0.5, name))
        place.update({name: (index + 0.5) / len(row) for index, name in enumerate(row)})
    return tuple(tuple(row) for row in rows)
