# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dashboard_check against a scripted Grafana."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana import session
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.dashboard_check import (
    CHECK_ARGUMENTS,
    DashboardCheck,
    asker,
    filled,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from documented import documentation
from fakes import FakeTime

DEFAULTS = {name: spec.get("default") for name, spec in CHECK_ARGUMENTS.items()}
BOARD = {
    "title": "Board",
    "templating": {"list": [{"name": "service"}]},
    "panels": [
        {"title": "Row", "type": "row"},
        {
            "title": "Rate",
            "targets": [{"datasource": {"uid": "prometheus"}, "expr": 'rate(a{s=~"$service"}[$__rate_interval])'}],
        },
        {"title": "Graph", "targets": [{"datasource": {"uid": "tempo"}, "queryType": "serviceMap"}]},
        {"title": "Traces", "targets": [{"datasource": {"uid": "tempo"}, "queryType": "traceql", "query": "{}"}]},
    ],
}


class Grafana:
    """Has one dashboard; what its queries find is set, and may come later."""

    def __init__(self, **found: Any) -> None:
        self.found = {
            "prometheus": ["1"],
            "tempo": [{"traceID": "1"}],
            "listed": [{"uid": "board"}],
            "status": 200,
            **found,
        }
        self.asked: list[str] = []

    def __call__(self, path: str, _timeout: float) -> Response:
        self.asked.append(path)
        return Response(self.found["status"], {}, json.dumps(self.answer(urlsplit(path).path)).encode())

    def answer(self, path: str) -> Any:
        if path == "/api/search":
            return self.found["listed"]
        if path == "/api/dashboards/uid/board":
            return {"dashboard": BOARD}
        if path.endswith("/uid/tempo/api/search"):
            return {"traces": self.found["tempo"]}
        return {"data": {"result": [{"value": [1, value]} for value in self.found["prometheus"]]}}


def check(grafana: Grafana, **options: Any) -> dict[str, Any]:
    return DashboardCheck({**DEFAULTS, "timeout": 10.0, **options}, grafana, FakeTime().clock).run()


def test_every_query_goes_through_the_proxy_of_its_source() -> None:
    grafana = Grafana(prometheus=["1", "2", "NaN"])
    result = check(grafana, window="1m")
    assert result["satisfied"] is True and result["empty"] == []
    assert [(panel["panel"], panel["series"]) for panel in result["panels"]] == [
        ("Rate", 2),
        ("Graph", 2),
        ("Traces", 1),
    ]
    assert result["lines"][0].startswith("   2  ") and result["lines"][0].endswith(
        f" / Rate: {result['panels'][0]['query']}"
    )
    asked = [parse_qs(urlsplit(path).query).get("query") for path in grafana.asked if "/uid/prometheus/" in path]
    assert asked == [['rate(a{s=~".*"}[60s])'], ["traces_service_graph_request_total"]]


def test_panels_without_data_are_named_and_asked_again() -> None:
    grafana = Grafana(prometheus=[])
    result = check(grafana)
    assert result["satisfied"] is False and result["empty"] == ["Board/Graph", "Board/Rate"]
    assert result["msg"].startswith("2 of 3 panels show nothing") and "Board/Rate" in result["msg"]
    # What had data is not asked again.
    assert len([path for path in grafana.asked if "/uid/tempo/" in path]) == 1
    assert len([path for path in grafana.asked if "/uid/prometheus/" in path]) > 2


def test_some_panels_may_be_empty() -> None:
    result = check(Grafana(tempo=None), may_be_empty=["Board/Traces"])
    assert result["satisfied"] is True and result["empty"] == ["Board/Traces"]


def test_a_grafana_without_our_dashboards_is_told() -> None:
    result = check(Grafana(listed=[]), timeout=0)
    assert "no dashboards with the tag k8s-tracing" in result["msg"] and result["panels"] == []


@pytest.mark.parametrize(("status", "retried"), [(401, False), (503, True)])
def test_refusals_are_errors_and_outages_are_waited_for(status: int, retried: bool) -> None:
    grafana = Grafana(status=status)
    if retried:
        assert "could not be asked" in check(grafana)["msg"] and len(grafana.asked) > 1
    else:
        with pytest.raises(TracingError, match="answered 401"):
            check(grafana)


def test_what_is_no_grafana_is_told() -> None:
    wrong = DashboardCheck(
        {**DEFAULTS, "timeout": 0}, lambda _path, _timeout: Response(200, {}, b"<html>"), FakeTime().clock
    )
    with pytest.raises(TracingError, match="no Grafana"):
        wrong.run()


def test_panels_in_a_closed_row_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = {"title": "Hidden", "targets": [{"datasource": {"uid": "tempo"}, "queryType": "traceql", "query": "{}"}]}
    closed = {"title": "Row", "type": "row", "collapsed": True, "panels": [hidden]}
    monkeypatch.setitem(BOARD, "panels", [*BOARD["panels"][:2], closed])
    assert check(Grafana(tempo=[]))["empty"] == ["Board/Hidden"]


def test_variables_are_whole_words() -> None:
    assert filled('a{b=~"$run"}[$__range] $runner ${run}', ["run"], 60) == 'a{b=~".*"}[60s] $runner .*'


def test_both_ways_to_grafana_take_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, str]]] = []

    class Way:
        def __init__(self, *_given: Any, **_more: Any) -> None:
            pass

        def send(self, path: str, headers: dict[str, str], _body: None, *, timeout: float) -> str:
            sent.append((path, headers))
            return f"within {timeout:g}"

    monkeypatch.setattr(session, "by_url", Way)
    monkeypatch.setattr(session, "kube_service", Way)
    monkeypatch.setattr(session, "kube_connection", lambda _params: None)
    for url in (None, "http://grafana:3000"):
        ask: Any = asker({**DEFAULTS, "url": url, "headers": {"Cookie": 1}})
        assert ask("/x", 5.0) == "within 5"
    assert sent == [("/x", {"Cookie": "1"})] * 2
    monkeypatch.setattr(session, "by_url", lambda _settings: None)
    assert DashboardCheck.from_params({**DEFAULTS, "url": "http://grafana:3000"})


