# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of filters. To find one, Ansible loads all of them, anew in each task: they are few, and import little."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

FILTERS = sorted((Path(__file__).resolve().parents[3] / "plugins" / "filter").glob("*.py"))


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.stem)
def test_a_filter_loads_what_it_needs_when_it_is_used(path: Path) -> None:
    imported = [node.module for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
    assert "__future__" in imported
    assert [name for name in imported if name and name.startswith("ansible_collections")] == []


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.stem)
def test_a_filter_is_a_function_of_its_name_with_a_page_of_its_own(path: Path) -> None:
    module = import_module(f"ansible_collections.tracelab.k8s_tracing.plugins.filter.{path.stem}")
    for name, function in module.FilterModule().filters().items():
        assert function is getattr(module, name)
        assert path.with_name(f"{name}.yml").is_file()


def test_every_page_belongs_to_a_filter() -> None:
    assert {page.stem for page in FILTERS[0].parent.glob("*.yml")} == {
        function.name
        for path in FILTERS
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
    }
