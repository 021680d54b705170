# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""grafana_check against a scripted Grafana."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

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
