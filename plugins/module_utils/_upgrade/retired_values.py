# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of Tempo's charts that a newer Tempo no longer has, and what stands in their place.

From the configuration structs in Tempo's source (2.10.8 against 3.0.3), from the values of both charts and from the
upgrade guides of Tempo and of chart tempo-distributed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .app_versions import parse

Path = tuple[str, ...]
ANY = "*"


@dataclass(frozen=True)
class Retired:
    """A path of values, in which ``*`` stands for any key. ``item`` is an entry of the list that is there."""

    old: str
    # What to set instead; empty for nothing.
    new: str
    since: tuple[int, ...]
    why: str
    item: str = ""


_NO_INGESTER = "the live store took the ingester's place"
_NO_RING = "there are no ingesters and no ring of theirs any more"
_NO_COMPACTOR = "scheduler and workers took the compactor's place"
_NO_LOCAL_BLOCKS = "TraceQL metrics need no processor any more"
_FLAT = "overrides are grouped by section, and the flat ones are refused"
_INGESTER: Mapping[str, str] = {
    "complete_block_timeout": "complete_block_timeout",
    "flush_check_period": "flush_check_period",
    "flush_op_timeout": "flush_op_timeout",
    "max_block_bytes": "max_block_bytes",
    "max_block_duration": "max_block_duration",
    "trace_idle_period": "max_trace_idle",
    "trace_live_period": "max_trace_live",
}
_INGESTER_GONE = (
    "concurrent_flushes",
    "flush_all_on_shutdown",
    "flush_object_storage",
    "lifecycler",
    "override_ring_key",
    "partition_ring",
)
_SERVERLESS = (
    "external_backend",
    "external_endpoints",
    "external_hedge_requests_at",
    "external_hedge_requests_up_to",
    "google_cloud_run",
    "prefer_self",
)
# Flat names of overrides by the section that they are in now. ``name:other`` is called other there.
_FLAT_SECTIONS: Mapping[str, str] = {
    "ingestion": "ingestion_rate_strategy:rate_strategy ingestion_rate_limit_bytes:rate_limit_bytes "
    "ingestion_burst_size_bytes:burst_size_bytes ingestion_tenant_shard_size:tenant_shard_size "
    "ingestion_max_attribute_bytes:max_attribute_bytes ingestion_artificial_delay:artificial_delay "
    "ingestion_retry_info_enabled:retry_info_enabled max_traces_per_user max_global_traces_per_user",
    "read": "max_bytes_per_tag_values_query max_blocks_per_tag_values_query max_condition_groups_per_tag_query "
    "max_search_duration max_metrics_duration unsafe_query_hints left_pad_trace_ids metrics_spanonly_fetch",
    "compaction": "block_retention compaction_disabled compaction_window",
    "global": "max_bytes_per_trace",
    "storage": "parquet_dedicated_columns",
}
# Of the metrics generator the flat names are the path, joined.
_FLAT_GENERATOR: Mapping[str, str] = {
    "metrics_generator_processor_service_graphs_": "metrics_generator.processor.service_graphs.",
    "metrics_generator_processor_span_metrics_": "metrics_generator.processor.span_metrics.",
    "metrics_generator_processor_host_info_": "metrics_generator.processor.host_info.",
    "metrics_generator_forwarder_": "metrics_generator.forwarder.",
    "metrics_generator_": "metrics_generator.",
}


def scoped(flat: str) -> str:
    """Where a flat override is now; empty for a name that was never one."""
    for section, names in _FLAT_SECTIONS.items():
        for name, _colon, other in (entry.partition(":") for entry in names.split()):
            if name == flat:
                return f"{section}.{other or name}"
    prefix = next((start for start in _FLAT_GENERATOR if flat.startswith(start)), "")
    return f"{_FLAT_GENERATOR[prefix]}{flat.removeprefix(prefix)}" if prefix else ""


def _ingester(old: str, new: str) -> Iterator[Retired]:
    for name, other in _INGESTER.items():
        yield Retired(f"{old}.{name}", f"{new}.{other}", (3, 0), _NO_INGESTER)
    for name in _INGESTER_GONE:
        yield Retired(f"{old}.{name}", "", (3, 0), _NO_RING)


def _sections(*, overrides: str, tenants: str, querier: str, frontend: str, generator: str) -> Iterator[Retired]:
    """What both charts hand on, each in a place of its own."""
    yield Retired(f"{generator}.traces_storage", "", (3, 0), _NO_LOCAL_BLOCKS)
    yield Retired(f"{generator}.processor.local_blocks", "", (3, 0), _NO_LOCAL_BLOCKS)
    for where in (f"{overrides}.defaults", f"{tenants}.{ANY}"):
        yield Retired(f"{where}.metrics_generator.processors", "", (3, 0), _NO_LOCAL_BLOCKS, item="local-blocks")
    yield Retired(
        f"{frontend}.search.query_ingesters_until", f"{frontend}.search.query_backend_after", (3, 0), _NO_INGESTER
    )
    yield Retired(f"{querier}.query_live_store", "", (3, 0), "a querier always asks the live stores")
    for name in _SERVERLESS:
        yield Retired(f"{querier}.search.{name}", "", (2, 8), "queries by serverless functions were removed")
    for name in ("cost_attribution", "forwarders"):
        yield Retired(f"{overrides}.{name}", f"{overrides}.defaults.{name}", (3, 0), _FLAT)


