# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `<<:` brings is not set again beside it: Ansible warns the user of a duplicate key then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("roles", "playbooks", "molecule", "examples", "meta")
MERGE = "tag:yaml.org,2002:merge"


def mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _key, value in node.value:
            yield from mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from mappings(item)


def set_again(text: str) -> list[str]:
    """Keys that a mapping merges and sets, with their lines."""
    found = []
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        for mapping in mappings(document) if document else ():
            merged = [value for key, value in mapping.value if key.tag == MERGE]
            several = [each for value in merged for each in (value.value if value.id == "sequence" else [value])]
            keys = {key.value for each in several for key, _value in each.value}
            own = [key for key, _value in mapping.value if key.tag != MERGE]
            found += [f"{key.start_mark.line + 1}: {key.value}" for key in own if key.value in keys]
    return found


def test_a_key_that_is_merged_and_set_is_found() -> None:
    assert set_again("a: &a {b: 1}\nc:\n  <<: *a\n  b: 2\n  d: 3\n") == ["4: b"]
    assert set_again("a: &a {b: 1}\nc:\n  <<: [*a]\n  d: 3\n") == []


def test_no_key_is_merged_and_set() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.yml") if ROOT / folder in path.parents]
    assert len(files) > 100
    found = {str(path.relative_to(ROOT)): set_again(path.read_text(encoding="utf-8")) for path in files}
    assert {path: keys for path, keys in found.items() if keys} == {}
