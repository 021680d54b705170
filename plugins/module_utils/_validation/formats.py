# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forms that a setting must have beyond its type: texts, ranges of numbers, amounts, and objects of Kubernetes.

A role's table names a form: ``name``, ``name?`` for a text that may be empty, ``1..65535``, ``>0..100`` or ``0..``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity

from .go_patterns import is_go_pattern
from .text_formats import ADDRESSES, TEXTS


@dataclass(frozen=True)
class Violation:
    """What is wrong below the setting itself: ``place`` is empty, or such as ``.host``."""

    place: str
    value: Any
    fix: str
    is_key: bool = False


Format = Callable[[Any], Iterator[Violation]]
_RANGE = re.compile(r"(>?)(-?[0-9.]+?)[.][.](-?[0-9.]*)\Z")


@cache
def form(name: str) -> Format:
    """The form of that name; ``KeyError`` when there is none."""
    if name.endswith("?"):
        return _or_empty(form(name[:-1]))
    found = _RANGE.match(name)
    if found:
        return _range(float(found[2]), float(found[3] or "inf"), without_least=bool(found[1]))
    if name in ADDRESSES:
        return _address(*TEXTS[name])
    return _text(*TEXTS[name]) if name in TEXTS else _OTHERS[name]


def is_text(value: Any) -> bool:
    """A whole number may stand for a text. What YAML makes of an unquoted 1.10 or yes is not what was written."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _or_empty(inner: Format) -> Format:
    return lambda value: iter(()) if value == "" else inner(value)


def _text(pattern: str, fix: str) -> Format:
    whole = re.compile(rf"(?:{pattern})\Z", re.DOTALL)

    def look(value: Any) -> Iterator[Violation]:
        if not is_text(value) or not whole.match(str(value)):
            yield Violation("", value, fix)

    return look


def _address(pattern: str, fix: str) -> Format:
    """A pattern does not know which numbers and colons are an IP address."""
    text = _text(pattern, fix)

    def look(value: Any) -> Iterator[Violation]:
        found = list(text(value))
        yield from found
        if not found and not _is_address(str(value)):
            yield Violation("", value, fix)

    return look


def _is_address(text: str) -> bool:
    try:
        parse(text)
    except TracingError:
        return False
    return True


def _range(least: float, most: float, *, without_least: bool) -> Format:
    low = f"more than {least:g}" if without_least else f"{least:g} or more"
    fix = f"give {low}" if most == float("inf") else f"give {low}, and no more than {most:g}"
    if not without_least and most != float("inf"):
        fix = f"give {least:g} to {most:g}"

    def look(value: Any) -> Iterator[Violation]:
        number = finite(value)
        if number is None or not least <= number <= most or (without_least and number == least):
            yield Violation("", value, fix)

    return look


def _quantity(value: Any) -> Iterator[Violation]:
    try:
        good = not isinstance(value, bool) and str(value).strip() == str(value) and parse_quantity(value) > 0
    except ValueError:
        good = False
    if not good:
        yield Violation("", value, "give an amount above 0 as Kubernetes takes it, such as 500m, 256Mi or 10Gi")


def _scalar(value: Any) -> Iterator[Violation]:
    if isinstance(value, str):
        yield from form("lines?")(value)
    elif not isinstance(value, bool) and finite(value) is None:
        yield Violation("", value, "give a text, a number, true or false")


def _go_pattern(value: Any) -> Iterator[Violation]:
    found = list(form("line")(value))
    yield from found
    if not found and not is_go_pattern(str(value)):
        fix = "give a regular expression in Go's syntax, which has no lookahead, lookbehind and backreferences"
        yield Violation("", value, fix)


def _attribute_value(value: Any) -> Iterator[Violation]:
    parts = enumerate(value) if isinstance(value, list) else [("", value)]
    for number, part in parts:
        yield from _below("" if number == "" else f"[{number}]", _scalar(part))


def _quoted(value: Any) -> Iterator[Violation]:
    """A value of an annotation: Kubernetes takes texts only."""
    if not isinstance(value, str):
        yield Violation("", value, "write it in quotes, because it must be a text")
    else:
        yield from form("lines?")(value)


def _map(key_form: Format, value_form: Format) -> Format:
    def look(value: Any) -> Iterator[Violation]:
        if not isinstance(value, Mapping):
            yield Violation("", value, "give names with their values")
            return
        for key, item in value.items():
            yield from (replace(wrong, place="", is_key=True) for wrong in key_form(key))
            yield from _below(f".{key}", value_form(item))

    return look


def _object(*required: str, **known: Format) -> Format:
    """An object of Kubernetes, whose fields are known."""

    def look(value: Any) -> Iterator[Violation]:
        if not isinstance(value, Mapping):
            yield Violation("", value, f"give fields such as {[*required, *known][0]}")
            return
        for name in required:
            if name not in value:
                yield Violation("", dict(value), f"add the field {name}")
        for key, item in value.items():
            if key in known:
                yield from _below(f".{key}", known[key](item))
            else:
                yield Violation("", key, f"it takes {', '.join(known)}", is_key=True)

    return look


def _below(place: str, found: Iterator[Violation]) -> Iterator[Violation]:
    return (replace(wrong, place=place + wrong.place) for wrong in found)


def _one_of(*choices: str) -> Format:
    def look(value: Any) -> Iterator[Violation]:
        if value not in choices:
            yield Violation("", value, f"use {', '.join(choices)}")

    return look


def _mapping(value: Any) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield Violation("", value, "give fields with their values")


def _list(value: Any) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield Violation("", value, "give a list")


def _no_template(inner: Format) -> Format:
    """For what a chart runs through Helm's templates."""

    def look(value: Any) -> Iterator[Violation]:
        yield from inner(value)
        if "{{" in str(value):
            yield Violation("", value, "leave out {{, which Helm takes for a template")

    return look


