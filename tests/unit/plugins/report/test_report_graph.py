# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service graph and the waterfall of a report, also of traces as no one would wish for them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "visual"))
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.graph import (
    MOST_SERVICES,
    Graph,
    layers,
    make_graph,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.graph_draw import draw_graph, tree_rows
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.input import read_inputs, read_trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.waterfall import (
    MOST_ROWS,
    draw_waterfall,
    rows,
)
from report_inputs import success


def span(number: int, parent: int, service: str, **more: Any) -> dict[str, Any]:
    times = {"start_unix_nano": 1_000 * number, "end_unix_nano": 1_000_000 - number}
    ids = {"span_id": f"{number:016x}", "parent_span_id": f"{parent:016x}" if parent else ""}
    return {**ids, **times, "name": f"op {number}", "service": service, **more}


def trace(*spans: dict[str, Any], trace_id: str = "a" * 32) -> dict[str, Any]:
    return {"trace_id": trace_id, "spans": list(spans)}


def graph(sample: dict[str, Any], edges: list[str] | None = None, more: list[dict[str, Any]] | None = None) -> Graph:
    params = success(traces=more or [])
    params["check"].update(sample_trace=sample, edges=edges or [], services=[])
    return make_graph(read_inputs(params, ""))


def test_the_recorded_trace_has_one_layer_below_the_frontend() -> None:
    drawn = make_graph(read_inputs(success(), ""))
    assert drawn.layers[0] == ("frontend",)
    assert set(drawn.layers[1]) == {"auth", "cart", "catalog", "inventory", "payment"}
    assert drawn.calls[("frontend", "cart")] == 1
    assert drawn.calls[("frontend", "catalog")] == 0  # told by the check, in no trace at hand


def test_calls_and_errors_are_counted_over_all_traces_once_each() -> None:
    one = trace(span(1, 0, "a"), span(2, 1, "b", status="error"), span(3, 1, "b"), span(4, 3, "b"))
    other = trace(span(1, 0, "a"), span(2, 1, "b"), trace_id="b" * 32)
    counted = graph(one, more=[other, one])
    assert counted.calls == {("a", "b"): 3} and counted.errors[("a", "b")] == 1
    assert counted.spans == {"a": 2, "b": 4} and counted.failed_spans["b"] == 1


def test_a_service_stands_below_all_that_call_it() -> None:
    assert layers(["a", "b", "c"], [("a", "b"), ("a", "c"), ("b", "c")]) == (("a",), ("b",), ("c",))


def test_a_circle_begins_where_the_trace_begins() -> None:
    sample = trace(span(1, 0, "shop"), span(2, 1, "bank"), span(3, 2, "audit"), span(4, 3, "shop"))
    circle = graph(sample)
    assert circle.layers == (("shop",), ("bank",), ("audit",))
    assert [row[1] for row in tree_rows(circle)] == ["shop", "bank", "audit", "shop"]
    assert "audit calls shop" in draw_graph(circle, {})


def test_a_service_with_several_callers_stands_below_each_but_unfolds_once() -> None:
    sample = trace(span(1, 0, "a"), span(2, 1, "b"), span(3, 1, "c"), span(4, 2, "d"), span(5, 3, "d"), span(6, 4, "e"))
    assert [row[:2] for row in tree_rows(graph(sample))] == [
        ("", "a"),
        ("a", "b"),
        ("b", "d"),
        ("d", "e"),
        ("a", "c"),
        ("c", "d"),
    ]


def test_many_services_are_cut_to_those_used_most() -> None:
    many = graph(trace(span(1, 0, "hub"), *(span(n, 1, f"s{n}") for n in range(2, 100))))
    assert len(many.services) == MOST_SERVICES and many.left_out == 99 - MOST_SERVICES
    assert "hub" in many.services


def test_a_call_from_the_last_layer_to_the_first_can_be_drawn() -> None:
    assert "<svg" in draw_graph(graph(trace(span(1, 0, "a"), span(2, 1, "b"), span(3, 2, "a"))), {"a": "s0"})


def test_edges_that_are_no_edges_are_left_out() -> None:
    assert graph(trace(span(1, 0, "a")), edges=["nonsense", " -> b", "a -> c"]).calls == {("a", "c"): 0}


def test_a_trace_that_cannot_be_read_is_no_reason_to_fail() -> None:
    assert read_trace({"trace_id": "x", "spans": [{"name": "no id"}]}) is None
    assert read_trace("text") is None


def test_the_waterfall_indents_by_depth_and_marks_orphans() -> None:
    read = read_trace(trace(span(1, 0, "a"), span(2, 1, "b"), span(3, 2, "b"), span(9, 77, "lost")))
    assert read is not None
    assert [(row.depth, row.orphan) for row in rows(read)] == [(0, False), (1, False), (2, False), (0, True)]
    assert "parent span not stored" in draw_waterfall(read, {})


def test_a_trace_deeper_than_the_stack_and_longer_than_the_page_is_drawn() -> None:
    read = read_trace(trace(*(span(n, n - 1, "a") for n in range(1, 3000))))
    assert read is not None
    drawn = draw_waterfall(read, {})
    assert drawn.count("<li>") == MOST_ROWS and f"{2999 - MOST_ROWS:,} further spans" in drawn


def test_spans_that_are_their_own_ancestors_end() -> None:
    read = read_trace(trace(span(1, 2, "a"), span(2, 1, "b")))
    assert read is not None
    assert [(row.span.service, row.depth, row.orphan) for row in rows(read)] == [("a", 0, False), ("b", 1, False)]
    assert "<ol" in draw_waterfall(read, {})


def test_a_trace_without_length_is_drawn() -> None:
    read = read_trace(trace(span(1, 0, "a", start_unix_nano=5, end_unix_nano=5)))
    assert read is not None and "<rect" in draw_waterfall(read, {})
