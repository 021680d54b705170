# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Prometheus must have for the pipeline, against scripted answers; and the login in its Secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline import prometheus_check
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.prometheus_check import (
    ARGUMENTS,
    PrometheusCheck,
    login,
    transport,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from ansible_collections.tracelab.k8s_tracing.plugins.modules import prometheus_check as module
from documented import documentation
from fakes import FakeApiConnection, FakeTime, ScriptedTransport, answer, failing
from test_span_metrics import labels

URL = "http://theirs.monitoring.svc:9090"
DEFAULTS = {name: spec.get("default") for name, spec in ARGUMENTS.items()}
RECEIVER = {"web.enable-remote-write-receiver": "true"}
EXEMPLARS = {"enable-feature": "exemplar-storage,native-histograms"}
FLAGS = "/api/v1/status/flags"
QUERY = "/api/v1/query"
SECRET = "/api/v1/namespaces/tracing/secrets/theirs"
HELD = {"username": "dG9t", "password": "aHVudGVyMi1odW50ZXIy", "token": "IGEtbG9uZy10b2tlbgo="}


class Prometheus(ScriptedTransport):
    """A Prometheus with these flags, which finds metrics from the look on that is given for their part."""

    def __init__(self, flags: Mapping[str, str], **scraped: int) -> None:
        super().__init__(self._answer, "http://scripted:9090")
        self._given = flags
        self._from = {f"{part}_build_info": look for part, look in scraped.items()} | {"vector(1)": 1}
        self._looks: dict[str, int] = {}

    def _answer(self, path: str, params: dict[str, str]) -> Response:
        if path == FLAGS:
            return answer({"status": "success", "data": self._given})
        (about,) = labels(params["query"]).values()
        self._looks[about] = self._looks.get(about, 0) + 1
        found = self._looks[about] >= self._from.get(about, 999)
        return answer({"data": {"result": [{"metric": labels(params["query"]), "value": [1, str(int(found))]}]}})


def run(prometheus: ScriptedTransport | None, **given: Any) -> dict[str, Any]:
    params = {**DEFAULTS, "prometheus_url": URL, "timeout": 0, **given}
    result = PrometheusCheck(params, prometheus, FakeTime().clock).run()
    assert result["satisfied"] is (result["problems"] == [])
    assert result.get("msg", "") == " ".join(result["problems"])
    assert set(result) - {"msg"} <= set(yaml.safe_load(module.RETURN))
    return result


@pytest.mark.parametrize(
    "receiver", [RECEIVER, {"enable-feature": "exemplar-storage,remote-write-receiver"}], ids=["a flag", "a feature"]
)
def test_a_prometheus_with_all_flags(receiver: dict[str, str]) -> None:
    prometheus = Prometheus({**EXEMPLARS, **receiver})
    result = run(prometheus, exemplars="required")
    assert (result["reachable"], result["remote_write"], result["exemplars"]) == (True, True, True)
    assert (result["problems"], result["warnings"], result["scraped"]) == ([], [], {})
    assert [path for path, _params in prometheus.asked] == [FLAGS]


@pytest.mark.parametrize("flags", [{}, {**RECEIVER, "web.enable-remote-write-receiver": "false"}])
def test_a_receiver_that_is_off_is_named_with_the_way_to_switch_it_on(flags: dict[str, str]) -> None:
    result = run(Prometheus({**EXEMPLARS, **flags}))
    assert (result["reachable"], result["remote_write"], result["warnings"]) == (True, False, [])
    assert result["msg"] == (
        f"prometheus_url is {URL}, whose remote-write receiver is off, so that {URL}/api/v1/write would answer 404 to "
        "Tempo's metrics. Switch it on: with the chart kube-prometheus-stack set "
        "prometheus.prometheusSpec.enableRemoteWriteReceiver to true and prometheus.prometheusSpec.enableFeatures to "
        "[exemplar-storage]; with the chart prometheus add web.enable-remote-write-receiver and "
        "enable-feature=exemplar-storage to server.extraFlags; else start it with --web.enable-remote-write-receiver "
        "--enable-feature=exemplar-storage."
    )


NO_EXEMPLARS = (
    f"The Prometheus at {URL} keeps no exemplars, so that no metric leads to a trace. Start it with "
    "--enable-feature=exemplar-storage (kube-prometheus-stack: prometheus.prometheusSpec.enableFeatures)."
)


@pytest.mark.parametrize(
    ("exemplars", "problems", "warnings"),
    [("required", [NO_EXEMPLARS], []), ("wanted", [], [NO_EXEMPLARS]), ("ignored", [], [])],
)
def test_exemplars_that_are_not_kept(exemplars: str, problems: list[str], warnings: list[str]) -> None:
    result = run(Prometheus(RECEIVER), exemplars=exemplars)
    assert (result["problems"], result["warnings"], result["exemplars"]) == (problems, warnings, False)


@pytest.mark.parametrize("flags", [{}, RECEIVER, {**EXEMPLARS}])
def test_a_message_of_the_caller_stands_for_all_flags(flags: dict[str, str]) -> None:
    assert run(Prometheus(flags), exemplars="required", flags_message="Keep the flags.")["msg"] == "Keep the flags."


def test_a_message_of_the_caller_is_not_said_where_the_flags_are_on() -> None:
    assert run(Prometheus({**RECEIVER, **EXEMPLARS}), flags_message="Keep the flags.")["satisfied"]


NOT_ASKED = {"remote_write": False, "exemplars": "ignored"}


def test_without_a_wish_a_query_is_asked_that_anything_answers() -> None:
    prometheus = Prometheus({})
    result = run(prometheus, **NOT_ASKED)
    assert (result["reachable"], result["remote_write"], result["exemplars"]) == (True, None, None)
    assert [path for path, _params in prometheus.asked] == [QUERY]
    assert "count(vector(1))" in prometheus.asked[0][1]["query"]


def test_a_part_that_is_not_scraped_is_a_warning_and_not_waited_for() -> None:
    prometheus = Prometheus({}, tempo=1)
    result = run(prometheus, **NOT_ASKED, scraped=["tempo", "alloy"], timeout=90)
    assert result["scraped"] == {"tempo": True, "alloy": False}
    assert (result["problems"], len(prometheus.asked), result["elapsed_seconds"]) == ([], 2, 0)
    assert result["warnings"] == [
        f"The Prometheus at {URL} has no metrics of alloy. Where the Prometheus operator runs it, set "
        "prometheus_service_monitors_enabled to true; else add the target to its own configuration."
    ]


MUST = {**NOT_ASKED, "scraped": ["tempo", "alloy"], "prometheus_service_monitors_enabled": True}


def test_a_part_with_a_service_monitor_is_waited_for() -> None:
    result = run(Prometheus({}, tempo=1, alloy=4), **MUST, timeout=90)
    assert (result["satisfied"], result["scraped"], result["warnings"]) == (True, {"tempo": True, "alloy": True}, [])
    assert 3 < result["elapsed_seconds"] < 90


def test_a_service_monitor_that_is_ignored_fails_in_the_end() -> None:
    result = run(Prometheus({}, tempo=1), **MUST, timeout=90, prometheus_namespace="observability")
    assert (result["scraped"], result["warnings"]) == ({"tempo": True, "alloy": False}, [])
    assert 60 < result["elapsed_seconds"] <= 90
    assert result["msg"] == (
        f"The Prometheus at {URL} has no metrics of alloy, although there is a ServiceMonitor k8s-tracing-alloy in "
        "namespace observability. Its operator selects ServiceMonitors by label and namespace: set "
        "prometheus_service_monitor_labels, such as release=kube-prometheus-stack."
    )


@pytest.mark.parametrize("given", [{}, NOT_ASKED], ids=["flags", "a query"])
def test_what_knows_no_such_path_is_no_prometheus(given: dict[str, Any]) -> None:
    result = run(ScriptedTransport(lambda path, params: answer("no", 404, "text/plain")), **given)
    assert (result["reachable"], result["remote_write"], result["warnings"]) == (False, None, [])
    assert result["msg"] == (
        f"prometheus_url is {URL}, which is no Prometheus, or has it below another path: it answers 404. Correct the "
        "path. An endpoint that only takes remote write, such as Mimir, is for prometheus_mode remote."
    )


def not_found(path: str, params: dict[str, str]) -> Response:
    raise TracingError("service_not_found", "There is no service.", status=404)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (lambda path, params: answer("<html>", 200, "text/html"), "does not answer as Prometheus does."),
        (lambda path, params: answer({"data": [1]}), "does not answer as Prometheus does."),
        (lambda path, params: answer("log in", 401, "text/plain"), f"answered 401 to {FLAGS}: log in."),
        (failing("timeout"), "It is timeout."),
        (failing("tls", retryable=False), "It is tls."),
        # The API server says 404 too.
        (not_found, "There is no service."),
    ],
    ids=["a page", "a list", "a login", "silence", "no TLS", "no Service"],
)
def test_what_does_not_answer_is_named_with_the_reason(script: Any, told: str) -> None:
    result = run(ScriptedTransport(script), scraped=["tempo"])
    assert (result["reachable"], result["scraped"], result["warnings"]) == (False, {"tempo": False}, [])
    assert result["msg"].startswith(f"prometheus_url is {URL}, and no Prometheus answers there: ")
    assert told in result["msg"]


