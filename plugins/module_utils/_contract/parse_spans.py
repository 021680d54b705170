# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a contract says of single spans: selectors, conditions on values, events and links."""

from __future__ import annotations

from typing import Any

from . import fields
from .document import Node
from .model import (
    KINDS,
    STATUSES,
    TYPES,
    Condition,
    Conditions,
    EventRule,
    LinkRule,
    Range,
    Selector,
    SpanRule,
)

SELECTOR_KEYS = frozenset({"service", "name", "kind", "status", "attributes", "resource"})
SPAN_KEYS = frozenset({
    "select", "count", "parent", "attributes", "resource", "status", "duration", "events", "links",
})  # fmt: skip
CONDITION_KEYS = frozenset({"equals", "any_of", "matches", "type", "present", "min", "max"})
EVENT_KEYS = frozenset({"name", "attributes", "count"})
LINK_KEYS = frozenset({"trace", "attributes", "count"})
_AT_LEAST_ONE = Range(1, None)
# Nothing that is compared has more.
_MAX_VALUES = 100


def span_rule(node: Node) -> SpanRule:
    given = fields.entries(node, "an item of spans", SPAN_KEYS)
    if "select" not in given:
        raise node.wrong("select is missing.", "Say which spans: {service: ..., name: ..., kind: ...}.")
    is_root = "parent" in given and given["parent"].value == "none"
    return SpanRule(
        select=selector(given["select"], "select"),
        count=fields.count(given["count"], "count") if "count" in given else _AT_LEAST_ONE,
        line=node.line,
        parent=selector(given["parent"], "parent") if "parent" in given and not is_root else None,
        root=is_root,
        attributes=_conditions(given, "attributes"),
        resource=_conditions(given, "resource"),
        statuses=_statuses(given["status"]) if "status" in given else (),
        duration=fields.bounds(given["duration"], "duration", fields.nanos) if "duration" in given else Range(),
        events=fields.listed(given["events"], "events", _event) if "events" in given else (),
        links=fields.listed(given["links"], "links", _link) if "links" in given else (),
    )


def selector(node: Node, what: str) -> Selector:
    """Without any key it selects every span."""
    given = fields.entries(node, what, SELECTOR_KEYS)
    return Selector(
        service=_text_condition(given["service"], "service") if "service" in given else None,
        name=_text_condition(given["name"], "name") if "name" in given else None,
        kind=fields.choice(given["kind"], "kind", KINDS) if "kind" in given else "",
        status=fields.choice(given["status"], "status", STATUSES) if "status" in given else "",
        attributes=_conditions(given, "attributes"),
        resource=_conditions(given, "resource"),
    )


def _conditions(given: dict[str, Node], key: str) -> Conditions:
    return attribute_conditions(given[key], key) if key in given else {}


def attribute_conditions(node: Node, what: str) -> Conditions:
    """By the name of the attribute, without scope."""
    if not isinstance(node.value, dict):
        raise node.wrong(f"{what} is no mapping.", "Write name: value, or name: {type: int} and the like.")
    for name in node.value:
        if not name.strip():
            raise node.wrong_key(name, f"a name in {what} is empty.")
    return {name: condition(value, name) for name, value in node.value.items()}


def condition(node: Node, what: str) -> Condition:
    """A value to be equal to, or a mapping of conditions."""
    if not isinstance(node.value, dict):
        return Condition(any_of=(_value(node, what),))
    given = fields.entries(node, what, CONDITION_KEYS)
    if not given:
        raise node.wrong(f"{what} has no condition.", "Write present: true where any value will do.")
    present = fields.boolean(given["present"], "present") if "present" in given else True
    if not present and len(given) > 1:
        raise given["present"].wrong("present: false goes with no other condition.")
    if "equals" in given and "any_of" in given:
        raise given["any_of"].wrong("equals and any_of exclude each other.")
    bounded = "min" in given or "max" in given
    return Condition(
        any_of=_any_of(given, what),
        pattern=fields.pattern(given["matches"], "matches") if "matches" in given else None,
        type=fields.choice(given["type"], "type", tuple(TYPES)) if "type" in given else "",
        range=_range(given) if bounded else Range(),
        present=present,
    )


def _any_of(given: dict[str, Node], what: str) -> tuple[Any, ...]:
    if "equals" in given:
        return (_value(given["equals"], what),)
    if "any_of" not in given:
        return ()
    values = fields.listed(given["any_of"], "any_of", lambda node: _value(node, what))
    if not 1 <= len(values) <= _MAX_VALUES:
        raise given["any_of"].wrong(f"any_of holds {len(values)} values, but must hold 1 to {_MAX_VALUES}.")
    return values


def _range(given: dict[str, Node]) -> Range:
    least = fields.number(given["min"], "min") if "min" in given else None
    most = fields.number(given["max"], "max") if "max" in given else None
    if least is not None and most is not None and most < least:
        raise given["max"].wrong("max is less than min.")
    return Range(least, most)


def _value(node: Node, what: str) -> Any:
    """A text, number or boolean, or a list of these, as attributes hold them."""
    value = node.value
    if isinstance(value, list):
        items = [item.value for item in value]
        if all(isinstance(item, (str, bool, int, float)) for item in items):
            return items
    elif isinstance(value, (str, bool, int, float)):
        return value
    raise node.wrong(f"{what} is no value of an attribute.", "Give a text, a number, true, false or a list of these.")


def _text_condition(node: Node, what: str) -> Condition:
    """A text, or a mapping with ``matches`` or ``any_of``."""
    if not isinstance(node.value, dict):
        return Condition(any_of=(fields.text(node, what),))
    given = fields.entries(node, what, ("any_of", "matches"))
    if len(given) != 1:
        raise node.wrong(f"{what} takes either any_of or matches.")
    if "matches" in given:
        return Condition(pattern=fields.pattern(given["matches"], "matches"))
    values = fields.texts(given["any_of"], "any_of")
    if not 1 <= len(values) <= _MAX_VALUES:
        raise given["any_of"].wrong(f"any_of holds {len(values)} values, but must hold 1 to {_MAX_VALUES}.")
    return Condition(any_of=values)


def _statuses(node: Node) -> tuple[str, ...]:
    items = node.value if isinstance(node.value, list) else [node]
    if not items:
        raise node.wrong("status is empty.")
    return tuple(fields.choice(item, "status", STATUSES) for item in items)


def _event(node: Node) -> EventRule:
    given = fields.entries(node, "an item of events", EVENT_KEYS)
    name = _text_condition(given["name"], "name") if "name" in given else None
    count = fields.count(given["count"], "count") if "count" in given else _AT_LEAST_ONE
    return EventRule(name, _conditions(given, "attributes"), count)


def _link(node: Node) -> LinkRule:
    given = fields.entries(node, "an item of links", LINK_KEYS)
    trace = fields.choice(given["trace"], "trace", ("same", "other")) if "trace" in given else ""
    count = fields.count(given["count"], "count") if "count" in given else _AT_LEAST_ONE
    return LinkRule(trace, _conditions(given, "attributes"), count)
