# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A contract checked against a Tempo that holds traces of the shop: what is proven, what is not, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.check import Check
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.options import CHECK_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.options import (
    check_settings as single_settings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract import options as contract_options
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.options import CONTRACT_ARGUMENTS, Task
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.result import MAX_TOLD
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.send import Requests
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS
from contract_traces import CONTRACT, FAULTS, SECOND, good_run, otlp_of
from fakes import EPOCH, FakeTime, ScriptedTransport, answer, search_answer

VISIBLE = "query_frontend:\n    max_outstanding_per_tenant: 2000\n"
HIDING = "query_frontend:\n    query_end_cutoff: 30s\n"


class FakeTempo:
    """Traces with the moments at which each span comes in; nothing is hidden unless ``config`` says so."""

    def __init__(self, time: FakeTime, config: str = VISIBLE) -> None:
        self.time = time
        self.config = config
        self.held: list[tuple[Trace, dict[str, float]]] = []
        self.instead: Callable[[str], Response | None] = lambda path: None
        self.transport = ScriptedTransport(self._answer)

    def hold(self, trace: Trace, late: dict[str, float] | None = None) -> Trace:
        """``late``: seconds after which spans of a service come in."""
        self.held.append((trace, late or {}))
        return trace

    def _there(self, trace: Trace, late: dict[str, float]) -> Trace:
        spans = tuple(span for span in trace.spans if late.get(span.service, 0.0) <= self.time.now)
        return Trace(trace.trace_id, spans)

    def _answer(self, path: str, params: dict[str, str]) -> Response:
        other = self.instead(path)
        if other is not None:
            return other
        there = [self._there(*held) for held in self.held]
        if path == "/status/config":
            return answer(self.config, content_type="text/plain")
        if path == "/api/status/buildinfo":
            return answer({"version": "2.8.0"})
        if path == "/api/search":
            return search_answer(*(self._line(trace) for trace in there if trace.spans))
        (found,) = [trace for trace in there if trace.trace_id == path.rsplit("/", 1)[1]] or [None]
        return answer({"trace": {"resourceSpans": otlp_of(found)} if found else {}})

    def _line(self, trace: Trace) -> dict[str, Any]:
        stats = {name: {"spanCount": sum(s.service == name for s in trace.spans)} for name in trace.services}
        start = min(span.start_unix_nano for span in trace.spans)
        spans = [{"spans": [{"spanID": "1"}], "matched": 1}]
        return {
            "traceID": trace.trace_id.lstrip("0"), "startTimeUnixNano": str(start), "serviceStats": stats,
            "durationMs": trace.duration_nanos // 1_000_000, "spanSets": spans,
        }  # fmt: skip


class FakeApp:
    """Takes requests, and makes a trace of each that Tempo then holds."""

    def __init__(self, tempo: FakeTempo, status: int = 200, follows: bool = True) -> None:
        self.tempo = tempo
        self.status = status
        self.follows = follows
        self.asked: list[tuple[str, dict[str, str], bytes | None, str]] = []
        self.refuses: list[TracingError] = []

    def send(
        self, path: str, headers: dict[str, str], body: bytes | None, *, timeout: float, method: str = ""
    ) -> Response:
        if self.refuses:
            raise self.refuses.pop(0)
        self.asked.append((path, headers, body, method))
        _version, trace_id, span_id, _flags = headers["traceparent"].split("-")
        run = good_run(len(self.asked), EPOCH + self.tempo.time.now)
        run.trace_id = trace_id if self.follows else run.trace_id
        run.change("root", parent_span_id=span_id if self.follows else "")
        for key in run.spans:
            run.change(key, trace_id=run.trace_id)
        self.tempo.hold(run.trace())
        return answer("", self.status)

    @property
    def requests(self) -> Requests:
        return Requests(lambda url: (self, url.removeprefix("http://shop")), "http://shop", {"X-Token": "t0ken-word"})


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def check(
    tempo: FakeTempo,
    content: str = CONTRACT,
    app: FakeApp | None = None,
    put: Any = lambda path, data: None,
    **more: Any,
) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in {**CONNECTION_ARGUMENTS, **CONTRACT_ARGUMENTS}.items()}
    params = {**defaults, "url": "http://tempo:3200", "content": content, **more}
    return task(tempo, params, app, put).run()


