# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several releases in one plan, and values that are new in each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import releases as releases_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.releases import PLAN_ARGUMENTS, plan
from fakes import FakeApiConnection, answer, run_directly
from test_helm_plan import SECRETS, chart, nowhere, stored

__all__ = ["chart", "nowhere"]
VALUES = {"a": {"b": 1}}
Plan = Callable[..., dict[str, Any]]


def record(name: str, **content: Any) -> dict[str, Any]:
    item = stored(1, **content)
    item["metadata"]["labels"]["name"] = name
    return item


class Clusters:
    """A connection for each kubeconfig, and how often each was made."""

    def __init__(self, answers: Mapping[str, FakeApiConnection]) -> None:
        self.answers = answers
        self.made: list[str] = []

    def __call__(self, params: Mapping[str, Any]) -> FakeApiConnection:
        self.made.append(params["kubeconfig"] or "")
        return self.answers[params["kubeconfig"] or ""]


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, chart: Path) -> Plan:
    def run(clusters: Clusters, *releases: Mapping[str, Any]) -> dict[str, Any]:
        monkeypatch.setattr(releases_utils, "kube_connection", clusters)
        params = {name: spec.get("default") for name, spec in PLAN_ARGUMENTS.items()}
        own = {"chart_ref": str(chart), "values": VALUES}
        return plan({**params, "releases": [{**own, **one} for one in releases]}, run_directly)

    return run


def holding(*records: Any) -> FakeApiConnection:
    return FakeApiConnection({SECRETS: answer({"items": list(records)})})


def test_one_client_and_one_list_serve_all_releases_of_a_cluster(planned: Plan) -> None:
    clusters = Clusters({"": holding(record("one"), record("two"))})
    result = planned(clusters, {"release_name": "one"}, {"release_name": "two"}, {"release_name": "new", "id": "n"})
    assert clusters.made == [""]
    assert [ask[:3] for ask in clusters.answers[""].asked] == [
        ("GET", SECRETS, {"labelSelector": "owner=helm,name in (new,one,two)"})
    ]
    assert {name: found["action"] for name, found in result["releases"].items()} == {
        "tracing/one": "none",
        "tracing/two": "none",
        "n": "install",
    }
    assert result["summary"] == ["install release new in namespace tracing: there is no such release"]
    assert (result["changed"], result["problems"], result["diff"]) == (False, [], [])


def test_each_cluster_has_a_client_of_its_own(planned: Plan) -> None:
    clusters = Clusters({"": holding(record("one")), "/k": holding()})
    result = planned(
        clusters,
        {"release_name": "one", "id": "a"},
        {"release_name": "one", "id": "b", "kubeconfig": "/k"},
        {"release_name": "two", "id": "c", "kubeconfig": ""},
    )
    assert sorted(clusters.made) == ["", "/k"]
    assert {name: found["action"] for name, found in result["releases"].items()} == {
        "a": "none",
        "b": "install",
        "c": "install",
    }
    assert {name: found["asked"] for name, found in result["connections"].items()} == {
        "a": ["", ""],
        "b": ["/k", ""],
        "c": ["", ""],
    }


def test_all_that_can_not_be_planned_is_named_at_once(planned: Plan) -> None:
    missing = {"chart_ref": "/there/is/none"}
    with pytest.raises(TracingError) as refused:
        planned(Clusters({"": holding()}), {"release_name": "one", **missing}, {"release_name": "two"},
                {"release_name": "three", "chart_ref": "/nor/here"})  # fmt: skip
    assert str(refused.value).count("\n") == 1
    assert "/there/is/none" in str(refused.value) and "/nor/here" in str(refused.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"release_name": "one", "colour": "red"}, "releases: one: colour"),
        ({"namespace": "n"}, "releases: a release without a name: "),
        ({"release_name": "r" * 54}, "release_name is too long for Helm."),
        ({"release_name": "one", "chart_ref": ""}, "chart_ref is empty."),
    ],
)
def test_options_that_can_not_be_right_are_refused_before_a_cluster_is_asked(
    planned: Plan, options: dict[str, Any], words: str
) -> None:
    clusters = Clusters({})
    with pytest.raises(TracingError, match=words):
        planned(clusters, options)
    assert clusters.made == []


def fresh(planned: Plan, config: dict[str, Any], **options: Any) -> dict[str, Any]:
    given = {"release_name": "r", "id": "r", "values": {**VALUES, **options}, "fresh_values": {"runId": "new"}}
    found: dict[str, Any] = planned(Clusters({"": holding(record("r", config=config))}), given)["releases"]["r"]
    return found


def test_a_fresh_value_is_kept_while_nothing_else_changes(planned: Plan) -> None:
    found = fresh(planned, {**VALUES, "runId": "old"})
    assert (found["action"], found["fresh_values"]) == ("none", {"runId": "old"})


@pytest.mark.parametrize(
    ("config", "options", "reasons"),
    [
        ({**VALUES, "runId": "old"}, {"c": 1}, ["value c is added", "value runId changes"]),
        (VALUES, {}, ["value runId is added"]),
    ],
    ids=["another value changes", "the release has none"],
)
def test_a_fresh_value_is_new_with_any_change(
    planned: Plan, config: dict[str, Any], options: dict[str, Any], reasons: list[str]
) -> None:
    found = fresh(planned, config, **options)
    assert (found["action"], found["fresh_values"]) == ("upgrade", {"runId": "new"})
    assert sorted(found["reasons"]) == reasons


def test_a_first_release_has_the_fresh_value(planned: Plan) -> None:
    given = {"release_name": "r", "id": "r", "fresh_values": {"runId": "new"}}
    found = planned(Clusters({"": holding()}), given)["releases"]["r"]
    assert (found["action"], found["fresh_values"]) == ("install", {"runId": "new"})


def test_a_cluster_that_no_option_names_is_that_of_the_environment(
    planned: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", "/of/the/environment")
    clusters = Clusters({"/of/the/environment": holding()})
    result = planned(clusters, {"release_name": "one", "kubeconfig": None}, {"release_name": "two", "kubeconfig": ""})
    assert clusters.made == ["/of/the/environment"]
    assert [found["asked"] for found in result["connections"].values()] == [["", ""], ["", ""]]
