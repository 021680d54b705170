"""The generator's own chart and scripts, rendered by the real helm and read by the real k6. No cluster."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles" / "k6_trace_generator"
RUN_ID = "20260101-120000-abcd"


CHARTS = [ROLE / "files" / "chart", *sorted((ROOT / "testbed" / "charts").iterdir())]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: f"{chart.parts[-3]}-{chart.name}")
def test_helm_finds_nothing_to_mend_in_our_charts(chart: Path) -> None:
    given = json.dumps({"runId": RUN_ID, "scripts": {"main.js": ""}}) if chart.name == "chart" else "{}"
    command = [required("helm"), "lint", "--strict", str(chart), "--values", "-"]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def render(**values: Any) -> subprocess.CompletedProcess[str]:
    given = {"runId": RUN_ID, "scripts": {"main.js": "export default function () {}"}, **values}
    command = [required("helm"), "template", "k6-traces", str(ROLE / "files" / "chart"), "--values", "-"]
    return subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=60)


def objects(**values: Any) -> dict[str, dict[str, Any]]:
    done = render(**values)
    assert done.returncode == 0, done.stderr
    return {item["kind"]: item for item in yaml.safe_load_all(done.stdout) if item}


def test_a_bounded_run_is_a_job_that_is_never_repeated() -> None:
    found = objects(deadlineSeconds=150)
    assert set(found) == {"ConfigMap", "Job"}
    job = found["Job"]
    assert job["metadata"]["name"] == f"k6-traces-{RUN_ID}"
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] == 150
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_an_endless_run_is_a_deployment() -> None:
    found = objects(endless=True)
    assert set(found) == {"ConfigMap", "Deployment"}
    assert found["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}


def test_instances_are_pods_of_one_job_or_of_one_deployment() -> None:
    job = objects(instances=3)["Job"]["spec"]
    assert (job["parallelism"], job["completions"]) == (3, 3)
    assert objects(instances=3, endless=True)["Deployment"]["spec"]["replicas"] == 3


def test_names_fit_and_keep_the_run_id() -> None:
    release, run_id = "r" * 53, "i" * 40
    command = [required("helm"), "template", release, str(ROLE / "files" / "chart"), "--values", "-"]
    given = json.dumps({"runId": run_id, "scripts": {"main.js": ""}})
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    found = {item["kind"]: item["metadata"]["name"] for item in yaml.safe_load_all(done.stdout) if item}
    assert found["Job"] == f"{'r' * 22}-{run_id}"
    assert found["ConfigMap"] == f"{release}-{run_id}"


def environment_of(pod: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in pod["containers"][0]["env"]}


def test_headers_and_variables_may_lie_in_secrets() -> None:
    pod = objects(
        env={"PLAIN": "1"},
        secretEnv=[{"name": "TOKEN", "secret": "s", "key": "k"}],
        headers={"X-Scope-OrgID": "team"},
        secretHeaders=[{"name": "Authorization", "secret": "a", "key": "b"}],
    )["Job"]["spec"]["template"]["spec"]
    environment = environment_of(pod)
    assert environment["PLAIN"] == "1"
    assert environment["TOKEN"] == {"secretKeyRef": {"name": "s", "key": "k"}}
    assert json.loads(environment["OTLP_HEADERS"]) == {"X-Scope-OrgID": "team"}
    assert json.loads(environment["OTLP_SECRET_HEADERS"]) == {"Authorization": "OTLP_HEADER_0"}
    assert environment["OTLP_HEADER_0"] == {"secretKeyRef": {"name": "a", "key": "b"}}


def test_authorities_are_mounted_and_named() -> None:
    pod = objects(authorities={"secret": "our-ca", "key": "ca.pem"})["Job"]["spec"]["template"]["spec"]
    assert environment_of(pod)["SSL_CERT_FILE"] == "/authorities/ca.pem"
    items = [{"key": "ca.pem", "path": "ca.pem"}]
    assert {"name": "authorities", "secret": {"secretName": "our-ca", "items": items}} in pod["volumes"]
    assert "SSL_CERT_FILE" not in environment_of(objects()["Job"]["spec"]["template"]["spec"])


def test_a_certificate_to_show_is_mounted_and_named() -> None:
    pod = objects(clientCertificate="ours")["Job"]["spec"]["template"]["spec"]
    assert environment_of(pod)["OTLP_CLIENT_CERTIFICATE"] == "/client-certificate"
    items = [{"key": "tls.crt", "path": "tls.crt"}, {"key": "tls.key", "path": "tls.key"}]
    assert {"name": "client-certificate", "secret": {"secretName": "ours", "items": items}} in pod["volumes"]
    mount = {"name": "client-certificate", "mountPath": "/client-certificate", "readOnly": True}
    assert mount in pod["containers"][0]["volumeMounts"]
    assert "OTLP_CLIENT_CERTIFICATE" not in environment_of(objects()["Job"]["spec"]["template"]["spec"])


def test_ready_means_that_k6_answers() -> None:
    container = objects()["Job"]["spec"]["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"] == {"path": "/v1/status", "port": "status"}


def test_the_pod_passes_the_restricted_level_and_looks_nowhere() -> None:
    pod = objects()["Job"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0  # the image of the extension has no user of its own
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    environment = environment_of(pod)
    assert environment["K6_NO_USAGE_REPORT"] == "true"
    assert environment["K6_AUTO_EXTENSION_RESOLUTION"] == "false"
    assert environment["RUN_ID"] == RUN_ID


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"runId": "Not A Name"}, "runId"),
        ({"runId": "x" * 41}, "runId"),
        ({"scripts": {}}, "main.js"),
        ({"deadlineSeconds": 0}, "deadlineSeconds"),
        ({"unknown": 1}, "unknown"),
        ({"instances": 0}, "instances"),
        ({"env": {"A-B": "1"}}, "A-B"),
        ({"env": {"A": 1}}, "env"),
        ({"headers": {"X Y": "1"}}, "X Y"),
        ({"secretEnv": [{"name": "A-B", "secret": "s", "key": "k"}]}, "secretEnv"),
        ({"secretHeaders": [{"name": "A", "secret": "s"}]}, "secretHeaders"),
        ({"authorities": {"key": ""}}, "authorities"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: dict[str, Any], says: str) -> None:
    done = render(**values)
    assert done.returncode != 0
    assert says in done.stderr


def test_no_script_imports_from_the_web() -> None:
    for script in (ROLE / "files" / "scripts").glob("*.js"):
        imported = [line.split(" from ")[1] for line in script.read_text().splitlines() if line.startswith("import ")]
        assert all(name.strip("';").startswith(("k6", "./")) for name in imported), script.name
