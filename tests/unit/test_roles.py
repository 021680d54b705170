"""Roles as files: what their defaults, specs and tasks say of each other. No Ansible is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.options import OPTIONAL, REQUIRED
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.derived_names import DERIVED
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import RELEASE_NAMES
from jinja2 import Environment, meta

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
INTERNAL = {"common", "helm_release"}
# Those that install a part of the stack; the others work on the stack as a whole.
PARTS = sorted(RELEASE_NAMES)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def defaults_of(role: str) -> dict[str, Any]:
    file = ROOT / "roles" / role / "defaults" / "main.yml"
    return load(file) if file.exists() else {}


def options_of(role: str) -> dict[str, Any]:
    specs = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    return specs.get("main", {"options": {}})["options"]


def is_templated(value: object) -> bool:
    return isinstance(value, str) and "{{" in value


@pytest.mark.parametrize("role", ROLES)
def test_every_default_is_an_option_and_every_option_has_a_default(role: str) -> None:
    required = {name for name, option in options_of(role).items() if option.get("required")}
    assert set(defaults_of(role)) == set(options_of(role)) - required


@pytest.mark.parametrize("role", ROLES)
def test_defaults_agree_with_the_specs(role: str) -> None:
    """A templated or large default is told in words; every other one stands in both places and is the same."""
    options = options_of(role)
    for name, value in defaults_of(role).items():
        if "default" in options[name]:
            assert options[name]["default"] == value, name
        else:
            told = any("Default is" in line for line in options[name]["description"])
            assert told, f"{name}: say what the default is"


@pytest.mark.parametrize("role", ROLES)
def test_every_option_is_typed_and_described(role: str) -> None:
    for name, option in options_of(role).items():
        assert name.removeprefix("_").startswith(f"{role}_"), name
        assert option.get("type"), name
        assert option.get("description"), name


@pytest.mark.parametrize("role", ROLES)
def test_no_variable_is_unused(role: str) -> None:
    """Every default and every variable of a role is read somewhere in that role."""
    folder = ROOT / "roles" / role
    # What the internal role offers may be read by the others.
    readers = ROOT.glob("roles/*") if role in INTERNAL else [folder]
    names = set(defaults_of(role)) | {name for file in (folder / "vars").rglob("*.yml") for name in load(file)}
    parts = ("tasks", "vars", "templates")
    files = [path for reader in readers for part in parts for path in reader.glob(f"{part}/**/*.*")]
    # To say which form an option has is no use of it.
    texts = [path.read_text() for path in files if path.name != "formats.yml"]
    texts += [file.read_text() for name in ("defaults", "meta") for file in folder.glob(f"{name}/main.yml")]
    for name in names:
        uses = sum(text.count(name) - text.count(f"\n{name}:") - text.startswith(f"{name}:") for text in texts)
        assert uses > 0, f"{role}: {name} is never used"


# Variables of loops, what Ansible itself provides, and what a template is given or makes for itself.
NOT_SETTINGS = re.compile(
    r"helm_release|ansible_\w+|groups|hostvars|inventory_hostname|lookup|now|omit|query|role_path|undef"
)
SHARED_PREFIXES = ("k8s_tracing_", "_common_", "_helm_release_")
LOCAL = {"details", "foreign", "masks", "missing", "statements"}


def strings_in(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [text for part in parts for text in strings_in(part)]


class Anything(dict[str, Any]):
    """Filters and tests of all names: Ansible has many, and only the variables are looked for."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __getitem__(self, _name: str) -> Any:
        return lambda *_arguments: None

    def get(self, _name: str, _otherwise: Any = None) -> Any:
        return self[_name]


@pytest.mark.parametrize("role", ROLES)
def test_roles_read_their_own_variables_and_those_of_the_collection(role: str) -> None:
    """What one role knows of another one comes from the lookup ``part``, never from the other's variables."""
    jinja = Environment(extensions=["jinja2.ext.do"])
    jinja.filters, jinja.tests = Anything(), Anything()
    files = [path for part in ("defaults", "tasks", "vars") for path in (ROOT / "roles" / role / part).rglob("*.yml")]
    texts = [text for path in files for text in strings_in(load(path)) if "{{" in text or "{%" in text]
    texts += [path.read_text() for path in (ROOT / "roles" / role / "templates").rglob("*.j2")]
    read = {name for text in texts for name in meta.find_undeclared_variables(jinja.parse(text))}
    own = (f"{role}_", f"_{role}_", *SHARED_PREFIXES)
    assert not {name for name in read - LOCAL if not name.startswith(own) and not NOT_SETTINGS.fullmatch(name)}


@pytest.mark.parametrize("role", sorted(set(ROLES) - INTERNAL))
def test_a_variable_that_is_no_option_begins_with_an_underscore(role: str) -> None:
    options = set(options_of(role))
    for file in (ROOT / "roles" / role / "vars").rglob("*.yml"):
        assert [name for name in load(file) if not name.startswith(f"_{role}_") and name not in options] == [], file


