# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests in place of an installation, applied by kubectl: the same objects, and the same answers of playbooks."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from essence import essences
from live_plays import CHARTS, Outcome, Plays
from loopback import program

PARTS = {"alloy", "grafana", "k6_trace_generator", "prometheus", "tempo", "tempo_vulture"}
PLACES = [
    *(f"/api/v1/namespaces/{{}}/{kind}" for kind in ("configmaps", "services", "serviceaccounts")),
    "/api/v1/namespaces/{}/persistentvolumeclaims",
    *(f"/apis/apps/v1/namespaces/{{}}/{kind}" for kind in ("deployments", "statefulsets", "daemonsets")),
    "/apis/batch/v1/namespaces/{}/jobs",
    "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
]


def kubectl(server: ApiServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("kubectl") or program("kubectl")
    if found is None:
        pytest.skip("kubectl is neither on the PATH nor in the cache: run `python3 -m testbed programs kubectl`")
    environment = {**os.environ, "KUBECONFIG": str(server.kubeconfig)}
    return subprocess.run(
        [found, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def objects(server: ApiServer, namespace: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for place in PLACES:
        answer = server.ask("GET", place.format(namespace))
        kind = answer.content["kind"].removesuffix("List")
        found.update(essences([{"kind": kind, **item} for item in answer.content["items"]], namespace))
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def given(namespace: str, tmp_path: Path) -> dict[str, Any]:
    return {
        "k8s_tracing_namespace": namespace,
        "k8s_tracing_render_dir": str(tmp_path / "manifests"),
        "k8s_tracing_render_kube_version": "1.34.4",
        "k8s_tracing_api_server_cidrs": ["127.0.0.1/32"],
        "k8s_tracing_tempo_vulture_enabled": True,
        "tempo_vulture_chart_ref": str(CHARTS / "tempo-vulture"),
        "tempo_vulture_chart_repo_url": "",
        "tempo_vulture_chart_version": "",
        "tempo_vulture_wait": False,
        "tempo_vulture_read_interval": "0s",
        "alloy_k8s_attributes_enabled": True,
        "k6_trace_generator_duration": "endless",
        "k6_trace_generator_run_id": "fixed",
        "grafana_anonymous_enabled": True,
        "k8s_tracing_status_seconds": 1,
        "k8s_tracing_report_dir": str(tmp_path / "report"),
    }


def make_secrets(server: ApiServer, rendered: Outcome) -> None:
    """Those that the playbook lists, with the keys that it names."""
    for one in rendered.result("Write the manifests")["secrets"]:
        data = {key: base64.b64encode(b"x").decode() for key in one["needed_keys"]}
        body = {"metadata": {"name": one["name"]}, "data": data}
        server.create(f"/api/v1/namespaces/{one['namespace']}/secrets", body)


def status(plays: Plays, given: dict[str, Any], server: ApiServer) -> Any:
    """What `status` finds, without ages, and without the kubeconfig in commands to paste."""
    asked = {**given, "k8s_tracing_kubeconfig": str(server.kubeconfig), "k8s_tracing_status_format": "json"}
    found = plays.playbook("status", asked).assert_ok().result("Print the state of the stack")["msg"]
    rows = [{key: value for key, value in row.items() if key != "age_seconds"} for row in found["components"]]
    text = json.dumps([rows, found["ok"], found["problems"], found["missing"], found["addresses"]])
    return json.loads(text.replace(str(server.kubeconfig), "KUBECONFIG"))


def test_what_is_rendered_is_what_helm_would_install(
    plays: Plays, cluster: ApiServer, second_cluster: ApiServer, namespace: str, given: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "manifests"
    nowhere = {**given, "k8s_tracing_kubeconfig": str(tmp_path / "no-kubeconfig")}
    assert plays.playbook("render", nowhere, arguments=["--check"]).assert_ok().changed == 1
    assert not folder.exists()
    rendered = plays.playbook("render", nowhere).assert_ok()
    assert rendered.changed == 1
    first = contents(folder)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == PARTS
    assert not [name for name in first if "/secret-" in name]
    assert plays.playbook("render", nowhere).assert_ok().changed == 0
    assert contents(folder) == first

    applied = kubectl(cluster, "apply", "-k", str(folder))
    assert applied.returncode == 0, applied.stderr
    make_secrets(cluster, rendered)
    compared = kubectl(cluster, "diff", "-k", str(folder))
    assert (compared.returncode, compared.stdout) == (0, ""), compared.stdout + compared.stderr

    there = {**given, "k8s_tracing_kubeconfig": str(second_cluster.kubeconfig)}
    plays.playbook("site", there).assert_ok()
    by_kubectl, by_helm = objects(cluster, namespace), objects(second_cluster, namespace)
    assert len(by_helm) > 25
    assert by_kubectl.keys() == by_helm.keys()
    for name, item in by_helm.items():
        assert by_kubectl[name] == item, name
    assert cluster.ask("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner=helm").content["items"] == []
    told = status(plays, given, cluster)
    assert told == status(plays, given, second_cluster)
    assert len(told[0]) == len(PARTS)
    # A proof finds the stack, and no pod that would answer.
    proof = plays.playbook("verify", {**given, "k8s_tracing_verify_generate": False, "k8s_tracing_verify_timeout": 2})
    assert f"Service {namespace}/tempo has no ready pod behind it." in proof.failures[-1]


def test_beside_a_prometheus_and_a_grafana_of_others_objects_alone_are_rendered(plays: Plays, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    given = {
        "k8s_tracing_kubeconfig": str(tmp_path / "no-kubeconfig"),
        "k8s_tracing_render_dir": str(folder),
        "prometheus_mode": "existing",
        "prometheus_namespace": "monitoring",
        "prometheus_url": "http://prometheus.monitoring.svc:9090",
        "prometheus_service_monitors_enabled": True,
        "grafana_mode": "existing",
        "grafana_provisioning": "sidecar",
        "grafana_namespace": "monitoring",
        "grafana_sidecar_namespace": "dashboards",
        "grafana_url": "http://grafana.monitoring.svc",
        "k6_trace_generator_state": "absent",
    }
    plays.playbook("render", given).assert_ok()
    names = contents(folder).keys()
    assert {name for name in names if name.startswith("grafana/")} == {
        "grafana/configmap-k8s-tracing-dashboards.yaml",
        "grafana/configmap-k8s-tracing-datasources.yaml",
        "grafana/kustomization.yaml",
    }
    assert {"prometheus/prometheusrule-k8s-tracing.yaml", "prometheus/servicemonitor-k8s-tracing-tempo.yaml"} <= names
    assert not [name for name in names if name.startswith("prometheus/deployment") or name.startswith("k6")]
    # The namespaces of others are not ours to label.
    assert [name for name in names if name.startswith("namespace-")] == ["namespace-tracing.yaml"]
    assert b"namespace: dashboards\n" in (folder / "grafana" / "kustomization.yaml").read_bytes()


def test_hosts_that_would_write_into_one_folder_are_refused(plays: Plays, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    outcome = plays.playbook("render", {"k8s_tracing_render_dir": str(folder)}, hosts={"one": {}, "two": {}})
    assert outcome.code != 0 and "for several hosts" in outcome.failures[-1]
    assert not folder.exists()
