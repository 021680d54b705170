# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever secret is put into any option of any module: nothing that the module prints has it, its options included.

What is printed here is what Ansible shows at -vvv. The options are taken from the modules, so that a new one is tried.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from fakes import WITH_INVOCATION, http_bytes, tcp_server
from test_module_refusals import MODULES, PREFIX, arguments, least

MARK = "S3CR3T"
# As a user writes them, and not as they should be: a slash, a percent sign, no scheme.
LOGINS = (
    f"http://user-{MARK}:pass-{MARK}@127.0.0.1:1/x",
    f"https://user:{MARK}/%40{MARK}@127.0.0.1:1",
    f"user:{MARK}@127.0.0.1:1",
)
# Options that lead to a place: each is tried alone, so that its own error is seen.
PLACES = ("url", "ref", "src", "dest", "path", "kubeconfig", "service", "context", "query")
QUICK = {"timeout": 0, "request_timeout": 20, "settle_timeout": 0, "poll_interval": 0.1, "traces": 1}

Output = Callable[[str, dict[str, Any]], str]


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Output:
    """All that a module prints. It finds neither a cluster nor programs."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)

    def call(name: str, args: dict[str, Any]) -> str:
        known = arguments(name)
        quick = {key: value for key, value in QUICK.items() if key in known and known[key]["type"] in ("int", "float")}
        if name == "otlp_trace_probe":
            quick["timeout"] = 5  # it takes no zero
        needed = {key: str(tmp_path / "x") if value == "/plain" else value for key, value in least(name).items()}
        with patch_module_args({**needed, **quick, **args, **WITH_INVOCATION}), pytest.raises(SystemExit):
            importlib.import_module(f"{PREFIX}.{name}").main()
        printed = capsys.readouterr()
        return printed.out + printed.err

    return call


@cache
def texts(name: str) -> Mapping[str, dict[str, Any]]:
    return {key: spec for key, spec in arguments(name).items() if spec.get("type", "str") in ("str", "path")}


@pytest.mark.case("M8")
@pytest.mark.parametrize("name", MODULES)
def test_a_login_in_an_address(output: Output, name: str) -> None:
    for option, spec in texts(name).items():
        if not spec.get("choices") and any(place in option for place in PLACES):
            for login in LOGINS:
                assert MARK not in output(name, {option: login}), (option, login)


@pytest.mark.case("M8")
@pytest.mark.parametrize("name", MODULES)
def test_a_login_in_every_text_at_once(output: Output, name: str) -> None:
    given = {option: LOGINS[0] for option, spec in texts(name).items() if not spec.get("choices")}
    # A stranger among choices Ansible itself repeats.
    lists = {
        option: [LOGINS[0]]
        for option, spec in arguments(name).items()
        if spec.get("elements") == "str" and not spec.get("choices")
    }
    assert MARK not in output(name, {**given, **lists})


@pytest.mark.case("M8")
@pytest.mark.parametrize(
    ("name", "option", "fix"),
    [
        ("tempo_ingestion_check", "url", "Use url_username and url_password"),
        ("tempo_ingestion_check", "alloy_url", "Leave them out"),
        ("grafana_check", "url", "the header Authorization in headers"),
        ("grafana_content", "url", "the header Authorization in headers"),
        ("dashboard_check", "url", "the header Authorization in headers"),
        ("otlp_trace_probe", "otlp_url", "the header Authorization in otlp_headers"),
        ("span_metrics_check", "prometheus_url", "Leave them out"),
        ("prometheus_check", "prometheus_url", "Set prometheus_auth and prometheus_auth_secret"),
        ("helm_release_plan", "chart_repo_url", "helm repo add NAME URL --username"),
        ("helm_release_plan", "chart_ref", "helm registry login"),
        ("chart_archive", "chart_repo_url", "helm repo add NAME URL --username"),
    ],
)
def test_the_refusal_says_where_a_login_goes(output: Output, name: str, option: str, fix: str) -> None:
    beside = {"url": "http://127.0.0.1:1"} if "url" in arguments(name) else {}
    for login in LOGINS[:2]:
        result = json.loads(output(name, {**beside, option: login}))
        assert result["error"]["kind"] == "invalid_option", result
        assert result["msg"].startswith(f"{option} holds credentials.") and fix in result["msg"]


def secrets(spec: Mapping[str, Any]) -> Any:
    """A value of the type of a secret option, with the mark where users put secrets."""
    structures = {
        "dict": {"password": MARK + "a", "b": [{"name": "API_TOKEN", "value": MARK + "b"}], "text": f"Bearer {MARK}c1"},
        "list": [{"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"password": MARK + "d", "plain": MARK}}],
        "raw": {"user": "admin", "password": MARK + "e", "plain": MARK},
    }  # fmt: skip
    return structures.get(spec.get("type", "str"), f"{MARK}word\n")


HEADERS = {
    "Authorization": f"Bearer {MARK}f\n",
    "Cookie": f"session={MARK}g",
    "X-Odd": f"{MARK}h",
    "Accept": "text/plain",
}


@pytest.mark.case("M10")
@pytest.mark.parametrize("name", MODULES)
def test_secret_options(output: Output, name: str) -> None:
    for option, spec in arguments(name).items():
        if spec.get("no_log"):
            value = HEADERS if option.endswith("headers") else secrets(spec)
            printed = output(name, {option: value})
            assert MARK not in printed, (option, printed)


@pytest.mark.case("M10")
def test_options_that_hold_secrets_are_known_as_such() -> None:
    """The host's log gets all options but these."""
    hidden = {(name, option) for name in MODULES for option, spec in arguments(name).items() if spec.get("no_log")}
    expected = {"values", "user_values", "body", "headers", "otlp_headers", "url_password", "bearer_token"}
    expected |= {"data", "datasources"} | {"objects", "releases"} | {"password"}
    assert {option for _name, option in hidden} == expected
    for name in MODULES:
        for option in arguments(name):
            assert (name, option) in hidden or option not in expected - {"data", "datasources"}, (name, option)


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that refuses each request, and repeats all of it."""

    def behave(connection: Any) -> None:
        connection.sendall(http_bytes(b" ".join(seen[-1].split(b"\r\n")), "400 Bad Request", "text/plain"))

    seen: list[bytes] = []
    with tcp_server(behave, seen) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.case("H1")
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("tempo_search_info", {"bearer_token": f"{MARK}word\n"}),
        ("tempo_search_info", {"url_username": "me", "url_password": f"{MARK}word"}),
        ("tempo_search_info", {"url_username": "me", "url_password": f" {MARK}word"}),
        ("tempo_ingestion_check", {"bearer_token": f" {MARK}word"}),
        ("grafana_check", {"headers": HEADERS, "datasources": ["tempo"]}),
        ("grafana_content", {"headers": HEADERS, "dashboards": [{"uid": "one"}]}),
        ("dashboard_check", {"headers": {"X-Api-Key": f"{MARK}word\n"}}),
        ("otlp_trace_probe", {"otlp_headers": HEADERS, "search": False}),
    ],
)
def test_an_answer_that_repeats_what_was_sent(output: Output, echo: str, name: str, given: dict[str, Any]) -> None:
    to = {"otlp_url": echo} if "otlp_url" in arguments(name) else {}
    printed = output(name, {"url": echo, **to, **given})
    assert "400" in printed and "GET /" in printed + " GET /" * bool(to), printed
    assert MARK not in printed
    if "url_password" in given:
        assert "bWU6" not in printed, "the login as the header has it"


@pytest.mark.case("M10")
def test_a_header_that_is_no_secret_takes_nothing_out_of_the_result(output: Output) -> None:
    given = {"url": "http://127.0.0.1:1", "headers": {"X-Grafana-Org-Id": "1", "Accept": "text/plain", "X-Odd": "10"}}
    result = json.loads(output("grafana_check", {**given, "datasources": ["tempo1"]}))
    assert result["missing_datasources"] == ["tempo1"] and "127.0.0.1:1" in result["msg"]
    assert result["invocation"]["module_args"]["headers"] == {
        "X-Grafana-Org-Id": "1", "Accept": "text/plain", "X-Odd": "********",
    }  # fmt: skip


@pytest.mark.case("M10")
def test_values_take_nothing_out_of_the_result(output: Output) -> None:
    values = {"tempo": {"name": "kubeconfig", "replicas": 1, "password": MARK + "word"}}
    result = json.loads(output("helm_release_plan", {"values": values, "user_values": values}))
    assert result["error"]["kind"] == "kubeconfig_missing" and "kubeconfig" in result["msg"]
    assert result["invocation"]["module_args"]["values"] == {"tempo": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}
