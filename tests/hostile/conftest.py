# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the cases that were chosen, all together, and prints the table by module."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

# The fakes of the unit tests know what Tempo answers.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "plugins"))

from cases import Case
from judge import COLUMNS, faults
from run import Run, run
from table import READS_NOTHING

_ROWS: dict[str, Counter[str]] = defaultdict(Counter)
_RUNS: list[Run] = []
NIGHTLY = "HOSTILE_NIGHTLY"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        case = _case(item)
        if case and case.nightly and not os.environ.get(NIGHTLY):
            item.add_marker(pytest.mark.skip(reason=f"{case.nightly}; {NIGHTLY}=1 runs it"))


def _case(item: pytest.Item) -> Case | None:
    """Other suites that are collected with this one have cases of their own."""
    case = item.callspec.params.get("case") if hasattr(item, "callspec") else None
    return case if isinstance(case, Case) else None


@pytest.fixture(scope="session")
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All cases of this session that are not skipped, run at once."""
    chosen = [item for item in request.session.items if not any(item.iter_markers("skip"))]
    cases = [case for item in chosen if (case := _case(item))]
    _RUNS.append(run(cases, tmp_path_factory.mktemp("hostile")))
    return _RUNS[-1]


@pytest.fixture
def found(ran: Run, case: Case) -> list[tuple[str, str]]:
    """What is wrong with a case."""
    seen = ran.seen[case.id]
    found = list(faults(case, seen, ran.start))
    _ROWS[case.module]["cases"] += 1
    _ROWS[case.module].update({column for column, _text in found})
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _ROWS:
        return
    columns = ("cases", *COLUMNS)
    terminalreporter.section("hostile cases by module")
    terminalreporter.write_line(f"{'':<24}" + "".join(f"{column:>21}" for column in columns))
    total: Counter[str] = Counter()
    for module, row in sorted(_ROWS.items()):
        total.update(row)
        terminalreporter.write_line(_line(module, row, columns))
    terminalreporter.write_line(_line("all", total, columns))
    for module, why in READS_NOTHING.items():
        terminalreporter.write_line(f"{module}: {why}")
    for one in _RUNS:
        terminalreporter.write_line(
            f"{one.processor:.0f} s of processor time, {one.of_modules:.0f} s of them in modules; "
            f"a module's process takes up to {one.start:.2f} s to begin"
        )


def _line(name: str, row: Counter[str], columns: tuple[str, ...]) -> str:
    return f"{name:<24}" + "".join(f"{row[column]:>21}" for column in columns)
