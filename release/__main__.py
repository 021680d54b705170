"""Builds what a release consists of into a folder: `python -m release [FOLDER]`, by default build/dist."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from release.pins import ROOT, pins_of, run
from release.sbom import Artifact, bill_of_materials

SBOM = "sbom.cdx.json"


def build(folder: Path) -> Path:
    """The artifact, as Galaxy takes it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(ROOT))
    (built,) = folder.glob("*.tar.gz")
    return built


def describe(artifact: Path, target: Path) -> None:
    """The bill of materials, from what is in the artifact and not from the checkout."""
    read = Artifact.read(artifact)
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct"))
    target.write_text(bill_of_materials(read, pinned(read), datetime.fromtimestamp(made, UTC)), encoding="utf-8")


def pinned(artifact: Artifact) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        collection = Path(scratch) / "ansible_collections" / artifact.info["namespace"] / artifact.info["name"]
        for name, content in artifact.files.items():
            file = collection / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return pins_of(collection / "roles", Path(scratch))


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "dist").resolve()
    artifact = build(folder)
    describe(artifact, folder / SBOM)
    print(f"{artifact}\n{folder / SBOM}")


if __name__ == "__main__":
    main()
