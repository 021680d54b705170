# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a preflight, checked before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell, shell_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS

from .namespace import LEVELS
from .pods import Pod, wanted_pods
from .releases import (
    Exclusive,
    wanted_exclusives,
)
from .rights import Right, wanted_rights
from .secrets import NamedSecret, wanted_secrets
from .server import (
    WantedKind,
    wanted_kinds,
    wanted_version,
)
from .storage import Claim, wanted_claims
from .targets import Target, wanted_targets

_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?\Z")
_NAME = {"type": "str", "required": True}
_TEXT = {"type": "str", "default": ""}
_ONE = {"type": "int", "default": 1}
_KEYS = {"type": "list", "elements": "str", "default": [], "no_log": False}
_AMOUNTS = {"type": "dict", "default": {}}


def _list_of(**options: dict[str, Any]) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "default": [], "options": options}


ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    "min_version": _TEXT,
    "permissions": _list_of(
        group=_TEXT,
        resource=_NAME,
        verbs={"type": "list", "elements": "str", "required": True},
        namespace={"type": "str"},
    ),
    "storage": _list_of(claim=_NAME, storage_class=_TEXT, size=_TEXT, replicas=_ONE, option=_TEXT),
    "crds": _list_of(name=_NAME, needed_for=_TEXT, option=_TEXT),
    "pods": _list_of(name=_NAME, replicas=_ONE, containers=_ONE, requests=_AMOUNTS, limits=_AMOUNTS),
    "release_names": {"type": "list", "elements": "str", "default": [], "aliases": ["release_name"]},
    "exclusive": _list_of(chart=_NAME, release_name=_NAME, reason=_TEXT, option=_TEXT),
    "services": _list_of(name=_NAME, namespace=_NAME, option=_NAME, address=_NAME),
    "named_secrets": {**_list_of(name=_NAME, namespace=_TEXT, keys=_KEYS, option=_NAME), "no_log": False},
    "new_workloads": {"type": "list", "elements": "str"},
    "pod_security": {**_TEXT, "choices": ["", *LEVELS]},
}


@dataclass(frozen=True)
class Wanted:
    """What a cluster is asked about. An empty part is not looked at."""

    namespace: str
    version: tuple[int, int] | None
    rights: Sequence[Right]
    claims: Sequence[Claim]
    kinds: Sequence[WantedKind]
    pods: Sequence[Pod]
    releases: Sequence[str]
    exclusives: Sequence[Exclusive]
    security: str
    services: Sequence[Target]
    secrets: Sequence[NamedSecret]
    shell: Shell
    # Kinds of the workloads of a first installation; None where there is a release already.
    new_workloads: Sequence[str] | None = None


def wanted(params: Mapping[str, Any]) -> Wanted:
    more_than_zero(params["request_timeout"], "request_timeout")
    namespace = kubernetes_name(params["namespace"], "namespace")
    return Wanted(
        namespace,
        wanted_version(params["min_version"]),
        wanted_rights(params["permissions"], namespace),
        wanted_claims(params["storage"]),
        wanted_kinds(params["crds"]),
        wanted_pods(params["pods"]),
        _release_names(params["release_names"]),
        wanted_exclusives(params["exclusive"]),
        params["pod_security"],
        wanted_targets(params["services"]),
        wanted_secrets(params["named_secrets"], namespace),
        shell_of(params),
        params["new_workloads"],
    )


def _release_names(given: Sequence[str]) -> list[str]:
    for name in filter(None, given):
        if not _RELEASE.match(name):
            raise invalid(f"release_names: {name!r} is no name of a Helm release.", "Use a-z, 0-9, '-' and '.'.")
    return [name for name in given if name]