_MONOLITHIC = (
    *_ingester("tempo.ingester", "tempo.liveStore"),
    Retired("tempo.ingester", "tempo.liveStore", (3, 0), _NO_INGESTER),
    Retired("tempo.memBallastSizeMbs", "", (3, 0), "Tempo has no such flag any more"),
    Retired("tempo.receivers.opencensus", "tempo.receivers.otlp", (2, 10, 6), "the receiver was removed"),
    Retired("tempo.global_overrides", "tempo.overrides", (2, 7), "the chart renamed it"),
    *_sections(
        overrides="tempo.overrides",
        tenants="tempo.per_tenant_overrides",
        querier="tempo.querier",
        frontend="tempo.queryFrontend",
        generator="tempo.metricsGenerator",
    ),
)
_COMPACTION = "backendScheduler.config.provider.compaction.compaction"
_DISTRIBUTED = (
    *_ingester("ingester.config", "liveStore.config"),
    Retired("ingester", "liveStore", (3, 0), _NO_INGESTER),
    Retired("compactor.config.compaction", _COMPACTION, (3, 0), _NO_COMPACTOR),
    Retired("compactor", "backendWorker", (3, 0), _NO_COMPACTOR),
    Retired("liveStore.config.partition_ring", "", (3, 0), "there is one ring of partitions"),
    Retired("global_overrides", "overrides", (2, 7), "the chart renamed it"),
    Retired("minio", "storage.trace.s3", (3, 0), "the chart brings no object store any more"),
    Retired("traces.opencensus", "traces.otlp", (2, 10, 6), "the receiver was removed"),
    Retired("backendScheduler.dnsConfigOverides", "backendScheduler.dnsConfig", (3, 0), "it was misspelled"),
    Retired("backendWorker.dnsConfigOverides", "backendWorker.dnsConfig", (3, 0), "it was misspelled"),
    Retired("ingress.paths.ingester", "", (3, 0), _NO_INGESTER),
    Retired("ingress.paths.compactor", "", (3, 0), _NO_COMPACTOR),
    Retired("route.main.paths.ingester", "", (3, 0), _NO_INGESTER),
    Retired("route.main.paths.compactor", "", (3, 0), _NO_COMPACTOR),
    *_sections(
        overrides="overrides",
        tenants="per_tenant_overrides",
        querier="querier.config",
        frontend="queryFrontend.config",
        generator="metricsGenerator.config",
    ),
)
TABLES: Mapping[str, tuple[Retired, ...]] = {"tempo": _MONOLITHIC, "tempo-distributed": _DISTRIBUTED}
# Where flat overrides may stand: for all tenants, where the grouped ones are below `defaults`, and for single ones.
FLAT_PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "tempo": (("tempo.overrides", "tempo.overrides.defaults"), ("tempo.per_tenant_overrides.*",) * 2),
    "tempo-distributed": (("overrides", "overrides.defaults"), ("per_tenant_overrides.*",) * 2),
}


def problems(sources: Mapping[str, Mapping[str, Any]], chart: str, version: str) -> list[str]:
    """One sentence for each retired value, by where it was set. No value is shown: it may be a secret."""
    target = parse(version)
    table = [row for row in TABLES.get(chart, ()) if row.since <= target]
    return [
        text
        for source, values in sources.items()
        for text in dict.fromkeys(_sentences(source, chart, table, values, flat=target >= (3,)))
    ]


def _sentences(
    source: str, chart: str, table: Iterable[Retired], values: Mapping[str, Any], *, flat: bool
) -> Iterator[str]:
    rows = list(table)
    for path, value in _leaves(values):
        found = _flat_row(chart, path) if flat else None
        found = found or max((row for row in rows if _concerns(row, path, value)), key=_length, default=None)
        if found:
            yield _sentence(source, found, path)


def _sentence(source: str, row: Retired, path: Path) -> str:
    """The row's own path, with the keys that its stars stand for."""
    old, new = (".".join(_filled(text, path)) for text in (row.old, row.new))
    item = f" {row.item} in {old}" if row.item else f" {old}"
    since = ".".join(str(number) for number in row.since)
    fix = f"set {new} instead" if new else "leave it out"
    return f"{source}:{item} is gone since Tempo {since}, because {row.why}: {fix}."


def _filled(pattern: str, path: Path) -> Iterator[str]:
    for at, key in enumerate(filter(None, pattern.split("."))):
        yield path[at] if key == ANY else key


def _leaves(values: Any, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each value with its path. An empty map is one as well: a section is named by it."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from _leaves(value, (*above, str(key)))
    elif above:
        yield above, values


def _length(row: Retired) -> int:
    return row.old.count(".")


def _concerns(row: Retired, path: Path, value: Any) -> bool:
    # What takes a section out is right with every version.
    if value is None or not _below(row.old, path):
        return False
    return not row.item or (isinstance(value, list) and row.item in value)


def _below(pattern: str, path: Path) -> bool:
    keys = pattern.split(".")
    return len(path) >= len(keys) and all(key in (ANY, part) for key, part in zip(keys, path, strict=False))


def _flat_row(chart: str, path: Path) -> Retired | None:
    for old, new in FLAT_PLACES.get(chart, ()):
        at = old.count(".") + 1
        section = scoped(path[at]) if len(path) > at and _below(old, path) else ""
        if section:
            return Retired(f"{old}.{path[at]}", f"{new}.{section}", (3, 0), _FLAT)
    return None
