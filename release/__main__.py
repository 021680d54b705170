"""Builds what a release consists of into a folder: `python -m release [FOLDER]`, by default build/dist."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from release.sbom import Artifact, bill_of_materials

ROOT = Path(__file__).resolve().parents[1]
SBOM = "sbom.cdx.json"


def build(folder: Path) -> Path:
    """The artifact, as Galaxy takes it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(ROOT))
    (built,) = folder.glob("*.tar.gz")
    return built


def describe(artifact: Path, target: Path) -> None:
    """The bill of materials, from what is in the artifact and not from the checkout."""
    read = Artifact.read(artifact)
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or _run("git", "log", "-1", "--format=%ct"))
    target.write_text(bill_of_materials(read, pinned(read), datetime.fromtimestamp(made, UTC)), encoding="utf-8")


def pinned(artifact: Artifact) -> dict[str, Any]:
    """Charts and images that the artifact's roles install by default, as Ansible works them out."""
    with tempfile.TemporaryDirectory() as scratch:
        collection = Path(scratch) / "ansible_collections" / artifact.info["namespace"] / artifact.info["name"]
        _install(artifact, collection)
        found = Path(scratch) / "pinned.json"
        # Elsewhere than in the checkout, whose ansible.cfg would lead to the checkout's own roles.
        settings = {"ANSIBLE_COLLECTIONS_PATH": scratch}
        extra = json.dumps({"roles_dir": str(collection / "roles"), "pinned_file": str(found)})
        play = str(ROOT / "release" / "pinned.yml")
        _run("ansible-playbook", "-i", "localhost,", "-e", extra, play, cwd=scratch, more=settings)
        return dict(json.loads(found.read_text()))


def _install(artifact: Artifact, folder: Path) -> None:
    for name, content in artifact.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _run(*command: str, cwd: Path | str = ROOT, more: Mapping[str, str] | None = None) -> str:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, **(more or {})}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "dist").resolve()
    artifact = build(folder)
    describe(artifact, folder / SBOM)
    print(f"{artifact}\n{folder / SBOM}")


if __name__ == "__main__":
    main()
