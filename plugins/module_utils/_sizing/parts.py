# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a stack with their pods, each with the CPU and memory of one pod."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .figures import figure
from .input import Load

GIB = 1 << 30


@dataclass(frozen=True)
class Part:
    """CPU in cores, memory and disk in GiB, all for one pod. ``wanted`` pods can be more than the roles take."""

    name: str
    wanted: int
    cpu: float
    memory: float
    memory_limit: float
    disk: float = 0

    @property
    def replicas(self) -> int:
        return min(self.wanted, int(figure("most_pods")))


def times(need: float, of_one: float) -> int:
    """How many it takes. Rounded first, so that 25.000000001 is not one more than 25."""
    return max(1, math.ceil(round(need / of_one, 6)))


def fitted(part: Part) -> Part:
    """Fewer and larger pods where the roles would not take as many."""
    factor = part.wanted / part.replicas
    return replace(part, cpu=part.cpu * factor, memory=part.memory * factor, memory_limit=part.memory_limit * factor)


def alloy(load: Load) -> Part:
    cores = load.peak_spans / figure("alloy_spans_per_core")
    pods = max(load.replicas, times(cores, figure("alloy_pod_cores")))
    cpu = max(figure("alloy_cpu_least"), cores / pods)
    memory = max(figure("alloy_memory_least"), cores / pods * figure("alloy_memory_per_core"))
    limit = max(figure("alloy_memory_limit_least"), memory * figure("alloy_memory_limit_factor"))
    return fitted(Part("alloy", pods, cpu, memory, limit))


def monolithic(load: Load) -> Part:
    cpu = figure("monolithic_cpu_base") + load.peak * figure("monolithic_cpu_per_mb")
    memory = figure("monolithic_memory_base") + load.peak * figure("monolithic_memory_per_mb")
    return Part("tempo", 1, cpu, memory, 2 * memory + figure("monolithic_memory_queries"))


def distributed(load: Load) -> Iterator[Part]:
    """What takes spans follows the peak; what queries and compacts follows the mean, because it may lag behind."""
    partitions_ = partitions(load)
    share = load.peak / partitions_
    queriers = max(load.replicas, times(load.rate, figure("querier_mb")))
    frontends = max(load.replicas, int(figure("query_frontend_pods")))
    frontends = max(frontends, times(queriers, figure("query_frontend_queriers")))
    yield _component("distributor", max(load.replicas, times(load.peak, figure("distributor_mb"))))
    yield _component("live_store", partitions_, share * figure("live_store_seconds") * figure("stored_ratio"))
    # Uncompressed: published is one cycle's worth of data.
    yield _component("block_builder", partitions_, share * figure("cycle_seconds"))
    yield _component("querier", queriers)
    yield _component("query_frontend", frontends)
    yield _component("backend_scheduler", 1)
    yield _component("backend_worker", times(load.rate, figure("backend_worker_mb")))
    yield _component("metrics_generator", generators(load))


def partitions(load: Load) -> int:
    return times(load.peak, figure("partition_mb"))


def generators(load: Load) -> int:
    """They share the partitions: more of them would have nothing to do."""
    return min(partitions(load), times(load.peak, figure("metrics_generator_mb")))


def _component(name: str, pods: int, disk_mb: float = 0) -> Part:
    memory = figure(f"{name}_memory")
    # One figure is published for a distributor's memory, a range for all others.
    limit = memory if name == "distributor" else figure(f"{name}_memory_limit")
    return fitted(Part(name, pods, figure(f"{name}_cpu"), memory, limit, disk_mb * 1e6 / GIB))


def series(load: Load, mode: str) -> int:
    """Every metrics generator sends series of its own, told apart by the label ``__metrics_gen_instance``."""
    senders = generators(load) if mode == "distributed" else 1
    return int(load.operations * figure("series_per_operation") * senders)


def prometheus(active_series: int) -> Part:
    samples = active_series / figure("sample_seconds")
    cpu = figure("prometheus_cpu_base") + samples / figure("prometheus_samples_per_core")
    memory = figure("prometheus_memory_base") + active_series * figure("prometheus_series_bytes") / GIB
    kept = samples * figure("prometheus_retention_hours") * 3600 * figure("sample_bytes")
    disk = max(figure("prometheus_volume_least"), kept / GIB / figure("volume_fill"))
    limit = max(figure("prometheus_memory_limit_least"), 2 * memory)
    return Part("prometheus", 1, cpu, memory, limit, disk)
