# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a release of Tempo: one process, or a workload for each component."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Settings = Mapping[str, Any]


# What an autoscaler has that is not said.
_AUTOSCALER: Settings = {"min_replicas": 2, "max_replicas": 5, "cpu_percent": 70, "memory_percent": 0}


def autoscaler(given: Settings) -> dict[str, Any]:
    return {**_AUTOSCALER, **given}


def components(
    rows: Sequence[Settings], release_name: str, resources: Settings, common: Settings, *, spread: str = "required"
) -> dict[str, list[dict[str, Any]] | dict[str, Any]]:
    """``workloads`` and ``pods`` of a release, and the chart's ``values`` for each component that has a section there.

    ``common`` are values of all components. By the chart two pods of a component are ``required`` to be on two nodes;
    with another ``spread`` they may be on one where there is no other.
    """
    found = [{**row, "replicas": _replicas(row)} for row in rows]
    names = ["-".join(filter(None, (release_name, row["name"]))) for row in found]
    claims = {kind: resources.get(kind) or {} for kind in ("requests", "limits")}
    shared = {name: {**_spread(release_name, name, spread), **common} for name in (row["name"] for row in found)}
    return {
        "workloads": [{"kind": row["kind"], "name": name} for row, name in zip(found, names, strict=True)],
        "pods": [{"name": name, "replicas": row["replicas"], **claims} for row, name in zip(found, names, strict=True)],
        "values": {row["section"]: _values(row, shared[row["name"]]) for row in found if "section" in row},
    }


def _replicas(row: Settings) -> Any:
    """An autoscaler begins with its fewest."""
    scaled = row.get("autoscaling")
    return autoscaler(scaled)["min_replicas"] if scaled is not None else row["replicas"]


def _values(row: Settings, common: Settings) -> dict[str, Any]:
    scaled = row.get("autoscaling")
    return {
        **common,
        **({} if row.get("single") else {"replicas": row["replicas"]}),
        **({} if scaled is None else {"autoscaling": _autoscaling(autoscaler(scaled))}),
    }


def _autoscaling(given: Settings) -> dict[str, Any]:
    """As the chart takes it. A target of nothing is none."""
    return {
        "enabled": True,
        "minReplicas": int(given["min_replicas"]),
        "maxReplicas": int(given["max_replicas"]),
        "targetCPUUtilizationPercentage": int(given["cpu_percent"]) or None,
        "targetMemoryUtilizationPercentage": int(given["memory_percent"]) or None,
    }


def _spread(release_name: str, component: str, spread: str) -> dict[str, str]:
    """The chart takes a component's affinity as a template's text."""
    if spread == "required" or not component:
        return {}
    labels = {
        "app.kubernetes.io/name": "tempo",
        "app.kubernetes.io/instance": release_name,
        "app.kubernetes.io/component": component,
    }
    terms = [
        {"weight": weight, "podAffinityTerm": {"labelSelector": {"matchLabels": labels}, "topologyKey": key}}
        for weight, key in ((100, "kubernetes.io/hostname"), (50, "topology.kubernetes.io/zone"))
    ]
    return {"affinity": json.dumps({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms}})}
