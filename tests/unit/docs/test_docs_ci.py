"""The gate in CI servers, examples/ci and examples/awx: its command, its variables, and the files that servers read."""

from __future__ import annotations

import json
import re
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from docs_pages import ROOT
from test_docs_fences import ansible, modules_in
from test_docs_names import options

SERVERS = ("github-actions.yml", "gitlab-ci.yml", "Jenkinsfile")
COMMAND = re.compile(r"ansible-playbook tracelab\.k8s_tracing\.gate\s+(?:\\\s+)?-e '(\{[^']+\})'")
# What the role writes into `tracing-report` for the server.
WRITTEN = ("report.junit.xml", "trace-contract.junit.xml")


def text(name: str) -> str:
    return (ROOT / "examples" / "ci" / name).read_text(encoding="utf-8")


def variables(name: str) -> dict[str, Any]:
    (given,) = COMMAND.findall(text(name))
    found: dict[str, Any] = json.loads(given)
    return found


def assert_options_of_the_gate(given: dict[str, Any]) -> None:
    known = {name: spec for name, spec in options().items() if name.startswith("gate_")}
    assert given.keys() <= known.keys()
    result = ArgumentSpecValidator(known).validate(given)
    assert not result.error_messages
    assert {"gate_services", "gate_request_url", "gate_contract", "gate_contract_request_url"} == given.keys()


def awx() -> dict[str, Any]:
    (play,) = yaml.safe_load((ROOT / "examples" / "awx" / "setup.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = play
    return found


def task(name: str) -> dict[str, Any]:
    (found,) = [one for one in awx()["tasks"] if one["name"] == name]
    made: dict[str, Any] = found
    return made


@pytest.mark.parametrize("server", SERVERS)
def test_the_gate_gets_options_that_it_has(server: str) -> None:
    assert_options_of_the_gate(variables(server))


def test_it_is_the_same_gate_everywhere() -> None:
    given = [*map(variables, SERVERS), awx()["vars"]["awx_gate"]]
    assert all(one == given[0] for one in given)


def test_what_the_role_writes_is_what_servers_read() -> None:
    role = ROOT / "roles" / "gate"
    assert WRITTEN[1] in (role / "vars" / "main" / "request.yml").read_text()
    assert f'"{WRITTEN[0]}"' in (ROOT / "plugins" / "module_utils" / "_report" / "report.py").read_text()
    junit = yaml.safe_load(text("gitlab-ci.yml"))["traces"]["artifacts"]["reports"]["junit"]
    patterns = [junit, *re.findall(r"junit '(.+)'", text("Jenkinsfile"))]
    assert len(patterns) == 2
    for pattern in patterns:
        assert all(fnmatch(f"tracing-report/{name}", pattern) for name in WRITTEN), pattern


def test_the_jenkinsfile_is_declarative_and_its_blocks_end() -> None:
    given = text("Jenkinsfile")
    code = re.sub(r"//[^\n]*|'''[\s\S]*?'''|'[^'\n]*'|\"[^\"\n]*\"", "", given)
    assert code.lstrip().startswith("pipeline {") and code.count("{") == code.count("}")
    assert re.search(r"post \{\s+always \{\s+junit ", given), "the report of a failed gate is read too"


def test_templates_of_awx_run_playbooks_that_there_are() -> None:
    templates = {one["name"]: one for one in task("Job templates")["loop"]}
    assert all((ROOT / "playbooks" / one["playbook"]).is_file() for one in templates.values())
    credentials = {one["name"] for one in awx()["vars"]["awx_credentials"]}
    assert {one.get("credential", "tracing") for one in templates.values()} == credentials
    assert templates["shop - gate"]["extra_vars"] == "{{ awx_gate }}"
    assert_options_of_the_gate(awx()["vars"]["awx_gate"])


def test_the_workflow_of_awx_deploys_and_then_checks() -> None:
    nodes = task("Workflow that deploys and then checks")["awx.awx.workflow_job_template"]["workflow_nodes"]
    first, second = nodes
    assert first["related"] == {"success_nodes": [{"identifier": second["identifier"]}]} and "related" not in second
    assert first["unified_job_template"]["name"] == "{{ awx_deployment }}"
    assert second["unified_job_template"]["name"] in {one["name"] for one in task("Job templates")["loop"]}


def test_modules_of_awx_get_options_that_they_have() -> None:
    if not any((Path(folder) / "ansible_collections/awx/awx").exists() for folder in sys.path):
        pytest.skip("collection awx.awx is not at hand: this version of the package ansible comes without it")
    used = [(name, set(given)) for one in awx()["tasks"] for name, given in one.items() if name.startswith("awx.")]
    docs = json.loads(ansible("ansible-doc", "--json", *sorted({name for name, _given in used})))
    common = {"controller_host", "controller_oauthtoken"}
    for name, given in used:
        assert given <= docs[name]["doc"]["options"].keys() | common, name
    assert not list(modules_in(awx())), "of our own modules none is called there"
