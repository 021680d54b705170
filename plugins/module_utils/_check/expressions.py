# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JMESPath expressions over whole traces. The library is imported only where one is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered

QUANTIFIERS = ("any", "all")
# JMESPath works its way down by recursion, which Python bounds.
MOST_LEVELS = 100


@dataclass(frozen=True)
class Verdict:
    """What an expression says of one trace; ``problem`` is why it could not be worked out."""

    true: bool
    problem: str = ""


@dataclass(frozen=True)
class Expression:
    text: str
    search: Callable[[Any], Any] = field(repr=False, compare=False)
    for_all: bool = False

    def judge(self, trace: Mapping[str, Any]) -> Verdict:
        """All errors of JMESPath are ValueErrors: a function may not take what this trace holds."""
        try:
            return Verdict(truthy(self.search(trace)))
        except ValueError as error:
            return Verdict(False, _first_line(error))


def truthy(value: Any) -> bool:
    """By the rules of JMESPath, where zero is true."""
    return value is not None and value is not False and (not isinstance(value, (str, list, dict)) or bool(value))


def parse_expressions(items: Sequence[Any]) -> tuple[Expression, ...]:
    """Expressions as users write them: text, or a dict with ``expression`` and ``quantifier``."""
    return tuple(_parse(item) for item in items)


def _parse(item: Any) -> Expression:
    given = {"expression": item} if isinstance(item, str) else item
    if not isinstance(given, Mapping) or not {"expression"} <= given.keys() <= {"expression", "quantifier"}:
        raise invalid(
            f"expressions: {item!r} is neither text nor a dict of expression and quantifier.",
            "Write for example {expression: 'span_count > `1`', quantifier: all}.",
        )
    text, quantifier = given["expression"], given.get("quantifier", QUANTIFIERS[0])
    if not isinstance(text, str):
        raise invalid(f"expressions: {text!r} is {type(text).__name__}, but must be text.")
    if quantifier not in QUANTIFIERS:
        raise invalid(f"expressions: the quantifier of {text!r} is {quantifier!r}, but must be any or all.")
    return Expression(text, _compiled(text), quantifier == "all")


def _compiled(text: str) -> Callable[[Any], Any]:
    try:
        import jmespath.functions
    except ImportError as error:
        raise TracingError("missing_library", missing_required_lib("jmespath", reason="for expressions")) from error
    try:
        compiled = jmespath.compile(text)
    except ValueError as error:
        raise invalid(f"expressions: {text!r} is not JMESPath ({_first_line(error)}).") from error
    except RecursionError as error:
        raise _too_deep(text) from error
    for depth, node in _nodes(compiled.parsed):
        if depth > MOST_LEVELS:
            raise _too_deep(text)
        if node["type"] == "function_expression":
            _check_call(text, node, jmespath.functions.Functions.FUNCTION_TABLE)
    search: Callable[[Any], Any] = compiled.search
    return search


def _check_call(text: str, call: Mapping[str, Any], functions: Mapping[str, Any]) -> None:
    """JMESPath itself says only while it works on data that a function is not there."""
    name, given = call["value"], len(call["children"])
    if name not in functions:
        raise invalid(f"expressions: {text!r} calls {name}(), which JMESPath does not have.")
    signature = functions[name]["signature"]
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if given < len(signature) or (given > len(signature) and not variadic):
        least, arguments = "at least " if variadic else "", numbered(given, "argument")
        raise invalid(f"expressions: {text!r} gives {name}() {arguments}, but it takes {least}{len(signature)}.")


def _too_deep(text: str) -> TracingError:
    return invalid(f"expressions: {text[:40]!r}... has more than {MOST_LEVELS} levels, one inside of the other.")


def _nodes(root: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each with its level. Of a slice, the children are plain numbers."""
    waiting = [(1, root)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting += [(depth + 1, child) for child in node["children"] if isinstance(child, Mapping)]


def _first_line(error: ValueError) -> str:
    """The others repeat the expression."""
    return next(iter(str(error).splitlines()), "").split(", for expression")[0].rstrip(".:")
