# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The size for a rate of spans: where the mode changes, what each part gets, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import tracing_size
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing import figures
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.figures import (
    FIGURES,
    KINDS,
    MEASURED,
    Figure,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.input import BACKENDS, MODES, defaults
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.quantity import (
    cores,
    disk,
    memory,
    two_digits,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.sheet import amount, sheet
from hypothesis import given
from hypothesis import strategies as st

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
GIB = 1 << 30


def size(spans: Any = 20_000, **more: Any) -> dict[str, Any]:
    return tracing_size({"spans_per_second": spans, **more})


def replicas(found: dict[str, Any]) -> dict[str, int]:
    return {name: one["replicas"] for name, one in found["components"].items()}


# Modes


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({"spans": 33_333}, "monolithic"),
        ({"spans": 33_334}, "distributed"),
        ({"spans": 25_000, "peak_factor": 2}, "monolithic"),
        ({"spans": 25_001, "peak_factor": 2}, "distributed"),
        # Small spans: their number ends one process before their bytes do.
        ({"spans": 55_000, "span_bytes": 100, "peak_factor": 1}, "monolithic"),
        ({"spans": 55_001, "span_bytes": 100, "peak_factor": 1}, "distributed"),
        ({"spans": 200_000, "mode": "monolithic"}, "monolithic"),
        ({"spans": 100, "mode": "distributed"}, "distributed"),
    ],
)
def test_one_process_as_long_as_it_carries_the_peak(given: dict[str, Any], mode: str) -> None:
    found = size(**given)
    assert (found["mode"], found["variables"]["tempo_mode"]) == (mode, mode)
    assert bool(found["kafka"]) == (mode == "distributed")
    assert bool(found["volume"]) == (mode == "monolithic")


@pytest.mark.parametrize(
    ("mode", "asked", "backend"),
    [
        ("monolithic", "auto", "local"),
        ("distributed", "auto", "s3"),
        ("monolithic", "gcs", "gcs"),
        ("distributed", "azure", "azure"),
    ],
)
def test_blocks_are_where_the_mode_can_have_them(mode: str, asked: str, backend: str) -> None:
    found = size(mode=mode, storage_backend=asked)
    assert found["storage_backend"] == found["variables"]["tempo_storage_backend"] == backend
    assert bool(found["object_store"]) == (backend != "local")
    wanted = ([] if backend == "local" else [f"tempo_storage_{backend}"]) + ["tempo_kafka_address"]
    assert found["still_to_set"] == (wanted if mode == "distributed" else wanted[:-1])


def test_partitions_are_the_limit_of_components_only() -> None:
    assert size(10_000_000, peak_factor=1.6)["kafka"]["partitions"] == figures.figure("most_partitions")
    assert size(10_000_000, peak_factor=2, mode="monolithic")["mode"] == "monolithic"


# Parts


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        (
            100_000,
            {"alloy": 3, "distributor": 8, "live_store": 10, "block_builder": 10, "querier": 25, "query_frontend": 2}
            | {"backend_scheduler": 1, "backend_worker": 13, "metrics_generator": 8, "prometheus": 1},
        ),
        (
            10_000_000,
            {"alloy": 250, "distributor": 750, "live_store": 938, "block_builder": 938, "querier": 1000}
            | {"query_frontend": 25, "backend_scheduler": 1, "backend_worker": 1000, "metrics_generator": 750}
            | {"prometheus": 1},
        ),
    ],
)
def test_components_follow_the_published_ratios(spans: int, wanted: dict[str, int]) -> None:
    found = size(spans)
    assert replicas(found) == wanted
    assert found["kafka"]["partitions"] == wanted["live_store"] == found["variables"]["tempo_kafka_partitions"]
    assert found["variables"]["tempo_replicas"] == {
        name: wanted[name]
        for name in ("distributor", "querier", "query_frontend", "metrics_generator", "backend_worker")
    }


def test_pods_beyond_what_the_role_takes_become_larger_ones() -> None:
    found = size(10_000_000)
    assert found["components"]["querier"]["cpu"] == "2500m"
    assert found["components"]["querier"]["memory"] == "10Gi"
    assert "2500 pods of querier would be needed; the role takes 1000, so each is larger." in found["warnings"]


