# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a Helm release, against records as the API server lists them and a helm that is a script."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm import record as helm_record_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm import render as helm_render_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import plan as helm_plan_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import releases as releases_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.releases import PLAN_ARGUMENTS
from fakes import FakeApiConnection, answer, run_directly

MODULE = "ansible_collections.tracelab.k8s_tracing.plugins.modules.helm_release_plan"
SECRETS = "/api/v1/namespaces/tracing/secrets"
MANIFEST = "---\nkind: ConfigMap\nmetadata: {name: a}\n"


def packed(content: Any, *, twice: bool = True) -> str:
    once = base64.b64encode(gzip.compress(json.dumps(content).encode()))
    return (base64.b64encode(once) if twice else once).decode()


def stored(version: int, status: str = "deployed", **content: Any) -> dict[str, Any]:
    """A record as the API returns it."""
    metadata = {"name": "shop", "version": "0.1.0"}
    template = {"name": "templates/a.yaml", "data": base64.b64encode(b"kind: ConfigMap").decode()}
    chart = {"metadata": metadata, "templates": [template], "values": {"a": {"b": 1}}}
    release = {
        "info": {"status": status, "description": "Install complete"},
        "chart": chart,
        "config": {"a": {"b": 1}},
        "manifest": MANIFEST,
        **content,
    }
    labels = {"owner": "helm", "name": "r", "version": str(version), "status": status}
    return {"metadata": {"labels": labels}, "data": {"release": packed(release)}}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("name: shop\nversion: 0.1.0\n")
    (folder / "values.yaml").write_text("a:\n  b: 1\n")
    (folder / "templates" / "a.yaml").write_text("kind: ConfigMap")
    return folder


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No helm, no plugins and no storage but the default one."""
    for name in ("HELM_DRIVER", "HELM_PLUGINS", "HELM_DATA_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


class Run:
    """Plans against what the API server is said to hold."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chart: Path) -> None:
        self._patch = monkeypatch
        self._folder = tmp_path
        self.chart = chart
        self.connection = FakeApiConnection({})
        self.records: list[Any] = []

    def helm(self, body: str) -> str:
        """A program that notes how it was called."""
        program = self._folder / "helm"
        called = self._folder / "called"
        program.write_text(f'#!/bin/sh\necho "$@" >> {called}\ncat > {self._folder}/given\n{body}\n')
        program.chmod(0o755)
        return str(program)

    @property
    def calls(self) -> list[str]:
        file = self._folder / "called"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def given(self) -> Any:
        return json.loads((self._folder / "given").read_text())

    def __call__(self, **options: Any) -> dict[str, Any]:
        path = options.pop("path", SECRETS)
        records = {path: options.pop("answer", answer({"items": self.records}))}
        self.connection = FakeApiConnection({**records, **options.pop("more", {})})
        self._patch.setattr(releases_utils, "kube_connection", lambda params: self.connection)
        params = {name: spec.get("default") for name, spec in PLAN_ARGUMENTS.items()}
        own = {"release_name": "r", "namespace": "tracing", "chart_ref": str(self.chart)}
        return releases_utils.plan({**params, **own, "values": {"a": {"b": 1}}, **options}, run_directly)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chart: Path) -> Run:
    made = Run(monkeypatch, tmp_path, chart)
    made.records = [stored(2, "failed"), stored(10), stored(9, "superseded"), stored(3, "superseded")]
    return made


def printing(*manifests: str, hooks: tuple[str, ...] = ()) -> str:
    release = {"manifest": "".join(manifests), "hooks": [{"manifest": hook} for hook in hooks]}
    return f"cat <<'END'\n{json.dumps(release)}\nEND"


def test_an_unchanged_release_takes_one_request_and_no_process(run: Run) -> None:
    result = run(binary_path=run.helm("exit 1"), render=True, user_values={"nonsense": 1})
    assert result.pop("connection")["server"] == "https://one.test:6443"
    assert result == {
        "changed": False,
        "action": "none",
        "reasons": [],
        "files_changed": False,
        "not_detected_by_helm": False,
        "force_conflicts": False,
        "immutable": [],
        "stateful_sets": [],
        "storage_problems": [],
        "revision": 10,
        "status": "deployed",
        "previous_revision": 9,
        "description": "Install complete",
        "installed": {"chart": "shop", "chart_version": "0.1.0", "app_version": "", "images": []},
        "planned": {},
        "history": [],
        "up_to_date": False,
    }
    assert run.connection.asked == [("GET", SECRETS, {"labelSelector": "owner=helm,name=r"}, None)]
    assert run.calls == []


