# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tempo's answers: recorded shapes of 2.x and 3.x, and those that are not Tempo's."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import (
    MAX_LINES,
    SearchRange,
    TempoClient,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import go_seconds, read_sight
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Deadline
from fakes import TRACE_ID, FakeTime, ScriptedTransport, answer, found, search_answer, two_services

RANGE = SearchRange(100, 200, 50)


def client(*answers: Response) -> tuple[TempoClient, ScriptedTransport]:
    queue = iter(answers)
    transport = ScriptedTransport(lambda path, params: next(queue))
    return TempoClient(transport, Deadline(60, FakeTime().clock), 10.0), transport


def search_error(response: Response) -> TracingError:
    with pytest.raises(TracingError) as caught:
        client(response)[0].search("{ }", RANGE, 1)
    return caught.value


def test_a_search_sends_both_ends_of_time_and_pads_ids() -> None:
    tempo, transport = client(search_answer(found(matched=7, shop=1, cart=6)))
    (trace,) = (line.trace for line in tempo.search("{ }", RANGE, 1).lines)
    assert transport.asked == [("/api/search", {"q": "{ }", "start": "100", "end": "200", "limit": "50", "spss": "1"})]
    assert (trace.trace_id, trace.matched, trace.span_count) == (TRACE_ID, 7, 7)
    assert (trace.services, trace.duration_nanos) == (["cart", "shop"], 9_000_000)


def test_an_empty_search_leaves_traces_out() -> None:
    assert client(search_answer())[0].search("{ }", RANGE, 1).lines == []
    assert client(answer({"traces": [], "metrics": {}}))[0].search("{ }", RANGE, 1).lines == []


def test_several_span_sets_add_up_and_the_old_name_works() -> None:
    sets = {"spanSets": [{"matched": 2}, {"matched": 3}]}
    old = {"spanSet": {"matched": 4}}
    body = {"traces": [{"traceID": "1", **sets}, {"traceID": "2", **old}]}
    assert [line.trace.matched for line in client(answer(body))[0].search("{ }", RANGE, 1).lines] == [5, 4]


def test_a_root_that_has_not_come_is_no_service() -> None:
    line = {"traceID": "1", "rootServiceName": "<root span not yet received>"}
    assert client(answer({"traces": [line]}))[0].search("{ }", RANGE, 1).lines[0].trace.services == []


def test_by_id_v2() -> None:
    body = {"trace": {"resourceSpans": two_services()}, "metrics": {}, "status": "PARTIAL", "message": "too large"}
    trace = client(answer(body))[0].trace(TRACE_ID)
    assert trace is not None and (len(trace.spans), trace.partial) == (2, True)


@pytest.mark.parametrize("body", [{"trace": {}, "metrics": {}}, {"metrics": {}}, {"trace": None}])
def test_v2_says_missing_with_an_empty_trace(body: object) -> None:
    assert client(answer(body))[0].trace(TRACE_ID) is None


@pytest.mark.parametrize(
    "date",
    [
        f"Fri, 1 Jan 2026 00:00:00 +{'9' * 20}",
        f"Fri, 1 Jan {'9' * 30} 00:00:00 GMT",
        "Fri, 1 Jan 0001 00:00:00 +0000",
        "x",
    ],
)
def test_a_date_that_no_clock_can_hold_counts_for_nothing(date: str) -> None:
    told = answer({"traces": [], "metrics": {}})
    tempo, _transport = client(Response(200, {**told.headers, "date": date}, told.body))
    assert tempo.search("{ }", RANGE, 1).lines == [] and isinstance(tempo.now(), float)


@pytest.mark.parametrize("text", ["9" * 400 + "h", "9" * 30 + "h", "1h" * 9000 + "x", ""])
def test_a_duration_that_no_clock_can_hold_is_none(text: str) -> None:
    assert go_seconds(text) is None


def test_settings_that_are_mostly_line_breaks_take_no_time() -> None:
    text = "query_frontend:\n" + "\n" * 300_000 + " \n" * 300_000
    assert read_sight(lambda: text, lambda: "3.0.0").hidden == 0.0


def test_more_lines_than_any_search_asks_for_are_refused() -> None:
    error = search_error(answer({"traces": [{"traceID": "1"}] * (MAX_LINES + 1)}))
    assert error.kind == "too_large"
    assert "was asked for 50 traces and gave 10001; 10000 are the most." in error.message


def test_v1_is_asked_where_v2_is_not_there() -> None:
    tempo, transport = client(answer("404 page not found", 404, "text/plain"), answer({"batches": two_services()}))
    trace = tempo.trace(TRACE_ID)
    assert trace is not None and trace.services == ["cart", "shop"]
    assert [path for path, _params in transport.asked] == [f"/api/v2/traces/{TRACE_ID}", f"/api/traces/{TRACE_ID}"]


def test_v1_says_missing_with_404() -> None:
    assert client(answer("", 404), answer("", 404), answer("echo"))[0].trace(TRACE_ID) is None