@pytest.mark.parametrize("timeout", [0, 30])
def test_a_prometheus_that_starts_is_waited_for_unless_only_one_look_is_wanted(timeout: float) -> None:
    statuses: Iterator[int] = iter([503, 503, *[200] * 9])
    good = {"data": {**RECEIVER, **EXEMPLARS}}
    prometheus = ScriptedTransport(lambda path, params: answer(good, next(statuses)))
    assert run(prometheus, timeout=timeout)["reachable"] is (timeout > 0)
    assert len(prometheus.asked) == (3 if timeout else 1)


def test_without_an_address_nobody_is_asked() -> None:
    result = run(None, prometheus_url="")
    assert (result["satisfied"], result["reachable"], result["remote_write"], result["scraped"]) == (
        True,
        False,
        None,
        {},
    )


def secret(data: Any, status: int = 200) -> FakeApiConnection:
    return FakeApiConnection({SECRET: answer({"kind": "Secret", "data": data}, status)})


def by_secret(auth: str, connection: FakeApiConnection) -> dict[str, str]:
    return login({**DEFAULTS, "prometheus_auth": auth, "prometheus_auth_secret": "theirs"}, connection)


def test_the_login_is_read_and_kept_out_of_results() -> None:
    assert by_secret("basic", secret(HELD)) == {"username": "tom", "password": "hunter2-hunter2"}
    assert "hunter2-hunter2" in SENT.texts
    assert by_secret("bearer", secret(HELD)) == {"bearer_token": "a-long-token"}
    assert any("a-long-token" in text for text in SENT.texts)


