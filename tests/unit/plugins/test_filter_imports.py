# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a filter imports. Ansible loads all filters of a collection to find one, anew in each task that uses one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FILTERS = sorted((Path(__file__).resolve().parents[3] / "plugins" / "filter").glob("*.py"))


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.stem)
def test_a_filter_loads_what_it_needs_when_it_is_used(path: Path) -> None:
    imported = [node.module for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
    assert "__future__" in imported
    assert [name for name in imported if name and name.startswith("ansible_collections")] == []
