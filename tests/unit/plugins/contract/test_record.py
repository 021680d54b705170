# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contracts recorded from traces: the same for every run of an application, and met by each of them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.findings import request_span_id, view
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.judge import judge
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.parse import parse_contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.record import conditions, record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.recording import (
    RECORD_ARGUMENTS,
    Recording,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.stable import (
    is_stable,
    is_volatile,
    stable_name,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.yaml_lines import to_yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from contract_traces import FAULTS, Run, good_run, otlp_of
from fakes import EPOCH, FakeTime, answer
from hypothesis import example, given
from hypothesis import strategies as st
from test_contract_check import HIDING, FakeTempo


def failing(text: str, run: Run) -> list[str]:
    return [case.name for case in parse_contract(text, "x").cases if judge(case, view(run.trace()))]


def test_other_ids_and_times_give_the_same_contract() -> None:
    texts = {record(good_run(seed, EPOCH + 86_400 * seed).trace(), "") for seed in range(20)}
    (text,) = texts
    assert text == record(good_run(1000).trace(), "")
    assert [seed for seed in range(200) if failing(text, good_run(seed))] == []


def test_nothing_of_a_single_run_is_in_it() -> None:
    run = good_run(3)
    text = record(run.trace(), "shop")
    for span in run.spans.values():
        assert span.span_id not in text and str(span.start_unix_nano) not in text
        assert span.attributes["session.id"] not in text and str(span.attributes["thread.id"]) not in text
    assert run.trace_id not in text and "k8s.pod.name" not in text
    assert "client.port: {type: int}" in text and "payment.amount: 42" in text


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"clock skew", "too slow", "personal data"}))
def test_a_recorded_contract_notices_a_fault(fault: str) -> None:
    """Clocks and durations belong to a run, and a further attribute may always come."""
    text, run = record(good_run(1).trace(), ""), good_run(2)
    FAULTS[fault](run)
    assert failing(text, run)


def test_names_with_ids_are_recorded_as_patterns() -> None:
    def with_id(seed: int) -> Run:
        run, number = good_run(seed), random.Random(seed).randrange(1000, 10**6)
        run.change("stock", name=f"POST /orders/{number}/items")
        run.change("select", name=f"SELECT {random.Random(seed).getrandbits(128):032x}")
        return run

    text = record(with_id(1).trace(), "")
    assert text == record(with_id(2).trace(), "")
    assert failing(text, with_id(3)) == [] and "stock: POST /orders/*/items (server)" in text
    assert failing(text, good_run(4)) != []


def test_the_first_lines_of_a_recorded_contract() -> None:
    assert record(good_run(1).trace(), "the shop").splitlines()[:8] == [
        "version: 1",
        "name: the shop",
        "find: {service: shop, name: GET /book, kind: server}",
        "cases:",
        "  - name: The tree of spans",
        "    strict: shape",
        "    shape: |",
        "      shop: GET /book (server)",
    ]


def test_a_name_of_many_ids_is_recorded_as_far_as_a_pattern_may_go() -> None:
    run = good_run(1)
    run.change("select", name="a 100 b 200 c 300 d 400 e 500 f 600")
    text = record(run.trace(), "")
    assert r"a\\ .*\\ b\\ .*\\ c\\ .*\\ d\\ .*" in text and failing(text, run) == []


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("a" * 100, [], f"{'a' * 100}: []"),
        # A contract can't say them.
        ("nested", [["a"]], "nested: {type: array}"),
        ("nested", [[]], "nested: {type: array}"),
        ('"' * 500, 1, '\\"' * 500),
        ("a" * 501, 1, ""),
    ],
    ids=["empty", "nested", "nested empty", "longest", "too long"],
)
def test_odd_attributes_are_recorded_as_far_as_a_contract_can_say_them(name: str, value: Any, line: str) -> None:
    run = good_run(1)
    run.change("root", attributes={**run.spans["root"].attributes, name: value})
    text = record(run.trace(), "")
    assert line in text and failing(text, run) == []
    assert (text == record(good_run(1).trace(), "")) is (line == "")


def test_the_trace_of_a_request_gives_the_same_contract() -> None:
    run = good_run(5)
    run.change("root", parent_span_id=request_span_id(run.trace_id))
    assert record(run.trace(), "") == record(good_run(1).trace(), "")


def test_a_trace_that_is_no_good_example() -> None:
    orphan = good_run(1)
    FAULTS["orphan"](orphan)
    two = good_run(1)
    two.change("stock", parent_span_id="")
    odd = good_run(1)
    odd.change("stock", service=" ")
    for run, why in ((orphan, "of 1 span the parent is not stored"), (two, "2 roots"), (odd, "is empty")):
        with pytest.raises(TracingError, match=why):
            record(run.trace(), "")
    with pytest.raises(TracingError, match="only a part"):
        record(replace(good_run(1).trace(), partial=True), "")


STABLE: list[tuple[Any, bool]] = [
    ("GET", True), ("/book", True), (200, True), (True, True), (["a", 1], True), ("HTTP/1.1", True), ([], True),
    ("4bf92f3577b34da6a3ce929d0e0e4736", False), ("123e4567-e89b-12d3-a456-426614174000", False), (54321, False),
    (0.5, False), ("2026-11-30T14:00:00Z", False), ("10.0.0.1", False), ("shop:8080", False), ("http://a:80/b", False),
    ("shop-7d9f8b6c5d-x2k4z", False), ("order-1234", False), ("a\nb", False), ("::1", False), ({"a": 1}, False),
    ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", False), ("x" * 300, False), ([["a"]], False), ([[]], False),
]  # fmt: skip


