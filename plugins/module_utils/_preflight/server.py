# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server itself: its version, its addresses, and the kinds of objects that it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi

from .findings import Problem

_LEADING = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?![0-9])")
# 1.9 is of 2017. Whoever asks for less wrote 1.30 without quotes, which YAML reads as 1.3.
_LEAST_MINOR = 10
_CRD = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+\Z")


@dataclass(frozen=True)
class ServerVersion:
    """What counts of a version. Distributions add to all of its parts, as in ``27+`` and ``v1.29.3-gke.1``."""

    major: int
    minor: int
    git_version: str

    def to_dict(self) -> dict[str, Any]:
        return {"major": self.major, "minor": self.minor, "git_version": self.git_version}


def server_version(answer: Mapping[str, Any]) -> ServerVersion | None:
    """The answer for ``/version``; None when no version can be made out."""
    git = str(answer.get("gitVersion", ""))
    found = _LEADING.match(git) or _LEADING.match(f"{answer.get('major')}.{answer.get('minor')}")
    return ServerVersion(int(found[1]), int(found[2]), git) if found else None


def wanted_version(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", text)
    if not found:
        raise invalid(f"min_version: {text!r} is not a version.", "Write two numbers in quotes, such as '1.25'.")
    wanted = int(found[1]), int(found[2])
    if wanted < (1, _LEAST_MINOR):
        raise invalid(
            f"min_version: {text!r} is older than any cluster.",
            "Write it in quotes, such as '1.30': without them YAML reads 1.30 as 1.3.",
        )
    return wanted


def version_problems(version: ServerVersion | None, wanted: tuple[int, int] | None) -> list[Problem]:
    if version is None or wanted is None or (version.major, version.minor) >= wanted:
        return []
    runs = version.git_version or f"{version.major}.{version.minor}"
    message = f"The cluster runs Kubernetes {runs}, and the oldest that will do is {wanted[0]}.{wanted[1]}."
    return [Problem("min_version", message, "Upgrade it, or use another context.")]


@dataclass(frozen=True)
class WantedKind:
    """A custom resource definition that something needs."""

    name: str
    needed_for: str
    option: str

    @property
    def resource(self) -> str:
        return self.name.partition(".")[0]

    @property
    def group(self) -> str:
        return self.name.partition(".")[2]


def wanted_kinds(options: Iterable[Mapping[str, Any]]) -> list[WantedKind]:
    kinds = [WantedKind(one["name"], one["needed_for"], one["option"]) for one in options]
    for kind in kinds:
        if not _CRD.match(kind.name):
            raise invalid(
                f"crds: {kind.name!r} is no name of a CRD.", "Write the plural and the group: things.example.com"
            )
    return kinds


def resources_of(api: KubeApi, group: str, wanted: set[str]) -> set[str]:
    """Resources of a group by discovery, which everybody may read, while CRDs are for administrators.

    The preferred version holds nearly always what is looked for; others are asked only when it doesn't.
    """
    answer = api.get(f"/apis/{group}") or {}
    preferred = str((answer.get("preferredVersion") or {}).get("groupVersion", ""))
    versions = [str(version["groupVersion"]) for version in answer.get("versions") or []]
    known: set[str] = set()
    for version in sorted(versions, key=lambda name: name != preferred):
        known |= {str(one["name"]) for one in (api.get(f"/apis/{version}") or {}).get("resources") or []}
        if wanted <= known:
            break
    return known


def kind_problems(kinds: Iterable[WantedKind], known: Mapping[str, set[str]]) -> list[Problem]:
    """``known`` holds the resources of each group that could be asked for."""
    return [_missing(kind) for kind in kinds if kind.group in known and kind.resource not in known[kind.group]]


def _missing(kind: WantedKind) -> Problem:
    reason = f", needed for {kind.needed_for}" if kind.needed_for else ""
    way_out = f", or switch {kind.option} off" if kind.option else ""
    message = f"The cluster does not know {kind.name}{reason}."
    return Problem("crds", message, f"Install the CRDs of the operator that brings it{way_out}.")
