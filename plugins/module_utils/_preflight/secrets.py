# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that settings name and somebody else makes, such as External Secrets or cert-manager."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import object_name
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name

from .findings import Problem


@dataclass(frozen=True)
class NamedSecret:
    """A Secret with the keys that are read, and the setting that names it."""

    name: str
    namespace: str
    keys: Sequence[str]
    option: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets/{self.name}"

    def __str__(self) -> str:
        return f"Secret {self.name} in namespace {self.namespace}"


def wanted_secrets(options: Iterable[Mapping[str, Any]], namespace: str) -> list[NamedSecret]:
    return [
        NamedSecret(
            object_name(one["name"], "named_secrets: name"),
            kubernetes_name(one["namespace"] or namespace, "named_secrets: namespace"),
            one["keys"],
            one["option"],
        )
        for one in options
    ]


def secret_problems(wanted: Iterable[NamedSecret], found: Mapping[str, Mapping[str, Any] | None]) -> list[Problem]:
    """``found`` has each Secret that could be read, or None for one that is not there."""
    problems = []
    for one in wanted:
        if str(one) not in found:
            continue
        item = found[str(one)]
        lacking = [key for key in one.keys if key not in ((item or {}).get("data") or {})]
        if item is None or lacking:
            problems.append(_problem(one, lacking, is_there=item is not None))
    return problems


def _problem(one: NamedSecret, lacking: Sequence[str], *, is_there: bool) -> Problem:
    keys = f"{'keys' if len(lacking) > 1 else 'key'} {' and '.join(lacking)}"
    wants = f" (it needs the {keys})" if lacking else ""
    what = f"lacks the {keys}" if is_there else f"is not there{wants}"
    return Problem(
        "named_secrets",
        f"{one}, which {one.option} names, {what}.",
        "Create it, or see why what makes it does not; k8s_tracing_secret_wait says how long it is waited for.",
    )
