# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong with a topology. Each problem is one line with the flow, the operation and the fix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite

KINDS = ("server", "internal", "database", "consumer")
# More would be no trace that anybody looks at, and larger than a ConfigMap.
MOST_SPANS = 500
# Written by the scripts themselves.
OWN_ATTRIBUTES = ("service.name", "tracing.run.id")


def flow_problems(flows: Any) -> list[str]:
    if not isinstance(flows, (list, tuple)) or not flows:
        return ["The topology has no flow: give at least one, with a name and spans."]
    return [*_repeated_flows(flows), *(line for place, flow in enumerate(flows, 1) for line in _flow(place, flow))]


def _repeated_flows(flows: Collection[Any]) -> Iterator[str]:
    names = [flow["name"] for flow in flows if isinstance(flow, Mapping) and _text(flow.get("name"))]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"Flow '{name}' is there twice: give each flow a name of its own."


def _flow(place: int, flow: Any) -> Iterator[str]:
    if not isinstance(flow, Mapping) or not _text(flow.get("name")):
        yield f"Flow number {place} has no name: give it one."
        return
    where = f"Flow '{flow['name']}'"
    if flow.get("weight") is not None and (finite(flow["weight"]) or 0) <= 0:
        yield f"{where} has weight {flow['weight']}: give a number above 0, or leave the flow out."
    spans = flow.get("spans")
    if not isinstance(spans, (list, tuple)) or not spans:
        yield f"{where} has no spans: give at least the operation that takes the request."
        return
    if len(spans) > MOST_SPANS:
        yield f"{where} has {len(spans)} spans: {MOST_SPANS} is the most, make it several flows."
        return
    unnamed = [str(n) for n, span in enumerate(spans, 1) if not isinstance(span, Mapping) or not _text(span.get("id"))]
    if unnamed:
        yield f"{where}: span number {', '.join(unnamed)} has no id: give each span a name within its flow."
        return
    orphans = [str(span["id"]) for span in spans if span.get("parent") and not _text(span["parent"])]
    if orphans:
        yield f"{where}, span '{orphans[0]}': its parent is no text; give the id of the span that calls it."
        return
    yield from _tree(where, spans)
    for span in spans:
        yield from span_problems(f"{where}, span '{span['id']}'", span)


def _tree(where: str, spans: Collection[Mapping[str, Any]]) -> Iterator[str]:
    """One root, which is the first; every other operation has a caller above it."""
    ids = [span["id"] for span in spans]
    for name in dict.fromkeys(name for name in ids if ids.count(name) > 1):
        yield f"{where}, span '{name}': the id is there twice; give each span an id of its own."
    parents = {span["id"]: span.get("parent") for span in spans}
    kinds = {span["id"]: span.get("kind") for span in spans}
    seen: set[str] = set()
    for place, span in enumerate(spans):
        name, parent = span["id"], span.get("parent")
        here = f"{where}, span '{name}'"
        if parent and parent not in parents:
            yield f"{here}: its parent '{parent}' is no span of this flow; give the id of the span that calls it."
        elif parent and (circle := _circle(name, parents)):
            yield f"{here}: the calls go round in a circle ({circle}); leave the parent of the first one out."
        elif parent and parent not in seen:
            yield f"{here} stands before its parent '{parent}'; put callers before callees."
        elif parent and kinds[parent] == "database":
            yield f"{here}: its parent '{parent}' is a database call, which calls nobody; choose another one."
        elif not parent and place > 0:
            yield f"{here} has no parent, but the root is '{ids[0]}'; give it a parent, or make it a flow of its own."
        seen.add(name)


def _circle(start: str, parents: Mapping[str, Any]) -> str:
    """The way from an operation up to itself, or nothing."""
    way = [start]
    while (caller := parents.get(way[-1])) is not None and caller != start:
        if caller in way:
            return ""
        way.append(caller)
    return " <- ".join([*way, start]) if caller == start else ""


def span_problems(here: str, span: Mapping[str, Any], time: str = "self_ms") -> Iterator[str]:
    """What one operation says about itself; ``time`` is the field with its own work."""
    for field in ("service", "name"):
        if not _text(span.get(field)):
            yield f"{here}: its {field} is empty; give a text."
    if span.get("kind") is not None and span["kind"] not in KINDS:
        yield f"{here}: kind '{span['kind']}' is unknown; use {', '.join(KINDS[:-1])} or {KINDS[-1]}."
    yield from range_problems(here, time, span.get(time))
    yield from share_problems(here, "error_rate", span.get("error_rate"))
    yield from _slow(here, span.get("slow"))
    yield from attribute_problems(here, span.get("attributes"))


def range_problems(here: str, field: str, value: Any) -> Iterator[str]:
    if value is None:
        return
    numbers = [finite(end) for end in value] if isinstance(value, (list, tuple)) else []
    ends = [end for end in numbers if end is not None]
    if len(numbers) != 2 or len(ends) != 2:
        yield f"{here}: {field} is {value}; give the shortest and the longest time, such as [5, 20]."
    elif min(ends) < 0:
        yield f"{here}: {field} is {value}; no work takes less than 0 ms."
    elif ends[0] > ends[1]:
        yield f"{here}: {field} is {value}; the shorter time comes first: [{value[1]}, {value[0]}]."


def share_problems(here: str, field: str, value: Any) -> Iterator[str]:
    if value is not None and not 0 <= _number_or(value, -1) <= 1:
        yield f"{here}: {field} is {value}; give a share between 0 and 1 (0.05 is one in twenty)."


def _slow(here: str, slow: Any) -> Iterator[str]:
    if slow is None:
        return
    if not isinstance(slow, Mapping) or any(slow.get(field) is None for field in ("rate", "factor")):
        yield f"{here}: slow is {slow}; give both rate and factor, such as {{rate: 0.02, factor: 10}}."
        return
    yield from share_problems(here, "slow.rate", slow["rate"])
    if _number_or(slow["factor"], 0) < 1:
        yield f"{here}: slow.factor is {slow['factor']}; give how many times longer it takes, 1 or more."


def attribute_problems(here: str, attributes: Any) -> Iterator[str]:
    if attributes is None:
        return
    if not isinstance(attributes, Mapping):
        yield f"{here}: attributes must be names with values, not {attributes!r}."
        return
    for name, value in attributes.items():
        parts = value if isinstance(value, (list, tuple)) else [value]
        if not _text(name) or not all(isinstance(part, (str, bool, int, float)) for part in parts):
            yield f"{here}: attribute {name} is {value!r}; give a text, number or boolean, or a list of them."


def resource_problems(names: Collection[str], services: Mapping[str, Any], everywhere: Mapping[str, Any]) -> list[str]:
    problems = [*_resource("resource attributes", everywhere)]
    if not isinstance(services, Mapping):
        return [*problems, f"The services are {services!r:.80}: give names with attributes."]
    for name, attributes in services.items():
        if name not in names:
            known = ", ".join(sorted(names))
            problems.append(f"Service '{name}' has attributes, but is in no flow; the services are {known}.")
        problems += _resource(f"Service '{name}'", attributes)
    return problems


def _resource(here: str, attributes: Any) -> Iterator[str]:
    yield from attribute_problems(here, attributes)
    for name in OWN_ATTRIBUTES:
        if isinstance(attributes, Mapping) and name in attributes:
            yield f"{here}: attribute {name} is the generator's own; leave it out."


def _number_or(value: Any, default: float) -> float:
    found = finite(value)
    return default if found is None else found


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
