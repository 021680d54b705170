"""Loops of roles and playbooks have names of their own: a caller's `item` stays the caller's. No Ansible is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_roles import ROOT, load, strings_in, tasks_in

# A caller may set any option of a role lazily by the variable of the loop that it is called in.
PLAYS = sorted([ROOT / "site.yml", *(ROOT / "playbooks").rglob("*.yml")])
ROLE_FILES = sorted(
    path for part in ("defaults", "handlers", "tasks", "vars") for path in ROOT.glob(f"roles/*/{part}/**/*.yml")
)
TEMPLATES = sorted(ROOT.glob("roles/*/templates/**/*.j2"))
OTHERS_NAME = re.compile(r"(?<![\w'\"-])(item|ansible_loop)(?![\w'\"-])")
JINJA = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)


def tasks_of(path: Path) -> Iterator[dict[str, Any]]:
    parts = ("tasks", "pre_tasks", "post_tasks", "handlers")
    content = load(path) or []
    for one in content if isinstance(content, list) else []:
        below = [task for part in parts for task in tasks_in(one.get(part))]
        yield from below or tasks_in([one])


def loops_of(path: Path) -> list[dict[str, Any]]:
    return [task for task in tasks_of(path) if any(key == "loop" or key.startswith("with_") for key in task)]


def problem_of(task: dict[str, Any], owner: str) -> str:
    """Empty where the loop's variable, and its index where it has one, are the owner's."""
    control = task.get("loop_control") or {}
    names = [control.get("loop_var", "item"), *([control["index_var"]] if "index_var" in control else [])]
    foreign = [name for name in names if not re.match(rf"_?{owner}_", name)]
    return f"{task['name']}: {', '.join(foreign)} may be the variable of a caller's loop" if foreign else ""


@pytest.mark.case("D3")
@pytest.mark.parametrize("path", ROLE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_loops_of_roles_have_names_of_their_own(path: Path) -> None:
    role = path.relative_to(ROOT / "roles").parts[0]
    assert [text for task in loops_of(path) if (text := problem_of(task, role))] == []


@pytest.mark.case("D3")
@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.name)
def test_loops_of_playbooks_have_names_of_their_own(path: Path) -> None:
    """A setting of the user's may itself be made of `item`, in a loop of the play that imports this one."""
    assert [text for task in loops_of(path) if (text := problem_of(task, r"[a-z]+"))] == []


def expressions_in(path: Path) -> list[str]:
    """What Jinja evaluates: texts with brackets, and whole conditions."""
    found = [match for text in strings_in(load(path)) for match in JINJA.findall(text)]
    bare = ("when", "that", "until", "failed_when", "changed_when")
    for task in tasks_of(path):
        parts = [task, *(value for value in task.values() if isinstance(value, dict))]
        found += [str(part[key]) for part in parts for key in bare if key in part]
    return found


@pytest.mark.case("D3")
@pytest.mark.parametrize("path", [*ROLE_FILES, *PLAYS], ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_reads_a_callers_loop(path: Path) -> None:
    """Also what is evaluated late, such as `vars`: by then `item` is another one."""
    assert [text for text in expressions_in(path) if OTHERS_NAME.search(text)] == []


@pytest.mark.case("D3")
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_reads_a_callers_loop(path: Path) -> None:
    assert [text for text in JINJA.findall(path.read_text()) if OTHERS_NAME.search(text)] == []


def test_roles_have_loops() -> None:
    """Else the tests above would look at nothing."""
    looping = {path.relative_to(ROOT / "roles").parts[0] for path in ROLE_FILES if loops_of(path)}
    assert looping >= {"bundle", "helm_release", "verify"}
