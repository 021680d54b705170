# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release on a real API server: planned, applied, applied again, removed."""

from __future__ import annotations

import json

import pytest
from api_server import ApiServer
from live_plays import Plays
from service_proxy import Asked, service_proxy


@pytest.mark.parametrize(
    ("role", "kind", "name"),
    [
        ("tempo", "statefulsets", "tempo"),
        ("alloy", "deployments", "alloy"),
        ("tempo_vulture", "deployments", "tempo-vulture"),
    ],
)
def test_a_role_applies_its_release_once(
    plays: Plays, cluster: ApiServer, namespace: str, role: str, kind: str, name: str
) -> None:
    variables = {f"{role}_namespace": namespace}
    workloads = f"/apis/apps/v1/namespaces/{namespace}/{kind}"
    plays.role(role, variables, arguments=["--check"]).assert_ok()
    assert cluster.names(workloads) == []
    first = plays.role(role, variables).assert_ok()
    assert first.changed > 0
    assert cluster.names(workloads) == [name]
    assert name in cluster.names(f"/api/v1/namespaces/{namespace}/services")
    assert plays.role(role, variables).assert_ok().changed == 0
    plays.role(role, {**variables, f"{role}_state": "absent"}).assert_ok()
    assert cluster.names(workloads) == []
    assert name not in cluster.names(f"/api/v1/namespaces/{namespace}/services")


def test_missing_permissions_are_named_before_anything_is_made(
    plays: Plays, cluster: ApiServer, namespace: str
) -> None:
    limited = cluster.write_kubeconfig(plays.folder / "limited", user="limited")
    outcome = plays.role("tempo", {"tempo_namespace": namespace, "k8s_tracing_kubeconfig": str(limited)})
    assert outcome.code != 0
    assert "This user may not get, create" in outcome.failures[-1]
    assert "secrets" in outcome.failures[-1]
    assert cluster.names(f"/api/v1/namespaces/{namespace}/secrets") == []


def test_a_service_is_asked_through_the_front(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    asked: list[Asked] = []

    def tempo(request: Asked) -> tuple[int, dict[str, str], bytes]:
        asked.append(request)
        content = {"version": "2.8.0"} if request.path == "/api/status/buildinfo" else {"traces": [], "metrics": {}}
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()

    with service_proxy(cluster, tempo) as url:
        parts = {"server": url, "certificate-authority": str(cluster.ca)}
        kubeconfig = cluster.write_kubeconfig(plays.folder / "front", cluster=parts)
        search = {"tracelab.k8s_tracing.tempo_search_info": {"namespace": namespace, "kubeconfig": str(kubeconfig)}}
        result = plays.run([{"name": "Search", **search}]).assert_ok().result("Search")
    assert result["traces"] == []
    assert {(one.namespace, one.name, one.method) for one in asked} == {(namespace, "tempo", "GET")}
