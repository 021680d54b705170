"""Objects of the whole cluster carry the namespace in their names, so that two stacks never meet in one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import Rendered, render_hosts
from test_generator_chart import RUN_ID

pytestmark = pytest.mark.case("D2")
# All that a chart of ours or of upstream makes and that has no namespace.
CLUSTER_WIDE = {
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
}
EVERYTHING: dict[str, dict[str, Any]] = {
    "alloy": {"alloy_k8s_attributes_enabled": True, "alloy_mode": "statefulset", "alloy_durable_queue_enabled": True},
    "grafana": {"grafana_ingress": {"host": "grafana.example.com"}},
    "prometheus": {},
    "tempo": {},
    "k6_trace_generator": {
        "k6_trace_generator_chart_ref": "chart",
        "k6_trace_generator_chart_version": "own",
        "_k6_trace_generator_current_run_id": RUN_ID,
    },
}
NAMESPACES = ("one", "two")


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rendered]:
    hosts = {
        f"{role}_{namespace}": (role, {f"{role}_namespace": namespace, **options})
        for role, options in EVERYTHING.items()
        for namespace in NAMESPACES
    }
    return render_hosts(root, hosts, tmp_path_factory.mktemp("cluster"))


def objects(root: Path, role: str, namespace: str, values: Any) -> list[dict[str, Any]]:
    own = root / "roles" / role / "files" / "chart"
    chart = own if own.is_dir() else root / "testbed" / "charts" / role.replace("_", "-")
    command = [
        required("helm"),
        "template",
        role.replace("_", "-"),
        str(chart),
        "--namespace",
        namespace,
        "--values",
        "-",
    ]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [item for item in yaml.safe_load_all(done.stdout) if item]


@pytest.mark.parametrize("role", EVERYTHING)
def test_two_stacks_share_no_object(root: Path, rendered: dict[str, Rendered], role: str) -> None:
    found = [
        {
            (item["kind"], item["metadata"]["name"])
            for item in objects(root, role, namespace, rendered[f"{role}_{namespace}"].values)
            if item["kind"] in CLUSTER_WIDE
        }
        for namespace in NAMESPACES
    ]
    assert not found[0] & found[1]
    assert bool(found[0]) == (role == "alloy")


def test_alloys_account_has_its_own_role(root: Path, rendered: dict[str, Rendered]) -> None:
    made = {item["kind"]: item for item in objects(root, "alloy", "one", rendered["alloy_one"].values)}
    binding, role, account = made["ClusterRoleBinding"], made["ClusterRole"], made["ServiceAccount"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"] == "one-alloy"
    (subject,) = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == (account["metadata"]["name"], "one")
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]}
    ]
