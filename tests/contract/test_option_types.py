"""Options as texts, which is what -e gives: taken by value where Ansible takes them, else refused in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml
from plays import role_variables, run_play
from role_values import link_files

pytestmark = pytest.mark.case("F13")

PARTS = ("alloy", "grafana", "k6_trace_generator", "prometheus", "tempo", "tempo_vulture")
OTHERS = ("bundle", "gate", "status", "upgrade", "verify")
SPELLINGS = {
    True: ("yes", "on", "1", "true", "True", "YES", 1),
    False: ("no", "off", "0", "false", "False", "NO", 0),
}
# All that a role makes of its settings: what is applied, what the cluster must have, and what is refused.
MADE = ("release_settings", "charted_release", "release_content", "assertions")
WRITE = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    made: "{{ query('ansible.builtin.vars', *names) }}"
    file: "{{ playbook_dir }}/rendered/{{ inventory_hostname }}.json"
  tasks:
    - name: Write down what the role makes of its settings
      ansible.builtin.debug:
        msg: "{{ dict(names | zip(made)) | to_json | written_to(file) }}"
"""


def options_of(root: Path, role: str) -> dict[str, Any]:
    spec = yaml.safe_load((root / "roles" / role / "meta" / "argument_specs.yml").read_text())
    options: dict[str, Any] = spec["argument_specs"]["main"]["options"]
    return options


def switches(root: Path, role: str, *, on: bool) -> dict[str, bool]:
    """All of the same value: what only one of them brings about, the other case has."""
    return {name: on for name, option in options_of(root, role).items() if option["type"] == "bool"}


def numbers(root: Path, role: str) -> dict[str, Any]:
    options = options_of(root, role)
    kinds = {name: option["type"] for name, option in options.items() if not option.get("choices")}
    return {name: options[name].get("default", 7) for name, kind in kinds.items() if kind in ("int", "float")}


def as_texts(values: dict[str, Any]) -> dict[str, Any]:
    """Each switch in another spelling, and numbers as -e gives them."""
    spelled = {on: cycle(spellings) for on, spellings in SPELLINGS.items()}
    return {name: next(spelled[value]) if isinstance(value, bool) else str(value) for name, value in values.items()}


@pytest.mark.parametrize("role", PARTS)
def test_texts_do_what_their_values_do(root: Path, tmp_path: Path, role: str) -> None:
    (tmp_path / "rendered").mkdir()
    for folder in ("templates", "files"):
        (tmp_path / folder).mkdir()
    link_files(root / "roles" / role, tmp_path)
    fixed: dict[str, Any] = {"_helm_release_api_server_peers": []}
    fixed |= {"k6_trace_generator_run_id": "one"} if role == "k6_trace_generator" else {}
    cases = {"on": {**switches(root, role, on=True), **numbers(root, role)}, "off": switches(root, role, on=False)}
    hosts = {name: {**fixed, **options} for name, options in cases.items()}
    hosts |= {f"{name}-texts": {**fixed, **as_texts(options)} for name, options in cases.items()}
    names = [name for suffix in MADE if (name := f"_{role}_{suffix}") in role_variables(root, role)]
    assert len(names) > 1
    variables = {**role_variables(root, role), "names": names, "role_path": str(root / "roles" / role)}
    run_play(root, tmp_path, WRITE, {"hosts": hosts, "vars": variables})
    made = {host: json.loads((tmp_path / "rendered" / f"{host}.json").read_text()) for host in hosts}
    assert made["on"] != made["off"]
    assert {name: made[f"{name}-texts"] for name in cases} == {name: made[name] for name in cases}


REFUSED = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - block:
        - ansible.builtin.include_role:
            name: "tracelab.k8s_tracing.{{ asked }}"
      rescue:
        - ansible.builtin.debug:
            msg: "{{ outcome | to_json | written_to(playbook_dir ~ '/outcomes/' ~ inventory_hostname ~ '.json') }}"
          vars:
            outcome: {task: "{{ ansible_failed_task.name }}", result: "{{ ansible_failed_result }}"}