@pytest.mark.case("A4")
@pytest.mark.parametrize("said", ["", "default backend - 404", '{"message": "no Route matched"}'])
def test_a_server_that_answers_404_to_everything_misses_no_trace(said: str) -> None:
    with pytest.raises(TracingError, match="does not know Tempo's API") as caught:
        client(*3 * [answer(said, 404, "text/plain")])[0].trace(TRACE_ID)
    assert caught.value.kind == "not_tempo"


def test_a_server_that_knows_neither_is_not_tempo() -> None:
    page = answer("404 page not found", 404, "text/plain")
    with pytest.raises(TracingError) as caught:
        client(page, page)[0].trace(TRACE_ID)
    assert caught.value.kind == "not_tempo"


@pytest.mark.parametrize(
    ("status", "said", "kind", "retryable"),
    [
        (400, "invalid TraceQL query: parse error at line 1, col 3", "bad_query", False),
        (401, "no org id", "no_tenant", False),
        (401, "", "unauthorized", False),
        (403, "", "unauthorized", False),
        (404, "404 page not found", "not_tempo", False),
        (418, "teapot", "unexpected_status", False),
        (422, "trace exceeds max size", "trace_too_large", False),
        (429, "job queue full", "overloaded", True),
        (500, "empty ring", "server_error", True),
        (502, "<html>bad gateway</html>", "server_error", True),
        (503, "Ingester not ready", "server_error", True),
        (504, "context deadline exceeded", "server_error", True),
    ],
)
def test_statuses(status: int, said: str, kind: str, retryable: bool) -> None:
    error = search_error(answer(said, status, "text/plain"))
    assert (error.kind, error.retryable, error.status) == (kind, retryable, status)
    assert "scripted:3200" in error.message
    if not said.startswith(("<", "404")):
        assert said in error.message


@pytest.mark.parametrize(
    ("response", "kind", "retryable"),
    [
        (answer("<!DOCTYPE html><title>Sign in</title>", content_type="text/html"), "not_tempo", False),
        (answer("<html>no", 403, "text/html"), "not_tempo", False),
        (answer('{"traces": [{"traceID": "1"'), "truncated", True),
        (answer(""), "truncated", True),
        (answer("", content_type=""), "truncated", True),
        (answer("hello", content_type="text/plain"), "not_tempo", False),
        (answer("[]"), "not_tempo", False),
        (answer("null"), "not_tempo", False),
        (answer({"status": "success", "data": {}}), "not_tempo", False),
        (answer({"traces": "none"}), "not_tempo", False),
        (answer({"traces": {"a": 1}}), "not_tempo", False),
        (answer({"traces": [{}]}), "not_tempo", False),
        (answer({"traces": ["text"]}), "not_tempo", False),
        (answer({"traces": [{"traceID": "1", "durationMs": "soon"}]}), "not_tempo", False),
        (answer({"traces": [{"traceID": "1", "serviceStats": []}]}), None, False),
        (answer(b"\xff\xfe\x00"), "not_tempo", False),
        (answer("[" * 100_000), "truncated", True),
    ],
)
def test_what_answers_may_be_anything(response: Response, kind: str | None, retryable: bool) -> None:
    if kind is None:
        assert client(response)[0].search("{ }", RANGE, 1).lines[0].trace.services == []
        return
    error = search_error(response)
    assert (error.kind, error.retryable) == (kind, retryable)


@pytest.mark.parametrize(
    "trace",
    [
        {"resourceSpans": [1]},
        {"resourceSpans": "x"},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": 1}]}]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "now"}]}]}]},
    ],
)
def test_traces_of_another_shape(trace: object) -> None:
    tempo, _transport = client(answer({"trace": trace}))
    with pytest.raises(TracingError) as caught:
        tempo.trace(TRACE_ID)
    assert caught.value.kind == "not_tempo"


def test_requests_end_with_the_deadline() -> None:
    time = FakeTime()
    transport = ScriptedTransport(lambda path, params: answer({"version": "3.0.1"}))
    tempo = TempoClient(transport, Deadline(12, time.clock), 10.0)
    assert tempo.version() == "3.0.1"
    time.now = 9
    tempo.version()
    assert transport.timeouts == [10.0, 3.0]


@pytest.mark.parametrize(
    "trace_id",
    ["a?x=1", "../..", "", "0", "g" * 32, "a" * 33, "a" * 1_000_000, None, 7, [], "a\n"],
    ids=lambda one: str(one)[:8],
)
def test_a_trace_id_that_is_none_is_damage(trace_id: object) -> None:
    """It would go into the next URL, with the credentials of the kubeconfig."""
    error = search_error(answer({"traces": [{"traceID": trace_id}]}))
    assert error.kind == "not_tempo"
    assert len(str(error)) < 500


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", '"1e999"', '"inf"', "[1]", '{"a": 1}'])
@pytest.mark.parametrize("field", ["startTimeUnixNano", "durationMs"])
def test_a_number_that_is_none_is_damage(field: str, number: str) -> None:
    body = f'{{"traces": [{{"traceID": "1", "{field}": {number}}}]}}'.encode()
    error = search_error(Response(200, {"content-type": "application/json"}, body))
    assert error.kind in ("not_tempo", "truncated")
