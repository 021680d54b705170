"""What the profiles of the role tempo make of Tempo's own periods."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.load_profile import duration_seconds
from role_values import render

CASES: dict[str, dict[str, object]] = {
    f"{profile}_{major}": {"tempo_profile": profile, "tempo_image_tag": tag}
    for profile in ("low_latency", "throughput")
    for major, tag in (("two", "2.10.8"), ("three", "3.0.3"))
}
OWN: dict[str, object] = {
    "tempo_image_tag": "3.0.3",
    "tempo_search_concurrent_jobs": 100,
    "tempo_values": {"tempo": {"queryFrontend": {"query_end_cutoff": "10s"}}},
}


@pytest.fixture(scope="module")
def tempo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    made = render(root, "tempo", {**CASES, "own": OWN}, tmp_path_factory.mktemp("tempo"))
    return {case: cast(dict[str, Any], rendered.values["tempo"]) for case, rendered in made.items()}


@pytest.mark.case("A2")
def test_low_latency_takes_the_cut_off_away_and_cuts_traces_soon(tempo: dict[str, dict[str, Any]]) -> None:
    values = tempo["low_latency_three"]
    assert values["queryFrontend"] == {"query_end_cutoff": "0s"}
    assert values["liveStore"] == {"max_trace_idle": "1s", "flush_check_period": "250ms"}
    assert "liveStore" not in tempo["low_latency_two"], "Tempo 2 has none"
    assert "query_end_cutoff" not in tempo["low_latency_two"]["queryFrontend"]


@pytest.mark.case("A2")
@pytest.mark.parametrize("major", ["two", "three"])
def test_throughput_keeps_tempos_own_periods(tempo: dict[str, dict[str, Any]], major: str) -> None:
    values = tempo[f"throughput_{major}"]
    assert values["queryFrontend"] == {}
    assert values.get("liveStore", {}) == {} and "trace_idle_period" not in values.get("ingester", {})


def test_low_latency_puts_no_more_flushes_into_a_block_than_tempo(tempo: dict[str, dict[str, Any]]) -> None:
    """To complete a block Tempo 2 opens a file a flush, some 2 MiB each: 1800 are more than its memory limit."""
    ingester = tempo["low_latency_two"]["ingester"]
    seconds = [duration_seconds(ingester[name]) for name in ("max_block_duration", "flush_check_period")]
    assert seconds[0] / seconds[1] <= 30 * 60 / 10
    # Tempo 3 completes a block each 30 seconds.
    assert 30 / 0.25 <= 30 * 60 / 10 and "max_block_duration" not in tempo["low_latency_three"]["liveStore"]


@pytest.mark.case("A2")
def test_other_settings_of_the_frontend_stay(tempo: dict[str, dict[str, Any]]) -> None:
    assert tempo["own"]["queryFrontend"]["search"] == {"concurrent_jobs": 100}


@pytest.mark.case("A2")
def test_a_live_store_on_kafka_answers_up_to_now(root: Path, tmp_path: Path) -> None:
    """With no cut-off a metrics query ends in the future, and Tempo 3.0.3 would answer each with an error."""
    cases = {
        profile: {"tempo_mode": "distributed", "tempo_profile": profile} for profile in ("low_latency", "throughput")
    }
    made = {profile: cast(Any, rendered.values) for profile, rendered in render(root, "tempo", cases, tmp_path).items()}
    frontend = {profile: values["tempo"]["structuredConfig"]["query_frontend"] for profile, values in made.items()}
    assert frontend == {"low_latency": {"query_end_cutoff": "0s"}, "throughput": {}}
    assert made["low_latency"]["liveStore"]["config"]["fail_on_high_lag"] is False
    assert made["throughput"]["liveStore"]["config"] == {}