def test_records_of_a_release_that_was_not_asked_for_are_passed_over() -> None:
    labels = {"owner": "helm", "name": "other", "version": "99", "status": "deployed"}
    connection = FakeApiConnection({SECRETS: answer({"items": [{"metadata": {"labels": labels}, "data": {}}]})})
    assert helm_record_utils.list_records(KubeApi(connection), "tracing", "r") == []
    assert len(helm_record_utils.list_records(KubeApi(connection), "tracing")) == 1


def test_no_record_is_an_installation(run: Run) -> None:
    run.records = []
    result = run()
    assert (result["action"], result["changed"], result["revision"]) == ("install", False, 0)
    assert result["reasons"] == ["there is no such release"]


@pytest.mark.parametrize(
    ("status", "action", "reason", "unseen"),
    [
        ("failed", "upgrade", "the last revision failed", True),
        ("superseded", "upgrade", "the last revision is superseded", True),
        ("uninstalled", "install", "the release is uninstalled", False),
        ("uninstalling", "install", "the release is uninstalling", False),
        (
            "pending-upgrade",
            "recover",
            "the last revision is pending-upgrade: an operation runs or was interrupted",
            False,
        ),
    ],
)
def test_what_the_status_means(run: Run, status: str, action: str, reason: str, unseen: bool) -> None:
    run.records = [stored(1, status)]
    result = run()
    assert (result["action"], result["reasons"], result["not_detected_by_helm"]) == (action, [reason], unseen)
    assert result["files_changed"] is False


def test_an_interrupted_operation_is_predicted_without_rendering(run: Run) -> None:
    run.records = [stored(1, "pending-install")]
    result = run(render=True, binary_path=run.helm("exit 1"))
    assert (result["changed"], "diff" in result, run.calls) == (True, False, [])


def test_values_are_told_by_path_and_never_shown(run: Run) -> None:
    result = run(values={"a": {"b": 2, "password": "s3cret"}, "l": [1]})
    assert result["action"] == "upgrade"
    assert result["reasons"] == ["value a.b changes", "value a.password is added", "value l is added"]
    assert (result["files_changed"], result["not_detected_by_helm"]) == (False, False)
    assert run(values={})["reasons"] == ["value a is removed"]


def test_many_changes_are_counted(run: Run) -> None:
    reasons = run(values={"a": {"b": 1}, **{f"k{number:02}": 1 for number in range(30)}})["reasons"]
    assert len(reasons) == 21 and reasons[-1] == "10 more values differ"


@pytest.mark.parametrize(("before", "after"), [(1, 1.0), ("1e3", "1e3"), ([1], [1.0])])
def test_what_reaches_helm_the_same_is_no_change(run: Run, before: Any, after: Any) -> None:
    run.records = [stored(1, config={"x": before})]
    assert run(values={"x": after})["reasons"] == []


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), ("1", 1), (None, ""), ([1], [1, 2]), ({}, [])])
def test_what_helm_takes_for_different_is_a_change(run: Run, before: Any, after: Any) -> None:
    run.records = [stored(1, config={"x": before})]
    assert run(values={"x": after})["reasons"] == ["value x changes"]


@pytest.mark.case("C1")
@pytest.mark.parametrize(
    ("before", "after", "unseen"),
    [
        (30, "3e1", True),
        (15, "0o17", True),
        ([1e21], ["1e+21"], True),
        ("1", 1, True),
        (False, "n", False),
        (["1"], ["1", 2], False),
    ],
)
def test_a_text_in_place_of_a_number_is_a_change_that_the_module_may_miss(
    run: Run, before: Any, after: Any, unseen: bool
) -> None:
    run.records = [stored(1, config={"x": before})]
    result = run(values={"x": after})
    assert (result["reasons"], result["not_detected_by_helm"]) == (["value x changes"], unseen)


