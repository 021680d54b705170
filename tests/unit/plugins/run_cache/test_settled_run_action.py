# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller's half of settled_run takes for a whole run, and what it compares."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.tracelab.k8s_tracing.plugins.action.settled_run import ActionModule

FOUND = {"objects": {"configmaps tracing/alloy": "u-1 aa"}, "unready": []}


class Task(SimpleNamespace):
    """As much of a task as the action plugin reads."""

    check_mode = diff = False
    async_val = 0


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs the action with a cluster that never changes."""
    monkeypatch.setattr(constants, "ANSIBLE_HOME", str(tmp_path))
    monkeypatch.setattr(ActionModule, "_execute_module", lambda *_self, **_arguments: dict(FOUND))

    def run(arguments: dict[str, Any], variables: dict[str, Any], **task: Any) -> dict[str, Any]:
        loader = DataLoader()
        loader.set_basedir(str(tmp_path))
        options = {"namespaces": ["tracing"], **arguments}
        plugin = ActionModule(
            task=Task(action="settled_run", args=options, **task),
            connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir=None)),
            play_context=SimpleNamespace(),
            loader=loader,
            templar=Templar(loader, variables=variables),
            shared_loader_obj=None,
        )
        result: dict[str, Any] = plugin.run(task_vars=variables)
        return result

    return run


def settle(run: Any, variables: dict[str, Any]) -> dict[str, Any]:
    inputs = run({}, variables)["inputs"]
    result: dict[str, Any] = run({"state": "remembered", "inputs": inputs, "last_words": ["here"]}, variables)
    return result


def test_a_run_is_noted_and_found_again(run: Any) -> None:
    variables = {"tempo_retention": "48h", "inventory_hostname": "localhost"}
    assert settle(run, variables)["remembered"]
    answer = run({}, variables)
    assert (answer["changed"], answer["unchanged"], answer["last_words"]) == (False, True, ["here"])


def test_templates_count_by_what_comes_of_them(run: Any) -> None:
    template = trust_as_template("{{ days }}d")
    settle(run, {"tempo_retention": template, "days": 1})
    assert run({}, {"tempo_retention": template, "days": 1})["unchanged"]
    answer = run({}, {"tempo_retention": template, "days": 2})
    assert answer["reason"] == "Changed since the last whole run: tempo_retention."


def test_a_setting_as_the_roles_ship_it_is_none(run: Any) -> None:
    settle(run, {})
    assert run({}, {"tempo_release_name": "tempo", "my_own": 1})["unchanged"]
    assert not run({}, {"tempo_release_name": "other"})["unchanged"]


def test_a_setting_that_can_not_be_read_leads_to_a_whole_run(run: Any) -> None:
    answer = run({}, {"tempo_retention": trust_as_template("{{ nobody_said }}")})
    assert not answer["unchanged"] and "nobody_said" in answer["reason"] and "inputs" not in answer


@pytest.mark.parametrize("task", [{"check_mode": True}, {"diff": True}])
def test_check_mode_and_diff_show_everything(run: Any, task: dict[str, bool]) -> None:
    settle(run, {})
    assert "shows everything" in run({}, {}, **task)["reason"]


@pytest.mark.parametrize("tags", [{"ansible_run_tags": ["tempo"]}, {"ansible_skip_tags": ["grafana"]}])
def test_a_run_with_tags_is_no_whole_one(run: Any, tags: dict[str, list[str]]) -> None:
    settle(run, {})
    answer = run({}, tags)
    assert not answer["unchanged"] and "tags" in answer["reason"]
    assert not run({"state": "remembered", "inputs": answer.get("inputs")}, tags)["remembered"]
