"""Every option of every role, given what can't be right: each is refused by its name.

The cases are made from the argument specifications and from the formats of the roles, so that a new option is tested
or fails here. What settings can't be together is in tests/contract/refusals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import RELEASE_NAMES
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation import formats, text_formats
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.settings import (
    RELEASE_FORMATS,
    misspelt,
    validate_settings,
)
from invalid_values import BAD, WRONG_TYPES, beyond

ROOT = Path(__file__).resolve().parents[2]
INTERNAL = "helm_release"
SHARED = "common"  # has no options
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir() and path.name != SHARED)
PUBLIC = [role for role in ROLES if role != INTERNAL]
# Those that install a part of the stack.
PARTS = sorted(RELEASE_NAMES)
STRANGER = "stranger"


def load(*parts: str) -> Any:
    return yaml.safe_load(ROOT.joinpath(*parts).read_text())


@cache
def options_of(role: str) -> dict[str, Any]:
    point = "bundle" if role == INTERNAL else "main"
    return load("roles", role, "meta", "argument_specs.yml")["argument_specs"][point]["options"]


@cache
def formats_of(role: str) -> dict[str, str]:
    if role == INTERNAL:
        return {}
    own = load("roles", role, "vars", "main", "formats.yml")[f"_{role}_formats"]
    return {**({f"{role}_{name}": form for name, form in RELEASE_FORMATS.items()} if role in PARTS else {}), **own}


@dataclass(frozen=True)
class Node:
    """One option, or what is in one: its path in tables, and how a value of it is given."""

    path: str
    place: str
    option: Mapping[str, Any]
    give: Callable[[Any], Any]

    @property
    def head(self) -> str:
        return re.split(r"[.[]", self.path)[0]

    @property
    def is_free(self) -> bool:
        """Whether neither type nor choices say all there is to say."""
        inner = self.option["type"] == "list" or self.option.get("options")
        return not (inner or self.option.get("choices") or self.option["type"] == "bool")


def inside(node: Node) -> Iterator[Node]:
    yield node
    kind, give = node.option["type"], node.give
    if kind == "list":
        part = {**node.option, "type": node.option.get("elements", "raw"), "required": False}
        yield from inside(Node(f"{node.path}[]", f"{node.place}[0]", part, lambda value: give([value])))
    elif kind == "dict":
        for key, option in (node.option.get("options") or {}).items():
            yield from inside(Node(f"{node.path}.{key}", f"{node.place}.{key}", option, within(give, key)))


def within(give: Callable[[Any], Any], key: str) -> Callable[[Any], Any]:
    return lambda value: give({key: value})


def nodes(role: str) -> Iterator[Node]:
    for name, option in options_of(role).items():
        yield from inside(Node(name, name, option, lambda value: value))


def names(values: list[Any]) -> Any:
    return pytest.mark.parametrize("role", values)


def said_by_us(role: str, node: Node, value: Any) -> list[str]:
    return validate_settings(options_of(role), formats_of(role), {node.head: node.give(value)})


def refused_by_ansible(role: str, node: Node, value: Any) -> bool:
    head = options_of(role)[node.head]
    try:
        return bool(ArgumentSpecValidator({node.head: head}).validate({node.head: node.give(value)}).error_messages)
    except (OverflowError, TypeError):
        return True


@names(ROLES)
def test_a_value_of_another_type(role: str) -> None:
    for node in nodes(role):
        for value in WRONG_TYPES.get(node.option["type"], []):
            assert any(node.place in line for line in said_by_us(role, node, value)), (node.path, value)


@names(ROLES)
def test_a_stranger_among_choices(role: str) -> None:
    for node in nodes(role):
        if node.option.get("choices") and node.option["type"] != "list":
            said = said_by_us(role, node, 99 if node.option["type"] == "int" else STRANGER)
            assert any(line.startswith(f"{node.place} is ") and ": use " in line for line in said), node.path


@names(ROLES)
def test_what_is_required_left_out(role: str) -> None:
    for node in nodes(role):
        inner = node.option.get("options") or {}
        required = [key for key, option in inner.items() if option.get("required")]
        if required and node.option["type"] == "dict":
            said = " ".join(said_by_us(role, node, {}))
            assert node.head in said and all(key in said for key in required), node.path


@names(ROLES)
def test_an_unknown_key(role: str) -> None:
    for node in nodes(role):
        if node.option.get("options") and node.option["type"] == "dict":
            said = " ".join(said_by_us(role, node, {STRANGER: 1}))
            assert f"{node.place} has the key '{STRANGER}': " in said, node.path


@pytest.mark.case("F13")
@names(PUBLIC)
def test_nothing_is_left_for_ansible_to_refuse(role: str) -> None:
    """It would print the whole specification."""
    for node in nodes(role):
        for value in (STRANGER, "", "3.5", "a=b", 2, 1.5, [[]], {STRANGER: {}}):
            if refused_by_ansible(role, node, value):
                assert said_by_us(role, node, value), (node.path, value)


@pytest.mark.case("F13")
@names(PUBLIC)
def test_texts_that_ansible_takes_for_a_single_value(role: str) -> None:
    texts = {
        "bool": ["yes", "no", "on", "off", "1", "0", "true", "false", "True", "NO", 1, 0],
        "int": ["3", " 3"],
        "float": ["3.5"],
    }
    for name, option in options_of(role).items():
        for text in texts.get(option["type"], []) if not option.get("choices") else []:
            assert validate_settings(options_of(role), {}, {name: text}) == [], (name, text)


@pytest.mark.case("F13")
def test_a_list_on_the_command_line_is_written_as_json() -> None:
    (said,) = validate_settings(options_of("gate"), {}, {"gate_services": "a,b"})
    assert said == """gate_services is 'a,b': give a list, on the command line as -e '{"gate_services": ["a", "b"]}'."""


@pytest.mark.case("F13")
def test_a_choice_that_may_be_empty_is_told_in_words() -> None:
    options = load("roles", "common", "meta", "argument_specs.yml")["argument_specs"]["settings"]["options"]
    (said,) = validate_settings(options, {}, {"k8s_tracing_platform": "OpenShift"})
    assert said.endswith("'OpenShift': use openshift, gke_autopilot, eks or aks, or leave it out.")


@pytest.mark.case("F13")
def test_what_an_entry_of_a_list_is_made_of_is_told() -> None:
    options = load("roles", "common", "meta", "argument_specs.yml")["argument_specs"]["settings"]["options"]
    name = "k8s_tracing_tempo_vulture_tenants"
    (said,) = validate_settings(options, {}, {name: "team-a"})
    assert said.endswith(
        f"""give a list, on the command line as -e '{{"{name}": [{{"tenant": "a", "namespace": "a"}}]}}'."""
    )
    assert validate_settings(options, {}, {name: ["team-a"]}) == [
        f"{name}[0] is 'team-a': give tenant and namespace with their values."
    ]


@pytest.mark.case("F13")
def test_of_what_is_to_go_only_what_ansible_refuses_is_told() -> None:
    given = {"tempo_image_tag": 1.5, "tempo_persistence_enabled": "perhaps", "tempo_namespace": "A b"}
    said = validate_settings(options_of("tempo"), {"tempo_namespace": "label"}, given, strict=["tempo_namespace"])
    assert [line.split()[0] for line in said] == ["tempo_persistence_enabled", "tempo_namespace"]


@names(PUBLIC)
def test_every_option_has_a_form_and_every_form_an_option(role: str) -> None:
    """One that has neither choices nor a switch's two values says in the role's table what it must look like."""
    free, formats = {node.path for node in nodes(role) if node.is_free}, formats_of(role).keys()
    file = f"roles/{role}/vars/main/formats.yml"
    assert not free - formats, f"add to {file} the format of {sorted(free - formats)}, or give them choices"
    assert not formats - free, f"take out of {file} what no option is, or has choices: {sorted(formats - free)}"


@names(PUBLIC)
def test_a_value_of_another_form(role: str) -> None:
    formats = formats_of(role)
    for node in nodes(role):
        name = formats.get(node.path, "any")
        for value in beyond(name) if ".." in name else BAD[name.removesuffix("?")]:
            said = said_by_us(role, node, value)
            assert any(line.startswith(node.place) for line in said), (node.path, name, value)
            assert all(line.isprintable() for line in said), said


@names(PUBLIC)
def test_an_empty_text_is_refused_unless_it_means_something(role: str) -> None:
    formats = formats_of(role)
    for node in nodes(role):
        name = formats.get(node.path, "any")
        if node.option["type"] == "str" and name in text_formats.TEXTS and name != "label_value":
            assert said_by_us(role, node, ""), node.path


@names(PARTS)
def test_what_has_no_form_is_refused_by_somebody_else(role: str) -> None:
    """By the role's preflight, as tests/contract/refusals shows; a chart's values by the plan of its release."""
    cases = load("tests", "contract", "refusals", f"{role}.yml")
    refused = {name for case in cases for name in case["options"]}
    open_ones = {re.split(r"[.[]", path)[0] for path, form in formats_of(role).items() if form == "any"}
    assert open_ones - {f"{role}_values"} <= refused


@names(PUBLIC)
def test_the_defaults_and_what_the_contract_tests_use_are_right(role: str) -> None:
    options = options_of(role)
    file = ROOT / "tests" / "contract" / "cases" / f"{role}.yml"
    cases = list(yaml.safe_load(file.read_text())["cases"].values()) if file.exists() else []
    for case in [load("roles", role, "defaults", "main.yml"), *cases]:
        plain = {name: value for name, value in case.items() if name in options and "{{" not in json.dumps(value)}
        assert validate_settings(options, formats_of(role), plain) == []


def test_no_form_is_unused() -> None:
    used = {form.removesuffix("?") for role in PUBLIC for form in formats_of(role).values() if ".." not in form}
    assert used == set(BAD)
    assert used <= {*text_formats.TEXTS, *formats._OTHERS}


def test_a_secret_is_not_shown() -> None:
    said = validate_settings(options_of("grafana"), formats_of("grafana"), {"grafana_token": "s3cret\nword"})
    assert len(said) == 1 and said[0].startswith("grafana_token can't be as it is: ") and "s3cret" not in said[0]


@names(PUBLIC)
def test_a_slip_of_the_pen_is_told_and_no_variable_of_ours_is_one(role: str) -> None:
    options = options_of(role)
    longest = max(options, key=len)
    slips = [longest[:-1], longest + "s", longest[:-3] + longest[-2] + longest[-3] + longest[-1]]
    for slip in slips:
        assert misspelt([slip], options) == [f"{slip} is no setting: did you mean {longest}?"]
    text = "".join(path.read_text() for path in ROOT.glob("roles/**/*") if path.suffix in (".yml", ".j2"))
    assert misspelt(set(re.findall(r"\b[a-z0-9]+_\w+\b", text)), options) == []


ADDRESSES = {"url", "endpoint", "chart", "path"}
LOGINS = ("https://us3r:s3cret@h.test/a", "oci://us3r:s3cret@h.test/a", "http://us3r:s3/cret@h.test")


@pytest.mark.case("M8")
@names(PUBLIC)
def test_a_login_in_an_address_is_not_shown(role: str) -> None:
    formats = formats_of(role)
    for node in nodes(role):
        for login in LOGINS if node.option["type"] == "str" else ():
            said = said_by_us(role, node, login)
            assert not any("s3cret" in line or "us3r" in line or "cret@" in line for line in said), said
            if formats.get(node.path, "any").removesuffix("?") in ADDRESSES:
                assert any("with a login in it: " in line for line in said), (node.path, said)


@pytest.mark.case("M8")
@pytest.mark.parametrize(
    ("role", "option", "fix"),
    [
        ("tempo", "tempo_chart_repo_url", "helm repo add NAME URL --username USER --password-stdin"),
        ("grafana", "grafana_chart_ref", "helm registry login for oci://"),
        ("prometheus", "prometheus_url", "set prometheus_auth and prometheus_auth_secret"),
        ("prometheus", "prometheus_remote_write_url", "set prometheus_auth and prometheus_auth_secret"),
        ("alloy", "alloy_tempo_endpoint", "set alloy_tempo_auth"),
        ("grafana", "grafana_tempo_url", "leave it out"),
    ],
)
def test_where_a_login_goes_instead(role: str, option: str, fix: str) -> None:
    (said,) = validate_settings(options_of(role), formats_of(role), {option: LOGINS[0]})
    assert said.startswith(f"{option} is 'https://***@h.test/a', with a login in it: ") and fix in said


@names(PARTS)
def test_a_part_is_prepared_with_its_own_state_and_formats(role: str) -> None:
    """By which its settings are validated, where site.yml prepares it."""
    given = load("roles", role, "tasks", "prepare.yml")[0]["vars"]
    assert given["_helm_release_role"] == role
    assert given["_helm_release_state"] == f"{{{{ {role}_state }}}}"
    assert given["_helm_release_formats"] == f"{{{{ _{role}_formats }}}}"
