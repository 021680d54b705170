"""What the generator's role gives to its own chart, in every profile and engine: the chart's schema takes it, and the
real k6 reads the script with the rate that was asked for. In place of the extension there is a stand-in for its module.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import render
from test_generator_chart import ROLE, ROOT, RUN_ID

HOUR = 3600
# Chart and version are asked for by the harness; this role's chart is its own.
USUAL: dict[str, Any] = {
    "k6_trace_generator_chart_ref": "chart",
    "k6_trace_generator_chart_version": "own",
    "_k6_trace_generator_current_run_id": RUN_ID,
}
PROFILES = {
    "steady": {"k6_trace_generator_rate": 2.5, "k6_trace_generator_duration": "30s"},
    "ramp": {"k6_trace_generator_rate": 2, "k6_trace_generator_duration": "5m"},
    "burst": {"k6_trace_generator_rate": 2, "k6_trace_generator_duration": "2m"},
    "soak": {},
}
ENGINES = ["otlp-http", "xk6-client-tracing"]
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "endless": {"k6_trace_generator_duration": "endless", "k6_trace_generator_instances": 3},
    "bounded": {"k6_trace_generator_duration": "10m"},
    "endless_burst": {
        "k6_trace_generator_duration": "endless",
        "k6_trace_generator_profile": "burst",
        "k6_trace_generator_burst_every": "20s",
    },
    "text": {
        "k6_trace_generator_rate": "2",
        "k6_trace_generator_instances": "2",
        "k6_trace_generator_clock_skew": "-1.5",
    },
    "everything": {
        "k6_trace_generator_engine": "otlp-http",
        "k6_trace_generator_tenant": "team",
        "k6_trace_generator_headers": {"X-More": "1"},
        "k6_trace_generator_secret_headers": [{"name": "Authorization", "secret": "s", "key": "k"}],
        "k6_trace_generator_env": {"K6_DNS": "ttl=0"},
        "k6_trace_generator_secret_env": [{"name": "TOKEN", "secret": "s", "key": "k"}],
        "k6_trace_generator_tls_ca_secret": "our-ca",
        "k6_trace_generator_tls_client_secret": "our-certificate",
        "k6_trace_generator_services": {"cart": {"service.version": "2"}},
        "k6_trace_generator_image_pull_secrets": ["pull"],
        "k6_trace_generator_image_tag": 2.1,
        "k6_trace_generator_remote_write_url": "http://prometheus-server.tracing.svc/api/v1/write",
        "k6_trace_generator_remote_write_secret": "login",
        "prometheus_auth": "basic",
    },
    "edges": {"k6_trace_generator_edges": [{"to": "web"}, {"from": "web", "to": "cart", "error_rate": 0.5}]},
    **{
        f"{profile}_{engine.replace('-', '_')}": {
            "k6_trace_generator_profile": profile,
            "k6_trace_generator_engine": engine,
            **options,
        }
        for profile, options in PROFILES.items()
        for engine in ENGINES
    },
}
MOCK = """\
class Made { constructor(template) { this.template = template; } traces() { return this.template; } }
class Client { push(traces) { console.log(JSON.stringify(traces)); } }
export default { Client, TemplatedGenerator: Made, EXPORTER_OTLP: 'otlp', SEMANTICS_HTTP: 'http' };
"""


def write_scripts(scripts: dict[str, str], folder: Path) -> Path:
    """The files as the ConfigMap holds them. k6's own module of the extension is replaced where it is not built in."""
    for name, content in scripts.items():
        (folder / name).write_text(content.replace("'k6/x/tracing'", "'./tracing.js'"), encoding="utf-8")
    (folder / "tracing.js").write_text(MOCK, encoding="utf-8")
    return folder / "main.js"


def k6_environment(more: dict[str, str]) -> dict[str, str]:
    quiet = {"K6_NO_USAGE_REPORT": "true", "K6_AUTO_EXTENSION_RESOLUTION": "false"}
    return {**os.environ, "RUN_ID": RUN_ID, **quiet, **more}


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return all_values(tmp_path_factory.mktemp("generator"))


