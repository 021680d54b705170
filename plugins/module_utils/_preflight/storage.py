# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volume claims, and the storage classes that have to serve them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell

from .findings import Problem
from .pods import amount

_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
# What charts take for "no class at all": the volume is made by hand.
NO_CLASS = "-"


@dataclass(frozen=True)
class Claim:
    """One claim for each replica. An empty class is the cluster's default one."""

    name: str
    storage_class: str
    size: Decimal
    replicas: int
    option: str = ""


def wanted_claims(options: Iterable[Mapping[str, Any]]) -> list[Claim]:
    return [_claim(one) for one in options]


def _claim(one: Mapping[str, Any]) -> Claim:
    name = one["claim"]
    at_least(one["replicas"], 0, f"storage: {name}: replicas")
    size = amount(one["size"] or "0", f"storage: {name}: size")
    return Claim(name, one["storage_class"] or "", size, one["replicas"], one["option"])


def existing_claims(objects: Iterable[Mapping[str, Any]]) -> list[Claim]:
    return [_existing(claim["metadata"]["name"], claim["spec"]) for claim in objects]


def _existing(name: str, spec: Mapping[str, Any]) -> Claim:
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")
    return Claim(name, spec.get("storageClassName") or "", amount(size, name), 1)


def default_classes(classes: Iterable[Mapping[str, Any]]) -> list[str]:
    return [one["metadata"]["name"] for one in classes if _is_default(one["metadata"].get("annotations") or {})]


def _is_default(annotations: Mapping[str, Any]) -> bool:
    return any(annotations.get(name) == "true" for name in _DEFAULT)


def with_default_class(claims: Iterable[Claim], classes: Iterable[Mapping[str, Any]]) -> list[Claim]:
    """The claims with the class that they will get. Of several default classes it is not known which."""
    defaults = default_classes(classes)
    default = defaults[0] if len(defaults) == 1 else ""
    return [
        replace(one, storage_class={"": default, NO_CLASS: ""}.get(one.storage_class, one.storage_class))
        for one in claims
    ]


def storage_problems(
    claims: Sequence[Claim], classes: Sequence[Mapping[str, Any]], existing: Sequence[Mapping[str, Any]], shell: Shell
) -> list[Problem]:
    """Volumes that are bound need their class no more: when all of them are, nothing is asked."""
    bound = sum((claim.get("status") or {}).get("phase") == "Bound" for claim in existing)
    if bound >= sum(claim.replicas for claim in claims):
        return []
    there = [one["metadata"]["name"] for one in classes]
    defaults = default_classes(classes)
    return [problem for claim in claims for problem in _judge(claim, there, defaults, shell)]


def _judge(claim: Claim, there: Sequence[str], defaults: Sequence[str], shell: Shell) -> list[Problem]:
    listed = f"There are: {', '.join(sorted(there))}." if there else "There is none at all."
    name_one = f"Name one that is there in {claim.option or 'its settings'}"
    if claim.storage_class == NO_CLASS or claim.storage_class in there:
        return []
    if claim.storage_class:
        message = f"There is no storage class {claim.storage_class!r} for the volume of {claim.name}. {listed}"
        return [Problem("storage", message, f"{name_one}, or create it.")]
    if defaults:
        return []
    message = f"The volume of {claim.name} names no storage class, and the cluster has no default one. {listed}"
    mark = shell.kubectl("annotate storageclass NAME storageclass.kubernetes.io/is-default-class=true")
    return [Problem("storage", message, f"{name_one}, or make one the default: {mark}")]
