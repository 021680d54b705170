# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys of a user a chart knows, and how charts and YAML are read for that."""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm import chart as chart_files
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import (
    MAX_FILE_BYTES,
    Chart,
    ignore_rules,
    load_chart,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.compare import file_changes, same
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import (
    immutable_changes,
    objects,
    same_objects,
    shown,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import Record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.values import nearest, unknown_keys
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import dump, load, load_map
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[4]
VALUES = """\
# fullnameOverride: x
tempo:
  retention: 1h
  server: {port: 1}
  storage: {trace: {backend: local}}
  probe: {path: /}
  ring: {size: 1}
  labels: {}
  list: []
  nothing:
  # -- The class.
  # storageClass: "-"
# zones:
#   - name: a
image: {tag: ""}
persistence: {enabled: true}
service: {port: 1}
app.ini: {paths: {}}
whole: {x: 1}
config: |
  {{ toYaml .Values.tempo.storage }}
"""
TEMPLATE = """\
{{- $t := .Values.tempo -}}
{{ $t.extraWord }} {{ if .Values.image }}{{ .Values.image.tag }}{{ end }} {{ .Values.unlisted }}
{{- with .Values.persistence }}{{ .hiddenKey }}{{ end }}
{{ toYaml $t.server }} {{ range $k, $v := $t.ring }}{{ end }}
{{- with .Values.tempo.probe }}
{{ toYaml . }}
{{- end }}
{{- with .Values.openEnded }}
{{ range (index .Values "app.ini") }}{{ end }}{{ include "all" .Values.whole }}
{{ include "port" (dict "from" .Values.service) }}{{ $x.scopedKey }}
"""
SCHEMA: Mapping[str, Any] = {
    "properties": {
        "schemaOnly": {"type": "string"},
        "tempo": {"properties": {"typed": {}}},
        "image": {"$ref": "#/x"},
        "service": {"additionalProperties": {"type": "string"}},
    }
}


def chart(**files: str) -> Chart:
    metadata = "name: tempo\nversion: 2.2.4\ndependencies:\n- {name: sub, alias: other, condition: 'cond.on, sub.on'}\n"
    given = {"Chart.yaml": metadata, "values.yaml": VALUES, "templates/a.yaml": TEMPLATE, **files}
    return Chart("tempo", {name: text.encode() for name, text in given.items()}, frozenset({"packed"}))


def unknown(user: Mapping[str, Any], values: Mapping[str, Any] | None = None, **files: str) -> list[str]:
    found = unknown_keys(user, chart(**files), user if values is None else values, ["opened.here"])
    return [".".join(path) for path in found]


@pytest.mark.parametrize(
    "user",
    [
        {"tempo": {"retention": "2h", "labels": {"x": 1}, "list": {"x": 1}, "nothing": {"x": 1}}},
        {"tempo": None, "image": "text"},
        {
            "global": {"x": 1},
            "sub": {"x": 1},
            "other": {"x": 1},
            "packed": {"x": 1},
            "cond": {"on": 1},
            "tags": {"a": 1},
        },
        {"tempo": {"storageClass": {"x": 1}}, "fullnameOverride": "y", "zones": []},
        {"opened": {"here": {"x": 1}}},
        {"unlisted": {"x": 1}, "tempo": {"extraWord": 1}, "persistence": {"hiddenKey": 1}},
        {"tempo": {"server": {"x": 1}, "ring": {"x": 1}, "probe": {"x": 1}, "storage": {"s3": 1}}},
        {"service": {"scopedKey": 1}},
        {"app.ini": {"section": {"x": 1}}, "whole": {"y": 1}},
    ],
)
def test_what_anything_speaks_for_is_known(user: dict[str, Any]) -> None:
    if "opened" in user:
        assert unknown({"opened": {"here": 1}}, {"opened": {"here": 1, "own": 2}}) == []
    else:
        assert unknown(user) == []


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ({"tempo": {"retentoin": "2h"}}, "tempo.retentoin"),
        ({"retention": "2h"}, "retention"),
        ({"storageClass": "x"}, "storageClass"),
        ({"image": {"storageClass": "x"}}, "image.storageClass"),
        ({"image": {"retention": "x"}}, "image.retention"),
        ({"persistence": {"enable": True}}, "persistence.enable"),
        ({"opened": {"there": 1}}, "opened"),
    ],
)
def test_what_nothing_speaks_for_is_not(user: dict[str, Any], path: str) -> None:
    assert unknown(user) == [path]


