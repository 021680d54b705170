# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules against a real Tempo: what only the real one can tell."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from conftest import Tempo

CHECK = "tempo_ingestion_check"
ODD_RUN_ID = 'odd " } || { true \\ ünïcode \U0001f600 \n'


def text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def group(service: str, run_id: str, spans: list[dict[str, Any]], **resource: str) -> dict[str, Any]:
    attributes = [text("service.name", service), text("tracing.run.id", run_id)]
    attributes += [text(key, value) for key, value in resource.items()]
    return {"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}


def span(trace_id: str, number: int, parent: int = 0, **more: Any) -> dict[str, Any]:
    now = time.time_ns()
    made = {
        "traceId": trace_id,
        "spanId": f"{number:016x}",
        "name": f"op-{number}",
        "kind": 2,
        "startTimeUnixNano": str(now - 9_000_000),
        "endTimeUnixNano": str(now),
        **more,
    }
    return {**made, "parentSpanId": f"{parent:016x}"} if parent else made


def shop_and_cart(tempo: Tempo, run_id: str) -> str:
    """Two spans of two services; the id begins with zeros, which search leaves out."""
    trace_id = "00" + uuid.uuid4().hex[2:]
    failed = span(trace_id, 2, 1, status={"code": 2, "message": "out of stock"})
    tempo.send([group("shop", run_id, [span(trace_id, 1)]), group("cart", run_id, [failed])])
    return trace_id


@pytest.fixture
def run_id() -> str:
    return uuid.uuid4().hex


def test_spans_are_proven(tempo: Tempo, run_id: str) -> None:
    trace_id = shop_and_cart(tempo, run_id)
    result = tempo.run(
        CHECK,
        run_id=run_id,
        services=["shop", "cart"],
        expect_edges=["shop -> cart"],
        trace_ids=[trace_id],
        min_spans=2,
        max_traces=1,
        timeout=30,
    )
    assert result["failed"] is False, result.get("msg")
    assert (result["trace_ids"], result["span_count"], result["edges"]) == ([trace_id], 2, ["shop -> cart"])
    assert result["tempo_version"].split(".")[0] in ("2", "3")
    assert result["latency"]["by_id_seconds"] <= result["latency"]["search_seconds"]
    cart = next(span for span in result["sample_trace"]["spans"] if span["service"] == "cart")
    assert (cart["status"], cart["status_message"], cart["kind"]) == ("error", "out of stock", "server")
    assert cart["parent_span_id"] == "0000000000000001"


def test_a_trace_by_id_is_seen_at_once(tempo: Tempo, run_id: str) -> None:
    trace_id = shop_and_cart(tempo, run_id)
    result = tempo.run(CHECK, trace_ids=[trace_id.lstrip("0")], services=["cart"], timeout=20)
    assert (result["failed"], result["query"], result["trace_ids"]) == (False, None, [trace_id])


def test_a_missing_trace_is_not_found(tempo: Tempo) -> None:
    """Tempo answers 200 with an empty trace."""
    result = tempo.run(CHECK, trace_ids=["f" * 32], timeout=1)
    assert result["failed"] is True
    assert f"trace {'f' * 32} not found" in result["msg"]


def test_text_that_looks_like_traceql_stays_text(tempo: Tempo, run_id: str) -> None:
    shop_and_cart(tempo, run_id)
    trace_id = shop_and_cart(tempo, ODD_RUN_ID + run_id)
    found = tempo.run(CHECK, run_id=ODD_RUN_ID + run_id, max_traces=1, timeout=20)
    assert (found["failed"], found["trace_ids"]) == (False, [trace_id]), found.get("msg")


def test_attributes_and_a_query_narrow_a_run(tempo: Tempo, run_id: str) -> None:
    trace_id = uuid.uuid4().hex
    number = {"key": "http.status_code", "value": {"intValue": "503"}}
    spans = [span(trace_id, 1), span(trace_id, 2, 1, attributes=[number, text("odd name", "x")], status={"code": 2})]
    tempo.send([group("shop", run_id, spans, **{"k8s.namespace.name": "prod"})])
    options = {
        "run_id": run_id,
        "attributes": {
            "resource.k8s.namespace.name": "prod",
            "span.http.status_code": 503,
            "span.odd name": "x",
            "status": "error",
        },
    }
    plain = tempo.run(CHECK, **options, timeout=20)
    assert (plain["failed"], plain["span_count"]) == (False, 1), plain.get("msg")
    for query, count in (
        ('{ name = "op-2" }', 1),
        ('{ name = "op-2" } | count() > 0', 1),
        ('{ name = "op-2" } with (most_recent=true)', 1),
        ('{ name = "op-1" }', 0),
    ):
        result = tempo.run(CHECK, **options, query=query, min_traces=0, timeout=0)
        assert (result["failed"], result["span_count"]) == (False, count), query


def test_a_trace_in_two_blocks_is_counted_whole(tempo: Tempo, run_id: str) -> None:
    """Tempo's own search takes the larger count, not the sum."""
    trace_id = uuid.uuid4().hex
    tempo.send([group("shop", run_id, [span(trace_id, n) for n in range(1, 8)])])
    first = tempo.run(CHECK, run_id=run_id, min_spans=7, timeout=20)
    assert first["failed"] is False, first.get("msg")
    tempo.send([group("shop", run_id, [span(trace_id, n) for n in range(8, 15)])])
    whole = tempo.run(CHECK, run_id=run_id, min_spans=14, timeout=20)
    assert (whole["failed"], whole["span_count"]) == (False, 14), whole.get("msg")


def test_errors_durations_and_expressions(tempo: Tempo, run_id: str) -> None:
    """Of five traces, the one with an error is not in the sample: search alone tells."""
    failed = shop_and_cart(tempo, run_id)
    for _ in range(4):
        now, trace_id = time.time_ns(), uuid.uuid4().hex
        times = {"startTimeUnixNano": str(now - 20_000_000), "endTimeUnixNano": str(now)}
        tempo.send([group("shop", run_id, [span(trace_id, 1, **times)])])
    options = {"run_id": run_id, "min_traces": 5, "sample": 1}
    met = tempo.run(
        CHECK,
        **options,
        max_error_rate=0.2,
        min_duration="9ms",
        max_duration="20ms",
        expressions=[
            f"trace_id == '{failed}' && spans[?service=='cart' && status_message=='out of stock']",
            {"expression": "spans[?kind=='server']", "quantifier": "all"},
        ],
        timeout=30,
    )
    assert met["failed"] is False, met.get("msg")
    assert (met["error_rate"], met["trace_count"]) == (0.2, 5)
    unmet = tempo.run(
        CHECK,
        **options,
        max_error_rate=0.1,
        min_duration="15ms",
        max_duration="19ms",
        expressions=["span_count > `2`", {"expression": "services == ['shop']", "quantifier": "all"}],
        timeout=6,
    )
    assert unmet["failed"] is True
    assert len(unmet["unmet"]) == 5, unmet["unmet"]
    assert "the error rate is 0.2 (1 of 5 traces), but at most 0.1 is allowed" in unmet["unmet"]
    assert any("1 of 5 traces took less than 15 ms" in line and failed in line for line in unmet["unmet"])
    assert any("4 of 5 traces took more than 19 ms" in line for line in unmet["unmet"])
    wrong = tempo.run(CHECK, **options, expressions=["spans[?"])
    assert (wrong["failed"], wrong["error"]["kind"]) == (True, "invalid_option")


def test_wrong_traceql_fails_at_once(tempo: Tempo) -> None:
    result = tempo.run(CHECK, query="{ name = ", timeout=60)
    assert (result["failed"], result["error"]["kind"]) == (True, "bad_query")
    assert "syntax error" in result["msg"]
    assert result["elapsed_seconds"] < 10


def test_a_service_that_is_not_there(tempo: Tempo, run_id: str) -> None:
    shop_and_cart(tempo, run_id)
    result = tempo.run(CHECK, run_id=run_id, services=["shop", "payment"], timeout=6)
    assert result["failed"] is True
    assert "service 'payment' not seen (seen: 'cart', 'shop')" in result["msg"]
    assert result["diagnosis"]["stage"] == "none"
    assert 3 < result["elapsed_seconds"] < 13


def test_a_run_that_never_came(tempo: Tempo, run_id: str) -> None:
    shop_and_cart(tempo, run_id)
    result = tempo.run(CHECK, run_id="never-" + run_id, timeout=2)
    assert (result["failed"], result["trace_count"], result["diagnosis"]["stage"]) == (True, 0, "tempo_search")
    assert "Alloy was not looked at." in result["diagnosis"]["evidence"]


def test_otlp_is_not_the_api(tempo: Tempo) -> None:
    result = tempo.run(CHECK, url=tempo.otlp_url, timeout=10)
    assert (result["failed"], result["error"]["kind"]) == (True, "not_tempo")


def test_the_account_of_a_run(tempo: Tempo, run_id: str) -> None:
    before = tempo.run("tracing_pipeline_info")
    shop_and_cart(tempo, run_id)
    after = tempo.run(
        "tracing_pipeline_info", baseline=before["snapshot"], generated_spans=2, stored_spans=2, settle_timeout=20
    )
    account = after["account"]
    assert (account["received"], account["discarded_total"], account["accepted"]) == (2, 0, None)
    assert (after["settled"], account["balanced"]) == (True, None)
