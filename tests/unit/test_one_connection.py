# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever acts on a cluster is told by the environment which one: kubernetes.core and helm read options otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")])
RELEASE = ROOT / "roles/helm_release/tasks"
# The steps that others call: each is one block, which has the environment. What they include is run within it.
STEPS = [RELEASE / f"{name}.yml" for name in ("apply", "companions", "remove", "rollback", "wait")]
WITHIN = {path for path in RELEASE.glob("*.yml") if path not in STEPS and path.name != "bundle.yml"}
WITHIN |= {path for path in (ROOT / "roles/verify/tasks").glob("*.yml") if path.name not in ("main.yml", "prove.yml")}
NESTED = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")


def tasks(content: Any, led: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each play, block and task, and whether it or what it stands in has an environment."""
    for item in content or []:
        inside = led or "environment" in item
        yield item, inside
        for key in NESTED:
            yield from tasks(item.get(key), inside)


def acts(task: dict[str, Any]) -> bool:
    own = {key: value for key, value in task.items() if key not in NESTED}
    module = any(key.startswith("kubernetes.core.") or key.endswith(".helm_async") for key in own)
    return module or "_helm_release_command" in str(own.get("ansible.builtin.command", ""))


def found(path: Path) -> list[tuple[dict[str, Any], bool]]:
    return list(tasks(yaml.safe_load(path.read_text(encoding="utf-8"))))


@pytest.mark.case("B1")
def test_what_acts_is_told_where() -> None:
    acting = [(path, task, led) for path in FILES for task, led in found(path) if acts(task)]
    assert len(acting) > 10
    assert [
        f"{path.relative_to(ROOT)}: {task['name']}"
        for path, task, led in acting
        if not led and path not in WITHIN and path.name != "bundle.yml"  # it renders, and asks no cluster
    ] == []


@pytest.mark.case("B1")
def test_the_block_of_a_proof_is_told_where() -> None:
    (block,) = [task for task, _led in found(ROOT / "roles/verify/tasks/prove.yml") if "environment" in task]
    assert block["environment"] == "{{ _verify_environment }}"
    included = "ansible.builtin.import_tasks", "ansible.builtin.include_tasks"
    named = [task[key] for task, _led in tasks([block]) for key in included if key in task]
    files = {one["file"] if isinstance(one, dict) else one for one in named}
    assert files == {path.name for path in WITHIN if path.parts[-3] == "verify"}


@pytest.mark.case("B1")
def test_the_block_of_the_state_is_told_where() -> None:
    (block,) = [task for task, _led in found(ROOT / "roles/status/tasks/main.yml") if "environment" in task]
    assert block["environment"] == "{{ _status_environment }}"


@pytest.mark.case("B1")
@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.stem)
def test_the_block_of_each_step_is_told_where(step: Path) -> None:
    content = yaml.safe_load(step.read_text(encoding="utf-8"))
    assert len(content) == 1
    assert "_helm_release_environment" in content[0]["environment"]


@pytest.mark.case("B2")
def test_nothing_else_names_a_cluster_to_them() -> None:
    named = []
    for path in FILES:
        for task, _led in found(path):
            given = {key: value for key, value in task.items() if key.startswith("kubernetes.core.")}
            given |= {key: one for key, one in (task.get("module_defaults") or {}).items() if "kubernetes.core." in key}
            named += [
                f"{path.relative_to(ROOT)}: {key}"
                for key, one in given.items()
                if {"kubeconfig", "context", "host", "api_key"} & set(one or {})
            ]
    assert named == []
