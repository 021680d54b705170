# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures that a size is computed from, each with its source. No other file of the calculator holds one.

`MEASURED` comes first: a figure that was measured on a bench of our own goes there under the same name, and every size
and the page docs/sizing.md follow it. MB are a million bytes, as Tempo's guide counts traffic; GiB are for memory.
"""

from __future__ import annotations

from dataclasses import dataclass

_TEMPO = "https://grafana.com/docs/tempo/v3.0.x/"
SIZE_PAGE = f"{_TEMPO}set-up-for-tracing/setup-tempo/plan/size/"
MODES_PAGE = f"{_TEMPO}set-up-for-tracing/setup-tempo/plan/deployment-modes/"
KAFKA_PAGE = "https://grafana.com/docs/tempo/next/set-up-for-tracing/setup-tempo/configure-kafka/"
LIMITS_PAGE = f"{_TEMPO}operations/manage-trace-ingestion/"
SETTINGS_PAGE = f"{_TEMPO}configuration/"
SETTINGS_2_PAGE = "https://grafana.com/docs/tempo/v2.10.x/configuration/"
CARDINALITY_PAGE = f"{_TEMPO}metrics-from-traces/metrics-generator/estimate-cardinality/"
PARQUET_PAGE = "https://github.com/grafana/tempo/blob/main/docs/design-proposals/2022-04%20Parquet.md"
COLLECTOR_PAGE = (
    "https://help.splunk.com/splunk-observability-cloud/manage-data/splunk-distribution-of-the-opentelemetry-collector"
    "/get-started-with-the-splunk-distribution-of-the-opentelemetry-collector/collector-requirements/sizing-and-scaling"
)
PROMETHEUS_PAGE = "https://prometheus.io/docs/prometheus/latest/storage/"

# Published: upstream's advice for sizes. Default: a setting of Tempo or of a role. Assumed: ours, until it is measured.
KINDS = ("published", "default", "assumed", "measured")


@dataclass(frozen=True)
class Figure:
    """A number with its unit, and how it is known."""

    value: float
    unit: str
    kind: str
    source: str


FIGURES: dict[str, Figure] = {
    # What comes in
    "span_bytes": Figure(500, "bytes", "published", f"typical span in {LIMITS_PAGE}"),
    "peak_factor": Figure(1.5, "", "assumed", "busiest minutes against the mean"),
    "spans_per_trace": Figure(7, "spans", "assumed", "7.6 of the trace generator's shop, rounded down"),
    "operations": Figure(500, "", "assumed", "services, span names, kinds and states of a middle-sized shop"),
    # One process
    "monolithic_mb": Figure(25, "MB/s", "published", f"lower end of 25-35 in {MODES_PAGE}"),
    "monolithic_spans": Figure(55_000, "spans/s", "published", f"lower end of 55k-80k in {MODES_PAGE}"),
    "monolithic_most_mb": Figure(35, "MB/s", "published", f"upper end of 25-35 in {MODES_PAGE}"),
    "monolithic_most_spans": Figure(80_000, "spans/s", "published", f"upper end of 55k-80k in {MODES_PAGE}"),
    "monolithic_cpu_base": Figure(0.1, "cores", "default", "tempo_resources"),
    "monolithic_cpu_per_mb": Figure(0.5, "cores", "assumed", "sum of the components' published cores for a MB/s"),
    "monolithic_memory_base": Figure(0.25, "GiB", "default", "tempo_resources"),
    "monolithic_memory_per_mb": Figure(0.5, "GiB", "assumed", "a live store's published 4 GB at 8 MB/s"),
    "monolithic_memory_queries": Figure(1.25, "GiB", "assumed", "room for searches above twice the request"),
    # Components
    "distributor_mb": Figure(10, "MB/s", "published", SIZE_PAGE),
    "distributor_cpu": Figure(2, "cores", "published", SIZE_PAGE),
    "distributor_memory": Figure(2, "GiB", "published", SIZE_PAGE),
    "partition_mb": Figure(8, "MB/s", "published", f"middle of a live store's 6-10 in {SIZE_PAGE}"),
    "live_store_cpu": Figure(1, "cores", "published", SIZE_PAGE),
    "live_store_memory": Figure(4, "GiB", "published", f"lower end of 4-20 in {SIZE_PAGE}"),
    "live_store_memory_limit": Figure(20, "GiB", "published", f"upper end of 4-20 in {SIZE_PAGE}"),
    "block_builder_cpu": Figure(0.5, "cores", "published", SIZE_PAGE),
    "block_builder_memory": Figure(5, "GiB", "published", f"lower end of 5-10 in {SIZE_PAGE}"),
    "block_builder_memory_limit": Figure(10, "GiB", "published", f"upper end of 5-10 in {SIZE_PAGE}"),
    "querier_mb": Figure(2, "MB/s", "published", f"upper end of 1-2 in {SIZE_PAGE}"),
    "querier_cpu": Figure(1, "cores", "assumed", "published as dependent on queries"),
    "querier_memory": Figure(4, "GiB", "published", f"lower end of 4-20 in {SIZE_PAGE}"),
    "querier_memory_limit": Figure(20, "GiB", "published", f"upper end of 4-20 in {SIZE_PAGE}"),
    "query_frontend_pods": Figure(2, "pods", "published", SIZE_PAGE),
    "query_frontend_queriers": Figure(100, "queriers", "assumed", "pods that one frontend feeds"),
    "query_frontend_cpu": Figure(1, "cores", "assumed", "published as dependent on queries"),
    "query_frontend_memory": Figure(4, "GiB", "published", f"lower end of 4-20 in {SIZE_PAGE}"),
    "query_frontend_memory_limit": Figure(20, "GiB", "published", f"upper end of 4-20 in {SIZE_PAGE}"),
    "backend_scheduler_cpu": Figure(0.5, "cores", "published", SIZE_PAGE),
    "backend_scheduler_memory": Figure(1, "GiB", "published", f"lower end of 1-2 in {SIZE_PAGE}"),
    "backend_scheduler_memory_limit": Figure(2, "GiB", "published", f"upper end of 1-2 in {SIZE_PAGE}"),
    "backend_worker_mb": Figure(4, "MB/s", "assumed", "Tempo 2's compactor: 3-5, the worker's is not published"),
    "backend_worker_cpu": Figure(0.5, "cores", "published", SIZE_PAGE),
    "backend_worker_memory": Figure(1, "GiB", "published", f"lower end of 1-2 in {SIZE_PAGE}"),
    "backend_worker_memory_limit": Figure(2, "GiB", "published", f"upper end of 1-2 in {SIZE_PAGE}"),
    "metrics_generator_mb": Figure(10, "MB/s", "assumed", "as a distributor"),
    "metrics_generator_cpu": Figure(1, "cores", "assumed", "as a live store"),
    "metrics_generator_memory": Figure(2, "GiB", "assumed", "as a distributor"),
    "metrics_generator_memory_limit": Figure(4, "GiB", "assumed", "twice the request"),
    # What the roles take
    "most_pods": Figure(1000, "pods", "default", "most that alloy_replicas and tempo_replicas take"),
    "most_partitions": Figure(1000, "partitions", "default", "most that tempo_kafka_partitions takes"),
    "most_spans": Figure(10_000_000, "spans/s", "assumed", "beyond it nothing is published"),
    # Alloy
    "alloy_spans_per_core": Figure(15_000, "spans/s", "published", f"an OpenTelemetry Collector in {COLLECTOR_PAGE}"),
    "alloy_memory_per_core": Figure(2, "GiB", "published", f"an OpenTelemetry Collector in {COLLECTOR_PAGE}"),
    "alloy_pod_cores": Figure(4, "cores", "assumed", "a pod that fits on most nodes"),
    "alloy_cpu_least": Figure(0.1, "cores", "default", "alloy_resources"),
    "alloy_memory_least": Figure(0.125, "GiB", "default", "alloy_resources"),
    "alloy_memory_limit_least": Figure(0.5859375, "GiB", "default", "alloy_resources: 600Mi"),
    "alloy_memory_limit_factor": Figure(1.5, "", "assumed", "limit against request"),
    "alloy_refuse_share": Figure(2 / 3, "", "default", "alloy_memory_limit against the limit of alloy_resources"),
    # Storage
    "stored_ratio": Figure(
        0.25, "", "assumed", f"bytes in blocks against bytes received; 58 bytes a span in {PARQUET_PAGE} would be 0.12"
    ),
    "monolithic_copies": Figure(2, "", "default", "tempo_traceql_metrics_enabled: Tempo 2 stores the spans twice"),
    "distributed_copies": Figure(1, "", "default", "Tempo 3 stores them once"),
    "compaction_overhead": Figure(0.1, "", "assumed", "blocks that were compacted and are not deleted yet"),
    "volume_fill": Figure(0.8, "", "assumed", "below the 0.85 at which TracingVolumeFilling fires"),
    "tempo_volume_least": Figure(10, "GiB", "default", "tempo_persistence_size"),
    "wal_block_mb": Figure(524, "MB", "default", f"ingester.max_block_bytes in {SETTINGS_2_PAGE}"),
    "wal_blocks": Figure(4, "blocks", "assumed", "one that fills, and those on their way to the store"),
    "wal_block_seconds": Figure(1800, "s", "default", f"ingester.max_block_duration in {SETTINGS_2_PAGE}"),
    "block_seconds": Figure(180, "s", "default", "ingester.max_block_duration of tempo_profile: low_latency"),
    "wal_complete_seconds": Figure(900, "s", "default", f"ingester.complete_block_timeout in {SETTINGS_2_PAGE}"),
    "local_block_seconds": Figure(60, "s", "default", f"local_blocks.max_block_duration in {SETTINGS_2_PAGE}"),
    "local_complete_seconds": Figure(3600, "s", "default", f"local_blocks.complete_block_timeout in {SETTINGS_2_PAGE}"),
    "live_store_seconds": Figure(1200, "s", "default", f"live_store.complete_block_timeout in {SETTINGS_PAGE}"),
    "cycle_seconds": Figure(300, "s", "default", f"block_builder.consume_cycle_duration in {SETTINGS_PAGE}"),
    # Requests to the object store
    "puts_per_block": Figure(7, "requests", "assumed", "begin and end of the upload, blooms, index, metadata, marks"),
    "upload_part_mb": Figure(30, "MB", "assumed", "part of an upload"),
    "compactions": Figure(3, "", "assumed", "how often a byte is read and written again"),
    "compaction_inputs": Figure(4, "blocks", "default", f"compaction.max_input_blocks in {SETTINGS_PAGE}"),
    "read_chunk_mb": Figure(4, "MB", "assumed", "one read of a compaction"),
    "gets_per_block": Figure(3, "requests", "assumed", "metadata, footer and index"),
    "poll_seconds": Figure(300, "s", "default", "storage.trace.blocklist_poll"),
    "searches_per_hour": Figure(100, "searches", "assumed", "each over the last hour"),
    "search_job_mb": Figure(105, "MB", "default", f"query_frontend.search.target_bytes_per_job in {SETTINGS_PAGE}"),
    "gets_per_job": Figure(10, "requests", "assumed", "footer and columns"),
    # Kafka
    "kafka_replication": Figure(3, "copies", "published", KAFKA_PAGE),
    "kafka_retention_hours": Figure(24, "h", "published", KAFKA_PAGE),
    "kafka_overhead": Figure(0.2, "", "assumed", "records' own bytes and headroom"),
    # Limits of Tempo that a size may pass
    "rate_limit_mb": Figure(15, "MB/s", "published", f"rate_limit_bytes in {LIMITS_PAGE}, for each distributor"),
    "burst_factor": Figure(4 / 3, "", "published", f"burst_size_bytes against rate_limit_bytes in {LIMITS_PAGE}"),
    "live_traces": Figure(10_000, "traces", "published", f"max_traces_per_user in {LIMITS_PAGE}"),
    "live_seconds": Figure(15, "s", "default", "idle period and check period, after which a trace is cut"),
    "limit_headroom": Figure(2, "", "assumed", "limit against what is expected, which no balancing spreads evenly"),
    # Prometheus
    "series_per_operation": Figure(
        25, "series", "published", f"19 of span metrics, and 24 of an edge for each 4 operations: {CARDINALITY_PAGE}"
    ),
    "sample_seconds": Figure(15, "s", "default", "metrics_generator.registry.collection_interval"),
    "sample_bytes": Figure(2, "bytes", "published", f"upper end of 1-2 in {PROMETHEUS_PAGE}"),
    "prometheus_retention_hours": Figure(168, "h", "default", "prometheus_retention"),
    "prometheus_cpu_base": Figure(0.1, "cores", "default", "prometheus_resources"),
    "prometheus_samples_per_core": Figure(100_000, "samples/s", "assumed", "remote write, and rules"),
    "prometheus_memory_base": Figure(0.25, "GiB", "default", "prometheus_resources"),
    "prometheus_series_bytes": Figure(8192, "bytes", "assumed", "memory of an active series with its samples"),
    "prometheus_memory_limit_least": Figure(2, "GiB", "default", "prometheus_resources"),
    "prometheus_volume_least": Figure(8, "GiB", "default", "prometheus_persistence_size"),
    "prometheus_most_series": Figure(5_000_000, "series", "assumed", "of one Prometheus, at about 40 GiB"),
}

# From our own bench: a name of FIGURES, kind "measured", and as its source where and with what it was measured.
MEASURED: dict[str, Figure] = {}


def figure(name: str) -> float:
    return known(name).value


def known(name: str) -> Figure:
    return MEASURED.get(name, FIGURES[name])