@pytest.mark.case("C1")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"x": "="}, {"x": 1}),
        ({"x": 1}, {"y": [{"=": 1}]}),
        (None, {"x": ["="]}),
        (None, {"x": "<<"}),
        ({"x": "2026-99-99"}, {}),
        (None, {"0x_": 1}),
    ],
)
def test_values_that_the_module_cannot_read_go_past_it(run: Run, before: Any, after: Any) -> None:
    run.records = [] if before is None else [stored(1, config=before)]
    assert run(values=after)["not_detected_by_helm"]


@pytest.mark.case("C1")
@pytest.mark.parametrize("number", [2**53 + 1, 10**400], ids=["odd", "huge"])
def test_a_number_that_helm_would_change_is_refused_by_its_place(run: Run, number: int) -> None:
    with pytest.raises(TracingError, match=r"value a\.b\[1\] is [0-9]+, which .* in quotes"):
        run(values={"a": {"b": [0, number]}})


def test_a_new_version_and_name_of_a_local_chart(run: Run) -> None:
    (run.chart / "Chart.yaml").write_text("name: store\nversion: 0.2.0\nappVersion: 3\n")
    result = run(chart_version="9.9.9", chart_repo_url="http://ignored.example.com")
    assert result["reasons"] == [
        "chart shop -> store",
        "chart version 0.1.0 -> 0.2.0",
        "chart appVersion none -> 3",
        "chart file Chart.yaml changed",
    ]
    assert (result["files_changed"], result["not_detected_by_helm"]) == (False, False)


def test_a_changed_file_that_renders_differently_is_an_upgrade(run: Run) -> None:
    (run.chart / "templates" / "a.yaml").write_text("kind: Secret")
    (run.chart / "templates" / "b.yaml").write_text("")
    (run.chart / "values.yaml").write_text("a:\n  b: 2\n")
    result = run(binary_path=run.helm(printing("kind: Secret\nmetadata: {name: a}")))
    assert (result["action"], result["files_changed"], result["not_detected_by_helm"]) == ("upgrade", True, True)
    assert result["reasons"] == [
        "chart file templates/a.yaml changed",
        "chart file templates/b.yaml is new",
        "chart file values.yaml changed",
    ]
    assert "diff" not in result and result["changed"] is False
    assert run.given == {"a": {"b": 1}}
    assert run.calls == [
        f"upgrade --install r {run.chart} --namespace tracing --reset-values --dry-run=server --output json --values -"
    ]