def test_fewest_pods_are_those_asked_for() -> None:
    assert replicas(size(10, replicas=1))["alloy"] == 1
    assert replicas(size(10, replicas=3))["alloy"] == 3
    small = replicas(size(10, replicas=4, mode="distributed"))
    assert {small[name] for name in ("alloy", "distributor", "querier", "query_frontend")} == {4}
    assert small["live_store"] == small["metrics_generator"] == 1


def test_what_is_small_has_what_the_roles_give_by_themselves() -> None:
    found = size(1)
    assert found["variables"]["tempo_persistence_size"] == "10Gi"
    assert found["variables"]["prometheus_persistence_size"] == "8Gi"
    assert found["components"]["alloy"] == {"replicas": 2, "cpu": "100m", "memory": "128Mi", "memory_limit": "640Mi"}
    assert "tempo_limits" not in found["variables"]
    assert found["warnings"] == []


def test_the_total_is_the_sum_of_what_is_shown() -> None:
    found = size(100_000)
    parts = found["components"].values()
    assert found["total"]["cpu"] == float(sum(one["replicas"] * parse_quantity(one["cpu"]) for one in parts))
    assert found["total"]["memory_bytes"] == sum(one["replicas"] * parse_quantity(one["memory"]) for one in parts)
    assert found["total"]["pods"] == sum(one["replicas"] for one in parts)


def test_alloy_refuses_spans_before_its_limit_ends_it() -> None:
    for spans in (100, 20_000, 1_000_000):
        found = size(spans)["variables"]
        limit = parse_quantity(found["alloy_resources"]["limits"]["memory"])
        assert parse_quantity(found["alloy_memory_limit"].removesuffix("B")) < limit * 7 / 10


def test_series_are_made_by_every_generator() -> None:
    assert size(1000)["series"] == 500 * 25
    assert size(100_000)["series"] == 500 * 25 * 8
    assert size(1000, operations=1)["series"] == 25


# Storage


def test_kept_bytes_are_rate_retention_ratio_and_copies() -> None:
    one = size(1000, storage_backend="s3", retention="10d")["object_store"]["bytes"]
    assert one == round(1000 * 500 * 864_000 * 0.25 * 2 * 1.1)
    many = size(1000, mode="distributed", retention="10d")["object_store"]["bytes"]
    assert many * 2 == one


def test_a_volume_with_all_blocks_holds_them_and_recent_traces() -> None:
    local, remote = size(10_000)["volume"], size(10_000, storage_backend="s3")
    assert local["wal_bytes"] == remote["volume"]["wal_bytes"]
    kept = remote["object_store"]["bytes"]
    assert local["bytes"] == pytest.approx((kept + local["wal_bytes"]) / 0.8)


def test_kafka_keeps_a_day_in_each_copy() -> None:
    found = size(100_000, replication=1)["kafka"]
    assert found["disk_bytes"] == round(50e6 * 86_400 * 1.2)
    assert size(100_000)["kafka"]["disk_bytes"] == 3 * found["disk_bytes"]
    assert found["retention_hours"] == 24


def test_a_block_is_cut_each_minute_at_least_and_each_half_gigabyte() -> None:
    idle, busy = (size(rate, storage_backend="s3")["object_store"] for rate in (1, 30_000))
    blocks = 43_200 + 14_400
    compacted = blocks / 4 + blocks / 16 + blocks / 64
    assert idle["put_requests_per_month"] == pytest.approx((blocks + compacted) * 7, rel=0.01)
    assert busy["put_requests_per_month"] > 3 * idle["put_requests_per_month"]


def test_block_builders_cut_a_block_of_each_partition_every_five_minutes() -> None:
    found = size(1600, peak_factor=100, mode="distributed")
    assert found["kafka"]["partitions"] == 10
    blocks = 10 * 12 * 720
    compacted = blocks / 4 + blocks / 16 + blocks / 64
    parts = 0.8 * 0.25 * 2_592_000 * 4 / 30
    assert found["object_store"]["put_requests_per_month"] == pytest.approx((blocks + compacted) * 7 + parts, abs=1)


# Variables


