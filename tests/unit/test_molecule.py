# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios as whoever types `molecule test` meets them, without the Makefile and without the test bed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.load_profile import duration_seconds

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
# What only the bed's own cluster has: nodes that are containers, its images, its mode, a class that may be changed.
BED = re.compile(
    r"\[docker,|'docker',|^ +- docker$|slim-testbed|\.testbed/mode|kind: StorageClass\n.*\n +state: patched", re.M
)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def settings(scenario: str) -> dict[str, Any]:
    found: dict[str, Any] = read(ROOT / "molecule" / scenario / "molecule.yml")
    return found


def imports(path: Path) -> list[str]:
    return [play["ansible.builtin.import_playbook"] for play in read(path) if "ansible.builtin.import_playbook" in play]


def test_plain_molecule_test_proves_the_stack() -> None:
    own = settings("default")
    sequence = own["scenario"]["test_sequence"]
    assert sequence == ["create", "converge", "idempotence", "verify", "cleanup", "destroy"]
    # With no cluster there is nothing to clean up, and `molecule destroy` still has to end well.
    assert own["scenario"]["destroy_sequence"] == ["destroy"]
    folder = ROOT / "molecule" / "default"
    assert imports(folder / "converge.yml") == ["tracelab.k8s_tracing.site"]
    assert imports(folder / "verify.yml") == ["tracelab.k8s_tracing.verify"]
    assert imports(folder / own["ansible"]["playbooks"]["cleanup"]) == ["../../playbooks/uninstall.yml"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_step_of_a_scenario_has_its_playbook(scenario: str) -> None:
    own = settings(scenario)
    books = own["ansible"]["playbooks"]
    steps = [step for step in own["scenario"]["test_sequence"] if step != "idempotence"]
    assert set(steps) <= set(books), scenario
    assert all((ROOT / "molecule" / scenario / book).is_file() for book in books.values()), scenario


def needs_bed(scenario: str) -> bool:
    """By its own files, and those of another scenario whose playbook it takes."""
    own = ROOT / "molecule" / scenario
    books = [(own / book).resolve() for book in settings(scenario)["ansible"]["playbooks"].values()]
    folders = {own, *(book.parent for book in books if book.parent.name in SCENARIOS)}
    files = [path for folder in folders for path in folder.rglob("*.yml")]
    return any(BED.search(path.read_text(encoding="utf-8")) for path in files)


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "default"])
def test_a_scenario_that_needs_the_bed_says_so_before_anything_else(scenario: str) -> None:
    own = settings(scenario)
    first = own["ansible"]["playbooks"][own["scenario"]["test_sequence"][0]]
    book = ROOT / "molecule" / scenario / first
    assert ("../shared/bed.yml" in imports(book)) == needs_bed(scenario), f"{scenario}: {first}"
    # Only another assertion may come before it.
    plays = read(book)
    before = [
        play.get("ansible.builtin.import_playbook") for play in plays[: imports(book).count("../shared/faults.yml") + 1]
    ]
    assert not needs_bed(scenario) or before[-1] == "../shared/bed.yml"


def test_the_page_leaves_out_what_needs_the_bed() -> None:
    page = (ROOT / "docs" / "molecule.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"--exclude (\w+)", page)) == [name for name in SCENARIOS if needs_bed(name)]


def test_an_installed_collection_comes_before_the_checkout() -> None:
    environment = read(ROOT / ".config" / "molecule" / "config.yml")["ansible"]["env"]
    first, second, *rest = environment["ANSIBLE_COLLECTIONS_PATH"].split(":-", 1)[1].split(":")
    assert (first, second) == (".collections}", "${MOLECULE_PROJECT_DIRECTORY}/.collections")
    assert rest == ["~/.ansible/collections", "/usr/share/ansible/collections"]


def hosts_variables(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read(path)["all"]["hosts"]["localhost"]
    return found


def test_every_generator_run_of_a_scenario_is_bounded() -> None:
    """By default the generator goes on until it is removed."""
    shared = ROOT / "molecule" / "shared" / "inventory.yml"
    assert duration_seconds(hosts_variables(shared)["k6_trace_generator_duration"])
    assert duration_seconds(hosts_variables(ROOT / "testbed" / "demo.yml")["k6_trace_generator_duration"])
    # What a scenario names as well takes the shared inventory's place only where it is named after it.
    arguments = [read(ROOT / ".config" / "molecule" / "config.yml"), *(settings(name) for name in SCENARIOS)]
    for given in arguments:
        executor = given["ansible"].get("executor") or {}
        inventories = (executor.get("args") or {}).get("ansible_playbook", [])
        shared_one = "--inventory=${MOLECULE_PROJECT_DIRECTORY}/molecule/shared/inventory.yml"
        assert not inventories or shared_one in inventories
    text = "".join(path.read_text(encoding="utf-8") for folder in ("molecule", "bench") for path in files(folder))
    assert not re.findall(r"duration[\"']?[:=] *[\"']?endless", text)


def files(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".yml", ".py")]
