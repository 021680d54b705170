"""Settings that can't work are refused by the role itself, before it has so much as looked for a cluster.

Every case is a host of its own in one run, with a kubeconfig that is not there: what gets past the
checks fails on that. A case that is `accepted` is one that was close to being refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from plays import run_play

FILES = sorted((Path(__file__).parent / "refusals").glob("*.yml"))
REFUSALS: dict[str, list[dict[str, Any]]] = {file.stem: yaml.safe_load(file.read_text()) for file in FILES}
EVERY_CASE = [
    pytest.param(
        role,
        number,
        id=f"{role}-{case['name'].replace(' ', '-')}",
        marks=[pytest.mark.case(case["case"])] if "case" in case else [],
    )
    for role, cases in REFUSALS.items()
    for number, case in enumerate(cases)
]
NO_CLUSTER = "There is no kubeconfig"
PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    k8s_tracing_kubeconfig: /there/is/no/kubeconfig
  tasks:
    - block:
        - ansible.builtin.include_role:
            name: "tracelab.k8s_tracing.{{ role_name_short }}"
        - ansible.builtin.set_fact:
            outcome: went through
      rescue:
        - ansible.builtin.set_fact:
            outcome: "{{ ansible_failed_result | to_json }}"
    - ansible.builtin.debug:
        msg: "{{ outcome | written_to(playbook_dir ~ '/outcomes/' ~ inventory_hostname) }}"
"""

Outcome = Callable[[str, int], str]


def run(root: Path, role: str, folder: Path) -> list[str]:
    """The outcome of every case of a role, the defaults alone behind them."""
    (folder / "outcomes").mkdir()
    options = [case["options"] for case in REFUSALS[role]] + [{}]
    hosts = {f"case{number}": given for number, given in enumerate(options)}
    run_play(root, folder, PLAY, {"hosts": hosts, "vars": {"role_name_short": role}})
    return [(folder / "outcomes" / host).read_text(encoding="utf-8") for host in hosts]


@pytest.fixture(scope="module")
def outcome(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    @cache
    def of_role(role: str) -> list[str]:
        return run(root, role, tmp_path_factory.mktemp(f"refusals-{role}"))

    return lambda role, number: of_role(role)[number]


def words(text: str) -> str:
    """The messages in a failed task's result, of its loop's items too, in one line."""
    failed = json.loads(text)
    parts = [failed, *failed.get("results", [])]
    told = [str(part["msg"]) for part in parts if part.get("failed", True) and "msg" in part]
    told += [str(error) for part in parts for error in part.get("argument_errors", [])]
    return " ".join(" ".join(told).split())


@pytest.mark.parametrize(("role", "number"), EVERY_CASE)
def test_it_is_refused_by_name(outcome: Outcome, role: str, number: int) -> None:
    said = words(outcome(role, number))
    case = REFUSALS[role][number]
    if case.get("accepted"):
        assert NO_CLUSTER in said
    else:
        assert " ".join(case["says"].split()) in said
        assert NO_CLUSTER not in said


@pytest.mark.parametrize("role", REFUSALS)
def test_the_defaults_are_not_refused(outcome: Outcome, role: str) -> None:
    assert NO_CLUSTER in words(outcome(role, -1))


# They install nothing of their own: tests/integration/test_roles_on_loopback.py tries what they refuse.
WITHOUT_RELEASE = {"bundle", "gate", "render", "status", "upgrade", "verify"}


def test_every_role_refuses_something(root: Path) -> None:
    roles = {path.name for path in (root / "roles").iterdir()} - {"common", "helm_release"}
    assert set(REFUSALS) == roles - WITHOUT_RELEASE