def test_limits_are_raised_where_tempo_would_discard() -> None:
    assert size(20_000)["variables"]["tempo_limits"]["ingestion"] == {
        "rate_limit_bytes": 30_000_000,
        "burst_size_bytes": 40_000_000,
        "max_traces_per_user": 130_000,
    }
    assert "rate_limit_bytes" not in size(5_000)["variables"]["tempo_limits"]["ingestion"]


def test_components_get_resources_as_values_of_their_sections() -> None:
    found = size(100_000)["variables"]
    assert set(found["tempo_values"]) == {"distributor", "liveStore", "blockBuilder", "querier", "queryFrontend"} | {
        "backendScheduler",
        "backendWorker",
        "metricsGenerator",
    }
    assert found["tempo_values"]["liveStore"]["resources"] == {
        "requests": {"cpu": "1", "memory": "4Gi"},
        "limits": {"memory": "20Gi"},
    }
    assert "tempo_resources" not in found and "tempo_persistence_size" not in found


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("48h", "48h"),
        ("7d", "168h"),
        ("2w", "336h"),
        ("90m", "90m"),
        ("1h30m", "90m"),
        ("1d12h", "36h"),
        ("45s", "45s"),
    ],
)
def test_retention_is_told_as_the_role_takes_it(text: str, hours: str) -> None:
    assert size(retention=text)["variables"]["tempo_retention"] == hours


# Warnings


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"spans": 40_000, "mode": "monolithic"}, "are within the 25-35 MB/s"),
        ({"spans": 50_000, "mode": "monolithic"}, "are above the 25-35 MB/s"),
        ({"spans": 60_000, "span_bytes": 100, "peak_factor": 1, "mode": "monolithic"}, "within"),
        ({"spans": 90_000, "span_bytes": 100, "peak_factor": 1, "mode": "monolithic"}, "above"),
        ({"spans": 20_000, "retention": "7d"}, "A volume of 4.2 TB is large for one pod: take an object store."),
        ({"spans": 100, "mode": "distributed"}, "fit into one process: mode monolithic needs no Kafka."),
        ({"spans": 100_000, "replication": 2}, "With replication 2 the loss of a broker"),
        ({"spans": 10_000_000}, "9,375,000 series are more than one Prometheus carries"),
    ],
)
def test_what_to_think_of_is_told(given: dict[str, Any], says: str) -> None:
    found = size(**given)
    assert any(says in line for line in found["warnings"]), found["warnings"]
    assert any(says in line for line in found["summary"])


# Growth

RATES = st.floats(1, 10_000_000)


def needs(found: dict[str, Any]) -> list[float]:
    """All that may only grow with the traffic."""
    total, store, kafka = found["total"], found["object_store"], found["kafka"]
    sums = [total["pods"], total["cpu"], total["memory_bytes"], found["series"], found["volume"].get("bytes", 0)]
    kept = [store["bytes"], store["put_requests_per_month"], store["get_requests_per_month"]]
    return [*sums, *kept, *([kafka["partitions"], kafka["disk_bytes"]] if kafka else [])]


@given(first=RATES, second=RATES, mode=st.sampled_from(["monolithic", "distributed"]))
def test_more_spans_never_need_less(first: float, second: float, mode: str) -> None:
    less, more = (size(rate, mode=mode, storage_backend="s3") for rate in sorted((first, second)))
    assert all(small <= large for small, large in zip(needs(less), needs(more), strict=True))


@given(first=st.floats(1, 30), second=st.floats(1, 30))
def test_a_higher_peak_never_needs_less(first: float, second: float) -> None:
    less, more = (size(200_000, peak_factor=peak) for peak in sorted((first, second)))
    assert all(small <= large for small, large in zip(needs(less), needs(more), strict=True))


def test_components_need_more_than_one_process_did() -> None:
    one, many = size(33_333)["total"], size(33_334)["total"]
    assert all(one[what] < many[what] for what in ("pods", "cpu", "memory_bytes"))


@given(spans=st.floats(1, 33_000), hours=st.integers(1, 2000))
def test_longer_retention_needs_more_disk_only(spans: float, hours: int) -> None:
    less, more = (size(spans, retention=f"{length}h") for length in (hours, hours + 1))
    assert less["volume"]["bytes"] <= more["volume"]["bytes"]
    assert less["components"] == more["components"]


