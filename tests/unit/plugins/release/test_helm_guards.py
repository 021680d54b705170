# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before the first object is made: no Helm, one that can't be driven, no chart, a step back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.lookup import collection_version
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import Record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import guards
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import plan as helm_plan
from fakes import FakeApiConnection, answer
from test_helm_plan import Run, chart, nowhere, run, stored  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[4]
TEMPO = {"part": "Tempo", "image": "tempo"}
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles/alloy"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The look at the cluster, which comes after what is refused here."""
    looks: list[str] = []
    monkeypatch.setattr(helm_plan, "_look", lambda params, more, first: looks.append("looked") or {})
    return looks


def manifest(image: str) -> str:
    pod = {"spec": {"containers": [{"name": "tempo", "image": image}]}}
    return yaml.safe_dump({"kind": "StatefulSet", "metadata": {"name": "tempo"}, "spec": {"template": pod}})


@pytest.mark.case("F5")
def test_no_helm_is_told_before_anything_is_made(run: Run, seen: list[str]) -> None:  # noqa: F811
    run.records = []
    with pytest.raises(TracingError, match=r"The helm binary was not found.*k8s_tracing_helm_binary") as caught:
        run(preflight={})
    assert caught.value.kind == "helm_missing"
    assert seen == []


@pytest.mark.case("F5")
def test_a_repository_out_of_reach_is_told_before_anything_is_made(run: Run, seen: list[str]) -> None:  # noqa: F811
    run.records = []
    helm = run.helm(
        '[ "$1" = version ] && echo v3.22.0 && exit; echo "Error: looks like it is no repository" >&2; exit 1'
    )
    with pytest.raises(TracingError, match=r"Chart shop 0\.1\.0 of http://127\.0\.0\.1:1 cannot be downloaded"):
        run(
            preflight={}, binary_path=helm, chart_ref="shop", chart_repo_url="http://127.0.0.1:1", chart_version="0.1.0"
        )
    assert seen == []


@pytest.mark.case("F5")
def test_a_chart_at_hand_takes_helm_alone(run: Run, seen: list[str]) -> None:  # noqa: F811
    run.records = []
    assert run(preflight={}, binary_path=run.helm("echo v3.22.0+g0"))["action"] == "install"
    assert run.calls == ["version --short"]
    assert seen == ["looked"]


@pytest.mark.case("F5")
def test_to_roll_back_takes_no_chart(run: Run, seen: list[str]) -> None:  # noqa: F811
    helm = run.helm("echo v3.22.0")
    options = {"chart_ref": "shop", "chart_repo_url": "http://127.0.0.1:1", "chart_version": "0.2.0"}
    run(preflight={}, binary_path=helm, roll_back=True, **options)
    assert run.calls == ["version --short"]


@pytest.mark.case("E2")
@pytest.mark.parametrize(
    ("helm", "core", "refused"),
    [
        ("v4.1.0", "6.2.0", True),
        ("v4.3.2+g1", "5.4.1", True),
        ("v4.1.0", "6.5.0", False),
        ("v4.1.0", "6.4.0", True),
        ("v4.1.0", "7.0.0-dev0", False),
        ("v3.22.0", "5.0.0", False),
        ("v4.1.0", "", False),
        ("nonsense", "6.2.0", False),
    ],
)
def test_helm_and_its_module_have_to_fit(
    run: Run,  # noqa: F811
    seen: list[str],
    helm: str,
    core: str,
    refused: bool,
) -> None:
    run.records = []
    options = {"preflight": {}, "kubernetes_core": core, "binary_path": run.helm(f"echo {helm}")}
    if not refused:
        assert run(**options)["action"] == "install"
        return
    with pytest.raises(TracingError, match=r"Helm 4\.\d\.\d does not work with kubernetes\.core .*>=6\.5\.0"):
        run(**options)
    assert seen == []


@pytest.mark.case("E2")
@pytest.mark.parametrize(
    ("helm", "records", "forced"),
    [
        ("v4.3.2", [], True),
        ("v4.3.2", [stored(1, "uninstalled")], True),
        ("v4.3.2", [stored(1, apply_method="ssa")], True),
        ("v4.3.2", [stored(1, "failed", apply_method="ssa")], True),
        ("v4.3.2", [stored(1, apply_method="csa")], False),
        ("v4.3.2", [stored(1)], False),  # by Helm 3
        ("v3.22.0", [], False),
        ("v3.22.0", [stored(1, apply_method="ssa")], False),
        ("nonsense", [], False),
    ],
)
def test_settings_win_over_what_others_have_changed_where_the_server_applies(
    run: Run,  # noqa: F811
    seen: list[str],
    helm: str,
    records: list[dict[str, Any]],
    forced: bool,
) -> None:
    run.records = records
    options = {"values": {"a": {"b": 2}}, "kubernetes_core": "6.6.0", "binary_path": run.helm(f"echo {helm}")}
    assert run(preflight={}, **options)["force_conflicts"] is forced


