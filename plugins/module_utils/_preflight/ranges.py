# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limit ranges of a namespace: what they add to pods, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import show_quantity

from .findings import Problem
from .pods import Amounts, Pod, amounts
from .storage import Claim


@dataclass(frozen=True)
class Range:
    """One entry of a LimitRange."""

    name: str
    kind: str
    low: Amounts
    high: Amounts
    default_limits: Amounts
    default_requests: Amounts


def ranges_of(objects: Iterable[Mapping[str, Any]]) -> list[Range]:
    return [
        Range(
            item["metadata"]["name"],
            entry["type"],
            *(amounts(entry.get(part), part) for part in ("min", "max", "default", "defaultRequest")),
        )
        for item in objects
        for entry in item["spec"]["limits"]
    ]


def with_defaults(pod: Pod, ranges: Iterable[Range]) -> Pod:
    """The pod as limit ranges complete it. Their defaults are for one container each."""
    requests, limits = dict(pod.requests), dict(pod.limits)
    for entry in (entry for entry in ranges if entry.kind == "Container"):
        for own, defaults in ((limits, entry.default_limits), (requests, entry.default_requests)):
            for name, value in defaults.items():
                own.setdefault(name, value * pod.containers)
    return replace(pod, requests=requests, limits=limits)


def range_problems(
    namespace: str, ranges: Iterable[Range], pods: Iterable[Pod], claims: Iterable[Claim]
) -> list[Problem]:
    """What the API server would refuse for its size.

    Of several containers only the sum is known: bounds of a single one are left to the API server.
    """
    pods = [pod for pod in pods if pod.replicas]
    single = [pod for pod in pods if pod.containers == 1]
    sized = [claim for claim in claims if claim.size]
    problems = []
    for entry in ranges:
        wrong = [
            text for pod in {"Pod": pods, "Container": single}.get(entry.kind, []) for text in _outside(entry, pod)
        ]
        if entry.kind == "PersistentVolumeClaim":
            wrong = [text for claim in sized for text in _outside_volume(entry, claim)]
        if wrong:
            message = f"LimitRange {entry.name} of namespace {namespace} refuses {'; '.join(wrong)}."
            problems.append(Problem("pods", message, "Set what lies in its bounds, or use another namespace."))
    return problems


def _outside_volume(entry: Range, claim: Claim) -> list[str]:
    return _beyond(entry, f"the volume of {claim.name}", "storage", "size", {"storage": claim.size})


def _outside(entry: Range, pod: Pod) -> list[str]:
    name = f"pod {pod.name}"
    found = []
    for resource in sorted({*entry.low, *entry.high}):
        stated = {"request": pod.requests, "limit": pod.limits}
        needed = {"request": entry.low, "limit": entry.high}
        lacking = [part for part in stated if resource in needed[part] and resource not in stated[part]]
        found += [f"{name} without a {resource} {part}" for part in lacking]
        for part in stated:
            found += _beyond(entry, name, resource, f"{resource} {part}", stated[part])
    return found


def _beyond(entry: Range, name: str, resource: str, what: str, stated: Amounts) -> list[str]:
    value = stated.get(resource)
    if value is None:
        return []
    shown = f"{name} for its {what} {show_quantity(value, resource)}"
    if resource in entry.high and value > entry.high[resource]:
        return [f"{shown} (at most {show_quantity(entry.high[resource], resource)})"]
    if resource in entry.low and value < entry.low[resource]:
        return [f"{shown} (at least {show_quantity(entry.low[resource], resource)})"]
    return []
