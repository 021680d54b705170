# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Tempo's settings may not be together, what a running Tempo must be, and the parts of a release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import tempo_components
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems

SETTINGS: dict[str, Any] = {
    "storage_backend": "local",
    "storage": {},
    "storage_secret": "",
    "platform": "",
    "cloud_identity": "",
    "cache": {},
    "tenant_limits": {},
    "multitenancy": False,
    "metrics_generator": True,
    "traceql_metrics": True,
    "traceql_needs_generator": True,
    "app_major": "2",
    "distributed": False,
    "autoscaling": {},
    "replicas": {},
    "requests": {"cpu": "100m", "memory": "256Mi"},
}
RUNNING: dict[str, Any] = {
    "status": {"major": 3, "version": "3.0.3", "multitenancy": False},
    "own_values": False,
    "image_tag": "3.0.3",
    "major": 0,
    "app_major": "3",
    "storage_backend": "local",
    "multitenancy": False,
    "retention": "48h",
    "compaction": "backend_worker",
    "profile": "low_latency",
}
CONFIG = {
    "storage": {"trace": {"backend": "local"}},
    "backend_worker": {"compaction": {"block_retention": "48h0m0s"}},
    "query_frontend": {"query_end_cutoff": "0s"},
}
ARN = "arn:aws:iam::111122223333:role/tempo"
ON_EKS: dict[str, Any] = {
    "platform": "eks",
    "cloud_identity": ARN,
    "storage_backend": "s3",
    "storage": {"bucket": "b", "endpoint": "e"},
}
CLIENT = "00000000-0000-0000-0000-000000000000"
ON_AKS: dict[str, Any] = {
    "platform": "aks",
    "cloud_identity": CLIENT,
    "storage_backend": "azure",
    "storage": {"container_name": "c", "storage_account_name": "a"},
}
ON_GKE: dict[str, Any] = {
    "platform": "gke_autopilot",
    "cloud_identity": "tempo@project.iam.gserviceaccount.com",
    "storage_backend": "gcs",
    "storage": {"bucket_name": "b"},
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ON_EKS, ""),
        (ON_AKS, ""),
        (ON_GKE, ""),
        (
            {**ON_EKS, "platform": "openshift"},
            f"tempo_cloud_identity is '{ARN}', and k8s_tracing_platform is 'openshift', which has none: set it to eks, "
            "gke_autopilot, aks, or set tempo_service_account_annotations instead.",
        ),
        (
            {**ON_EKS, "cloud_identity": CLIENT},
            f"tempo_cloud_identity is '{CLIENT}', which k8s_tracing_platform=eks does not know: give it as {ARN}.",
        ),
        (
            {**ON_EKS, "storage_backend": "local", "storage": {}},
            f"tempo_cloud_identity is '{ARN}', which opens s3 alone, but tempo_storage_backend is local: set it to s3.",
        ),
        (
            {**ON_EKS, "storage_secret": "keys"},
            f"tempo_cloud_identity is '{ARN}', but Tempo would take the keys of tempo_storage_secret (keys): leave one "
            "of them out.",
        ),
        (
            {**ON_AKS, "storage": {**ON_AKS["storage"], "use_managed_identity": True}},
            f"tempo_cloud_identity is '{CLIENT}', but tempo_storage_azure has use_managed_identity: leave one "
            "of them out.",
        ),
        ({}, ""),
        ({"storage_backend": "s3", "storage": {"bucket": "b", "endpoint": "e"}}, ""),
        (
            {"storage_backend": "s3", "storage": {"bucket": "", "region": "r"}},
            "tempo_storage_s3 lacks bucket and endpoint, which tempo_storage_backend=s3 needs: set it there.",
        ),
        (
            {"storage_backend": "gcs"},
            "tempo_storage_gcs lacks bucket_name, which tempo_storage_backend=gcs needs: set it there.",
        ),
        (
            {"storage_backend": "azure", "storage": {"container_name": "c"}},
            "tempo_storage_azure lacks storage_account_name, which tempo_storage_backend=azure needs: set it there.",
        ),
        ({"distributed": True, "autoscaling": {"querier": {}}, "replicas": {"distributor": 2}}, ""),
        (
            {"autoscaling": {"querier": {}}},
            "tempo_autoscaling is set, but tempo_mode is monolithic, where one process does everything: set tempo_mode "
            "to distributed, or leave it out.",
        ),
        (
            {"distributed": True, "autoscaling": {"querier": {}}, "replicas": {"querier": 2}},
            "tempo_autoscaling.querier and tempo_replicas.querier are both set: leave the second out, since "
            "min_replicas stands for it.",
        ),
        (
            {"distributed": True, "autoscaling": {"distributor": {"max_replicas": 1}}},
            "tempo_autoscaling.distributor has min_replicas 2 and max_replicas 1: the first must be 1 or more, and no "
            "more than the second.",
        ),
        (
            {"distributed": True, "autoscaling": {"distributor": {"cpu_percent": 0}}},
            "tempo_autoscaling.distributor has no target: set cpu_percent or memory_percent above 0.",
        ),
        (
            {"distributed": True, "autoscaling": {"querier": {}}, "requests": {"memory": "1Gi"}},
            "tempo_autoscaling.querier has the target cpu_percent, and tempo_resources requests no cpu: set "
            "requests.cpu.",
        ),
        ({"cache": {"type": "redis", "address": "redis:6379"}}, ""),
        (
            {"cache": {"type": "redis"}},
            "tempo_cache is {'type': 'redis'}: give type (memcached or redis) and address (host:port).",
        ),
        (
            {"cache": {"type": "disk", "address": "a:1"}},
            "tempo_cache is {'type': 'disk', 'address': 'a:1'}: give type (memcached or redis) and address "
            "(host:port).",
        ),
        ({"metrics_generator": False, "traceql_metrics": False}, ""),
        ({"metrics_generator": False, "traceql_needs_generator": False}, ""),
        (
            {"metrics_generator": False},
            "tempo_traceql_metrics_enabled is true, but tempo_metrics_generator_enabled is false: Tempo 2 "
            "answers TraceQL "
            "metrics from the metrics generator only. Switch on both, or neither.",
        ),
        ({"tenant_limits": {"single-tenant": {"read": {}}}}, ""),
        (
            {"tenant_limits": {"single-tenant": {}, "shop": {}}},
            "tempo_tenant_limits names single-tenant, shop, but tempo_multitenancy_enabled is false, so that all "
            "traces "
            "belong to the tenant single-tenant: switch it on, or use tempo_limits.",
        ),
        ({"multitenancy": True, "tenant_limits": {"shop": {"global": {}, "ingestion": {}}}}, ""),
        (
            {"multitenancy": True, "tenant_limits": {"a": {"x": {}, "read": {}}, "b": {"y": {}, "x": {}}}},
            "tempo_tenant_limits has x, y, which is no section of Tempo's overrides: use compaction, cost_attribution, "
            "forwarders, global, ingestion, metrics_generator, read, storage.",
        ),
    ],
)
def test_settings(given: Mapping[str, Any], expected: str) -> None:
    assert setting_problems({**SETTINGS, **given}, "tempo") == ([expected] if expected else [])