def test_a_changed_file_that_renders_the_same_is_nothing(run: Run, tmp_path: Path) -> None:
    (run.chart / "README.md").write_text("new")
    same = run.helm(printing("\n# another comment\nmetadata:\n  name: a\nkind: ConfigMap\n"))
    result = run(binary_path=same, render=True)
    assert (result["action"], result["reasons"], result["changed"]) == ("none", [], False)
    plugin = tmp_path / "plugins" / "helm-diff"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text('name: "diff"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELM_PLUGINS", str(plugin.parent))
        assert run(binary_path=same)["reasons"] == [helm_plan_utils.DRIFT]


def test_files_that_went_away_and_a_new_schema(run: Run) -> None:
    (run.chart / "templates" / "a.yaml").unlink()
    (run.chart / "values.schema.json").write_text("{}")
    reasons = run(binary_path=run.helm(printing()))["reasons"]
    assert reasons == ["chart file templates/a.yaml was removed", "chart file values.schema.json changed"]


def test_the_diff_plugin_looks_for_drift(run: Run, tmp_path: Path) -> None:
    plugin = tmp_path / "home" / ".local/share/helm/plugins/diff"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text("version: 3\nname: diff\n")
    result = run(render=True, user_values={"nonsense": 1})
    assert (result["action"], result["reasons"], result["changed"]) == ("upgrade", [helm_plan_utils.DRIFT], False)
    (plugin / "plugin.yaml").unlink()
    (plugin / "plugin.yaml").mkdir()
    assert run()["action"] == "none"


def test_a_chart_of_a_repository_is_compared_by_name_and_version(run: Run) -> None:
    common = {"chart_repo_url": "http://charts.example.com"}
    assert run(chart_ref="shop", chart_version="v0.1.0", **common)["action"] == "none"
    assert run(chart_ref="oci://charts.example.com/x/shop:0.1.0")["action"] == "none"
    assert run(chart_ref="oci://charts.example.com/x/shop@sha256:00", chart_version="0.1.0")["action"] == "none"
    assert run(chart_ref="http://charts.example.com/shop-0.1.0.tgz", chart_version="0.1.0")["action"] == "none"
    changed = run(chart_ref="repo/store", chart_version="0.2.0")
    assert changed["reasons"] == ["chart shop -> store", "chart version 0.1.0 -> 0.2.0"]


@pytest.mark.parametrize("version", ["", "^0.1.0", "0.1", "0.1.x", ">=0.1.0"])
def test_without_an_exact_version_the_repository_decides(run: Run, version: str) -> None:
    result = run(chart_ref="shop", chart_version=version)
    assert (result["action"], result["reasons"], result["not_detected_by_helm"]) == (
        "upgrade",
        [helm_plan_utils.NO_VERSION],
        False,
    )


def archive_of(chart: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        archive.add(chart, "shop")
    return target


def test_rendering_finds_out_which_version_the_repository_has(run: Run, tmp_path: Path) -> None:
    archive = archive_of(run.chart, tmp_path / "source.tgz")
    helm = run.helm(
        f'if [ "$1" = pull ]; then while [ $# -gt 1 ]; do shift; done; cp {archive} "$1/shop-0.1.0.tgz"; fi'
    )
    result = run(chart_ref="shop", render=True, binary_path=helm)
    assert (result["action"], result["changed"]) == ("none", False)
    assert len(run.calls) == 1 and run.calls[0].startswith("pull shop --destination ")


def test_a_download_serves_the_key_check_and_the_rendering(run: Run, tmp_path: Path) -> None:
    archive = archive_of(run.chart, tmp_path / "source.tgz")
    pull = f'[ "$1" = pull ] && for last; do :; done && cp {archive} "$last/shop-0.1.0.tgz" && exit 0\n'
    helm = run.helm(pull + printing(MANIFEST))
    options = {"chart_ref": "shop", "chart_version": "0.1.0", "chart_repo_url": "http://c.example.com"}
    values = {"a": {"b": 2}}
    result = run(**options, values=values, user_values=values, render=True, binary_path=helm)
    assert result["changed"] is True
    assert [call.split()[0] for call in run.calls] == ["pull", "upgrade"]
    assert "--repo http://c.example.com --version 0.1.0" in run.calls[0]
    assert "shop-0.1.0.tgz" in run.calls[1] and "--repo" not in run.calls[1]


def test_the_diff_hides_what_secrets_hold(run: Run) -> None:
    old = "---\nkind: Secret\nmetadata: {name: s}\ndata: {p: czNjcmV0}\nstringData: {q: s3cret}\n"
    run.records = [stored(4, manifest=MANIFEST + old)]
    new = old.replace("czNjcmV0", "b3RoZXI=")
    helm = run.helm(printing(new, "\n---\n", MANIFEST, hooks=("kind: Pod\nmetadata: {name: test}",)))
    result = run(values={"a": {"b": 2}}, render=True, binary_path=helm)
    diff = result["diff"]
    assert diff["before_header"] == "release tracing/r, revision 4"
    assert diff["after_header"] == "release tracing/r, planned"
    before = yaml.safe_load_all(diff["before"])
    after = {item["kind"]: item for item in yaml.safe_load_all(diff["after"])}
    assert list(after) == ["ConfigMap", "Pod", "Secret"]
    secret = next(item for item in before if item["kind"] == "Secret")
    assert secret["data"] != after["Secret"]["data"]
    assert secret["stringData"] == after["Secret"]["stringData"]
    assert secret["data"]["p"] == secret["stringData"]["q"], "the same value looks the same"
    shown = json.dumps(diff)
    assert "czNjcmV0" not in shown and "s3cret" not in shown and "b3RoZXI" not in shown


def test_a_first_installation_is_shown(run: Run) -> None:
    run.records = []
    result = run(render=True, take_ownership=True, binary_path=run.helm(printing(MANIFEST)))
    assert (result["changed"], result["diff"]["before"]) == (True, "")
    assert result["diff"]["before_header"] == "release tracing/r, not installed"
    assert "kind: ConfigMap" in result["diff"]["after"]
    assert run.calls[0].endswith("--take-ownership")


def test_immutable_fields_are_named(run: Run) -> None:
    workload = "---\nkind: StatefulSet\nmetadata: {name: tempo}\nspec: {serviceName: a, selector: {x: y}}\n"
    run.records = [stored(1, manifest=workload)]
    new = workload.replace("serviceName: a", "serviceName: a, volumeClaimTemplates: [{}]")
    result = run(values={}, render=True, binary_path=run.helm(printing(new)))
    assert result["immutable"] == ["StatefulSet/tempo spec.volumeClaimTemplates"]
    assert result["reasons"][-1].startswith("StatefulSet/tempo spec.volumeClaimTemplates cannot be changed in place")
    quiet = run(values={}, find_immutable=True, binary_path=run.helm(printing(new)))
    assert (quiet["immutable"], quiet["changed"], "diff" in quiet) == (result["immutable"], False, False)
    # A revision that failed may never have been applied, so that going back to what is there is no change of it.
    run.records = [stored(2, "failed", manifest=workload), stored(1, manifest=new)]
    assert run(values={}, render=True, binary_path=run.helm(printing(new)))["immutable"] == []


STATEFUL_SET = "/apis/apps/v1/namespaces/tracing/statefulsets/tempo"
CLAIMS = "/api/v1/namespaces/tracing/persistentvolumeclaims"
FAST = "/apis/storage.k8s.io/v1/storageclasses/fast"


def sized(size: str) -> dict[str, Any]:
    template = {"metadata": {"name": "storage"}, "spec": {"resources": {"requests": {"storage": size}}}}
    return {"kind": "StatefulSet", "metadata": {"name": "tempo"}, "spec": {"volumeClaimTemplates": [template]}}


def volumes(there: str = "10Gi", allow: bool = True) -> dict[str, Any]:
    spec = {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    claim = {"metadata": {"name": "storage-tempo-0"}, "spec": spec, "status": {"phase": "Bound"}}
    return {
        STATEFUL_SET: answer(sized(there)),
        CLAIMS: answer({"items": [claim]}),
        FAST: answer({"allowVolumeExpansion": allow}),
    }


ENLARGED = [{"name": "tempo", "claims": {"storage": "20Gi"}}]


@pytest.mark.case("F9")
@pytest.mark.parametrize("status", ["deployed", "failed"])
def test_a_larger_volume_is_planned(run: Run, status: str) -> None:
    run.records = [stored(1, status, manifest=json.dumps(sized("10Gi")))]
    helm = run.helm(printing(json.dumps(sized("20Gi"))))
    result = run(values={}, find_immutable=True, binary_path=helm, more=volumes())
    assert (result["immutable"], result["stateful_sets"], result["storage_problems"]) == ([], ENLARGED, [])
    assert result["reasons"][-2:] == [
        "volume claim storage-tempo-0 grows from 10Gi to 20Gi",
        "StatefulSet tempo is made anew around its pods, which stay",
    ]


@pytest.mark.case("F9")
def test_a_volume_that_can_not_grow_names_the_option(run: Run) -> None:
    run.records = [stored(1, manifest=json.dumps(sized("10Gi")))]
    helm = run.helm(printing(json.dumps(sized("20Gi"))))
    options = {"size_option": "tempo_persistence_size", "context": "kind"}
    result = run(values={}, render=True, binary_path=helm, more=volumes(allow=False), **options)
    assert (result["immutable"], result["stateful_sets"]) == ([], [])
    assert "Set tempo_persistence_size to 10Gi, or" in result["storage_problems"][0]
    assert "kubectl --context kind patch storageclass fast" in result["storage_problems"][0]


@pytest.mark.case("F9")
def test_with_another_immutable_field_it_stays_refused(run: Run) -> None:
    old, new = sized("10Gi"), sized("20Gi")
    new["spec"]["serviceName"] = "other"
    run.records = [stored(1, manifest=json.dumps(old))]
    result = run(values={}, render=True, binary_path=run.helm(printing(json.dumps(new))), more=volumes())
    assert (result["immutable"], result["stateful_sets"]) == (["StatefulSet/tempo spec.serviceName"], [])


@pytest.mark.case("F9")
@pytest.mark.parametrize(
    ("there", "found"), [("20Gi", [{"name": "tempo", "claims": {"storage": "10Gi"}}]), ("10Gi", [])]
)
def test_what_is_gone_back_to_may_have_had_smaller_volumes(run: Run, there: str, found: list[Any]) -> None:
    old, new = json.dumps(sized("10Gi")), json.dumps(sized("20Gi"))
    run.records = [stored(3, "pending-upgrade", manifest=new), stored(2, manifest=old)]
    recovered = run(more=volumes(there))
    assert (recovered["action"], recovered["stateful_sets"]) == ("recover", found)
    run.records = [
        stored(3, manifest=new),
        stored(2, "superseded", manifest=new),
        stored(1, "superseded", manifest=old),
    ]
    assert run(roll_back=True, revision=1, more=volumes(there))["stateful_sets"] == found
    assert run(roll_back=True, more=volumes("20Gi"))["stateful_sets"] == []
    assert run(roll_back=True, revision=7, more=volumes(there))["stateful_sets"] == []


@pytest.mark.case("F9")
def test_a_roll_back_is_not_held_against_the_size_in_the_settings(run: Run) -> None:
    run.records = [stored(1, manifest=json.dumps(sized("10Gi")))]
    helm = run.helm(printing(json.dumps(sized("5Gi"))))
    result = run(values={}, render=True, roll_back=True, binary_path=helm, more=volumes())
    assert result["storage_problems"] == []


@pytest.mark.case("F9")
def test_a_larger_volume_takes_further_permissions(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    demanded: list[Any] = []
    preflight = importlib.import_module(helm_plan_utils.__name__.replace("_release.plan", "_preflight.preflight"))
    monkeypatch.setattr(
        preflight, "preflight", lambda params: demanded.append(params["permissions"]) or {"problems": []}
    )
    helm = run.helm(f'[ "$1" = version ] && echo v3.22.0 && exit\n{printing(json.dumps(sized("20Gi")))}')
    role = {"permissions": [{"resource": "configmaps", "verbs": ["get"]}]}
    for there in ("10Gi", "20Gi"):
        run.records = [stored(1, manifest=json.dumps(sized(there)))]
        run(values={}, find_immutable=True, preflight=role, binary_path=helm, more=volumes(there))
    asked = [{one["resource"]: one["verbs"] for one in permissions} for permissions in demanded]
    assert asked == [
        {"configmaps": ["get"], "persistentvolumeclaims": ["list", "patch"], "statefulsets": ["get", "delete"]},
        {"configmaps": ["get"]},
    ]


def test_nothing_is_rendered_for_immutable_fields_when_there_is_nothing_to_upgrade(run: Run) -> None:
    assert run(find_immutable=True, binary_path=run.helm("exit 1"))["action"] == "none"
    run.records = []
    assert run(find_immutable=True, binary_path=run.helm("exit 1"))["action"] == "install"
    assert run.calls == []


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("Error: UPGRADE FAILED: a template is wrong.", "helm_render", r"chart .*shop: a template is wrong\.$"),
        (
            'Error: Secret "s" in namespace "t" exists and cannot be imported into the current release: x',
            "helm_ownership",
            r"set shop_adopt: true\.$",
        ),
        ("Error: Kubernetes cluster unreachable: dial", "unreachable", r"check kubeconfig and context\.$"),
        (
            "Error: found in Chart.yaml, but missing in charts/ directory: x",
            "chart_invalid",
            "helm dependency build .*shop$",
        ),
        ("Error: unknown flag: --take-ownership", "helm_too_old", "Install Helm 3.17"),
        ("", "helm_render", "it gave no reason"),
        ("WARNING: Kubernetes configuration file is group-readable\nError: no", "helm_render", ": no.$"),
    ],
)
def test_helms_own_words_and_the_way_out(run: Run, said: str, kind: str, words: str) -> None:
    helm = run.helm(f"cat >&2 <<'END'\n{said}\nEND\nexit 1")
    with pytest.raises(TracingError, match=words) as caught:
        run(values={}, render=True, binary_path=helm, user_values_name="shop_values")
    assert caught.value.kind == kind


def test_the_option_of_the_module_itself_is_named_too(run: Run) -> None:
    helm = run.helm("echo 'x exists and cannot be imported into the current release' >&2; exit 1")
    with pytest.raises(TracingError, match=r"set take_ownership: true\.$"):
        run(values={}, render=True, binary_path=helm)


def test_what_is_no_json_is_an_error(run: Run) -> None:
    with pytest.raises(TracingError, match="printed no JSON"):
        run(values={}, render=True, binary_path=run.helm("echo hello"))
    with pytest.raises(TracingError, match="printed no JSON"):
        run(values={}, render=True, binary_path=run.helm("echo '[]'"))


def test_without_helm(run: Run, tmp_path: Path) -> None:
    with pytest.raises(TracingError, match=r"helm binary was not found\. Install Helm 3 or 4.*k8s_tracing_helm_binary"):
        run(values={}, render=True)
    with pytest.raises(TracingError, match="not found at /nowhere/helm"):
        run(values={}, render=True, binary_path="/nowhere/helm")
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nothing")
    broken.chmod(0o755)
    with pytest.raises(TracingError, match="cannot be run"):
        run(values={}, render=True, binary_path=str(broken))


def test_a_helm_that_hangs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_render_utils, "TIMEOUT", 0.2)
    with pytest.raises(TracingError, match="helm upgrade was not done after 0 s") as caught:
        run(values={}, render=True, binary_path=run.helm("sleep 3"))
    assert caught.value.retryable


def test_the_cluster_is_told_to_helm_by_its_environment(run: Run, tmp_path: Path) -> None:
    helm = run.helm(f"env > {tmp_path}/environment\n{printing()}")
    run(values={}, render=True, binary_path=helm)
    found = set((tmp_path / "environment").read_text().splitlines())
    assert {"KUBECONFIG=/kubeconfig", "HELM_KUBECONTEXT=one", "HELM_KUBEAPISERVER=", "HELM_NAMESPACE="} <= found


def test_a_record_that_may_not_be_read_leaves_it_to_helm(run: Run) -> None:
    result = run(answer=answer({"message": "no"}, 403), render=True)
    assert (result["action"], result["reasons"]) == ("upgrade", [helm_plan_utils.UNREADABLE])
    assert (result["changed"], result["not_detected_by_helm"], result["revision"]) == (True, False, 0)
    with pytest.raises(TracingError, match="c is no value"):
        run(answer=answer({"message": "no"}, 403), user_values={"c": 1})


def test_other_refusals_of_the_api_server_are_errors(run: Run) -> None:
    with pytest.raises(TracingError, match="does not accept the credentials"):
        run(answer=answer({"message": "who"}, 401))


def test_other_storages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_DRIVER", "sql")
    assert run()["reasons"] == [helm_plan_utils.UNREADABLE] and run.connection.asked == []
    monkeypatch.setenv("HELM_DRIVER", "configmap")
    release = helm_record_utils.decode(run.records[1]["data"]["release"])
    run.records = [{**run.records[1], "data": {"release": packed(release, twice=False)}}]
    assert run(path="/api/v1/namespaces/tracing/configmaps")["action"] == "none"


@pytest.mark.parametrize(
    "data", [{}, {"release": "!"}, {"release": base64.b64encode(b"e30x").decode()}, {"release": packed([])}]
)
def test_a_broken_record_is_an_error(run: Run, data: Mapping[str, str]) -> None:
    run.records = [{**stored(1), "data": data}]
    with pytest.raises(TracingError, match="record of a Helm release cannot be read") as caught:
        run()
    assert caught.value.kind == "helm_record"


def test_unknown_keys_are_refused_by_name(run: Run) -> None:
    values = {"a": {"B": 1, "zzzz": 2}}
    with pytest.raises(TracingError) as caught:
        run(values=values, user_values=values, user_values_name="shop_values")
    assert caught.value.message == (
        "shop_values: a.B is no value of chart shop 0.1.0; did you mean a.b?\n"
        "shop_values: a.zzzz is no value of chart shop 0.1.0."
    )
    assert run(values=values, user_values=values, open_values=["a"])["action"] == "upgrade"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"release_name": "R"}, "release_name"),
        ({"release_name": "r" * 54}, "release_name is too long"),
        ({"namespace": "a/b"}, "namespace"),
        ({"chart_ref": ""}, "chart_ref is empty"),
        ({"chart_ref": "./nowhere"}, "There is no chart at ./nowhere"),
        ({"request_timeout": 0.0}, "request_timeout"),
    ],
)
def test_bad_options_are_refused_before_anything_is_asked(run: Run, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TracingError, match=words):
        run(**options)
    assert run.connection.asked == []


