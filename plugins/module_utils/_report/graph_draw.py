# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service graph as two drawings: layers from left to right, and for narrow screens a tree from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping

from .graph import Graph
from .input import Edge
from .markup import Markup, join, tag
from .values import quantity

WIDTH = 880
NODE_WIDTH = 148
NODE_HEIGHT = 46
ROW = 66
# Between lines that end at the same node, as high as their labels.
PORT = 14
MOST_PORTS = 3
# From here on layers would stand too close to draw lines between them.
MOST_LAYERS = 4
TREE_ROW = 34
TREE_INDENT = 20
MOST_TREE_ROWS = 80
_NAME_LENGTH = 18


Places = Mapping[str, tuple[float, float]]


def draw_graph(graph: Graph, colours: Mapping[str, str]) -> Markup:
    if len(graph.layers) > MOST_LAYERS:
        return tag("div", _tree(graph, colours), class_="graph")
    told = any(not calls for calls in graph.calls.values())
    key = tag("p", "Dashed: seen in other traces, where calls are not counted.", class_="key") if told else Markup("")
    wide = tag("div", _layered(graph, colours), key, class_="graph wide")
    narrow = tag("div", _tree(graph, colours), class_="graph narrow")
    return join(wide, narrow)


def _describe(graph: Graph) -> Markup:
    parts = [f"{a} calls {b}{_times(graph, (a, b))}" for a, b in graph.calls]
    title = f"{quantity(len(graph.services), 'service')}, {quantity(len(graph.calls), 'connection')}"
    return join(tag("title", title), tag("desc", "; ".join(parts)))


def _times(graph: Graph, edge: Edge) -> str:
    calls, errors = graph.calls[edge], graph.errors.get(edge, 0)
    if not calls:
        return ""
    return f", {quantity(calls, 'call')}" + (f", {quantity(errors, 'error')}" if errors else "")


def _shortened(name: str, length: int = _NAME_LENGTH) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"


def _layered(graph: Graph, colours: Mapping[str, str]) -> Markup:
    tallest = max(len(layer) for layer in graph.layers)
    height = tallest * ROW
    places = _places(graph, height)
    lines = [_line(graph, edge, places) for edge in graph.calls]
    labels = [_line_label(graph, edge, places) for edge in graph.calls]
    nodes = [_node(graph, name, places[name], colours) for name in graph.services]
    return tag(
        "svg",
        _describe(graph),
        *lines,
        *labels,
        *nodes,
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
        role="img",
    )


def _places(graph: Graph, height: int) -> dict[str, tuple[float, float]]:
    """The left upper corner of every node."""
    gap = (WIDTH - NODE_WIDTH - 2) / max(1, len(graph.layers) - 1)
    return {
        name: (1 + column * min(gap, 2.4 * NODE_WIDTH), height * (row + 0.5) / len(layer) - NODE_HEIGHT / 2)
        for column, layer in enumerate(graph.layers)
        for row, name in enumerate(layer)
    }


def _ends(graph: Graph, edge: Edge, places: Places) -> tuple[float, float, float, float]:
    """Where a line begins and ends. Lines that end at the same node arrive at different heights."""
    (x1, y1), (x2, y2) = places[edge[0]], places[edge[1]]
    if x2 <= x1:
        return x1 + NODE_WIDTH / 2, y1 + NODE_HEIGHT, x2 + NODE_WIDTH / 2, y2 + NODE_HEIGHT
    arriving = _arriving(graph, edge[1], places)
    step = min(PORT, (NODE_HEIGHT - 8) / max(1, len(arriving) - 1))
    port = (arriving.index(edge[0]) - (len(arriving) - 1) / 2) * step
    return x1 + NODE_WIDTH, y1 + NODE_HEIGHT / 2, x2, y2 + NODE_HEIGHT / 2 + port


def _arriving(graph: Graph, name: str, places: Places) -> list[str]:
    """Callers to the left of a service, from top to bottom."""
    callers = [a for a, b in graph.calls if b == name and places[a][0] < places[name][0]]
    return sorted(callers, key=lambda caller: places[caller][1])


def _line(graph: Graph, edge: Edge, places: Places) -> Markup:
    x1, y1, x2, y2 = _ends(graph, edge, places)
    if x2 > x1:
        bend = (x2 - x1) / 2
        path = f"M{x1:.1f} {y1:.1f} C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    else:  # a call back up the layers goes around below
        path = f"M{x1:.1f} {y1:.1f} C{x1:.1f} {y1 + 18:.1f} {x2:.1f} {y2 + 18:.1f} {x2:.1f} {y2:.1f}"
    kinds = ["call"]
    kinds += ["failing"] if graph.errors.get(edge) else []
    kinds += ["told"] if not graph.calls[edge] else []
    told = tag("title", f"{edge[0]} calls {edge[1]}{_times(graph, edge)}")
    return tag("path", told, d=path, class_=" ".join(kinds))


