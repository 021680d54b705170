"""The links between the parts follow them in every form in which a playbook can call the roles.

The roles run as they are, up to where a cluster would be asked: there, what they would install is written down.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from plays import FILTERS

NAME = "tracelab.k8s_tracing"
ROLES = ("prometheus", "tempo", "alloy", "grafana", "k6_trace_generator", "tempo_vulture")
ADDRESS = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc")
# Instead of what a cluster would be asked for.
STUBS = {
    "helm_release/tasks/plan.yml": [
        {
            "name": "Write down what would be installed",
            "ansible.builtin.debug": {
                "msg": "{{ _helm_release_prepared[helm_release.id]['values'] | to_json | written_to([playbook_dir, "
                "'/rendered/', inventory_hostname, '+', helm_release.id | replace('/', '+'), '.json'] | join) }}"
            },
        }
    ],
    "helm_release/tasks/apply.yml": [],
    "helm_release/tasks/wait.yml": [],
    **{f"{role}/tasks/verify.yml": [] for role in ROLES},
    "grafana/tasks/admin_secret.yml": [],
}
# Each call would otherwise have an id of its own.
ONE_RUN = {"k6_trace_generator_run_id": "one"}
# Who names whom, when Prometheus comes first and the generator last.
NAMED = {
    "tempo": {"prometheus-server"},
    "alloy": {"tempo", "prometheus-server"},
    "grafana": {"tempo", "prometheus-server"},
    "k6_trace_generator": {"alloy", "prometheus-server"},
    "prometheus": {"tempo", "alloy", "grafana"},
    "tempo_vulture": {"alloy", "tempo"},
}
# By host; then the values by role, namespace and release, and why a call was refused.
Outcome = dict[str, dict[tuple[str, str, str], Any]]
REFUSED = ("refused", "", "")
TELL = {
    "name": "Write down why the role ended",
    "ansible.builtin.debug": {
        "msg": "{{ ansible_failed_result.msg | to_json "
        "| written_to(playbook_dir ~ '/rendered/' ~ inventory_hostname ~ '+refused++.json') }}"
    },
}


def collection(root: Path, folder: Path) -> Path:
    """The collection with its own files, but for the stubs; a folder for ANSIBLE_COLLECTIONS_PATH."""
    place = folder / "collections" / "ansible_collections" / "tracelab" / "k8s_tracing"
    linked(root, place, [path for path in root.iterdir() if path.name in ("galaxy.yml", "meta", "plugins")])
    for role in (root / "roles").iterdir():
        linked(role, place / "roles" / role.name, [path for path in role.iterdir() if path.name != "tasks"])
        linked(role / "tasks", place / "roles" / role.name / "tasks", (role / "tasks").iterdir())
    for name, tasks in STUBS.items():
        (place / "roles" / name).unlink()
        (place / "roles" / name).write_text(yaml.safe_dump(tasks))
    return folder / "collections"


def linked(source: Path, place: Path, paths: Iterable[Path]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for path in paths:
        (place / path.relative_to(source)).symlink_to(path)


def run_plays(root: Path, folder: Path, plays: Mapping[str, Mapping[str, Any]], *, private: bool = False) -> Outcome:
    """Each play on a host of its own, by the play's name: what one records, the others don't know."""
    (folder / "rendered").mkdir()
    content = [
        {"hosts": host, "gather_facts": False, **play, "vars": {**ONE_RUN, **play.get("vars", {})}}
        for host, play in plays.items()
    ]
    (folder / "play.yml").write_text(yaml.safe_dump(content))
    settings = {
        "COLLECTIONS_PATH": os.pathsep.join([str(collection(root, folder)), *sys.path]),
        "NOCOLOR": "1",
        "FILTER_PLUGINS": str(FILTERS),
        "PRIVATE_ROLE_VARS": str(private),
    }
    python = "ansible_python_interpreter={{ansible_playbook_python}}"
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", ",".join([*plays, ""]), "-c", "local", "-e", python),
            str(folder / "play.yml"),
        ],
        cwd=folder,
        env={**os.environ, **{f"ANSIBLE_{name}": value for name, value in settings.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    found: Outcome = {host: {} for host in plays}
    for path in sorted((folder / "rendered").iterdir()):
        host, role, namespace, release = path.stem.split("+")
        found[host][role, namespace, release] = json.loads(path.read_text())
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    return found


def links_of(values: object) -> set[tuple[str, str]]:
    return {(name, namespace) for name, namespace in ADDRESS.findall(json.dumps(values))}


def call(form: str, role: str, **settings: object) -> dict[str, Any]:
    return {"name": f"Call {role}", f"ansible.builtin.{form}": {"name": f"{NAME}.{role}"}, "vars": settings}


def loop(role: str, places: str, **settings: object) -> dict[str, Any]:
    return {
        **call("include_role", role, **{f"{role}_namespace": "{{ place }}"}, **settings),
        "loop": list(places),
        "loop_control": {"loop_var": "place"},
    }


# What a role's settings are private from differs by how it is called, not by where its caller has the settings.
PRIVATE_FORMS = ("import_role", "include_role", "parameters", "loop", "the_stack")
# Forms that differ from another one only in where the caller has the settings: few roles, of which one names others.
SHORT_FORMS = ("vars_of_roles", "blocks", "vars_of_the_play")
FEW = ("prometheus", "tempo", "alloy")


def in_one_namespace(namespace: str) -> dict[str, dict[str, Any]]:
    """All roles in a namespace that only the call of each role names, in every form of such a call."""
    named = {role: {f"{role}_namespace": namespace} for role in ROLES}
    together = {name: value for settings in named.values() for name, value in settings.items()}
    each = {
        "name": "Call all roles",
        "ansible.builtin.include_role": {"name": NAME + ".{{ part }}"},
        "loop": list(ROLES),
        "loop_control": {"loop_var": "part"},
        "vars": together,
    }
    return {
        "import_role": {"tasks": [call("import_role", role, **named[role]) for role in ROLES]},
        "include_role": {"tasks": [call("include_role", role, **named[role]) for role in ROLES]},
        "parameters": {"roles": [{"role": f"{NAME}.{role}", **named[role]} for role in ROLES]},
        "vars_of_roles": {"roles": [{"role": f"{NAME}.{role}", "vars": named[role]} for role in FEW]},
        "blocks": {"tasks": [{"vars": named[role], "block": [call("import_role", role)]} for role in FEW]},
        "loop": {"tasks": [each]},
        "vars_of_the_play": {"vars": together, "tasks": [call("import_role", role) for role in FEW]},
        "the_stack": {
            "vars": {"k8s_tracing_namespace": namespace},
            "tasks": [call("import_role", role) for role in ROLES],
        },
    }


# Calls that differ from each other, and the links that must come of them.
APART: dict[str, tuple[dict[str, Any], dict[tuple[str, str, str], set[tuple[str, str]]]]] = {
    "names": (
        {
            "tasks": [
                call("include_role", "prometheus", prometheus_namespace="n", prometheus_release_name="metrics"),
                call("include_role", "tempo", tempo_namespace="n", tempo_release_name="store"),
                call("include_role", "alloy", alloy_namespace="n", alloy_release_name="gateway"),
                call("include_role", "k6_trace_generator", k6_trace_generator_namespace="n"),
            ]
        },
        {
            ("tempo", "n", "store"): {("metrics-server", "n")},
            ("alloy", "n", "gateway"): {("store", "n"), ("metrics-server", "n")},
            ("k6_trace_generator", "n", "k6-traces"): {("gateway", "n"), ("metrics-server", "n")},
        },
    ),
    "namespaces": (
        {
            "tasks": [
                call("import_role", "prometheus", prometheus_namespace="metrics"),
                call("import_role", "tempo", tempo_namespace="store"),
                call("import_role", "alloy", alloy_namespace="gateways"),
            ]
        },
        {
            ("tempo", "store", "tempo"): {("prometheus-server", "metrics")},
            ("alloy", "gateways", "alloy"): {("tempo", "store"), ("prometheus-server", "metrics")},
        },
    ),
    "stacks": (
        {"tasks": [loop("prometheus", "ab"), loop("tempo", "ab"), loop("alloy", "ab")]},
        {("alloy", place, "alloy"): {("tempo", place), ("prometheus-server", place)} for place in "ab"}
        | {("tempo", place, "tempo"): {("prometheus-server", place)} for place in "ab"},
    ),
    # Nothing else runs here, and no setting speaks of it: what is beside is meant.
    "alone": (
        {"tasks": [call("import_role", "alloy", alloy_namespace="n")]},
        {("alloy", "n", "alloy"): {("tempo", "n")}},
    ),
    "named": (
        {
            "tasks": [
                call("include_role", "alloy", alloy_namespace="n", tempo_namespace="store", tempo_mode="distributed")
            ]
        },
        {("alloy", "n", "alloy"): {("tempo-distributor", "store")}},
    ),
    "stack_elsewhere": (
        {"vars": {"k8s_tracing_namespace": "stack"}, "tasks": [call("import_role", "alloy", alloy_namespace="n")]},
        {("alloy", "n", "alloy"): {("tempo", "stack")}},
    ),
    "another_cluster": (
        {
            "tasks": [
                call("include_role", "tempo", tempo_namespace="there", tempo_kube_context="there"),
                call("include_role", "alloy", alloy_namespace="here", alloy_kube_context="here"),
            ]
        },
        {("alloy", "here", "alloy"): {("tempo", "here")}},
    ),
}

# Calls after which nobody can say what is meant, and the words that the refusal must have.
UNCLEAR = {
    "two_elsewhere": (
        [loop("tempo", "ab"), call("include_role", "alloy", alloy_namespace="c")],
        ["alloy_tempo_endpoint", "tempo in namespace a", "tempo in namespace b", "tempo_namespace"],
    ),
    "another_is_named": (
        [
            call("include_role", "tempo", tempo_namespace="a"),
            call("include_role", "alloy", alloy_namespace="a", tempo_namespace="b"),
        ],
        ["alloy_tempo_endpoint", "tempo in namespace a", "tempo_namespace is 'b'"],
    ),
}


class Links:
    """Two classes, so that each has a process of its own."""

    private: ClassVar[bool]
    forms: ClassVar[Sequence[str]]

    @pytest.fixture(scope="class")
    def outcome(self, root: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Outcome:
        plays = {
            **{name: play for name, play in in_one_namespace("elsewhere").items() if name in request.cls.forms},
            **{name: play for name, (play, _links) in APART.items()},
            **{name: {"tasks": [{"block": tasks, "rescue": [TELL]}]} for name, (tasks, _words) in UNCLEAR.items()},
        }
        return run_plays(root, tmp_path_factory.mktemp("links"), plays, private=request.cls.private)

    @pytest.mark.case("F1")
    def test_links_follow_the_namespace_of_each_call(self, outcome: Outcome) -> None:
        for form in self.forms:
            found = {role: values for (role, _namespace, _release), values in outcome[form].items()}
            assert set(found) == set(FEW if form in SHORT_FORMS else ROLES), form
            for role, values in found.items():
                assert {(name, "elsewhere") for name in NAMED[role]} <= links_of(values), (form, role)
                assert {namespace for _name, namespace in links_of(values)} == {"elsewhere"}, (form, role)

    @pytest.mark.case("F1")
    def test_values_are_the_same_in_every_form(self, outcome: Outcome) -> None:
        whole = outcome["the_stack"]
        for form in self.forms:
            assert outcome[form] == {key: whole[key] for key in whole if form not in SHORT_FORMS or key[0] in FEW}, form

    @pytest.mark.case("F1")
    @pytest.mark.parametrize("name", APART)
    def test_links_lead_to_what_was_meant(self, outcome: Outcome, name: str) -> None:
        for key, links in APART[name][1].items():
            assert links_of(outcome[name][key]) == links, key

    @pytest.mark.case("F1")
    @pytest.mark.parametrize("name", UNCLEAR)
    def test_a_link_that_may_mean_several_is_refused(self, outcome: Outcome, name: str) -> None:
        refusal = outcome[name][REFUSED]
        assert [word for word in UNCLEAR[name][1] if word not in refusal] == []
        assert not [key for key in outcome[name] if key[0] == "alloy"]


class TestPublicRoleVars(Links):
    private = False
    forms = tuple(in_one_namespace(""))


class TestPrivateRoleVars(Links):
    """With ANSIBLE_PRIVATE_ROLE_VARS=true."""

    private = True
    forms = PRIVATE_FORMS
