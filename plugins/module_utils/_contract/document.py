# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A contract's file as a tree of values, each with the line and column where it stands.

Only plain YAML is read: one document, without aliases, tags and templates. What is written as ``yes``, ``12:30`` or
``2026-01-31`` stays the text that it looks like, as in YAML 1.2.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import yaml

# A contract of 500 cases has some 200 KB. PyYAML takes a second for a megabyte.
MAX_BYTES = 1024 * 1024
# Each value takes about a kilobyte of memory while it is read.
MAX_VALUES = 50_000
# The deepest places of a contract are at level 10.
MAX_DEPTH = 30
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
# What YAML does not take outside of escapes.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TEMPLATE_FIX = (
    "A contract is no template: put a text with {{ }} into quotes, or render the file with ansible.builtin.template "
    "before."
)


class Wrong(Exception):
    """What is wrong at one place of a contract; lines and columns count from 1."""

    def __init__(self, message: str, fix: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.fix, self.line, self.column = message, fix, line, column

    def told(self, source: str) -> TracingError:
        """The error of the collection; ``source`` names the file."""
        column = f", column {self.column}" if self.column else ""
        place = f"{source}, line {self.line}{column}" if self.line else source
        return TracingError("invalid_contract", f"{place}: {self.message}", self.fix)


@dataclass(frozen=True)
class Node:
    """``value`` is a dict of nodes by key, a list of nodes, or a text, number, boolean or None."""

    value: Any
    line: int
    column: int
    # Where each key of a dict stands.
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def wrong(self, message: str, fix: str = "") -> Wrong:
        return Wrong(message, fix, self.line, self.column)

    def wrong_key(self, key: str, message: str, fix: str = "") -> Wrong:
        return Wrong(message, fix, *self.keys[key])

    @property
    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain for key, node in self.value.items()}
        return [node.plain for node in self.value] if isinstance(self.value, list) else self.value


@dataclass
class _Open:
    """A list or mapping whose end has not come."""

    is_map: bool
    line: int
    column: int
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    key: str | None = None

    def closed(self) -> Node:
        return Node(self.entries if self.is_map else self.items, self.line, self.column, self.keys)


def parse_document(content: str | bytes) -> Node:
    """The root of the tree. ``Wrong`` for whatever is no plain YAML, or too much of it."""
    text = _decoded(content)
    if yaml is None:
        raise TracingError("missing_library", missing_required_lib("PyYAML", reason="to read a contract"))
    roots: list[Node] = []
    opened: list[_Open] = []
    for event in _events(text):
        mark = (event.start_mark.line + 1, event.start_mark.column + 1)
        done = _taken(event, mark, opened)
        if done is None:
            continue
        if opened:
            _put(done, opened[-1])
        else:
            roots.append(done)
        if len(roots) > 1:
            raise done.wrong("a second document begins here.", "Write one contract in a file.")
    if not roots or roots[0].value is None:
        raise Wrong("it is empty.", "Write version, and cases with at least one case.", 1)
    return roots[0]


def _decoded(content: str | bytes) -> str:
    size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise Wrong(
            f"it has {size // 1024} KiB, and {MAX_BYTES // 1024} KiB are the most.", "Split it into several contracts."
        )
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1 if isinstance(content, bytes) else 0
        raise Wrong("it is no text in UTF-8.", "Save it as UTF-8.", line) from error
    odd = _CONTROL.search(text)
    if odd:
        raise Wrong(
            f"it holds the control character U+{ord(odd[0]):04X}.",
            "Write it as an escape in double quotes.",
            text.count("\n", 0, odd.start()) + 1,
        )
    return text


def _events(text: str) -> Iterator[Any]:
    """Events come one by one and take no memory, whatever stands behind them."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    values = depth = 0
    try:
        for event in yaml.parse(text, loader):
            values += isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if values > MAX_VALUES or depth > MAX_DEPTH:
                what = f"more than {MAX_VALUES} values" if values > MAX_VALUES else f"more than {MAX_DEPTH} levels"
                raise Wrong(f"it has {what}.", "Split it into several contracts.", event.start_mark.line + 1)
            yield event
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        said = " ".join(str(getattr(error, "problem", None) or type(error).__name__).split())
        raise Wrong(f"this is no YAML ({said}).", "Check indentation, colons and quotes.", *place) from error


def _taken(event: Any, mark: tuple[int, int], opened: list[_Open]) -> Node | None:
    """What an event completes: a scalar, or a list or mapping that ends."""
    if isinstance(event, yaml.AliasEvent):
        raise Wrong("an alias (*) stands here.", "A contract takes no aliases: write the value again.", *mark)
    if isinstance(event, yaml.CollectionEndEvent):
        return opened.pop().closed()
    if not isinstance(event, yaml.NodeEvent):
        return None
    if getattr(event, "tag", None):
        raise Wrong("a tag (!) stands here.", "A contract takes no tags: leave it out.", *mark)
    if isinstance(event, yaml.ScalarEvent):
        return Node(_scalar(event.value) if event.implicit[0] else event.value, *mark)
    if opened and opened[-1].is_map and opened[-1].key is None:
        raise Wrong("a list or mapping stands in the place of a key.", _TEMPLATE_FIX, *mark)
    opened.append(_Open(isinstance(event, yaml.MappingStartEvent), *mark))
    return None


def _put(node: Node, into: _Open) -> None:
    if not into.is_map:
        into.items.append(node)
    elif into.key is not None:
        into.entries[into.key] = node
        into.key = None
    else:
        if isinstance(node.value, float):
            raise node.wrong("a key is a number.", "Put it into quotes.")
        key = node.value if isinstance(node.value, str) else _key(node.value)
        if key in into.entries:
            raise node.wrong(f"the key {key!r} stands here a second time.", "Leave one of them out.")
        into.key, into.keys[key] = key, (node.line, node.column)


def _key(value: Any) -> str:
    """The text of a key that is no text by itself."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else json.dumps(value)


def _scalar(text: str) -> Any:
    """A word without quotes, by the core schema of YAML 1.2 less octal and hexadecimal numbers."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    if len(text) < 40 and _FLOAT.match(text) and math.isfinite(float(text)):
        return float(text)
    return text
