# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole stacks on an API server that refuses what a platform refuses: each is taken with its own platform alone."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import ApiServer
from live_plays import Plays

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CONSTRAINTS = "securitycontextconstraints.security.openshift.io"
PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
}
PARTS = {"prometheus-server", "tempo", "alloy", "grafana", "k6-traces", "tempo-vulture"}
STACK = {"k8s_tracing_tempo_vulture_enabled": True, "k6_trace_generator_duration": "endless"}
# What every part breaks that was made for the other platform: its own ids, or its own resources.
REFUSED = {"openshift": "is not in the range of the namespace", "gke_autopilot": "requests and limits are not equal"}
OTHER = {"openshift": "gke_autopilot", "gke_autopilot": "openshift"}
RANGE = {"openshift.io/sa.scc.uid-range": "1000680000/10000"}
PROBE = {
    "metadata": {"name": "probe"},
    "spec": {
        "selector": {"matchLabels": {"app": "probe"}},
        "template": {
            "metadata": {"labels": {"app": "probe"}},
            "spec": {"securityContext": {"runAsUser": 1}, "containers": [{"name": "probe", "image": "probe"}]},
        },
    },
}


def test_a_cluster_that_is_not_openshift_is_told(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    given = {"tempo_namespace": namespace, "k8s_tracing_platform": "openshift"}
    done = plays.role("tempo", given)
    assert done.code != 0
    assert f"does not know {CONSTRAINTS}, needed for k8s_tracing_platform=openshift" in done.failures[-1]
    assert cluster.names(f"/apis/apps/v1/namespaces/{namespace}/statefulsets") == []


@dataclass(frozen=True)
class Stack:
    namespace: str
    variables: dict[str, Any]
    workloads: list[dict[str, Any]]


@pytest.fixture(scope="module")
def stacks(cluster: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stack]]:
    """A stack for each platform, in a namespace where the platform's policy is in force."""
    make_constraints(cluster)
    names = {platform: restrict(cluster, platform) for platform in REFUSED}

    def install(platform: str) -> Stack:
        given = {**STACK, "k8s_tracing_namespace": names[platform], "k8s_tracing_platform": platform}
        Plays(cluster, tmp_path_factory.mktemp(platform)).playbook("site", given).assert_ok()
        return Stack(names[platform], given, workloads(cluster, names[platform]))

    try:
        with ThreadPoolExecutor() as pool:
            yield dict(zip(REFUSED, pool.map(install, REFUSED), strict=True))
    finally:
        cluster.ask("DELETE", f"{CRDS}/{CONSTRAINTS}")
        for name in names.values():
            cluster.ask("DELETE", f"{POLICIES}ybindings/{name}")
            cluster.ask("DELETE", f"{POLICIES}ies/{name}")
            cluster.remove_namespace(name)


def make_constraints(cluster: ApiServer) -> None:
    """The kind by which OpenShift is known, and no constraint of it."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"plural": CONSTRAINTS.partition(".")[0], "kind": "SecurityContextConstraints"}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": CONSTRAINTS.partition(".")[2], "scope": "Cluster", "names": names, "versions": [version]}
    cluster.create(CRDS, {"metadata": {"name": CONSTRAINTS}, "spec": spec})
    until = time.monotonic() + 60
    while not established(cluster.ask("GET", f"{CRDS}/{CONSTRAINTS}").content):
        assert time.monotonic() < until, "the kind was never served"
        time.sleep(0.2)


def established(kind: dict[str, Any]) -> bool:
    conditions = kind.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def restrict(cluster: ApiServer, platform: str) -> str:
    """A new namespace, when the policy is in force there."""
    name = f"{platform.replace('_', '-')}-{uuid.uuid4().hex[:8]}"
    cluster.create("/api/v1/namespaces", {"metadata": {"name": name, "annotations": RANGE}})
    policy = yaml.safe_load((Path(__file__).parent / "policies" / f"{platform}.yml").read_text(encoding="utf-8"))
    policy["metadata"]["name"] = name
    cluster.create(f"{POLICIES}ies", policy)
    label = {"matchLabels": {"kubernetes.io/metadata.name": name}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": label}}
    cluster.create(f"{POLICIES}ybindings", {"metadata": {"name": name}, "spec": binding})
    until = time.monotonic() + 60
    while not refusal(cluster, name, {"kind": "Deployment", **PROBE}):
        assert time.monotonic() < until, "the policy never came into force"
        time.sleep(0.5)
    return name


def workloads(cluster: ApiServer, namespace: str) -> list[dict[str, Any]]:
    found = []
    for kind, path in PATHS.items():
        for one in cluster.ask("GET", path.format(namespace)).content["items"]:
            kept = {key: one["metadata"][key] for key in ("name", "labels")}
            found.append({"kind": kind, "metadata": kept, "spec": one["spec"]})
    return found


def refusal(cluster: ApiServer, namespace: str, one: dict[str, Any]) -> str:
    body = {"apiVersion": "apps/v1", **one}
    answer = cluster.ask("POST", PATHS[one["kind"]].format(namespace) + "?dryRun=All", body)
    return str(answer.content["message"]) if answer.status == 422 else ""


@pytest.mark.case("D5")
@pytest.mark.parametrize("platform", REFUSED)
def test_a_platform_takes_its_stack_alone(cluster: ApiServer, stacks: dict[str, Stack], platform: str) -> None:
    own, other = stacks[platform], stacks[OTHER[platform]]
    assert {one["metadata"]["name"] for one in own.workloads} == PARTS
    said = {one["metadata"]["name"]: refusal(cluster, own.namespace, one) for one in other.workloads}
    assert set(said) == PARTS
    assert {name: words for name, words in said.items() if REFUSED[platform] not in words} == {}


@pytest.mark.parametrize("platform", REFUSED)
def test_a_role_without_the_platform_is_refused(plays: Plays, stacks: dict[str, Stack], platform: str) -> None:
    without = plays.role("alloy", {**stacks[platform].variables, "k8s_tracing_platform": ""})
    assert without.code != 0
    assert REFUSED[platform] in without.text


def test_a_second_run_changes_nothing(plays: Plays, stacks: dict[str, Stack]) -> None:
    """A value that takes one of the chart's away is no change that comes again."""
    assert plays.role("tempo", stacks["openshift"].variables).assert_ok().changed == 0
