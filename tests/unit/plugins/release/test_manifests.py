# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests in a folder: what is written, what is left out, and what is refused. Helm is a function here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.manifest_files import MARK, render
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.manifests import target_of
from test_helm_plan import chart

__all__ = ["chart"]
CHART = """
apiVersion: v1
kind: Service
metadata: {name: tempo}
---
apiVersion: v1
kind: Secret
metadata: {name: made, namespace: tracing}
data: {password: c2VjcmV0}
stringData: {user: secret}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "tracing:Tempo"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: tempo}
spec:
  template:
    spec:
      imagePullSecrets: [{name: registry}]
      containers:
        - env: [{name: A, valueFrom: {secretKeyRef: {name: storage, key: id}}}]
          envFrom: [{secretRef: {name: maybe, optional: true}}]
      volumes:
        - {name: tls, secret: {secretName: certificate, items: [{key: tls.crt, path: c}]}}
"""
POLICY = {"kind": "NetworkPolicy", "metadata": {"name": "tempo"}, "spec": {"podSelector": {}, "ingress": []}}
Render = Callable[..., dict[str, Any]]


class Helm:
    """A helm that renders one text, and keeps what it was asked."""

    def __init__(self, text: str = CHART) -> None:
        self.text = text
        self.asked: list[tuple[list[str], str]] = []

    def __call__(self, command: Sequence[str], given: str, _environment: Mapping[str, str]) -> Done:
        self.asked.append((list(command), given))
        return Done(0, self.text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "manifests"


@pytest.fixture
def release(chart: Path) -> dict[str, Any]:
    return {
        "id": "tempo/tracing/tempo",
        "release_name": "tempo",
        "namespace": "tracing",
        "chart_ref": str(chart),
        "binary_path": "/bin/true",
        "kubeconfig": None,
        "values": {"a": {"b": 1}},
    }


@pytest.fixture
def write(folder: Path, release: dict[str, Any]) -> Render:
    def run(
        *releases: Mapping[str, Any], helm: Helm | None = None, check_mode: bool = False, **options: Any
    ) -> dict[str, Any]:
        given = [{**release, **one} for one in releases or ({},)]
        params = {
            "kube_version": "1.25.0",
            "api_versions": [],
            "namespace_labels": {"a": "b"},
            "foreign_namespaces": [],
            **options,
        }
        return render({"path": str(folder), "releases": given, **params}, helm or Helm(), check_mode, True)

    return run


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_folder_for_each_part_and_a_file_for_each_object(write: Render, folder: Path) -> None:
    result = write({"objects": [POLICY]})
    found = contents(folder)
    assert sorted(found) == result["files"] == result["changed_files"]
    assert sorted(found) == [
        "README.md",
        "kustomization.yaml",
        "namespace-tracing.yaml",
        "tempo/clusterrole-tracing-tempo.yaml",
        "tempo/deployment-tempo.yaml",
        "tempo/kustomization.yaml",
        "tempo/networkpolicy-tempo.yaml",
        "tempo/service-tempo.yaml",
    ]
    assert all(MARK in text.splitlines()[0] for text in found.values())
    top, part = (yaml.safe_load(found[name]) for name in ("kustomization.yaml", "tempo/kustomization.yaml"))
    assert (top["namespace"], top["resources"]) == ("tracing", ["namespace-tracing.yaml", "tempo"])
    assert part["resources"] == sorted(name[6:] for name in found if name[:6] == "tempo/" and "kustom" not in name)
    assert yaml.safe_load(found["tempo/service-tempo.yaml"])["metadata"] == {"name": "tempo", "namespace": "tracing"}
    assert "namespace" not in yaml.safe_load(found["tempo/clusterrole-tracing-tempo.yaml"])["metadata"]
    assert yaml.safe_load(found["namespace-tracing.yaml"])["metadata"] == {"name": "tracing", "labels": {"a": "b"}}
    labels = yaml.safe_load(found["tempo/networkpolicy-tempo.yaml"])["metadata"]["labels"]
    assert labels["app.kubernetes.io/managed-by"] == "tracelab.k8s_tracing"


def test_no_secret_is_written_and_each_is_listed(write: Render, folder: Path) -> None:
    stated = {"name": "certificate", "keys": ["tls.key"], "option": "tempo_tls_secret"}
    result = write({"secrets": [stated]})
    assert {one["name"]: one["needed_keys"] for one in result["secrets"]} == {
        "certificate": ["tls.crt", "tls.key"],
        "made": ["password", "user"],
        "registry": [],
        "storage": ["id"],
    }
    text = "\n".join(contents(folder).values())
    assert "c2VjcmV0" not in text and "kind: Secret" not in text
    assert "| `tracing` | `storage` | `id` | tempo |" in text
    assert "Secret storage in namespace tracing with id, read by tempo." in result["lines"]


def test_the_same_again_changes_nothing(write: Render, folder: Path) -> None:
    assert write(check_mode=True)["changed"] is True
    assert not folder.exists()
    write()
    before = contents(folder)
    again = write()
    assert (again["changed"], again["changed_files"], again["diff"]) == (False, [], [])
    assert contents(folder) == before


def test_what_is_gone_is_removed_with_its_folder(write: Render, folder: Path) -> None:
    write({}, {"id": "alloy/tracing/alloy", "release_name": "alloy"})
    assert (folder / "alloy").is_dir()
    told = write(check_mode=True)
    assert (folder / "alloy").is_dir()
    result = write()
    assert told["changed_files"] == result["changed_files"]
    assert "alloy/service-tempo.yaml" in result["changed_files"] and "kustomization.yaml" in result["changed_files"]
    assert not (folder / "alloy").exists()
    (diff,) = [one for one in result["diff"] if one["before_header"] == "kustomization.yaml"]
    assert "- alloy\n" in diff["before"] and "- alloy\n" not in diff["after"]


FOREIGN: dict[str, Callable[[Path], object]] = {
    "notes.txt": lambda file: file.write_text("mine"),
    ".git/config": lambda file: file.write_text("[core]\n"),
    "tempo/overlay.yaml": lambda file: file.write_text("kind: X\n"),
    "binary": lambda file: file.write_bytes(b"\xff\xfe"),
    "link": lambda file: file.symlink_to("/etc"),
    "pipe": lambda file: os.mkfifo(file),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_folder_with_other_files_is_refused_and_left_alone(write: Render, folder: Path, name: str) -> None:
    write()
    before = contents(folder)
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    FOREIGN[name](file)
    with pytest.raises(TracingError, match=f"holds {name}, which was not rendered") as error:
        write({"objects": [POLICY]})
    assert error.value.kind == "foreign_files" and "k8s_tracing_render_dir" in error.value.fix
    assert {key: (folder / key).read_text() for key in before} == before
    assert not (folder / "tempo" / "networkpolicy-tempo.yaml").exists()


def test_a_place_that_cannot_be_listed_is_refused_and_left_alone(write: Render, folder: Path) -> None:
    """It may hold files that are not ours, as a folder of somebody else does."""
    folder.write_text("mine", encoding="utf-8")
    with pytest.raises(TracingError) as error:
        write()
    assert error.value.kind == "not_read" and "k8s_tracing_render_dir" in error.value.fix
    assert folder.read_text(encoding="utf-8") == "mine"


def test_values_that_are_new_in_each_run_change_with_the_others(write: Render, chart: Path) -> None:
    def run_id(**values: Any) -> str:
        helm = Helm()
        write({"values": values, "fresh_values": {"runId": "random"}}, helm=helm)
        found: str = yaml.safe_load(helm.asked[-1][1])["runId"]
        return found

    first = run_id(a={"b": 1})
    assert first.startswith("rendered-") and first == run_id(a={"b": 1})
    assert run_id(a={"b": 2}) != first
    (chart / "templates" / "a.yaml").write_text("kind: Other")
    assert run_id(a={"b": 1}) != first


def test_no_cluster_is_named_to_helm(write: Render, chart: Path) -> None:
    helm = Helm()
    write(helm=helm, kube_version="1.31.2", api_versions=["monitoring.coreos.com/v1"])
    ((command, given),) = helm.asked
    assert command == [
        *("/bin/true", "template", "tempo", str(chart), "--namespace", "tracing", "--kube-version", "1.31.2"),
        *("--api-versions", "monitoring.coreos.com/v1", "--no-hooks", "--skip-tests", "--include-crds"),
        *("--values", "-"),
    ]
    assert yaml.safe_load(given) == {"a": {"b": 1}}


def test_beside_the_release_of_somebody_else_no_namespace_is_written(write: Render, folder: Path) -> None:
    rule = {"kind": "ConfigMap", "metadata": {"name": "k8s-tracing-datasources"}, "data": {"a": "b"}}
    write({"id": "grafana/x/y", "chart_ref": "", "namespace": "monitoring", "objects": [rule]}, helm=Helm(""))
    assert sorted(contents(folder)) == [
        "README.md",
        "grafana/configmap-k8s-tracing-datasources.yaml",
        "grafana/kustomization.yaml",
        "kustomization.yaml",
    ]


def test_parts_in_several_namespaces_keep_them(write: Render, folder: Path) -> None:
    write({}, {"id": "alloy/other/alloy", "release_name": "alloy", "namespace": "other"})
    found = contents(folder)
    assert "namespace" not in yaml.safe_load(found["kustomization.yaml"])
    assert yaml.safe_load(found["alloy/kustomization.yaml"])["namespace"] == "other"
    assert {"namespace-other.yaml", "namespace-tracing.yaml"} <= found.keys()


def test_a_namespace_of_somebody_elses_is_not_written(write: Render, folder: Path) -> None:
    """Pruning it would delete what else is in it."""
    given = ({}, {"id": "tempo_vulture/shop/tempo", "namespace": "shop"})
    result = write(*given, foreign_namespaces=["shop"])
    assert [name for name in result["files"] if name.startswith("namespace-")] == ["namespace-tracing.yaml"]
    assert result["notes"] == ["These namespaces are not written, and have to be there: shop."]
    assert yaml.safe_load(contents(folder)["kustomization.yaml"])["resources"][0] == "namespace-tracing.yaml"
    (gone,) = set(write(*given)["changed_files"]) - {"README.md", "kustomization.yaml"}
    assert gone == "namespace-shop.yaml"


def test_several_of_a_part_have_a_folder_each(write: Render, folder: Path) -> None:
    write({}, {"id": "tempo/pay/tempo", "namespace": "pay"}, {"id": "alloy/pay/alloy", "namespace": "pay"})
    folders = {name.partition("/")[0] for name in contents(folder) if "/" in name}
    assert folders == {"tempo-tracing", "tempo-pay", "alloy"}
    top = yaml.safe_load(contents(folder)["kustomization.yaml"])
    assert top["resources"][-3:] == ["alloy", "tempo-pay", "tempo-tracing"]


def test_a_part_without_objects_has_no_folder(write: Render, folder: Path) -> None:
    write({}, {"id": "prometheus/a/b", "chart_ref": "", "objects": []})
    assert not (folder / "prometheus").exists()


def test_addresses_of_api_servers_are_missed(write: Render, folder: Path) -> None:
    peers = {"ports": [{"port": 1}], "from": [{"apiServer": {}}, {"podSelector": {}}]}
    policy = {**POLICY, "spec": {"podSelector": {}, "ingress": [peers, {"from": [{"apiServer": {}}]}]}}
    (note,) = write({"objects": [policy]})["notes"]
    assert "k8s_tracing_api_server_cidrs" in note and note in contents(folder)["README.md"]
    spec = yaml.safe_load(contents(folder)["tempo/networkpolicy-tempo.yaml"])["spec"]
    assert spec["ingress"] == [{"ports": [{"port": 1}], "from": [{"podSelector": {}}]}]
    assert write({"objects": [POLICY]})["notes"] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"roll_back": True}, "Release tempo is to be rolled back"),
        ({"id": "../x/y"}, "does not begin with the name of a part"),
        ({"chart_ref": "/nowhere"}, "There is no chart at /nowhere"),
        ({"user_values": {"zz": 1}}, "values: zz is no value of chart shop"),
        ({"nonsense": 1}, "releases: tempo: "),
        ({"namespace": "A"}, "namespace"),
    ],
)
def test_what_is_refused(write: Render, folder: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TracingError) as error:
        write(options)
    assert words in str(error.value)
    assert not folder.exists()


