# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module that plans has to know about a release."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._merge import merged
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.options import release_options
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.plan import RELEASE_ARGUMENTS

RELEASE: dict[str, Any] = {
    "id": "tempo/tracing/tempo",
    "role": "tempo",
    "name": "tempo",
    "namespace": "tracing",
    "kubeconfig": "",
    "kube_context": "",
    "helm_binary": "",
    "state": "present",
    "revision": 0,
    "adopt": False,
    "workloads": [{"kind": "StatefulSet", "name": "tempo"}],
}
CONTENT: dict[str, Any] = {
    "requirements": {"permissions": [{"resource": "configmaps", "verbs": ["get"]}], "storage": [{"size": "1Gi"}]},
    "network_policy": {},
    "role_values": {"tempo": {"tag": "2.9.0", "env": ["a", "b"]}, "replicas": 1},
    "user_values": {},
    "values_files": [],
    "fixed_values": {},
}
RUN: dict[str, Any] = {
    "chart": {"ref": "tempo", "repo_url": "https://charts.example", "version": 1.24},
    "user_values": {},
    "user_values_name": "tempo_values",
    "services": [],
    "platform": "",
    "least_requirements": {"min_version": "1.25", "permissions": [], "storage": [], "crds": []},
    "permissions": [{"resource": "secrets", "verbs": ["list"]}],
    "render": False,
    "kubernetes_core": "6.4.0",
}


def options(
    content: dict[str, Any] | None = None, release: dict[str, Any] | None = None, run: dict[str, Any] | None = None
) -> dict[str, Any]:
    return release_options(CONTENT | (content or {}), RELEASE | (release or {}), RUN | (run or {}))


def test_it_makes_options_that_the_module_takes() -> None:
    assert options().keys() - {"id"} <= RELEASE_ARGUMENTS.keys()


def test_values_of_the_user_are_over_those_of_the_role_and_lists_replace_lists() -> None:
    found = options(run={"user_values": {"tempo": {"env": ["c"]}}})
    assert found["values"] == {"tempo": {"tag": "2.9.0", "env": ["c"]}, "replicas": 1}
    assert found["user_values"] == {"tempo": {"env": ["c"]}}


def test_a_fresh_value_that_the_user_has_set_is_the_users() -> None:
    content = {"fresh_values": {"runId": "new", "seed": 1}}
    assert options(content, run={"user_values": {"runId": "mine"}})["fresh_values"] == {"seed": 1}


def test_an_unset_kubeconfig_is_what_the_environment_says() -> None:
    found = options()
    assert (found["kubeconfig"], found["context"]) == (None, None)
    assert options(release={"kube_context": "kind"})["context"] == "kind"


def test_a_version_that_yaml_reads_as_a_number_stays_a_text() -> None:
    assert options()["chart_version"] == "1.24"


def test_a_network_policy_is_an_object_of_its_own_and_needs_its_permissions() -> None:
    found = options({"network_policy": {"podSelector": {}}, "objects": [{"kind": "ConfigMap"}]})
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "tempo"}, "spec": {"podSelector": {}}}
    assert found["objects"] == [policy, {"kind": "ConfigMap"}]
    assert [one["resource"] for one in found["preflight"]["permissions"]] == [
        "configmaps",
        "secrets",
        "networkpolicies",
    ]


def test_without_a_policy_nothing_about_policies_is_asked_for() -> None:
    found = options()
    assert found["objects"] == []
    assert [one["resource"] for one in found["preflight"]["permissions"]] == ["configmaps", "secrets"]


def test_a_platform_is_known_by_a_kind() -> None:
    monitors = {"name": "servicemonitors.monitoring.coreos.com"}
    found = options({"requirements": {"permissions": [], "crds": [monitors]}}, run={"platform": "openshift"})
    assert [one["name"] for one in found["preflight"]["crds"]] == [
        "servicemonitors.monitoring.coreos.com",
        "securitycontextconstraints.security.openshift.io",
    ]


def test_what_the_role_requires_is_over_the_least() -> None:
    found = options({"requirements": {"permissions": [], "min_version": "1.30"}}, run={"services": [{"name": "alloy"}]})
    assert found["preflight"] == {
        "min_version": "1.30",
        "permissions": RUN["permissions"],
        "storage": [],
        "crds": [],
        "release_name": "tempo",
        "services": [{"name": "alloy"}],
    }


def test_a_rollback_says_to_which_revision() -> None:
    found = options(release={"state": "rolled_back", "revision": "3"})
    assert (found["roll_back"], found["revision"]) == (True, 3)
    assert options(release={"revision": ""})["revision"] == 0


def test_a_content_without_one_of_its_keys_is_refused() -> None:
    content = {name: value for name, value in CONTENT.items() if name != "role_values"}
    with pytest.raises(TracingError, match="content of the release of role tempo lacks role_values"):
        release_options(content, RELEASE, RUN)


def test_a_key_that_nothing_reads_is_refused() -> None:
    with pytest.raises(TracingError, match="has role_valeus"):
        options({"role_valeus": {}})


def test_layers_are_not_changed_by_being_merged() -> None:
    below: dict[str, Any] = {"a": {"b": 1}}
    assert merged([below, {"a": {"c": 2}}, {"a": {"b": None}}]) == {"a": {"b": None, "c": 2}}
    assert below == {"a": {"b": 1}}
