# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas on the number of objects, against those that a first installation makes besides its pods and claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from .findings import Problem
from .quota import Quota
from .rights import Right

# Pods and claims are counted with what they ask for.
_ELSEWHERE = ("pods", "persistentvolumeclaims")
# What a controller makes for each of them.
_FOLLOW = {
    "deployments.apps": ("replicasets.apps",),
    "daemonsets.apps": ("controllerrevisions.apps",),
    "statefulsets.apps": ("controllerrevisions.apps",),
    "services": ("endpoints", "endpointslices.discovery.k8s.io"),
}
_RESOURCES = {
    "DaemonSet": "daemonsets.apps",
    "Deployment": "deployments.apps",
    "Job": "jobs.batch",
    "StatefulSet": "statefulsets.apps",
}
_FIX = "Raise the quota, or use another namespace."


def new_objects(rights: Iterable[Right], namespace: str, kinds: Sequence[str]) -> dict[str, int]:
    """How many there will be at least, by resource: one of each that has to be created, and all workloads."""
    found = {
        right.target: 1
        for right in rights
        if right.verb == "create" and right.namespace == namespace and "/" not in right.resource
    }
    found |= {resource: count for kind, resource in _RESOURCES.items() if (count := kinds.count(kind))}
    for resource, count in list(found.items()):
        found |= dict.fromkeys(_FOLLOW.get(resource, ()), count)
    return {resource: count for resource, count in found.items() if resource not in _ELSEWHERE}


def count_problems(namespace: str, quotas: Iterable[Quota], wanted: Mapping[str, int]) -> list[Problem]:
    problems = []
    for quota in quotas:
        short = [text for name, count in sorted(wanted.items()) if (text := _shortage(quota, name, count))]
        if short:
            message = f"ResourceQuota {quota.name} of namespace {namespace} leaves no room: {'; '.join(short)}."
            problems.append(Problem("permissions", message, _FIX))
    return problems


def _shortage(quota: Quota, resource: str, count: int) -> str:
    # The short names are those of the core group from before `count/` was there.
    for key in (f"count/{resource}", resource):
        if key in quota.hard:
            left = max(quota.hard[key] - quota.used.get(key, Decimal(0)), Decimal(0))
            if count > left:
                return f"at least {count} {resource} are to be made, and {key} has {left:f} of {quota.hard[key]:f} left"
    return ""
