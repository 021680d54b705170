# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A contract's file made into what the rest works with. docs/tracing-contract.schema.json says the same as a schema."""

from __future__ import annotations

from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import Scalar, build

from . import fields
from .document import Node, Wrong, parse_document
from .model import KINDS, SEMCONV, STATUSES, Case, Contract, Find, Range, Request
from .parse_request import read_request
from .parse_spans import attribute_conditions, selector, span_rule
from .shape import check_shape

VERSION = 1
MAX_CASES = 500
MAX_SAMPLE = 100
_LONGEST_NAME = 200

CONTRACT_KEYS = frozenset({"version", "name", "description", "find", "cases"})
CASE_KEYS = frozenset({
    "name", "description", "request", "find", "min_traces", "sample", "services", "only_services", "absent_services",
    "calls", "only_calls", "root", "spans", "duration", "absent_attributes", "no_orphans", "propagation",
    "max_clock_skew", "semconv", "strict", "shape",
})  # fmt: skip
FIND_KEYS = frozenset({"service", "name", "kind", "status", "attributes", "resource"})


def parse_contract(content: str | bytes, source: str) -> Contract:
    """``TracingError`` of the kind ``invalid_contract`` for what is wrong first; ``source`` names the file in it."""
    try:
        return _contract(parse_document(content))
    except Wrong as error:
        raise error.told(source) from error


def _contract(root: Node) -> Contract:
    given = fields.entries(root, "the contract", CONTRACT_KEYS)
    _description(given)
    for key in ("version", "cases"):
        if key not in given:
            raise root.wrong(f"{key} is missing.", "Begin with version: 1, and list cases.")
    if given["version"].value is True or given["version"].value != VERSION:
        raise given["version"].wrong("version is not 1.", "This collection reads contracts of version 1.")
    name = _name(given["name"], "name") if "name" in given else "trace contract"
    find = _find(given["find"]) if "find" in given else None
    cases = fields.listed(given["cases"], "cases", lambda node: _case(node, find))
    if not 1 <= len(cases) <= MAX_CASES:
        raise given["cases"].wrong(f"cases holds {len(cases)} cases, but must hold 1 to {MAX_CASES}.")
    seen: set[str] = set()
    for case, node in zip(cases, given["cases"].value, strict=True):
        if case.name in seen:
            raise node.value["name"].wrong(f"a second case has the name {case.name!r}.", "Give each its own name.")
        seen.add(case.name)
    return Contract(name, cases)


def _case(node: Node, find: Find | None) -> Case:
    given = fields.entries(node, "a case", CASE_KEYS)
    _description(given)
    if "name" not in given:
        raise node.wrong("this case has no name.", "Give it a name that says what must hold.")
    if "request" in given and "find" in given:
        raise node.wrong_key("find", "find and request exclude each other.", "A case judges one kind of traces.")
    request = read_request(given["request"]) if "request" in given else None
    own = _find(given["find"]) if "find" in given else find
    return Case(
        name=_name(given["name"], "name"),
        line=node.line,
        request=request,
        find=None if request else own,
        min_traces=_min_traces(given, request),
        sample=fields.whole(given["sample"], "sample", 1, MAX_SAMPLE) if "sample" in given else Case.sample,
        spans=fields.listed(given["spans"], "spans", span_rule) if "spans" in given else (),
        root=selector(given["root"], "root") if "root" in given else None,
        duration=fields.bounds(given["duration"], "duration", fields.nanos) if "duration" in given else Range(),
        absent_attributes=_texts(given, "absent_attributes") or (),
        semconv=_semconv(given),
        shape=_shape(node, given),
        max_clock_skew=_nanos(given, "max_clock_skew"),
        orphans_allowed=not _flag(given, "no_orphans"),
        propagation="propagation" in given
        and fields.choice(given["propagation"], "propagation", ("unbroken",)) == "unbroken",
        **_services(given),
    )


