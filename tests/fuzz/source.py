# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes of a fuzzer made into inputs: what a server or a user would write, and a few places of it gone wrong.

Bytes alone seldom get past the first brace. So they choose among good examples, and say what is altered in them, and
how: a change of one byte is a small change of the input, by which a fuzzer that looks at coverage finds its way.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

DEEP: Any = []
for _ in range(150):
    DEEP = [DEEP]
# What parsers have stumbled over: numbers that no integer and no float can hold, halves of characters, escapes of a
# terminal, type tags of Ansible, digits that are not ASCII, and every type in the place of every other.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308,
    float("inf"), float("-inf"), float("nan"),
    "", " ", "0", "-1", "1.5", "1e999", "NaN", "Infinity", "1_000", "\u0663", "\u00b2", "9" * 400, "9" * 5000,
    "a", "/", "..", "../..", "a/b", "a b", "a\nb", "\0", "\x1b[2J", "\u202e", "\ud800", "\udfff\ud800", "\U0001f600",
    "%s", "{}", "{{ 1 }}", "\\", '"', "'", "`", "$", "#", "<html>", "x" * 3000,
    "H4sIAAAA", "H4sI", "AA==", "====", "true", "null", "~", "0x10", "0o7", "12:30", "2026-01-31", "1Gi", "5m",
    "http://[", "http://a:99999", "http://a@b:1/c?d#e", "//", "sha256:" + "0" * 64,
    [], {}, [None], [[]], [{}], {"": None}, {"__ansible_type": "x"}, {"__ansible_unsafe": "x"}, DEEP,
)  # fmt: skip
KEYS = ("", "__ansible_type", "\ud800", "a.b", "\x1b[31m", "name", "x" * 300)
TEXTS = tuple(value for value in VALUES if isinstance(value, str))
PIECES = (
    *(text.encode("utf-8", "surrogatepass") for text in TEXTS),
    b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"{", b"}", b"[", b"]",
    b"[" * 200, b":", b",", b"&a ", b"*a", b"<<: ", b"!!python/name:os ", b"? ", b"- ", b"---\n", b"%YAML 1.2\n", b"|",
    b">", b"\n", b"\r\n", b"\t", b" " * 50, b"\xe2\x80\xa8", b"=", b"..", b"@", b"\x00" * 16,
)  # fmt: skip
# Repeated repetition grows fast, and no parser is any worse for more.
LONGEST = 100_000


class Source:
    """Reads bytes as choices; behind their end everything is zero, which chooses the first and changes nothing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_used_up(self) -> bool:
        return self._at >= len(self._data)

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def below(self, count: int) -> int:
        value = self.byte() if count <= 256 else self.byte() << 8 | self.byte()
        return value % count

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def rest(self) -> bytes:
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def text(self, *examples: str) -> str:
        """One of the examples, or a text of any kind, altered in places."""
        return self.raw(*(example.encode() for example in examples)).decode("utf-8", "surrogateescape")

    def raw(self, *examples: bytes) -> bytes:
        content = bytearray(self.pick(examples))
        while not self.is_used_up and len(content) < LONGEST:
            self._alter(content)
        return bytes(content)

    def words(self, *examples: str) -> str:
        """As ``text``, which takes all that is left, with a few alterations at most."""
        content = bytearray(self.pick(examples).encode())
        for _ in range(self.below(4)):
            self._alter(content)
        return content.decode("utf-8", "surrogateescape")

    def _alter(self, content: bytearray) -> None:
        place = self.below(len(content) + 1)
        kind = self.below(4)
        if kind == 0:
            content[place:place] = self.pick(PIECES)
        elif kind == 1:
            content[place : place + 1 + self.below(32)] = b""
        elif kind == 2:
            content[place : place + 1] = bytes([self.byte()])
        else:
            end = place + 1 + self.below(64)
            content[place:place] = content[place:end] * (1 + self.below(8))

    def document(self, *examples: Any) -> Any:
        """One of the examples, altered in up to seven places."""
        root = [copy.deepcopy(self.pick(examples))]
        for _ in range(self.below(8)):
            self._alter_inside(root)
        return root[0]

    def _alter_inside(self, root: list[Any]) -> None:
        node: Any = root
        while True:
            places = list(node) if isinstance(node, dict) else range(len(node))
            place = self.pick(list(places))
            inner = node[place]
            if not isinstance(inner, (dict, list)) or not inner or self.byte() % 4 == 3:
                break
            node = inner
        self._alter_at(node, place)

    def _alter_at(self, node: Any, place: Any) -> None:
        kind = self.below(6)
        if kind <= 2:
            node[place] = copy.deepcopy(self.pick(VALUES))
        elif kind == 3 and isinstance(node, dict):
            node[self.pick(KEYS)] = node.pop(place)
        elif kind == 4 and isinstance(node, list):
            node.insert(place, copy.deepcopy(node[place]))
        elif kind == 5:
            node[place] = self.pick(([node[place]], {"a": node[place]}, str(node[place])))
        elif len(node) > 1 or isinstance(node, dict):
            del node[place]
            if isinstance(node, dict) and not node:
                node["a"] = None

    def json(self, *examples: Any) -> bytes:
        """A document as a server sends it; at times one that is cut or damaged."""
        content = bytearray(json.dumps(self.document(*examples)).encode())
        for _ in range(max(0, self.below(8) - 5)):
            self._alter(content)
        return bytes(content)
