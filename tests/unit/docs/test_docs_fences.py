"""Every fence of the documentation is right: its mark (docs_pages.py) says how that is known."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from docs_pages import ROOT, Fence, fences
from test_docs_names import EXAMPLES, known, options

FENCES = fences()
CHECKS = ("playbook", "tasks", "variables", "kubernetes", "yaml", "commands", "file", "query")
PLAYS = "- hosts: localhost\n  gather_facts: false\n  tasks:\n"


def marked(mark: str, *whats: str) -> list[Fence]:
    return [one for one in FENCES if one.mark == mark and (not whats or one.what.split()[0] in whats)]


def ansible(command: str, *arguments: str) -> str:
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    program = [str(Path(sys.executable).parent / command), *arguments]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("fence", FENCES, ids=str)
def test_it_is_marked(fence: Fence) -> None:
    assert fence.mark, f"{fence} has no mark before it: see tests/unit/docs/docs_pages.py"
    assert fence.language, f"{fence} says no language"
    assert fence.mark != "check" or fence.what.split()[0] in CHECKS, f"{fence}: there is no check {fence.what}"
    assert fence.mark != "needs" or fence.what, f"{fence} does not say what it needs"
    # Data is checked, always; what is run by hand may need more than a checkout has.
    assert fence.mark in ("check", "output") or fence.language in ("sh", "console"), f"{fence} can be checked"


def _indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def test_plays_and_tasks_pass_the_syntax_check(tmp_path: Path) -> None:
    """All at once, because each start of Ansible takes its time. What is wrong is told by page and line."""
    books = []
    for fence in marked("check", "playbook", "tasks"):
        book = tmp_path / f"{str(fence).replace('/', '_').replace(':', '_line_')}.yml"
        book.write_text(fence.text if fence.what == "playbook" else PLAYS + _indented(fence.text))
        books.append(str(book))
    assert books
    ansible("ansible-playbook", "--syntax-check", *books)


def test_plays_on_this_machine_run_by_the_python_of_ansible() -> None:
    """Else a localhost of the inventory gets the first Python of the machine, which may lack the packages."""
    for fence in marked("check", "playbook"):
        for play in yaml.safe_load(fence.text):
            if play.get("hosts") == "localhost" and "tracelab.k8s_tracing" in str(play):
                assert play.get("vars", {}).get("ansible_python_interpreter") == "{{ ansible_playbook_python }}", fence


def modules_in(data: Any) -> Iterator[tuple[str, set[str]]]:
    """Each task of a module of ours, however deep: the module, and the options that it is given."""
    for key, value in data.items() if isinstance(data, dict) else ():
        if key.startswith("tracelab.k8s_tracing.") and isinstance(value, dict):
            yield key, set(value)
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from modules_in(value)


def test_tasks_give_modules_options_that_they_have() -> None:
    """In fences and in examples."""
    texts = {str(fence): fence.text for fence in marked("check", "playbook", "tasks")}
    texts |= {str(path.relative_to(ROOT)): path.read_text() for path in EXAMPLES if path.suffix == ".yml"}
    used = [(where, *one) for where, text in texts.items() for one in modules_in(yaml.safe_load(text))]
    names = sorted({name for _where, name, _given in used})
    docs = json.loads(ansible("ansible-doc", "--json", *names))
    for where, name, given in used:
        assert given <= docs[name]["doc"]["options"].keys(), f"{where}: {name}"


SETTINGS = {str(fence): fence.text for fence in marked("check", "variables")}
SETTINGS |= {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in EXAMPLES
    if path.match("examples/tutorial/*.yml")
}


@pytest.mark.parametrize("where", SETTINGS)
def test_variables_are_options_with_fitting_values(where: str) -> None:
    values: dict[str, Any] = {}
    for document in yaml.safe_load_all(SETTINGS[where]):
        values |= document
    assert values
    for name, value in values.items():
        assert known(name), f"{where}: {name}"
        if name in options() and "{{" not in str(value):
            result = ArgumentSpecValidator({name: options()[name]}).validate({name: value})
            assert not result.error_messages, f"{where}: {result.error_messages}"


@pytest.mark.parametrize("fence", marked("check", "kubernetes"), ids=str)
def test_objects_say_what_they_are(fence: Fence) -> None:
    for item in yaml.safe_load_all(fence.text):
        assert item["apiVersion"] and item["kind"] and item["metadata"]["name"]


@pytest.mark.parametrize("fence", marked("check", "yaml"), ids=str)
def test_other_yaml_is_read(fence: Fence) -> None:
    assert list(yaml.safe_load_all(fence.text)) != [None]


@pytest.mark.parametrize("fence", marked("check", "file"), ids=str)
def test_it_is_a_part_of_the_file(fence: Fence) -> None:
    path = ROOT / fence.what.split()[1]
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    shown = [line.strip() for line in fence.text.rstrip().splitlines()]
    assert any(lines[at : at + len(shown)] == shown for at in range(len(lines))), f"{fence} is not in {path}"


def test_queries_are_those_of_the_page_that_is_tried() -> None:
    assert {(one.page.name, one.what) for one in marked("check", "query")} == {
        ("tutorial.md", "query promql"),
        ("tutorial.md", "query traceql"),
    }


def commands(fence: Fence) -> list[list[str]]:
    joined = fence.text.replace("\\\n", " ")
    return [words for line in joined.splitlines() if (words := shlex.split(line, comments=True))]


@pytest.mark.parametrize("fence", marked("check", "commands"), ids=str)
def test_commands_are_run(fence: Fence) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for words in commands(fence):
        if words[0] == "make":
            targets = [word for word in words[1:] if "=" not in word]
            assert targets and all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets), words
        elif words[0] == "ansible-doc":
            assert ansible(*words)
        else:
            raise AssertionError(f"{fence}: {words[0]} is not run by a test; say what runs it, or what it needs")


TYPED = [one for one in FENCES if one.language == "sh"]


def playbook_of(words: list[str]) -> Path | None:
    """The file of the playbook that a command runs, if it runs one of ours."""
    if words[0] != "ansible-playbook":
        return None
    given = {value for word, value in itertools.pairwise(words) if word in ("-i", "-e")}
    name = next(word for word in words[1:] if word not in given and re.search(r"\.yml$|^tracelab\.", word))
    return ROOT / "playbooks" / f"{name.split('.')[2]}.yml" if name.startswith("tracelab.") else ROOT / name


# Playbooks that stand for the reader's own.
THEIRS = {"deploy.yml"}


@pytest.mark.parametrize("fence", TYPED, ids=str)
def test_playbooks_and_variables_of_commands_exist(fence: Fence) -> None:
    for words in commands(fence):
        book = playbook_of(words)
        if book is not None and str(book.relative_to(ROOT)) not in THEIRS:
            assert book.is_file(), f"{fence}: {book}"
        for word, value in itertools.pairwise(words):
            if words[0] == "ansible-playbook" and word in ("-e", "--extra-vars"):
                own = book.read_text(encoding="utf-8") if book and book.is_file() else ""
                assert all(
                    known(name) or name.startswith("app_") or re.search(rf"\b{name}\b", own) for name in names_of(value)
                ), f"{fence}: {value}"


def names_of(value: str) -> list[str]:
    """The variables that `-e` sets."""
    if value.startswith("@"):
        return list(yaml.safe_load((ROOT / value[1:]).read_text(encoding="utf-8")))
    return list(json.loads(value)) if value.startswith("{") else [part.split("=")[0] for part in value.split()]


@pytest.mark.parametrize("fence", marked("run by"), ids=str)
def test_what_runs_a_command_is_there_and_names_its_playbook(fence: Fence) -> None:
    runner = ROOT / fence.what
    assert runner.exists(), f"{fence}: there is no {fence.what}"
    files = [runner] if runner.is_file() else list(runner.rglob("*.y*ml"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for words in commands(fence):
        book = playbook_of(words)
        assert book is None or book.name in text, f"{fence}: {fence.what} does not run {book}"
        # With what it is run counts as well: a flag, or a variable that is set.
        given = [name for word, value in itertools.pairwise([*words, ""]) if word == "-e" for name in names_of(value)]
        given += [word for word in words if word.startswith("--")]
        assert all(one in text for one in given), f"{fence}: {fence.what} does not run it with all of {given}"


BOOKS = sorted({book for one in TYPED for words in commands(one) if (book := playbook_of(words)) and book.is_file()})


def test_playbooks_that_are_told_of_list_their_tasks() -> None:
    books = [book for book in BOOKS if book.parent.name != "awx"]
    told = ansible("ansible-playbook", "--list-tasks", *map(str, books))
    assert all(f"playbook: {book}" in told for book in books)


def test_the_playbook_for_awx_lists_its_tasks() -> None:
    if not any(path.exists() for path in (Path(folder) / "ansible_collections/awx/awx" for folder in sys.path)):
        pytest.skip("collection awx.awx is not at hand: this version of the package ansible comes without it")
    ansible("ansible-playbook", "--list-tasks", str(ROOT / "examples/awx/setup.yml"))
