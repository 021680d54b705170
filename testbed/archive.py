"""Writes container images as archives, file by file: no engine, no base image, reproducible."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast


@dataclass(frozen=True)
class Entry:
    """One thing in an image: a file (from disk or from bytes), a folder or a link."""

    path: str
    source: Path | None = None
    content: bytes | None = None
    link: str = ""
    mode: int = 0o755
    uid: int = 0


@dataclass(frozen=True)
class Config:
    """How a container of the image starts."""

    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    user: str = ""
    workdir: str = ""
    env: dict[str, str] = field(default_factory=dict)


class _HashingFile:
    """A file that hashes what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write and hash."""
        self.hash.update(data)
        return self.file.write(data)


def _add(layer: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(entry.path.lstrip("/"))
    info.mode, info.uid, info.gid = entry.mode, entry.uid, entry.uid
    if entry.link:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        layer.addfile(info)
    elif entry.source is not None:
        info.size = entry.source.stat().st_size
        with open(entry.source, "rb") as file:
            layer.addfile(info, file)
    elif entry.content is not None:
        info.size = len(entry.content)
        layer.addfile(info, io.BytesIO(entry.content))
    else:
        info.type = tarfile.DIRTYPE
        layer.addfile(info)


def _parents(entries: list[Entry]) -> list[Entry]:
    """The folders that no entry names but some entry lies in."""
    named = {entry.path for entry in entries}
    folders = {str(parent) for entry in entries for parent in Path(entry.path).parents}
    return [Entry(path) for path in sorted(folders - named - {"/", "."})]


def write_layer(target: Path, entries: Iterable[Entry]) -> str:
    """Write one uncompressed layer and return its hash."""
    listed = list(entries)
    with open(target, "wb") as file:
        hashing = _HashingFile(file)
        with tarfile.open(fileobj=cast("IO[bytes]", hashing), mode="w|", bufsize=1 << 20) as layer:
            for entry in [*_parents(listed), *sorted(listed, key=lambda item: item.path)]:
                _add(layer, entry)
    return hashing.hash.hexdigest()


def image_config(config: Config, layer_hash: str) -> dict[str, Any]:
    """The image's configuration, as engines read it."""
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "Entrypoint": config.entrypoint,
            "Cmd": config.command,
            "User": config.user,
            "WorkingDir": config.workdir or "/",
            "Env": [f"{name}={value}" for name, value in config.env.items()],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_hash}"]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "testbed"}],
    }


def write_image(target: Path, name: str, config: Config, entries: Iterable[Entry]) -> None:
    """Write an image of one layer, in the format of `docker save`."""
    layer = target.with_suffix(".layer")
    layer_hash = write_layer(layer, entries)
    raw = json.dumps(image_config(config, layer_hash)).encode()
    config_name = hashlib.sha256(raw).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [f"{layer_hash}.tar"]}]
    with tarfile.open(target, "w") as archive:
        _add(archive, Entry("manifest.json", content=json.dumps(manifest).encode(), mode=0o644))
        _add(archive, Entry(config_name, content=raw, mode=0o644))
        _add(archive, Entry(f"{layer_hash}.tar", source=layer, mode=0o644))
    layer.unlink()
