# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies one image between a registry and an archive, unless it is there."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import open_regular
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json, shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import BROKEN_ARCHIVE
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import read_bounded

from .images import Reference, parse
from .manifest import sha256_of
from .skopeo import Skopeo

_MAX_INDEX_BYTES = 4 * 1024 * 1024
_MOST_FILES = 10_000
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}\Z")
PLATFORM = re.compile(r"all|[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?")

ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "src": {"type": "str", "required": True},
    "dest": {"type": "str", "required": True},
    "reference": {"type": "str", "default": ""},
    "checksum": {"type": "str", "default": ""},
    "platform": {"type": "str", "default": "linux/amd64"},
    "authfile": {"type": "path", "default": ""},
    "tls_verify": {"type": "bool", "default": True},
    "binary_path": {"type": "path", "default": ""},
}


def copy_image(options: Mapping[str, Any], check_mode: bool, run: Run) -> dict[str, Any]:
    if not PLATFORM.fullmatch(options["platform"]):
        raise invalid(f"platform: '{options['platform']}' is not a platform.", "Write it as linux/amd64, or all.")
    skopeo = Skopeo(run, options["binary_path"], options["authfile"], options["tls_verify"])
    if is_file(options["dest"]):
        return _to_archive(skopeo, options, check_mode)
    return _to_registry(skopeo, options, check_mode)


def is_file(end: str) -> bool:
    return end.startswith("/")


def _to_archive(skopeo: Skopeo, options: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    file = Path(options["dest"])
    image = parse(options["reference"] or options["src"])
    known = _facts(file)
    fitting = known if known and options["checksum"] in ("", known["sha256"]) else {}
    if fitting or check_mode:
        return {"changed": not fitting, **fitting}
    # Under its own name only when it is whole: a run that is killed leaves nothing that looks like an image.
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        skopeo.copy(_end(options["src"]), f"oci-archive:{part}:{image}", options["platform"], bool(image.digest))
        _demand_digest(image, archive_digest(part))
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
    return {"changed": True, **_facts(file)}


def _demand_digest(image: Reference, found: str) -> None:
    if image.digest not in ("", found):
        raise TracingError(
            "digest", f"The source has {found} for {image}.", "Take it from a source that has this digest."
        )


def _to_registry(skopeo: Skopeo, options: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    source, destination = options["src"], _end(options["dest"], as_destination=True)
    wanted = archive_digest(Path(source)) if is_file(source) else skopeo.digest(_end(source))
    there = bool(wanted) and skopeo.digest(destination) == wanted
    if not there and not check_mode:
        # An archive is of the platform that it was made for; nothing in it is left out, nor altered.
        skopeo.copy(_end(source), destination, options["platform"], keep_digest=bool(wanted))
    return {"changed": not there, "digest": wanted}


def _end(text: str, as_destination: bool = False) -> str:
    """One end of a copy, as skopeo writes it."""
    if is_file(text):
        return f"{'oci' if archive_digest(Path(text)) else 'docker'}-archive:{text}"
    image = parse(text)
    # Of a tag and a digest only one can be named: what is there is found by digest, what comes gets the tag.
    named = f":{image.tag}" if image.tag and (as_destination or not image.digest) else f"@{image.digest}"
    return f"docker://{image.registry}/{image.repository}{named}"


def archive_digest(file: Path) -> str:
    """The digest of the image in an OCI archive; empty for an archive as Docker wrote it in former times."""
    try:
        with open_regular(file) as stream, tarfile.open(fileobj=stream) as archive:
            return _digest_in(archive, file)
    except FileNotFoundError as error:
        raise TracingError("image_not_found", f"There is no archive {file}.", "Check its name.") from error
    except BROKEN_ARCHIVE as error:
        raise TracingError("archive_invalid", f"{file} is no archive of an image: {error}.") from error


def _digest_in(archive: tarfile.TarFile, file: Path) -> str:
    index = next((member for member in _bounded(archive) if member.name == "index.json" and member.isfile()), None)
    stream = archive.extractfile(index) if index else None
    if stream is None:
        if "manifest.json" in archive.getnames():
            return ""
        raise ValueError("it has neither an index.json nor a manifest.json")
    found: Any = parse_json(read_bounded(stream.read, str(file), _MAX_INDEX_BYTES))
    digest = shaped(lambda: found["manifests"][0]["digest"], lambda error: ValueError("its index.json names no image"))
    if not isinstance(digest, str) or not _DIGEST.match(digest):
        raise ValueError("its index.json names an image by what is no digest")
    return digest


def _bounded(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """An image has a file for each layer."""
    for number, member in enumerate(archive):
        if number >= _MOST_FILES:
            raise ValueError(f"it has more than {_MOST_FILES} files")
        yield member


def _facts(file: Path) -> dict[str, Any]:
    """What is known of an archive; nothing when it is not there, or is none."""
    try:
        digest = archive_digest(file)
    except TracingError:
        return {}
    return {"digest": digest, "sha256": sha256_of(file), "size": file.stat().st_size}
