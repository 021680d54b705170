"""A switch that -e gives is a text. Each use of one is by its value: the text "false" would count as true."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, nodes

pytestmark = pytest.mark.case("F13")

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [path for path in ROOT.glob("roles/*/*") if path.name in ("tasks", "vars", "templates")] + [
    ROOT / "playbooks"
]
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.suffix in (".yml", ".j2"))
# What is an expression without braces.
CONDITIONS = ("when", "that", "until", "failed_when", "changed_when")


class Anything(dict[str, Any]):
    """Filters and tests of all names."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __getitem__(self, _name: str) -> Any:
        return lambda *_arguments: None

    def get(self, _name: str, _otherwise: Any = None) -> Any:
        return self[_name]


@cache
def jinja() -> Environment:
    made = Environment(extensions=["jinja2.ext.do"])
    made.filters, made.tests = Anything(), Anything()
    return made


@cache
def switches() -> frozenset[str]:
    """Options of all roles, and the settings that roles share, that are true or false."""
    specs = [
        yaml.safe_load(path.read_text())["argument_specs"] for path in ROOT.glob("roles/*/meta/argument_specs.yml")
    ]
    options = [option for spec in specs for point in spec.values() for option in point["options"].items()]
    return frozenset(name for name, option in options if option["type"] == "bool" and not name.startswith("_"))


def templates_in(node: Any, key: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from templates_in(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from templates_in(value, key)
    elif isinstance(node, str) and ("{{" in node or "{%" in node):
        yield node
    elif isinstance(node, str) and key in CONDITIONS:
        yield "{{ " + node + " }}"


def templates_of(path: Path) -> list[str]:
    text = path.read_text()
    return [text] if path.suffix == ".j2" else list(templates_in(yaml.safe_load(text)))


def by_value(node: nodes.Node) -> Iterator[nodes.Node]:
    """Names below a filter ``bool``, with or without a default before it, and those that are only asked for."""
    if isinstance(node, nodes.Filter) and node.name == "bool" and node.node is not None:
        inner = node.node
        while isinstance(inner, nodes.Filter) and inner.name == "default" and inner.node is not None:
            inner = inner.node
        yield inner
    if isinstance(node, nodes.Test) and node.name in ("defined", "undefined"):
        yield node.node


def wrong_uses(template: str) -> list[str]:
    tree = jinja().parse(template)
    every = list(tree.find_all(nodes.Node))
    good = {id(name) for node in every for name in by_value(node)}
    names = [node for node in every if isinstance(node, nodes.Name) and node.ctx == "load"]
    return [node.name for node in names if node.name in switches() and id(node) not in good]


def test_a_switch_is_used_by_its_value() -> None:
    assert len(FILES) > 100 and len(switches()) > 40
    found = {
        str(path.relative_to(ROOT)): wrong
        for path in FILES
        for text in templates_of(path)
        if (wrong := wrong_uses(text))
    }
    assert not found, f"write `{'{{'} OPTION | bool {'}}'}`, since -e gives texts: {found}"


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("{{ 1 if tempo_wait else 2 }}", ["tempo_wait"]),
        ("{% if not tempo_wait %}{% endif %}", ["tempo_wait"]),
        ("{{ tempo_wait | default(true) }}", ["tempo_wait"]),
        ("{{ tempo_wait | default(true) | bool }}", []),
        ("{{ tempo_wait is defined and tempo_wait | bool }}", []),
        ("{{ {'a': tempo_wait | bool} }}", []),
    ],
)
def test_what_counts_as_a_use_by_value(template: str, wrong: list[str]) -> None:
    assert wrong_uses(template) == wrong
