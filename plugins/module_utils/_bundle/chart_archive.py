# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provides a chart as an archive in a folder, whether it comes from a repository, a registry or a folder."""

from __future__ import annotations

import re
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import Chart, is_local, load_chart
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import ChartSource, Helm

from .manifest import sha256_of

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")

ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "chart_ref": {"type": "str", "required": True},
    "chart_repo_url": {"type": "str", "default": ""},
    "chart_version": {"type": "str", "default": ""},
    "path": {"type": "path", "required": True},
    "checksums": {"type": "dict", "default": {}},
    "binary_path": {"type": "path", "default": ""},
}


def provide(options: Mapping[str, Any], check_mode: bool, run: Run) -> dict[str, Any]:
    source = ChartSource(options["chart_ref"], options["chart_repo_url"], options["chart_version"])
    folder = Path(options["path"])
    local = not source.repo_url and is_local(source.ref)
    present = None if local else _pinned(source, folder, options["checksums"])
    if present:
        return _result(present, changed=False)
    if check_mode and not local:
        # Nothing is downloaded to be shown only: the caller renders it from where it is.
        return {"changed": True, "file": "", "arguments": source.arguments}
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(_fetch(Helm(run, options["binary_path"]), source, local, scratch))
        kept = folder / fresh.name
        changed = not _same(fresh, kept)
        if changed and check_mode:
            return {**_result(fresh, changed=True), "arguments": source.arguments}
        if changed:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fresh, kept)
        return _result(kept, changed)


def _pinned(source: ChartSource, folder: Path, checksums: Mapping[str, str]) -> Path | None:
    """The archive of an earlier run. One that was altered since is fetched again."""
    name = source.ref.rstrip("/").rsplit("/", 1)[-1]
    file = folder / f"{name}-{source.version}.tgz"
    if not source.version or not file.is_file():
        return None
    try:
        load_chart(str(file))
    except TracingError:
        return None
    return file if checksums.get(file.name) in (None, sha256_of(file)) else None


def _fetch(helm: Helm, source: ChartSource, local: bool, folder: str) -> str:
    if not local:
        return helm.pull(source, folder)
    if Path(source.ref).is_dir():
        return helm.package(source, folder)
    return str(shutil.copyfile(source.ref, Path(folder) / _archive_name(load_chart(source.ref))))


def _archive_name(chart: Chart) -> str:
    """As Helm names it. What Chart.yaml says becomes part of a path, so that it must not lead elsewhere."""
    if not _PLAIN.match(chart.name) or not _PLAIN.match(chart.version):
        raise TracingError(
            "chart_invalid",
            f"The Chart.yaml of {chart.ref} holds a name or a version that no chart can have.",
            "Both consist of letters, digits, '.', '_', '+' and '-', and begin with a letter or digit.",
        )
    return f"{chart.name}-{chart.version}.tgz"


def _same(new: Path, old: Path) -> bool:
    """By the files in them: two archives of one chart differ in their dates."""
    try:
        return _content(new) == _content(old)
    except (OSError, tarfile.TarError, EOFError):
        return False


def _content(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        members = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: stream.read() for name, stream in members if stream}


def _result(file: Path, changed: bool) -> dict[str, Any]:
    chart = load_chart(str(file))
    facts = {"name": chart.name, "version": chart.version, "file": file.name}
    return {
        "changed": changed,
        **facts,
        "sha256": sha256_of(file),
        "size": file.stat().st_size,
        "arguments": [str(file)],
    }
