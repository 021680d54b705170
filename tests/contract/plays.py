"""Plays of tests: no cluster, and many hosts in one run, since each is a set of options and Ansible starts once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FILTERS = Path(__file__).with_name("filter_plugins")


def role_variables(root: Path, role: str) -> dict[str, Any]:
    """The role's defaults and its vars, where nobody sets an option."""
    folder = root / "roles" / role
    files = [file for part in ("defaults", "vars") for file in sorted((folder / part).rglob("*.yml"))]
    return {name: value for file in files for name, value in yaml.safe_load(file.read_text(encoding="utf-8")).items()}


def run_play(root: Path, folder: Path, play: str, inventory: Mapping[str, Any]) -> None:
    """Run it in ``folder`` over the hosts of a group. The filter ``written_to`` is at hand."""
    (folder / "inventory.json").write_text(json.dumps({"all": inventory}), encoding="utf-8")
    (folder / "play.yml").write_text(play, encoding="utf-8")
    # The one that belongs to this Python, whatever else PATH offers.
    program = Path(sys.executable).with_name("ansible-playbook")
    command = [str(program), "-i", str(folder / "inventory.json"), str(folder / "play.yml")]
    settings = {"CONFIG": str(root / "ansible.cfg"), "NOCOLOR": "1", "FILTER_PLUGINS": str(FILTERS)}
    environment = {**os.environ, **{f"ANSIBLE_{name}": value for name, value in settings.items()}}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise AssertionError(f"the play failed:\n{run.stdout}\n{run.stderr}")
