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
from .patterns import problem_of

T = TypeVar("T")
_NANOS = 1_000_000_000
_MOST = 1_000_000
_LIST_FIX = "Begin each item with a hyphen, or write [a, b]."


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
    problem, fix = problem_of(value)
    if problem:
        raise node.wrong(f"{what} {problem}.", fix)
    return re.compile(value, re.DOTALL)


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