def running(config: Mapping[str, Any] | None, **given: Any) -> list[str]:
    status = {**RUNNING["status"], **given.pop("status", {}), "config": config}
    return setting_problems({**RUNNING, **given, "status": status}, "tempo_running")


@pytest.mark.parametrize(
    ("config", "given", "expected"),
    [
        (CONFIG, {}, ""),
        (None, {}, ""),
        ({}, {"status": {"major": None, "multitenancy": None}, "multitenancy": True}, ""),
        (
            CONFIG,
            {"status": {"major": 2, "version": "2.10.8"}},
            "Tempo 2.10.8 runs, but tempo_image_tag 3.0.3 (tempo_major 0) says 3: correct the one that is wrong.",
        ),
        (
            {**CONFIG, "storage": {"trace": {"backend": "s3"}}},
            {},
            "Tempo keeps its blocks in 's3' instead of 'local' (tempo_storage_backend): apply the release again.",
        ),
        (
            {**CONFIG, "storage": None},
            {},
            "Tempo keeps its blocks in '' instead of 'local' (tempo_storage_backend): apply the release again.",
        ),
        (
            CONFIG,
            {"multitenancy": True},
            "Tempo runs with multitenancy off, contrary to tempo_multitenancy_enabled: apply the release again.",
        ),
        (
            None,
            {"status": {"multitenancy": True}},
            "Tempo runs with multitenancy on, contrary to tempo_multitenancy_enabled: apply the release again.",
        ),
        (
            CONFIG,
            {"retention": "24h"},
            "Tempo keeps blocks for 48h0m0s instead of 24h (tempo_retention): the chart does not pass it on; use "
            "the chart "
            "version that this role pins.",
        ),
        (CONFIG, {"retention": "90m"}, ""),
        (CONFIG, {"retention": "24h", "compaction": "compactor"}, ""),
        (
            {**CONFIG, "query_frontend": {"query_end_cutoff": "30s"}},
            {},
            "Tempo hides the last 30s from search, though tempo_profile is low_latency: the chart does not pass "
            "query_end_cutoff on; use the chart version that this role pins.",
        ),
        ({**CONFIG, "query_frontend": None}, {}, ""),
        ({**CONFIG, "query_frontend": {"query_end_cutoff": "30s"}}, {"profile": "throughput"}, ""),
        (
            {**CONFIG, "query_frontend": {"query_end_cutoff": "30s"}},
            {"app_major": "2", "status": {"major": 2}, "compaction": "compactor"},
            "",
        ),
    ],
)
def test_running(config: Mapping[str, Any] | None, given: Mapping[str, Any], expected: str) -> None:
    assert running(config, **given) == ([expected] if expected else [])


