# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last hop, from Tempo's generator to Prometheus, against scripted answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.span_metrics import (
    ARGUMENTS,
    Settings,
    SpanMetrics,
    prometheus,
    settings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeTime, ScriptedTransport, answer

METRIC = "traces_spanmetrics_calls_total"
ABOUT = f"timestamp({METRIC}) >= 1000.000"
QUERY = f'label_replace(count({ABOUT}) or vector(0), "asked", "{ABOUT}", "", "")'


def labels(query: str) -> dict[str, str]:
    """What label_replace makes."""
    name, value = query.removesuffix(', "", "")').split(" or vector(0), ")[1].split(", ")
    return {name.strip('"'): value.strip('"')}


def counted(*counts: int) -> ScriptedTransport:
    """A Prometheus that finds so many series, look after look; the last count stays."""
    following: Iterator[int] = iter(counts)
    last = 0

    def script(_path: str, params: dict[str, str]) -> Response:
        nonlocal last
        last = next(following, last)
        result = [{"metric": labels(params["query"]), "value": [1.0, str(last)]}]
        return answer({"status": "success", "data": {"resultType": "vector", "result": result}})

    return ScriptedTransport(script)


def tempo_with(made: int, failed: int, retried: int) -> ScriptedTransport:
    prefix = "prometheus_remote_storage_samples"
    text = f"{prefix}_in_total {made}\n{prefix}_failed_total {failed}\n{prefix}_retried_total {retried}\n"
    return ScriptedTransport(lambda _path, _params: answer(text, content_type="text/plain"))


def check(prometheus: ScriptedTransport, tempo: ScriptedTransport, timeout: float = 10.0) -> dict[str, Any]:
    wanted = Settings((METRIC,), 1000.0, timeout, 1.0, 5.0)
    return SpanMetrics(wanted, prometheus, tempo, FakeTime().clock).run()


def test_it_waits_for_a_fresh_sample() -> None:
    asked = counted(0, 0, 3)
    found = check(asked, tempo_with(0, 0, 0))
    assert found["satisfied"] is True
    assert found["series"] == {METRIC: 3}
    assert found["attempts"] == 3
    assert asked.asked[0] == ("/api/v1/query", {"query": QUERY})


@pytest.mark.parametrize(
    ("made", "failed", "retried", "says"),
    [
        (50, 50, 0, "refuses what Tempo writes"),
        (50, 0, 20, "refuses what Tempo writes"),
        (0, 0, 0, "makes no metrics"),
        (50, 0, 0, "not in this Prometheus"),
    ],
)
def test_it_names_the_cause(made: int, failed: int, retried: int, says: str) -> None:
    found = check(counted(0), tempo_with(made, failed, retried))
    assert found["satisfied"] is False
    assert found["diagnosis"]["stage"] == "tempo_to_prometheus"
    assert says in found["diagnosis"]["message"]
    assert says in found["msg"]
    assert METRIC in found["msg"]


@pytest.mark.case("M5")
@pytest.mark.parametrize(
    "result",
    [
        [{"metric": {"asked": ABOUT.replace("1000", "900")}, "value": [1.0, "3"]}],
        [{"metric": {"asked": ABOUT.replace("calls", "latency")}, "value": [1.0, "3"]}],
        [{"metric": {"__name__": "up"}, "value": [1.0, "1"]}],
        [],
    ],
)
def test_the_answer_to_another_question_proves_nothing(result: list[Any]) -> None:
    body = {"status": "success", "data": {"resultType": "vector", "result": result}}
    found = check(ScriptedTransport(lambda _path, _params: answer(body)), tempo_with(50, 0, 0))
    assert (found["satisfied"], found["verdict"]) == (False, "mismatch")
    assert "A proxy or cache before it may ignore what is asked" in found["msg"]


def failing(error: TracingError) -> ScriptedTransport:
    def script(_path: str, _params: dict[str, str]) -> Response:
        raise error

    return ScriptedTransport(script)


