# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tools have one version, wherever they are named."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9_-]+)==(?P<version>[^;\s]+)", re.MULTILINE)


def pins_in(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for item in value.values():
            yield from pins_in(item)
    elif isinstance(value, str) and (found := PIN.fullmatch(value)):
        yield found["name"], found["version"]


def test_the_sessions_of_nox_have_the_versions_of_the_environment() -> None:
    environment = dict(PIN.findall((ROOT / "requirements-dev.txt").read_text()))
    sessions = dict(pins_in(tomllib.loads((ROOT / "antsibull-nox.toml").read_text())))
    assert sessions and sessions == {name: environment.get(name) for name in sessions}


def imported(script: Path) -> set[str]:
    nodes = ast.walk(ast.parse(script.read_text(encoding="utf-8")))
    return {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}


def test_a_script_of_a_make_target_finds_the_helpers_of_all_tests() -> None:
    """Python looks beside the script, and pytest's own path is not there."""
    scripts = [ROOT / name for name in re.findall(r"python (tests/\S+\.py)", (ROOT / "Makefile").read_text())]
    assert len(scripts) >= 5
    helpers = {path.stem for path in (ROOT / "tests").glob("*.py")}
    lost = {
        script.name: sorted(imported(script) & helpers)
        for script in scripts
        if imported(script) & helpers and "sys.path" not in script.read_text(encoding="utf-8")
    }
    assert lost == {}
