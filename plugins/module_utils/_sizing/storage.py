# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where spans lie: on Tempo's volume, in an object store with its requests, and in Kafka. In bytes."""

from __future__ import annotations

import math

from .figures import figure
from .input import MB, Load
from .parts import GIB, partitions

MONTH = 30 * 86_400


def blocks_kept(load: Load, mode: str) -> float:
    """All blocks at the end of the retention."""
    written = load.rate * MB * figure("stored_ratio") * figure(f"{mode}_copies")
    return written * load.retention * (1 + figure("compaction_overhead"))


def wal(load: Load) -> float:
    """What one process keeps of the last hour: blocks that fill, and finished ones that it still answers from."""
    filling = min(load.peak * figure("wal_block_seconds"), figure("wal_block_mb") * figure("wal_blocks"))
    finished = load.peak * figure("stored_ratio")
    finished *= figure("wal_complete_seconds") + figure("local_complete_seconds")
    return (filling + finished) * MB


def volume(load: Load, backend: str) -> float:
    """Of the one process."""
    need = wal(load) + (blocks_kept(load, "monolithic") if backend == "local" else 0)
    return max(figure("tempo_volume_least") * GIB, need / figure("volume_fill"))


def blocks_a_month(load: Load, mode: str) -> float:
    if mode == "distributed":
        return partitions(load) * MONTH / figure("cycle_seconds")
    full = load.rate * MONTH / figure("wal_block_mb")
    return max(MONTH / figure("block_seconds"), full) + max(MONTH / figure("local_block_seconds"), full)


def compacted(blocks: float) -> float:
    """Blocks that compaction writes: a quarter of the first ones, a quarter of these, and so on."""
    share = 1 / figure("compaction_inputs")
    return sum(blocks * share**level for level in range(1, int(figure("compactions")) + 1))


def _written(load: Load, mode: str) -> float:
    """MB that go into the store for the first time, in a month."""
    return load.rate * MONTH * figure("stored_ratio") * figure(f"{mode}_copies")


def puts(load: Load, mode: str) -> int:
    blocks = blocks_a_month(load, mode)
    parts = _written(load, mode) * (1 + figure("compactions")) / figure("upload_part_mb")
    return math.ceil((blocks + compacted(blocks)) * figure("puts_per_block") + parts)


def gets(load: Load, mode: str, pods: int) -> int:
    """Compaction reads, pods that look for new blocks, and searches."""
    blocks = blocks_a_month(load, mode)
    read = _written(load, mode) * figure("compactions") / figure("read_chunk_mb")
    read += (blocks + compacted(blocks)) * figure("gets_per_block")
    polls = pods * MONTH / figure("poll_seconds")
    hour = _written(load, mode) * 3600 / MONTH
    searches = figure("searches_per_hour") * MONTH / 3600
    return math.ceil(read + polls + searches * math.ceil(hour / figure("search_job_mb")) * figure("gets_per_job"))


def kafka_disk(load: Load) -> float:
    """On all brokers together."""
    kept = load.rate * MB * figure("kafka_retention_hours") * 3600
    return kept * load.replication * (1 + figure("kafka_overhead"))
