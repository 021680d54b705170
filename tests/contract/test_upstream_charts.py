"""Every case of every role on the real upstream charts, where CHARTS_DIR has them: rendered, and taken by a server.

The objects go to a cluster as a server-side dry run, which creates nothing, when the test bed's cluster is up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from role_values import Rendered, render
from test_role_values import CASES, EVERY_CASE
from test_wiring import COMPONENTS

NAMESPACE = "default"
KUBERNETES = "1.34.0"
# Kinds that only a cluster with their operator knows.
FOREIGN = ("monitoring.coreos.com", "gateway.networking.k8s.io")

Render = Callable[[str, str], Rendered]


@pytest.fixture(scope="module")
def charts() -> Path:
    folder = os.environ.get("CHARTS_DIR", "")
    if not folder:
        pytest.skip("no upstream charts: set CHARTS_DIR to a folder with tempo, tempo-distributed, alloy, ...")
    return Path(folder)


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    @cache
    def of_role(role: str) -> dict[str, Rendered]:
        cases = {name: {f"{role}_namespace": NAMESPACE, **options} for name, options in CASES[role].items()}
        return render(root, role, cases, tmp_path_factory.mktemp(role))

    return lambda role, case: of_role(role)[case]


def find_chart(charts: Path, made: Rendered, folder: Path) -> Path:
    """The chart of this name and version, whatever its folder is called."""
    for file in sorted(charts.glob("*/Chart.yaml")):
        about = yaml.safe_load(file.read_text(encoding="utf-8"))
        if (about["name"], str(about["version"])) == (made.chart, made.version):
            return without_absent_subcharts(file.parent, about, folder / "chart")
    pytest.skip(f"{charts} has no chart {made.chart} {made.version}")


def without_absent_subcharts(chart: Path, about: dict[str, Any], copy: Path) -> Path:
    """Helm wants every subchart to be there, switched off or not. Those that are off by default may be absent."""
    values = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    absent = [one for one in about.get("dependencies") or [] if not list(chart.glob(f"charts/{one['name']}*"))]
    wanted = [one["name"] for one in absent if reduce(lambda at, key: at[key], one["condition"].split("."), values)]
    if wanted:
        pytest.skip(f"chart {chart.name} lacks {wanted}, which are on by default: helm dependency build {chart}")
    if not absent:
        return chart
    shutil.copytree(chart, copy)
    about["dependencies"] = [one for one in about["dependencies"] if one not in absent]
    (copy / "Chart.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    (copy / "Chart.lock").unlink(missing_ok=True)
    return copy


def template(chart: Path, made: Rendered, role: str) -> str:
    command = [required("helm"), "template", role, str(chart), "--namespace", NAMESPACE, "--values", "-"]
    command += ["--kube-version", KUBERNETES, *(f"--api-versions={group}/v1" for group in FOREIGN)]
    done = subprocess.run(command, input=yaml.safe_dump(made.values), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_the_chart_renders(charts: Path, rendered: Render, tmp_path: Path, role: str, case: str) -> None:
    made = rendered(role, case)
    objects = [one for one in yaml.safe_load_all(template(find_chart(charts, made, tmp_path), made, role)) if one]
    assert {"Service", "ConfigMap"} <= {one["kind"] for one in objects}


def test_each_component_of_tempo_has_the_service_by_which_prometheus_finds_it(
    charts: Path, rendered: Render, tmp_path: Path
) -> None:
    made = rendered("tempo", "distributed")
    objects = yaml.safe_load_all(template(find_chart(charts, made, tmp_path), made, "tempo"))
    services = {one["metadata"]["name"]: one["spec"] for one in objects if one and one["kind"] == "Service"}
    wanted = {f"{made.values['fullnameOverride']}-{component}" for component in COMPONENTS}
    assert wanted <= set(services)
    assert all(3200 in [port["port"] for port in services[name]["ports"]] for name in wanted)
    virtual = {name for name in wanted if services[name].get("clusterIP") != "None"}
    assert virtual == {"tempo-querier"}, "DNS has one address for these, whatever their number of pods"


@pytest.mark.parametrize(("role", "case"), EVERY_CASE)
def test_a_server_takes_the_objects(
    charts: Path, rendered: Render, root: Path, tmp_path: Path, role: str, case: str
) -> None:
    kubeconfig = root / ".testbed" / "kubeconfig"
    kubectl = ["kubectl", "--kubeconfig", str(kubeconfig), "--namespace", NAMESPACE]
    if subprocess.run([*kubectl, "version"], capture_output=True, timeout=30, check=False).returncode:
        pytest.skip(f"no cluster answers for {kubeconfig}: make cluster")
    made = rendered(role, case)
    objects = [one for one in yaml.safe_load_all(template(find_chart(charts, made, tmp_path), made, role)) if one]
    known = [one for one in objects if not one["apiVersion"].startswith(FOREIGN)]
    done = subprocess.run(
        [*kubectl, "apply", "--dry-run=server", "--filename", "-"],
        input=yaml.safe_dump_all(known),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
