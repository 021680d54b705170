# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods that are to run: what they ask for, and whether a node is large enough for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity, show_quantity

from .findings import Problem

Amounts = dict[str, Decimal]
# A node lists its images, which makes it large; and one that fits is enough.
PAGE = 100
# Twice as many nodes as Kubernetes supports.
MOST_PAGES = 100


@dataclass(frozen=True)
class Pod:
    """A pod with the sums of its containers. A request that is missing equals its limit, as in Kubernetes."""

    name: str
    replicas: int = 1
    containers: int = 1
    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)

    @property
    def best_effort(self) -> bool:
        return not any(self.requests.get(name) or self.limits.get(name) for name in ("cpu", "memory"))


def wanted_pods(options: Iterable[Mapping[str, Any]]) -> list[Pod]:
    return [_pod(one) for one in options]


def _pod(one: Mapping[str, Any]) -> Pod:
    name = one["name"]
    for count, least in (("replicas", 0), ("containers", 1)):
        at_least(one[count], least, f"pods: {name}: {count}")
    limits = amounts(one["limits"], f"pods: {name}: limits")
    requests = amounts(one["requests"], f"pods: {name}: requests")
    return Pod(name, one["replicas"], one["containers"], {**limits, **requests}, limits)


def amounts(given: Mapping[str, Any] | None, option: str) -> Amounts:
    return {name: amount(text, f"{option}.{name}") for name, text in (given or {}).items() if text is not None}


def amount(text: object, option: str) -> Decimal:
    try:
        value = parse_quantity(text)
    except ValueError:
        value = Decimal(-1)
    if value < 0:
        raise invalid(f"{option}: {str(text)!r} is no amount that Kubernetes knows.", "Write for example 500m or 1Gi.")
    return value


def existing_pods(objects: Iterable[Mapping[str, Any]]) -> list[Pod]:
    """Pods of the cluster that count against a quota: those that have not ended."""
    phases = ("Succeeded", "Failed")
    return [_existing(pod) for pod in objects if (pod.get("status") or {}).get("phase") not in phases]


def _existing(pod: Mapping[str, Any]) -> Pod:
    spec = pod["spec"]
    return Pod(
        pod["metadata"]["name"],
        containers=len(spec["containers"]),
        requests=_of_spec(spec, "requests"),
        limits=_of_spec(spec, "limits"),
    )


def _of_spec(spec: Mapping[str, Any], part: str) -> Amounts:
    """The sum of what runs together, or the largest of what runs before it, whichever is more; and the overhead."""
    inits = spec.get("initContainers") or []
    beside = [one for one in inits if one.get("restartPolicy") == "Always"]
    total: Amounts = {}
    for container in [*spec["containers"], *beside]:
        _add(total, _stated(container, part))
    for container in inits:
        for name, value in _stated(container, part).items():
            total[name] = max(total.get(name, Decimal(0)), value)
    _add(total, amounts(spec.get("overhead"), "overhead"))
    return total


def _stated(container: Mapping[str, Any], part: str) -> Amounts:
    return amounts((container.get("resources") or {}).get(part), part)


def _add(total: Amounts, more: Amounts) -> None:
    for name, value in more.items():
        total[name] = total.get(name, Decimal(0)) + value


@dataclass(frozen=True)
class Node:
    """A node that takes new pods, perhaps only those that tolerate its taints."""

    allocatable: Amounts
    taints: tuple[str, ...] = ()

    def holds(self, pod: Pod) -> bool:
        return all(value <= self.allocatable.get(name, Decimal(0)) for name, value in pod.requests.items())


def usable_nodes(api: KubeApi, pods: Sequence[Pod]) -> list[Node]:
    """Page by page, until every pod has found a node."""
    nodes: list[Node] = []
    more = ""
    for _page in range(MOST_PAGES):
        page = api.get("/api/v1/nodes", [("limit", str(PAGE)), *([("continue", more)] if more else [])]) or {}
        nodes += [_node(item) for item in page.get("items") or [] if _takes_pods(item)]
        more = (page.get("metadata") or {}).get("continue") or ""
        if not more or all(any(node.holds(pod) and not node.taints for node in nodes) for pod in pods):
            return nodes
    raise TracingError(
        "kubernetes_api", f"The API server lists more than {MOST_PAGES * PAGE} nodes, and no end of them."
    )


def _takes_pods(node: Mapping[str, Any]) -> bool:
    conditions = node["status"].get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and not node["spec"].get("unschedulable")


def _node(node: Mapping[str, Any]) -> Node:
    taints = [one["key"] for one in node["spec"].get("taints") or [] if one["effect"] != "PreferNoSchedule"]
    return Node(amounts(node["status"].get("allocatable"), "allocatable"), tuple(taints))


def node_problems(pods: Sequence[Pod], nodes: Sequence[Node]) -> tuple[list[Problem], list[str]]:
    """Pods that no node can hold, and those for which only tainted ones could: tolerations are not known here."""
    if not nodes:
        return [], ["nodes: none is ready and takes pods now, which an autoscaler may change."]
    problems: list[Problem] = []
    unknown: list[str] = []
    for pod in (pod for pod in pods if pod.replicas):
        holding = [node for node in nodes if node.holds(pod)]
        if not holding:
            problems.append(_too_large(pod, nodes))
        elif all(node.taints for node in holding):
            taints = ", ".join(sorted({taint for node in holding for taint in node.taints}))
            unknown.append(f"nodes: those large enough for pod {pod.name} want it to tolerate one of: {taints}.")
    return problems, unknown


def _too_large(pod: Pod, nodes: Sequence[Node]) -> Problem:
    asked = ", ".join(f"{show_quantity(value, name)} {name}" for name, value in sorted(pod.requests.items()))
    largest = max(nodes, key=lambda node: sorted(node.allocatable.get(name, Decimal(0)) for name in pod.requests))
    offered = ", ".join(
        f"{show_quantity(largest.allocatable.get(name, Decimal(0)), name)} {name}" for name in sorted(pod.requests)
    )
    message = f"No node is large enough for pod {pod.name}: it requests {asked}, and the largest offers {offered}."
    return Problem("pods", message, "Lower its requests, or add a larger node.")
