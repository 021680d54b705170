# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, quotas and neighbours, on an API server: what two stacks share, and what a cluster refuses."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from api_server import ApiServer
from live_plays import Plays

RBAC = "/apis/rbac.authorization.k8s.io/v1"
# One part alone: nothing that it leads to is there.
ALONE = {"k8s_tracing_allow_missing_targets": True}
K8S_ATTRIBUTES = {"alloy_k8s_attributes_enabled": True}


@pytest.fixture
def other_namespace(cluster: ApiServer) -> Iterator[str]:
    name = cluster.make_namespace(f"test-{uuid.uuid4().hex[:8]}")
    yield name
    cluster.remove_namespace(name)


def names(cluster: ApiServer, namespace: str) -> set[str]:
    """What is in a namespace, but for what Kubernetes itself puts there."""
    paths = {
        "/api/v1": ("configmaps", "secrets", "services"),
        "/apis/apps/v1": ("statefulsets", "deployments"),
        "/apis/networking.k8s.io/v1": ("networkpolicies",),
    }
    found = {
        f"{kind}/{name}"
        for group, kinds in paths.items()
        for kind in kinds
        for name in cluster.names(f"{group}/namespaces/{namespace}/{kind}")
    }
    return found - {"configmaps/kube-root-ca.crt"}


@pytest.mark.case("D1")
def test_a_name_too_long_changes_nothing(plays: Plays, namespace: str) -> None:
    name = "t" * 53
    done = plays.role("tempo", {"tempo_namespace": namespace, "tempo_release_name": name})
    assert done.code != 0
    assert f"tempo_release_name is '{name}', which has 53 characters: use 52 at most" in done.failures[-1]
    assert names(plays.cluster, namespace) == set()


@pytest.mark.case("D1")
def test_the_longest_name_is_taken(plays: Plays, namespace: str) -> None:
    name = "t" * 52
    plays.role("tempo", {"tempo_namespace": namespace, "tempo_release_name": name, **ALONE}).assert_ok()
    assert f"statefulsets/{name}" in names(plays.cluster, namespace)


@pytest.mark.case("D2")
def test_two_stacks_have_cluster_roles_of_their_own(plays: Plays, namespace: str, other_namespace: str) -> None:
    for one in (namespace, other_namespace):
        plays.role("alloy", {"alloy_namespace": one, **ALONE, **K8S_ATTRIBUTES}).assert_ok()
    both = {f"{namespace}-alloy", f"{other_namespace}-alloy"}
    assert both <= set(plays.cluster.names(f"{RBAC}/clusterroles"))
    plays.role("alloy", {"alloy_namespace": namespace, "alloy_state": "absent"}).assert_ok()
    for kind in ("clusterroles", "clusterrolebindings"):
        assert both & set(plays.cluster.names(f"{RBAC}/{kind}")) == {f"{other_namespace}-alloy"}
    plays.role("alloy", {"alloy_namespace": other_namespace, "alloy_state": "absent"}).assert_ok()


@pytest.mark.case("D2")
def test_an_upgrade_moves_the_old_cluster_role(plays: Plays, namespace: str) -> None:
    """The release as it was made before: with the chart's own ClusterRole, named after the release alone."""
    old = {"rbac": {"create": True, "rules": [rule("pods")], "clusterRules": [rule("namespaces")]}}
    given = {"alloy_namespace": namespace, "alloy_release_name": f"alloy-{namespace}", **ALONE}
    plays.role("alloy", {**given, "alloy_values": old}).assert_ok()
    assert f"alloy-{namespace}" in plays.cluster.names(f"{RBAC}/clusterroles")
    plays.role("alloy", {**given, **K8S_ATTRIBUTES}).assert_ok()
    roles = plays.cluster.names(f"{RBAC}/clusterroles")
    assert f"alloy-{namespace}" not in roles
    assert f"{namespace}-alloy-{namespace}" in roles
    plays.role("alloy", {**given, "alloy_state": "absent"}).assert_ok()


def rule(resource: str) -> dict[str, Any]:
    return {"apiGroups": [""], "resources": [resource], "verbs": ["get", "list", "watch"]}


