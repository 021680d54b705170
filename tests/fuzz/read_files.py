# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets: kubeconfigs, what Helm keeps and renders, charts, bundles, archives of images, and files of former runs."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import chart_archive, image_copy
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.images import images_in
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.manifest import CONTENTS, SUMS, bundle_info
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.skopeo import Skopeo
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import Chart, ignore_rules, load_chart
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import (
    immutable_changes,
    objects,
    same_objects,
    shown,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import newest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import ChartSource, Helm, failure_words
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.values import refuse_unknown
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import (
    dump,
    load,
    load_map,
    plain,
    python_can_read,
    to_json,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.guards import installed_version
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.plan import compare
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.versions import history
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.report import REPORT_ARGUMENTS, render
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.access import NeedsClient, authorization
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kubeconfig import read_access
from source import Source
from target import options, target

FOLDER = Path(tempfile.mkdtemp(prefix="k8s-tracing-fuzz."))
CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()
KUBECONFIG = {
    "current-context": "one",
    "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://a.test:6443", "certificate-authority-data": CA}}],
    "users": [{"name": "u", "user": {"token": "t", "as": "x", "as-groups": ["g"], "as-user-extra": {"k": ["v"]}}}],
}
OTHER_USER = {
    **KUBECONFIG,
    "clusters": [{"name": "c", "cluster": {"server": "a.test", "proxy-url": "socks5://p:1", "tls-server-name": "b"}}],
    "users": [{"name": "u", "user": {"username": "a", "password": "b", "client-certificate-data": CA}}],
}
DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "a", "namespace": "n"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"spec": {"containers": [{"image": "grafana/tempo:2.8.0"}]}},
    },
}
SECRET = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "AAE="}, "stringData": {"b": "c"}}
MANIFEST = f"---\n{yaml.safe_dump(DEPLOYMENT)}---\n# Source: x\n{yaml.safe_dump({'kind': 'List', 'items': [SECRET]})}"
CHART = {"name": "tempo", "version": "1.2.3", "appVersion": "2.8.0"}
RELEASE = {
    "name": "tempo",
    "version": 3,
    "manifest": MANIFEST,
    "hooks": [{"manifest": "kind: Job\n"}],
    "info": {"status": "deployed", "description": "Upgrade complete"},
    "config": {"a": {"b": 1}},
    "chart": {
        "metadata": CHART,
        "values": {"a": {"b": 0}},
        "schema": "e30=",
        "templates": [{"name": "templates/a.yaml", "data": "e30="}],
        "files": [{"name": "README.md", "data": "e30="}],
    },
}
VALUES = """\
a:
  b: 1
# c: 2
tempo: &x
  y: [1e3, 12:30, 2026-01-31, ~, yes, 0x1F, .5, '1']
z:
  <<: *x
  t: !!binary AAE=
"""
TEMPLATE = '{{- with .Values.a }}{{ toYaml . }}{{ end }}{{ $s := .Values.tempo }}{{ $s.y }}{{ index .Values "z" }}\n'


