# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Charts as archives, by a helm that is a script."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import chart_archive as chart_archive_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.chart_archive import provide
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.modules import chart_archive
from fakes import run_directly

# Puts the archive that lies beside it where it is told to, and writes down how it was called.
HELM = """#!/bin/sh
printf '%s\\n' "$*" >> "$0.calls"
[ -f "$0.says" ] && { cat "$0.says" >&2; exit 1; }
while [ "$1" != --destination ]; do shift; done
cp "$(dirname "$0")"/made/*.tgz "$2"
"""


PROPER = "{name: tempo, version: 1.0.0}"


def pack(file: Path, template: str = "a: 1", date: int = 0, metadata: str = PROPER) -> Path:
    file.parent.mkdir(exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        for name, text in {"Chart.yaml": metadata, "templates/a.yaml": template}.items():
            info = tarfile.TarInfo(f"tempo/{name}")
            info.size, info.mtime = len(text), date
            archive.addfile(info, io.BytesIO(text.encode()))
    return file


class Bench:
    def __init__(self, folder: Path) -> None:
        self.helm = folder / "helm"
        self.helm.write_text(HELM)
        self.helm.chmod(0o755)
        self.made = pack(folder / "made" / "tempo-1.0.0.tgz")
        self.charts = folder / "charts"
        self.kept = self.charts / "tempo-1.0.0.tgz"
        self.source = folder / "source"
        self.source.mkdir()

    def provide(self, ref: str, check_mode: bool = False, **given: Any) -> dict[str, Any]:
        defaults = {name: spec.get("default") for name, spec in chart_archive_utils.ARGUMENTS.items()}
        options = {**defaults, "chart_ref": ref, "path": str(self.charts), "binary_path": str(self.helm), **given}
        return provide(options, check_mode, run_directly)

    @property
    def calls(self) -> list[str]:
        file = self.helm.with_name("helm.calls")
        return [line.split(" --destination")[0] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


SIGNER = {"signed_by", "fingerprint"}
REPOSITORY = {"chart_repo_url": "https://charts.example.com", "chart_version": "1.0.0"}


def test_a_pinned_chart_is_pulled_once(bench: Bench) -> None:
    made = bench.provide("tempo", **REPOSITORY)
    assert (made["changed"], made["name"], made["version"], made["file"]) == (True, "tempo", "1.0.0", bench.kept.name)
    assert made["arguments"] == [str(bench.kept)]
    assert made.keys() - {"changed"} == yaml.safe_load(chart_archive.RETURN).keys() - SIGNER - {"error"}
    assert bench.provide("tempo", **REPOSITORY) == {**made, "changed": False}
    assert bench.provide("oci://q.io/charts/tempo/", chart_version="1.0.0")["changed"] is False
    assert bench.calls == ["pull tempo --repo https://charts.example.com --version 1.0.0 --prov"]


def test_an_archive_that_was_altered_is_pulled_again(bench: Bench) -> None:
    good = bench.provide("tempo", **REPOSITORY)
    pack(bench.kept, template="a: 2")
    checksums = {bench.kept.name: good["sha256"]}
    assert bench.provide("tempo", checksums=checksums, **REPOSITORY)["sha256"] == good["sha256"]
    bench.kept.write_bytes(b"half")
    assert bench.provide("tempo", **REPOSITORY)["changed"] is True
    assert len(bench.calls) == 3


def test_without_a_version_the_newest_is_asked_for(bench: Bench) -> None:
    assert [bench.provide("tempo", chart_repo_url="https://x")["changed"] for _time in range(2)] == [True, False]
    assert bench.calls == ["pull tempo --repo https://x --prov"] * 2


def test_a_folder_is_packaged_and_compared_by_its_files(bench: Bench) -> None:
    assert bench.provide(str(bench.source))["changed"] is True
    pack(bench.made, date=1000)
    assert bench.provide(str(bench.source))["changed"] is False
    pack(bench.made, template="a: 2")
    assert bench.provide(str(bench.source), check_mode=True)["changed"] is True
    assert bench.provide(str(bench.source))["changed"] is True
    assert bench.calls == [f"package {bench.source}"] * 4


def test_an_archive_is_taken_under_its_proper_name(bench: Bench) -> None:
    other = pack(bench.source / "mine.tgz")
    assert bench.provide(str(other))["file"] == "tempo-1.0.0.tgz"
    assert bench.calls == []


def test_check_mode_downloads_and_writes_nothing(bench: Bench) -> None:
    made = bench.provide("tempo", check_mode=True, **REPOSITORY)
    assert made == {"changed": True, "file": "", "arguments": ["tempo", "--repo", "https://charts.example.com",
                                                              "--version", "1.0.0"]}  # fmt: skip
    made = bench.provide(str(bench.source), check_mode=True)
    assert (made["changed"], made["name"], made["arguments"]) == (True, "tempo", [str(bench.source)])
    assert not bench.charts.exists()


@pytest.mark.parametrize(
    ("ref", "says", "words"),
    [
        ("tempo", "Error: no such host", "cannot be downloaded: no such host"),
        ("source", "Error: found in Chart.yaml, but missing in charts/ directory: x", "helm dependency build"),
        ("source", "Error: bad", "cannot be packaged: bad"),
    ],
)
def test_what_helm_cannot_do_is_explained(bench: Bench, ref: str, says: str, words: str) -> None:
    bench.helm.with_name("helm.says").write_text(says)
    with pytest.raises(TracingError, match=words):
        bench.provide(str(bench.source) if ref == "source" else ref)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "metadata",
    [
        "{name: ../../x, version: 1.0.0}",
        "{name: /tmp/x, version: 1.0.0}",
        "{name: tempo, version: ../1}",
        "{name: ..}",
        "{version: 1.0.0}",
        "{name: null, version: 1.0.0}",
        "{name: 7, version: 1.0.0}",
        "null",
        'name: "a\\nb"',
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(bench: Bench, metadata: str, check_mode: bool) -> None:
    other = pack(bench.source / "mine.tgz", metadata=metadata)
    before = {file for file in bench.source.parent.rglob("*") if file.is_file()}
    with pytest.raises(TracingError, match="a name or a version that no chart can have"):
        bench.provide(str(other), check_mode=check_mode)
    assert {file for file in bench.source.parent.rglob("*") if file.is_file()} == before
