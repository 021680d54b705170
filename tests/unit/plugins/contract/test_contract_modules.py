# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both modules as Ansible runs them, against a server on loopback; and their documentation."""

from __future__ import annotations

import importlib
import json
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_server
import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.options import CONTRACT_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.recording import RECORD_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from contract_traces import CONTRACT, FAULTS, good_run
from documented import PREFIX, documentation
from fake_server import Asked, serving
from fakes import FakeTime
from test_contract_check import FakeTempo

MODULES = {"trace_contract_check": CONTRACT_ARGUMENTS, "trace_contract_record": RECORD_ARGUMENTS}
Run = Callable[..., dict[str, Any]]


class Server:
    """Tempo and the application in one; ``asked`` is what came to the application."""

    def __init__(self) -> None:
        self.tempo = FakeTempo(FakeTime())
        self.asked: list[Asked] = []
        self.url = ""

    def play(self, asked: Asked) -> fake_server.Answer:
        if asked.path.startswith("/app"):
            self.asked.append(asked)
            _version, trace_id, span_id, _flags = asked.headers["traceparent"].split("-")
            run = good_run(len(self.asked), time.time() - 300)
            run.trace_id = trace_id
            run.change("root", parent_span_id=span_id)
            for key in run.spans:
                run.change(key, trace_id=trace_id)
            self.tempo.hold(run.trace())
            return fake_server.Answer(b"ok")
        answer = self.tempo.transport.get(asked.path, list(asked.params.items()), timeout=1)
        return fake_server.Answer(answer.body, answer.status, {"Content-Type": answer.headers["content-type"]})


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with serving(made.play) as running:
        made.url = running.url
        yield made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("no_proxy", "*")

    def call(name: str, **args: Any) -> dict[str, Any]:
        with patch_module_args(args), pytest.raises(SystemExit) as ended:
            importlib.import_module(f"{PREFIX}.modules.{name}").main()
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == printed.get("failed", False)
        return printed

    return call


def test_a_contract_in_a_file_is_checked_and_reported(run: Run, server: Server, tmp_path: Path) -> None:
    server.tempo.hold(good_run(1, time.time() - 300).trace())
    contract, junit = tmp_path / "tracing-contract.yml", tmp_path / "reports" / "contract.xml"
    contract.write_text(CONTRACT)
    result = run("trace_contract_check", url=server.url, src=str(contract), junit=str(junit))
    assert (result["satisfied"], result["verdict"], result["changed"]) == (True, "proven", True), result.get("msg")
    assert stat.S_IMODE(junit.stat().st_mode) == 0o600 and "<testsuites" in junit.read_text()


def test_a_case_sends_its_request_with_headers(run: Run, server: Server) -> None:
    content = (
        "version: 1\ncases:\n  - name: one\n    request: {path: '/book?a=1'}\n    services: [shop, stock]\n"
        "    propagation: unbroken\n"
    )
    options = {"content": content, "request_url": f"{server.url}/app", "headers": {"Authorization": "Bearer s3cret-w"}}
    result = run("trace_contract_check", url=server.url, **options)
    assert result["satisfied"] and not result["changed"], result.get("msg")
    (asked,) = server.asked
    assert (asked.target, asked.headers["authorization"]) == ("/app/book?a=1", "Bearer s3cret-w")
    assert "s3cret-w" not in json.dumps(result)


def test_a_fault_fails_the_task_with_its_difference(run: Run, server: Server) -> None:
    made = good_run(1, time.time() - 300)
    FAULTS["personal data"](made)
    server.tempo.hold(made.trace())
    result = run("trace_contract_check", url=server.url, content=CONTRACT, _ansible_diff=True)
    assert result["failed"] and result["verdict"] == "unmet" and len(result["diff"]) == 1
    assert "expected no user.email" in result["msg"] and "ann@" not in json.dumps(result["cases"])


def test_a_contract_is_recorded_and_met(run: Run, server: Server, tmp_path: Path) -> None:
    trace = server.tempo.hold(good_run(1, time.time() - 300).trace())
    dest = tmp_path / "new" / "tracing-contract.yml"
    options = {"url": server.url, "trace_id": trace.trace_id, "dest": str(dest)}
    assert run("trace_contract_record", **options, _ansible_check_mode=True)["changed"] and not dest.exists()
    assert run("trace_contract_record", **options)["changed"]
    assert stat.S_IMODE(dest.stat().st_mode) == 0o644
    assert not run("trace_contract_record", **options)["changed"]
    server.tempo.hold(good_run(2, time.time() - 300).trace())
    assert run("trace_contract_check", url=server.url, src=str(dest))["satisfied"]


@pytest.mark.parametrize("name", MODULES)
def test_options_are_those_that_are_documented(name: str) -> None:
    documented, taken = documentation(name)["options"], {**TEMPO_ARGUMENTS, **MODULES[name]}
    assert documented.keys() == taken.keys()
    for option, spec in taken.items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert documented[option].get(key) == spec.get(key), f"{option}: {key}"


@pytest.mark.parametrize("name", MODULES)
def test_results_and_examples_are_those_that_are_documented(
    name: str, run: Run, server: Server, tmp_path: Path
) -> None:
    module = importlib.import_module(f"{PREFIX}.modules.{name}")
    trace = server.tempo.hold(good_run(1, time.time() - 300).trace())
    given = (
        {"content": CONTRACT}
        if name == "trace_contract_check"
        else {"dest": str(tmp_path / "a"), "trace_id": trace.trace_id}
    )
    result = run(name, url=server.url, **given)
    returned = yaml.safe_load(module.RETURN)
    # Ansible adds what it knows of a file under dest.
    of_file = {"owner", "group", "uid", "gid", "mode", "size", "state", "secontext"}
    assert result.keys() - {"changed", "invocation"} - of_file == returned.keys() - {"error"}
    if "cases" in result:
        assert result["cases"][0].keys() == returned["cases"]["contains"].keys()
    for task in yaml.safe_load(module.EXAMPLES):
        assert task[f"tracelab.k8s_tracing.{name}"].keys() <= documentation(name)["options"].keys()
