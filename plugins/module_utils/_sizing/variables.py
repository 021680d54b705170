# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A size as variables of the roles: only those that differ from what a role does by itself, and the resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity

from .figures import figure
from .input import MB, Load
from .parts import GIB, Part
from .quantity import (
    cores,
    disk,
    memory,
    two_digits,
)
from .storage import volume

# Components whose number is set by itself. Block builders and live stores are as many as partitions.
_COUNTED = ("distributor", "querier", "query_frontend", "metrics_generator", "backend_worker")


def variables(load: Load, mode: str, backend: str, parts: Mapping[str, Part]) -> dict[str, Any]:
    of_mode = _distributed(parts) if mode == "distributed" else _monolithic(load, backend, parts["tempo"])
    return {
        "tempo_mode": mode,
        "tempo_storage_backend": backend,
        "tempo_retention": hours(load.retention),
        **of_mode,
        **_limits(load, parts),
        **_alloy(parts["alloy"]),
        "prometheus_resources": _resources(parts["prometheus"]),
        "prometheus_persistence_size": disk(parts["prometheus"].disk * GIB),
    }


def still_to_set(mode: str, backend: str) -> list[str]:
    """What the roles need besides, and no size tells."""
    store = [] if backend == "local" else [f"tempo_storage_{backend}"]
    return store + (["tempo_kafka_address"] if mode == "distributed" else [])


def hours(seconds: int) -> str:
    """As the role takes it: it knows no days."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _resources(part: Part) -> dict[str, dict[str, str]]:
    """No limit on CPU: a pod that is held back at a peak is what the peak's size is there to avoid."""
    requests = {"cpu": cores(part.cpu), "memory": memory(part.memory)}
    return {"requests": requests, "limits": {"memory": memory(part.memory_limit)}}


def _monolithic(load: Load, backend: str, tempo: Part) -> dict[str, Any]:
    return {"tempo_resources": _resources(tempo), "tempo_persistence_size": disk(volume(load, backend))}


def _distributed(parts: Mapping[str, Part]) -> dict[str, Any]:
    """The role's own resources are the same for each component: those that differ are values of the chart."""
    own = {name: part for name, part in parts.items() if name not in ("alloy", "prometheus")}
    return {
        "tempo_kafka_partitions": parts["live_store"].replicas,
        "tempo_replicas": {name: parts[name].replicas for name in _COUNTED},
        "tempo_values": {_section(name): {"resources": _resources(part)} for name, part in own.items()},
    }


def _section(name: str) -> str:
    """The chart's section: live_store is liveStore there."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)


def _alloy(alloy: Part) -> dict[str, Any]:
    resources = _resources(alloy)
    limit = int(parse_quantity(resources["limits"]["memory"])) / (1 << 20)
    return {
        "alloy_replicas": alloy.replicas,
        "alloy_resources": resources,
        "alloy_memory_limit": f"{int(limit * figure('alloy_refuse_share'))}MiB",
    }


def _limits(load: Load, parts: Mapping[str, Part]) -> dict[str, Any]:
    """Tempo's own limits would discard what the size is made for."""
    ingestion: dict[str, Any] = {}
    takers = parts["distributor"].replicas if "distributor" in parts else 1
    holders = parts["live_store"].replicas if "live_store" in parts else 1
    rate = load.peak / takers * figure("limit_headroom")
    if rate > figure("rate_limit_mb"):
        ingestion["rate_limit_bytes"] = two_digits(rate * MB)
        ingestion["burst_size_bytes"] = two_digits(rate * MB * figure("burst_factor"))
    live = load.peak_spans / figure("spans_per_trace") * figure("live_seconds") * figure("limit_headroom") / holders
    if live > figure("live_traces"):
        ingestion["max_traces_per_user"] = two_digits(live)
    return {"tempo_limits": {"ingestion": ingestion}} if ingestion else {}
