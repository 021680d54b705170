"""The pages of roles: their tables name options of the role with its defaults, and objects that it makes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.derived_names import DERIVED
from docs_pages import ROOT

SPECS = {
    path.parents[1].name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].get("main", {})
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
}
# Those whose options are too many for a page of their own.
INSTALLING = ("tempo", "alloy", "grafana", "prometheus")
# By words instead of a value.
WORDS: dict[str, tuple[Any, ...]] = {
    "none": ("", {}, [], {"type": "none"}, {"enabled": False}),
    "all": ([],),
    "the cluster's default": ("",),
    "Tempo's own": ({},),
    "a random one": ("",),
}


def page(role: str) -> str:
    return (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")


def rows(role: str) -> list[tuple[list[str], str]]:
    """Each row of the tables of options: the options of its first cell, and its last cell."""
    lines = re.findall(r"^\| (`.+) \|$", page(role), re.MULTILINE)
    found = [line.split(" | ") for line in lines]
    return [(re.findall(r"`(\w+)`", cells[0]), cells[-1]) for cells in found if cells[0].startswith(f"`{role}_")]


@pytest.mark.parametrize("role", SPECS)
def test_tables_name_options_of_the_role(role: str) -> None:
    for names, _default in rows(role):
        assert names and set(names) <= SPECS[role]["options"].keys(), names


@pytest.mark.parametrize("role", INSTALLING)
def test_defaults_are_those_of_the_role(role: str) -> None:
    assert len(rows(role)) >= 10
    for names, told in rows(role):
        parts = re.split("[,;] ", told)
        options = [SPECS[role]["options"][name] for name in names]
        if names[0].endswith("_resources"):
            asked, most = options[0]["default"]["requests"], options[0]["default"]["limits"]["memory"]
            assert told.startswith(f"{asked['cpu']} CPU and {asked['memory']}, at most {most}"), names
            parts = ["", *parts[2:]]
        for name, option, part in zip(names, options, parts * (len(names) if len(parts) == 1 else 1), strict=False):
            value = re.fullmatch(r"`(\w+)`", part)
            if value and not value[1].startswith("k8s_tracing_"):
                assert value[1] == yaml.safe_dump(option["default"]).split("\n")[0], name
            elif part in WORDS and "default" in option:  # else it is computed
                assert option["default"] in WORDS[part], name


@pytest.mark.parametrize("role", INSTALLING)
def test_objects_are_those_that_the_role_makes(role: str) -> None:
    made = {
        f"RELEASE-{part}" if part else "RELEASE"
        for (of, _mode), objects in DERIVED.items()
        for kind, part in objects
        if of == role and kind == "Service"
    }
    cells = re.findall(r"^\| Service (`.+?) \|", page(role), re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`(.+?)`", cell)}
    assert told and told <= made
