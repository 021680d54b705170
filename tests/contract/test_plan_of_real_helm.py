"""What the plan of a release says, against what Helm itself records and renders. No cluster is needed."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chart_repository
import pytest
from fakes import run_directly

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins.module_utils"
# The charts of the project, with what the stand-ins among them take only switched off.
CHARTS: dict[str, dict[str, Any]] = {
    "testbed/charts/alloy": {
        "crds": {"create": False},
        "configReloader": {"enabled": False},
        "alloy": {"configMap": {"content": "x"}},
    },
    "testbed/charts/grafana": {"testFramework": {"enabled": False}, "admin": {"existingSecret": "s"}},
    "testbed/charts/prometheus": {
        **{
            name: {"enabled": False}
            for name in ("alertmanager", "kube-state-metrics", "prometheus-node-exporter", "prometheus-pushgateway")
        },
        "configmapReload": {"prometheus": {"enabled": False}},
    },
    "testbed/charts/tempo": {},
    "roles/k6_trace_generator/files/chart": {"runId": "r", "scripts": {"main.js": "x"}},
}


def part(name: str) -> Any:
    return importlib.import_module(f"{PREFIX}.{name}")


KINDS = {
    "v1": ["ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim", "Pod"],
    "apps/v1": ["DaemonSet", "Deployment", "StatefulSet"],
    "batch/v1": ["Job"],
    "policy/v1": ["PodDisruptionBudget"],
    "rbac.authorization.k8s.io/v1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
}


def discovered(path: str) -> dict[str, Any]:
    """What Helm asks an API server before it renders anything."""
    groups = [version for version in KINDS if "/" in version]
    if path == "/version":
        return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        named = [{"groupVersion": group, "version": "v1"} for group in groups]
        listed = [{"name": item["groupVersion"][:-3], "versions": [item], "preferredVersion": item} for item in named]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
    if path.endswith("/secrets"):
        return {"kind": "SecretList", "apiVersion": "v1", "items": []}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
    resources = [{"name": f"{kind.lower()}s", "kind": kind, "namespaced": True, "verbs": []} for kind in KINDS[version]]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}


class ApiServer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = discovered(self.path.partition("?")[0])
        content = json.dumps(answer).encode()
        self.send_response(answer.get("code", 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@contextmanager
def serving(handler: Any) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


Recorded = Callable[[Path, Mapping[str, Any]], Any]


@pytest.fixture
def recorded(helm: str, tmp_path: Path) -> Iterator[Recorded]:
    """The function that makes the record which Helm would write."""
    with serving(ApiServer) as url:
        own = {name: str(tmp_path / name) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HOME")}
        environment = {**os.environ, **own, "HELM_KUBEAPISERVER": url, "no_proxy": "*"}

        def record(chart: Path, values: Mapping[str, Any]) -> Any:
            command = [helm, "install", "r", str(chart), "--dry-run=client", "--output", "json", "--values", "-"]
            command += ["--disable-openapi-validation"]
            done = subprocess.run(
                command, input=json.dumps(values), capture_output=True, text=True, check=False, env=environment
            )
            assert done.returncode == 0, done.stderr
            return part("_helm.record").Record(1, "deployed", "", json.loads(done.stdout))

        yield record


def write_chart(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: 2.10\ndescription: |\n  Two\n  lines\n",
    "values.yaml": "a: 1e3\nb: on\nc: 2026-01-31\nd: 0777\ne: null\nf: 12:30\ng: {h: 1.0}\ni: 3000000\n",
    "values.schema.json": "{}",
    "templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n",
    "templates/.hidden": "x",
    "templates/NOTES.txt": "hello",
    "files/a.txt": "\ufeffwith a mark",
    "crds/crd.yaml": "",
    ".helmignore": "# what is left out\n*.md\n/ci/\nfiles/b.*\nlogs/\n[xy]?.txt\n",
    "README.md": "read me",
    "sub/deep.md": "read me too",
    "ci/values.yaml": "a: 1",
    "sub/ci/kept.yaml": "a: 1",
    "files/b.txt": "out",
    "sub/logs/x.log": "out",
    "xa.txt": "out",
    "xab.txt": "kept",
}


@pytest.mark.parametrize("chart", CHARTS)
def test_an_unchanged_chart_of_the_project_has_no_difference(recorded: Recorded, chart: str) -> None:
    record, loaded = recorded(ROOT / chart, CHARTS[chart]), part("_helm.chart").load_chart(str(ROOT / chart))
    compare = part("_helm.compare")
    assert compare.file_changes(record, loaded) == []
    assert compare.value_changes(record, CHARTS[chart]) == []


def test_every_kind_of_file_is_read_as_helm_reads_it(recorded: Recorded, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "shop", CHART)
    record = recorded(chart, {})
    compare = part("_helm.compare")
    loaded = part("_helm.chart").load_chart(str(chart))
    assert compare.file_changes(record, loaded) == []
    assert compare.app_version_changes(record, loaded) == []
    names = {item["name"] for item in record.chart["files"]}
    assert names == {"files/a.txt", "crds/crd.yaml", ".helmignore", "sub/ci/kept.yaml", "xab.txt"}


def test_an_archive_is_the_same_chart(helm: str, recorded: Recorded, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "shop", CHART)
    subprocess.run([helm, "package", str(chart), "--destination", str(tmp_path)], check=True, capture_output=True)
    record = recorded(chart, {})
    loaded = part("_helm.chart").load_chart(str(tmp_path / "shop-0.1.0.tgz"))
    assert (loaded.name, loaded.version) == ("shop", "0.1.0")
    assert part("_helm.compare").file_changes(record, loaded) == []


def test_defaults_of_subcharts_are_no_difference(recorded: Recorded, tmp_path: Path) -> None:
    parent = {
        **CHART,
        "Chart.yaml": CHART["Chart.yaml"] + "dependencies:\n- {name: cart, version: 0.1.0, alias: basket}\n",
        "charts/cart/Chart.yaml": "apiVersion: v2\nname: cart\nversion: 0.1.0\n",
        "charts/cart/values.yaml": "size: 3\nglobal: {x: 1}\n",
        "charts/cart/templates/c.yaml": "",
    }
    chart = write_chart(tmp_path / "shop", parent)
    record = recorded(chart, {"basket": {"size": 4}})
    compare, load = part("_helm.compare"), part("_helm.chart").load_chart
    assert compare.file_changes(record, load(str(chart))) == []
    write_chart(chart, {"values.yaml": CHART["values.yaml"] + "more: 1\n"})
    assert compare.file_changes(record, load(str(chart))) == ["chart file values.yaml changed"]
    write_chart(chart, {"values.yaml": "a: 1000\n"})
    assert compare.file_changes(record, load(str(chart))) == ["chart file values.yaml changed"]


def test_values_are_recorded_as_they_are_compared(recorded: Recorded, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "shop", CHART)
    given = {"a": 1.0, "b": {"c": None, "d": [1, True, "1"]}, "e": 10**15, "f": "on", "g": 0.1}
    assert part("_helm.compare").value_changes(recorded(chart, given), given) == []


@pytest.fixture
def repository(helm: str, tmp_path: Path) -> Iterator[str]:
    """A chart repository on loopback."""
    chart, folder = write_chart(tmp_path / "shop", CHART), tmp_path / "repository"
    chart_repository.publish(folder, chart)
    with chart_repository.serving(folder) as url:
        yield url


def test_a_chart_of_a_repository_is_downloaded(
    helm: str, repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("no_proxy", "*")
    render = part("_helm.render")
    target = tmp_path / "download"
    target.mkdir()
    archive = render.Helm(run_directly, helm).pull(render.ChartSource("shop", repository, "0.1.0"), str(target))
    assert part("_helm.chart").load_chart(archive).name == "shop"
    with pytest.raises(part("_errors").TracingError, match=r"shop 9\.9\.9 of http.* cannot be downloaded: .*9\.9\.9"):
        render.Helm(run_directly, helm).pull(render.ChartSource("shop", repository, "9.9.9"), str(tmp_path))
