# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that a newer Tempo no longer has: the table against the charts' keys, and what is said of a user's values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.upgrade import retired_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.retired_values import (
    TABLES,
    Retired,
    scoped,
)

ROOT = Path(__file__).resolve().parents[4]
KEYS = ROOT / "tests" / "contract" / "keys"
ROWS = [pytest.param(chart, row, id=f"{chart}-{row.old}") for chart, table in TABLES.items() for row in table]


def keys(name: str) -> dict[str, bool]:
    """The keys of a chart, and whether anything may stand below each."""
    lines = [line.split("\t") for line in (KEYS / f"{name}.keys.tsv").read_text("utf-8").splitlines() if line]
    return {line[0]: line[-1] == "(open map)" for line in lines}


def has(known: Mapping[str, bool], path: str) -> bool:
    """Whether a chart takes a path: it is a key, a section of keys, or below a map that is open."""
    if any(key == path or key.startswith(f"{path}.") for key in known):
        return True
    return any(opened and path.startswith(f"{key}.") for key, opened in known.items())


def tempo_3() -> dict[str, bool]:
    """The sections that chart tempo has with Tempo 3 alone, which the role sets: there is no list of its keys."""
    majors = yaml.safe_load((ROOT / "roles/tempo/vars/main/majors.yml").read_text("utf-8"))["_tempo_majors"]
    return {f"tempo.{name}": True for name in majors["3"]["chart_values"]["tempo"]}


NEW = {"tempo": {**keys("tempo-2.2.4"), **tempo_3()}, "tempo-distributed": keys("tempo-distributed-3.3.0")}
# Handed on as they are by the templates; see `unlisted` in tests/contract/cases/tempo.yml.
HANDED_ON = ("per_tenant_overrides.", "storage.trace.s3")
# Of these sections, the chart hands on all that is below.
OPENED = ("liveStore.config.", "querier.config.", "queryFrontend.config.", "overrides.defaults.")


@pytest.mark.parametrize(("chart", "row"), ROWS)
def test_what_stands_instead_is_a_key_of_the_newer_chart(chart: str, row: Retired) -> None:
    if row.new:
        found = row.new.replace("*", "shop")
        assert has(NEW[chart], found) or found.startswith((*HANDED_ON, *OPENED))


@pytest.mark.parametrize("row", [row for row in TABLES["tempo-distributed"] if not row.item])
def test_what_is_retired_is_no_key_of_the_newer_chart(row: Retired) -> None:
    """A key of its values.yaml; what its sections hold is Tempo's own affair."""
    assert row.old.replace("*", "shop") not in keys("tempo-distributed-3.3.0")


@pytest.mark.parametrize("row", [row for row in TABLES["tempo"] if row.since >= (2, 10)])
def test_what_is_retired_is_a_key_of_the_older_chart(row: Retired) -> None:
    known = keys("tempo-2.2.4")
    beside = ("tempo.receivers.", "tempo.overrides.")  # handed on as a whole
    assert has(known, row.old.replace("*", "shop")) or row.old.startswith(beside)