def written(name: str, content: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(content)
    return path


@target(NeedsClient)
def kubeconfig(source: Source) -> Any:
    kind = source.below(3)
    if kind:
        content = json.dumps(source.document((KUBECONFIG, OTHER_USER)[kind - 1])).encode()
    else:
        content = source.raw(yaml.safe_dump(KUBECONFIG).encode(), yaml.safe_dump(OTHER_USER).encode())
    access = read_access([str(written("config", content))], "", {"https": "http://p:3128", "no": "b.test,10.0.0.0/8"})
    authorization(access)
    return [access.server, access.namespace, access.proxy_shown, access.context]


def packed(release: bytes, *, twice: bool = True) -> str:
    once = base64.b64encode(gzip.compress(release, 1, mtime=0))
    return (base64.b64encode(once) if twice else once).decode()


@target()
def helm_record(source: Source) -> Any:
    """A record, and all that is made of what it holds."""
    labels = {"name": "tempo", "owner": "helm", "status": "deployed", "version": "3"}
    older = {"metadata": {"labels": {**labels, "version": "2", "status": "superseded"}}, "data": {"release": "AA=="}}
    kind = source.below(4)
    if kind == 0:
        release = source.raw(packed(json.dumps(RELEASE).encode()).encode()).decode("utf-8", "replace")
    elif kind == 1:
        release = base64.b64encode(source.raw(gzip.compress(b'{"version": 3}', 1, mtime=0), b"{}")).decode()
    else:
        release = packed(source.json(RELEASE), twice=kind == 2)
    found_items = [older, {"metadata": {"labels": labels}, "data": {"release": release}}]
    items = source.document(found_items) if kind == 0 else found_items
    record = newest(items)
    found = compare(record, {"a": {"b": 1}}, ChartSource("tempo", "", "1.2.3"), chart({}))
    image = installed_version(record, "tempo") if record else ""
    return [found.action, found.reasons, image, history(items, "tempo")]


def chart(files: Mapping[str, bytes]) -> Chart:
    good = {
        "Chart.yaml": json.dumps(CHART).encode(),
        "values.yaml": VALUES.encode(),
        "values.schema.json": b'{"properties": {"a": {"properties": {"b": {}}}}}',
        "templates/a.yaml": TEMPLATE.encode(),
    }
    return Chart("tempo", {**good, **files}, frozenset({"sub"}))


@target()
def helm_values(source: Source) -> Any:
    """Values of a user's against a chart that somebody wrote."""
    name = source.pick(("values.yaml", "values.schema.json", "templates/a.yaml", "Chart.yaml"))
    user = source.document({"a": {"b": 1, "c": {"d": 1}}, "tempo": {"x": 1}, "zz": 3, "global": {}})
    good = chart({})
    made = chart({name: source.raw(good.files[name])})
    user = user if isinstance(user, dict) else {}
    refuse_unknown(user, made, {"a": {"q": 1}}, ["tempo.x"], "tempo_values")
    return [made.name, made.version, sorted(made.subcharts)]


@target()
def helm_yaml(source: Source) -> Any:
    """YAML as Helm reads it. What can be written comes back as it was."""
    kind = source.below(3)
    if kind == 0:
        word = source.words("1e3", "0o17", "-.5", "12:30", "2026-01-31", "yes", "+.inf", "1_000", "<<", "=")
        python_can_read(word)
        return plain(word) if word else None
    if kind == 1:
        values = source.document({"a": [1, 0.5, "x", None, True, {"b": "y\n"}], "c": {"1": 2}})
        values = values if isinstance(values, dict) else {"a": values}
        text = to_json(values)
        assert json.loads(to_json(load_map(text, "x"))) == json.loads(text), text
        return values
    content = load(source.raw(VALUES.encode(), b'{"a": "\\ud83d\\ude00"}', b"- a\n- ? b\n  : c\n"), "x")
    dump(content)
    return None


@target()
def helm_manifests(source: Source) -> Any:
    manifest = source.raw(MANIFEST.encode()).decode("utf-8", "surrogateescape") if source.below(2) else _objects(source)
    old, new = objects([MANIFEST]), objects([manifest])
    told = [immutable_changes(old, new), same_objects(old, new), *shown(old, new)]
    return [*told, [str(image) for image in images_in(manifest)]]


def _objects(source: Source) -> str:
    return json.dumps(source.document(DEPLOYMENT, {"kind": "List", "items": [SECRET, DEPLOYMENT]}))


@target()
def helm_output(source: Source) -> Any:
    """What Helm prints: its dry run, and its words about a failure."""
    out = source.json({"manifest": MANIFEST, "hooks": [{"manifest": "kind: Job\n"}]})
    words = source.words(
        "Error: UPGRADE FAILED: x\nWARNING: y\n", "Error: INSTALLATION FAILED: chart requires kubeVersion"
    )
    code = source.below(2)
    helm = Helm(lambda command, given, environment: Done(code, out, words), "/bin/true")
    failure_words({"msg": words, "stderr": words, "rc": code})
    return helm.render("tempo", ChartSource("tempo"), {}, False, "x")


def archive(files: Mapping[str, bytes]) -> bytes:
    packed_files = io.BytesIO()
    with tarfile.open(fileobj=packed_files, mode="w") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return packed_files.getvalue()


CHART_FILES = {
    "tempo/Chart.yaml": json.dumps(CHART).encode(),
    "tempo/values.yaml": b"a: 1\n",
    "tempo/charts/sub/Chart.yaml": b"name: sub\n",
    "tempo/templates/a.yaml": b"{{ .Values.a }}\n",
}
CHART_ARCHIVE = archive(CHART_FILES)
CHART_GZIP = gzip.compress(CHART_ARCHIVE, mtime=0)


@target()
def chart_archives(source: Source) -> Any:
    kind = source.below(3)
    if kind == 2:
        named = {**CHART_FILES, "tempo/Chart.yaml": source.json(CHART)}
        content = archive(named)
    else:
        content = source.raw((CHART_ARCHIVE, CHART_GZIP)[kind])
    file = written("tempo.tgz", content)
    given = options(chart_archive.ARGUMENTS, chart_ref=str(file), path=str(FOLDER / "charts"))
    result = chart_archive.provide(given, True, lambda *_: Done(1, b"", ""))
    found = load_chart(str(file))
    assert "/" not in result["file"]
    return [found.dependencies, sorted(found.subcharts)]


@target()
def helm_ignore(source: Source) -> Any:
    ignored = ignore_rules(source.text("*.tgz\n!a/b\n/c/\n[^ab]?\\*\n# x\n", "[a\n", "**\n"))
    return [ignored("a/b.tgz", False), ignored("c", True)]


@target()
def bundles(source: Source) -> Any:
    good_sums = f"{'0' * 64}  {CONTENTS}\n{'1' * 64} *charts/a.tgz\n"
    contents = {"format": 1, "charts": [{"file": "a.tgz"}], "images": []}
    folder = FOLDER / "bundle"
    folder.mkdir(exist_ok=True)
    kind = source.below(2)
    (folder / SUMS).write_bytes(good_sums.encode() if kind else source.raw(good_sums.encode()))
    (folder / CONTENTS).write_bytes(source.json(contents) if kind else json.dumps(contents).encode())
    if kind:
        # The sum of the contents as they are: what is in them is looked at then.
        from hashlib import sha256

        (folder / SUMS).write_text(f"{sha256((folder / CONTENTS).read_bytes()).hexdigest()}  {CONTENTS}\n")
    return bundle_info(str(folder), ["images"], False, "", lambda *_: Done(1, b"", ""))


@target()
def image_archives(source: Source) -> Any:
    index = {"manifests": [{"digest": "sha256:" + "a" * 64}]}
    kind = source.below(2)
    content = (
        archive({"index.json": source.json(index)})
        if kind
        else source.raw(archive({"index.json": json.dumps(index).encode()}))
    )
    return image_copy.archive_digest(written("image.tar", content))


@target()
def skopeo_output(source: Source) -> Any:
    error = source.raw(b'time="x" level=fatal msg="manifest unknown: \\"x\\""\n', b"Error: x509: unknown authority")
    skopeo = Skopeo(lambda *_: Done(1, b"", error.decode("utf-8", "replace")), "/bin/true", "", True)
    skopeo.copy("docker://a/b:c", "docker://d/b:c", "linux/arm64", True)


@target()
def report(source: Source) -> Any:
    """Results of other tasks, as a playbook hands them on."""
    from datetime import UTC, datetime

    from read_answers import good_results

    given = good_results()
    part = source.pick((*given, "all"))
    altered = source.document(given) if part == "all" else {**given, part: source.document(given[part])}
    params = options(REPORT_ARGUMENTS, **(altered if isinstance(altered, dict) else {}))
    before = source.words('{"generated_at": "2026-01-31T12:00:00Z"}')
    verdict, contents = render(params, before, datetime.fromtimestamp(1_795_000_000, UTC))
    for content in contents.values():
        content.encode()
    return verdict.sentence