def task(tempo: FakeTempo, params: dict[str, Any], app: FakeApp | None = None, put: Any = None) -> Task:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract_options, "tempo_transport", lambda _params: tempo.transport)
        made = Task(params, put, requests=(app or FakeApp(tempo)).requests, clock=tempo.time.clock)
    run = made.run

    def patched(**options: Any) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(contract_options, "tempo_transport", lambda _params: tempo.transport)
            return run(**options)

    made.run = patched  # type: ignore[method-assign]
    return made


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {case["name"]: case["verdict"] for case in result["cases"]}


def test_a_good_trace_proves_all_cases(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    trace = tempo.hold(good_run(1).trace())
    result = check(tempo)
    assert (result["satisfied"], result["verdict"], result["changed"]) == (True, "proven", False)
    assert set(verdicts(result).values()) == {"proven"} and "msg" not in result
    assert result["cases"][0]["trace_ids"] == [trace.trace_id]
    assert 6 <= result["elapsed_seconds"] < 10, "it waits until nothing more comes"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_in_tempo_by_its_own_case(time: FakeTime, fault: str) -> None:
    tempo = FakeTempo(time)
    run = good_run(3, EPOCH - 120)
    FAULTS[fault](run)
    tempo.hold(run.trace())
    result = check(tempo)
    assert (result["satisfied"], result["verdict"]) == (False, "unmet")
    assert [name for name, verdict in verdicts(result).items() if verdict != "proven"] == [fault]
    (case,) = [case for case in result["cases"] if case["name"] == fault]
    assert case["problems"] and any(line.startswith("- ") for line in case["diff"])
    assert f"{fault!r}: Trace {run.trace_id}" in result["msg"] and "of 12 cases 1 not met" in result["msg"]


def without_services(*cases: int) -> str:
    """A contract whose cases each miss so many services."""
    head = "version: 1\nfind: {service: shop}\ncases:\n"
    missing = [[f"none {number}" for number in range(count)] for count in cases]
    return head + "".join(f"  - {{name: case {place}, services: {names}}}\n" for place, names in enumerate(missing))


@pytest.mark.parametrize(("missing", "end"), [(2, "found no span of it."), (5, "found no span of it. (and 3 more)")])
def test_the_message_has_two_problems_of_a_case_and_counts_the_others(time: FakeTime, missing: int, end: str) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1, EPOCH - 120).trace())
    result = check(tempo, without_services(missing))
    assert result["msg"].endswith(end) and result["msg"].count("expected service") == 2
    assert len(result["cases"][0]["problems"]) == missing


@pytest.mark.parametrize(
    ("cases", "end"),
    [
        (MAX_TOLD, "found no span of it."),
        (MAX_TOLD + 1, " And 1 case more."),
        (2 * MAX_TOLD + 3, " And 13 cases more."),
    ],
)
def test_the_message_names_the_first_cases_and_counts_the_others(time: FakeTime, cases: int, end: str) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1, EPOCH - 120).trace())
    result = check(tempo, without_services(*[1] * cases))
    assert result["msg"].endswith(end) and result["msg"].count("expected service") == MAX_TOLD


def test_a_trace_that_still_comes_in_is_waited_for(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace(), {"payment": 4.0, "mail": 11.0})
    result = check(tempo)
    assert result["verdict"] == "proven" and result["elapsed_seconds"] >= 17


def test_a_trace_that_looks_good_but_still_grows_is_not_accepted(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace(), {"mail": 8.0})
    only_root = "version: 1\nfind: {service: shop}\ncases:\n  - {name: one, root: {service: shop}}\n"
    result = check(tempo, only_root, timeout=10)
    assert (result["satisfied"], result["verdict"]) == (False, "could_not_look")
    assert "is not known to be whole: it may still have grown" in result["msg"]


def test_what_is_missing_in_a_trace_that_grows_is_told_without_a_verdict(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace(), {"mail": 7.0, "payment": 1000.0})
    result = check(tempo, timeout=10)
    assert verdicts(result)["missing child"] == "could_not_look"
    told = next(case for case in result["cases"] if case["name"] == "missing child")["problems"]
    assert "not known to be whole" in told[0] and "expected spans with service" in told[1]


