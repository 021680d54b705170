"""Names in the documentation exist: variables are options, modules and playbooks are there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from docs_pages import ROOT, pages

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
NAME = re.compile(rf"(?<![\w./-])((?:{'|'.join(ROLES)}|k8s_tracing)_[a-z0-9_]+)(?![\w/-])(?!\.(?:md|yml|py))")
FULL_NAME = re.compile(r"tracelab\.k8s_tracing\.([a-z0-9_]+)")


@cache
def options() -> dict[str, dict[str, object]]:
    """Every option of every role, by its name."""
    found: dict[str, dict[str, object]] = {}
    for role in ROLES:
        specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
        found |= specs["argument_specs"]["main"]["options"]
    return found


@cache
def code() -> str:
    """All of the collection's code, less its documentation."""
    files = [path for part in ("roles", "playbooks", "plugins") for path in (ROOT / part).rglob("*") if path.is_file()]
    return "\n".join(path.read_text(errors="replace") for path in files if "__pycache__" not in path.parts)


def plugins() -> set[str]:
    return {path.stem for path in (ROOT / "plugins").rglob("*") if path.parent.name != "module_utils"}


def known(name: str) -> bool:
    """An option, one of the variables that all roles share, a plugin, or a metric that the collection reads."""
    if name in options() or name in plugins():
        return True
    if name.startswith("k8s_tracing_"):
        return re.search(rf"\b{name}\b", code()) is not None
    return re.search(rf'["\'{{ (]{name}["\'{{\[ )]', code()) is not None and name.endswith(METRICS)


METRICS = ("_total", "_seconds", "_bytes", "_successful", "_size", "_capacity", "_count", "_sum", "_bucket", "_info")


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_exists(page: Path) -> None:
    unknown = {name for name in NAME.findall(page.read_text(encoding="utf-8")) if not known(name)}
    assert not unknown, f"{page.relative_to(ROOT)} names {sorted(unknown)}"


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_role_plugin_and_playbook_exists(page: Path) -> None:
    there = {*ROLES, *plugins(), *(path.stem for path in (ROOT / "playbooks").glob("*.yml"))}
    unknown = set(FULL_NAME.findall(page.read_text(encoding="utf-8"))) - there - {"tracing"}
    assert not unknown, f"{page.relative_to(ROOT)} names {sorted(unknown)}"