"""
WRONG: dict[str, Any] = {
    "bool": "perhaps",
    "int": "two",
    "list": {"a": "b"},
    "choices": "stranger",
}


def one_of_each_type(root: Path, role: str) -> dict[str, Any]:
    """An option of some types with a value of another one; tests/unit/test_role_validation.py has all."""
    options = options_of(root, role)
    kinds = {"choices" if option.get("choices") else option["type"]: name for name, option in options.items()}
    return {name: WRONG[kind] for kind, name in kinds.items() if kind in WRONG}


@pytest.fixture(scope="module")
def outcomes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("types")
    (folder / "outcomes").mkdir()
    given = {role: one_of_each_type(root, role) for role in (*PARTS, *OTHERS)}
    hosts = {name: {"asked": role, name: value} for role, values in given.items() for name, value in values.items()}
    run_play(root, folder, REFUSED, {"hosts": hosts, "vars": {"k8s_tracing_kubeconfig": "/there/is/no/kubeconfig"}})
    return {name: json.loads((folder / "outcomes" / f"{name}.json").read_text()) for name in hosts}


@pytest.mark.parametrize("role", [*PARTS, *OTHERS])
def test_a_wrong_type_is_refused_in_one_sentence(root: Path, outcomes: dict[str, Any], role: str) -> None:
    wrong = one_of_each_type(root, role)
    assert len(wrong) > 1
    for name in wrong:
        said = outcomes[name]["result"]["msg"]
        assert outcomes[name]["task"] == f"Validate the options of {role}", said
        assert said.startswith(f"{name} ") and said.endswith(".") and "\n" not in said
        assert "argument_spec_data" not in outcomes[name]["result"]


# By -e, so that each value is a text, and over the variables of a task. The last ones are shared settings, which
# playbooks validate before any role does.
BY_COMMAND = [
    ("site", "alloy_replicas=two", "alloy_replicas is 'two': give a whole number."),
    (
        "site",
        "prometheus_persistence_enabled=perhaps",
        "prometheus_persistence_enabled is 'perhaps': give true or false.",
    ),
    ("site", "tempo_mode=cluster", "tempo_mode is 'cluster': use monolithic or distributed."),
    ("uninstall", "tempo_wait_timeout=long", "tempo_wait_timeout is 'long': give a whole number."),
    ("uninstall", "tempo_state=present", "tempo_state must not be set on the command line of uninstall."),
    ("verify", "k8s_tracing_verify_rate=much", "k8s_tracing_verify_rate is 'much': give a number."),
    ("site", "k8s_tracing_chart_verify=perhaps", "k8s_tracing_chart_verify is 'perhaps': give true or false."),
]


CANARIES = '"k8s_tracing_tempo_vulture_tenants": [{"tenant": "a", "namespace": "b"}]'
# What these set by the variables of a task holds only where no extra variable is over them.
OVERRULED = [
    ("site", f'{{{CANARIES}, "tempo_vulture_namespace": "other"}}', "tempo_vulture_namespace is set with -e"),
    ("render", f'{{{CANARIES}, "tempo_vulture_tenant": "other"}}', "tempo_vulture_tenant is set with -e"),
    ("uninstall", f'{{{CANARIES}, "tempo_vulture_namespace": "other"}}', "tempo_vulture_namespace is set with -e"),
    ("verify", "k6_trace_generator_instances=2", "k6_trace_generator_instances is set with -e"),
    ("verify", "k6_trace_generator_script_file=own.js", "k6_trace_generator_script_file is set with -e"),
    ("verify", "k6_trace_generator_clock_skew=60", "k6_trace_generator_clock_skew is set with -e"),
]


def printed_by(root: Path, playbook: str, given: str) -> list[str]:
    """What Ansible says of the task that fails."""
    settings = {"ANSIBLE_CONFIG": str(root / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    program = Path(sys.executable).with_name("ansible-playbook")
    command = [str(program), str(root / "playbooks" / f"{playbook}.yml"), "-e", given]
    # With these tags no other role is asked.
    role = given.split("_")[0]
    command += ["--tags", role] if playbook != "verify" and role in PARTS else []
    kubeconfig = ["-e", "k8s_tracing_kubeconfig=/there/is/no/kubeconfig"]
    run = subprocess.run(
        [*command, *kubeconfig], cwd=root, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert run.returncode
    return run.stdout[run.stdout.index("fatal: ") : run.stdout.index("PLAY RECAP")].splitlines()


@pytest.mark.parametrize(("playbook", "given", "said"), BY_COMMAND)
def test_what_a_wrong_type_prints(root: Path, playbook: str, given: str, said: str) -> None:
    """Below the task's header, and where it is in its file, which Ansible puts before every error."""
    printed = printed_by(root, playbook, given)
    assert len([line for line in printed if line.strip()]) <= 3, printed
    assert yaml.safe_load("\n".join(printed[1:]))["msg"] == said


@pytest.mark.parametrize(("playbook", "given", "said"), OVERRULED)
def test_an_extra_variable_over_that_of_a_task_is_refused(root: Path, playbook: str, given: str, said: str) -> None:
    assert yaml.safe_load("\n".join(printed_by(root, playbook, given)[1:]))["msg"].startswith(said)