def test_a_schema_speaks_for_keys() -> None:
    schema = {"values.schema.json": json.dumps(SCHEMA)}
    known = {"schemaOnly": 1, "tempo": {"typed": 1}, "image": {"any": 1}, "service": {"any": 1}}
    assert unknown(known, **schema) == []
    assert unknown({"tempo": {"untyped": 1}}, **schema) == ["tempo.untyped"]
    assert unknown({"tempo": {"untyped": 1}}, **{"values.schema.json": "not JSON"}) == ["tempo.untyped"]
    assert unknown({"tempo": {"untyped": 1}}, **{"values.schema.json": '{"properties": {"tempo": true}}'})


def test_the_role_knows_what_it_sets() -> None:
    user = {"own": {"deep": {"mine": 1}}}
    assert unknown(user, {"own": {"deep": {"mine": 1, "more": 2}}}) == []
    assert unknown(user, user) == ["own"]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("tempo.retentoin", "tempo.retention"),
        ("tempo.Retention", "tempo.retention"),
        ("retention", "tempo.retention"),
        ("port", "service.port"),
        ("tempo.xyz", ""),
    ],
)
def test_the_nearest_known_key(path: str, meant: str) -> None:
    assert nearest(tuple(path.split(".")), chart().values) == meant


@pytest.mark.parametrize("name", ["alloy", "grafana", "prometheus", "tempo"])
def test_no_key_of_a_chart_is_refused_by_itself(name: str) -> None:
    loaded = load_chart(str(ROOT / "testbed" / "charts" / name))
    assert unknown_keys(loaded.values, loaded, loaded.values) == []
    assert unknown_keys({"tempoo": {"x": 1}}, loaded, {}) == [("tempoo",)]


@pytest.mark.parametrize(
    ("rules", "path", "dropped"),
    [
        ("*.md", "a/b.md", True),
        ("/*.md", "a/b.md", False),
        ("a/*.md", "a/b.md", True),
        ("a/?.m[c-e]", "a/b.md", True),
        ("a/[^b].md", "a/b.md", False),
        (r"\*.md", "b.md", False),
        ("# *.md\n\n", "b.md", False),
        ("!*.md", "a.txt", True),
        ("!*.md", "a.md", False),
        ("logs/", "logs", False),
        ("!logs/", "a.txt", True),
        ("", "templates/.x", True),
        ("a.c", "abc", False),
        ("*a*b*", "xaybz", True),
        ("*a*b*", "xbya", False),
        ("a*ab", "aab", True),
        ("a*ab", "ab", False),
        ("*/b*d", "a/bcd", True),
        ("*d", "a/b/d", True),
        ("a*d", "a/d", False),
        ("**.md", "b.md", True),
    ],
)
def test_ignore_rules(rules: str, path: str, dropped: bool) -> None:
    assert ignore_rules(rules)(path, False) is dropped


@given(st.text("ab/", min_size=1, max_size=8), st.text("ab*?/", min_size=1, max_size=8))
def test_a_rule_takes_what_backtracking_would(path: str, rule: str) -> None:
    """With a slash in it, so that the whole path counts."""
    pattern = "".join({"*": "[^/]*", "?": "[^/]"}.get(letter, re.escape(letter)) for letter in rule.strip("/"))
    assert ignore_rules(f"/{rule.strip('/')}")(path, False) == bool(re.fullmatch(pattern, path)) or not rule.strip("/")


def test_many_stars_take_no_time_to_match() -> None:
    assert not ignore_rules("*a" * 200)("a" * 150, False)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda chart: (chart / "a").symlink_to("."), "Too many levels of symbolic links"),
        (lambda chart: os.mkfifo(chart / "a"), "not a regular file"),
        (lambda chart: (chart / "a").symlink_to("/dev/zero"), "not a regular file"),
        (lambda chart: (chart / "a").write_bytes(b"x" * (MAX_FILE_BYTES + 1)), "larger than 5120 KiB"),
        (lambda chart: (chart / ".helmignore").write_text("*a\n" * 10_000), "larger than 16 KiB"),
    ],
    ids=["loop", "pipe", "device", "large", "rules"],
)
def test_a_chart_that_does_not_end_is_refused(tmp_path: Path, make: Callable[[Path], object], told: str) -> None:
    (tmp_path / "Chart.yaml").write_text("name: c")
    make(tmp_path)
    with pytest.raises(TracingError, match=told) as caught:
        load_chart(str(tmp_path))
    assert caught.value.kind == "chart_invalid"