def test_what_no_further_span_can_mend_is_unmet_though_the_trace_grows(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    run = good_run(1)
    FAULTS["personal data"](run)
    tempo.hold(run.trace(), {"mail": 8.0})
    assert verdicts(check(tempo, timeout=10))["personal data"] == "unmet"


def test_a_part_of_a_trace_is_no_trace(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    trace = tempo.hold(good_run(1, EPOCH - 500).trace())
    partial = answer({"trace": {"resourceSpans": otlp_of(trace)}, "status": "PARTIAL"})
    tempo.instead = lambda path: partial if "traces" in path else None
    result = check(tempo, timeout=20)
    assert result["verdict"] == "could_not_look" and "Tempo gives only a part of it" in result["msg"]


def test_old_traces_do_not_count(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1, EPOCH - 100).trace())
    result = check(tempo, since="60", timeout=10)
    assert set(verdicts(result).values()) <= {"unmet", "mismatch"} and not result["satisfied"]
    assert result["traces_read"] == 0


def test_no_traces_are_unmet_and_say_what_was_searched(time: FakeTime) -> None:
    result = check(FakeTempo(time), timeout=10)
    assert set(verdicts(result).values()) == {"unmet"}
    assert 'No trace is found for { resource.service.name = "shop" }.' in result["msg"]


def test_too_few_traces(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace())
    result = check(tempo, CONTRACT.replace("max_clock_skew: 100ms", "min_traces: 2"), timeout=10)
    assert verdicts(result)["clock skew"] == "unmet"
    assert "1 trace is found for" in result["msg"] and "min_traces is 2" in result["msg"]
    tempo.hold(good_run(2).trace())
    assert check(tempo, CONTRACT.replace("max_clock_skew: 100ms", "min_traces: 2"), timeout=30)["satisfied"]


def test_a_hidden_time_is_no_verdict(time: FakeTime) -> None:
    result = check(FakeTempo(time, HIDING), timeout=10)
    assert set(verdicts(result).values()) == {"could_not_look"}
    assert "Tempo hides the last 30 s from search" in result["msg"]
    assert check(FakeTempo(FakeTime(), HIDING), timeout=60)["verdict"] == "unmet"


def test_a_tempo_that_does_not_answer_is_no_verdict(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.instead = lambda path: answer("starting", 503, "text/plain")
    result = check(tempo, timeout=10)
    assert set(verdicts(result).values()) == {"could_not_look"} and "answered 503" in result["msg"]


def test_a_tempo_that_refuses_ends_the_check(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.instead = lambda path: answer("no", 401, "text/plain")
    defaults = {name: spec.get("default") for name, spec in {**CONNECTION_ARGUMENTS, **CONTRACT_ARGUMENTS}.items()}
    made = task(tempo, {**defaults, "url": "http://tempo:3200", "content": CONTRACT})
    with pytest.raises(TracingError, match="does not accept the credentials"):
        made.run()
    assert made.partial()["verdict"] == "could_not_look"
    assert set(verdicts(made.partial()).values()) == {"could_not_look"}


def test_a_trace_that_is_too_large_is_no_verdict(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace())
    tempo.instead = lambda path: answer("too large", 422, "text/plain") if "traces" in path else None
    result = check(tempo)
    assert result["verdict"] == "could_not_look" and "too large to read" in result["msg"]
    assert result["elapsed_seconds"] < 1


def test_an_answer_to_another_question_is_a_mismatch(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace())
    result = check(tempo, CONTRACT.replace("find: {service: shop}", "find: {service: nobody}"), timeout=10)
    assert result["verdict"] == "mismatch" and "Tempo contradicts itself" in result["msg"]


def test_traces_that_are_named_are_judged_without_a_search(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    trace = tempo.hold(good_run(1, EPOCH - 1000).trace())
    result = check(tempo, CONTRACT.replace("find: {service: shop}\n", ""), trace_ids=[trace.trace_id])
    assert result["satisfied"] and result["tempo_requests"] == 1
    missing = check(tempo, trace_ids=["ab"], timeout=3)
    assert missing["verdict"] == "unmet" and f"Trace {'ab':>032} is not in Tempo." in missing["msg"]


REQUEST = """\
version: 1
cases:
  - name: An order
    request: {path: /book, method: POST, body: {pieces: 1}}
    services: [shop, stock, payment, mail]
    propagation: unbroken
    no_orphans: true
  - name: Another
    request: {url: "http://shop/pen?a=1", headers: {X-Test: a}, status: 200}
    root: {service: shop}
"""


def test_a_case_judges_the_trace_of_its_own_request(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    app = FakeApp(tempo)
    for seed in range(50, 60):
        tempo.hold(good_run(seed).trace())
    result = check(tempo, REQUEST, app)
    assert result["satisfied"] and result["changed"], result.get("msg")
    asked = {path: (headers, body, method) for path, headers, body, method in app.asked}
    assert asked["/book"][1:] == (b'{"pieces": 1}', "POST") and asked["/pen?a=1"][2] == "GET"
    assert asked["/book"][0]["X-Token"] == "t0ken-word" and "X-Token" not in asked["/pen?a=1"][0]
    sent = {headers["traceparent"].split("-")[1] for _path, headers, _body, _method in app.asked}
    assert {case["trace_ids"][0] for case in result["cases"]} == sent and len(sent) == 2
    assert not any(path == "/api/search" for path, _params in tempo.transport.asked)


def test_the_trace_of_a_request_is_whole_to_whoever_finds_it_later(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    assert check(tempo, REQUEST, FakeApp(tempo))["satisfied"]
    assert len(tempo.held) == 2 and all(trace.orphan_count == 1 for trace, _late in tempo.held)
    assert check(tempo)["satisfied"]


def test_an_application_that_begins_a_trace_of_its_own(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    result = check(tempo, REQUEST, FakeApp(tempo, follows=False), timeout=10)
    assert result["verdict"] == "unmet" and "whose id was sent in traceparent, is not in Tempo" in result["msg"]


def test_a_trace_that_had_no_time_to_come_is_not_missing(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    result = check(tempo, REQUEST, FakeApp(tempo, follows=False), timeout=0)
    assert result["verdict"] == "could_not_look" and "was not there yet when the time was over" in result["msg"]


def test_a_request_that_is_answered_otherwise_than_expected(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    result = check(tempo, REQUEST, FakeApp(tempo, status=500))
    assert verdicts(result) == {"An order": "unmet", "Another": "unmet"}
    assert "The request was answered with status 500, and less than 400 was expected." in result["msg"]
    assert len(result["cases"]) == 2 and "and 200 was expected" in result["msg"]


def test_a_request_that_does_not_arrive_is_repeated_and_is_no_verdict(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    app = FakeApp(tempo)
    refused = [TracingError("connection_refused", "Nothing listens.", retryable=True) for _ in range(4)]
    app.refuses = list(refused)
    assert check(tempo, REQUEST, app)["satisfied"] and len(app.asked) == 2
    app.refuses = refused * 100
    result = check(tempo, REQUEST, app, timeout=5)
    assert set(verdicts(result).values()) == {"could_not_look"} and "Nothing listens." in result["msg"]
    app.refuses = [TracingError("timeout", "It did not answer.", retryable=True) for _ in range(2)]
    late = check(tempo, REQUEST, app, timeout=5)
    assert set(verdicts(late).values()) == {"could_not_look"} and not app.refuses, "it may have arrived"


def test_check_mode_sends_nothing_that_changes_something(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    app = FakeApp(tempo)
    result = check(tempo, REQUEST, app, put=None)
    assert verdicts(result) == {"An order": "skipped", "Another": "proven"} and not result["changed"]
    assert [path for path, *_rest in app.asked] == ["/pen?a=1"]
    only = check(tempo, REQUEST.partition("  - name: Another")[0], app, put=None)
    assert only["skipped"] and "satisfied" not in only


def test_junit_has_a_case_for_each_case(time: FakeTime, tmp_path: Path) -> None:
    tempo = FakeTempo(time)
    run = good_run(1, EPOCH - 200)
    FAULTS["wrong status"](run)
    tempo.hold(run.trace())
    written: dict[Path, bytes] = {}
    path = tmp_path / "contract.xml"
    result = check(tempo, put=written.__setitem__, junit=str(path))
    assert result["changed"] and result["junit"] == str(path)
    suite = ElementTree.fromstring(written[path])[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("12", "1", "0")
    (failure,) = suite.iter("failure")
    assert "status unset or ok" in str(failure.get("message")) and "-       status unset or ok" in str(failure.text)


def test_junit_tells_what_could_not_be_looked_at_as_an_error(time: FakeTime, tmp_path: Path) -> None:
    written: dict[Path, bytes] = {}
    check(FakeTempo(time, HIDING), put=written.__setitem__, junit=str(tmp_path / "a.xml"), timeout=3)
    suite = ElementTree.fromstring(written[tmp_path / "a.xml"])[0]
    assert (suite.get("failures"), suite.get("errors")) == ("0", "12")


def test_the_difference_is_told_in_diff_mode(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    run = good_run(1, EPOCH - 200)
    FAULTS["wrong status"](run)
    tempo.hold(run.trace())
    defaults = {name: spec.get("default") for name, spec in {**CONNECTION_ARGUMENTS, **CONTRACT_ARGUMENTS}.items()}
    (diff,) = task(tempo, {**defaults, "url": "http://t", "content": CONTRACT}).run(with_diff=True)["diff"]
    assert "      status unset or ok\n" in diff["before"] and "      error\n" in diff["after"]
    assert len(diff["before"].splitlines()) == len(diff["after"].splitlines()) == 11


def test_fifty_cases_cost_a_tenth_of_fifty_checks(time: FakeTime) -> None:
    """Counted in requests to Tempo, over traces that are there."""
    tempo = FakeTempo(time)
    for seed in range(300):
        tempo.hold(good_run(seed, EPOCH - 600).trace())
    head = "version: 1\nfind: {service: shop}\ncases:\n"
    cases = "".join(
        f"  - {{name: c{n}, sample: 3, services: [shop, stock], calls: [shop -> stock]}}\n" for n in range(50)
    )
    result = check(tempo, head + cases)
    assert result["satisfied"] and len(result["cases"]) == 50
    before = len(tempo.transport.asked)
    assert result["tempo_requests"] == before == 4  # one search, and three traces
    defaults = {name: spec.get("default") for name, spec in {**CONNECTION_ARGUMENTS, **CHECK_ARGUMENTS}.items()}
    options = {"services": ["shop", "stock"], "expect_edges": ["shop -> stock"], "sample": 3, "diagnose": False}
    for _ in range(50):
        settings = single_settings({**defaults, **options}, EPOCH)
        assert Check(settings, tempo.transport, None, time.clock).run()["satisfied"]
    assert before <= (len(tempo.transport.asked) - before) / 10


def test_results_are_json(time: FakeTime) -> None:
    tempo = FakeTempo(time)
    tempo.hold(good_run(1).trace())
    assert json.loads(json.dumps(check(tempo)))["name"] == "shop"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"timeout": -1.0}, "timeout"),
        ({"settle": -1.0}, "settle"),
        ({"poll_interval": 0.0}, "poll_interval"),
        ({"since": "soon"}, "since"),
        ({"trace_ids": ["xyz"]}, "trace_ids"),
        ({"content": CONTRACT.replace("find: {service: shop}\n", "")}, "no find"),
        ({"content": None, "src": "/nowhere/tracing-contract.yml"}, "src: /nowhere/tracing-contract.yml can't be read"),
        ({"content": None, "src": "/dev/null"}, "not a regular file"),
    ],
    ids=str,
)
def test_options_that_cannot_be_right(time: FakeTime, more: dict[str, Any], expected: str) -> None:
    tempo = FakeTempo(time)
    with pytest.raises(TracingError) as told:
        check(tempo, **{"content": CONTRACT, **more})
    assert expected in str(told.value) and not tempo.transport.asked


def test_a_path_alone_needs_an_address(time: FakeTime) -> None:
    defaults = {name: spec.get("default") for name, spec in {**CONNECTION_ARGUMENTS, **CONTRACT_ARGUMENTS}.items()}
    with pytest.raises(TracingError, match="request_url is not set, and the case 'An order' names a path alone"):
        Task({**defaults, "url": "http://127.0.0.1:1", "content": REQUEST}, None, clock=time.clock).run()


def test_a_trace_is_only_judged_again_when_it_grows(time: FakeTime) -> None:
    """The last of its spans is long ago: one look is enough."""
    tempo = FakeTempo(time)
    tempo.hold(good_run(1, EPOCH - 300).trace())
    result = check(tempo, timeout=0)
    assert result["satisfied"] and result["elapsed_seconds"] == 0
    assert SECOND == 10**9
