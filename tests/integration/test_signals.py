# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics and logs through a real Alloy, as the role configures it: to Prometheus and a store of logs, or nowhere."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_server import Answer, Asked, serving
from gateway import counters, eventually, gateway, places, send
from stack import Stack, prometheus

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
CUMULATIVE, DELTA = 2, 1
FILTER = "otelcol.processor.filter.no_destination"
SOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}


def now() -> str:
    return str(time.time_ns())


def metrics(name: str, temporality: int = CUMULATIVE) -> dict[str, Any]:
    """A counter as an SDK sends it, with an exemplar."""
    exemplar = {"timeUnixNano": now(), "asInt": "1", "traceId": TRACE, "spanId": SPAN}
    point = {"asInt": "5", "startTimeUnixNano": now(), "timeUnixNano": now(), "exemplars": [exemplar]}
    counted = {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": [point]}
    return {"resourceMetrics": [{"resource": SOURCE, "scopeMetrics": [{"metrics": [{"name": name, "sum": counted}]}]}]}


def logs(text: str) -> dict[str, Any]:
    record = {"timeUnixNano": now(), "body": {"stringValue": text}, "traceId": TRACE, "spanId": SPAN}
    return {"resourceLogs": [{"resource": SOURCE, "scopeLogs": [{"logRecords": [record]}]}]}


def dropped(made: Stack) -> dict[str, float]:
    """By signal, as the dashboard has it: what went into the filter and did not come out."""
    into, out = (
        counters(made, f"otelcol_processor_{way}_items_total", FILTER, "otel_signal")
        for way in ("incoming", "outgoing")
    )
    return {signal: value - out.get(signal, 0) for signal, value in into.items()}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, list[Asked]]]:
    """Alloy with a Prometheus and a store of logs, and what the latter was sent."""
    seen: list[Asked] = []

    def store(asked: Asked) -> Answer:
        seen.append(asked)
        return Answer()

    ports = places()
    with ExitStack() as running:
        options = {
            "alloy_metrics_url": f"http://127.0.0.1:{ports['prometheus']}/api/v1/write",
            "alloy_logs_endpoint": running.enter_context(serving(store)).url + "/otlp",
            "alloy_logs_tenant": "team-a",
            "alloy_redact_attributes": ["user.email"],
            "alloy_mask_patterns": [{"pattern": r"card=\d+"}],
        }
        made = running.enter_context(gateway(tmp_path_factory.mktemp("stored"), options, ports))
        running.enter_context(prometheus(made))
        yield made, seen


def test_metrics_arrive_in_prometheus_with_the_way_to_their_trace(stored: tuple[Stack, list[Asked]]) -> None:
    made, _seen = stored
    assert send(made, "metrics", metrics("orders")) == 200
    [found] = eventually(lambda: made.query("orders_total"), lambda seen: len(seen) == 1)
    assert (found["metric"]["job"], found["value"][1]) == ("shop", "5")
    path = f"/api/v1/query_exemplars?query=orders_total&start={time.time() - 600}&end={time.time() + 60}"
    [series] = eventually(lambda: made.json("prometheus", path)["data"], lambda seen: len(seen) == 1)
    assert series["exemplars"][0]["labels"] == {"trace_id": TRACE, "span_id": SPAN}


def test_what_prometheus_does_not_take_is_counted(stored: tuple[Stack, list[Asked]]) -> None:
    made, _seen = stored
    before = dropped(made).get("metrics", 0)
    assert send(made, "metrics", metrics("since_last_time", DELTA)) == 200
    assert eventually(lambda: dropped(made), lambda seen: seen.get("metrics") == before + 1)
    assert "logs" not in dropped(made)


def test_logs_arrive_with_their_trace_and_without_what_is_private(stored: tuple[Stack, list[Asked]]) -> None:
    made, seen = stored
    message = logs("order 7 paid with card=4111")
    private = {"key": "user.email", "value": {"stringValue": "ada@example.com"}}
    message["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["attributes"] = [private]
    assert send(made, "logs", message) == 200
    [asked] = eventually(lambda: list(seen), lambda requests: len(requests) == 1)
    assert (asked.path, asked.headers["x-scope-orgid"]) == ("/otlp/v1/logs", "team-a")
    body = gzip.decompress(asked.body)
    assert bytes.fromhex(TRACE) in body and b"order 7 paid with ****" in body
    assert b"ada@example.com" not in body and b"4111" not in body


def test_what_has_no_destination_is_taken_and_counted(tmp_path: Path) -> None:
    with gateway(tmp_path, {}, places()) as made:
        for number in (1, 2):
            assert send(made, "metrics", metrics("orders")) == 200
            assert send(made, "logs", logs("an order")) == 200
            wanted = {"metrics": number, "logs": number}
            eventually(lambda: dropped(made), lambda seen, wanted=wanted: seen == wanted)
