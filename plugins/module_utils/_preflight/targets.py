# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that a release would send to or ask, and that must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name

from .findings import Problem


@dataclass(frozen=True)
class Target:
    """A Service, and the setting that leads to it."""

    name: str
    namespace: str
    option: str
    address: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/services/{self.name}"

    def __str__(self) -> str:
        return f"Service {self.name} in namespace {self.namespace}"


def wanted_targets(options: Iterable[Mapping[str, Any]]) -> list[Target]:
    return [
        Target(
            kubernetes_name(one["name"], "services: name"),
            kubernetes_name(one["namespace"], "services: namespace"),
            one["option"],
            one["address"],
        )
        for one in options
    ]


def target_problems(missing: Iterable[Target]) -> list[Problem]:
    return [
        Problem(
            "services",
            f"{one.option} leads to {one.address}, and there is no {one}, nor does this run make one.",
            f"Correct {one.option}, put the role that makes the Service before this one, or, where it comes later, set "
            "k8s_tracing_allow_missing_targets to true.",
        )
        for one in missing
    ]