@pytest.mark.parametrize(("value", "stable"), STABLE, ids=lambda value: repr(value)[:40])
def test_what_looks_as_if_the_next_run_had_it_too(value: Any, stable: bool) -> None:
    assert is_stable(value) is stable


@pytest.mark.parametrize("name", ["net.peer.port", "thread.id", "client.address.ip", "http.user_agent", "k8s.pod.uid"])
def test_names_that_belong_to_a_run(name: str) -> None:
    assert is_volatile(name)
    assert not is_volatile("http.request.method") and not is_volatile("server.address")


def test_names_without_their_ids() -> None:
    assert stable_name("GET /orders/12345/items/4bf92f3577b34da6") == "GET /orders/*/items/*"
    assert stable_name("GET /api/v1/book") == "GET /api/v1/book" and stable_name("SELECT") == "SELECT"


def test_conditions_of_several_spans() -> None:
    assert conditions([{"a": 1, "b": "x", "c": 1, "d": 1}, {"a": 1, "b": "y", "c": "z"}]) == {
        "a": 1, "b": {"type": "string"}, "c": {"present": True},
    }  # fmt: skip


TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=20)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-999, 999))


@example({"a" * 100: []})
@given(st.dictionaries(TEXTS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), min_size=1, max_size=4))
def test_what_is_written_reads_back_as_the_same(values: dict[str, Any]) -> None:
    text = to_yaml({
        "version": 1,
        "find": {"service": "x"},
        "cases": [{"name": "a", "spans": [{"select": {}, "attributes": values}]}],
    })  # fmt: skip
    held = {name: value for name, value in values.items() if name.strip()}
    if held != values:
        return
    (rule,) = parse_contract(text, "x").cases[0].spans
    assert {name: condition.any_of[0] for name, condition in rule.attributes.items()} == values


def recording(tempo: FakeTempo, dest: Path, put: Any = None, **more: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in {**TEMPO_ARGUMENTS, **RECORD_ARGUMENTS}.items()}
    params = {**defaults, "url": "http://t", "dest": str(dest), **more}
    return Recording(params, tempo.transport, put, tempo.time.clock).run(with_diff=True)


def test_the_newest_trace_is_recorded_when_it_is_whole(tmp_path: Path) -> None:
    tempo = FakeTempo(FakeTime())
    tempo.hold(good_run(1, EPOCH - 300).trace())
    newest = tempo.hold(good_run(2, EPOCH - 1).trace(), {"mail": 4.0})
    dest = tmp_path / "tracing-contract.yml"
    result = recording(tempo, dest, lambda path, data: path.write_bytes(data) and None, query="{ }", name="shop")
    assert (result["changed"], result["trace_id"], result["span_count"]) == (True, newest.trace_id, 10)
    assert dest.read_text() == result["contract"] == record(newest, "shop")
    assert result["diff"][0]["before"] == "" and tempo.time.now >= 10
    again = recording(tempo, dest, trace_id=good_run(2).trace_id, name="shop")
    assert not again["changed"] and again["diff"] == [] and again["notes"] == []


def test_a_trace_with_an_error_is_recorded_with_a_note(tmp_path: Path) -> None:
    tempo, run = FakeTempo(FakeTime()), good_run(1, EPOCH - 300)
    FAULTS["wrong status"](run)
    tempo.hold(run.trace())
    result = recording(tempo, tmp_path / "a.yml", trace_id=run.trace_id)
    assert result["notes"] == ["1 span of the trace has the status error, which the contract now demands."]
    assert result["changed"] and not (tmp_path / "a.yml").exists(), "check mode"


def test_what_cannot_be_recorded(tmp_path: Path) -> None:
    tempo = FakeTempo(FakeTime(), HIDING)
    dest = tmp_path / "a.yml"
    rows = [
        ({"query": "{ }", "timeout": 2.0}, "finds no trace for { } since then. Tempo hides the last 30 s"),
        ({"trace_id": "ab", "timeout": 2.0}, "holds no trace 000"),
        ({"trace_id": "ab", "dest": str(tmp_path)}, "is a directory"),
        ({"trace_id": "ab", "name": " "}, "name is ' '"),
        ({"trace_id": "ab", "timeout": -1.0}, "timeout"),
        ({"trace_id": "nothing"}, "is not a trace id"),
    ]
    for more, expected in rows:
        with pytest.raises(TracingError) as told:
            recording(tempo, **{"dest": dest, **more})  # type: ignore[arg-type]
        assert expected in str(told.value)
    trace = tempo.hold(good_run(1).trace(), {"mail": 1.0})
    with pytest.raises(TracingError, match="not known to be whole"):
        recording(tempo, dest, trace_id=trace.trace_id, timeout=3.0)
    tempo.instead = lambda path: answer("down", 503, "text/plain")
    with pytest.raises(TracingError, match="answered 503"):
        recording(tempo, dest, trace_id=trace.trace_id, timeout=3.0)


def test_an_answer_to_another_search_is_not_recorded(tmp_path: Path) -> None:
    tempo = FakeTempo(FakeTime())
    tempo.hold(good_run(1).trace())
    with pytest.raises(TracingError, match="does not fit what it was asked"):
        recording(tempo, tmp_path / "a.yml", query='{ name = "nothing" }', timeout=3.0)


def test_a_recorded_contract_is_met_by_the_trace_that_tempo_gives(tmp_path: Path) -> None:
    tempo = FakeTempo(FakeTime())
    trace = tempo.hold(good_run(9, EPOCH - 300).trace())
    assert otlp_of(trace)
    result = recording(tempo, tmp_path / "a.yml", trace_id=trace.trace_id)
    assert failing(result["contract"], good_run(10)) == []
