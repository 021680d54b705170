# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers as large as a busy Tempo, Alloy or Prometheus may give them, and a server on loopback that gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fake_server import Answer, Asked, serving

EPOCH = 1_795_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"
Page = bytes | Callable[[Mapping[str, str]], bytes]
# A Tempo that hides nothing from search.
TEMPO: dict[str, Page] = {
    "/api/status/buildinfo": b'{"version": "2.10.8"}',
    "/status/config": b"query_frontend:\n    max_retries: 2\n",
}
SAMPLES_A_SERIES = 1000


def metrics_text(size: int, first: str, last: str) -> bytes:
    """Prometheus' text of about this size: two lines, and those of another metric between them."""
    line = 'go_other_bucket{{component_id="some.component.{0}",le="{0}",data_type="metrics",pod="alloy-0"}} {0}\n'
    count = size // len(line.format(10**6))
    return "".join([first, *map(line.format, range(count)), last]).encode()


def range_answer(series: int) -> bytes:
    """What a TraceQL metrics query over a range gives."""
    samples = [{"timestampMs": str(1000 * (EPOCH + n)), "value": n + 0.5} for n in range(SAMPLES_A_SERIES)]
    made = json.dumps(samples, separators=(",", ":"))
    lines = [f'{{"labels":[{{"key":"name","value":{{"stringValue":"{n}"}}}}],"samples":{made}}}' for n in range(series)]
    return f'{{"series":[{",".join(lines)}],"metrics":{{}}}}'.encode()


def trace_answer(spans: int, name: str = "GET /api/carts/items") -> bytes:
    """A trace by its id: a tree of spans of one service, eight below each."""
    head = '{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}'
    shape = (
        f'{{"traceId":"{TRACE}","spanId":"%016x","parentSpanId":"%016x","name":"{name}","kind":"SPAN_KIND_SERVER",'
        '"startTimeUnixNano":"%d","endTimeUnixNano":"%d","status":{},"attributes":[{"key":"http.request.method",'
        '"value":{"stringValue":"GET"}}]}'
    )
    start = EPOCH * 10**9
    lines = (shape % (n + 1, n and (n - 1) // 8 + 1, start + n, start + n + 5) for n in range(spans))
    held = f'[{{"resource":{head},"scopeSpans":[{{"scope":{{}},"spans":[{",".join(lines)}]}}]}}]'
    return f'{{"trace":{{"resourceSpans":{held}}},"metrics":{{}}}}'.encode()


def search_answer(hits: int, spans: int = 1) -> bytes:
    """What a search finds, newest first: traces of so many spans each, the first of which is ``TRACE``."""
    shape = (
        '{"traceID":"%032x","rootServiceName":"shop","rootTraceName":"GET /","startTimeUnixNano":"%d","durationMs":1,'
        f'"spanSets":[{{"matched":{spans},"spans":[]}}]}}'
    )
    lines = (shape % (int(TRACE, 16) + n, (EPOCH + 900) * 10**9 - n) for n in range(hits))
    return f'{{"traces":[{",".join(lines)}],"metrics":{{}}}}'.encode()


def no_series(params: Mapping[str, str]) -> bytes:
    """Prometheus' answer to a count of series that it does not have, with the label that the query gives it."""
    label, of = re.findall(r'"([^"]+)"', params["query"])[:2]
    return json.dumps({"data": {"result": [{"metric": {label: of}, "value": [EPOCH, "0"]}]}}).encode()


@contextmanager
def served(pages: Mapping[str, Page]) -> Iterator[str]:
    def play(asked: Asked) -> Answer:
        page = pages.get(asked.path)
        body = page(asked.params) if callable(page) else page
        kind = "text/plain" if asked.path.endswith("/metrics") else "application/json"
        return Answer(body or b"", 404 if body is None else 200, {"Content-Type": kind})

    with serving(play) as server:
        yield server.url