def _services(given: dict[str, Node]) -> dict[str, Any]:
    """The rules about services and the calls between them."""
    services, absent = _texts(given, "services") or (), _texts(given, "absent_services") or ()
    both = sorted(set(services) & set(absent))
    if both:
        raise given["absent_services"].wrong(f"{both[0]!r} is both in services and in absent_services.")
    only = _texts(given, "only_services")
    if only is not None and set(services) - set(only):
        raise given["only_services"].wrong(f"{sorted(set(services) - set(only))[0]!r} of services is not in it.")
    return {
        "services": services,
        "absent_services": absent,
        "only_services": only,
        "calls": _calls(given, "calls") or (),
        "only_calls": _calls(given, "only_calls"),
    }


def _min_traces(given: dict[str, Node], request: Request | None) -> int:
    if "min_traces" not in given:
        return Case.min_traces
    if request:
        raise given["min_traces"].wrong("min_traces works with find only: a request makes one trace.")
    return fields.whole(given["min_traces"], "min_traces", 1, 10_000)


def _name(node: Node, what: str) -> str:
    name = fields.text(node, what)
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise node.wrong(f"{what} is longer than {_LONGEST_NAME} characters, or has more than one line.")
    return name.strip()


def _description(given: dict[str, Node]) -> None:
    """For readers only."""
    if "description" in given:
        fields.text(given["description"], "description")


def _texts(given: dict[str, Node], key: str) -> tuple[str, ...] | None:
    return fields.texts(given[key], key) if key in given else None


def _calls(given: dict[str, Node], key: str) -> tuple[tuple[str, str], ...] | None:
    if key not in given:
        return None
    return fields.listed(given[key], key, lambda node: fields.call(node, f"an item of {key}"))


def _flag(given: dict[str, Node], key: str) -> bool:
    return key in given and fields.boolean(given[key], key)


def _nanos(given: dict[str, Node], key: str) -> int | None:
    return fields.nanos(given[key], key) if key in given else None


def _semconv(given: dict[str, Node]) -> tuple[str, ...]:
    if "semconv" not in given:
        return ()
    return fields.listed(given["semconv"], "semconv", lambda node: fields.choice(node, "an item of semconv", SEMCONV))


def _shape(node: Node, given: dict[str, Node]) -> tuple[str, ...] | None:
    """The lines of the tree; ``strict: shape`` without a tree, and a tree without it, are mistakes."""
    if "strict" in given:
        fields.choice(given["strict"], "strict", ("shape",))
    if ("strict" in given) != ("shape" in given):
        key, other = ("strict", "shape") if "strict" in given else ("shape", "strict")
        fix = "Write strict: shape and, under shape, the tree; trace_contract_record writes both."
        raise node.wrong_key(key, f"{key} is there without {other}.", fix)
    if "shape" not in given:
        return None
    lines = tuple(line.rstrip() for line in fields.text(given["shape"], "shape").splitlines() if line.strip())
    problem = check_shape(lines)
    if problem:
        raise given["shape"].wrong(
            problem, "Write 'service: name (kind)' lines, each two spaces deeper than its parent."
        )
    return lines


def _find(node: Node) -> Find:
    """Equalities only, since Tempo is asked for them."""
    given = fields.entries(node, "find", FIND_KEYS)
    found: dict[str, Scalar] = {}
    for key, name in (("service", "resource.service.name"), ("name", "name")):
        if key in given:
            found[name] = fields.text(given[key], key)
    for key, allowed in (("kind", KINDS), ("status", STATUSES)):
        if key in given:
            found[key] = fields.choice(given[key], key, allowed)
    for key, scope in (("attributes", "span"), ("resource", "resource")):
        if key in given:
            found.update({f"{scope}.{name}": value for name, value in _equalities(given[key], key).items()})
    if not found:
        raise node.wrong("find is empty.", "Give service, name, kind, status, attributes or resource.")
    try:
        build(attributes=found)
    except TracingError as error:
        raise node.wrong(error.message, error.fix) from error
    return Find(found)


def _equalities(node: Node, what: str) -> dict[str, Scalar]:
    values = {}
    for name, condition in attribute_conditions(node, what).items():
        plain = node.value[name].value
        if not isinstance(plain, (str, bool, int, float)):
            raise node.value[name].wrong(
                f"{name} in find is no single value.", "find takes values to be equal to; conditions go into spans."
            )
        values[name] = condition.any_of[0]
    return values
