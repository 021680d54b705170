# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which parts `site` passes over, since nothing is to be done about them, and what `uninstall` says at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

SITE = Path(__file__).resolve().parents[2] / "playbooks" / "site.yml"
FIRST, SECOND = "tempo/one/tempo", "tempo/two/tempo"


def passed_over(plans: list[str], up_to_date: list[str]) -> Any:
    play = yaml.safe_load(SITE.read_text(encoding="utf-8"))[0]
    own = {name: trust_as_template(text) for name, text in play["vars"].items() if isinstance(text, str)}
    facts = {"_helm_release_plans": {plan: {} for plan in plans}, "_helm_release_up_to_date": up_to_date}
    return Templar(DataLoader(), variables=own | facts).template(own["tracing_up_to_date"])


@pytest.mark.parametrize(
    ("plans", "up_to_date", "parts"),
    [
        ([], [], []),
        ([FIRST], [], []),
        ([FIRST, "alloy/one/alloy"], [FIRST], ["tempo"]),
        ([FIRST, SECOND], [FIRST, SECOND], ["tempo"]),
    ],
)
def test_a_part_without_anything_to_do_is_passed_over(
    plans: list[str], up_to_date: list[str], parts: list[str]
) -> None:
    assert passed_over(plans, up_to_date) == parts


def test_a_second_stack_is_not_passed_over_for_the_first() -> None:
    """Two plays of `site` in one run, the first of which had nothing to do."""
    assert passed_over([FIRST, SECOND], [FIRST]) == []


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, 5),
        ({"k8s_tracing_tempo_vulture_enabled": "true"}, 6),
        ({"k8s_tracing_tempo_vulture_tenants": [{"tenant": "a", "namespace": "b"}]}, 6),
    ],
)
def test_canaries_of_tenants_are_the_part_that_one_canary_is(settings: dict[str, Any], wanted: int) -> None:
    play = yaml.safe_load(SITE.read_text(encoding="utf-8"))[0]
    own = {name: trust_as_template(text) for name, text in play["vars"].items() if isinstance(text, str)}
    assert Templar(DataLoader(), variables=own | settings).template(own["tracing_wanted"]) == wanted


def test_what_is_done_for_one_canary_is_done_for_that_of_each_tenant() -> None:
    tasks = yaml.safe_load(SITE.read_text(encoding="utf-8"))[0]["tasks"]
    tasks += yaml.safe_load((SITE.parent / "tasks" / "apply.yml").read_text(encoding="utf-8"))
    steps: dict[bool, list[str]] = {True: [], False: []}
    for task in tasks:
        called = task.get("ansible.builtin.include_role", {})
        if called.get("name", "").endswith(".tempo_vulture"):
            steps["loop" in task].append(called["tasks_from"])
            if "loop" in task:
                names = {name: f"{{{{ tracing_canary_of.{name} }}}}" for name in ("namespace", "tenant")}
                assert task["vars"] == {f"tempo_vulture_{name}": text for name, text in names.items()}
    assert steps[True] == steps[False] == ["prepare", "apply", "wait", "verify"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Data volumes are kept: run again"),
        ({"k8s_tracing_remove_data": "true"}, "Nothing is left but the namespace."),
        (
            {"k8s_tracing_remove_data": "true", "ansible_run_tags": ["tempo", "alloy"]},
            "Only what has these tags was removed, with its data: alloy, tempo",
        ),
        ({"tempo_remove_data": "true"}, "Data volumes of Grafana, Alloy, Prometheus are kept: run again"),
        ({"k8s_tracing_remove_data": True, "tempo_remove_data": "no"}, "Data volumes of Tempo are kept: run again"),
    ],
)
def test_uninstall_tells_of_the_data_that_is_kept(given: dict[str, Any], said: str) -> None:
    """Extra variables are over those of its tasks."""
    play = yaml.safe_load((SITE.parent / "uninstall.yml").read_text(encoding="utf-8"))[0]
    (task,) = [one for one in play["tasks"] if one["name"] == "Print what is left"]
    own = {
        name: trust_as_template(text)
        for name, text in {**play["vars"], **task["vars"]}.items()
        if isinstance(text, str)
    }
    template = trust_as_template(task["ansible.builtin.debug"]["msg"])
    variables = {"ansible_run_tags": ["all"]} | own | given
    assert Templar(DataLoader(), variables=variables).template(template).startswith(said)
