# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that ask Tempo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cases import EITHER, OK, UNMET, Place, as_json, text
from fake_server import Answer, Asked, Play
from subject import Subject
from tempo3 import Tempo3
from values import IDS, NUMBERS, SHAPES, TAGS, TEXTS, Field, other_than, some

TRACE = "00ab8423191c1287bf0140d289f90fe3"
BY_ID = f"/api/v2/traces/{TRACE}"
SEARCH = "/api/search"
RANGE = "/api/metrics/query_range"
SPAN = "trace.resourceSpans.0.scopeSpans.0.spans.0"
# What a page of Tempo's may hold in place of a count; a text of digits is right, as protobuf writes them in JSON.
ODD_COUNTS = other_than(NUMBERS, "-1", "1.5", "10^400", "-10^400", "digits of another script")
VALID_COUNTS = some(NUMBERS, "-1", "1.5", "10^400", "-10^400", "digits of another script")
EMPTY = ("null", "an empty list", "an empty object")
TAG_ROWS = [f"{name} alone" for name in TAGS]
ALLOY = "\n".join([
    'alloy_build_info{version="v1.9"} 1',
    'otelcol_receiver_accepted_spans_total{component_id="in"} 2',
    'otelcol_exporter_sent_spans_total{component_id="out"} 2',
    "",
])  # fmt: skip


class Tempo:
    """Holds one trace, of two spans in two services."""

    def __init__(self) -> None:
        self._tempo = Tempo3(cutoff=0.0)
        self._tempo.hold("shop", "cart", ago=5.0)
        self._tempo.held[0].trace_id = TRACE

    def __call__(self, asked: Asked) -> Answer:
        status, headers, body = self._tempo.answer(asked.path, asked.params)
        return Answer(body, status, headers)


class Probed:
    """Takes spans as OTLP/HTTP in JSON, and gives each trace back as Tempo does."""

    def __init__(self) -> None:
        self._groups: dict[str, list[Any]] = {}
        self._tempo = Tempo3(cutoff=0.0)

    def receive(self, asked: Asked) -> Answer:
        for group in json.loads(asked.body)["resourceSpans"]:
            self._groups.setdefault(group["scopeSpans"][0]["spans"][0]["traceId"], []).append(group)
        return as_json({"partialSuccess": {}})

    def tempo(self, asked: Asked) -> Answer:
        if asked.path.startswith("/api/v2/traces/"):
            return as_json({"trace": {"resourceSpans": self._groups.get(asked.path.rsplit("/", 1)[1], [])}})
        if asked.path == SEARCH:
            return as_json({"traces": [{"traceID": trace_id} for trace_id in self._groups], "metrics": {}})
        status, headers, body = self._tempo.answer(asked.path, asked.params)
        return Answer(body, status, headers)


class Shop:
    """An application whose trace Tempo has as soon as it answers."""

    def __init__(self) -> None:
        self._tempo = Tempo3(cutoff=0.0)

    def app(self, asked: Asked) -> Answer:
        self._tempo.hold("shop", "cart", ago=5.0)
        self._tempo.held[-1].trace_id = asked.headers["traceparent"].split("-")[1]
        return text("ok")

    def tempo(self, asked: Asked) -> Answer:
        status, headers, body = self._tempo.answer(asked.path, asked.params)
        return Answer(body, status, headers)


def shop() -> Mapping[str, Play]:
    held = Shop()
    return {"tempo": held.tempo, "app": held.app}


def tempo_alone() -> Mapping[str, Play]:
    return {"tempo": Tempo()}


def tempo_and_alloy() -> Mapping[str, Play]:
    return {"tempo": Tempo(), "alloy": lambda asked: text(ALLOY)}


def probed() -> Mapping[str, Play]:
    held = Probed()
    return {"tempo": held.tempo, "otlp": held.receive}


def by_url(place: Place, listener: str) -> dict[str, Any]:
    return {
        "url": place.url("tempo", listener),
        "bearer_token": place.secret,
        "ca_path": str(place.ca),
        "request_timeout": place.seconds,
    }


def check(place: Place, listener: str, **demands: Any) -> dict[str, Any]:
    return {**by_url(place, listener), "timeout": place.seconds, "poll_interval": 0.2, "diagnose": False, **demands}


def probe(place: Place, listener: str) -> dict[str, Any]:
    return {
        **by_url(place, "plain"),
        "otlp_url": place.url("otlp", listener),
        "otlp_headers": {"Authorization": f"Bearer {place.secret}"},
        "protocol": "http_json",
        "traces": 1,
        "spans_per_trace": 2,
        "timeout": place.seconds,
    }


def contract(place: Place, listener: str, **more: Any) -> dict[str, Any]:
    """The last span is long ago, so that one look is enough."""
    waiting = {"timeout": place.seconds, "poll_interval": 0.2, "settle": 0.5}
    content = "version: 1\nfind: {service: shop}\ncases: [{name: a, services: [shop, cart], calls: [shop -> cart]}]"
    return {**by_url(place, listener), **waiting, "content": content, **more}


