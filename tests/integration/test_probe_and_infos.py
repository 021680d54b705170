# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe, and the modules that ask Tempo, against a real Tempo: directly and through a real Alloy."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Tempo
from loopback import free_ports


@pytest.fixture(scope="module")
def probed(tempo: Tempo) -> dict[str, Any]:
    """200 traces straight to Tempo."""
    result = tempo.run("otlp_trace_probe", otlp_url=tempo.otlp_url, traces=200, strict=True)
    assert not result["failed"], result.get("msg")
    return result


def intact(result: dict[str, Any], traces: int) -> None:
    assert not result["failed"], result.get("msg")
    assert (result["traces"], result["spans"]) == (traces, traces * 5)
    kinds = ("lost", "duplicated", "unexpected", "altered", "rejected", "failed_sends")
    assert {kind: result[kind] for kind in kinds} == dict.fromkeys(kinds, 0)
    assert result["added_attributes"] == [] and result["alterations"] == []
    assert result["by_id"]["count"] == result["by_search"]["count"] == traces
    assert result["requests"]["reads"] <= 6 * traces and result["requests"]["searches"] <= 40


def test_200_traces_straight_to_tempo_are_found_as_they_were_sent(probed: dict[str, Any]) -> None:
    intact(probed, 200)
    assert probed["by_id"]["p50"] < probed["by_search"]["p50"]
    assert any(trace_id.startswith("0000") for trace_id in probed["trace_ids"])


@pytest.mark.parametrize("protocol", ["http_json", "http_protobuf", "grpc"])
def test_200_traces_through_alloy_are_found_as_they_were_sent(
    tempo: Tempo, alloy: dict[str, str], protocol: str
) -> None:
    if protocol == "grpc":
        pytest.importorskip("grpc", reason="grpcio is not installed")
    url = alloy["grpc" if protocol == "grpc" else "http"]
    intact(tempo.run("otlp_trace_probe", otlp_url=url, protocol=protocol, traces=200, strict=True), 200)


def test_nothing_takes_the_spans(tempo: Tempo) -> None:
    (port,) = free_ports(1)
    result = tempo.run("otlp_trace_probe", otlp_url=f"http://127.0.0.1:{port}", traces=2, timeout=5)
    assert result["failed"] and result["error"]["kind"] == "connection_refused"


def test_the_api_is_not_a_receiver(tempo: Tempo) -> None:
    result = tempo.run("otlp_trace_probe", otlp_url=tempo.url, traces=2, timeout=5)
    assert result["failed"] and result["error"]["kind"] == "not_otlp"


def test_a_search(tempo: Tempo, probed: dict[str, Any]) -> None:
    query = f'{{ resource.probe.id = "{probed["probe_id"]}" && kind = client }} | select(name, span.probe.number)'
    result = tempo.run("tempo_search_info", query=query, limit=300, spans_per_set=2)
    assert result["trace_ids"] and sorted(result["trace_ids"]) == probed["trace_ids"]
    assert (result["trace_count"], result["span_count"], result["truncated"]) == (200, 200, False)
    (only,) = result["traces"][0]["span_sets"]
    assert only["spans"][0]["name"] == "probe step 1"
    assert only["spans"][0]["attributes"]["probe.number"] == 1
    assert tempo.run("tempo_search_info", query=query, limit=10)["truncated"]


def test_a_trace(tempo: Tempo, probed: dict[str, Any]) -> None:
    trace_id = next(trace_id for trace_id in probed["trace_ids"] if trace_id.startswith("00"))
    result = tempo.run("tempo_trace_info", trace_id=trace_id.lstrip("0"))
    assert result["found"] and result["trace_id"] == trace_id
    assert [row["depth"] for row in result["tree"]] == [0, 1, 2, 2, 1]
    first = result["trace"]["spans"][0]
    assert first["attributes"]["probe.int64.max"] == 2**63 - 1
    assert first["attributes"]["probe.nested"] == {"a": 1, "b": {"c": [1.5, "d"], "e": False}}
    missing = tempo.run("tempo_trace_info", trace_id="f" * 32)
    assert missing["failed"] and missing["error"]["kind"] == "trace_not_found"
    assert not tempo.run("tempo_trace_info", trace_id="f" * 32, missing_ok=True)["found"]


def test_metrics_say_what_they_lack(tempo: Tempo) -> None:
    """This Tempo has no generator, which Tempo 2 needs."""
    result = tempo.run("tempo_metrics_info", query="{ } | rate()")
    if tempo.run("tempo_status_info", config=False)["major"] == 2:
        assert result["failed"] and result["error"]["kind"] == "no_metrics"
        assert "local-blocks" in result["error"]["fix"]
    else:
        assert not result["failed"]


def test_a_query_that_is_wrong(tempo: Tempo) -> None:
    for module in ("tempo_search_info", "tempo_metrics_info"):
        result = tempo.run(module, query="{ a = ")
        assert result["failed"] and result["error"]["kind"] == "bad_query", result
        assert "parse error" in result["msg"]


def test_the_state(tempo: Tempo) -> None:
    result = tempo.run("tempo_status_info")
    assert (result["ready"], result["services_running"], result["multitenancy"]) == (True, True, False)
    assert result["major"] in (2, 3) and result["version"].startswith(str(result["major"]))
    assert result["limits"]["global"]["max_bytes_per_trace"] == 5_000_000
    assert result["config"]["server"]["http_listen_address"] == "127.0.0.1"
    assert result["notes"] == []


def test_the_lookup_feeds_a_search(tempo: Tempo, probed: dict[str, Any]) -> None:
    query = (
        "{{ lookup('tracelab.k8s_tracing.traceql', run_id='" + probed["run_id"] + "', services=['otlp-trace-probe']) }}"
    )
    result = tempo.run("tempo_search_info", query=query, limit=300)
    assert not result["failed"], result.get("msg")
    assert result["trace_count"] == 200
