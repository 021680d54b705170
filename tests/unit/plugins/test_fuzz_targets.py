# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of tests/fuzz on bytes of hypothesis, on what has once gone wrong, and that no parser is left out."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from targets import CORPUS, TARGETS, rows

UTILS = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
# How whatever reads something that others have written is named.
READER = re.compile(r"(parse|read|decode|load|from)(_\w+)?")
# What takes foreign bytes or text apart, whatever it is named.
DECODES = re.compile(
    r"\b(parse_json|parse_yaml|JsonStream|json\.loads?|yaml\.load|b64decode|GzipFile|gzip\.decompress|tarfile\.open"
    r"|struct\.unpack|urlsplit|fromisoformat|SimpleCookie)\("
)
# Readers that no target enters, each with the reason.
NO_TARGET = {
    "_report/files.py: read_file": "the text of a file as it is; what is made of it is in the target report",
}
# Files that decode without a target, each with the reason.
CHECKED_BEFORE = {
    "_transport/direct.py": "splits addresses that kubeconfig.py and proxy.py have checked",
    "_transport/kubernetes_client.py": "splits addresses that kubeconfig.py and proxy.py have checked",
}
INPUTS = st.binary(max_size=200)


@pytest.mark.parametrize("name", TARGETS)
def test_any_input_is_read_or_refused(name: str) -> None:
    @given(INPUTS)
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()


@pytest.mark.parametrize("row", sorted(CORPUS.glob("*/*")), ids=lambda row: f"{row.parent.name}/{row.name[:20]}")
def test_what_has_once_gone_wrong(row: Path) -> None:
    TARGETS[row.parent.name](row.read_bytes())


def test_every_row_belongs_to_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} <= set(TARGETS)
    assert any(rows(name) for name in TARGETS)


def readers() -> Iterator[str]:
    for file in UTILS.rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and READER.fullmatch(node.name):
                yield f"{file.relative_to(UTILS)}: {node.name}"


def decoding_files() -> set[str]:
    texts = {str(file.relative_to(UTILS)): file.read_text(encoding="utf-8") for file in UTILS.rglob("*.py")}
    return {name for name, text in texts.items() if DECODES.search(text)}


@cache
def entered() -> set[str]:
    """The functions that the targets enter on good inputs and on what has once gone wrong."""
    found: set[str] = set()

    def enter(frame: FrameType, event: str, _argument: Any) -> None:
        _before, inside, path = frame.f_code.co_filename.partition("/plugins/module_utils/")
        if event == "call" and inside:
            found.add(f"{path}: {frame.f_code.co_name}")

    sys.setprofile(enter)
    try:
        for name, target in TARGETS.items():
            # The first byte chooses among examples and what is made of them; behind it nothing is altered.
            for data in (*(bytes([first]) for first in range(6)), *map(Path.read_bytes, rows(name))):
                target(data)
    finally:
        sys.setprofile(None)
    return found


def test_no_reader_is_left_out() -> None:
    """A function that is named as a reader has to be entered by a target: write one, or widen one that is there."""
    assert sorted(set(readers()) - entered()) == sorted(NO_TARGET)


def test_no_file_that_decodes_is_left_out() -> None:
    """Nor one in which foreign bytes are taken apart under another name."""
    seen = {name.partition(":")[0] for name in entered()}
    assert sorted(decoding_files() - seen) == sorted(CHECKED_BEFORE)
