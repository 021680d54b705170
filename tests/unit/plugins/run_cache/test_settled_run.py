# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run ends early only when nothing at all has changed. The scenario stack proves what the playbook makes of it."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.inputs import (
    code,
    digests,
    environment,
    named_files,
    own_settings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.record import (
    differences,
    note_path,
    read_note,
    write_note,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._run_cache.run_cache import compare, remember

FOUND: dict[str, Any] = {"objects": {"deployments tracing/alloy": "u-1 aa"}, "unready": []}
INPUTS = {"tempo_retention": "48h", "the collection": "c0"}


def found(**more: Any) -> dict[str, Any]:
    return {**FOUND, **more}


def noted(path: Path) -> Path:
    """A note about a whole run with INPUTS that left FOUND behind."""
    inputs = compare(path, INPUTS, lambda: FOUND)["inputs"]
    assert remember(path, inputs, ["Grafana: here"], lambda: FOUND) == {"remembered": True, "reason": ""}
    return path


def nobody_looks() -> Mapping[str, Any]:
    raise AssertionError("the cluster was looked at for nothing")


def test_without_a_note_there_is_a_whole_run_and_no_look_at_the_cluster(tmp_path: Path) -> None:
    answer = compare(tmp_path / "note.json", INPUTS, nobody_looks)
    assert (answer["unchanged"], answer["last_words"]) == (False, [])
    assert "No whole run is known" in answer["reason"]


def test_nothing_changed_and_the_last_words_are_those_of_the_noted_run(tmp_path: Path) -> None:
    answer = compare(noted(tmp_path / "k8s_tracing/note.json"), INPUTS, lambda: FOUND)
    assert (answer["unchanged"], answer["reason"], answer["last_words"]) == (True, "", ["Grafana: here"])


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({**INPUTS, "tempo_retention": "24h"}, "tempo_retention."),
        ({**INPUTS, "alloy_replicas": 2}, "alloy_replicas."),
        ({"the collection": "c0"}, "tempo_retention."),
        ({**INPUTS, "the collection": "c1"}, "the collection."),
        ({**INPUTS, "a": 1, "b": 1, "c": 1, "d": 1}, "a, b, c and 1 more."),
    ],
)
def test_a_changed_input_is_named_before_anybody_looks(tmp_path: Path, inputs: dict[str, Any], named: str) -> None:
    answer = compare(noted(tmp_path / "note.json"), inputs, nobody_looks)
    assert (answer["unchanged"], answer["reason"]) == (False, f"Changed since the last whole run: {named}")


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (found(objects={}), "deployments tracing/alloy"),
        (found(objects={"deployments tracing/alloy": "u-1 bb"}), "deployments tracing/alloy"),
        (found(objects={**FOUND["objects"], "jobs tracing/new": "u-2 cc"}), "jobs tracing/new"),
        (found(unready=["statefulsets tracing/tempo"]), "Not ready: statefulsets tracing/tempo."),
        ({"failed": True, "msg": "No cluster answers."}, "No cluster answers."),
    ],
)
def test_a_changed_cluster_is_named(tmp_path: Path, now: dict[str, Any], reason: str) -> None:
    answer = compare(noted(tmp_path / "note.json"), INPUTS, lambda: now)
    assert not answer["unchanged"] and reason in answer["reason"]


def test_a_run_whose_begin_is_not_known_is_not_noted(tmp_path: Path) -> None:
    answer = remember(tmp_path / "note.json", {}, [], nobody_looks)
    assert answer == {"remembered": False, "reason": "What the run was made of is not known."}


@pytest.mark.parametrize("now", [found(unready=["jobs tracing/k6"]), {"failed": True, "msg": "forbidden"}])
def test_a_state_that_can_not_be_trusted_is_not_noted(tmp_path: Path, now: dict[str, Any]) -> None:
    path = tmp_path / "note.json"
    inputs = compare(path, INPUTS, lambda: FOUND)["inputs"]
    assert not remember(path, inputs, [], lambda: now)["remembered"] and not path.exists()


def test_a_note_that_can_not_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    inputs = compare(tmp_path / "none", INPUTS, lambda: FOUND)["inputs"]
    answer = remember(tmp_path / "file/note.json", inputs, [], lambda: FOUND)
    assert not answer["remembered"] and "can't be written" in answer["reason"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1, "more": 1}'])
