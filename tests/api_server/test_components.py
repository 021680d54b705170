# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tempo in components by upstream's chart on a real API server: autoscalers, disruption budgets, and who is kept apart.

CHARTS_DIR names the folder with upstream's charts, as for the test bed; there is no stand-in of this one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from live_plays import Plays

CHART = Path(os.environ.get("CHARTS_DIR", os.devnull)) / "tempo-distributed"
pytestmark = pytest.mark.skipif(
    not CHART.is_dir(), reason="no upstream chart: set CHARTS_DIR to a folder with tempo-distributed"
)
AUTOSCALED = {
    "tempo_mode": "distributed",
    "tempo_chart_ref": str(CHART),
    "tempo_storage_backend": "s3",
    "tempo_storage_s3": {"bucket": "traces", "endpoint": "s3.example.com"},
    "tempo_kafka_address": "kafka.example.com:9092",
    "tempo_kafka_partitions": 2,
    "tempo_replicas": {"query_frontend": 2},
    "tempo_autoscaling": {"distributor": {"min_replicas": 2, "max_replicas": 8}, "querier": {"memory_percent": 80}},
    "tempo_spread": "preferred",
}


def listed(cluster: ApiServer, namespace: str, path: str) -> dict[str, dict[str, Any]]:
    items = cluster.ask("GET", f"/apis/{path.replace('*', f'namespaces/{namespace}')}").content["items"]
    return {one["metadata"]["name"]: one["spec"] for one in items}


def test_components_that_scale_are_taken(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    given = {"k8s_tracing_namespace": namespace, **AUTOSCALED}
    plays.role("tempo", given).assert_ok()
    scalers = listed(cluster, namespace, "autoscaling/v2/*/horizontalpodautoscalers")
    assert {name: (one["minReplicas"], one["maxReplicas"]) for name, one in scalers.items()} == {
        "tempo-distributor": (2, 8),
        "tempo-querier": (2, 5),
    }
    aims = {
        name: {one["resource"]["name"]: one["resource"]["target"]["averageUtilization"] for one in spec["metrics"]}
        for name, spec in scalers.items()
    }
    assert aims == {"tempo-distributor": {"cpu": 70}, "tempo-querier": {"cpu": 70, "memory": 80}}
    # Each component that has several pods, and may lose one at a time.
    budgets = listed(cluster, namespace, "policy/v1/*/poddisruptionbudgets")
    assert {name: one["maxUnavailable"] for name, one in budgets.items()} == {
        f"tempo-{name}": 1 for name in ("block-builder", "distributor", "live-store", "querier", "query-frontend")
    }
    deployments = listed(cluster, namespace, "apps/v1/*/deployments")
    for spec in deployments.values():
        apart = spec["template"]["spec"]["affinity"]["podAntiAffinity"]
        assert "requiredDuringSchedulingIgnoredDuringExecution" not in apart
        assert apart["preferredDuringSchedulingIgnoredDuringExecution"]
    again = plays.role("tempo", given).assert_ok()
    assert again.changed == 0


def test_by_itself_the_chart_keeps_pods_on_nodes_of_their_own(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    given = {"k8s_tracing_namespace": namespace, **AUTOSCALED, "tempo_spread": "required", "tempo_autoscaling": {}}
    plays.role("tempo", given).assert_ok()
    deployments = listed(cluster, namespace, "apps/v1/*/deployments")
    apart = {
        name
        for name, spec in deployments.items()
        if "requiredDuringSchedulingIgnoredDuringExecution" in spec["template"]["spec"]["affinity"]["podAntiAffinity"]
    }
    assert apart == {f"tempo-{name}" for name in ("distributor", "metrics-generator", "querier", "query-frontend")}
    assert listed(cluster, namespace, "autoscaling/v2/*/horizontalpodautoscalers") == {}
