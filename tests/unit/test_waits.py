"""What is asked, or sent to, is waited for first. Told by the files: no Ansible is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_roles import PARTS, ROOT, load, tasks_in

FILES = ("ansible.builtin.import_tasks", "ansible.builtin.include_tasks")
ASKING = (
    "ansible.builtin.uri",
    "kubernetes.core.k8s_exec",
    "kubernetes.core.k8s_log",
    "tracelab.k8s_tracing.prometheus_check",
    "tracelab.k8s_tracing.service_uri",
    "tracelab.k8s_tracing.tempo_status_info",
    "tracelab.k8s_tracing.tracing_pipeline_info",
)
WAITING = "tracelab.k8s_tracing.workloads_ready"


def steps_of(file: Path) -> Iterator[dict[str, Any]]:
    """The tasks of a file and of those that it names, in the order in which they are run."""
    for task in tasks_in(load(file)):
        yield task
        named = next((task[word] for word in FILES if word in task), "")
        name = named if isinstance(named, str) else named["file"]
        if name and "{{" not in name:
            yield from steps_of(file.with_name(name))


def waits(task: dict[str, Any]) -> bool:
    """Whether it asks Kubernetes for workloads until they are ready: by the internal role, or by itself."""
    return WAITING in task or called(task) == ("helm_release", "wait")


@pytest.mark.parametrize("role", PARTS)
def test_a_role_waits_before_it_asks(role: str) -> None:
    tasks = ROOT / "roles" / role / "tasks"
    named = [task[word]["file"] for task in tasks_in(load(tasks / "main.yml")) for word in FILES[1:] if word in task]
    # What is checked before anything is touched may ask somebody else's Prometheus.
    assert named == [
        name for name in ("validate.yml", "apply.yml", "wait.yml", "verify.yml") if (tasks / name).exists()
    ]
    steps = [step for name in named for step in steps_of(tasks / name)]
    first = next((number for number, task in enumerate(steps) if any(word in task for word in ASKING)), len(steps))
    assert any(waits(task) for task in steps[:first])


def test_the_internal_role_waits_for_the_workloads() -> None:
    steps = steps_of(ROOT / "roles" / "helm_release" / "tasks" / "wait.yml")
    named = next(task for task in steps if WAITING in task)
    assert named[WAITING]["timeout"] == "{{ helm_release.wait_timeout }}"
    assert named["when"] == "not ansible_check_mode"


def test_site_sends_traces_when_tempo_and_alloy_are_there() -> None:
    """Sooner, the first spans would be lost, and no account of them would balance."""
    tasks = load(ROOT / "playbooks" / "tasks" / "apply.yml")
    names = [task["name"] for task in tasks]
    start = names.index("Start the trace generator")
    for part in ("tempo", "alloy"):
        (number,) = [number for number, task in enumerate(tasks) if called(task) == (part, "wait")]
        assert names.index(f"Apply {part.capitalize()}") < number < start


def called(task: dict[str, Any]) -> tuple[str, str]:
    """The role that a task calls, and from which of its files."""
    call = task.get("ansible.builtin.include_role") or task.get("ansible.builtin.import_role") or {}
    return str(call.get("name", "")).rpartition(".")[2], str(call.get("tasks_from", "main"))