def _line_label(graph: Graph, edge: Edge, places: Places) -> Markup:
    """Near the callee, where lines that start together have parted; none where they would cover each other."""
    calls, errors = graph.calls[edge], graph.errors.get(edge, 0)
    x1, y1, x2, y2 = _ends(graph, edge, places)
    arriving = len(_arriving(graph, edge[1], places))
    if not calls or x2 <= x1 or arriving > MOST_PORTS:
        return Markup("")
    # A line from above leaves its room below, unless another line ends there.
    y = y2 + 12 if y1 < y2 and arriving == 1 else y2 - 3
    label = f"{calls:,}" if not errors else f"{errors:,} failed" if errors == calls else f"{calls:,}, {errors:,} failed"
    return tag("text", label, x=round(x2 - 9, 1), y=round(y, 1), text_anchor="end", class_="bad" if errors else "count")


def _node(graph: Graph, name: str, place: tuple[float, float], colours: Mapping[str, str]) -> Markup:
    x, y = place
    errors = graph.failed_spans.get(name, 0)
    return tag(
        "g",
        tag("title", name),
        tag("rect", x=x, y=round(y, 1), width=NODE_WIDTH, height=NODE_HEIGHT, rx=5, class_="node"),
        tag(
            "rect", x=x + 9, y=round(y + 10, 1), width=3, height=NODE_HEIGHT - 20, rx=1.5, class_=colours.get(name, "")
        ),
        tag("text", _shortened(name), x=x + 20, y=round(y + 19, 1), class_="name"),
        tag("text", *_node_note(graph, name, errors), x=x + 20, y=round(y + 35, 1), class_="note"),
    )


def _node_note(graph: Graph, name: str, errors: int) -> list[Markup]:
    spans = graph.spans.get(name)
    if not spans:
        return [join("in other traces")]
    noted = [join(quantity(spans, "span"))]
    return [*noted, tag("tspan", f", {quantity(errors, 'error')}", class_="bad")] if errors else noted


def _tree(graph: Graph, colours: Mapping[str, str]) -> Markup:
    rows = tree_rows(graph)
    height = len(rows) * TREE_ROW
    drawn: list[Markup] = []
    last_at: dict[int, int] = {}
    for index, (parent, name, depth) in enumerate(rows):
        last_at[depth] = index
        if depth:
            drawn.append(_elbow(last_at[depth - 1], index, depth, graph.errors.get((parent, name), 0)))
    drawn += [_tree_row(graph, row, index, colours) for index, row in enumerate(rows)]
    return tag("svg", _describe(graph), *drawn, width="100%", height=height, role="img", class_="tree")


def tree_rows(graph: Graph) -> list[tuple[str, str, int]]:
    """Caller, service and depth. A service that several call stands below each, but only once with its own calls."""
    below: dict[str, list[str]] = {}
    for parent, child in graph.calls:
        below.setdefault(parent, []).append(child)
    rows: list[tuple[str, str, int]] = []
    seen: set[str] = set()
    for start in graph.entrances:
        stack = [] if start in seen else [("", start, 0)]
        while stack and len(rows) < MOST_TREE_ROWS:
            parent, name, depth = stack.pop()
            rows.append((parent, name, depth))
            if name not in seen:
                seen.add(name)
                stack += [(name, child, depth + 1) for child in reversed(below.get(name, []))]
    return rows


def _elbow(above: int, index: int, depth: int, errors: int) -> Markup:
    x = 6 + (depth - 1) * TREE_INDENT
    turn = f"q0 5 5 5 H{x + TREE_INDENT - 8}"
    down = tag("path", d=f"M{x} {above * TREE_ROW + 24} V{index * TREE_ROW + 12} {turn}", class_="call")
    # The way down is shared with other calls, so that only the turn can be marked.
    failing = tag("path", d=f"M{x} {index * TREE_ROW + 12} {turn}", class_="call failing")
    return join(down, failing) if errors else down


def _tree_row(graph: Graph, row: tuple[str, str, int], index: int, colours: Mapping[str, str]) -> Markup:
    parent, name, depth = row
    x, y = 6 + depth * TREE_INDENT, index * TREE_ROW + 17
    errors = graph.errors.get((parent, name), 0) if parent else graph.failed_spans.get(name, 0)
    return tag(
        "g",
        tag("title", name),
        tag("circle", cx=x, cy=y, r=5, class_=colours.get(name, "")),
        tag("text", _shortened(name, 22 - depth), x=x + 13, y=y + 4.5, class_="name"),
        tag("text", _tree_note(graph, row), x="100%", y=y + 4.5, text_anchor="end", class_="bad" if errors else "note"),
    )


def _tree_note(graph: Graph, row: tuple[str, str, int]) -> str:
    parent, name, _depth = row
    if parent:
        return _times(graph, (parent, name)).removeprefix(", ") or "in other traces"
    return quantity(graph.spans[name], "span") if graph.spans.get(name) else ""
