"""What chooses among tests, by the environment and by cases. A choice of nothing would pass."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples" / "otlp"
SCENARIOS = ROOT / "molecule"
# How a scenario names a case, in a comment.
_SCENARIO_CASE = re.compile(r'#\s*case\("(?P<name>[^"]+)"\)')
# The checkout under its full collection name, whatever else is installed. A path entry alone would not do: the package
# `ansible` brings an `ansible_collections` of its own, which wins.
_AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()

FOLDERS = ("CHARTS_DIR", "TRACING_UPSTREAM_CHARTS")


def pytest_configure() -> None:
    for name in FOLDERS:
        folder = os.environ.get(name, "")
        if folder and not Path(folder).is_dir():
            raise pytest.UsageError(f"{name} is {folder}, which is no folder: set it to one, or leave it unset")
    languages = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
    unknown = sorted(set(os.environ.get("OTLP_EXAMPLES", "").split()) - set(languages))
    if unknown:
        raise pytest.UsageError(f"OTLP_EXAMPLES has {', '.join(unknown)}: use {', '.join(languages)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """`pytest -m case --collect-only` ends with a table: each case, and the tests and scenarios that hold it."""
    if not config.option.collectonly or "case" not in config.option.markexpr:
        return
    rows: dict[str, dict[str, int]] = {}
    for item in terminalreporter._session.items:
        for mark in item.iter_markers("case"):
            for case in mark.args:
                test = item.nodeid.partition("[")[0]
                tests = rows.setdefault(case, {})
                tests[test] = tests.get(test, 0) + 1
    for file in sorted(SCENARIOS.rglob("*.yml")):
        for match in _SCENARIO_CASE.finditer(file.read_text(encoding="utf-8")):
            rows.setdefault(match["name"], {})[str(file.relative_to(ROOT))] = 1
    terminalreporter.section("cases")
    for case in sorted(rows, key=_by_number):
        for test, count in sorted(rows[case].items()):
            terminalreporter.write_line(f"{case:<4} {test}" + (f" ({count})" if count > 1 else ""))


def _by_number(case: str) -> tuple[str, int]:
    return case[:1], int(case[1:]) if case[1:].isdigit() else 0