def test_options_are_those_that_are_documented() -> None:
    options = documentation("dashboard_check")["options"]
    assert options.keys() == CHECK_ARGUMENTS.keys()
    for name, spec in CHECK_ARGUMENTS.items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert options[name].get(key) == spec.get(key), f"{name}: {key}"


@pytest.mark.parametrize("panels", [[], [{"title": "Row", "type": "row"}], [{"title": "Text", "targets": []}]], ids=str)
def test_dashboards_without_a_query_show_nothing(panels: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOARD, "panels", panels)
    result = check(Grafana())
    assert result["satisfied"] is False
    assert "no panel with a query" in result["msg"]


@pytest.mark.parametrize("listed", [7, "text", [None], [1], [{}], {"uid": "board"}], ids=str)
def test_a_list_of_dashboards_that_is_none_is_a_typed_error(listed: Any) -> None:
    with pytest.raises(TracingError) as caught:
        check(Grafana(listed=listed))
    assert caught.value.kind == "not_grafana"


@pytest.mark.parametrize(
    "panel",
    [None, 1, {"targets": {}}, {"panels": ""}, {"targets": [1]}, {"targets": [{}]}, {"targets": [{"datasource": "x"}]}],
    ids=str,
)
def test_a_panel_that_is_none_is_a_typed_error(panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOARD, "panels", [panel])
    with pytest.raises(TracingError) as caught:
        check(Grafana())
    assert caught.value.kind == "not_grafana"


@pytest.mark.parametrize("uid", ["", ".", "..", 7, None])
def test_a_uid_that_leads_up_is_not_asked_for(uid: Any) -> None:
    grafana = Grafana(listed=[{"uid": uid}])
    with pytest.raises(TracingError, match="not in the format of Grafana"):
        check(grafana)
    assert [path.partition("?")[0] for path in grafana.asked] == ["/api/search"]


def test_a_uid_stays_one_part_of_the_path() -> None:
    grafana = Grafana(listed=[{"uid": "../../admin?a=b#c"}])
    with pytest.raises(TracingError):
        check(grafana)
    assert grafana.asked[-1] == "/api/dashboards/uid/..%2F..%2Fadmin%3Fa%3Db%23c"
