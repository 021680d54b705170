"""Tasks that touch a secret do not log. Told by names, in the files: no Ansible is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_roles import ROOT, load, tasks_in

FILES = sorted([*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").rglob("*.yml")])
SECRET = re.compile(
    r"password|passwd|token|secret|credential|api_?key|private_?key|bearer|authorization", re.IGNORECASE
)
# These say where a secret lies (`tempo_tls_secret`, `grafana_token_key`), not what it is.
PLACE = re.compile(r"_secrets?(_\w+)?$|_(password|token)_key$|^generated_secret$")
# A text in an expression is no name, unless it is a key: `data['password']`.
TEXT = re.compile(r"""(?<!\[)(?:'[^']*'|"[^"]*")""")
# Words of a task that never reach its output as values.
UNSEEN = {"name", "when", "tags", "block", "rescue", "always", "register", "no_log"}
BARE = {"that", "until", "failed_when", "changed_when"}

# What looks like a secret and is shown all the same, and why that is right.
BY_MODULE = "the module takes the password out of all that it says, and what it says is for people"
SHOWN = {
    ("grafana", "Create or remove Secret {{ grafana_admin_secret }}"): BY_MODULE,
    ("grafana", "Assert that the password fits Secret {{ grafana_admin_secret }}"): BY_MODULE,
    ("grafana", "Ensure the password of Grafana's administrator"): BY_MODULE,
    ("grafana", "Assert that the Secret has the keys"): "a failed assertion shows the expression, and no value in it",
}


def words_in(node: Any, *, bare: bool = False) -> Iterator[str]:
    """Names of options, and what Jinja expressions speak of, with its attributes; no plain text."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key).rsplit(".", 1)[-1]
            yield from words_in(value, bare=key in BARE)
    elif isinstance(node, list):
        for value in node:
            yield from words_in(value, bare=bare)
    elif isinstance(node, str):
        for expression in [node] if bare else re.findall(r"{{(.*?)}}", node, re.DOTALL):
            yield from re.findall(r"[A-Za-z_][\w.]*", TEXT.sub("", expression))


def is_secret_object(task: dict[str, Any]) -> bool:
    """Whether a task reads or writes a Kubernetes Secret; to delete one shows nothing of it."""
    for module in ("kubernetes.core.k8s", "kubernetes.core.k8s_info"):
        arguments = task.get(module) or {}
        kinds = {arguments.get("kind"), (arguments.get("definition") or {}).get("kind")}
        if "Secret" in kinds and arguments.get("state") != "absent":
            return True
    return False


def secrets_of(task: dict[str, Any]) -> set[str]:
    words = set(words_in({key: value for key, value in task.items() if key not in UNSEEN}))
    named = {word for word in words if SECRET.search(word) and not PLACE.search(word)}
    return named | ({"kind: Secret"} if is_secret_object(task) else set())


def hides(task: dict[str, Any]) -> bool:
    """By a plain `true`, or by an expression, which the test of a scenario has to try."""
    return task.get("no_log") is True or "{{" in str(task.get("no_log"))


def tasks_of(path: Path) -> list[dict[str, Any]]:
    content = load(path)
    if path.parent.name != "playbooks":
        return tasks_in(content)
    parts = [play.get(part) for play in content for part in ("pre_tasks", "tasks", "post_tasks")]
    return [task for part in parts for task in tasks_in(part)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_tasks_that_touch_a_secret_do_not_log(path: Path) -> None:
    for task in tasks_of(path):
        if "block" not in task and (path.parts[-3], task.get("name")) not in SHOWN:
            assert hides(task) or not secrets_of(task), f"{path}: {task.get('name')}: {secrets_of(task)}"


def test_every_exception_is_needed() -> None:
    found = {(path.parts[-3], task.get("name")) for path in FILES for task in tasks_of(path) if secrets_of(task)}
    assert set(SHOWN) <= found


@pytest.mark.parametrize(
    "task",
    [
        {"kubernetes.core.k8s_info": {"kind": "Secret", "name": "login"}},
        {"kubernetes.core.k8s": {"definition": {"kind": "Secret"}}},
        {"ansible.builtin.uri": {"url_password": "x"}},
        {"ansible.builtin.uri": {"headers": {"Authorization": "x"}}},
        {"ansible.builtin.debug": {"msg": "It is {{ _grafana_secret.resources }}."}},
        {"ansible.builtin.assert": {"that": ["api_token == 'x'", "a == 'b'"]}},
        {"ansible.builtin.debug": {"var": "{{ found.data['password'] }}"}},
    ],
)
def test_a_secret_is_seen(task: dict[str, Any]) -> None:
    assert secrets_of(task)


@pytest.mark.parametrize(
    "task",
    [
        {"kubernetes.core.k8s": {"kind": "Secret", "state": "absent"}},
        {"ansible.builtin.debug": {"msg": "The password lies in {{ grafana_admin_secret }}."}},
        {"ansible.builtin.assert": {"that": "headers | select('match', 'authorization')"}},
        {"ansible.builtin.debug": {"var": "k"}, "when": "token"},
    ],
)
def test_the_place_of_a_secret_is_none(task: dict[str, Any]) -> None:
    assert not secrets_of(task)
