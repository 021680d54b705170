# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logic is in Python, not in Jinja: no string of a role or a playbook has six operators or more, and no text is made to
be parsed.

Counted is what Jinja's parser finds in one string of YAML: each filter, test, comparison, `and`, `or`, `not`, sign,
arithmetic operator, `~`, conditional expression, `{% if %}` and `{% for %}`. `a < b < c` has two, `a ~ b ~ c` has two.
Names, calls, lookups, lists and dictionaries are free. A condition such as `when` is counted without its braces, each
item of a list by itself. Templates of configuration files are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, nodes
from test_roles import ROOT, Anything

MOST = 5
# Texts that are parsed, by file. This list only shrinks.
PARSED_STILL: dict[str, int] = {
    "roles/helm_release/vars/main/cluster.yml": 1,
}
CONDITIONS = {"when", "that", "until", "failed_when", "changed_when"}
# Each node is one operator; those with several operands have one less than operands.
OPERATORS = (
    *(nodes.Filter, nodes.Test, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow),
    *(nodes.CondExpr, nodes.If, nodes.For),
)
# What a template of text is made of that is parsed again; a file that is read is none.
PARSED = re.compile(r"\|\s*(?:ansible\.builtin\.)?from_(?:yaml|yaml_all|json)\b")
READ = re.compile(r"(?:lookup|query)\('ansible\.builtin\.file'|\bmap\('(?:ansible\.builtin\.)?from_")


JINJA = Environment()
JINJA.filters, JINJA.tests = Anything(), Anything()


def operators(template: str) -> int:
    tree = JINJA.parse(template)
    found = sum(len(node.ops) for node in tree.find_all(nodes.Compare))
    found += sum(len(node.nodes) - 1 for node in tree.find_all(nodes.Concat))
    return found + sum(1 for _node in tree.find_all(OPERATORS))


def files() -> list[Path]:
    folders = [path for part in ("defaults", "tasks", "handlers", "vars") for path in ROOT.glob(f"roles/*/{part}")]
    found = [path for folder in (*folders, ROOT / "playbooks") for path in folder.rglob("*.yml")]
    return sorted([*found, ROOT / "site.yml"])


def templates(node: yaml.Node | None, key: str = "") -> Iterator[tuple[int, str]]:
    """Line and text of each string that Ansible renders."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from templates(value, name.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from templates(item, key)
    elif isinstance(node, yaml.ScalarNode):
        if "{{" in node.value or "{%" in node.value:
            yield node.start_mark.line + 1, node.value
        elif key in CONDITIONS and not node.tag.endswith((":bool", ":null")):
            yield node.start_mark.line + 1, f"{{{{ {node.value} }}}}"


def templates_of(file: Path) -> list[tuple[int, str]]:
    return [
        found
        for document in yaml.compose_all(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        for found in templates(document)
    ]


def places(file: Path) -> list[str]:
    """Where a file has too many operators."""
    return [
        f"{file.relative_to(ROOT)}:{line} has {count} operators"
        for line, text in templates_of(file)
        if (count := operators(text)) > MOST
    ]


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_string_needs_a_second_look(file: Path) -> None:
    assert places(file) == []


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_text_is_made_to_be_parsed(file: Path) -> None:
    made = [line for line, text in templates_of(file) if PARSED.search(text) and not READ.search(text)]
    assert len(made) <= PARSED_STILL.get(str(file.relative_to(ROOT)), 0), made


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ a }}", 0),
        ("{{ f(a, [b, {'c': d}]) }}", 0),
        ("{{ a | b | c(d | e) }}", 3),
        ("{{ a if not b else c }}", 2),
        ("{{ 0 < a <= b }}", 2),
        ("{{ a ~ b ~ c }}", 2),
        ("{{ a is b or c is not d }}", 4),
        ("{{ a + b * -c }}", 3),
        ("{{ a not in b and c }}", 2),
        ("{% for a in b if c == d %}{% if a %}{{ a }}{% endif %}{% endfor %}", 3),
        ("{{ a }} and {{ b | c }}", 1),
    ],
)
def test_what_is_counted(template: str, expected: int) -> None:
    assert operators(template) == expected


def test_strings_are_found() -> None:
    text = "- when:\n    - a == 1\n    - true\n  vars: {x: '{{ y }}', z: plain}\n  that: b\n"
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert list(templates(document)) == [(2, "{{ a == 1 }}"), (4, "{{ y }}"), (5, "{{ b }}")]


# They make a set of texts, which has another order in another process: a value made of it would change by itself.
SETS = "difference|intersect|union|symmetric_difference"
UNORDERED = re.compile(rf"\|\s*(?:ansible\.builtin\.)?(?:{SETS})\b(?P<after>.*)", re.DOTALL)
ORDERED = re.compile(r"\|\s*(?:sort|length)\b|[!=]= \[\]")


@pytest.mark.parametrize("file", [file for file in files() if {"vars", "defaults"} & set(file.parts)], ids=str)
def test_no_value_has_the_order_of_a_set(file: Path) -> None:
    found = [(line, UNORDERED.search(template)) for line, template in templates_of(file)]
    assert [line for line, match in found if match and not ORDERED.search(match["after"])] == []
