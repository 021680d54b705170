# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""grafana_check against a scripted Grafana."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.content_check import (
    CHECK_ARGUMENTS,
    GrafanaCheck,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeTime

DEFAULTS = {name: spec.get("default") for name, spec in CHECK_ARGUMENTS.items()}
NEW, OLD = "a" * 32, "b" * 32
PROXY = "/api/datasources/proxy/uid"
EXEMPLARS = f"{PROXY}/prometheus/api/v1/query_exemplars"
CALLS = f"{PROXY}/prometheus/api/v1/query"
QUERY = {"name": "a first query", "datasource": "tempo", "path": "/api/search?limit=1", "query": ""}


def exemplar(trace: str, timestamp: float) -> dict[str, Any]:
    return {"labels": {"traceID": trace}, "timestamp": timestamp}


def trace(trace_id: str) -> dict[str, Any]:
    span = {"traceId": trace_id, "spanId": "1" * 16, "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    return {"batches": [{"scopeSpans": [{"spans": [span]}]}]}


class Grafana:
    """Answers by path with a status and what is to become JSON; ``later`` changes that after so many requests."""

    def __init__(self, later: tuple[int, dict[str, tuple[int, Any]]] | None = None) -> None:
        self.answers: dict[str, tuple[int, Any]] = {
            "/api/datasources": (200, [{"uid": "tempo"}, {"uid": "prometheus"}]),
            "/api/search": (200, [{"uid": "one"}]),
            f"{PROXY}/tempo/api/search": (200, {}),
            f"{PROXY}/tempo/api/traces/{NEW}": (200, trace(NEW)),
            CALLS: (200, {"data": {"result": [{}]}}),
            EXEMPLARS: (200, {"data": [{"exemplars": [exemplar(NEW, 2.5)]}, {"exemplars": [exemplar(OLD, 1)]}]}),
        }
        self.later = later
        self.asked: list[str] = []

    def __call__(self, path: str, _timeout: float) -> Response:
        self.asked.append(path)
        if self.later and len(self.asked) > self.later[0]:
            self.answers.update(self.later[1])
        status, content = self.answers[urlsplit(path).path]
        return Response(status, {}, json.dumps(content).encode())


def check(grafana: Callable[[str, float], Response], **options: Any) -> dict[str, Any]:
    return GrafanaCheck({**DEFAULTS, "timeout": 10.0, **options}, grafana, FakeTime().clock).run()


def test_all_is_there() -> None:
    grafana = Grafana()
    result = check(grafana, datasources=["tempo"], dashboards=["one"], tag="a b", queries=[QUERY], exemplars="required")
    assert result["satisfied"] is True and "msg" not in result
    assert (result["exemplar_trace"], result["exemplar_leads"], result["span_metrics"]) == (NEW, True, True)
    assert "/api/search?type=dash-db&tag=a+b" in grafana.asked
    assert f"{PROXY}/tempo/api/search?limit=1" in grafana.asked


def test_nothing_is_asked_for_that_nobody_wants() -> None:
    grafana = Grafana()
    assert check(grafana)["satisfied"] is True
    assert grafana.asked == []


def test_what_is_missing_is_named() -> None:
    grafana = Grafana()
    grafana.answers[f"{PROXY}/prometheus/api/v1/query"] = (502, "no route")
    query = {"name": "Request rate", "datasource": "prometheus", "path": "/api/v1/query", "query": "sum(a)"}
    result = check(grafana, datasources=["tempo", "loki"], dashboards=["one", "two"], queries=[query, QUERY])
    assert result["satisfied"] is False
    assert (result["missing_datasources"], result["missing_dashboards"]) == (["loki"], ["two"])
    assert result["unanswered"] == {"Request rate": 'status 502: "no route"'}
    assert result["msg"] == (
        "It lacks the data sources loki. It lacks the dashboards two. Data source prometheus does not answer "
        'Request rate (sum(a)): status 502: "no route".'
    )
    assert any(path.endswith("/api/v1/query?query=sum%28a%29") for path in grafana.asked)


def test_each_data_source_is_asked_its_own_query_of_the_same_name() -> None:
    grafana = Grafana()
    grafana.answers[CALLS] = (502, "no route")
    other = {**QUERY, "datasource": "prometheus", "path": "/api/v1/query"}
    result = check(grafana, queries=[QUERY, other])
    assert result["unanswered"] == {"a first query": 'status 502: "no route"'}
    assert result["msg"].startswith("Data source prometheus does not answer a first query")


def test_it_asks_again_for_what_is_missing_and_for_nothing_else() -> None:
    grafana = Grafana(later=(3, {"/api/search": (200, [{"uid": "one"}, {"uid": "two"}])}))
    result = check(grafana, datasources=["tempo"], dashboards=["one", "two"], queries=[QUERY])
    assert result["satisfied"] is True
    assert grafana.asked.count("/api/datasources") == 1
    assert sum(path.endswith("/api/search?limit=1") for path in grafana.asked) == 1


@pytest.mark.parametrize("demand", ["required", "wanted"])
def test_no_spans_yet_is_nothing_to_follow(demand: str) -> None:
    grafana = Grafana()
    grafana.answers[CALLS] = (200, {"data": {"result": []}})
    result = check(grafana, exemplars=demand)
    assert result["satisfied"] is True
    assert (result["span_metrics"], result["exemplar_trace"]) == (False, "")


@pytest.mark.parametrize(("demand", "satisfied"), [("required", False), ("wanted", True)])
def test_no_exemplar(demand: str, satisfied: bool) -> None:
    grafana = Grafana()
    grafana.answers[EXEMPLARS] = (200, {"data": []})
    result = check(grafana, exemplars=demand)
    assert result["satisfied"] is satisfied
    assert result["exemplar_trace"] == "" and result["elapsed_seconds"] > 5
    assert ("none has an exemplar" in result.get("msg", "")) is not satisfied


def test_an_exemplar_whose_trace_is_gone_is_told() -> None:
    grafana = Grafana()
    grafana.answers[f"{PROXY}/tempo/api/traces/{NEW}"] = (404, {})
    result = check(grafana, exemplars="required")
    assert result["satisfied"] is True
    assert (result["exemplar_trace"], result["exemplar_leads"]) == (NEW, False)


@pytest.mark.case("M5")
def test_an_exemplar_that_leads_to_another_trace_proves_nothing() -> None:
    grafana = Grafana()
    grafana.answers[f"{PROXY}/tempo/api/traces/{NEW}"] = (200, trace(OLD))
    result = check(grafana, exemplars="required")
    assert (result["satisfied"], result["exemplar_leads"]) == (False, False)
    assert f"asked through Grafana for trace {NEW} and answered with trace {OLD}" in result["msg"]
    grafana.answers[f"{PROXY}/tempo/api/traces/{NEW}"] = (200, {"batches": []})
    assert check(grafana, exemplars="required")["exemplar_leads"] is False


def test_a_refused_login_ends_it_at_once() -> None:
    grafana = Grafana()
    grafana.answers["/api/datasources"] = (401, {"message": "Unauthorized"})
    with pytest.raises(TracingError, match="Grafana answered 401 to /api/datasources") as caught:
        check(grafana, datasources=["tempo"])
    assert caught.value.kind == "wrong_status" and len(grafana.asked) == 1


def test_a_grafana_that_does_not_answer_is_asked_again_and_told() -> None:
    grafana = Grafana()
    grafana.answers["/api/datasources"] = (503, "starting")
    result = check(grafana, datasources=["tempo"])
    assert result["satisfied"] is False and len(grafana.asked) > 2
    assert result["msg"].startswith('Grafana could not be asked: Grafana answered 503 to /api/datasources: "starting".')


ODD = [
    None,
    1,
    "text",
    [],
    {},
    [None],
    [[]],
    {"data": None},
    {"data": {"result": None}},
    [{"uid": {}}],
    {"result": [1]},
]


@pytest.mark.parametrize("content", ODD, ids=str)
@pytest.mark.parametrize("path", ["/api/datasources", "/api/search", CALLS, EXEMPLARS])
def test_any_shape_is_a_verdict_or_a_typed_error(path: str, content: Any) -> None:
    grafana = Grafana()
    grafana.answers[path] = (200, content)
    try:
        result = check(grafana, datasources=["tempo"], dashboards=["one"], exemplars="required")
    except TracingError as error:
        assert error.kind == "not_grafana"
    else:
        assert result["msg"] if not result["satisfied"] else not result["span_metrics"]


@pytest.mark.parametrize("trace", ["a?x=1", "../..", "0" * 32, "a" * 33, "x" * 1000, 7])
def test_a_trace_id_that_is_none_is_never_asked_for(trace: Any) -> None:
    grafana = Grafana()
    grafana.answers[EXEMPLARS] = (200, {"data": [{"exemplars": [exemplar(trace, 1)]}]})
    with pytest.raises(TracingError, match="Grafana"):
        check(grafana, exemplars="required")
    assert not any("/api/traces/" in path for path in grafana.asked)


LOKI = f"{PROXY}/loki/loki/api/v1/query_range"
TO_LOGS = {"tracesToLogsV2": {"datasourceUid": "loki", "tags": [{"key": "service.name", "value": "service_name"}]}}
TO_TRACES = {"derivedFields": [{"matcherRegex": "trace_id", "datasourceUid": "tempo"}, {"matcherRegex": "x"}]}


def found(*traces: str) -> tuple[int, Any]:
    streams = [
        {"stream": {"service_name": "shop", "trace_id": one}, "values": [[str(at), "an order"]]}
        for at, one in enumerate(traces)
    ]
    return 200, {"data": {"result": streams}}


class GrafanaWithLogs(Grafana):
    """One record names a trace; what is asked of a span is ``of_span``."""

    def __init__(self, *of_span: str) -> None:
        super().__init__()
        self.answers["/api/datasources"] = (200, [{"uid": "tempo"}, {"uid": "loki"}])
        self.answers["/api/datasources/uid/tempo"] = (200, {"jsonData": TO_LOGS})
        self.answers["/api/datasources/uid/loki"] = (200, {"jsonData": TO_TRACES})
        self.answers[LOKI] = found(OLD, NEW)
        held = trace(NEW)
        name = {"key": "service.name", "value": {"stringValue": 'the "shop"'}}
        held["batches"][0]["resource"] = {"attributes": [name]}
        self.answers[f"{PROXY}/tempo/api/traces/{NEW}"] = (200, held)
        self.of_span = found(*of_span)

    def __call__(self, path: str, timeout: float) -> Response:
        if path.startswith(LOKI) and "label_format" in path:
            self.asked.append(path)
            return Response(self.of_span[0], {}, json.dumps(self.of_span[1]).encode())
        return super().__call__(path, timeout)


def test_a_log_record_leads_to_its_trace_and_back() -> None:
    grafana = GrafanaWithLogs(NEW, NEW)
    result = check(grafana, logs=True)
    assert result["satisfied"] is True
    assert (result["log_trace"], result["log_leads"], result["span_logs"]) == (NEW, True, 2)
    asked = parse_qs(urlsplit(grafana.asked[-1]).query)["query"][0]
    assert asked == (
        '{service_name="the \\"shop\\""} | label_format log_line_contains_trace_id=`{{ contains "'
        f'{NEW}" __line__ }}}}` | log_line_contains_trace_id="true" or trace_id="{NEW}"'
    )


def test_a_trace_that_leads_to_no_log_is_told() -> None:
    result = check(GrafanaWithLogs(), logs=True)
    assert (result["satisfied"], result["log_leads"], result["span_logs"]) == (False, True, 0)
    assert result["msg"] == f"A log record leads to trace {NEW}, and none of its spans leads to a log record."


def test_no_logs_yet_and_a_trace_that_is_gone_are_no_failure() -> None:
    grafana = GrafanaWithLogs()
    grafana.answers[f"{PROXY}/tempo/api/traces/{NEW}"] = (404, {})
    result = check(grafana, logs=True)
    assert (result["satisfied"], result["log_trace"], result["log_leads"]) == (True, NEW, False)
    grafana.answers[LOKI] = found()
    result = check(grafana, logs=True)
    assert (result["satisfied"], result["log_trace"]) == (True, "") and result["elapsed_seconds"] < 1


@pytest.mark.parametrize("lacks", ["tempo", "loki"])
def test_a_way_that_is_not_set_leads_nowhere(lacks: str) -> None:
    grafana = GrafanaWithLogs(NEW)
    grafana.answers[f"/api/datasources/uid/{lacks}"] = (200, {"jsonData": {}})
    result = check(grafana, logs=True)
    assert "lead nowhere: tempo.tracesToLogsV2 or loki.derivedFields" in result["msg"]


@pytest.mark.parametrize(
    ("settings", "dead"),
    [
        ({"tracesToProfiles": {"datasourceUid": "loki"}}, []),
        ({"tracesToProfiles": [{"datasourceUid": "loki"}]}, []),
        ({"tracesToProfiles": {"datasourceUid": "nobody"}}, ["tempo.tracesToProfiles"]),
        ({"tracesToProfiles": {}}, ["tempo.tracesToProfiles"]),
        ({}, ["tempo.tracesToProfiles"]),
        (None, ["tempo.tracesToProfiles"]),
    ],
)
def test_a_link_leads_to_a_data_source_that_is_there(settings: Any, dead: list[str]) -> None:
    grafana = GrafanaWithLogs()
    grafana.answers["/api/datasources/uid/tempo"] = (200, {"jsonData": settings})
    result = check(grafana, links=[{"datasource": "tempo", "setting": "tracesToProfiles"}])
    assert (result["satisfied"], result["dead_ends"]) == (not dead, dead)
    assert not dead or result["msg"] == "Links of its data sources lead nowhere: tempo.tracesToProfiles."
