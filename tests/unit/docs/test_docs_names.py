"""Names in the documentation and in the examples exist: variables are options, modules and playbooks are there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from docs_pages import ROOT, fences, pages, prose

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
NAME = re.compile(rf"(?<![\w./-])((?:{'|'.join(ROLES)}|k8s_tracing)_[a-z0-9_]+)(?![\w/-])(?!\.(?:md|yml|py))")
# Words of Alloy's and of modules that begin as a role's options do.
FOREIGN = {"status_code", "status_codes"}
FULL_NAME = re.compile(r"tracelab\.k8s_tracing\.([a-z0-9_]+)")


@cache
def options() -> dict[str, dict[str, object]]:
    """Every option of every role, by its name."""
    found: dict[str, dict[str, object]] = {}
    for role in ROLES:
        specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
        found |= specs["argument_specs"].get("main", {"options": {}})["options"]
    return found


@cache
def code() -> str:
    """All of the collection's code, less its documentation."""
    files = [path for part in ("roles", "playbooks", "plugins") for path in (ROOT / part).rglob("*") if path.is_file()]
    return "\n".join(path.read_text(errors="replace") for path in files if "__pycache__" not in path.parts)


def plugins() -> set[str]:
    return {path.stem for path in (ROOT / "plugins").rglob("*") if path.parent.name != "module_utils"}


def playbooks() -> set[str]:
    return {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


def known(name: str) -> bool:
    """An option, a result that a role leaves, a variable that all roles share, a plugin, or a metric that is read."""
    if name in options() or name in plugins() | playbooks() | FOREIGN:
        return True
    if re.search(rf"^ +register: {name}$|set_fact:\n +{name}: ", code(), re.MULTILINE):
        return True
    if name.startswith("k8s_tracing_"):
        return re.search(rf"\b{name}\b", code()) is not None
    return re.search(rf'["\'{{ (]{name}["\'{{\[ )]', code()) is not None and name.endswith(METRICS)


# Examples are read as pages are, but for what is made of the files of a role.
EXAMPLES = sorted(
    path
    for path in (ROOT / "examples").rglob("*")
    if path.is_file()
    and path.suffix != ".md"
    and not {"node_modules", "target", "__pycache__", "dashboards"} & {*path.parts}
)
READ = [*pages(), *EXAMPLES]
METRICS = ("_total", "_seconds", "_bytes", "_successful", "_size", "_capacity", "_count", "_sum", "_bucket", "_info")


@pytest.mark.parametrize("page", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_exists(page: Path) -> None:
    unknown = {name for name in NAME.findall(page.read_text(encoding="utf-8")) if not known(name)}
    assert not unknown, f"{page.relative_to(ROOT)} names {sorted(unknown)}"


@pytest.mark.parametrize("page", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_role_plugin_and_playbook_exists(page: Path) -> None:
    there = {*ROLES, *plugins(), *playbooks()}
    unknown = set(FULL_NAME.findall(page.read_text(encoding="utf-8"))) - there - {"tracing"}
    assert not unknown, f"{page.relative_to(ROOT)} names {sorted(unknown)}"


def test_every_setting_that_roles_share_is_told() -> None:
    used = set(re.findall(r"\bk8s_tracing_[a-z_]*[a-z]\b", code()))
    told = "\n".join(page.read_text(encoding="utf-8") for page in pages())
    assert not {name for name in used if not re.search(rf"\b{name}\b", told)}


def test_every_playbook_is_in_the_table() -> None:
    page = (ROOT / "docs" / "playbooks.md").read_text(encoding="utf-8")
    section = page.partition("\n## The playbooks\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(told) == sorted(name for name in playbooks() if not name.startswith("_"))


def test_the_tables_of_settings_are_whole() -> None:
    """Each setting has one row, and no row is of another."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    section = page.partition("\n## Settings of the whole stack\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`k8s_tracing_.+?) \|", section, re.MULTILINE)
    told = [name for cell in cells for name in re.findall(r"`(k8s_tracing_\w+)`", cell)]
    spec = yaml.safe_load((ROOT / "roles" / "common" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    assert sorted(told) == sorted(spec["argument_specs"]["settings"]["options"])


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_target_of_make_exists(page: Path) -> None:
    """Those in sentences and tables; fences have checks of their own."""
    makefile = (ROOT / "Makefile").read_text()
    for typed in re.findall(r"`make ([^`]+)`", prose(page)):
        for target in (word for word in typed.split() if "=" not in word):
            known_target = rf"^{'scenario-%' if target.startswith('scenario-') else target}:"
            assert re.search(known_target, makefile, re.MULTILINE), f"{page.relative_to(ROOT)}: make {target}"


def test_messages_that_troubleshooting_quotes_are_said() -> None:
    """Those of the checks; later ones are Kubernetes' and other programs' own words."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    rows = page.partition("## Before anything is installed")[2].partition("\n## ")[0]
    quoted = [
        words for row in re.findall(r"^\| (.+?) \|", rows, re.MULTILINE) for words in re.findall(r"`([^`]+)`", row)
    ]
    assert quoted
    said = re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*f?"', "", code()))
    for words in quoted:
        missing = [part for part in words.split("...") if part.strip() and part.strip() not in said]
        assert not missing, f"nothing says {missing}"


def test_what_is_installed_by_pip_is_what_the_collection_requires() -> None:
    listed = (ROOT / "requirements.txt").read_text().splitlines()
    # Ansible brings PyYAML itself.
    needed = {re.split(r"[>=<]", line)[0] for line in listed if line and line[0] != "#"} - {"PyYAML"}
    places = {str(fence): fence.text for fence in fences()}
    places |= {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "examples" / "ci").iterdir()}
    found = {where: re.findall(r"pip install (?:--quiet )?('ansible-core.*)", text) for where, text in places.items()}
    assert sum(map(len, found.values())) == 3
    for where, lines in found.items():
        for line in lines:
            assert {re.split(r"[>=<]", word.strip("'"))[0] for word in line.split()} == needed, where


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_opens_with_what_it_is_for(path: Path) -> None:
    if path.suffix != ".json":  # which has no comments
        lines = path.read_text(encoding="utf-8").splitlines()
        first = next(line for line in lines if line != "---" and "<?xml" not in line)
        assert first.startswith(("# ", "// ", '"""', "<!-- ")), first


@pytest.mark.case("F3")
@pytest.mark.parametrize("page", ["README.md", "docs/quick-start.md"])
def test_a_clone_comes_first(page: str) -> None:
    """It works as it is; Galaxy works once the collection is published."""
    text = (ROOT / page).read_text()
    steps = ("git clone ", "pip install ansible -r requirements.txt", "ansible-playbook tracelab.k8s_tracing.site")
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    if "collection install tracelab.k8s_tracing" in text:
        before = text[: text.index("collection install tracelab.k8s_tracing")]
        assert "Once the collection is published on Galaxy" in before