def test_a_note_of_another_making_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "note.json").write_text(text)
    assert read_note(tmp_path / "note.json") is None


def test_a_note_is_for_its_owner_and_holds_no_setting(tmp_path: Path) -> None:
    path = noted(tmp_path / "k8s_tracing/note.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "48h" not in path.read_text()
    assert [entry.name for entry in path.parent.iterdir()] == ["note.json"]
    note = read_note(path)
    assert note is not None
    write_note(path, note)
    assert read_note(path) == note


def test_a_digest_tells_nothing_without_its_salt() -> None:
    one, other = digests({"grafana_admin_password": "a"}, "s1"), digests({"grafana_admin_password": "a"}, "s2")
    assert one != other and digests({"grafana_admin_password": "a"}, "s1") == one
    assert digests({"tempo_values": {"a": 1, "b": 2}}, "") == digests({"tempo_values": {"b": 2, "a": 1}}, "")
    assert digests({"x": 1}, "") != digests({"x": "1"}, "")


def test_each_place_has_a_note_of_its_own(tmp_path: Path) -> None:
    here = {"kubeconfig": None, "context": None, "namespaces": ["tracing"]}
    others = [{**here, "kubeconfig": "/k"}, {**here, "context": "c"}, {**here, "namespaces": ["other"]}]
    paths = {note_path(tmp_path, "localhost", options) for options in (here, *others)}
    assert len(paths | {note_path(tmp_path, "bastion", here)}) == 5


def test_settings_are_what_the_roles_do_not_ship() -> None:
    variables = {
        "tempo_retention": "48h",
        "tempo_replicas": 1,
        "tempo_nothing": None,
        "k8s_tracing_full_run": True,
        "ansible_host": "h",
        "my_own": 1,
    }
    shipped = {"tempo_retention": "24h", "tempo_replicas": 1}
    assert own_settings(variables, shipped) == {"tempo_retention": "48h", "tempo_nothing": None}


def test_files_that_settings_name_count_by_content(tmp_path: Path) -> None:
    (tmp_path / "values.yml").write_text("a: 1")
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart/Chart.yaml").write_text("name: chart")
    (tmp_path / "tempo").mkdir()
    settings = {"tempo_values_files": ["values.yml"], "tempo_chart_ref": "chart", "tempo_release_name": "tempo"}
    first = named_files(settings, [tmp_path])
    assert list(first) == [f"file {tmp_path}/chart", f"file {tmp_path}/values.yml"]
    (tmp_path / "values.yml").write_text("a: 2")
    (tmp_path / "chart/values.yaml").write_text("")
    second = named_files(settings, [tmp_path])
    assert all(first[name] != second[name] for name in first)


@pytest.mark.parametrize("text", ["/", "", "a\nb", "https://host/path", "x" * 2000, "a\0b"])
def test_a_text_that_is_no_path_is_not_looked_for(text: str) -> None:
    assert named_files({"grafana_root": text}, [Path("/")]) == {}


def test_a_folder_without_end_is_said_to_be_one(tmp_path: Path) -> None:
    for number in range(501):
        (tmp_path / str(number)).write_text("")
    with pytest.raises(TracingError, match="more than 500 files"):
        named_files({"grafana_dashboards": str(tmp_path)}, [tmp_path])


def test_the_environment_of_kubernetes_helm_and_proxies_counts() -> None:
    environ = {"KUBECONFIG": "/k", "HELM_DRIVER": "sql", "K8S_AUTH_CONTEXT": "c", "https_proxy": "p", "TERM": "x"}
    assert sorted(environment(environ).values()) == ["/k", "c", "p", "sql"]


def test_the_code_of_the_collection_counts(tmp_path: Path) -> None:
    (tmp_path / "roles/tempo/__pycache__").mkdir(parents=True)
    task = tmp_path / "roles/tempo/main.yml"
    task.write_text("a")
    first = code(tmp_path)
    (tmp_path / "roles/tempo/__pycache__/x.pyc").write_text("")
    (tmp_path / "README.md").write_text("")
    assert code(tmp_path) == first
    task.write_text("ab")
    assert code(tmp_path) != first


def test_nothing_differs_when_all_is_alike() -> None:
    assert differences({"a": "1"}, {"a": "1"}) == ""