@pytest.mark.case("E2")
def test_the_version_of_a_collection_is_that_of_the_copy_in_use() -> None:
    own = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert collection_version.version_of("tracelab.k8s_tracing") == own
    assert guards.version_of(collection_version.version_of("kubernetes.core")) >= (5, 0, 0)
    assert collection_version.version_of("nobody.nothing") == ""


@pytest.mark.case("E2")
def test_what_is_asked_of_kubernetes_core_is_the_same_everywhere() -> None:
    (asked,) = yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"] == {asked["name"]: asked["version"]}
    needed = ".".join(str(part) for part in guards.DRIVES_HELM_4)
    assert f"Helm 4 takes `kubernetes.core` {needed} or newer" in (ROOT / "README.md").read_text()


def tempo(version: int, tag: str, status: str = "superseded") -> dict[str, Any]:
    return stored(version, status, manifest=manifest(f"registry.example:5000/grafana/tempo:{tag}"))


@pytest.mark.case("E4")
@pytest.mark.parametrize("revision", [0, 1])
def test_a_rollback_to_an_older_major_is_refused(run: Run, revision: int) -> None:  # noqa: F811
    run.records = [tempo(1, "2.10.8"), tempo(2, "3.0.3", "deployed")]
    with pytest.raises(
        TracingError, match=r"Revision 1 would take Tempo back from 3\.0\.3 to 2\.10\.8: Tempo 2 does not"
    ):
        run(roll_back=True, revision=revision, forward_only={**TEMPO, "version": "3.0.3"})


@pytest.mark.case("E4")
def test_an_older_image_is_refused(run: Run) -> None:  # noqa: F811
    run.records = [tempo(1, "3.0.3", "deployed")]
    with pytest.raises(TracingError, match=r"This change would take Tempo back from 3\.0\.3 to v2\.10\.8"):
        run(forward_only={**TEMPO, "version": "v2.10.8"})


@pytest.mark.case("E4")
@pytest.mark.parametrize(
    ("tags", "options"),
    [
        (["2.9.0", "2.10.8"], {"roll_back": True}),
        (["3.0.3", "2.10.8"], {"roll_back": True}),
        (["2.10.8"], {"version": "3.0.3"}),
        (["3.0.3"], {"version": "3"}),
        (["latest"], {"version": "2.10.8"}),
        (["3.0.3"], {"version": "latest"}),
    ],
)
def test_other_ways_are_open(run: Run, tags: list[str], options: dict[str, Any]) -> None:  # noqa: F811
    run.records = [tempo(number, tag) for number, tag in enumerate(tags[:-1], 1)]
    run.records.append(tempo(len(tags), tags[-1], "deployed"))
    version = options.pop("version", tags[-1])
    run(forward_only={**TEMPO, "version": version}, **options)


@pytest.mark.case("E4")
def test_without_a_tag_the_chart_tells_the_version() -> None:
    chart = {"metadata": {"appVersion": "3.0.3"}}  # noqa: F811
    record = Record(1, "deployed", "", {"manifest": manifest("tempo@sha256:0"), "chart": chart})
    assert guards.installed_version(record, "tempo") == "3.0.3"


def cluster_role(**annotations: str) -> dict[str, Any]:
    return {"kind": "ClusterRole", "metadata": {"name": "alloy", "annotations": annotations}}


@pytest.mark.case("D2")
@pytest.mark.parametrize("there", [404, 403, {}, {guards.OWNER_NAMESPACE: "two"}])
def test_what_is_nobodys_or_ones_own_may_be_taken(there: Any) -> None:
    reply = answer({"message": "no"}, there) if isinstance(there, int) else answer(cluster_role(**there))
    api = KubeApi(FakeApiConnection({ROLES: reply}))
    guards.refuse_foreign(api, [cluster_role(), {"kind": "Service", "metadata": {"name": "x"}}], "alloy", "two")


@pytest.mark.case("D2")
def test_what_belongs_to_another_namespace_may_not(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    owner = {guards.OWNER_NAME: "alloy", guards.OWNER_NAMESPACE: "one"}
    api = KubeApi(FakeApiConnection({ROLES: answer(cluster_role(**owner))}))
    with pytest.raises(TracingError, match="ClusterRole/alloy belongs to release alloy in namespace one") as caught:
        guards.refuse_foreign(api, [cluster_role()], "alloy", "two")
    assert caught.value.kind == "helm_ownership"


@pytest.mark.case("D2")
def test_helms_own_words_about_another_namespace_advise_no_theft(run: Run) -> None:  # noqa: F811
    words = (
        'Error: ClusterRole "alloy" in namespace "" exists and cannot be imported into the current release: invalid '
        'ownership metadata; annotation validation error: key "meta.helm.sh/release-namespace" must equal "two": '
        'current value is "one"'
    )
    run.records = []
    helm = run.helm(f"echo '{words}' >&2; exit 1")
    with pytest.raises(TracingError, match="It belongs to a release in namespace one: give this one another name"):
        run(render=True, binary_path=helm)
    assert json.dumps(run.calls).count("upgrade") == 1