# Inputs


def test_inputs_may_come_as_text_and_by_name() -> None:
    assert tracing_size({}, spans_per_second="20000", replicas="2") == size(20_000)
    assert tracing_size({"spans_per_second": 1}, spans_per_second=20_000) == size(20_000)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "spans_per_second is missing: give a number from 0.001 to 10000000."),
        ({"spans_per_second": 0}, "spans_per_second is 0: give a number"),
        ({"spans_per_second": -5}, "spans_per_second is -5: give a number"),
        ({"spans_per_second": "many"}, "spans_per_second is 'many': give a number"),
        ({"spans_per_second": True}, "spans_per_second is True: give a number"),
        ({"spans_per_second": [1]}, "spans_per_second is [1]: give a number"),
        ({"spans_per_second": float("nan")}, "spans_per_second is nan: give a number"),
        ({"spans_per_second": "inf"}, "spans_per_second is 'inf': give a number"),
        ({"spans_per_second": 10_000_001}, "spans_per_second is 10000001: give a number"),
        ({"span_bytes": 0}, "span_bytes is 0: give a number from 1 to 1000000."),
        ({"peak_factor": 0.5}, "peak_factor is 0.5: give a number from 1 to 100."),
        ({"retention": "forever"}, "retention is 'forever': give a length of time with w, d, h, m or s, such as 48h"),
        ({"retention": "0h"}, "retention is '0h': give a length of time"),
        ({"retention": "-1h"}, "retention is '-1h': give a length of time"),
        ({"retention": "48"}, "retention is '48': give a length of time"),
        ({"retention": 48}, "retention is 48: give a length of time"),
        ({"retention": ""}, "retention is '': give a length of time"),
        ({"mode": "scalable"}, "mode is 'scalable': use auto, monolithic or distributed."),
        ({"mode": ["auto"]}, "mode is ['auto']: use auto, monolithic or distributed."),
        ({"storage_backend": "minio"}, "storage_backend is 'minio': use auto, local, s3, gcs or azure."),
        ({"replicas": 0}, "replicas is 0: give a number from 1 to 100."),
        ({"replicas": 1.5}, "replicas is 1.5: give a whole number from 1 to 100."),
        ({"replication": 11}, "replication is 11: give a number from 1 to 10."),
        ({"operations": None}, "operations is missing: give a number"),
        ({"spans": 5}, "there is no input 'spans': use spans_per_second, span_bytes, peak_factor, retention, mode"),
        (
            {"mode": "distributed", "storage_backend": "local"},
            "storage_backend is 'local', but for 15 MB/s at the peak the mode is distributed",
        ),
        (
            {"spans_per_second": 50_000, "storage_backend": "local"},
            "storage_backend is 'local', but for 37.5 MB/s at the peak the mode is distributed",
        ),
        (
            {"spans_per_second": 10_000_000, "peak_factor": 2},
            "spans_per_second x span_bytes x peak_factor are 10,000 MB/s, for which Kafka would need 1250 partitions",
        ),
    ],
)
def test_bad_input_is_refused_by_name_with_the_fix(given: dict[str, Any], says: str) -> None:
    usual = {} if given == {} else {"spans_per_second": 20_000}
    with pytest.raises(AnsibleFilterError, match=re.escape(f"tracing_size: {says}")):
        tracing_size({**usual, **given})


@pytest.mark.parametrize("load", [20_000, "20000", None, [1]])
def test_other_things_are_no_load(load: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="tracing_size takes a dictionary such as"):
        tracing_size(load)


# Quantities


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.01, "50m"), (0.1 * 3, "300m"), (0.96, "1"), (1, "1"), (1.01, "1500m"), (8, "8"), (8.1, "9"), (25, "25")],
)
def test_cores_are_rounded_up(value: float, shown: str) -> None:
    assert cores(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.01, "64Mi"), (0.125, "128Mi"), (1, "1Gi"), (1.1, "1536Mi"), (2, "2Gi"), (8.01, "9Gi")]
)
def test_memory_is_rounded_up(value: float, shown: str) -> None:
    assert memory(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1, "1Gi"), (10 * GIB, "10Gi"), (10 * GIB + 9, "10Gi"), (99.5 * GIB, "100Gi"), (101 * GIB, "110Gi")],
)
def test_disks_have_two_digits_that_count(value: float, shown: str) -> None:
    assert disk(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(7, 7), (99, 99), (100.1, 110), (12_345, 13_000)])