def contract_of_a_request(place: Place, listener: str) -> dict[str, Any]:
    content = "version: 1\ncases: [{name: a, request: {path: /book}, services: [shop, cart]}]"
    headers = {"Authorization": f"Bearer {place.secret}"}
    return contract(place, "plain", content=content, request_url=place.url("app", listener), headers=headers)


def recorded(place: Place, listener: str) -> dict[str, Any]:
    waiting = {"timeout": place.seconds, "poll_interval": 0.2, "settle": 0.5}
    dest = {"dest": str(place.folder / "contract.yml"), "trace_id": TRACE}
    return {**by_url(place, listener), **waiting, **dest}


SUBJECTS = [
    Subject(
        "tempo_trace_info",
        lambda place, listener: {**by_url(place, listener), "trace_id": TRACE},
        tempo_alone,
        "tempo",
        BY_ID,
        lambda result: result["found"] and result["trace"]["span_count"] == 2,
        every_row=True,
        fields=[
            Field(BY_ID, "trace", other_than(SHAPES, "null", "an empty object", "an object")),
            Field(BY_ID, "trace.resourceSpans", other_than(SHAPES, "null", "an empty list")),
            Field(BY_ID, "trace.resourceSpans.0", SHAPES, EITHER),
            Field(BY_ID, SPAN, SHAPES, EITHER),
            Field(BY_ID, f"{SPAN}.startTimeUnixNano", NUMBERS, EITHER),
            Field(BY_ID, f"{SPAN}.spanId", other_than(IDS, "an empty text")),
            Field(BY_ID, f"{SPAN}.name", {**TEXTS, **TAGS}, EITHER),
            Field(BY_ID, f"{SPAN}.kind", {**SHAPES, **NUMBERS}, EITHER),
            Field(BY_ID, "trace.resourceSpans.0.resource.attributes.0.key", {"a type tag": "__ansible_type"}, OK),
        ],
    ),
    Subject(
        "tempo_search_info",
        by_url,
        tempo_alone,
        "tempo",
        SEARCH,
        lambda result: result["trace_ids"] == [TRACE] and result["complete"],
        fields=[
            Field(SEARCH, "traces", other_than(SHAPES, *EMPTY)),
            Field(SEARCH, "traces.0", SHAPES),
            Field(SEARCH, "traces.0.traceID", IDS),
            Field(SEARCH, "traces.0.durationMs", ODD_COUNTS),
            Field(SEARCH, "traces.0.durationMs", VALID_COUNTS, EITHER),
            Field(SEARCH, "traces.0.startTimeUnixNano", ODD_COUNTS),
            Field(SEARCH, "traces.0.spanSets", other_than(SHAPES, *EMPTY)),
            Field(SEARCH, "traces.0.serviceStats", other_than(SHAPES, *EMPTY, "an object")),
            Field(
                SEARCH, "traces.0.serviceStats", {"a name with escapes": {"\x1b[31m": {"spanCount": 1}}, **TAGS}, EITHER
            ),
            Field(SEARCH, "traces.0.rootTraceName", TEXTS, EITHER),
            Field(SEARCH, "metrics", other_than(SHAPES, "null", "an empty list", "an empty object", "an object")),
            Field(SEARCH, "metrics.totalJobs", NUMBERS, EITHER),
        ],
    ),
    Subject(
        "tempo_metrics_info",
        lambda place, listener: {**by_url(place, listener), "query": "{ } | rate()"},
        tempo_alone,
        "tempo",
        RANGE,
        lambda result: result["series_count"] == 1 and result["complete"],
        fields=[
            Field(RANGE, "series", other_than(SHAPES, *EMPTY)),
            Field(RANGE, "series.0", other_than(SHAPES, "an empty object", "an object")),
            Field(RANGE, "series.0.labels", {**SHAPES, **TAGS}, EITHER),
            Field(RANGE, "series.0.samples", other_than(SHAPES, *EMPTY)),
            Field(RANGE, "series.0.samples.0.timestampMs", ODD_COUNTS),
            Field(RANGE, "series.0.samples.0.value", NUMBERS, EITHER),
        ],
    ),
    Subject(
        "tempo_status_info",
        by_url,
        tempo_alone,
        "tempo",
        "/ready",
        lambda result: result["version"] == "3.0.3",
        is_json=False,
        # A Tempo that says that it is not ready, a gateway that does not know /ready, and five bytes in time.
        ends=dict.fromkeys(("503 for ever", "404 with escapes", "a body byte by byte"), EITHER),
    ),
    Subject(
        "tempo_ingestion_check",
        lambda place, listener: check(place, listener, min_spans=2, services=["shop"]),
        tempo_alone,
        "tempo",
        SEARCH,
        lambda result: result["verdict"] == "proven" and result["trace_ids"] == [TRACE],
        fields=[
            Field(SEARCH, "traces", other_than(SHAPES, *EMPTY)),
            Field(SEARCH, "traces", some(SHAPES, *EMPTY), UNMET),
            Field(SEARCH, "traces.0", SHAPES),
            Field(SEARCH, "traces.0.traceID", IDS),
            Field(SEARCH, "traces.0.spanSets.0.matched", ODD_COUNTS),
            Field(SEARCH, "traces.0.startTimeUnixNano", ODD_COUNTS),
            Field(SEARCH, "traces.0.serviceStats", other_than(SHAPES, *EMPTY, "an object")),
            Field(BY_ID, "trace", other_than(SHAPES, "null", "an empty object", "an object")),
            Field(BY_ID, SPAN, other_than(SHAPES, "null", "an empty object", "an object", "an empty list")),
            Field(BY_ID, f"{SPAN}.name", {**TEXTS, **TAGS}, EITHER),
        ],
    ),
    Subject(
        "tempo_ingestion_check",
        lambda place, listener: check(place, listener, trace_ids=[TRACE], expect_edges=["shop -> cart"]),
        tempo_alone,
        "tempo",
        BY_ID,
        lambda result: result["verdict"] == "proven",
        name="by id: ",
        tls=False,
        # The right shape without a trace: it is not there.
        ends={"an empty object alone": UNMET},
        fields=[
            Field(BY_ID, f"{SPAN}.spanId", other_than(IDS, "an empty text")),
            Field(BY_ID, f"{SPAN}.startTimeUnixNano", ODD_COUNTS),
        ],
    ),
    Subject(
        "tempo_ingestion_check",
        lambda place, listener: {
            **check(place, listener, min_spans=3),
            "diagnose": True,
            "alloy_url": place.url("alloy"),
        },
        tempo_and_alloy,
        "alloy",
        "/metrics",
        lambda result: False,
        # That spans are missing is known whatever Alloy counts.
        control=UNMET,
        refusal=UNMET,
        # Documented: the diagnosis takes up to five seconds more.
        beyond=5,
        name="counters of Alloy: ",
        is_json=False,
        tls=False,
    ),
    Subject(
        "otlp_trace_probe",
        probe,
        probed,
        "otlp",
        "/v1/traces",
        lambda result: result["verdict"] == "proven" and result["spans"] == 2,
        # No body at all says that all was taken, and fields that nobody knows are left out.
        ends=dict.fromkeys(
            ("no body", "204", "gzip of nothing", "an object alone", "an empty object alone", *TAG_ROWS), EITHER
        ),
    ),
    Subject(
        "otlp_trace_probe",
        probe,
        probed,
        "tempo",
        "/api/v2/traces",
        lambda result: result["verdict"] == "proven" and result["spans"] == 2,
        name="by id: ",
        tls=False,
        # The right shape without a trace: its spans are lost.
        ends={"an empty object alone": UNMET},
    ),
    Subject(
        "trace_contract_check",
        contract,
        tempo_alone,
        "tempo",
        SEARCH,
        lambda result: result["verdict"] == "proven" and result["cases"][0]["trace_ids"] == [TRACE],
        fields=[
            Field(SEARCH, "traces", other_than(SHAPES, *EMPTY)),
            Field(SEARCH, "traces", some(SHAPES, *EMPTY), UNMET),
            Field(SEARCH, "traces.0", SHAPES),
            Field(SEARCH, "traces.0.traceID", IDS),
            Field(SEARCH, "traces.0.startTimeUnixNano", ODD_COUNTS),
            Field(SEARCH, "traces.0.serviceStats", other_than(SHAPES, *EMPTY, "an object")),
            Field(BY_ID, "trace", other_than(SHAPES, "null", "an empty object", "an object")),
            Field(BY_ID, SPAN, other_than(SHAPES, "null", "an empty object", "an object", "an empty list")),
            Field(BY_ID, f"{SPAN}.name", {**TEXTS, **TAGS}, EITHER),
        ],
    ),
    Subject(
        "trace_contract_check",
        contract_of_a_request,
        shop,
        "app",
        "/book",
        lambda result: result["verdict"] == "proven",
        name="its request: ",
        is_json=False,
        # Of the answer to a request nothing counts but its status.
        refusal=EITHER | UNMET,
    ),
    Subject(
        "trace_contract_record",
        recorded,
        tempo_alone,
        "tempo",
        BY_ID,
        lambda result: result["trace_id"] == TRACE and result["span_count"] == 2,
        fields=[
            Field(BY_ID, "trace", other_than(SHAPES, "null", "an empty object", "an object")),
            Field(BY_ID, SPAN, other_than(SHAPES, "null", "an empty object", "an object", "an empty list")),
            Field(BY_ID, f"{SPAN}.name", {**TEXTS, **TAGS}, EITHER),
            Field(BY_ID, f"{SPAN}.startTimeUnixNano", NUMBERS, EITHER),
            Field(BY_ID, "trace.resourceSpans.0.resource.attributes.0.key", {"a type tag": "__ansible_type"}, EITHER),
        ],
    ),
]
