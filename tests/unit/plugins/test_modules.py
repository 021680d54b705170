# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible runs them: in this process, and through the command line."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from documented import documentation
from fakes import EPOCH, RUN_ID, TRACE_ID, alloy_metrics, answer, found, search_answer, tempo_metrics, two_services

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins"
# The second from which the traces are.
NOW = b"%d" % time.time()
MODULES = ("tempo_ingestion_check", "tracing_pipeline_info")


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PREFIX}.modules.{name}")


class Handler(BaseHTTPRequestHandler):
    """Tempo and Alloy in one."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        response = {
            "/tempo/api/status/buildinfo": answer({"version": "2.8.0"}),
            "/tempo/api/search": search_answer(found()),
            f"/tempo/api/v2/traces/{TRACE_ID}": answer({"trace": {"resourceSpans": two_services()}}),
            "/tempo/metrics": tempo_metrics(2),
            "/alloy/metrics": alloy_metrics(2, 2),
        }.get(path, answer("404 page not found", 404, "text/plain"))
        self.send_response(response.status)
        self.send_header("Content-Type", response.headers["content-type"])
        self.end_headers()
        self.wfile.write(response.body.replace(b"%d" % EPOCH, NOW))

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def address() -> Any:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("no_proxy", "*")

    def call(name: str, **args: Any) -> dict[str, Any]:
        with patch_module_args(args), pytest.raises(SystemExit) as ended:
            module(name).main()
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == printed.get("failed", False)
        return printed

    return call


def test_a_check_that_succeeds(run: Run, address: str) -> None:
    result = run("tempo_ingestion_check", url=f"{address}/tempo", run_id=RUN_ID, services=["shop"])
    assert "msg" not in result, result["msg"]
    assert (result["changed"], result["satisfied"], result["trace_ids"]) == (False, True, [TRACE_ID])


def test_a_check_that_fails(run: Run, address: str) -> None:
    urls = {"url": f"{address}/tempo", "alloy_url": f"{address}/alloy"}
    result = run(
        "tempo_ingestion_check", **urls, services=["payment"], timeout=4
    )  # half of it for the first counters, on a busy machine too
    assert (result["failed"], result["satisfied"], result["diagnosis"]["stage"]) == (True, False, "none")
    assert result["account"]["accepted"] == 2
    assert "service 'payment' not seen" in result["msg"]


def test_a_fatal_error(run: Run, address: str) -> None:
    result = run("tempo_ingestion_check", url=f"{address}/wrong", timeout=30)
    assert (result["failed"], result["error"]["kind"], result["trace_count"]) == (True, "not_tempo", 0)


@pytest.mark.parametrize("name", MODULES)
def test_an_option_that_cannot_be_right(run: Run, name: str) -> None:
    result = run(name, url="nowhere")
    assert (result["failed"], result["error"]["kind"]) == (True, "invalid_option")
    assert result["msg"].startswith("url: 'nowhere'")


@pytest.mark.parametrize("name", MODULES)
def test_check_mode_does_the_same(run: Run, address: str, name: str) -> None:
    result = run(name, url=f"{address}/tempo", _ansible_check_mode=True)
    assert result["changed"] is False and "skipped" not in result


@pytest.mark.parametrize("name", MODULES)
def test_secrets_do_not_come_back(run: Run, address: str, name: str) -> None:
    result = run(name, url=f"{address}/tempo", url_username="u", url_password="s3cret-word")
    assert result.get("failed") is not True
    assert "s3cret-word" not in json.dumps(result)


@pytest.mark.parametrize("name", MODULES)
def test_without_the_kubernetes_library(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    monkeypatch.setitem(sys.modules, "kubernetes.config", None)
    assert "kubernetes" in run(name)["msg"]
    assert run(name, url=f"{address}/tempo").get("failed") is not True


def test_without_the_jmespath_library(run: Run, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "jmespath"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "jmespath", None)
    options = {"url": f"{address}/tempo", "run_id": RUN_ID}
    result = run("tempo_ingestion_check", **options, expressions=["trace_id"])
    assert (result["failed"], result["error"]["kind"]) == (True, "missing_library")
    assert "(jmespath)" in result["msg"] and "for expressions" in result["msg"]
    assert run("tempo_ingestion_check", **options).get("failed") is not True


def test_a_wrong_expression_is_named(run: Run) -> None:
    result = run("tempo_ingestion_check", url="http://127.0.0.1:1", expressions=["trace_id", "spans[?"])
    assert (result["failed"], result["error"]["kind"]) == (True, "invalid_option")
    assert "'spans[?' is not JMESPath" in result["msg"]


def test_a_fault_of_a_module_is_told_by_its_place_and_repeats_no_value(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("S3CR3T")

    monkeypatch.setattr(module("tempo_ingestion_check"), "check_settings", broken)
    result = run("tempo_ingestion_check", url="http://127.0.0.1:1")
    assert (result["failed"], result["error"]["kind"]) == (True, "internal_error")
    assert "ZeroDivisionError in test_modules.py, line" in result["msg"]
    assert result["traceback"][-1].endswith(", in broken")
    assert "S3CR3T" not in str(result)


def test_a_snapshot_and_the_account_since(run: Run, address: str) -> None:
    urls = {"url": f"{address}/tempo", "alloy_url": f"{address}/alloy"}
    before = run("tracing_pipeline_info", **urls)
    assert (before["account"], before["settled"]) == (None, None)
    assert before["snapshot"]["alloy"]["totals"]["accepted"] == 2
    more = {"baseline": before["snapshot"], "generated_spans": 0, "stored_spans": 0, "settle_timeout": 5}
    after = run("tracing_pipeline_info", **urls, **more, poll_interval=0.05)
    assert (after["account"]["balanced"], after["settled"]) == (True, True)
    assert after["diagnosis"]["stage"] == "generator"


def test_an_unreadable_component_does_not_fail_the_snapshot(run: Run, address: str) -> None:
    result = run("tracing_pipeline_info", url=f"{address}/tempo", alloy_url=f"{address}/nothing")
    assert result["snapshot"]["alloy"]["error_kind"] == "not_tempo"
    assert result["snapshot"]["tempo"]["totals"]["received"] == 2


@pytest.mark.parametrize("name", MODULES)
def test_documentation_and_arguments_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def take(argument_spec: dict[str, Any], **_more: Any) -> None:
        seen.update(argument_spec)
        raise SystemExit

    monkeypatch.setattr(module(name), "AnsibleModule", take)
    with pytest.raises(SystemExit):
        module(name).main()
    documented = documentation(name)["options"]
    assert sorted(documented) == sorted(seen)
    for option, spec in seen.items():
        for key in ("type", "default", "elements", "choices"):
            assert spec.get(key) == documented[option].get(key), (option, key)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_returned_is_documented(run: Run, address: str, name: str) -> None:
    documented = yaml.safe_load(module(name).RETURN)
    plain = {"changed", "failed", "msg", "invocation"}
    for more in (
        {},
        {"services": ["payment"], "timeout": 0, "max_error_rate": 1} if name == MODULES[0] else {"generated_spans": 1},
    ):
        returned = run(name, url=f"{address}/tempo", **more)
        assert set(returned) - plain <= set(documented)
        contained = documented.get("account", {}).get("contains", {})
        assert set(returned.get("account") or {}) <= set(contained)


def test_the_examples_are_tasks_with_known_options() -> None:
    for name in MODULES:
        for task in yaml.safe_load(module(name).EXAMPLES):
            for key, options in task.items():
                if key.startswith("tracelab."):
                    assert set(options) <= set(documentation(key.rsplit(".", 1)[1])["options"])


def ansible(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, with the configuration of this checkout."""
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "no_proxy": "*",
    }
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)


def test_through_the_command_line(address: str) -> None:
    name = "tracelab.k8s_tracing.tempo_ingestion_check"
    good = ansible("-m", name, "-a", f"url={address}/tempo run_id={RUN_ID} services=shop,cart")
    assert good.returncode == 0, good.stdout + good.stderr
    assert TRACE_ID in good.stdout and "SUCCESS" in good.stdout
    bad = ansible("-m", name, "-a", f"url={address}/tempo services=payment timeout=0")
    assert bad.returncode == 2
    assert "service 'payment' not seen" in bad.stdout and "Traceback" not in bad.stdout + bad.stderr
