# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a TraceQL query that can be held against a trace in hand: comparisons joined by ``&&`` in one filter.

Whatever else a query says is left to Tempo. Every trace in the answer must meet what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .traceql import (
    KEYWORD_INTRINSICS,
    SCOPES,
    Scalar,
    comparison,
    literal,
)

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)'
    r"|(?P<duration>(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+(?![\w.]))"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"
    r"|(?P<operator>&&|\|\||!=|=~|!~|>=|<=|[=<>{}|])"
    r'|(?P<name>[A-Za-z_.][^\s{}()=~!<>&|^,"]*(?:"(?:[^"\\]|\\.)*")?))',
    re.DOTALL,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_NANOS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
          "d": 86_400 * 10**9}  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_COMPARED = {"=", ">", ">=", "<", "<="}
# What may stand between a name and a value and is no operator of ours: such a comparison is passed over.
_PASSED_OVER = {"!=", "=~", "!~"}
_SCOPED = re.compile(rf"(?P<scope>{'|'.join(SCOPES)})\.(?P<name>.*)\Z", re.DOTALL)

OF_SPAN: Mapping[str, str] = {
    "name": "name", "span:name": "name", "status": "status", "span:status": "status", "kind": "kind",
    "span:kind": "kind", "statusMessage": "status_message", "span:statusMessage": "status_message",
    "duration": "duration", "span:duration": "duration",
}  # fmt: skip
OF_TRACE: Mapping[str, str] = {
    "rootName": "root_name", "trace:rootName": "root_name", "rootServiceName": "root_service",
    "trace:rootService": "root_service", "traceDuration": "duration", "trace:duration": "duration",
}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """``name operator value``, for one span to meet. A length of time is in nanoseconds.

    ``place`` is where a trace shows it: ``resource``, ``span`` or ``event`` for attributes of these, ``any`` for those
    without scope, ``field`` for what every span has, and ``trace`` for what the trace has as a whole.
    """

    place: str
    key: str
    value: Scalar
    operator: str = "="

    def __str__(self) -> str:
        if self.key == "duration" and self.place in ("field", "trace"):
            return f"{'traceDuration' if self.place == 'trace' else 'duration'} {self.operator} {self.value}ns"
        if self.place == "field":
            return comparison({"status_message": "statusMessage"}.get(self.key, self.key), self.value)
        if self.place == "trace":
            return comparison("rootName" if self.key == "root_name" else "rootServiceName", self.value)
        left, _equal, _value = comparison(
            self.key if self.place == "any" else f"{self.place}.{self.key}", 0
        ).rpartition(" = ")
        return f"{left} {self.operator} {literal(self.value)}"


def condition(name: str, value: Scalar, operator: str = "=") -> Condition | None:
    """None for what a trace that was read whole does not show: links, parents, instrumentation scopes."""
    if name in OF_SPAN:
        return Condition("field", OF_SPAN[name], value, operator)
    if name in OF_TRACE:
        # Search may know a part of a trace only, which is shorter than the whole.
        return Condition("trace", OF_TRACE[name], value, operator) if operator in ("=", ">", ">=") else None
    scoped = _SCOPED.match(name)
    if scoped:
        shown = scoped["scope"] in ("resource", "span", "event")
        return Condition(scoped["scope"], scoped["name"], value, operator) if shown else None
    return Condition("any", name.lstrip("."), value, operator)


def conditions_of(query: str) -> list[Condition]:
    """Empty where nothing can be read."""
    tokens = list(_tokens(query))
    kinds = [kind for kind, _text in tokens]
    words = [text for _kind, text in tokens]
    if words[:1] != ["{"] or "}" not in words:
        return []
    end = words.index("}")
    # One filter, alone or at the head of a pipeline.
    if words[end + 1 : end + 2] not in ([], ["|"], ["with"]) or "" in kinds[:end]:
        return []
    found = []
    for start in range(1, end, 4):
        name, operator, value, then = (*tokens[start : start + 4], *[("", "")] * 3)[:4]
        if name[0] != "name" or operator[1] not in _COMPARED | _PASSED_OVER or then[1] not in ("&&", "}"):
            return []
        found.append(_condition(name[1], operator[1], value))
    return [one for one in found if one]


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    """Kind and text; the kind is empty for what is not understood, and the last one then."""
    position = 0
    while position < len(query.rstrip()):
        match = _TOKEN.match(query, position)
        if not match:
            yield "", query[position:]
            return
        yield str(match.lastgroup), match[str(match.lastgroup)]
        position = match.end()


def _condition(name: str, operator: str, value: tuple[str, str]) -> Condition | None:
    name = _plain_name(name)
    kind, text = value
    read: Scalar | None = None
    if kind == "text":
        read = _unquoted(text)
    elif kind == "duration":
        read = round(sum(float(number) * _NANOS[unit] for number, unit in _PART.findall(text)))
    elif kind == "number":
        read = float(text) if "." in text else int(text)
    elif text in ("true", "false"):
        read = text == "true"
    elif text in KEYWORD_INTRINSICS.get(OF_SPAN.get(name, ""), ()):
        read = text
    # A bare word is the name of a field, and only some of these are known here.
    known = name in OF_SPAN or name in OF_TRACE or "." in name
    is_time = OF_SPAN.get(name) == "duration" or OF_TRACE.get(name) == "duration"
    if read is None or not known or operator not in _COMPARED or is_time != (kind == "duration"):
        return None
    return condition(name, read, operator)


def _plain_name(name: str) -> str:
    bare, quote, rest = name.partition('"')
    return bare + (_unquoted(quote + rest) or "") if quote else name


def _unquoted(text: str) -> str | None:
    """None for an escape that is not understood."""
    if text.startswith("`"):
        return text[1:-1]
    escapes = _ESCAPE.findall(text)
    if any(len(escape) == 1 and escape not in _ESCAPES for escape in escapes):
        return None
    try:
        return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1]) or chr(int(match[1][1:], 16)), text[1:-1])
    except (ValueError, OverflowError):
        return None
