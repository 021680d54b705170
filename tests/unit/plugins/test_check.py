# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check: demands, waiting, evidence and diagnosis, against a scripted Tempo and a clock that is not real."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check import Check, CheckSettings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check_options import (
    CHECK_ARGUMENTS,
    check_settings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import CONNECTION_ARGUMENTS
from fakes import (
    EPOCH,
    RUN_ID,
    TRACE_ID,
    FakeTime,
    ScriptedTransport,
    alloy_metrics,
    answer,
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
        groups = self.traces.get(path.rsplit("/", 1)[1], []) if self.time.now >= self.by_id_at else []
        return answer({"trace": {"resourceSpans": groups} if groups else {}, "metrics": {}})

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
        ({"max_traces": 0, "min_traces": 0}, "at most 0 traces are allowed, 1 are there"),
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
    tempo.lines = [{**found(i), "startTimeUnixNano": str(n)} for n, i in enumerate(reversed(ids))]
    tempo.traces = {i: [otlp_group("shop", [otlp_span("00" * 7 + "01")])] for i in ids}
    tempo.traces[ids[-1]] = two_services()
    for line in tempo.lines:
        line["serviceStats"] = {"shop": {"spanCount": 1}}
        line["spanSets"] = [{"matched": 1}]
    result = run(tempo, expect_edges=["shop -> cart"], sample=2)
    assert (result["satisfied"], result["attempts"]) == (True, 2)
    assert len(tempo.paths("/api/v2/traces")) == 30


def test_a_sample_too_large_to_read_is_a_note(tempo: FakeTempo) -> None:
    script = tempo.answer

    def refusing(path: str, query: dict[str, str]) -> Response:
        return answer("too large", 422) if path.startswith("/api/v2") else script(path, query)

    tempo.transport.script = refusing
    result = run(tempo)
    assert (result["satisfied"], result["sample_trace"]) == (True, None)
    assert any("too large" in note for note in result["notes"])


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
    assert named in caught.value.message


@pytest.mark.parametrize(
    ("since", "seconds"), [("90", 90), ("15m", 900), ("1h30m", 5400), ("1d", 86400), ("1500ms", 1.5), ("2.5m", 150)]
)
def test_durations(since: str, seconds: float) -> None:
    assert settings(since=since).start == int(EPOCH - seconds)


def test_a_moment_to_search_from() -> None:
    assert settings(since=str(int(EPOCH) - 5)).start == int(EPOCH) - 5
