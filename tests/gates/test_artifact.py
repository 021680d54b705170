"""The artifact: what is in it, that Galaxy takes it, and that it works where it alone is installed."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., str]
NAME = "tracelab.k8s_tracing"
# Whatever is new at the top of the repository is either put here, or into `build_ignore` of galaxy.yml.
WANTED = {
    "CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "SECURITY.md", "bindep.txt", "changelogs",
    "docs", "examples", "meta", "playbooks", "plugins", "requirements.txt", "requirements.yml", "roles", "tests",
}  # fmt: skip
NEEDED = ("README.md", "LICENSE", "CHANGELOG.md", "meta/runtime.yml", "changelogs/changelog.yaml", "tests/config.yml")
MOST_BYTES = 1_000_000
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


@pytest.fixture(scope="module")
def names(artifact: Path) -> list[str]:
    with tarfile.open(artifact) as archive:
        return archive.getnames()


def test_it_holds_what_users_need_and_nothing_else(artifact: Path, names: list[str]) -> None:
    assert {name.split("/")[0] for name in names} == WANTED
    assert [name for name in names if name.startswith("tests/")] == ["tests/config.yml"]
    unwanted = re.compile(r"__pycache__|\.pyc$|\.venv|\.\w+_cache/|\.tar\.gz$|\.orig$|~$")
    assert not [name for name in names if unwanted.search(name)]
    assert set(NEEDED) <= set(names)
    assert artifact.stat().st_size < MOST_BYTES


def test_the_version_is_semantic_and_told_in_the_changelog() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?", version)
    released = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())["releases"]
    fragments = list((ROOT / "changelogs" / "fragments").glob("*.yml"))
    assert version in released or fragments, f"{version} is new: describe it in changelogs/fragments/"


def test_the_changelog_is_the_generated_one(run: Run, tmp_path: Path) -> None:
    """Nobody writes into it by hand: `make changelog` would undo that."""
    shutil.copytree(ROOT / "changelogs", tmp_path / "changelogs")
    shutil.copy(ROOT / "galaxy.yml", tmp_path)
    run("bash", "-c", 'cd "$1" && antsibull-changelog generate', "-", str(tmp_path))
    assert (tmp_path / "CHANGELOG.md").read_text() == (ROOT / "CHANGELOG.md").read_text()


def test_the_changelog_names_every_plugin_of_its_version(run: Run) -> None:
    """`make changelog` adds those that came after it, as long as the version is not out."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    release = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())["releases"].get(version)
    if release is None:
        pytest.skip(f"{version} has no release yet")
    told = {"module": release["modules"], **release["plugins"]}
    for kind in ("module", "filter", "lookup"):
        found = json.loads(run("ansible-doc", "--json", "--metadata-dump", "--no-fail-on-errors", "--type", kind, NAME))
        docs = {name.rpartition(".")[2]: one["doc"] for name, one in found["all"][kind].items()}
        new = {name for name, doc in docs.items() if doc.get("version_added") == version}
        assert new == {one["name"] for one in told[kind]}, kind


def test_links_of_its_pages_lead_to_what_is_in_it(installed: Path) -> None:
    """Pages that stay outside are linked by their address."""
    for page in installed.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:\s]+)[)#]", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(installed)}: {link}"


def test_the_importer_of_galaxy_takes_it(artifact: Path, run: Run, tmp_path: Path) -> None:
    settings = {"GALAXY_IMPORTER_CONFIG": str(ROOT / "tests" / "gates" / "galaxy-importer.cfg")}
    run(sys.executable, "-m", "galaxy_importer.main", str(artifact), TMPDIR=str(tmp_path), **settings)


def modules_of(folder: Path) -> set[str]:
    return {f"{NAME}.{path.stem}" for path in (folder / "plugins" / "modules").glob("*.py")}


def test_every_plugin_is_documented(installed: Path, run: Run) -> None:
    listed = json.loads(run("ansible-doc", "--json", "--list", "--type", "module", NAME))
    assert modules_of(installed) == set(listed) == modules_of(ROOT)
    for kind, pages in (("filter", "*.yml"), ("lookup", "*.py")):
        expected = {f"{NAME}.{path.stem}" for path in (ROOT / "plugins" / kind).glob(pages)}
        assert set(json.loads(run("ansible-doc", "--json", "--list", "--type", kind, NAME))) == expected
    roles = json.loads(run("ansible-doc", "--json", "--list", "--type", "role", NAME))
    assert set(roles) == {f"{NAME}.{path.name}" for path in (ROOT / "roles").iterdir()}
    documented = json.loads(run("ansible-doc", "--json", "--type", "module", *sorted(listed)))
    assert all(documented[name]["doc"]["short_description"] == told for name, told in listed.items())


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_its_playbooks_are_found_by_name_with_all_they_import(playbook: str, installed: Path, run: Run) -> None:
    said = run("ansible-playbook", "--inventory", "localhost,", "--list-tasks", f"{NAME}.{playbook}")
    assert f"playbook: {installed}/playbooks/{playbook}.yml" in said


def test_an_execution_environment_would_get_what_it_needs(collections: Path, run: Run) -> None:
    said = yaml.safe_load(run("ansible-builder", "introspect", str(collections)))
    wanted = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    # The builder brings ansible-core and PyYAML itself.
    named = {line for line in wanted if line and not line.startswith(("ansible-core", "PyYAML"))}
    assert {line.split("#")[0].strip() for line in said["python"]} == named
    assert any(line.startswith("helm ") for line in said["system"])
    assert any(line.startswith("skopeo ") for line in said["system"])