@pytest.mark.parametrize(
    ("auth", "keys", "connection"),
    [
        ("basic", "username and password", secret({"username": "dG9t"})),
        ("basic", "username and password", secret(None)),
        ("bearer", "token", secret({}, 404)),
    ],
    ids=["one key", "no data", "no Secret"],
)
def test_a_secret_without_the_keys_is_named(auth: str, keys: str, connection: FakeApiConnection) -> None:
    with pytest.raises(TracingError) as caught:
        by_secret(auth, connection)
    assert str(caught.value) == (
        "prometheus_auth_secret is theirs, and in namespace tracing there is no Secret of that name with the keys "
        f"{keys}, which prometheus_auth {auth} needs: create it."
    )


@pytest.mark.parametrize("data", [{"token": "/w=="}, {"token": 1}, {"token": "YQpi"}])
def test_a_secret_that_holds_no_login_is_refused(data: Any) -> None:
    with pytest.raises(TracingError) as caught:
        by_secret("bearer", secret(data))
    assert caught.value.kind in ("kubernetes_api", "invalid_option")


def test_a_service_is_asked_through_the_api_server_without_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = FakeApiConnection({SECRET: answer({"data": HELD})})
    path = "/api/v1/namespaces/monitoring/services/https:theirs:9090/proxy/prefix"
    connection.answers[f"{path}{FLAGS}"] = answer({"data": {**RECEIVER, **EXEMPLARS}})
    monkeypatch.setattr(prometheus_check, "kube_connection", lambda _params: connection)
    url = "https://theirs.monitoring.svc.cluster.local:9090/prefix/"
    given = {"prometheus_url": url, "prometheus_auth": "basic", "prometheus_auth_secret": "theirs"}
    made = PrometheusCheck.from_params({**DEFAULTS, **given})
    assert made.run()["satisfied"]
    assert [asked[1] for asked in connection.asked] == [SECRET, f"{path}{FLAGS}"]
    assert "Authorization" not in dict(connection.headers)[f"{path}{FLAGS}"]
    assert isinstance(transport({**DEFAULTS, "prometheus_url": "http://theirs.monitoring"}), KubeProxyTransport)


def test_an_address_is_asked_with_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(prometheus_check, "kube_connection", lambda _params: secret(HELD))
    monkeypatch.setattr(prometheus_check, "by_url", seen.append)
    given = {"prometheus_auth": "bearer", "prometheus_auth_secret": "theirs", "ca_path": "/ca"}
    transport({**DEFAULTS, **given, "prometheus_url": "https://metrics.example.com/a/"})
    (to,) = seen
    assert (to.url, to.bearer_token, to.ca_path) == ("https://metrics.example.com/a", "a-long-token", "/ca")
    assert (to.username, to.validate_certs) == ("", True)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "prometheus_url is empty"),
        ({"prometheus_url": URL, "scraped": ["tempo", "a-b"]}, "scraped: 'a-b'"),
        ({"prometheus_url": URL, "prometheus_auth": "basic"}, "prometheus_auth_secret: ''"),
        ({"prometheus_url": URL, "timeout": -1}, "timeout"),
        ({"prometheus_url": URL, "poll_interval": 0}, "poll_interval"),
    ],
)
def test_options_that_cannot_be_right(given: dict[str, Any], named: str) -> None:
    with pytest.raises(TracingError, match=named) as caught:
        transport({**DEFAULTS, **given})
    assert caught.value.kind == "invalid_option"


def test_the_options_are_those_that_are_documented() -> None:
    documented = documentation("prometheus_check")["options"]
    assert sorted(documented) == sorted(ARGUMENTS)
    for name, spec in ARGUMENTS.items():
        for key in ("type", "default", "choices", "elements"):
            assert documented[name].get(key) == spec.get(key), (name, key)
