# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Canaries of several tenants on a real API server: one plan for all, a run that changes nothing, and their end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_server import ApiServer
from live_plays import Plays

KINDS = ("apps/v1/{}/deployments", "networking.k8s.io/v1/{}/networkpolicies")
LABEL = {"key": "kubernetes.io/metadata.name", "from": "namespace", "attribute": "tracing.namespace"}


@pytest.fixture
def tenants(cluster: ApiServer, namespace: str) -> Iterator[dict[str, str]]:
    """Namespaces that `site` makes, by the tenant whose canary is there."""
    found = {tenant: f"{namespace}-{tenant}" for tenant in ("a", "b")}
    yield found
    for name in found.values():
        cluster.remove_namespace(name)


def canaries(cluster: ApiServer, namespace: str) -> list[list[str]]:
    paths = [f"/api/v1/namespaces/{namespace}/services"]
    paths += [f"/apis/{kind.format(f'namespaces/{namespace}')}" for kind in KINDS]
    return [[name for name in cluster.names(path) if name == "tempo-vulture"] for path in paths]


def test_each_tenant_has_a_canary_until_it_is_removed(
    plays: Plays, cluster: ApiServer, namespace: str, tenants: dict[str, str]
) -> None:
    given = {
        "k8s_tracing_namespace": namespace,
        "k8s_tracing_status_seconds": 1,
        "k6_trace_generator_duration": "endless",
        "tempo_multitenancy_enabled": True,
        "tempo_vulture_read_interval": "0s",
        "alloy_k8s_attributes_enabled": True,
        "alloy_k8s_attributes_labels": [LABEL],
        "alloy_routes": [
            *(
                {"name": tenant, "attribute": "tracing.namespace", "values": [place], "tenant": tenant}
                for tenant, place in tenants.items()
            ),
            {"name": "rest", "default": True, "tenant": "rest"},
        ],
        "k8s_tracing_tempo_vulture_tenants": [
            {"tenant": tenant, "namespace": place} for tenant, place in tenants.items()
        ],
    }
    planned = plays.playbook("site", given).assert_ok().result("Plan the releases")["releases"]
    assert {f"tempo_vulture/{place}/tempo-vulture" for place in tenants.values()} <= planned.keys()
    assert f"tempo_vulture/{namespace}/tempo-vulture" not in planned
    for tenant, place in tenants.items():
        assert canaries(cluster, place) == [["tempo-vulture"]] * 3
        service = cluster.ask("GET", f"/api/v1/namespaces/{place}/services/tempo-vulture").content
        assert service["metadata"]["annotations"]["k8s-tracing/tenant"] == tenant
    assert plays.playbook("site", given).assert_ok().changed == 0
    path = f"/apis/apps/v1/namespaces/{tenants['b']}/deployments/tempo-vulture"
    assert cluster.ask("DELETE", path).status == 200
    screen = plays.playbook("status", given).assert_ok().result("Print the state of the stack")["msg"]
    assert any(f"not found in namespace {tenants['b']}" in line for line in screen)
    assert not any(f"not found in namespace {tenants['a']}" in line for line in screen)
    plays.playbook("uninstall", given, arguments=["--tags", "tempo_vulture"]).assert_ok()
    for place in tenants.values():
        assert canaries(cluster, place) == [[]] * 3
