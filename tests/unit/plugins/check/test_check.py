# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check: demands, waiting, evidence and diagnosis, against a scripted Tempo and a clock that is not real."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.check import (
    MOST_FAILURES,
    Check,
    CheckSettings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.options import (
    CHECK_ARGUMENTS,
    check_settings,
    distributors,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._parallel import MOST_AT_ONCE
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import MAX_SPANS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS
from fakes import (
    EPOCH,
    RUN_ID,
    TRACE_ID,
    FakeTime,
    ScriptedTransport,
    alloy_metrics,
    answer,
    b64,
    failing,
    found,
    otlp_group,
    otlp_span,
    search_answer,
    tempo_metrics,
    two_services,
)

OTHER_ID = "0" * 31 + "2"


def params(**given: Any) -> dict[str, Any]:
    arguments = {**CONNECTION_ARGUMENTS, **CHECK_ARGUMENTS}
    return {**{name: spec.get("default") for name, spec in arguments.items()}, "run_id": RUN_ID, **given}


def settings(**given: Any) -> CheckSettings:
    return check_settings(params(**given), EPOCH)


class FakeTempo:
    """A Tempo whose search and by-id answers change with time."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.visible_at = 0.0
        self.by_id_at = 0.0
        self.lines = [found()]
        self.traces: dict[str, list[dict[str, Any]]] = {TRACE_ID: two_services()}
        self.received = 2
        self.version: Response = answer({"version": "2.8.0"})
        self.transport = ScriptedTransport(self.answer)

    def answer(self, path: str, query: dict[str, str]) -> Response:
        if path == "/metrics":
            return tempo_metrics(self.received)
        if path == "/api/status/buildinfo":
            return self.version
        if path == "/api/search":
            return search_answer(*(self.lines if self.time.now >= self.visible_at else []))
        trace_id = path.rsplit("/", 1)[1]
        groups = self.traces.get(trace_id, []) if self.time.now >= self.by_id_at else []
        body = json.dumps({"trace": {"resourceSpans": groups} if groups else {}, "metrics": {}})
        return answer(body.replace(b64(TRACE_ID), b64(trace_id)) if groups else body)

    def paths(self, start: str) -> list[str]:
        return [path for path, _query in self.transport.asked if path.startswith(start)]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def tempo(time: FakeTime) -> FakeTempo:
    return FakeTempo(time)


def run(tempo: FakeTempo, alloy: ScriptedTransport | None = None, **given: Any) -> dict[str, Any]:
    return Check(settings(**given), tempo.transport, alloy, tempo.time.clock).run()


def test_spans_that_only_search_tells_of_do_not_count(tempo: FakeTempo) -> None:
    tempo.lines = [found(matched=1000)]
    result = run(tempo, min_spans=1000)
    assert result["verdict"] == "unmet"
    assert "2 of at least 1000 spans found: search tells of 1000" in result["msg"]


def test_a_trace_that_grew_since_it_was_read_counts_in_full(tempo: FakeTempo) -> None:
    """Search finds the whole of it first; read again, the trace has as many."""
    tempo.lines = [found(matched=3)]
    later = otlp_group("cart", [otlp_span("00" * 7 + "03", "00" * 7 + "02")])
    ask = tempo.transport.script

    def growing(path: str, query: dict[str, str]) -> Response:
        tempo.traces[TRACE_ID] = [*two_services(), later] if tempo.time.now > 2 else two_services()
        return ask(path, query)

    tempo.transport.script = growing
    assert run(tempo, min_spans=3)["verdict"] == "proven"


def test_evidence_of_success(tempo: FakeTempo) -> None:
    result = run(tempo, services=["shop", "cart"], expect_edges=["shop -> cart"], min_spans=2)
    assert result["satisfied"] is True
    assert (result["trace_ids"], result["trace_count"], result["span_count"]) == ([TRACE_ID], 1, 2)
    assert (result["services"], result["edges"]) == (["cart", "shop"], ["shop -> cart"])
    assert (result["attempts"], result["tempo_version"], result["truncated"]) == (1, "2.8.0", False)
    assert result["sample_trace"]["trace_id"] == TRACE_ID
    assert result["traces"] == [
        {
            "trace_id": TRACE_ID,
            "root_service": "shop",
            "root_name": "op-1",
            "duration_nanos": 9_000_000,
            "span_count": 2,
            "matched_spans": 2,
            "services": ["cart", "shop"],
        }
    ]
    assert "msg" not in result and "diagnosis" not in result


def test_the_search_covers_since_until_a_little_after_now(tempo: FakeTempo) -> None:
    run(tempo, since="10m", limit=7)
    query = next(query for path, query in tempo.transport.asked if path == "/api/search")
    assert (query["start"], query["end"], query["limit"]) == (str(int(EPOCH) - 600), str(int(EPOCH) + 60), "7")
    assert query["q"] == '{ resource.tracing.run.id = "r-1" }'


def test_it_waits_and_measures_both_latencies_apart(tempo: FakeTempo) -> None:
    tempo.visible_at = 20.0
    tempo.by_id_at = 3.0
    result = run(tempo, trace_ids=[TRACE_ID])
    assert result["satisfied"] is True
    assert 3 <= result["latency"]["by_id_seconds"] < 7
    assert 20 <= result["latency"]["search_seconds"] < 27


def test_named_traces_alone_are_not_searched(tempo: FakeTempo) -> None:
    result = run(tempo, run_id=None, trace_ids=[TRACE_ID.lstrip("0")], services=["cart"])
    assert (result["satisfied"], result["query"], result["latency"]["search_seconds"]) == (True, None, None)
    assert tempo.paths("/api/search") == []
    assert result["span_count"] == 2


@pytest.mark.parametrize(
    ("demand", "named"),
    [
        ({"services": ["shop", "payment"]}, "service 'payment' not seen (seen: 'cart', 'shop')"),
        ({"min_traces": 2}, "1 of at least 2 traces"),
        ({"min_spans": 3}, "2 of at least 3 spans"),
        ({"expect_edges": ["cart -> shop"]}, "edge 'cart -> shop' not seen (seen: shop -> cart)"),
        ({"trace_ids": [OTHER_ID]}, f"trace {OTHER_ID} not found"),
        ({"absent_services": ["cart"]}, "service 'cart' must not appear"),
        ({"max_traces": 0, "min_traces": 0}, "at most 0 traces are allowed, 1 is there"),
        ({"max_error_rate": 0.5}, "the error rate is 1 (1 of 1 traces), but at most 0.5 is allowed"),
        ({"min_duration": "10ms"}, f"1 of 1 traces took less than 10 ms (min_duration), {TRACE_ID} only 9 ms"),
        ({"max_duration": "0.0085"}, f"1 of 1 traces took more than 8.5 ms (max_duration), {TRACE_ID} even 9 ms"),
        (
            {"expressions": ["span_count > `5`"]},
            f"expression 'span_count > `5`' is true for 0 of 1 traces read, but must be for one of them "
            f"(not for {TRACE_ID})",
        ),
        ({"expressions": ["length(nothing) > `1`"]}, "In function length(), invalid type"),
    ],
)
def test_each_demand_can_fail_and_says_how(tempo: FakeTempo, demand: dict[str, Any], named: str) -> None:
    result = run(tempo, timeout=5, **demand)
    assert result["satisfied"] is False
    assert any(named in line for line in result["unmet"]), result["unmet"]
    assert named in result["msg"]
    assert result["diagnosis"]["stage"] == "none"
    assert result["trace_ids"] == [TRACE_ID], "what was seen is returned all the same"


def test_what_is_broken_for_good_is_not_waited_for(tempo: FakeTempo) -> None:
    run(tempo, absent_services=["cart"])
    assert tempo.time.slept == []


def test_absence_takes_the_whole_time(tempo: FakeTempo) -> None:
    result = run(tempo, absent_services=["legacy"], min_traces=0, timeout=10)
    assert result["satisfied"] is True
    assert tempo.time.now == pytest.approx(9.8)


def test_one_that_should_stay_away_is_seen_when_it_comes(tempo: FakeTempo) -> None:
    tempo.visible_at = 5.0
    result = run(tempo, absent_services=["cart"], min_traces=0, timeout=30)
    assert result["satisfied"] is False
    assert 5 <= tempo.time.now < 10


def test_a_time_limit_of_zero_looks_once(tempo: FakeTempo) -> None:
    tempo.visible_at = 1.0
    result = run(tempo, timeout=0)
    assert (result["satisfied"], result["attempts"], tempo.time.slept) == (False, 1, [])


def test_spans_of_a_trace_in_two_blocks_are_counted_whole(tempo: FakeTempo) -> None:
    """Search says 7 where 14 are stored: seen with Tempo 2.8."""
    spans = [otlp_span(f"{n:016x}", start=n) for n in range(1, 15)]
    foreign = otlp_group("shop", [otlp_span("00" * 7 + "ff")], run_id="another")
    tempo.traces[TRACE_ID] = [otlp_group("shop", spans), foreign]
    tempo.lines = [found(matched=7, shop=7)]
    result = run(tempo, min_spans=14, sample=0)
    assert (result["satisfied"], result["span_count"]) == (True, 14)


def test_spans_are_not_counted_here_when_a_query_decides_which(tempo: FakeTempo) -> None:
    tempo.lines = [found(matched=1)]
    result = run(tempo, min_spans=2, sample=0, query='{ name = "x" }', timeout=5)
    assert (result["satisfied"], result["span_count"]) == (False, 1)
    assert tempo.paths("/api/v2/traces") == []


def test_further_traces_are_read_for_an_edge(tempo: FakeTempo) -> None:
    """The edge is in the oldest of 30 traces, beyond the sample and beyond what one look reads."""
    ids = [f"{n:032x}" for n in range(1, 31)]
    tempo.lines = [{**found(i), "startTimeUnixNano": str(int(EPOCH) * 10**9 + n)} for n, i in enumerate(reversed(ids))]
    tempo.traces = {i: [otlp_group("shop", [otlp_span("00" * 7 + "01")])] for i in ids}
    tempo.traces[ids[-1]] = two_services()
    for line in tempo.lines:
        line["serviceStats"] = {"shop": {"spanCount": 1}}
        line["spanSets"] = [{"matched": 1}]
        line["durationMs"] = 0
    result = run(tempo, expect_edges=["shop -> cart"], sample=2)
    assert (result["satisfied"], result["attempts"]) == (True, 2)
    assert len(tempo.paths("/api/v2/traces")) == 30


def many(tempo: FakeTempo, count: int, **line: Any) -> list[str]:
    """So many traces of one span, newest first, each of 9.5 ms; what search says of them."""
    ids = [f"{n:032x}" for n in range(1, count + 1)]
    tempo.lines = [
        {**found(i, 1, shop=1), "startTimeUnixNano": str(int(EPOCH) * 10**9 + count - n), "durationMs": 9, **line}
        for n, i in enumerate(ids)
    ]
    tempo.traces = {i: [otlp_group("shop", [otlp_span("00" * 7 + "01", duration=9_500_000)])] for i in ids}
    return ids


def by_id(tempo: FakeTempo, answers: Callable[[str], Response | None]) -> list[str]:
    """Have Tempo answer otherwise for some trace ids; returns the ids that it was asked for."""
    asked: list[str] = []
    ask = tempo.transport.script

    def script(path: str, query: dict[str, str]) -> Response:
        if not path.startswith("/api/v2/traces/"):
            return ask(path, query)
        asked.append(path.rsplit("/", 1)[1])
        return answers(asked[-1]) or ask(path, query)

    tempo.transport.script = script
    return asked


def test_what_was_received_is_counted_where_it_is_received(tempo: FakeTempo) -> None:
    """Of a Tempo in components the frontend, which answers queries, has received nothing."""
    tempo.visible_at, tempo.by_id_at, tempo.received = 1e9, 1e9, 0
    counted = iter([0, 40])
    distributor = ScriptedTransport(lambda path, query: tempo_metrics(next(counted)))
    sent = iter([0, 40])
    alloy = ScriptedTransport(lambda path, query: alloy_metrics(passed := next(sent), passed))
    result = Check(settings(timeout=3), tempo.transport, alloy, tempo.time.clock, counted=distributor).run()
    assert (result["account"]["received"], result["diagnosis"]["stage"]) == (40, "tempo_search")


@pytest.mark.parametrize(
    "given", [{}, {"distributor_service": "tempo"}, {"distributor_service": "d", "url": "http://t"}]
)
def test_one_process_and_an_address_are_asked_for_both(given: dict[str, Any]) -> None:
    assert distributors(params(**{"service": "tempo", "url": None, **given})) is None


def test_traces_that_were_read_by_id_are_not_read_again_while_search_lags(tempo: FakeTempo) -> None:
    """Ten thousand of them take minutes, and search shows them half a minute later."""
    ids = many(tempo, 50)
    tempo.visible_at = 20.0
    result = run(tempo, trace_ids=ids, min_traces=50)
    assert result["verdict"] == "proven"
    assert len(tempo.paths("/api/v2/traces/")) == 50
    assert len(tempo.paths("/api/search")) > 1


def test_the_time_to_read_many_traces_is_not_needed_again(tempo: FakeTempo) -> None:
    ids = many(tempo, 50)
    by_id(tempo, lambda trace_id: tempo.time.sleep(0.5))
    tempo.visible_at = 40.0
    assert run(tempo, trace_ids=ids, min_traces=50, timeout=60, diagnose=False)["verdict"] == "proven"


def test_only_missing_traces_are_asked_for_again(tempo: FakeTempo) -> None:
    ids = many(tempo, 20)
    missing = tempo.traces.pop(ids[-1])

    def late(trace_id: str) -> None:
        if tempo.time.now > 5:
            tempo.traces[ids[-1]] = missing

    by_id(tempo, late)
    assert run(tempo, trace_ids=ids)["verdict"] == "proven"
    assert [len(tempo.paths(f"/api/v2/traces/{one}")) for one in ids[:-1]] == [1] * 19
    assert len(tempo.paths(f"/api/v2/traces/{ids[-1]}")) > 1


@pytest.mark.parametrize("comes_at", [29.0, 100.0])
def test_spans_that_come_late_count_while_another_trace_is_missing(tempo: FakeTempo, comes_at: float) -> None:
    """That one may come with the last look, or never."""
    ids = many(tempo, 2)

    def growing(trace_id: str) -> None:
        tempo.traces = {ids[0]: two_services()[: 1 if tempo.time.now < 5 else 2]}
        if tempo.time.now > comes_at:
            tempo.traces[ids[1]] = two_services()[:1]

    by_id(tempo, growing)
    result = run(tempo, run_id=None, trace_ids=ids, services=["cart"], min_spans=2, timeout=30, diagnose=False)
    lacking = "" if comes_at < 30 else f"Missing: trace {ids[1]} not found. "
    assert (result["services"], lacking in result.get("msg", "")) == (["cart", "shop"], True)


def test_traces_that_lack_nothing_are_not_read_again_for_one_that_is_missing(tempo: FakeTempo) -> None:
    ids = many(tempo, 20)
    del tempo.traces[ids[-1]]
    asked = by_id(tempo, lambda trace_id: None)
    run(tempo, run_id=None, trace_ids=ids, min_traces=20, services=["shop"], diagnose=False)
    assert asked.count(ids[0]) == 1 < asked.count(ids[-1])


def test_too_many_traces_for_the_time_limit(tempo: FakeTempo) -> None:
    ids = many(tempo, 50)
    by_id(tempo, lambda trace_id: tempo.time.sleep(1.0))
    result = run(tempo, trace_ids=ids, timeout=20, diagnose=False)
    assert result["verdict"] == "could_not_look"
    assert "of 50 traces could be asked for by id within the time limit of 20 s: raise timeout" in result["msg"]


def test_a_login_that_is_refused_is_not_tried_for_each_trace(tempo: FakeTempo) -> None:
    asked = by_id(tempo, lambda trace_id: answer("no", status=401))
    with pytest.raises(TracingError, match="does not accept the credentials"):
        run(tempo, trace_ids=many(tempo, 500))
    assert len(asked) <= MOST_AT_ONCE


@pytest.mark.parametrize("status", [429, 503])
def test_a_tempo_that_fails_again_and_again_is_left_alone_until_the_next_look(tempo: FakeTempo, status: int) -> None:
    asked = by_id(tempo, lambda trace_id: answer("not now", status=status))
    result = run(tempo, trace_ids=many(tempo, 500), diagnose=False)
    assert f"({status}: not now)" in result["msg"] or f"answered {status}: not now" in result["msg"]
    assert len(asked) < result["attempts"] * (MOST_FAILURES + MOST_AT_ONCE)


def test_one_trace_that_cannot_be_read_does_not_hide_the_others(tempo: FakeTempo) -> None:
    ids = many(tempo, 50)
    by_id(tempo, lambda trace_id: answer("bad block", status=500) if trace_id == ids[20] else None)
    result = run(tempo, trace_ids=ids, diagnose=False)
    assert (result["verdict"], len(result["trace_ids"])) == ("could_not_look", 49)
    assert "answered 500: bad block" in result["msg"]


def test_why_the_time_did_not_suffice_is_told(tempo: FakeTempo) -> None:
    def slow(trace_id: str) -> Response:
        tempo.time.sleep(2.0)
        return answer("starting", status=503)

    by_id(tempo, slow)
    result = run(tempo, trace_ids=many(tempo, 50), timeout=6, diagnose=False)
    assert re.search(r"(\d) of 50 traces could be asked .* \1 of them failed: Tempo .* answered 503", result["msg"])


def test_an_answer_with_another_trace_weighs_more_than_the_time(tempo: FakeTempo) -> None:
    ids = many(tempo, 50)

    def other(trace_id: str) -> Response | None:
        tempo.time.sleep(1.0)
        return answer({"trace": {"resourceSpans": two_services()}, "metrics": {}}) if trace_id == ids[0] else None

    by_id(tempo, other)
    result = run(tempo, trace_ids=ids, timeout=20, diagnose=False)
    assert (result["verdict"], "answered with trace" in result["msg"]) == ("mismatch", True)


def test_a_message_names_ten_traces_and_counts_the_others(tempo: FakeTempo) -> None:
    ids = [f"{number:032x}" for number in range(100, 130)]
    result = run(tempo, trace_ids=ids, timeout=2, diagnose=False)
    assert f"{ids[9]} and 20 more not found" in result["msg"]
    assert ids[10] not in result["msg"]


FAILED = {"status": {"code": "STATUS_CODE_ERROR"}}


def test_what_is_not_asked_for_costs_no_request_and_is_not_returned(tempo: FakeTempo) -> None:
    many(tempo, 10)
    result = run(tempo)
    assert "error_rate" not in result
    assert len(tempo.paths("/api/v2/traces")) == 1, "the sample"
    assert len(tempo.paths("/api/search")) == 1


def test_the_error_rate_is_over_all_traces_found(tempo: FakeTempo) -> None:
    """Search tells of one trace that it failed, the whole trace of another one."""
    ids = many(tempo, 8)
    tempo.traces[ids[0]] = [otlp_group("shop", [otlp_span("00" * 7 + "01", duration=9_500_000, **FAILED)])]
    tempo.lines[7]["serviceStats"] = {"shop": {"spanCount": 1, "errorCount": 1}}
    result = run(tempo, max_error_rate=0.25)
    assert (result["satisfied"], result["error_rate"]) == (True, 0.25)
    assert len(tempo.paths("/api/v2/traces")) == 1, "the sample"
    refused = run(tempo, max_error_rate=0.24, timeout=3)
    assert refused["unmet"] == ["the error rate is 0.25 (2 of 8 traces), but at most 0.24 is allowed"]


def test_traces_are_read_whole_where_search_tells_no_errors(tempo: FakeTempo) -> None:
    ids = many(tempo, 30, serviceStats={})
    tempo.traces[ids[-1]] = [otlp_group("shop", [otlp_span("00" * 7 + "01", duration=9_500_000, **FAILED)])]
    once = run(tempo, max_error_rate=0.1, timeout=0)
    assert (once["satisfied"], once["error_rate"]) == (False, None)
    assert once["unmet"] == ["for 10 of 30 traces it is not known whether they have an error"]
    result = run(tempo, max_error_rate=0.1)
    assert (result["satisfied"], result["attempts"], result["error_rate"]) == (True, 2, round(1 / 30, 6))


def test_the_error_rate_of_named_traces(tempo: FakeTempo) -> None:
    result = run(tempo, run_id=None, trace_ids=[TRACE_ID], max_error_rate=1.0, max_duration="9ms", min_duration="9ms")
    assert (result["satisfied"], result["error_rate"]) == (True, 1.0)


def test_bounds_are_judged_once_there_are_enough_traces(tempo: FakeTempo) -> None:
    result = run(tempo, min_traces=2, max_error_rate=0.0, max_duration="1ms", timeout=5)
    assert result["unmet"] == ["1 of at least 2 traces found"]


def test_bounds_alone_take_the_whole_time(tempo: FakeTempo) -> None:
    tempo.visible_at = 5.0
    result = run(tempo, max_error_rate=0.0, min_traces=0, timeout=10)
    assert (result["satisfied"], tempo.time.now) == (False, pytest.approx(9.8))
    tempo.lines = []
    nothing = run(tempo, max_error_rate=0.0, min_duration="1s", min_traces=0, timeout=10)
    assert (nothing["satisfied"], nothing["error_rate"]) == (True, None)


def test_a_rate_that_falls_is_waited_for(tempo: FakeTempo) -> None:
    ids = many(tempo, 4)
    tempo.lines[0]["serviceStats"] = {"shop": {"spanCount": 1, "errorCount": 1}}
    tempo.traces[ids[0]] = [otlp_group("shop", [otlp_span("00" * 7 + "01", duration=9_500_000, **FAILED)])]
    later, tempo.lines = tempo.lines, tempo.lines[:1]
    script = tempo.answer

    def growing(path: str, query: dict[str, str]) -> Response:
        tempo.lines = later if tempo.time.now > 5 else tempo.lines
        return script(path, query)

    tempo.transport.script = growing
    result = run(tempo, max_error_rate=0.25)
    assert (result["satisfied"], result["error_rate"]) == (True, 0.25)
    assert 5 < tempo.time.now < 10


@pytest.mark.parametrize(
    ("sample", "bound", "met"),
    [
        (0, {"min_duration": "9.9ms"}, True),  # search cuts the fraction off
        (0, {"min_duration": "10ms"}, False),
        (0, {"max_duration": "9ms"}, True),
        (0, {"max_duration": "8.9ms"}, False),
        (1, {"min_duration": "9.5ms", "max_duration": "9.5ms"}, True),
        (1, {"min_duration": "9.6ms"}, False),
        (1, {"max_duration": "9.4ms"}, False),
    ],
)
def test_durations_are_as_exact_as_what_was_read(
    tempo: FakeTempo, sample: int, bound: dict[str, str], met: bool
) -> None:
    many(tempo, 1)
    assert run(tempo, sample=sample, timeout=0, **bound)["satisfied"] is met


def test_the_worst_duration_is_named(tempo: FakeTempo) -> None:
    ids = many(tempo, 5)
    tempo.lines[3]["durationMs"], tempo.lines[4]["durationMs"] = 1, 2000
    result = run(tempo, min_duration="5ms", max_duration="1s", timeout=0)
    assert result["unmet"] == [
        f"1 of 5 traces took less than 5 ms (min_duration), {ids[3]} only 1 ms",
        f"1 of 5 traces took more than 1000 ms (max_duration), {ids[4]} even 2000 ms",
    ]


def test_an_expression_that_is_true_for_one_trace(tempo: FakeTempo) -> None:
    result = run(tempo, expressions=["spans[?service=='cart' && status=='error']", "duration_nanos > `8999999`"])
    assert result["satisfied"] is True


def test_further_traces_are_read_for_an_expression(tempo: FakeTempo) -> None:
    ids = many(tempo, 30)
    tempo.traces[ids[-1]] = two_services()
    result = run(tempo, expressions=["contains(services, 'cart')"], sample=0)
    assert (result["satisfied"], result["attempts"]) == (True, 2)
    assert len(tempo.paths("/api/v2/traces")) == 30


def test_an_expression_for_all_traces_read(tempo: FakeTempo) -> None:
    ids = many(tempo, 6)
    tempo.traces[ids[1]] = two_services()
    sound = {"expression": "!(spans[?status=='error'])", "quantifier": "all"}
    assert run(tempo, expressions=[sound], sample=1)["satisfied"] is True
    result = run(tempo, expressions=[sound], sample=4, timeout=3)
    assert len(result["unmet"]) == 1
    assert "is true for 3 of 4 traces read, but must be for all of them" in result["unmet"][0]
    assert ids[1] in result["unmet"][0]
    tempo.transport.asked.clear()
    assert run(tempo, expressions=[sound], sample=0)["satisfied"] is True
    assert len(tempo.paths("/api/v2/traces")) == 1, "one at least is read"


@pytest.mark.parametrize(
    ("expression", "true"),
    [("`0`", True), ("`false`", False), ("`null`", False), ("''", False), ("`[]`", False), ("`{}`", False),
     ("spans[::2]", True), ("{a: trace_id}", True), ("sort_by(spans, &start_unix_nano)[0].name", True)],
)  # fmt: skip
def test_truth_by_the_rules_of_jmespath(tempo: FakeTempo, expression: str, true: bool) -> None:
    assert run(tempo, expressions=[expression], timeout=0)["satisfied"] is true


def test_a_trace_that_grows_is_judged_anew(tempo: FakeTempo) -> None:
    whole = tempo.traces[TRACE_ID]
    tempo.traces[TRACE_ID] = whole[:1]
    script = tempo.answer

    def growing(path: str, query: dict[str, str]) -> Response:
        tempo.traces[TRACE_ID] = whole if tempo.time.now > 5 else whole[:1]
        return script(path, query)

    tempo.transport.script = growing
    result = run(tempo, expressions=["span_count == `2`"])
    assert result["satisfied"] is True and 5 < tempo.time.now < 10


LARGE = {"trace": {"resourceSpans": [{"scopeSpans": [{"spans": [{}] * (MAX_SPANS + 1)}]}]}}


@pytest.mark.parametrize("large", [answer("too large", 422), answer(LARGE), answer([0] * 1_000_001)])
def test_a_sample_too_large_to_read_is_a_note(tempo: FakeTempo, large: Response) -> None:
    script = tempo.answer

    def refusing(path: str, query: dict[str, str]) -> Response:
        return large if path.startswith("/api/v2") else script(path, query)

    tempo.transport.script = refusing
    result = run(tempo)
    assert (result["satisfied"], result["sample_trace"]) == (True, None)
    assert any("Look at smaller traces" in note for note in result["notes"])


def test_a_search_that_is_cut_off_says_so(tempo: FakeTempo) -> None:
    result = run(tempo, limit=1)
    assert result["truncated"] is True and "limit=1" in result["notes"][0]


@pytest.mark.parametrize("status", [403, 404])
def test_a_hidden_version_is_no_reason_to_stop(tempo: FakeTempo, status: int) -> None:
    tempo.version = answer("no", status, "text/plain")
    assert (run(tempo)["satisfied"], len(tempo.paths("/api/status"))) == (True, 1)


def test_errors_that_pass_are_waited_out(tempo: FakeTempo) -> None:
    script = tempo.answer
    tempo.transport.script = lambda path, query: (
        script(path, query) if tempo.time.now > 4 else failing("connection_refused")(path, query)
    )
    result = run(tempo)
    assert result["satisfied"] is True and result["attempts"] > 1


def test_an_error_at_the_end_is_in_the_message(tempo: FakeTempo) -> None:
    tempo.transport.script = failing("connection_refused")
    result = run(tempo, timeout=5)
    assert result["satisfied"] is False
    assert "It is connection_refused. Mend it." in result["msg"]
    assert result["diagnosis"]["stage"] == "unknown"


def test_a_fatal_error_ends_it_with_the_evidence_so_far(tempo: FakeTempo) -> None:
    script = tempo.answer
    tempo.transport.script = lambda path, query: (
        answer("no", 403) if path.startswith("/api/v2") else script(path, query)
    )
    check = Check(settings(), tempo.transport, None, tempo.time.clock)
    with pytest.raises(TracingError) as caught:
        check.run()
    assert caught.value.kind == "unauthorized"
    partial = check.partial_evidence()
    assert (partial["satisfied"], partial["trace_count"]) == (False, 1)


def test_the_diagnosis_counts_from_the_start_of_the_check(tempo: FakeTempo) -> None:
    tempo.visible_at = 1000.0
    alloy = ScriptedTransport(lambda path, query: alloy_metrics(100 + int(tempo.time.now), 100))
    result = run(tempo, alloy, timeout=10)
    assert result["account"]["accepted"] == 9
    assert result["diagnosis"]["stage"] == "alloy"


def test_when_nothing_moved_meanwhile_all_that_was_counted_speaks(tempo: FakeTempo) -> None:
    tempo.visible_at = 1000.0
    alloy = ScriptedTransport(lambda path, query: alloy_metrics(100, 0, failed=100))
    result = run(tempo, alloy, timeout=5)
    assert (result["account"]["accepted"], result["diagnosis"]["stage"]) == (100, "alloy_to_tempo")
    assert "gave up 100 spans" in result["msg"]


def test_a_baseline_from_before_the_run_is_counted_from(tempo: FakeTempo) -> None:
    tempo.visible_at = 1000.0
    before = {"taken_at": 1, "alloy": {"instances": {"http://scripted:3200": {"accepted": 70, "sent": 70}}},
              "tempo": {"instances": {"http://scripted:3200": {"received": 2}}}}  # fmt: skip
    alloy = ScriptedTransport(lambda path, query: alloy_metrics(100, 100))
    result = run(tempo, alloy, timeout=5, baseline=before, generated_spans=30)
    assert (result["account"]["accepted"], result["account"]["received"]) == (30, 0)
    assert result["diagnosis"]["stage"] == "alloy_to_tempo"


def test_without_diagnose_no_counters_are_read(tempo: FakeTempo) -> None:
    tempo.visible_at = 1000.0
    result = run(tempo, timeout=5, diagnose=False)
    assert (result["diagnosis"], result["account"]) == (None, None)
    assert tempo.paths("/metrics") == []


def test_a_slow_alloy_does_not_eat_the_time_of_the_check(tempo: FakeTempo) -> None:
    def slow(path: str, query: dict[str, str]) -> Response:
        tempo.time.now += alloy.timeouts[-1]
        return failing("timeout")(path, query)

    alloy = ScriptedTransport(slow)
    result = run(tempo, alloy, timeout=60, request_timeout=30.0)
    assert result["satisfied"] is True
    assert tempo.time.now <= 5


# --- answers to another question


@pytest.mark.case("M5")
@pytest.mark.parametrize(
    "asked",
    [
        {"run_id": "run-that-never-was"},
        {"run_id": None, "services": ["payment"], "min_traces": 1},
        {"attributes": {"span.http.method": "POST"}},
        {"run_id": None, "attributes": {"resource.service.name": "payment"}},
        {"run_id": None, "attributes": {"status": "ok"}},
        {"query": '{ name = "checkout" }'},
        {"query": "{ duration > 1s } | count() > 0"},
        {"run_id": "run-that-never-was", "absent_services": ["cart"], "min_traces": 0},
        {"run_id": "run-that-never-was", "max_traces": 0, "min_traces": 0},
        {"run_id": "run-that-never-was", "min_traces": 5},
        {"run_id": "run-that-never-was", "min_duration": "1ms"},
    ],
)
def test_a_cache_that_ignores_the_query_proves_nothing(tempo: FakeTempo, asked: dict[str, Any]) -> None:
    result = run(tempo, timeout=5, **asked)
    assert (result["satisfied"], result["verdict"]) == (False, "mismatch"), result.get("msg")
    assert "A proxy or cache before it may ignore what is asked" in result["msg"]


@pytest.mark.case("M5")
def test_what_was_compared_is_told(tempo: FakeTempo) -> None:
    result = run(tempo, attributes={"status": "error"}, query='{ name = "op-2" && span.x !~ "y" }')
    compared = '{ resource.tracing.run.id = "r-1" && status = error && name = "op-2" }'
    assert (result["verdict"], result["compared"]) == ("proven", {"traces": 1, "query": compared})
    assert run(tempo, sample=0)["compared"]["traces"] == 0
    assert run(tempo, run_id=None)["compared"] == {"traces": 1, "query": None}


@pytest.mark.case("M5")
def test_search_alone_proves_nothing(tempo: FakeTempo) -> None:
    """By id, the trace is not there; then it is there, and all is well."""
    tempo.by_id_at = 1000.0
    result = run(tempo, timeout=5)
    assert result["verdict"] == "mismatch" and "read by id it is not there" in result["msg"]
    tempo.by_id_at = tempo.time.now + 3
    assert run(tempo, timeout=60)["verdict"] == "proven"


@pytest.mark.case("M5")
def test_a_lie_of_search_about_a_trace_proves_nothing(tempo: FakeTempo) -> None:
    tempo.lines = [found(shop=1, cart=1, payment=1)]
    result = run(tempo, services=["payment"], timeout=5)
    assert result["verdict"] == "mismatch" and "service 'payment'" in result["msg"]
    tempo.lines = [{**found(), "durationMs": 5000}]
    assert run(tempo, min_duration="1s", timeout=5)["verdict"] == "mismatch"


@pytest.mark.case("M5")
def test_another_trace_by_id_proves_nothing(tempo: FakeTempo) -> None:
    other = {"trace": {"resourceSpans": two_services()}}
    script = tempo.answer
    tempo.transport.script = lambda path, query: answer(other) if path.startswith("/api/v2") else script(path, query)
    named = run(tempo, run_id=None, trace_ids=[OTHER_ID], timeout=5)
    assert named["verdict"] == "mismatch"
    assert f"was asked for trace {OTHER_ID} and answered with trace {TRACE_ID}" in named["msg"]
    tempo.lines = [found(OTHER_ID)]
    assert run(tempo, timeout=5)["verdict"] == "mismatch"


@pytest.mark.case("M5")
@pytest.mark.parametrize("away", [-3600, 3600])
def test_hits_of_another_time_prove_nothing(tempo: FakeTempo, away: int) -> None:
    stray = {**found(OTHER_ID), "startTimeUnixNano": str(int((EPOCH + away) * 10**9))}
    tempo.lines = [found(), stray]
    result = run(tempo, since="15m", timeout=5)
    assert result["verdict"] == "mismatch" and "1 trace of another time" in result["msg"]


@pytest.mark.case("M5")
def test_a_violation_stands_where_no_trace_can_be_read(tempo: FakeTempo) -> None:
    script = tempo.answer
    tempo.transport.script = lambda path, query: (
        answer("no", 500) if path.startswith("/api/v2") else script(path, query)
    )
    result = run(tempo, absent_services=["cart"])
    assert (result["verdict"], tempo.time.slept) == ("unmet", [])


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"timeout": -1.0}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"poll_interval": 0.0}, "poll_interval"),
        ({"poll_interval": float("nan")}, "poll_interval"),
        ({"min_traces": -1}, "min_traces"),
        ({"max_traces": -1}, "max_traces"),
        ({"min_traces": 3, "max_traces": 2}, "max_traces"),
        ({"min_spans": -1}, "min_spans"),
        ({"sample": -1}, "sample"),
        ({"generated_spans": -1}, "generated_spans"),
        ({"limit": 0}, "limit"),
        ({"limit": 5, "min_traces": 6}, "limit"),
        ({"limit": 5, "max_traces": 5}, "limit"),
        ({"max_error_rate": -0.1}, "max_error_rate"),
        ({"max_error_rate": 5.0}, "Write 0.05 for 5 percent"),
        ({"max_error_rate": float("nan")}, "max_error_rate"),
        ({"min_duration": "soon"}, "min_duration"),
        ({"max_duration": "0"}, "max_duration"),
        ({"max_duration": "-1s"}, "max_duration"),
        ({"min_duration": "2s", "max_duration": "1s"}, "max_duration (1s) is less than min_duration (2s)"),
        ({"expressions": [""]}, "expressions: '' is not JMESPath"),
        ({"expressions": ["a" + "|a" * 200]}, "has more than 100 levels"),
        ({"expressions": ["[" * 5000]}, "expressions: "),
        ({"expressions": ["spans[?"]}, "expressions: 'spans[?' is not JMESPath"),
        ({"expressions": ["spans[*].nosuch(@)"]}, "calls nosuch()"),
        ({"expressions": ["length()"]}, "gives length() 0 arguments, but it takes 1"),
        ({"expressions": ["not_null()"]}, "gives not_null() 0 arguments, but it takes at least 1"),
        ({"expressions": ["contains(a)"]}, "gives contains() 1 argument, but it takes 2"),
        ({"expressions": [7]}, "expressions: 7 is neither"),
        ({"expressions": [{"quantifier": "all"}]}, "is neither text nor a dict"),
        ({"expressions": [{"expression": "a", "quantifer": "all"}]}, "is neither text nor a dict"),
        ({"expressions": [{"expression": 7}]}, "expressions: 7 is int"),
        ({"expressions": [{"expression": "a", "quantifier": "most"}]}, "the quantifier of 'a' is 'most'"),
        ({"trace_ids": ["xyz"]}, "trace_ids"),
        ({"services": [""]}, "services"),
        ({"services": ["a", " "]}, "services"),
        ({"absent_services": [""]}, "absent_services"),
        ({"services": ["a"], "absent_services": ["a"]}, "absent_services"),
        ({"expect_edges": ["a"]}, "expect_edges"),
        ({"expect_edges": ["a ->"]}, "expect_edges"),
        ({"expect_edges": ["a -> b -> c"]}, "expect_edges"),
        ({"expect_edges": ["a -> a"]}, "expect_edges"),
        ({"since": "soon"}, "since"),
        ({"since": "-5m"}, "since"),
        ({"since": "0"}, "since"),
        ({"since": "nan"}, "since"),
        ({"since": "1m 5"}, "since"),
        ({"since": str(int(EPOCH) + 100)}, "since"),
        ({"run_id": " "}, "run_id"),
        ({"run_id_attribute": ""}, "run_id_attribute"),
        ({"attributes": {"resource.a": ["x"]}}, "attributes"),
        ({"attributes": {"resource.a": None}}, "attributes"),
        ({"attributes": {"": "x"}}, "attribute"),
        ({"baseline": {}}, "baseline"),
    ],
)
def test_options_that_cannot_be_right_are_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(TracingError) as caught:
        settings(**given)
    assert caught.value.kind == "invalid_option"
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("since", "seconds"), [("90", 90), ("15m", 900), ("1h30m", 5400), ("1d", 86400), ("1500ms", 1.5), ("2.5m", 150)]
)
def test_durations(since: str, seconds: float) -> None:
    assert settings(since=since).start == int(EPOCH - seconds)


def test_a_moment_to_search_from() -> None:
    assert settings(since=str(int(EPOCH) - 5)).start == int(EPOCH) - 5
