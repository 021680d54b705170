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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import (
    BROKEN_ARCHIVE,
    Chart,
    is_local,
    load_chart,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import ChartSource, Helm

from .manifest import sha256_of
from .provenance import Verifier, provenance_of, verifier

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\Z")

ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "chart_ref": {"type": "str", "required": True},
    "chart_repo_url": {"type": "str", "default": ""},
    "chart_version": {"type": "str", "default": ""},
    "path": {"type": "path", "required": True},
    "checksums": {"type": "dict", "default": {}},
    "verify": {"type": "bool", "default": False},
    "keyring": {"type": "path", "default": ""},
    "binary_path": {"type": "path", "default": ""},
}


def provide(options: Mapping[str, Any], check_mode: bool, run: Run) -> dict[str, Any]:
    source = ChartSource(options["chart_ref"], options["chart_repo_url"], options["chart_version"])
    helm, folder = Helm(run, options["binary_path"]), Path(options["path"])
    local = not source.repo_url and is_local(source.ref)
    verify = verifier(options, source, helm)
    present = None if local else _pinned(source, folder, options["checksums"], verify is not None)
    if present:
        return {**_result(present, False), **_signer(verify, present)}
    if check_mode and not local:
        # Nothing is downloaded to be shown only: the caller renders it from where it is.
        return {"changed": True, "file": "", "arguments": source.arguments}
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(_fetch(helm, source, local, scratch))
        kept = folder / fresh.name
        signer = _signer(verify, fresh)  # before it gets into the folder
        changed = not _same(fresh, kept)
        if changed and check_mode:
            return {**_result(fresh, True), **signer, "arguments": source.arguments}
        if changed:
            folder.mkdir(parents=True, exist_ok=True)
            _copy(fresh, kept)
        return {**_result(kept, changed), **signer}


def _signer(verify: Verifier | None, archive: Path) -> dict[str, Any]:
    return verify.signer(archive) if verify else {}


def _pinned(source: ChartSource, folder: Path, checksums: Mapping[str, str], signed: bool) -> Path | None:
    """The archive of an earlier run. One that was altered since is fetched again."""
    name = source.ref.rstrip("/").rsplit("/", 1)[-1]
    file = folder / f"{name}-{source.version}.tgz"
    if not source.version or not file.is_file() or (signed and not provenance_of(file).is_file()):
        return None
    try:
        load_chart(str(file))
    except TracingError:
        return None
    kept = (file, provenance_of(file))
    return file if all(checksums.get(one.name) in (None, _sum(one)) for one in kept) else None


def _sum(file: Path) -> str | None:
    return sha256_of(file) if file.is_file() else None


def _fetch(helm: Helm, source: ChartSource, local: bool, folder: str) -> str:
    if not local:
        return helm.pull(source, folder, provenance=True)
    if Path(source.ref).is_dir():
        return helm.package(source, folder)
    archive = Path(folder) / _archive_name(load_chart(source.ref))
    _copy(Path(source.ref), archive)
    return str(archive)


def _copy(archive: Path, target: Path) -> None:
    """With its provenance, or without one where it has none."""
    shutil.copyfile(archive, target)
    provenance_of(target).unlink(missing_ok=True)
    if provenance_of(archive).is_file():
        shutil.copyfile(provenance_of(archive), provenance_of(target))


def _archive_name(chart: Chart) -> str:
    """As Helm names it. What Chart.yaml says becomes part of a path, so that it must not lead elsewhere."""
    if not _PLAIN.match(chart.name) or not _PLAIN.match(chart.version):
        raise TracingError(
            "chart_invalid",
            f"The Chart.yaml of {chart.ref} holds a name or a version that no chart can have.",
            "Both are of letters, digits, '.', '_', '+' and '-', 100 at most, and begin with a letter or digit.",
        )
    return f"{chart.name}-{chart.version}.tgz"


def _same(new: Path, old: Path) -> bool:
    """By the files in them: two archives of one chart differ in their dates. A signature is of one archive alone."""
    signed = [file.read_bytes() if file.is_file() else b"" for file in (provenance_of(new), provenance_of(old))]
    if any(signed):
        return signed[0] == signed[1] and old.is_file() and sha256_of(new) == sha256_of(old)
    try:
        return _content(new) == _content(old)
    except BROKEN_ARCHIVE:
        return False


def _content(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        members = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: stream.read() for name, stream in members if stream}


def _result(file: Path, changed: bool) -> dict[str, Any]:
    chart = load_chart(str(file))
    facts = {"name": chart.name, "version": chart.version, "file": file.name}
    signature = provenance_of(file)
    return {
        "changed": changed,
        **facts,
        "sha256": sha256_of(file),
        "size": file.stat().st_size,
        "arguments": [str(file)],
        "provenance": signature.name if signature.is_file() else "",
        "provenance_sha256": _sum(signature) or "",
    }