@pytest.mark.case("D2")
def test_adopt_takes_nothing_from_another_namespace(plays: Plays, namespace: str, other_namespace: str) -> None:
    shared = {"extraObjects": [{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1}]}
    shared["extraObjects"][0]["metadata"] = {"name": f"spans-{namespace}"}
    plays.role("alloy", {"alloy_namespace": namespace, "alloy_values": shared, **ALONE}).assert_ok()
    done = plays.role(
        "alloy", {"alloy_namespace": other_namespace, "alloy_values": shared, "alloy_adopt": True, **ALONE}
    )
    assert done.code != 0
    assert f"PriorityClass/spans-{namespace} belongs to release alloy in namespace {namespace}" in done.failures[-1]
    assert names(plays.cluster, other_namespace) == set()
    plays.role("alloy", {"alloy_namespace": namespace, "alloy_state": "absent"}).assert_ok()


@pytest.mark.case("D3")
def test_a_role_in_a_loop_over_item_removes_the_claims_of_each(
    plays: Plays, namespace: str, other_namespace: str
) -> None:
    both = [namespace, other_namespace]
    for one in both:
        claim = {
            "metadata": {
                "name": "storage-tempo-0",
                "labels": {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/instance": "tempo"},
            },
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
        plays.cluster.create(f"/api/v1/namespaces/{one}/persistentvolumeclaims", claim)
    task = {
        "name": "Remove Tempo",
        "ansible.builtin.include_role": {"name": "tracelab.k8s_tracing.tempo"},
        "loop": both,
        "vars": {"tempo_namespace": "{{ item }}", "tempo_state": "absent", "tempo_remove_data": True},
    }
    plays.run([task]).assert_ok()
    for one in both:
        assert plays.cluster.names(f"/api/v1/namespaces/{one}/persistentvolumeclaims") == []


@pytest.mark.case("D4")
@pytest.mark.parametrize("resource", ["count/statefulsets.apps", "services", "count/secrets", "persistentvolumeclaims"])
def test_a_full_quota_is_told_first(plays: Plays, namespace: str, resource: str) -> None:
    quota = {"metadata": {"name": "full"}, "spec": {"hard": {resource: "0"}}}
    plays.cluster.create(f"/api/v1/namespaces/{namespace}/resourcequotas", quota)
    given = {"tempo_namespace": namespace, "tempo_persistence_enabled": True, **ALONE}
    done = plays.role("tempo", given)
    assert done.code != 0
    assert "ResourceQuota full of namespace" in done.failures[-1]
    assert resource in done.failures[-1]
    assert names(plays.cluster, namespace) == set()


@pytest.mark.case("D5")
def test_a_cluster_that_chooses_the_users_takes_the_generator(plays: Plays, namespace: str) -> None:
    """As OpenShift does it: a pod may not ask for a user."""
    label = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    rules = [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["jobs"]}]
    user = "!has(object.spec.template.spec.securityContext.runAsUser)"
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
    spec = {"matchConstraints": {"resourceRules": rules}, "validations": [{"expression": user, "message": "no users"}]}
    plays.cluster.create(f"{policies}ies", {"metadata": {"name": namespace}, "spec": spec})
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": label}}
    plays.cluster.create(f"{policies}ybindings", {"metadata": {"name": namespace}, "spec": binding})
    probe = {"metadata": {"name": "probe"}, "spec": {"template": {"spec": PROBE}}}
    wait_until_refused(plays.cluster, f"/apis/batch/v1/namespaces/{namespace}/jobs?dryRun=All", probe)
    given = {"k6_trace_generator_namespace": namespace, "k6_trace_generator_duration": "10s"}
    given["k6_trace_generator_otlp_grpc_endpoint"] = "collector.example.com:4317"
    done = plays.role("k6_trace_generator", given)
    assert done.code != 0
    assert "no users" in done.text
    values = {"podSecurityContext": {"runAsUser": None, "runAsGroup": None}}
    plays.role("k6_trace_generator", {**given, "k6_trace_generator_values": values}).assert_ok()
    assert len(plays.cluster.names(f"/apis/batch/v1/namespaces/{namespace}/jobs")) == 1


PROBE = {
    "restartPolicy": "Never",
    "securityContext": {"runAsUser": 1},
    "containers": [{"name": "probe", "image": "probe"}],
}


def wait_until_refused(cluster: ApiServer, path: str, body: dict[str, Any]) -> None:
    """A policy is in force a moment after it was made."""
    until = time.monotonic() + 60
    while cluster.ask("POST", path, body).status != 422:
        assert time.monotonic() < until, "the policy never came into force"
        time.sleep(0.5)
