# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the makers of a cluster demand of pods. What a chart needs for it is in each role's vars/main/platform.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity

PLATFORMS = ("openshift", "gke_autopilot", "eks", "aks")
# The kind by which a cluster shows what it is.
_KINDS = {"openshift": "securitycontextconstraints.security.openshift.io"}
# Of GKE's general-purpose pods without bursting, which all clusters take: least CPU and the steps above it, least
# memory, and how much memory a CPU may and must have.
_CPU_STEP = Decimal("0.25")
_LEAST_MEMORY = Decimal(512 << 20)
_MOST_GIB_PER_CPU = Decimal("6.5")
_GIB = Decimal(1 << 30)
_AMOUNTS = ("cpu", "memory")
_OF_THE_NODE = ("hostPath", "hostNetwork", "hostPort", "hostPID", "hostIPC", "privileged")


def pod_resources(given: Mapping[str, Any], platform: str) -> dict[str, Any]:
    """The resources of a container as the platform takes them. Autopilot reserves what may be used: the limit, else
    the request, raised to what it allows.
    """
    if platform != "gke_autopilot":
        return dict(given)
    cpu, memory = (_amount(given, name) for name in _AMOUNTS)
    gib = max(memory, _LEAST_MEMORY) / _GIB
    cpus = max(cpu, _CPU_STEP, gib / _MOST_GIB_PER_CPU)
    cpus = (cpus / _CPU_STEP).to_integral_value(ROUND_CEILING) * _CPU_STEP
    found = {"cpu": f"{int(cpus * 1000)}m", "memory": _mebibytes(max(gib, cpus))}
    return {"requests": dict(found), "limits": dict(found)}


def _amount(given: Mapping[str, Any], name: str) -> Decimal:
    """The limit, which a part may use up, else the request."""
    for kind in ("limits", "requests"):
        amount = (given.get(kind) or {}).get(name)
        if amount is not None:
            return parse_quantity(amount)
    return Decimal(0)


def _mebibytes(gib: Decimal) -> str:
    return f"{int((gib * 1024).to_integral_value(ROUND_CEILING))}Mi"


def platform_problems(platform: str, user_values: Mapping[str, Any], name: str) -> list[str]:
    """What a user's values set and the platform refuses; ``name`` is what a sentence calls these values."""
    if platform and platform not in PLATFORMS:
        return [f"k8s_tracing_platform is {platform!r}: use {', '.join(PLATFORMS)}, or leave it out."]
    return list(_refused(user_values, name, "")) if platform == "gke_autopilot" else []


def _refused(node: Any, name: str, path: str) -> Iterator[str]:
    """Each key at which Autopilot would refuse the pods, or change them behind Helm's back."""
    inner = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        at = f"{path}.{key}" if path else str(key)
        if key in _OF_THE_NODE and value:
            yield _sentence(name, at, "lets pods have nothing of their node: leave it out")
        elif key == "resources" and isinstance(value, Mapping) and _unequal(value):
            yield _sentence(name, at, "takes equal requests and limits of CPU and memory: set both alike")
        else:
            yield from _refused(value, name, at)


def _sentence(name: str, path: str, reason: str) -> str:
    return f"{name} sets {path}, and k8s_tracing_platform is gke_autopilot, which {reason}, or set another platform."


def _unequal(resources: Mapping[str, Any]) -> bool:
    requests, limits = ({k: str(v) for k, v in (resources.get(kind) or {}).items()} for kind in ("requests", "limits"))
    return any(requests.get(name) != limits.get(name) for name in _AMOUNTS)


def platform_kinds(platform: str) -> list[dict[str, str]]:
    """The kind that the cluster must know, for the preflight."""
    option = "k8s_tracing_platform"
    kind = _KINDS.get(platform)
    return [{"name": kind, "needed_for": f"{option}={platform}", "option": option}] if kind else []
