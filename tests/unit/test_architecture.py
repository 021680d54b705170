# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers of plugins/module_utils: no import leads upward or to the same level, so there is no circle either."""

from __future__ import annotations

import re

import pytest
from architecture import LEVELS, MOST_ARROWS, PREFIX, ROOT, UTILS, arrows, files


def test_every_package_has_a_level() -> None:
    assert {package for package, _file in files()} == set(LEVELS)


def test_no_import_leads_upward() -> None:
    upward = [
        f"{source} ({', '.join(names)}) imports {target}"
        for (source, target), names in arrows().items()
        if LEVELS[target] >= LEVELS[source]
    ]
    assert upward == []


def test_few_arrows() -> None:
    assert len([pair for pair in arrows() if ROOT not in pair]) <= MOST_ARROWS


@pytest.mark.parametrize("package", sorted(set(LEVELS) - {ROOT}))
def test_imports_within_a_package_are_relative(package: str) -> None:
    absolute = [file.name for file in (UTILS / package).glob("*.py") if f"{PREFIX}{package}" in file.read_text()]
    assert absolute == []


@pytest.mark.parametrize("package", sorted(set(LEVELS) - {ROOT}))
def test_no_file_has_the_name_of_a_module_that_its_neighbours_import(package: str) -> None:
    """Such as json.py beside a file that imports Python's json: a reader could not tell which one is meant."""
    paths = list((UTILS / package).glob("*.py"))
    imported = {
        name for path in paths for name in re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.MULTILINE)
    }
    assert {path.stem for path in paths} & imported == set()