def _section(value: Any) -> Iterator[Violation]:
    """One of grafana.ini, where a line break would begin another key."""
    if not isinstance(value, Mapping):
        yield Violation("", value, "each entry is a section with its keys, such as {server: {root_url: ...}}")
    else:
        yield from _map(form("word"), _ini_value)(value)


def _ini_value(value: Any) -> Iterator[Violation]:
    if isinstance(value, (bool, int, float)) or value is None:
        return
    yield from _no_template(form("line?"))(value)


def _remote_write(value: Any) -> Iterator[Violation]:
    if not isinstance(value, Mapping) or "url" not in value:
        yield Violation("", value, "give fields of Prometheus' remote_write, url among them")
    else:
        yield from _below(".url", form("url")(value["url"]))


def _anything(_value: Any) -> Iterator[Violation]:
    """For values that somebody else checks: a chart's schema, or Kubernetes itself."""
    return iter(())


_AMOUNTS = _map(form("label_key"), _quantity)


def _resources(value: Any) -> Iterator[Violation]:
    found = list(_object(requests=_AMOUNTS, limits=_AMOUNTS, claims=_list)(value))
    yield from found
    if found or not isinstance(value, Mapping):
        return
    limits = value.get("limits", {})
    for name, amount in value.get("requests", {}).items():
        if name in limits and parse_quantity(amount) > parse_quantity(limits[name]):
            yield Violation(f".requests.{name}", amount, f"give no more than its limit, {limits[name]}")


_SELECTOR = _object(matchLabels=_map(form("label_key"), form("label_value")), matchExpressions=_list)
_AFFINITY_PART = _object(
    requiredDuringSchedulingIgnoredDuringExecution=_anything, preferredDuringSchedulingIgnoredDuringExecution=_list
)
_PEER = {
    "podSelector": _SELECTOR,
    "namespaceSelector": _SELECTOR,
    "ipBlock": _object("cidr", **{"cidr": form("line"), "except": _list}),
}
_REFERENCE = _object("name", "key", name=form("name"), key=form("secret_key"), optional=_anything)
_OTHERS: dict[str, Format] = {
    "any": _anything,
    "quantity": _quantity,
    "scalar": _scalar,
    "go_pattern": _go_pattern,
    "labels": _map(form("label_key"), form("label_value")),
    "annotations": _map(form("label_key"), _quoted),
    "digests": _map(form("repository_tag"), form("digest")),
    "headers": _map(form("header"), form("line")),
    "variables": _map(form("variable"), _scalar),
    "attributes": _map(form("line"), _attribute_value),
    "metric_labels": _map(form("metric_label"), form("line")),
    "targets": _map(form("job"), form("scrape_target")),
    "resources": _resources,
    "toleration": _object(
        key=form("label_key?"),
        operator=_one_of("Equal", "Exists", "Lt", "Gt"),
        value=form("label_value"),
        effect=_one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
        tolerationSeconds=form("0.."),
    ),
    "affinity": _object(nodeAffinity=_AFFINITY_PART, podAffinity=_AFFINITY_PART, podAntiAffinity=_AFFINITY_PART),
    "spread": _object(
        "maxSkew",
        "topologyKey",
        "whenUnsatisfiable",
        maxSkew=form("1.."),
        topologyKey=form("label_key"),
        whenUnsatisfiable=_one_of("DoNotSchedule", "ScheduleAnyway"),
        labelSelector=_SELECTOR,
        matchLabelKeys=_list,
        minDomains=form("1.."),
        nodeAffinityPolicy=_one_of("Honor", "Ignore"),
        nodeTaintsPolicy=_one_of("Honor", "Ignore"),
    ),
    "peer": _object(**_PEER),
    "ingress_rule": _object(**{"from": _list, "ports": _list}),
    "environment": _object(
        "name",
        name=form("variable"),
        value=form("lines?"),
        valueFrom=_object(
            secretKeyRef=_REFERENCE, configMapKeyRef=_REFERENCE, fieldRef=_mapping, resourceFieldRef=_mapping
        ),
    ),
    "chart_annotations": _map(form("label_key"), _no_template(_quoted)),
    "ini": _map(form("line"), _section),
    "services": _map(form("line"), _map(form("line"), _attribute_value)),
    "by_tenant": _map(form("tenant"), _mapping),
    "slow": _object("rate", "factor", rate=form("0..1"), factor=form("1..")),
    "remote_write": _remote_write,
    "object": _mapping,
}