def test_own_values_leave_the_version() -> None:
    [line] = running({}, own_values=True, status={"major": 2, "multitenancy": True})
    assert "correct the one that is wrong" in line


def test_one_process() -> None:
    made = tempo_components(
        [{"name": "", "kind": "StatefulSet", "replicas": 1}], "tempo", {"requests": {"cpu": "1"}}, {}
    )
    assert made == {
        "workloads": [{"kind": "StatefulSet", "name": "tempo"}],
        "pods": [{"name": "tempo", "replicas": 1, "requests": {"cpu": "1"}, "limits": {}}],
        "values": {},
    }


def test_components() -> None:
    rows = [
        {"name": "querier", "section": "querier", "kind": "Deployment", "replicas": 2},
        {
            "name": "backend-scheduler",
            "section": "backendScheduler",
            "kind": "StatefulSet",
            "replicas": 1,
            "single": True,
        },
    ]
    made = tempo_components(rows, "t", {"limits": {"memory": "1Gi"}}, {"affinity": "{}"})
    assert made["workloads"] == [
        {"kind": "Deployment", "name": "t-querier"},
        {"kind": "StatefulSet", "name": "t-backend-scheduler"},
    ]
    assert [pod["replicas"] for pod in made["pods"]] == [2, 1]
    assert {str(pod["limits"]) for pod in made["pods"]} == {"{'memory': '1Gi'}"}
    assert made["values"] == {"querier": {"affinity": "{}", "replicas": 2}, "backendScheduler": {"affinity": "{}"}}


def test_an_autoscaler_begins_with_its_fewest_pods() -> None:
    row = {"name": "querier", "section": "querier", "kind": "Deployment", "replicas": 1}
    made = tempo_components([{**row, "autoscaling": {"min_replicas": 3, "memory_percent": 80}}], "t", {}, {})
    assert [pod["replicas"] for pod in made["pods"]] == [3]
    assert made["values"]["querier"] == {
        "replicas": 3,
        "autoscaling": {
            "enabled": True,
            "minReplicas": 3,
            "maxReplicas": 5,
            "targetCPUUtilizationPercentage": 70,
            "targetMemoryUtilizationPercentage": 80,
        },
    }
    # One that says nothing has all that is said nowhere; one that is not there is none.
    assert tempo_components([{**row, "autoscaling": {}}], "t", {}, {})["pods"][0]["replicas"] == 2
    assert "autoscaling" not in tempo_components([row], "t", {}, {})["values"]["querier"]


def test_pods_are_kept_apart_where_that_can_be() -> None:
    row = {"name": "querier", "section": "querier", "kind": "Deployment", "replicas": 2}
    assert "affinity" not in tempo_components([row], "t", {}, {}, "required")["values"]["querier"]
    found = json.loads(tempo_components([row], "t", {}, {}, "preferred")["values"]["querier"]["affinity"])
    terms = found["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert [one["podAffinityTerm"]["topologyKey"] for one in terms] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    labels = terms[0]["podAffinityTerm"]["labelSelector"]["matchLabels"]
    assert labels == {
        f"app.kubernetes.io/{key}": value
        for key, value in zip(("name", "instance", "component"), ("tempo", "t", "querier"), strict=True)
    }
    # What the user says stands instead.
    assert tempo_components([row], "t", {}, {"affinity": "{}"}, "preferred")["values"]["querier"]["affinity"] == "{}"
