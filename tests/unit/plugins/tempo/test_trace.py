# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces in one shape, and as text."""

from __future__ import annotations

import base64

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import trace_tree
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    attribute_value,
    decode_id,
    from_dict,
    from_otlp,
    pad_trace_id,
    parse_trace_id,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_tree import duration_text, render_tree
from fakes import TRACE_ID, otlp_group, otlp_span, two_services
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(min_value=1, max_value=2**128 - 1))
def test_ids_survive_stripped_zeros_and_upper_case(number: int) -> None:
    full = f"{number:032x}"
    assert pad_trace_id(full.lstrip("0")) == full
    assert parse_trace_id(f" {full.lstrip('0').upper()} ") == full


@given(st.binary(min_size=8, max_size=8))
def test_span_ids_decode_from_base64_and_hex(raw: bytes) -> None:
    assert decode_id(base64.b64encode(raw).decode(), 16) == raw.hex()
    assert decode_id(raw.hex(), 16) == raw.hex()


@pytest.mark.parametrize("text", ["", "0", "xyz", "a" * 33, "-1", "0x1", "1_0", "4bf9 2f35"])
def test_what_is_no_trace_id_is_refused(text: str) -> None:
    with pytest.raises(TracingError, match="not a trace id"):
        parse_trace_id(text)


def test_an_id_that_is_neither_is_not_tempo() -> None:
    with pytest.raises(TracingError) as caught:
        decode_id("!!", 16)
    assert caught.value.kind == "not_tempo"


def test_a_trace_is_normalised() -> None:
    trace = from_otlp(TRACE_ID, two_services())
    first, second = trace.spans
    assert (trace.services, trace.edges) == (["cart", "shop"], [("shop", "cart")])
    assert (first.parent_span_id, second.parent_span_id) == ("", "0000000000000001")
    assert (second.kind, second.status, second.status_message) == ("server", "error", "out of stock")
    assert (first.status, second.duration_nanos) == ("unset", 4_000_000)
    assert trace.root is first
    assert trace.duration_nanos == 9_000_000


def test_numbers_for_enums_and_zero_parents_as_otlp_json_has_them() -> None:
    span = otlp_span("00" * 7 + "03", kind=2, status={"code": 2}, parentSpanId="AAAAAAAAAAA=")
    (only,) = from_otlp(TRACE_ID, [otlp_group("a", [span])]).spans
    assert (only.kind, only.status, only.parent_span_id) == ("server", "error", "")


def test_attribute_values_become_plain() -> None:
    value = {
        "kvlistValue": {
            "values": [
                {"key": "n", "value": {"intValue": "9007199254740993"}},
                {"key": "l", "value": {"arrayValue": {"values": [{"boolValue": False}, {"doubleValue": 0.5}]}}},
                {"key": "nothing", "value": {}},
            ]
        }
    }
    assert attribute_value(value) == {"n": 9007199254740993, "l": [False, 0.5], "nothing": None}


def test_a_span_sent_twice_counts_once() -> None:
    assert len(from_otlp(TRACE_ID, two_services() + two_services()).spans) == 2


def test_a_span_whose_parent_never_came_is_a_root_but_not_the_root() -> None:
    lost = otlp_group("late", [otlp_span("00" * 7 + "09", "00" * 7 + "08", start=-5)])
    trace = from_otlp(TRACE_ID, [*two_services(), lost])
    assert trace.orphan_count == 1
    assert trace.root is not None and trace.root.service == "shop"
    assert "late: op-9  (parent span not stored)" in render_tree(trace)


def test_a_trace_survives_the_way_through_a_playbook() -> None:
    trace = from_otlp(TRACE_ID, two_services())
    assert from_dict(trace.to_dict()).to_dict() == trace.to_dict()