def test_an_alias_of_aliases_is_refused(write: Render) -> None:
    lines = [f"  a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 9)]
    text = "\n".join(["kind: X", "metadata: {name: a}", "spec:", "  a0: &a0 [x]", *lines])
    with pytest.raises(TracingError, match="renders more than"):
        write(helm=Helm(text))


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("name", ["README.md", "kustomization.yaml", "tempo/service-tempo.yaml"])
def test_a_folder_in_the_place_of_a_file_is_refused(write: Render, folder: Path, name: str, check_mode: bool) -> None:
    (folder / name).mkdir(parents=True)
    with pytest.raises(TracingError, match=f"holds the folder {name}, where a file of that name has to be"):
        write(check_mode=check_mode)
    assert contents(folder) == {}


@pytest.mark.parametrize("version", ["1.3", "1.24.9", "0.99"])
def test_a_version_that_lost_its_zero(version: str) -> None:
    with pytest.raises(TracingError, match=r"is older than 1.25.*Write it in quotes, such as '1.30'"):
        target_of(version, [])


@pytest.mark.parametrize("version", ["1.25", "v1.30.4", "2.0"])
def test_versions_that_are_some(version: str) -> None:
    assert target_of(version, []) == ["--kube-version", version]


FULL_WIDTH = "\uff11.\uff13\uff11"


@pytest.mark.parametrize("version", ["", "latest", "1", "1.2.3.4", "--debug", FULL_WIDTH, "1." + "3" * 5000])
def test_versions_that_are_none(version: str) -> None:
    with pytest.raises(TracingError, match="is no version of Kubernetes"):
        target_of(version, [])


def test_api_versions_that_are_none() -> None:
    with pytest.raises(TracingError, match="api_versions: '--post-renderer' is none"):
        target_of("1.31", ["a/v1", "--post-renderer"])
    with pytest.raises(TracingError, match="api_versions: 'a/v\uff11' is none"):
        target_of("1.31", ["a/v\uff11"])


def test_what_helm_says_is_told(write: Render) -> None:
    def helm(*_given: Any) -> Done:
        return Done(1, b"", "Error: execution error at (a.yaml:1:4): no storage")

    with pytest.raises(TracingError, match=r"Release tempo cannot be rendered from chart .*no storage"):
        write(helm=helm)


@pytest.mark.parametrize("text", ["a: [", "- 1", "just text", "kind: A\nmetadata: [1]"])
def test_what_is_no_object_is_refused_or_left_out(write: Render, folder: Path, text: str) -> None:
    try:
        write(helm=Helm(text))
    except TracingError as error:
        assert error.kind == "helm_output"
    else:
        assert not (folder / "tempo").exists()
