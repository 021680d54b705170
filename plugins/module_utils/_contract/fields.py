# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single values of a contract, checked. Each function raises ``Wrong`` with the place of what it can't take."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import seconds

from .document import Node
from .model import Range

T = TypeVar("T")
_LONGEST_PATTERN = 300
_NANOS = 1_000_000_000
_MOST = 1_000_000
_LIST_FIX = "Begin each item with a hyphen, or write [a, b]."
# A group that is repeated without end, with a repetition or a choice inside, may be tried in ever so many ways.
_ENDLESS = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")


def entries(node: Node, what: str, known: Collection[str]) -> dict[str, Node]:
    """The values of a mapping by key; every key must be a known one."""
    if not isinstance(node.value, dict):
        raise node.wrong(f"{what} is {_named(node)}, but must be a mapping.", f"It takes {', '.join(sorted(known))}.")
    for key in node.value:
        if key not in known:
            near = difflib.get_close_matches(key, list(known), 1, 0.6)
            fix = f"Did you mean {near[0]!r}?" if near else f"{what} takes {', '.join(sorted(known))}."
            raise node.wrong_key(key, f"{key[:60]!r} is no key of {what}.", fix)
    return dict(node.value)


def listed(node: Node, what: str, read: Callable[[Node], T]) -> tuple[T, ...]:
    if not isinstance(node.value, list):
        raise node.wrong(f"{what} is {_named(node)}, but must be a list.", _LIST_FIX)
    return tuple(read(item) for item in node.value)


def text(node: Node, what: str) -> str:
    """A text that is not empty."""
    if not isinstance(node.value, str):
        fix = f"Put it into quotes: '{node.value}'." if isinstance(node.value, (int, float)) else ""
        raise node.wrong(f"{what} is {_named(node)}, but must be a text.", fix)
    if not node.value.strip():
        raise node.wrong(f"{what} is empty.")
    return node.value


def texts(node: Node, what: str) -> tuple[str, ...]:
    return listed(node, what, lambda item: text(item, f"an item of {what}"))


def boolean(node: Node, what: str) -> bool:
    if not isinstance(node.value, bool):
        raise node.wrong(f"{what} is {_named(node)}, but must be true or false.")
    return node.value


def choice(node: Node, what: str, allowed: Sequence[str]) -> str:
    value = text(node, what)
    if value not in allowed:
        near = difflib.get_close_matches(value, list(allowed), 1, 0.6)
        fix = f"Did you mean {near[0]!r}?" if near else ""
        raise node.wrong(f"{what} is {value[:60]!r}, but must be one of {', '.join(allowed)}.", fix)
    return value


def whole(node: Node, what: str, least: int = 0, most: int = _MOST) -> int:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise node.wrong(f"{what} is {_named(node)}, but must be a whole number from {least} to {most}.")
    return value


def number(node: Node, what: str) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise node.wrong(f"{what} is {_named(node)}, but must be a number.")
    return value


def nanos(node: Node, what: str) -> int:
    """A length of time: a number of seconds, or a text such as ``250ms``."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise node.wrong(f"{what} is {_named(node)}, but must be a duration.", "Write for example 250ms or 2s.")
    try:
        length = seconds(str(value), what)
    except TracingError as error:
        raise node.wrong(error.message, "Write for example 250ms or 2s.") from error
    if length > _MOST * 86_400:
        raise node.wrong(f"{what} is longer than {_MOST} days.")
    return round(length * _NANOS)


def bounds(node: Node, what: str, read: Callable[[Node, str], float], known: Sequence[str] = ("min", "max")) -> Range:
    """``{min: ..., max: ...}`` with one of both at least."""
    given = entries(node, what, known)
    least, most = (read(given[key], f"{key} of {what}") if key in given else None for key in known)
    if least is None and most is None:
        raise node.wrong(f"{what} is empty.", f"Give {known[0]}, {known[1]} or both.")
    if least is not None and most is not None and most < least:
        raise given[known[1]].wrong(f"max of {what} is less than min.")
    return Range(least, most)


def count(node: Node, what: str) -> Range:
    """A number, or bounds of it."""
    if isinstance(node.value, dict):
        return bounds(node, what, whole)
    exact = whole(node, what)
    return Range(exact, exact)


def call(node: Node, what: str) -> tuple[str, str]:
    parts = tuple(part.strip() for part in text(node, what).split("->"))
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise node.wrong(f"{what} is {node.value[:60]!r}, which is no call.", "Write 'parent -> child', two services.")
    return parts[0], parts[1]


def pattern(node: Node, what: str) -> re.Pattern[str]:
    """A regular expression for a whole text, as in TraceQL. One that may take for ever is refused."""
    value = text(node, what)
    if len(value) > _LONGEST_PATTERN:
        raise node.wrong(f"{what} is longer than {_LONGEST_PATTERN} characters.", "Write a shorter expression.")
    try:
        compiled = re.compile(value, re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        raise node.wrong(f"{what} is no regular expression ({' '.join(str(error).split())}).") from error
    if _may_run_away(value):
        raise node.wrong(
            f"{what} repeats a group that has a repetition or a choice inside, which can take for ever.",
            "Write it without the outer repetition.",
        )
    return compiled


def _may_run_away(expression: str) -> bool:
    """Whether a repeated group has a repetition or a choice inside, by one pass over the text."""
    inner: list[bool] = []
    position = 0
    while position < len(expression):
        letter = expression[position]
        if letter == "\\":
            position += 1
        elif letter == "[":
            position = _end_of_class(expression, position)
        elif letter == "(":
            inner.append(False)
        elif letter == ")" and inner:
            restless = inner.pop()
            repeated = bool(_ENDLESS.match(expression, position + 1))
            if restless and repeated:
                return True
            if inner:
                inner[-1] = inner[-1] or restless or repeated
        elif inner and (letter == "|" or _ENDLESS.match(expression, position)):
            inner[-1] = True
        position += 1
    return False


def _end_of_class(expression: str, start: int) -> int:
    position = start + 1
    if expression[position : position + 1] == "^":
        position += 1
    # A bracket that comes first stands for itself.
    position += expression[position : position + 1] == "]"
    while position < len(expression) and expression[position] != "]":
        position += 2 if expression[position] == "\\" else 1
    return position


def _named(node: Node) -> str:
    """What stands there, short enough for a message."""
    value: Any = node.value
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    return repr(value)[:60] if isinstance(value, str) else str(value).lower()
