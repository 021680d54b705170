# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A size as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered


def sheet(size: Mapping[str, Any]) -> list[str]:
    return [*_head(size), *_components(size), *_stores(size), *_end(size)]


def amount(number: float) -> str:
    """Bytes or requests: 1.2 T, 300 M, 45 k."""
    for unit, step in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= step:
            return f"{number / step:.3g} {unit}"
    return f"{number:.3g} "


def _head(size: Mapping[str, Any]) -> Iterator[str]:
    ingest = size["ingest"]
    yield (
        f"{ingest['spans_per_second']:,.10g} spans/s, {ingest['megabytes_per_second']:.4g} MB/s; at the peak "
        f"{ingest['peak_megabytes_per_second']:.4g} MB/s. Kept for {size['variables']['tempo_retention']}."
    )
    yield f"Tempo {size['mode']}, blocks in {size['storage_backend']}."


def _components(size: Mapping[str, Any]) -> Iterator[str]:
    for name, part in size["components"].items():
        pods = f"{numbered(part['replicas'], 'pod')} with"
        disk = f", {part['disk']} of disk" if "disk" in part else ""
        yield f"{name}: {pods} {part['cpu']} CPU, {part['memory']} (at most {part['memory_limit']}) of memory{disk}"
    total = size["total"]
    gib = total["memory_bytes"] / (1 << 30)
    yield f"Together: {total['pods']} pods, {total['cpu']:,.10g} CPU, {gib:,.1f} GiB of memory"


def _stores(size: Mapping[str, Any]) -> Iterator[str]:
    if size["volume"]:
        volume = size["volume"]
        yield f"Tempo's volume: {amount(volume['bytes'])}B, of which {amount(volume['wal_bytes'])}B for recent traces"
    if size["object_store"]:
        store = size["object_store"]
        yield (
            f"Object store: {amount(store['bytes'])}B; in a month {amount(store['put_requests_per_month'])} PUT and "
            f"{amount(store['get_requests_per_month'])} GET requests"
        )
    if size["kafka"]:
        kafka = size["kafka"]
        yield (
            f"Kafka: {kafka['partitions']} partitions, {kafka['replication']} copies for {kafka['retention_hours']} h, "
            f"{amount(kafka['disk_bytes'])}B of disk on all brokers"
        )
    yield f"Prometheus: {size['series']:,} series made from spans"


def _end(size: Mapping[str, Any]) -> Iterator[str]:
    if size["still_to_set"]:
        yield f"To be set besides: {', '.join(size['still_to_set'])}"
    for warning in size["warnings"]:
        yield f"Warning: {warning}"