def test_a_chart_that_cannot_be_downloaded(run: Run) -> None:
    run.records = []
    helm = run.helm("echo 'Error: repo is down' >&2; exit 1")
    with pytest.raises(
        TracingError, match=r"Chart shop 1\.2\.3 of http://c\.example\.com cannot be downloaded: repo is down"
    ):
        options = {"chart_ref": "shop", "chart_version": "1.2.3", "chart_repo_url": "http://c.example.com"}
        run(**options, user_values={"a": 1}, binary_path=helm)


def module_result(capsys: pytest.CaptureFixture[str], **args: Any) -> dict[str, Any]:
    with patch_module_args(args), pytest.raises(SystemExit):
        importlib.import_module(MODULE).main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_the_module_returns_the_plan_in_check_mode_too(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = FakeApiConnection({SECRETS: answer({"items": run.records})})
    monkeypatch.setattr(releases_utils, "kube_connection", lambda params: connection)
    options = {"release_name": "r", "namespace": "tracing", "chart_ref": str(run.chart)}
    result = module_result(capsys, **options, values={"a": {"b": 1}}, _ansible_check_mode=True)
    assert (result["changed"], result["action"]) == (False, "none")
    failed = module_result(capsys, **options, request_timeout=-1)
    assert (failed["failed"], failed["error"]["kind"]) == (True, "invalid_option")


def test_documentation_and_arguments_agree(run: Run) -> None:
    module = importlib.import_module(MODULE)
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert options.keys() == PLAN_ARGUMENTS.keys()
    for name, spec in PLAN_ARGUMENTS.items():
        for key in ("type", "default", "elements", "required"):
            assert options[name].get(key) == spec.get(key), (name, key)
    documented = yaml.safe_load(module.RETURN).keys()
    result = run(values={}, render=True, binary_path=run.helm(printing()))
    of_several = {"releases", "connections", "problems", "summary"}
    assert result.keys() - {"changed"} == documented - {"error", "fresh_values", *of_several}
    task = yaml.safe_load(module.EXAMPLES)[0]
    assert task["tracelab.k8s_tracing.helm_release_plan"].keys() <= PLAN_ARGUMENTS.keys()


def test_the_versions_that_are_installed_and_planned_are_told(run: Run) -> None:
    def pod(tag: str) -> str:
        spec = f"{{containers: [{{image: 'docker.io/grafana/tempo:{tag}'}}]}}"
        return f"---\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"

    run.records = [stored(1, "superseded", manifest=pod("2.8.0")), stored(2, manifest=pod("2.9.0"))]
    given = {"values": {"a": {"b": 2}}, "binary_path": run.helm(printing(pod("2.10.8"))), "render": True}
    result = run(**given, forward_only={"part": "Tempo", "image": "tempo", "version": "2.10.8"})
    assert result["installed"]["images"] == ["docker.io/grafana/tempo:2.9.0"]
    assert result["planned"]["images"] == ["docker.io/grafana/tempo:2.10.8"]
    assert result["planned"]["chart_version"] == "0.1.0"
    assert [(one["revision"], one["version"]) for one in result["history"]] == [(1, "2.8.0"), (2, "2.9.0")]
    assert run(**given)["history"] == []


def test_a_release_that_is_rolled_back_is_never_up_to_date(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings are often those of the revision that is left."""
    monkeypatch.setattr(helm_plan_utils, "is_up_to_date", lambda params, api: True)
    assert run()["up_to_date"] is True
    assert run(roll_back=True)["up_to_date"] is False
