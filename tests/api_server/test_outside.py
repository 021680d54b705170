# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways into Alloy from outside the cluster: what a real API server makes of their objects."""

from __future__ import annotations

import time
from typing import Any

from api_server import ApiServer
from live_plays import Plays

# As far as an API server has to know them; no controller acts on them here.
CRDS = {
    "gateway.networking.k8s.io": [("HTTPRoute", "httproutes"), ("GRPCRoute", "grpcroutes")],
    "cert-manager.io": [("Certificate", "certificates")],
}
SETTINGS: dict[str, Any] = {
    "alloy_outside_service": {"type": "NodePort"},
    "alloy_outside_tls": {"issuer": "ours", "hosts": ["otlp.example.com", "203.0.113.7"]},
    "alloy_ingress": {
        "enabled": True,
        "host": "otlp.example.com",
        "grpc_host": "otlp-grpc.example.com",
        "tls_secret": "otlp-tls",
        "grpc_annotations": {"nginx.ingress.kubernetes.io/backend-protocol": "GRPC"},
    },
    "alloy_gateway_routes": {
        "enabled": True,
        "host": "otlp.example.org",
        "grpc_host": "otlp-grpc.example.org",
        "gateway": "shared",
    },
    "alloy_outside_auth": {"type": "basic", "secret": "senders"},
}


def make_crd(cluster: ApiServer, group: str, kind: str, plural: str) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    metadata = {"name": f"{plural}.{group}"}
    if group.endswith("k8s.io"):  # whose names are protected
        metadata["annotations"] = {"api-approved.kubernetes.io": "unapproved, for a test"}  # type: ignore[assignment]
    body = {
        "metadata": metadata,
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)


def wait_until_served(cluster: ApiServer, name: str) -> None:
    end, seen = time.monotonic() + 60, []
    while "Established" not in seen and time.monotonic() < end:
        time.sleep(0.5)
        found = cluster.ask("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}").content
        seen = [one["type"] for one in (found.get("status") or {}).get("conditions") or [] if one["status"] == "True"]
    assert "Established" in seen, name


def paths(namespace: str) -> dict[str, str]:
    made = {
        plural: f"/apis/{group}/v1/namespaces/{namespace}/{plural}"
        for group, kinds in CRDS.items()
        for _, plural in kinds
    }
    core = {"services": "/api/v1", "ingresses": "/apis/networking.k8s.io/v1"}
    return {**made, **{plural: f"{root}/namespaces/{namespace}/{plural}" for plural, root in core.items()}}


def test_what_is_missing_is_named_and_what_is_there_is_used(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    settings = {"alloy_namespace": namespace, **SETTINGS}
    refused = plays.role("alloy", settings)
    assert refused.code != 0
    for words in ("httproutes.gateway.networking.k8s.io", "grpcroutes.gateway", "certificates.cert-manager.io"):
        assert words in refused.failures[-1]
    assert cluster.names(paths(namespace)["services"]) == []

    for group, kinds in CRDS.items():
        for kind, plural in kinds:
            make_crd(cluster, group, kind, plural)
            wait_until_served(cluster, f"{plural}.{group}")
    where = paths(namespace)
    plays.role("alloy", settings).assert_ok()
    assert {plural: sorted(cluster.names(path)) for plural, path in where.items()} == {
        "services": ["alloy", "alloy-outside", "alloy-proxied"],
        "ingresses": ["alloy", "alloy-grpc"],
        "httproutes": ["alloy"],
        "grpcroutes": ["alloy"],
        "certificates": ["alloy-outside"],
    }
    assert plays.role("alloy", settings).assert_ok().changed == 0

    plays.role("alloy", {"alloy_namespace": namespace}).assert_ok()
    left = {plural: cluster.names(path) for plural, path in where.items()}
    assert left == {plural: ["alloy"] if plural == "services" else [] for plural in where}