def test_numbers_have_two_digits_that_count(value: float, shown: int) -> None:
    assert two_digits(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0 "), (999, "999 "), (1000, "1 k"), (1500, "1.5 k"), (2.5e9, "2.5 G"), (1.56e15, "1.56 P")],
)
def test_amounts_are_shown_with_a_prefix(value: float, shown: str) -> None:
    assert amount(value) == shown


def test_the_sheet_has_a_line_for_each_thing() -> None:
    one = {"replicas": 1, "cpu": "1", "memory": "2Gi", "memory_limit": "4Gi"}
    found = {
        **size(1234, span_bytes=1000, retention="7d", mode="distributed"),
        "components": {"tempo": {**one, "disk": "8Gi"}, "alloy": {**one, "replicas": 2}},
        "total": {"pods": 1003, "cpu": 1200.5, "memory_bytes": 1500 * GIB + GIB // 2},
        "volume": {"bytes": 1.5e12, "wal_bytes": 2e9},
        "object_store": {"bytes": 3e12, "put_requests_per_month": 4000, "get_requests_per_month": 5_000_000},
        "kafka": {"partitions": 6, "replication": 3, "retention_hours": 24, "disk_bytes": 7e9},
        "series": 12_500,
        "still_to_set": ["tempo_storage_s3", "tempo_kafka_address"],
        "warnings": ["Measure first."],
    }
    assert sheet(found) == [
        "1,234 spans/s, 1.234 MB/s; at the peak 1.851 MB/s. Kept for 168h.",
        "Tempo distributed, blocks in s3.",
        "tempo: 1 pod with 1 CPU, 2Gi (at most 4Gi) of memory, 8Gi of disk",
        "alloy: 2 pods with 1 CPU, 2Gi (at most 4Gi) of memory",
        "Together: 1003 pods, 1,200.5 CPU, 1,500.5 GiB of memory",
        "Tempo's volume: 1.5 TB, of which 2 GB for recent traces",
        "Object store: 3 TB; in a month 4 k PUT and 5 M GET requests",
        "Kafka: 6 partitions, 3 copies for 24 h, 7 GB of disk on all brokers",
        "Prometheus: 12,500 series made from spans",
        "To be set besides: tempo_storage_s3, tempo_kafka_address",
        "Warning: Measure first.",
    ]


# Figures


def test_every_figure_says_how_it_is_known() -> None:
    for name, one in {**FIGURES, **MEASURED}.items():
        assert one.kind in KINDS and one.source and one.value > 0, name
    assert "measured" not in {one.kind for one in FIGURES.values()}
    assert set(MEASURED) <= set(FIGURES)
    assert {one.kind for one in MEASURED.values()} <= {"measured"}


def test_every_figure_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[str] = set()

    def watched(name: str) -> Figure:
        used.add(name)
        return FIGURES[name]

    monkeypatch.setattr(figures, "known", watched)
    for spans in (1, 20_000, 10_000_000):
        size(spans, storage_backend="s3")
    size(50_000, mode="monolithic")
    assert set(FIGURES) - used == set()


def test_a_measured_figure_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    before = size(1000)
    monkeypatch.setitem(figures.MEASURED, "stored_ratio", Figure(0.125, "", "measured", "a bench"))
    assert size(1000)["volume"]["bytes"] < before["volume"]["bytes"]


# Documentation


def test_inputs_are_documented_with_their_defaults() -> None:
    text = (PLUGINS / "filter" / "tracing_size.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    options = content["DOCUMENTATION"]["options"]
    assert set(options) - {"_input"} == set(defaults())
    assert {name: options[name].get("default") for name in defaults()} == defaults()
    assert tuple(options["mode"]["choices"]) == MODES
    assert tuple(options["storage_backend"]["choices"]) == BACKENDS
    assert set(content["RETURN"]["_value"]["contains"]) == set(size())
