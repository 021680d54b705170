"""Where everything lies: the project's state, the shared cache, the seed folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = Path(__file__).resolve().parent / "files"
STATE = ROOT / ".testbed"
KUBECONFIG = STATE / "kubeconfig"
MODE_FILE = STATE / "mode"
INVENTORY = STATE / "inventory" / "hosts.yml"


def cache() -> Path:
    """The cache that all checkouts of one user share."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "k8s-tracing"


def seed() -> Path:
    """The folder that may hold programs already built."""
    override = os.environ.get("TESTBED_SEED")
    return Path(override) if override else ROOT.parent / "shared" / "testbed" / "bin"


def scratch_root() -> Path:
    """Where unfinished work lies, beside the cache so that a rename is atomic."""
    return cache() / "tmp"


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder for unfinished work, gone afterwards; a killed run's is swept by the next."""
    scratch_root().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=scratch_root()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_atomically(path: Path, content: str, mode: int = 0o644) -> None:
    """Replace a file in one step, so that an interrupt never leaves half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
