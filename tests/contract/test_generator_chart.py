"""The generator's own chart and scripts, rendered by the real helm and read by the real k6. No cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles" / "k6_trace_generator"
RUN_ID = "20260101-120000-abcd"


def program(name: str) -> str:
    """A program of the test bed's cache, or a skip that says how to get it."""
    asked = subprocess.run(
        [sys.executable, "-m", "testbed", "path", name], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    path = asked.stdout.strip()
    if asked.returncode != 0 or not os.access(path, os.X_OK):
        pytest.skip(f"{name} is not in the cache: run `python3 -m testbed programs {name}`")
    return path


def render(**values: Any) -> subprocess.CompletedProcess[str]:
    given = {"runId": RUN_ID, "scripts": {"main.js": "export default function () {}"}, **values}
    command = [program("helm"), "template", "k6-traces", str(ROLE / "files" / "chart"), "--values", "-"]
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


def test_the_pod_passes_the_restricted_level_and_looks_nowhere() -> None:
    pod = objects()["Job"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    environment = {item["name"]: item["value"] for item in container["env"]}
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
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: dict[str, Any], says: str) -> None:
    done = render(**values)
    assert done.returncode != 0
    assert says in done.stderr


def test_k6_reads_the_script_and_keeps_the_rate(tmp_path: Path) -> None:
    for script in (ROLE / "files" / "scripts").glob("*.js"):
        (tmp_path / script.name).write_text(script.read_text())
    topology = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())["k6_trace_generator_topology"]
    (tmp_path / "topology.json").write_text(json.dumps(topology))
    environment = {**os.environ, "RATE": "2.5", "DURATION": "30s", "RUN_ID": RUN_ID, "K6_NO_USAGE_REPORT": "true"}
    done = subprocess.run(
        [program("k6"), "inspect", "--include-system-env-vars", str(tmp_path / "otlp-http.js")],
        env={**environment, "K6_AUTO_EXTENSION_RESOLUTION": "false"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    scenario = json.loads(done.stdout)["scenarios"]["shop"]
    assert scenario["executor"] == "constant-arrival-rate"
    assert (scenario["rate"], scenario["timeUnit"], scenario["duration"]) == (150, "1m0s", "30s")


def test_no_script_imports_from_the_web() -> None:
    for script in (ROLE / "files" / "scripts").glob("*.js"):
        imported = [line.split(" from ")[1] for line in script.read_text().splitlines() if line.startswith("import ")]
        assert all(name.strip("';").startswith(("k6", "./")) for name in imported), script.name
