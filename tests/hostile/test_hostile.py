# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module against servers and files that lie: one error with its kind or the right verdict, within bounds.

The rows stand in ``wire.py`` (whatever is asked), ``values.py`` (what stands in the place of a right value) and, for
each module, in ``subjects/``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import Case
from table import CASES, READS_NOTHING

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, found: list[tuple[str, str]]) -> None:
    if found:
        pytest.fail("\n".join(f"{column}: {text}" for column, text in found), pytrace=False)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_cases_or_says_why_not(module: str) -> None:
    cases = [case for case in CASES if case.module == module]
    if module in READS_NOTHING:
        assert not cases and READS_NOTHING[module]
    else:
        assert len(cases) >= 10, f"add rows for {module} to tests/hostile, or a reason to READS_NOTHING"


def test_names_of_cases_differ() -> None:
    names = [str(case) for case in CASES]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
