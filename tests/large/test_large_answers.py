# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of tens of megabytes: each module gives the right verdict or one typed error, within a bound of memory.

`pytest -s tests/large` prints what each took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from answers import (
    EPOCH,
    SAMPLES_A_SERIES,
    TEMPO,
    TRACE,
    metrics_text,
    no_series,
    range_answer,
    search_answer,
    served,
    trace_answer,
)

MIB = 1024
# A process that imports Ansible and reads nothing takes some 45 MiB.
MOST_KIB = 200 * MIB
SIZE = 50_000_000


def run(name: str, most_kib: int = MOST_KIB, **arguments: Any) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("run_module.py")), name, json.dumps(arguments)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "no_proxy": "*"})
    took = time.monotonic() - began
    peak, seconds = done.stderr.split()[-2:]
    print(f"\n{name}: {took:.1f} s, of which {seconds} s of a processor; {int(peak) // MIB} MiB", end="")
    result: dict[str, Any] = json.loads(done.stdout)
    assert "traceback" not in result, result
    assert int(peak) < most_kib
    return result


def test_counters_among_50_mb_of_metrics() -> None:
    sent = 'otelcol_exporter_sent_spans_total{component_id="a",data_type="traces"} 7\n'
    received = 'tempo_distributor_spans_received_total{tenant="a"} 7\n'
    pages = {
        "/alloy/metrics": metrics_text(SIZE, sent, sent.replace('"a"', '"b"')),
        "/tempo/metrics": metrics_text(SIZE, received, received.replace('"a"', '"b"')),
    }
    with served(pages) as url:
        result = run("tracing_pipeline_info", url=f"{url}/tempo", alloy_url=f"{url}/alloy")
    seen = result["snapshot"]
    assert (seen["alloy"]["totals"]["sent"], seen["tempo"]["totals"]["received"]) == (14, 14)


def test_nothing_but_counters_in_50_mb_of_metrics() -> None:
    reasons = b"".join(b'tempo_discarded_spans_total{reason="reason-%d",tenant="a"} 1\n' % n for n in range(800_000))
    with served({"/metrics": reasons}) as url:
        result = run("tracing_pipeline_info", url=url, alloy_url=url)
    seen = result["snapshot"]["tempo"]
    assert (seen["error_kind"], seen["instances"]) == ("too_large", {})
    assert "more than 100000 samples" in seen["error"]


def test_what_tempo_wrote_among_50_mb_of_metrics() -> None:
    made = 'prometheus_remote_storage_samples_in_total{tenant="a"} 7\n'
    pages = {
        "/metrics": metrics_text(SIZE, made, made.replace('"a"', '"b"')),
        "/api/v1/query": no_series,
    }
    with served(pages) as url:
        result = run("span_metrics_check", url=url, prometheus_url=url, timeout=1)
    assert (result["verdict"], result["satisfied"]) == ("unmet", False)
    assert "Tempo made 14 samples" in result["diagnosis"]["evidence"][0]


def metrics_of(series: int, **arguments: Any) -> dict[str, Any]:
    with served({**TEMPO, "/api/metrics/query_range": range_answer(series)}) as url:
        return run("tempo_metrics_info", url=url, query="{ } | rate()", start=EPOCH, end=EPOCH + 1000, **arguments)


def test_a_metrics_query_of_50_mb_is_refused_by_its_size() -> None:
    result = metrics_of(1100)
    assert (result["failed"], result["error"]["kind"]) == (True, "too_large")
    assert "a longer step" in result["error"]["fix"]


def test_a_metrics_query_just_above_the_bound() -> None:
    result = metrics_of(101)
    assert (result["failed"], result["error"]["kind"]) == (True, "too_large")
    assert f"has {101 * SAMPLES_A_SERIES} samples in 101 series" in result["msg"]


def test_a_metrics_query_at_the_bound() -> None:
    result = metrics_of(100)
    assert (result["series_count"], len(result["series"][99]["samples"])) == (100, SAMPLES_A_SERIES)


def traced(spans: int, module: str = "tempo_trace_info", name: str = "GET /api/carts/items", **asked: Any) -> Any:
    """Of a module that reads one trace, by its id unless a search is asked for."""
    pages = {
        f"/api/v2/traces/{TRACE}": trace_answer(spans, name),
        "/api/search": search_answer(1, spans),
    }
    with served({**TEMPO, **pages}) as url:
        return run(module, url=url, request_timeout=30, **asked)