def test_a_chart_of_more_files_than_any_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_files, "MAX_ENTRIES", 10)
    (tmp_path / "Chart.yaml").write_text("name: c")
    for number in range(9):
        (tmp_path / f"{number}").mkdir()
    load_chart(str(tmp_path))
    (tmp_path / "x").write_text("")
    with pytest.raises(TracingError, match="more than 10 files; a link in it may lead back"):
        load_chart(str(tmp_path))


def test_values_that_are_too_large_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("name: c")
    (tmp_path / "values.yaml").write_text("a: 1\n" * 200_000)
    with pytest.raises(TracingError, match=r"values\.yaml of chart .* is larger than 768 KiB"):
        _ = load_chart(str(tmp_path)).values


def test_an_ignored_folder() -> None:
    assert ignore_rules("logs/")("a/logs", True)


def test_a_chart_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(TracingError, match=r"has no Chart\.yaml"):
        load_chart(str(tmp_path))
    (tmp_path / "x.tgz").write_bytes(b"no archive")
    with pytest.raises(TracingError, match="cannot be read"):
        load_chart(str(tmp_path / "x.tgz"))
    (tmp_path / "Chart.yaml").write_text("a: [")
    with pytest.raises(TracingError, match=r"Chart.yaml of chart .* is no YAML"):
        _ = load_chart(str(tmp_path)).name


def test_bundled_subcharts_are_named(tmp_path: Path) -> None:
    (tmp_path / "c" / "charts" / "one").mkdir(parents=True)
    (tmp_path / "c" / "Chart.yaml").write_text("name: c")
    (tmp_path / "c" / "charts" / "one" / "Chart.yaml").write_text("")
    (tmp_path / "c" / "charts" / "two-more-1.2.3.tgz").write_text("")
    with tarfile.open(tmp_path / "c.tgz", "w:gz") as archive:
        archive.add(tmp_path / "c", "c")
    for path in ("c", "c.tgz"):
        loaded = load_chart(str(tmp_path / path))
        assert loaded.subcharts == {"one", "two-more"}
        assert list(loaded.files) == ["Chart.yaml"]


def test_imported_values_of_subcharts_are_no_difference() -> None:
    metadata = "name: c\nversion: '1'\nappVersion: 2\ndependencies: [{name: s, import-values: [data]}]\n"
    wanted = Chart("c", {"Chart.yaml": metadata.encode(), "values.yaml": b"a: 1\n"})
    values = {"a": 1, "s": {"exports": {}}, "imported": 1}
    recorded = {"metadata": {"appVersion": "two"}, "values": values}
    assert file_changes(Record(1, "deployed", "", {"chart": recorded}), wanted) == ["chart file Chart.yaml changed"]


@pytest.mark.parametrize(
    ("recorded", "wanted", "changed"),
    [
        ("2.1", "2.10", False),  # a number to YAML, which Go prints without its last zero
        ("2.1", "'2.10'", True),
        ("2", "2", False),
        ("1", "true", True),
        ("0", "false", True),
        (None, "0", True),
    ],
)
def test_versions_are_compared_as_helm_writes_them_down(recorded: str | None, wanted: str, changed: bool) -> None:
    chart = Chart("c", {"Chart.yaml": f"appVersion: {wanted}".encode(), "values.yaml": b""})
    record = Record(1, "deployed", "", {"chart": {"metadata": {"appVersion": recorded}, "values": {}}})
    assert ("chart file Chart.yaml changed" in file_changes(record, chart)) is changed


@pytest.mark.parametrize(
    ("text", "changed"), [("a: 1\ns: {x: 1}\n", False), ("a: 2\n", True), ("b: 1\na: 1\n", True), ("s: {x: 1}\n", True)]
)
def test_defaults_that_helm_added_for_subcharts_are_no_difference(text: str, changed: bool) -> None:
    wanted = Chart("c", {"Chart.yaml": b"dependencies: [{name: s}]", "values.yaml": text.encode()})
    recorded = {"values": {"a": 1, "s": {"x": 1, "y": 2}, "global": {}}}
    found = file_changes(Record(1, "deployed", "", {"chart": recorded}), wanted)
    assert found == (["chart file values.yaml changed"] if changed else [])


