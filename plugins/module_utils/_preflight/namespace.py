# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The namespace: whether it is there or could be made, and what it demands of pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell

from .findings import Problem

ENFORCE = "pod-security.kubernetes.io/enforce"
# From the least to the most strict.
LEVELS = ("privileged", "baseline", "restricted")


def enforced(namespace: Mapping[str, Any] | None) -> str:
    """The level of Pod Security that the namespace enforces; empty when its label is missing."""
    label = str(((namespace or {}).get("metadata", {}).get("labels") or {}).get(ENFORCE, ""))
    # The API server takes a level that it does not know for the strictest.
    return label if label in ("", *LEVELS) else "restricted"


def security_problems(name: str, level: str, satisfied: str, shell: Shell) -> list[Problem]:
    """``satisfied`` is the strictest level that the pods meet, empty when nobody asks."""
    if not level or not satisfied or LEVELS.index(level) <= LEVELS.index(satisfied):
        return []
    message = (
        f"Namespace {name} enforces Pod Security {level!r} (label {ENFORCE}), and the pods meet only {satisfied!r}."
    )
    command = shell.kubectl(f"label --overwrite namespace {name} {ENFORCE}={satisfied}")
    return [Problem("pod_security", message, f"Use another namespace, or relax it with: {command}")]


def existence_problems(name: str, namespace: Mapping[str, Any] | None, may_create: bool, shell: Shell) -> list[Problem]:
    if namespace is None:
        message = f"There is no namespace {name}, and this user may not create namespaces."
        fix = f"Name one that is there, or let an administrator run: {shell.kubectl(f'create namespace {name}')}"
        return [] if may_create else [Problem("namespace", message, fix)]
    if (namespace.get("status") or {}).get("phase") == "Terminating":
        fix = f"Use another one, or wait until it is gone: {shell.kubectl(f'wait --for=delete namespace/{name}')}"
        return [Problem("namespace", f"Namespace {name} is being deleted.", fix)]
    return []