@pytest.mark.parametrize("name", ["GET /api/carts/items", "GET /\U0001f600"], ids=["65 MB", "wide characters"])
def test_a_trace_of_200_000_spans_is_refused_by_its_size(name: str) -> None:
    result = traced(200_000, name=name, trace_id=TRACE)
    assert (result["failed"], result["error"]["kind"]) == (True, "trace_too_large")
    assert TRACE in result["msg"]


def test_a_trace_of_50_000_spans_is_refused_by_their_number() -> None:
    result = traced(50_000, trace_id=TRACE)
    assert (result["failed"], result["error"]["kind"]) == (True, "trace_too_large")
    assert "50000 spans" in result["msg"]


def test_a_trace_of_as_many_spans_as_are_read() -> None:
    result = traced(20_000, trace_id=TRACE)
    assert (result["span_count"], len(result["trace"]["spans"]), result["orphan_count"]) == (20_000, 20_000, 0)


CONTRACT = """\
version: 1
cases:
  - name: all rules
    services: [shop]
    only_services: [shop]
    propagation: unbroken
    no_orphans: true
    max_clock_skew: 1s
    semconv: [http, db, messaging, rpc]
    absent_attributes: [user.email]
    spans: [{select: {kind: server}, count: 20000, attributes: {http.request.method: PUT}}]
"""


def test_a_trace_of_as_many_spans_as_are_read_is_judged_by_a_contract() -> None:
    with served({f"/api/v2/traces/{TRACE}": trace_answer(20_000)}) as url:
        result = run(
            "trace_contract_check", url=url, content=CONTRACT, trace_ids=[TRACE], request_timeout=60, timeout=60
        )
    assert result["verdict"] == "unmet" and "expected attribute http.request.method" in result["msg"]
    assert len(result["cases"][0]["diff"]) <= 201


def test_a_contract_is_recorded_of_as_many_spans_as_are_read(tmp_path: Path) -> None:
    with served({f"/api/v2/traces/{TRACE}": trace_answer(20_000)}) as url:
        options = {"dest": str(tmp_path / "a.yml"), "trace_id": TRACE, "request_timeout": 60, "timeout": 60}
        result = run("trace_contract_record", url=url, **options)
    assert result["span_count"] == 20_000 and result["changed"]


def test_spans_are_counted_by_search_where_their_trace_is_too_large_to_be_read() -> None:
    asked = {"query": "{ }", "since": str(EPOCH), "min_spans": 200_000, "timeout": 30}
    result = traced(200_000, "tempo_ingestion_check", diagnose=False, **asked)
    assert (result["verdict"], result["span_count"]) == ("proven", 200_000)
    assert any("too large" in note or "KiB" in note for note in result["notes"])


def test_a_check_of_a_trace_of_200_000_spans_says_that_it_could_not_look() -> None:
    result = traced(200_000, "tempo_ingestion_check", trace_ids=[TRACE], diagnose=False, timeout=10)
    assert (result["verdict"], result["satisfied"]) == ("could_not_look", False)
    assert result["error"]["kind"] == "trace_too_large"


def searched(hits: int, **asked: Any) -> Any:
    with served({**TEMPO, "/api/search": search_answer(hits), f"/api/v2/traces/{TRACE}": trace_answer(1)}) as url:
        return run("tempo_search_info", url=url, start=EPOCH, end=EPOCH + 1000, request_timeout=30, **asked)


def test_a_search_of_500_000_hits_is_refused_by_its_size() -> None:
    result = searched(500_000, limit=10_000)
    assert (result["failed"], result["error"]["kind"]) == (True, "too_large")


def test_more_hits_than_were_asked_for_are_refused() -> None:
    result = searched(10_001)
    assert (result["failed"], result["error"]["kind"]) == (True, "too_large")
    assert "was asked for 20 traces and gave 10001" in result["msg"]


def test_a_search_of_as_many_hits_as_are_read() -> None:
    result = searched(10_000, limit=10_000)
    assert (result["trace_count"], result["span_count"]) == (10_000, 10_000)