def test_yaml_is_read_as_helm_reads_it() -> None:
    text = "[1e3, 12:30, 2026-01-31, 0777, 0o777, 0x1F, 0b11, -1_000, =, y, Off, 1., .5, '1', ~, 08]"
    read = load(text, "x")
    assert read == [1000.0, "12:30", "2026-01-31", 511, 511, 31, 3, -1000, "=", True, False, 1.0, 0.5, "1", None, 8.0]
    assert isinstance(read[-1], float)
    assert load("{3: a, true: b, 2.5: c}", "x") == {"3": "a", "true": "b", "2.5": "c"}


def test_a_list_is_no_map() -> None:
    with pytest.raises(TracingError, match="x is no map"):
        load_map("[1]", "x")
    assert load_map("", "x") == {}


def test_texts_of_several_lines_are_shown_as_such() -> None:
    assert dump({"b": "one\ntwo\n", "a": "x"}) == "a: x\nb: |\n  one\n  two\n"


def test_numbers_that_are_too_long_are_the_same() -> None:
    assert same(12345678901234567890, 1.2345678901234567e19)
    assert not same([1], "1")


def test_lists_of_objects_and_what_is_no_yaml() -> None:
    text = "kind: List\nitems: [{kind: B}, {kind: A}]\n---\n---\n# only a comment\n--- # next\n\tno: yaml\n"
    found = objects([text])
    assert [item["kind"] for item in found] == ["A", "B", "Unreadable"]
    assert same_objects(found, objects([text]))
    assert not same_objects(found, objects(["\t other"]))


def test_a_secret_that_is_wrong_is_hidden_all_the_same() -> None:
    wrong = objects(["kind: Secret\ndata: {a: no base64}\nstringData: text\n"])
    before, _after = shown(wrong, [])
    assert "no base64" not in before and "text" not in before and before.count("(hidden, ") == 2


def test_only_what_both_sides_have_can_be_immutable() -> None:
    old = objects(["kind: Deployment\nmetadata: {name: a}\nspec: {selector: {x: 1}}\n"])
    new = objects(["kind: Deployment\nmetadata: {name: a}\nspec: {selector: {x: 2}}\n---\nkind: Job\nspec: text\n"])
    assert immutable_changes(old, new) == ["Deployment/a spec.selector"]
    assert immutable_changes([], new) == []


def with_claims(*templates: object) -> list[Mapping[str, object]]:
    workload = {"kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {"volumeClaimTemplates": list(templates)}}
    return objects([json.dumps(workload)])


def claim_template(size: object, **more: object) -> dict[str, object]:
    return {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": size}}, **more}}


@pytest.mark.case("F9")
@pytest.mark.parametrize("size", ["20Gi", "10240Mi", "1Gi", 7])
def test_the_size_of_a_claim_template_can_be_changed(size: object) -> None:
    assert immutable_changes(with_claims(claim_template("10Gi")), with_claims(claim_template(size))) == []


@pytest.mark.case("F9")
@pytest.mark.parametrize(
    "templates",
    [
        [claim_template("20Gi", storageClassName="fast")],
        [claim_template("20Gi", accessModes=["ReadWriteMany"])],
        [claim_template("much")],
        [claim_template(None)],
        [claim_template("20Gi"), claim_template("20Gi")],
        [{"metadata": {"name": "other"}, "spec": claim_template("20Gi")["spec"]}],
        [{"metadata": {"name": "data"}}],
        ["text"],
        [],
    ],
)
def test_nothing_else_about_claim_templates_can_be_changed(templates: list[object]) -> None:
    found = immutable_changes(with_claims(claim_template("10Gi")), with_claims(*templates))
    assert found == ["StatefulSet/a spec.volumeClaimTemplates"]


@pytest.mark.parametrize(
    "text", ["1: a\n'1': b", "0.0: a\n-0.0: b", "1.00000001: a\n1.00000002: b", "true: a\n'true': b"]
)
def test_keys_that_helm_takes_for_one_are_refused(text: str) -> None:
    with pytest.raises(TracingError, match="stands there twice"):
        load_map(text, "x")


def test_keys_that_look_alike_and_are_two_are_taken() -> None:
    assert load_map("0.0: a\n'-0': b", "x") == {"0": "a", "-0": "b"}
    assert load_map("-0.0: a\n'0': b", "x") == {"-0": "a", "0": "b"}
    assert load_map("0.0: a\n1e-400: b", "x") == {"0": "b"}