def test_the_tree() -> None:
    nested = otlp_group("pay", [otlp_span("00" * 7 + "03", "00" * 7 + "02", start=2_000_000, duration=1_500)])
    sibling = otlp_group("mail", [otlp_span("00" * 7 + "04", "00" * 7 + "01", start=6_000_000, duration=70)])
    assert render_tree(from_otlp(TRACE_ID, [*two_services(), nested, sibling])).split("\n") == [
        f"trace {TRACE_ID}  4 spans  9.00 ms",
        "shop: op-1       9.00 ms",
        "├─ cart: op-2    4.00 ms  ERROR: out of stock",
        "│  └─ pay: op-3  1.50 us",
        "└─ mail: op-4      70 ns",
    ]


def test_a_very_deep_trace_does_not_exhaust_the_stack() -> None:
    spans = [otlp_span(f"{n:016x}", f"{n - 1:016x}" if n > 1 else "", start=n) for n in range(1, 3001)]
    assert len(render_tree(from_otlp(TRACE_ID, [otlp_group("deep", spans)])).split("\n")) == 3001


def test_spans_in_a_ring_do_not_hang() -> None:
    one, two = "00" * 7 + "01", "00" * 7 + "02"
    ring = [otlp_group("ring", [otlp_span(one, two), otlp_span(two, one)])]
    trace = from_otlp(TRACE_ID, ring)
    assert render_tree(trace).split("\n") == [
        f"trace {TRACE_ID}  2 spans  1.00 us",
        "ring: op-1     1.00 us",
        "└─ ring: op-2  1.00 us",
    ]
    assert (trace.to_dict()["root_name"], trace.orphan_count) == ("op-1", 0)


def test_a_span_above_itself_is_shown_once() -> None:
    one = "00" * 7 + "01"
    trace = from_otlp(TRACE_ID, [otlp_group("own", [otlp_span(one, one)])])
    assert [(visit.span.name, visit.depth) for visit in trace.walk()] == [("op-1", 0)]


def test_two_kinds_of_one_id_are_two_spans() -> None:
    one, two = "00" * 7 + "01", "00" * 7 + "02"
    sides = [otlp_group("shop", [otlp_span(one, kind="SPAN_KIND_CLIENT")]), otlp_group("cart", [otlp_span(one)])]
    trace = from_otlp(TRACE_ID, [*sides, otlp_group("cart", [otlp_span(two, one), otlp_span(two, one)])])
    assert sorted(visit.span.name for visit in trace.walk()) == ["op-1", "op-1", "op-2"]


def test_control_characters_do_not_reach_the_terminal() -> None:
    spans = [otlp_span("00" * 7 + "01", name="a\x1b[31m\nb")]
    tree = trace_tree(from_otlp(TRACE_ID, [otlp_group("s", spans)]).to_dict())
    assert "\x1b" not in tree and len(tree.split("\n")) == 2


def test_a_tree_shows_no_secrets() -> None:
    one = "00" * 7 + "01"
    spans = [otlp_span(one, name="GET /login?password=hunter2", status={"code": 2, "message": "Bearer abc123def456"})]
    tree = trace_tree(from_otlp(TRACE_ID, [otlp_group("token", spans)]).to_dict())
    assert "hunter2" not in tree and "abc123def456" not in tree
    assert "token: GET /login?password=" in tree


@pytest.mark.parametrize("wrong", ["text", None, {}, {"trace_id": "a", "spans": [{}]}, {"trace_id": "a", "spans": 1}])
def test_the_filter_refuses_what_is_no_trace(wrong: object) -> None:
    with pytest.raises(AnsibleFilterError, match="trace_tree takes a trace"):
        trace_tree(wrong)


@pytest.mark.parametrize(
    ("nanos", "text"), [(0, "0 ns"), (999, "999 ns"), (1_000, "1.00 us"), (2_500_000, "2.50 ms"), (10**9, "1.00 s")]
)
def test_durations(nanos: int, text: str) -> None:
    assert duration_text(nanos) == text