@pytest.mark.parametrize("role", PARTS)
def test_each_part_verifies_itself(role: str) -> None:
    assert (ROOT / "roles" / role / "tasks" / "verify.yml").exists()


def tasks_in(node: Any) -> list[dict[str, Any]]:
    """All tasks below a list of tasks, those in blocks too."""
    found = []
    for task in node or []:
        found.append(task)
        for part in ("block", "rescue", "always"):
            found += tasks_in(task.get(part))
    return found


def speaks_to_a_cluster(module: Path) -> bool:
    text = module.read_text()
    return "action_group" not in text or "support: none" not in text.split("action_group", 1)[1].split("details")[0]


def test_the_action_group_names_every_module_that_speaks_to_a_cluster() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if speaks_to_a_cluster(path)}
    grouped = set(load(ROOT / "meta" / "runtime.yml")["action_groups"]["tracing"])
    assert not modules - grouped, f"add to the action group tracing of meta/runtime.yml: {sorted(modules - grouped)}"
    assert not grouped - modules, f"speak to no cluster, so take out of meta/runtime.yml: {sorted(grouped - modules)}"


STEPS = {"main.yml", "prepare.yml", "apply.yml", "verify.yml", "bundle.yml"}


def test_every_role_with_a_release_is_described_in_the_stack() -> None:
    """Tests and other roles know it from there. Without a description, most of this file does not look at it."""
    installing = {path.parents[2].name for path in ROOT.glob("roles/*/vars/main/release.yml")} - INTERNAL
    stack = "plugins/module_utils/_stack"
    assert installing == RELEASE_NAMES.keys(), f"name it in {stack}/parts.py, and describe it in settings.py beside it"
    assert installing == {role for role, _mode in DERIVED}, f"name its objects in {stack}/derived_names.py"


@pytest.mark.parametrize("role", PARTS)
def test_each_role_has_the_same_steps(role: str) -> None:
    assert {path.name for path in (ROOT / "roles" / role / "tasks").iterdir()} >= STEPS


def texts_of(*patterns: str) -> dict[Path, str]:
    return {path: path.read_text() for pattern in patterns for path in sorted(ROOT.glob(pattern)) if path.is_file()}


def test_no_variable_is_read_by_a_name_that_is_put_together() -> None:
    texts = texts_of("roles/*/tasks/*.yml", "roles/*/vars/**/*.yml", "roles/*/defaults/*.yml", "playbooks/**/*.yml")
    assert len(texts) > 100
    assert [
        str(path) for path, text in texts.items() if "lookup('ansible.builtin.vars'" in text or "lookup('vars'" in text
    ] == []


def test_every_argument_specification_is_run() -> None:
    texts = texts_of("roles/*/tasks/*.yml", "playbooks/**/*.yml")
    assert [path.name for path, text in texts.items() if "rolespec_validate" in text] == []


@pytest.mark.parametrize("role", PARTS)
def test_helm_release_gets_what_its_steps_declare(role: str) -> None:
    steps = load(ROOT / "roles" / "helm_release" / "meta" / "argument_specs.yml")["argument_specs"]
    variables = load(ROOT / "roles" / role / "vars" / "main" / "release.yml")
    for task in [task for path in (ROOT / "roles" / role / "tasks").glob("*.yml") for task in tasks_in(load(path))]:
        call = task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role") or {}
        if call.get("name") != "tracelab.k8s_tracing.helm_release":
            continue
        given = variables[task["vars"]["helm_release"].strip("{} ")]
        content = task["vars"].get("_helm_release_content")
        assert bool(content) == (call["tasks_from"] in ("prepare", "bundle")), (role, task["name"])
        if content:
            keys = variables[content.strip("{} ")].keys()
            assert set(REQUIRED) <= keys <= {*REQUIRED, *OPTIONAL}, (role, task["name"])
        named = [call["tasks_from"]] if "{{" not in call["tasks_from"] else re.findall(r": '(\w+)'", call["tasks_from"])
        # What `prepare` is given is given to the steps after it, too.
        for step in {"bundle" if step == "prepare" else step for step in named}:
            options = steps[step]["options"]["helm_release"]["options"]
            assert given.keys() <= options.keys(), (task["name"], step)
            assert {name for name, option in options.items() if option.get("required")} <= given.keys(), (role, step)


def test_helm_release_names_no_role_of_the_stack() -> None:
    texts = texts_of("roles/helm_release/tasks/*.yml", "roles/helm_release/vars/**/*.yml")
    named = re.compile(rf"(?<![\w.])({'|'.join(PARTS)})_\w+")
    assert {str(path): found for path, text in texts.items() if (found := named.findall(text))} == {}
