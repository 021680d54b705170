"""What k8s_tracing_platform makes of each part's pods: on the test bed's charts, or upstream's where CHARTS_DIR is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import Rendered, render_hosts
from test_generator_chart import RUN_ID
from test_upstream_charts import find_chart

ROLES = ["prometheus", "tempo", "alloy", "grafana", "k6_trace_generator", "tempo_vulture"]
PLATFORMS = ["none", "openshift", "gke_autopilot", "eks", "aks"]
IDS = {"runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"}
OF_THE_NODE = {"hostPath", "hostPort", "hostNetwork", "hostPID", "hostIPC", "privileged"}
DISTRIBUTED = {
    "tempo_mode": "distributed",
    "tempo_storage_backend": "gcs",
    "tempo_storage_gcs": {"bucket_name": "traces"},
    "tempo_kafka_address": "kafka:9092",
}
OWN: dict[str, dict[str, Any]] = {
    "k6_trace_generator": {
        "k6_trace_generator_chart_ref": "chart",
        "k6_trace_generator_chart_version": "own",
        "_k6_trace_generator_current_run_id": RUN_ID,
    },
    "grafana": {"grafana_ingress": {"enabled": True, "host": "grafana.example.com"}},
}
S3 = {"tempo_storage_backend": "s3", "tempo_storage_s3": {"bucket": "traces", "endpoint": "s3.example.com"}}
AZURE = {
    "tempo_storage_backend": "azure",
    "tempo_storage_azure": {"container_name": "traces", "storage_account_name": "account"},
}
GCS = {"tempo_storage_backend": "gcs", "tempo_storage_gcs": {"bucket_name": "traces"}}
ROLE_ARN = "arn:aws:iam::111122223333:role/tempo"
CLIENT = "00000000-0000-0000-0000-000000000000"
GOOGLE = "tempo@project.iam.gserviceaccount.com"
IDENTITIES: dict[str, dict[str, Any]] = {
    "eks": {"k8s_tracing_platform": "eks", "tempo_cloud_identity": ROLE_ARN, **S3},
    "aks": {"k8s_tracing_platform": "aks", "tempo_cloud_identity": CLIENT, **AZURE},
    "gke_autopilot": {"k8s_tracing_platform": "gke_autopilot", "tempo_cloud_identity": GOOGLE, **GCS},
}

Objects = Callable[[str], list[dict[str, Any]]]


def hosts() -> dict[str, tuple[str, dict[str, Any]]]:
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for role in ROLES:
        for platform in PLATFORMS:
            given = {f"{role}_namespace": "tracing", **OWN.get(role, {})}
            found[f"{role}-{platform}"] = (role, {**given, **({} if platform == "none" else on(platform))})
    for platform in PLATFORMS[:3]:
        given = {"tempo_namespace": "tracing", **DISTRIBUTED}
        found[f"distributed-{platform}"] = ("tempo", {**given, **({} if platform == "none" else on(platform))})
    for platform, options in IDENTITIES.items():
        found[f"identity-{platform}"] = ("tempo", {"tempo_namespace": "tracing", **options})
    small = {"alloy_resources": {"requests": {"cpu": "1100m"}, "limits": {}}}
    found["sized-gke_autopilot"] = ("alloy", {"alloy_namespace": "tracing", **on("gke_autopilot"), **small})
    return found


def on(platform: str) -> dict[str, Any]:
    return {"k8s_tracing_platform": platform}


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rendered]:
    return render_hosts(root, hosts(), tmp_path_factory.mktemp("platforms"))


@pytest.fixture(scope="module")
def objects(root: Path, rendered: dict[str, Rendered], tmp_path_factory: pytest.TempPathFactory) -> Objects:
    @cache
    def of(host: str) -> list[dict[str, Any]]:
        chart = chart_of(root, rendered[host], tmp_path_factory.mktemp("chart"))
        command = [required("helm"), "template", host.partition("-")[0].replace("_", "-"), str(chart), "--values", "-"]
        text = json.dumps(rendered[host].values)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [item for item in yaml.safe_load_all(done.stdout) if item]

    return of


def chart_of(root: Path, made: Rendered, folder: Path) -> Path:
    if made.chart == "chart":
        return root / "roles" / "k6_trace_generator" / "files" / "chart"
    if given := os.environ.get("CHARTS_DIR"):
        return find_chart(Path(given), made, folder)
    chart = root / "testbed" / "charts" / made.chart
    if not chart.is_dir():
        pytest.skip(f"the test bed has no chart {made.chart}: set CHARTS_DIR to a folder with upstream's")
    return chart


def pods(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [item["spec"]["template"]["spec"] for item in made if "template" in (item.get("spec") or {})]
    assert found
    return found


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["containers"], *(pod.get("initContainers") or [])]


def keys_in(node: Any, names: set[str]) -> Iterator[str]:
    if isinstance(node, dict):
        # To the API server null is the same as nothing.
        yield from (key for key, value in node.items() if key in names and value not in (None, False))
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from keys_in(part, names)


PARTS = [*ROLES, "distributed"]


@pytest.mark.case("D5")
@pytest.mark.parametrize("part", PARTS)
def test_openshift_gives_the_ids(objects: Objects, part: str) -> None:
    assert list(keys_in(pods(objects(f"{part}-openshift")), IDS)) == []
    assert list(keys_in(pods(objects(f"{part}-none")), IDS)) != []


@pytest.mark.parametrize(("part", "platform"), [host.split("-") for host in hosts() if host.split("-")[0] in PARTS])
def test_every_pod_is_restricted(objects: Objects, part: str, platform: str) -> None:
    """As the Pod Security level says, which restricted-v2 of OpenShift asks for too."""
    for pod in pods(objects(f"{part}-{platform}")):
        whole = pod["securityContext"]
        assert list(keys_in(pod, OF_THE_NODE)) == []
        for container in containers(pod):
            own = container["securityContext"]
            assert {**whole, **own}["runAsNonRoot"] is True
            assert {**whole, **own}["seccompProfile"]["type"] == "RuntimeDefault"
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("part", PARTS)
def test_autopilot_reserves_what_may_be_used(objects: Objects, part: str) -> None:
    for pod in pods(objects(f"{part}-gke_autopilot")):
        for container in containers(pod):
            own = container["resources"]
            assert own["requests"] == own["limits"]
            assert set(own["limits"]) == {"cpu", "memory"}
    before = [one["resources"] for pod in pods(objects(f"{part}-none")) for one in containers(pod)]
    assert any(one["requests"] != one["limits"] for one in before)


def test_autopilot_gives_memory_for_each_cpu(rendered: dict[str, Rendered]) -> None:
    values: Any = rendered["sized-gke_autopilot"].values
    assert values["alloy"]["resources"]["limits"] == {"cpu": "1250m", "memory": "1280Mi"}


def account(made: list[dict[str, Any]]) -> dict[str, str]:
    (found,) = (one for one in made if one["kind"] == "ServiceAccount")
    annotations: dict[str, str] = found["metadata"].get("annotations") or {}
    return annotations


@pytest.mark.parametrize(
    ("platform", "annotations"),
    [
        ("eks", {"eks.amazonaws.com/role-arn": ROLE_ARN}),
        ("aks", {"azure.workload.identity/client-id": CLIENT}),
        ("gke_autopilot", {"iam.gke.io/gcp-service-account": GOOGLE}),
    ],
)
def test_tempo_has_an_identity_instead_of_keys(objects: Objects, platform: str, annotations: dict[str, str]) -> None:
    made = objects(f"identity-{platform}")
    assert account(made) == annotations
    (pod,) = pods(made)
    assert list(keys_in(pod, {"secretKeyRef", "secretName"})) == []
    assert account(objects(f"tempo-{platform}")) == {}


def test_aks_marks_the_pods_and_takes_the_token(objects: Objects, rendered: dict[str, Rendered]) -> None:
    (workload,) = (one for one in objects("identity-aks") if one["kind"] == "StatefulSet")
    assert workload["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    values: Any = rendered["identity-aks"].values
    assert values["tempo"]["storage"]["trace"]["azure"]["use_federated_token"] is True


@pytest.mark.parametrize(
    ("platform", "tls", "scheme"), [("openshift", [{}], "https"), ("none", None, "http"), ("eks", None, "http")]
)
def test_an_ingress_becomes_a_route_with_a_certificate(
    objects: Objects, rendered: dict[str, Rendered], platform: str, tls: Any, scheme: str
) -> None:
    (ingress,) = (one for one in objects(f"grafana-{platform}") if one["kind"] == "Ingress")
    assert ingress["spec"].get("tls") == tls
    assert (ingress["spec"].get("ingressClassName") == "openshift-default") is (platform == "openshift")
    values: Any = rendered[f"grafana-{platform}"].values
    assert values["grafana.ini"]["server"]["root_url"] == f"{scheme}://grafana.example.com"
