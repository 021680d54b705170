# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of task names: a verb of the field and an object, as docs/glossary.md has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("roles/*/tasks", "playbooks", "molecule", "examples", "bench")
TASK_NAME = re.compile(r"^\s*- name: [\"']?(?P<name>.*?)[\"']?$", re.MULTILINE)
# The verbs that task names had, and what is said instead.
RETIRED = {
    "Ask": "Read, Query or Call",
    "Begin": "Start",
    "Carry": "Copy",
    "Demand": "Assert that",
    "Drive": "Manage",
    "Explain": "Fail with the reason",
    "Forget": "Clear or Remove",
    "Hold": "Compare",
    "Know": "Resolve, Find or Read",
    "Look": "Find, List, Read or Check",
    "Mend": "Repair, Retry or Recover",
    "Provide": "Create or Ensure",
    "Remember": "Record",
    "Say": "Print",
    "See": "Check",
    "Settle": "Ensure",
    "Tell": "Print or Fail with",
}


def task_names() -> Iterator[tuple[str, str]]:
    for place in PLACES:
        for folder in ROOT.glob(place):
            for file in sorted(folder.rglob("*.yml")):
                for match in TASK_NAME.finditer(file.read_text(encoding="utf-8")):
                    yield str(file.relative_to(ROOT)), match["name"]


def test_task_names_begin_with_a_verb_of_the_field() -> None:
    found = [
        f"{file}: {name!r}: write {RETIRED[name.split()[0]]}"
        for file, name in task_names()
        if name and name.split()[0] in RETIRED
    ]
    assert found == []
