# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the place of a right value in JSON, a whole answer or one field of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cases import REFUSED, Change, Ends, Row
from fake_server import Answer, Asked
from wire import ESCAPES, JINJA, MEGABYTE


@dataclass(frozen=True)
class Raw:
    """JSON as it is written: what no value of Python's is written as."""

    text: str


DEEP = 100_000
TAG = {"__ansible_type": "SensitiveData", "value": "x", "__ansible_unsafe": "{{ 1 }}", "__ansible_vault": "$ANSIBLE"}

SHAPES: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a text": "text",
    "an empty list": [],
    "a list": [7, "text", None],
    "an empty object": {},
    "an object": {"a": {"b": 7}},
    "a list in a list": [[]],
}
NUMBERS: Mapping[str, Any] = {
    "-1": -1,
    "1.5": 1.5,
    "10^400": Raw("1" + "0" * 400),
    "10^5000": Raw("1" + "0" * 5000),
    "-10^400": Raw("-1" + "0" * 400),
    "1e999": Raw("1e999"),
    "Infinity": Raw("Infinity"),
    "-Infinity": Raw("-Infinity"),
    "NaN": Raw("NaN"),
    "the text Infinity": "Infinity",
    "the text NaN": "NaN",
    "the text 1e999": "1e999",
    "a text of 5000 digits": "1" * 5000,
    "digits of another script": "\u0663\u0664",
}
NESTING: Mapping[str, Any] = {
    "lists 100 000 deep": Raw("[" * DEEP + "]" * DEEP),
    "objects 100 000 deep": Raw('{"a":' * DEEP + "1" + "}" * DEEP),
    "lists 500 deep": Raw("[" * 500 + "]" * 500),
    "lists that do not end": Raw("[" * DEEP),
}
TEXTS: Mapping[str, Any] = {
    "escapes": ESCAPES,
    "Jinja": JINJA,
    "half a surrogate pair": Raw('"\\ud800"'),
    "NUL": "a\0b",
    "a megabyte": "x" * MEGABYTE,
    "markup": "<script>alert(1)</script>\"'&",
}
IDS: Mapping[str, Any] = {
    "a path": "../../../etc/passwd",
    "a query": "a?x=1",
    "a fragment": "#",
    "an empty text": "",
    "zeros": "0" * 32,
    "33 digits": "a" * 33,
    "a megabyte": "a" * MEGABYTE,
    "escapes": ESCAPES,
    "Jinja": JINJA,
    "a line break": "a\r\nHost: x",
    "digits of another script": "\u0663" * 32,
}
TAGS: Mapping[str, Any] = {"a type tag": TAG, "a key of a type tag": {"__ansible_type": TAG}}


def written(value: Any) -> str:
    """JSON, in which each ``Raw`` stands as it is."""
    raws: list[Raw] = []

    def mark(one: Any) -> Any:
        if isinstance(one, Raw):
            raws.append(one)
            return f"\ue000{len(raws) - 1}\ue000"
        if isinstance(one, Mapping):
            return {key: mark(item) for key, item in one.items()}
        return [mark(item) for item in one] if isinstance(one, list) else one

    text = json.dumps(mark(value), ensure_ascii=False)
    for number, raw in enumerate(raws):
        text = text.replace(f'"\ue000{number}\ue000"', raw.text)
    return text


def whole(value: Any) -> Change:
    """The answer is this value and nothing else."""
    return lambda right, asked: _as_json(right, value)


def at(path: str, value: Any) -> Change:
    """The right answer but for one field, named as ``traces.0.traceID``."""

    def change(right: Answer, asked: Asked) -> Answer:
        content = json.loads(right.body)
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        holder = content
        for part in parents:
            holder = holder[part]
        if isinstance(holder, list):
            holder[last]  # a row about what is not there would show nothing
        holder[last] = value
        return _as_json(right, content)

    return change


def without(path: str) -> Change:
    """The right answer but for one field, which is missing."""

    def change(right: Answer, asked: Asked) -> Answer:
        content = json.loads(right.body)
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        holder = content
        for part in parents:
            holder = holder[part]
        del holder[last]
        return _as_json(right, content)

    return change


def _as_json(right: Answer, content: Any) -> Answer:
    return Answer(written(content).encode("utf-8", "surrogatepass"), right.status, right.headers)


# Whole answers, for any page that is JSON.
WHOLE = [
    *(Row("shapes", f"{name} alone", whole(value)) for name, value in SHAPES.items()),
    *(Row("nesting", f"{name} alone", whole(value)) for name, value in NESTING.items()),
    *(Row("numbers", f"{name} alone", whole(value)) for name, value in NUMBERS.items() if isinstance(value, Raw)),
    *(Row("type tags", f"{name} alone", whole(value)) for name, value in TAGS.items()),
]


@dataclass(frozen=True)
class Field:
    """Values for one field of one page, and how a module may end that reads them."""

    page: str
    path: str
    values: Mapping[str, Any]
    ends: frozenset[Ends] = REFUSED
    # What the result of a success has to hold.
    right: Callable[[Mapping[str, Any]], bool] | None = None

    # Whether all values are part of every run.
    always: bool = False


def some(values: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """A few of them by name."""
    return {name: values[name] for name in names}


def other_than(values: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    assert set(names) <= set(values), names
    return {name: value for name, value in values.items() if name not in names}
