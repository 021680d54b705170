# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this user may do, asked of the cluster itself by reviews that store nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi

from .findings import Problem

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_FIX = "Bind the role of docs/minimal-role.md to this user, or use another context."


@dataclass(frozen=True)
class Right:
    """One verb on one resource. An empty namespace means the whole cluster."""

    verb: str
    group: str
    resource: str
    namespace: str = ""

    @property
    def target(self) -> str:
        """As ``kubectl`` writes it: ``deployments.apps/scale``."""
        name, _slash, subresource = self.resource.partition("/")
        return name + (f".{self.group}" if self.group else "") + (f"/{subresource}" if subresource else "")

    def __str__(self) -> str:
        return f"{self.verb} {self.target} {_where(self.namespace)}"


# Only a rule of stars matches it, so that an administrator is known by one request.
EVERYTHING = Right("*", "*", "*")
CREATE_NAMESPACES = Right("create", "", "namespaces")


def wanted_rights(options: Iterable[Mapping[str, Any]], namespace: str) -> list[Right]:
    """Each verb of each resource, once."""
    rights = [
        Right(verb, one["group"] or "", one["resource"], namespace if one["namespace"] is None else one["namespace"])
        for one in options
        for verb in one["verbs"]
    ]
    return list(dict.fromkeys(rights))


def may(api: KubeApi, right: Right) -> bool:
    name, _slash, subresource = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": name, "namespace": right.namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {**attributes, "subresource": subresource}},
    }
    answer = api.create(_REVIEWS, review) or {}
    return (answer.get("status") or {}).get("allowed") is True


def right_problems(missing: Iterable[Right]) -> list[Problem]:
    """One for each namespace, with resources that lack the same verbs told together."""
    verbs: dict[str, dict[str, list[str]]] = {}
    for right in missing:
        verbs.setdefault(right.namespace, {}).setdefault(right.target, []).append(right.verb)
    return [_not_allowed(namespace, targets) for namespace, targets in verbs.items()]


def _not_allowed(namespace: str, verbs: Mapping[str, list[str]]) -> Problem:
    together: dict[str, list[str]] = {}
    for target, names in verbs.items():
        together.setdefault(", ".join(names), []).append(target)
    parts = [f"{names} {' and '.join(targets)}" for names, targets in together.items()]
    return Problem("permissions", f"This user may not {'; '.join(parts)} {_where(namespace)}.", _FIX)


def _where(namespace: str) -> str:
    return f"in namespace {namespace}" if namespace else "in the whole cluster"
