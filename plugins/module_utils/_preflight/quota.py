# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas of a namespace against the pods and claims that are to come into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import show_quantity

from .findings import Problem
from .pods import Amounts, Pod, amounts
from .storage import Claim

# Every container has to state these when a quota bounds them.
_DEMANDED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
# Scopes that can be told from what is known of a pod. The stack's servers have no deadline: they are not terminating.
_SCOPES = ("BestEffort", "NotBestEffort", "NotTerminating")
_ROOM = "Raise the quota, ask for less, or use another namespace."


@dataclass(frozen=True)
class Quota:
    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[str, ...] = ()

    @property
    def understood(self) -> bool:
        return set(self.scopes) <= set(_SCOPES)

    def concerns(self, pod: Pod) -> bool:
        return ("NotBestEffort" if pod.best_effort else "BestEffort") not in self.scopes


def quotas_of(objects: Iterable[Mapping[str, Any]]) -> list[Quota]:
    return [_quota(item) for item in objects]


def _quota(item: Mapping[str, Any]) -> Quota:
    spec, status = item.get("spec") or {}, item.get("status") or {}
    selected = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    # An operator other than Exists belongs to a priority class, which nobody here knows.
    scopes = [one["scopeName"] if one["operator"] == "Exists" else "PriorityClass" for one in selected]
    hard = amounts(status.get("hard") or spec.get("hard"), "hard")
    return Quota(
        item["metadata"]["name"], hard, amounts(status.get("used"), "used"), (*(spec.get("scopes") or ()), *scopes)
    )


@dataclass(frozen=True)
class Needs:
    """Pods and claims, of the release that is to come or of the one that is there."""

    pods: Sequence[Pod] = ()
    claims: Sequence[Claim] = ()

    def within(self, quota: Quota) -> Amounts:
        """What counts against a quota. One with scopes counts pods only."""
        total: Amounts = {}
        for pod in self.pods:
            if quota.concerns(pod):
                _count(total, _of_pod(pod), pod.replicas)
        for claim in () if quota.scopes else self.claims:
            _count(total, _of_claim(claim), claim.replicas)
        return total


def _count(total: Amounts, one: Amounts, replicas: int) -> None:
    for key, value in one.items():
        total[key] = total.get(key, Decimal(0)) + value * replicas


def _of_pod(pod: Pod) -> Amounts:
    return {
        **pod.requests,
        **{f"requests.{name}": value for name, value in pod.requests.items()},
        **{f"limits.{name}": value for name, value in pod.limits.items()},
        "pods": Decimal(1),
        "count/pods": Decimal(1),
    }


def _of_claim(claim: Claim) -> Amounts:
    one = {"persistentvolumeclaims": Decimal(1), "requests.storage": claim.size}
    of_class = {f"{claim.storage_class}.storageclass.storage.k8s.io/{key}": value for key, value in one.items()}
    return {**one, **of_class, "count/persistentvolumeclaims": Decimal(1)}


def quota_problems(
    namespace: str, quotas: Iterable[Quota], wanted: Needs, present: Needs | None
) -> tuple[list[Problem], list[str]]:
    """What the release needs beyond what it uses already. When that is not known, neither is a shortage."""
    problems: list[Problem] = []
    unknown: list[str] = []
    for quota in quotas:
        if not quota.understood:
            scopes = ", ".join(quota.scopes)
            unknown.append(f"ResourceQuota {quota.name}: whether its scopes ({scopes}) hold for the pods.")
            continue
        short = _shortages(quota, wanted.within(quota), (present or Needs()).within(quota))
        if short and present is None:
            unknown.append(f"ResourceQuota {quota.name}: how much of it the release uses already.")
        elif short:
            message = f"ResourceQuota {quota.name} of namespace {namespace} is too small: {'; '.join(short)}."
            problems.append(Problem("pods", message, _ROOM))
    return problems, unknown


def _shortages(quota: Quota, wanted: Amounts, present: Amounts) -> list[str]:
    found = []
    for key, hard in sorted(quota.hard.items()):
        needed = wanted.get(key, Decimal(0)) - present.get(key, Decimal(0))
        left = max(hard - quota.used.get(key, Decimal(0)), Decimal(0))
        if needed > left:
            shown = [show_quantity(value, key) for value in (needed, left, hard)]
            found.append(f"{key} takes {shown[0]} more, and {shown[1]} of {shown[2]} is left")
    return found


def demand_problems(namespace: str, quotas: Iterable[Quota], pods: Iterable[Pod]) -> list[Problem]:
    """Pods that leave out what a quota makes obligatory; limit ranges have filled in their defaults before."""
    quotas = [quota for quota in quotas if quota.understood]
    problems = []
    for pod in (pod for pod in pods if pod.replicas):
        stated = _of_pod(pod)
        # A quota that the pod is outside of demands nothing of it.
        demanding = [quota for quota in quotas if quota.concerns(pod)]
        missing = {key for quota in demanding for key in quota.hard if key in _DEMANDED and key not in stated}
        if missing:
            names = ", ".join(sorted(quota.name for quota in demanding if missing & set(quota.hard)))
            wanted = ", ".join(sorted({key if "." in key else f"requests.{key}" for key in missing}))
            message = (
                f"Pod {pod.name} states no {wanted}, which ResourceQuota {names} of namespace {namespace} demands."
            )
            problems.append(Problem("pods", message, "Set them, or give the namespace a LimitRange with defaults."))
    return problems