Said = tuple[str, str, dict[str, Any], str]
SAID: dict[str, Said] = {
    "renamed": (
        "tempo",
        "3.0.3",
        {"tempo": {"ingester": {"trace_idle_period": "1s"}}},
        "tempo.ingester.trace_idle_period is gone since Tempo 3.0, because the live store took the ingester's place: "
        "set tempo.liveStore.max_trace_idle instead.",
    ),
    "gone": (
        "tempo",
        "3.0.3",
        {"tempo": {"memBallastSizeMbs": 0}},
        "tempo.memBallastSizeMbs is gone since Tempo 3.0, because Tempo has no such flag any more: leave it out.",
    ),
    "a_section": ("tempo", "3", {"tempo": {"ingester": {"new": 1}}}, "tempo.ingester is gone since Tempo 3.0"),
    "an_empty_section": ("tempo-distributed", "3.0.3", {"ingester": {}}, "set liveStore instead."),
    "below_a_retired_key": (
        "tempo",
        "v3.0.3@sha256:00",
        {"tempo": {"ingester": {"lifecycler": {"ring": {"kvstore": {}}}}}},
        "tempo.ingester.lifecycler is gone since Tempo 3.0, because there are no ingesters",
    ),
    "an_entry_of_a_list": (
        "tempo",
        "3.0.3",
        {"tempo": {"overrides": {"defaults": {"metrics_generator": {"processors": ["span-metrics", "local-blocks"]}}}}},
        "local-blocks in tempo.overrides.defaults.metrics_generator.processors is gone since Tempo 3.0",
    ),
    "an_entry_of_a_tenant": (
        "tempo-distributed",
        "3.0.3",
        {"per_tenant_overrides": {"a.b": {"metrics_generator": {"processors": ["local-blocks"]}}}},
        "local-blocks in per_tenant_overrides.a.b.metrics_generator.processors is gone",
    ),
    "a_flat_override": (
        "tempo",
        "3.0.3",
        {"tempo": {"overrides": {"ingestion_rate_limit_bytes": 1}}},
        "tempo.overrides.ingestion_rate_limit_bytes is gone since Tempo 3.0, because overrides are grouped by section, "
        "and the flat ones are refused: set tempo.overrides.defaults.ingestion.rate_limit_bytes instead.",
    ),
    "a_flat_override_of_a_tenant": (
        "tempo",
        "3.0.3",
        {"tempo": {"per_tenant_overrides": {"shop": {"max_bytes_per_trace": 1}}}},
        "set tempo.per_tenant_overrides.shop.global.max_bytes_per_trace instead.",
    ),
    "the_chart_s_own_store": (
        "tempo-distributed",
        "3.0.3",
        {"minio": {"enabled": True}},
        "set storage.trace.s3 instead.",
    ),
    "sooner_than_3": (
        "tempo",
        "2.8.0",
        {"tempo": {"querier": {"search": {"external_endpoints": ["x"]}}}},
        "tempo.querier.search.external_endpoints is gone since Tempo 2.8",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_said(case: str) -> None:
    chart, version, values, words = SAID[case]
    (said,) = retired_values({"tempo_values": values}, chart, version)
    assert said.startswith("tempo_values: ") and words in said
    assert "external_endpoints: x" not in said


TAKEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "before_that_version": ("tempo", "2.10.8", {"tempo": {"ingester": {"trace_idle_period": "1s"}}}),
    "just_before": ("tempo", "2.7.2", {"tempo": {"querier": {"search": {"prefer_self": 1}}}}),
    "an_unknown_version": ("tempo", "latest", {"tempo": {"ingester": {"trace_idle_period": "1s"}}}),
    "another_chart": ("grafana", "3.0.3", {"tempo": {"ingester": {}}}),
    "taken_out": ("tempo", "3.0.3", {"tempo": {"memBallastSizeMbs": None}}),
    "in_place": ("tempo", "3.0.3", {"tempo": {"overrides": {"defaults": {"ingestion": {"rate_limit_bytes": 1}}}}}),
    "another_processor": (
        "tempo",
        "3.0.3",
        {"tempo": {"overrides": {"defaults": {"metrics_generator": {"processors": ["span-metrics"]}}}}},
    ),
    "a_tenant_named_like_an_override": ("tempo", "3.0.3", {"tempo": {"per_tenant_overrides": {"block_retention": {}}}}),
    "no_list": ("tempo", "3.0.3", {"tempo": {"overrides": {"defaults": {"metrics_generator": {"processors": 1}}}}}),
}


@pytest.mark.parametrize("case", TAKEN)
def test_what_is_taken(case: str) -> None:
    chart, version, values = TAKEN[case]
    assert retired_values({"tempo_values": values}, chart, version) == []


def test_each_source_is_named_and_each_path_once() -> None:
    values = {"tempo": {"ingester": {"lifecycler": {"a": 1, "b": 2}}}}
    said = retired_values({"tempo_values": values, "/etc/tempo.yml": values}, "tempo", "3.0.3")
    assert [line.partition(": ")[0] for line in said] == ["tempo_values", "/etc/tempo.yml"]


@pytest.mark.parametrize(
    ("flat", "now"),
    [
        ("max_global_traces_per_user", "ingestion.max_global_traces_per_user"),
        ("max_search_duration", "read.max_search_duration"),
        ("compaction_window", "compaction.compaction_window"),
        ("parquet_dedicated_columns", "storage.parquet_dedicated_columns"),
        ("metrics_generator_processors", "metrics_generator.processors"),
        ("metrics_generator_forwarder_workers", "metrics_generator.forwarder.workers"),
        (
            "metrics_generator_processor_service_graphs_dimensions",
            "metrics_generator.processor.service_graphs.dimensions",
        ),
        ("metrics_generator_processor_host_info_metric_name", "metrics_generator.processor.host_info.metric_name"),
        ("metrics_generator", ""),
        ("defaults", ""),
    ],
)
def test_where_flat_overrides_are_now(flat: str, now: str) -> None:
    assert scoped(flat) == now


@pytest.mark.parametrize("given", [None, [], {"tempo_values": []}])
def test_what_are_no_values(given: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="dictionaries of values"):
        retired_values(given, "tempo", "3.0.3")