@cache
def all_values(folder: Path) -> dict[str, dict[str, Any]]:
    cases = {name: {**USUAL, **options} for name, options in CASES.items()}
    return {name: dict(done.values) for name, done in render(ROOT, "k6_trace_generator", cases, folder).items()}


def inspect(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    command = [required("k6"), "inspect", "--include-system-env-vars", str(write_scripts(values["scripts"], folder))]
    done = subprocess.run(command, env=k6_environment(values["env"]), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)["scenarios"]["traces"])


@pytest.mark.parametrize("case", CASES)
def test_the_chart_takes_what_the_role_gives(values: dict[str, dict[str, Any]], case: str) -> None:
    command = [required("helm"), "template", "k6-traces", str(ROLE / "files" / "chart"), "--values", "-"]
    done = subprocess.run(command, input=json.dumps(values[case]), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    kinds = {item["kind"] for item in yaml.safe_load_all(done.stdout) if item}
    assert kinds == {"ConfigMap", "Deployment" if values[case]["endless"] else "Job"}
    # A ConfigMap holds 1 MiB.
    assert len(done.stdout) < 500_000


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("profile", PROFILES)
def test_k6_keeps_the_rate_of_the_profile(
    values: dict[str, dict[str, Any]], profile: str, engine: str, tmp_path: Path
) -> None:
    found = inspect(values[f"{profile}_{engine.replace('-', '_')}"], tmp_path)
    assert found["timeUnit"] == "1h0m0s"
    if profile == "steady":
        assert (found["executor"], found["rate"], found["duration"]) == ("constant-arrival-rate", 9000, "30s")
        return
    steps = [(step["duration"], step["target"] / HOUR) for step in found["stages"]]
    assert found["executor"] == "ramping-arrival-rate"
    assert (found["startRate"] / HOUR, steps) == {
        "ramp": (2, [("1m0s", 8), ("3m0s", 8), ("1m0s", 2)]),
        "burst": (2, [("50s", 2), ("0s", 8), ("10s", 8), ("0s", 2), ("50s", 2), ("0s", 8), ("10s", 8)]),
        "soak": (0, [("1m0s", 1), ("7h58m0s", 1), ("1m0s", 0)]),
    }[profile]


def test_a_job_lives_a_little_longer_than_its_run(values: dict[str, dict[str, Any]]) -> None:
    assert values["bounded"]["deadlineSeconds"] == 600 + 120
    assert values["soak_otlp_http"]["deadlineSeconds"] == 8 * HOUR + 120


def test_instances_share_the_rate(values: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    assert inspect(values["text"], tmp_path)["rate"] == HOUR
    assert (values["text"]["instances"], values["text"]["env"]["CLOCK_SKEW_SECONDS"]) == (2, "-1.5")


def test_an_endless_burst_is_not_too_large(values: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    assert len(inspect(values["endless_burst"], tmp_path)["stages"]) == 1000 * 4 - 1


def test_everything_reaches_the_chart(values: dict[str, dict[str, Any]]) -> None:
    made = values["everything"]
    assert made["headers"] == {"X-Scope-OrgID": "team", "X-More": "1"}
    assert made["env"]["OTLP_HTTP_ENDPOINT"] == "https://alloy.tracing.svc:4318"
    assert made["env"]["OTLP_GRPC_TLS"] == "true"
    assert made["env"]["K6_DNS"] == "ttl=0"
    assert made["authorities"] == {"secret": "our-ca", "key": "ca.crt"}
    assert made["clientCertificate"] == "our-certificate"
    assert made["image"]["tag"] == "2.1"
    resources = json.loads(made["scripts"]["topology.json"])["resources"]
    assert resources["cart"] == {"service.name": "cart", "service.namespace": "shop", "service.version": "2"}


def test_edges_replace_the_flows(values: dict[str, dict[str, Any]]) -> None:
    topology = json.loads(values["edges"]["scripts"]["topology.json"])
    assert [flow["name"] for flow in topology["flows"]] == ["web"]
    assert set(topology["resources"]) == {"web", "cart"}
