"""What the roles of a collection install unless told otherwise, as Ansible works it out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def pins_of(roles: Path, collections: Path) -> dict[str, Any]:
    """Charts, images and known digests. ``collections`` has the collection whose roles these are."""
    with tempfile.TemporaryDirectory() as scratch:
        found = Path(scratch) / "pinned.json"
        extra = json.dumps({"roles_dir": str(roles), "pinned_file": str(found)})
        play = str(ROOT / "release" / "pinned.yml")
        # Elsewhere than in the checkout, whose ansible.cfg would lead to the checkout's own roles.
        settings = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
        run("ansible-playbook", "-i", "localhost,", "-e", extra, play, cwd=scratch, more=settings)
        return dict(json.loads(found.read_text()))


def run(*command: str, cwd: Path | str = ROOT, more: Mapping[str, str] | None = None) -> str:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, **(more or {})}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"{' '.join(command[:3])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
