# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the traffic to a size: the mode, the parts, what they store, the roles' variables, and what to be warned of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity

from .figures import figure
from .input import MB, Load, read
from .parts import (
    GIB,
    Part,
    alloy,
    distributed,
    monolithic,
    partitions,
    prometheus,
    series,
)
from .quantity import cores, disk, memory
from .storage import (
    blocks_kept,
    gets,
    kafka_disk,
    puts,
    volume,
    wal,
)
from .variables import still_to_set, variables

# They look for new blocks in the store.
_POLLING = ("tempo", "querier", "query_frontend", "backend_scheduler", "backend_worker")


def plan(given: Mapping[str, Any]) -> dict[str, Any]:
    """The whole size; ``ValueError`` when there is none for what is given."""
    load = read(given)
    mode = chosen_mode(load)
    backend = chosen_backend(load, mode)
    if mode == "distributed":
        _refuse_too_many_partitions(load)
    tempo = list(distributed(load)) if mode == "distributed" else [monolithic(load)]
    active_series = series(load, mode)
    parts = {part.name: part for part in (alloy(load), *tempo, prometheus(active_series))}
    components = {name: _component(part) for name, part in parts.items()}
    return {
        "mode": mode,
        "storage_backend": backend,
        "ingest": _ingest(load),
        "components": components,
        "total": _total(components.values()),
        "volume": _volume(load, mode, backend),
        "object_store": {} if backend == "local" else _object_store(load, mode, parts),
        "kafka": _kafka(load) if mode == "distributed" else {},
        "series": active_series,
        "variables": variables(load, mode, backend, parts),
        "still_to_set": still_to_set(mode, backend),
        "warnings": list(warnings(load, mode, backend, parts, active_series)),
    }


def chosen_mode(load: Load) -> str:
    """One process as long as its peak is below the lower end of what is published for one."""
    if load.mode != "auto":
        return load.mode
    fits = load.peak <= figure("monolithic_mb") and load.peak_spans <= figure("monolithic_spans")
    return "monolithic" if fits else "distributed"


def chosen_backend(load: Load, mode: str) -> str:
    if load.backend == "auto":
        return "s3" if mode == "distributed" else "local"
    if load.backend == "local" and mode == "distributed":
        raise ValueError(
            f"storage_backend is 'local', but for {load.peak:.4g} MB/s at the peak the mode is distributed, whose "
            "components share an object store: use s3, gcs or azure"
        )
    return load.backend


def _refuse_too_many_partitions(load: Load) -> None:
    need, most = partitions(load), figure("most_partitions")
    if need > most:
        raise ValueError(
            f"spans_per_second x span_bytes x peak_factor are {load.peak:,.0f} MB/s, for which Kafka would need {need} "
            f"partitions, and tempo_kafka_partitions takes {most:.0f}: share the load among several Tempos, or sample"
        )


def _ingest(load: Load) -> dict[str, float]:
    return {
        "spans_per_second": load.spans,
        "peak_spans_per_second": load.peak_spans,
        "megabytes_per_second": round(load.rate, 6),
        "peak_megabytes_per_second": round(load.peak, 6),
    }


def _component(part: Part) -> dict[str, Any]:
    own = {"disk": disk(part.disk * GIB)} if part.disk else {}
    return {
        "replicas": part.replicas,
        "cpu": cores(part.cpu),
        "memory": memory(part.memory),
        "memory_limit": memory(part.memory_limit),
        **own,
    }


def _total(components: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    """Of what the pods request."""

    def together(what: str) -> float:
        return float(sum(one["replicas"] * parse_quantity(one[what]) for one in components))

    return {
        "pods": sum(one["replicas"] for one in components),
        "cpu": together("cpu"),
        "memory_bytes": int(together("memory")),
    }


def _volume(load: Load, mode: str, backend: str) -> dict[str, int]:
    """Components have none: what they keep is in Kafka or the store, and their pods' disk is scratch."""
    if mode == "distributed":
        return {}
    return {"bytes": round(volume(load, backend)), "wal_bytes": round(wal(load))}


def _object_store(load: Load, mode: str, parts: Mapping[str, Part]) -> dict[str, int]:
    pods = sum(parts[name].replicas for name in _POLLING if name in parts)
    return {
        "bytes": round(blocks_kept(load, mode)),
        "put_requests_per_month": puts(load, mode),
        "get_requests_per_month": gets(load, mode, pods),
    }


def _kafka(load: Load) -> dict[str, int]:
    return {
        "partitions": partitions(load),
        "replication": load.replication,
        "retention_hours": int(figure("kafka_retention_hours")),
        "disk_bytes": round(kafka_disk(load)),
    }


def warnings(load: Load, mode: str, backend: str, parts: Mapping[str, Part], active_series: int) -> Iterator[str]:
    if mode == "monolithic":
        yield from _one_process_warnings(load, backend)
    else:
        yield from _component_warnings(load)
    for part in parts.values():
        if part.replicas < part.wanted:
            yield (
                f"{part.wanted} pods of {part.name} would be needed; the role takes {part.replicas}, so each is larger."
            )
    if active_series > figure("prometheus_most_series"):
        yield (
            f"{active_series:,} series are more than one Prometheus carries: set prometheus_mode to remote and send "
            "them to Mimir or the like, or make metrics of fewer spans."
        )


def _one_process_warnings(load: Load, backend: str) -> Iterator[str]:
    beyond = load.peak > figure("monolithic_most_mb") or load.peak_spans > figure("monolithic_most_spans")
    within = load.peak > figure("monolithic_mb") or load.peak_spans > figure("monolithic_spans")
    if within or beyond:
        where = "above" if beyond else "within"
        yield (
            f"{load.peak:.4g} MB/s with {load.peak_spans:,.0f} spans/s at the peak are {where} the 25-35 MB/s or "
            "55k-80k spans/s at which one process is published to end: take mode distributed, or measure first."
        )
    if backend == "local" and volume(load, backend) > 1e6 * MB:
        yield f"A volume of {volume(load, backend) / 1e12:.2g} TB is large for one pod: take an object store."


def _component_warnings(load: Load) -> Iterator[str]:
    if load.peak <= figure("monolithic_mb") and load.peak_spans <= figure("monolithic_spans"):
        yield f"{load.peak:.4g} MB/s at the peak fit into one process: mode monolithic needs no Kafka."
    if load.replication < figure("kafka_replication"):
        yield f"With replication {load.replication} the loss of a broker can lose spans: 3 is published."
