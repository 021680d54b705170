"""The table of names that are derived from a release's has all that a chart names after the release."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import Rendered, render_hosts
from test_generator_chart import RUN_ID

pytestmark = pytest.mark.case("D1")
names = importlib.import_module("ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.derived_names")
OUTSIDE = {
    "alloy_outside_service": {"type": "NodePort"},
    "alloy_ingress": {"enabled": True, "host": "otlp.example.com"},
    "alloy_expose_insecure": True,
}
BALANCED = {
    **OUTSIDE,
    "alloy_replicas": 2,
    "alloy_tail_sampling_policies": [{"name": "errors", "type": "status_code", "status_codes": ["ERROR"]}],
}
CASES: dict[tuple[str, str], dict[str, Any]] = {
    ("tempo", "monolithic"): {},
    ("alloy", "deployment"): {"alloy_mode": "deployment", **BALANCED},
    ("alloy", "statefulset"): {"alloy_mode": "statefulset", **BALANCED},
    ("alloy", "daemonset"): {"alloy_mode": "daemonset", **OUTSIDE},
    ("grafana", "chart"): {},
    ("prometheus", "chart"): {},
    ("tempo_vulture", ""): {},
    ("k6_trace_generator", ""): {
        "k6_trace_generator_chart_ref": "chart",
        "k6_trace_generator_chart_version": "own",
        "_k6_trace_generator_current_run_id": RUN_ID,
        "k6_trace_generator_duration": "endless",
    },
}


def host(case: tuple[str, str]) -> str:
    return "_".join(filter(None, case))


def release(case: tuple[str, str]) -> str:
    return "r" * int(names.longest(*case)[0])


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rendered]:
    given = {
        host(case): (case[0], {f"{case[0]}_namespace": "tracing", f"{case[0]}_release_name": release(case), **options})
        for case, options in CASES.items()
    }
    return render_hosts(root, given, tmp_path_factory.mktemp("names"))


@pytest.mark.parametrize("case", CASES, ids=host)
def test_what_a_chart_names_after_the_release_is_in_the_table(
    root: Path, rendered: dict[str, Rendered], case: tuple[str, str]
) -> None:
    own = root / "roles" / case[0] / "files" / "chart"
    chart = own if own.is_dir() else root / "testbed" / "charts" / case[0].replace("_", "-")
    command = [required("helm"), "template", release(case), str(chart), "--namespace", "tracing", "--values", "-"]
    values = json.dumps(rendered[host(case)].values)
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    found = {(item["kind"], item["metadata"]["name"]) for item in objects if item["kind"] in names.LIMITS}
    known = {(kind, "-".join(filter(None, [release(case), part]))) for kind, part in names.derived(*case)}
    assert found
    assert found <= known
    assert all(len(name) <= names.LIMITS[kind].characters for kind, name in found)


def test_every_component_of_a_distributed_tempo_is_in_the_table(root: Path) -> None:
    text = (root / "roles" / "tempo" / "vars" / "main" / "distributed.yml").read_text(encoding="utf-8")
    components = {(one["kind"], one["name"]) for one in yaml.safe_load(text)["_tempo_components"]}
    assert components <= set(names.derived("tempo", "distributed"))