def test_an_unreachable_prometheus_is_waited_for_and_then_named() -> None:
    gone = failing(TracingError("no_endpoints", "No pod.", retryable=True))
    found = check(gone, tempo_with(9, 9, 9))
    assert found["attempts"] > 1
    assert "Prometheus could not be asked: No pod." in found["msg"]


@pytest.mark.case("A4")
def test_a_prometheus_that_could_not_be_asked_lacks_no_sample() -> None:
    gone = check(failing(TracingError("timeout", "Too slow.", retryable=True)), tempo_with(9, 9, 9), timeout=0)
    assert (gone["satisfied"], gone["verdict"]) == (False, "could_not_look")
    assert gone["msg"].startswith("The check could not be made") and "No fresh samples" not in gone["msg"]
    assert check(counted(0), tempo_with(9, 9, 9), timeout=0)["verdict"] == "unmet"
    assert check(counted(1), tempo_with(9, 9, 9), timeout=0)["verdict"] == "proven"


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("page", "says"),
    [
        (answer("<html>sign in</html>", content_type="text/html"), "could not be read"),
        (answer("no", 403, "text/plain"), "could not be read"),
        (answer("tempo_build_info 1\n", content_type="text/plain"), "is not known"),
    ],
)
def test_a_page_without_counters_is_no_zero(page: Response, says: str) -> None:
    found = check(counted(0), ScriptedTransport(lambda _path, _params: page), timeout=0)
    assert says in found["diagnosis"]["message"] and "makes no metrics" not in found["msg"]


def test_an_unreadable_tempo_is_not_blamed() -> None:
    found = check(counted(0), failing(TracingError("timeout", "Too slow.", retryable=True)), timeout=0)
    assert found["attempts"] == 1
    assert "What Tempo wrote could not be read: Too slow." in found["diagnosis"]["message"]


@pytest.mark.parametrize("body", ["<html>", "[]", '{"data": {}}', '{"data": {"result": [{"value": []}]}}'])
def test_what_is_not_prometheus_is_refused_at_once(body: str) -> None:
    with pytest.raises(TracingError, match="does not answer as Prometheus") as caught:
        check(ScriptedTransport(lambda _path, _params: answer(body)), tempo_with(0, 0, 0))
    assert caught.value.kind == "not_prometheus"


def test_a_refused_query_is_fatal() -> None:
    with pytest.raises(TracingError, match="answered 400") as caught:
        check(ScriptedTransport(lambda _path, _params: answer("bad", 400)), tempo_with(0, 0, 0))
    assert caught.value.status == 400


def options(**given: Any) -> dict[str, Any]:
    return {**{name: argument.get("default") for name, argument in ARGUMENTS.items()}, **given}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"metrics": []}, "metrics is empty"),
        ({"metrics": ["up{a='b'}"]}, "not the name of a metric"),
        ({"metrics": ["1up"]}, "not the name of a metric"),
        ({"timeout": -1.0}, "timeout"),
        ({"poll_interval": 0.0}, "poll_interval"),
    ],
)
def test_bad_options_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(TracingError, match=says):
        settings(options(**given), 0.0)


def test_fresh_means_from_now_on_unless_told() -> None:
    assert settings(options(), 5.0).fresh_since == 5.0
    assert settings(options(fresh_since=3.0), 5.0).fresh_since == 3.0


def test_prometheus_is_reached_by_url_or_by_its_service() -> None:
    assert "http://127.0.0.1:9090" in prometheus(options(prometheus_url="http://127.0.0.1:9090")).where
    assert prometheus(options(namespace="lab")).where == "service lab/prometheus-server:80"
    with pytest.raises(TracingError, match="prometheus_service"):
        prometheus(options(prometheus_service="Not a name"))


def test_the_service_takes_the_kubernetes_library_even_when_tempo_has_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    monkeypatch.setitem(sys.modules, "kubernetes.config", None)
    with pytest.raises(TracingError, match="kubernetes") as caught:
        prometheus(options(url="http://127.0.0.1:3200"))
    assert caught.value.kind == "missing_library"
