# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that ask Prometheus, or read what Alloy and Tempo count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cases import EITHER, OK, UNMET, Change, Place, Row, as_json, text
from fake_server import Answer, Asked, Play
from kubernetes_api import NAMESPACE, KubernetesApi
from subject import Subject
from subjects.tempo import ALLOY, Tempo
from values import NUMBERS, SHAPES, TAGS, TEXTS, Field, other_than
from wire import ESCAPES, MEGABYTE, body

QUERY = "/api/v1/query"
FLAGS = "/api/v1/status/flags"
LOGIN = f"{NAMESPACE}/secrets/login"
_MARKED = re.compile(r'"([^"]+)", "([^"]+)", "", ""\)$')
# A page of metrics with one odd line, which must neither hide the others nor be counted.
ODD_LINES: Mapping[str, str] = {
    "Infinity": 'otelcol_receiver_accepted_spans_total{component_id="x"} +Inf',
    "NaN": 'otelcol_receiver_accepted_spans_total{component_id="x"} NaN',
    "1e999": 'otelcol_receiver_accepted_spans_total{component_id="x"} 1e999',
    "5000 digits": f'otelcol_receiver_accepted_spans_total{{component_id="x"}} {"9" * 5000}',
    "escapes in a label": f'tempo_discarded_spans_total{{reason="{ESCAPES}"}} 1',
    "a type tag as a label": 'tempo_discarded_spans_total{reason="__ansible_type"} 1',
    "Jinja in a label": "tempo_discarded_spans_total{reason=\"{{ lookup('pipe', 'id') }}\"} 1",
    "16 KB of spaces": f"otelcol_receiver_accepted_spans_total{' ' * 16384}x",
    "a label that does not end": 'otelcol_receiver_accepted_spans_total{a="' + 'b\\"' * 8000,
    "a megabyte in one line": "otelcol_receiver_accepted_spans_total" + "{" * MEGABYTE,
    "a name of 60 KB": f"{'a' * 60_000} 1",
    "two numbers that are too large together": "\n".join(["otelcol_receiver_accepted_spans_total 1e308"] * 2),
}


def added(line: str) -> Change:
    return body(lambda right: right + line.encode() + b"\n")


def prometheus(asked: Asked) -> Answer:
    """Three series, and the label by which the query wants its answer marked; or the flags that the stack needs."""
    if asked.path == FLAGS:
        flags = {"web.enable-remote-write-receiver": "true", "enable-feature": "exemplar-storage"}
        return as_json({"status": "success", "data": flags})
    marked = _MARKED.search(asked.params.get("query", ""))
    series = {"metric": {marked[1]: marked[2]} if marked else {}, "value": [1.5, "3"]}
    return as_json({"status": "success", "data": {"resultType": "vector", "result": [series]}})


def prometheus_and_tempo() -> Mapping[str, Play]:
    return {"prometheus": prometheus, "tempo": Tempo()}


def alloy_and_tempo() -> Mapping[str, Play]:
    return {"alloy": lambda asked: text(ALLOY), "tempo": Tempo()}


def check(place: Place, listener: str) -> dict[str, Any]:
    return {
        "prometheus_url": place.url("prometheus", listener),
        "url": place.url("tempo"),
        "bearer_token": place.secret,
        "ca_path": str(place.ca),
        "request_timeout": place.seconds,
        "timeout": place.seconds,
        "poll_interval": 0.2,
    }


def serves(place: Place, listener: str) -> dict[str, Any]:
    """What the pipeline needs, with a login that the module reads from a Secret."""
    return {
        "prometheus_url": place.url("prometheus", listener),
        "ca_path": str(place.ca),
        "exemplars": "required",
        "scraped": ["tempo"],
        "prometheus_service_monitors_enabled": True,
        "request_timeout": place.seconds,
        "timeout": place.seconds,
        "poll_interval": 0.2,
    }


def serves_with_login(place: Place, listener: str) -> dict[str, Any]:
    return {
        **serves(place, "plain"),
        "kubeconfig": place.kubeconfig(listener),
        "prometheus_auth": "basic",
        "prometheus_auth_secret": "login",
        "prometheus_auth_username_key": "admin-user",
        "prometheus_auth_password_key": "admin-password",
    }


def holds(result: Mapping[str, Any]) -> bool:
    return result["satisfied"] and result["remote_write"] and result["exemplars"] and result["scraped"]["tempo"]


def counters(place: Place, listener: str) -> dict[str, Any]:
    return {
        "url": place.url("tempo"),
        "alloy_url": place.url("alloy", listener),
        "bearer_token": place.secret,
        "ca_path": str(place.ca),
        "request_timeout": place.seconds,
    }


SUBJECTS = [
    Subject(
        "span_metrics_check",
        check,
        prometheus_and_tempo,
        "prometheus",
        QUERY,
        lambda result: result["verdict"] == "proven",
        # Documented: the diagnosis takes up to five seconds more.
        beyond=5,
        fields=[
            Field(QUERY, "data", SHAPES),
            # An answer to this query is never empty.
            Field(QUERY, "data.result", SHAPES),
            Field(QUERY, "data.result.0", {**SHAPES, **TAGS}),
            Field(QUERY, "data.result.0.value", SHAPES),
            Field(QUERY, "data.result.0.value.1", other_than(NUMBERS, "1.5", "10^400", "digits of another script")),
            Field(QUERY, "data.result.0.value.1", {"none": "0", "a part of one": "0.5"}, UNMET, always=True),
        ],
    ),
    Subject(
        "prometheus_check",
        serves,
        lambda: {"prometheus": prometheus},
        "prometheus",
        FLAGS,
        holds,
        fields=[
            Field(FLAGS, "data", SHAPES),
            Field(FLAGS, "data.enable-feature", {**SHAPES, **TEXTS, **TAGS}),
        ],
    ),
    Subject(
        "prometheus_check",
        serves,
        lambda: {"prometheus": prometheus},
        "prometheus",
        QUERY,
        holds,
        name="a query: ",
        tls=False,
        fields=[
            Field(QUERY, "data.result", SHAPES),
            Field(QUERY, "data.result.0.metric", SHAPES),
            Field(QUERY, "data.result.0.value.1", other_than(NUMBERS, "1.5", "10^400", "digits of another script")),
            Field(QUERY, "data.result.0.value.1", {"none": "0"}, always=True),
        ],
    ),
    Subject(
        "prometheus_check",
        serves_with_login,
        lambda: {"prometheus": prometheus, "api": KubernetesApi()},
        "api",
        LOGIN,
        holds,
        name="login: ",
        listener="tls",
        tls=False,
        fields=[Field(LOGIN, "data", SHAPES), Field(LOGIN, "data.admin-password", {**SHAPES, **TEXTS})],
    ),
    Subject(
        "tracing_pipeline_info",
        counters,
        alloy_and_tempo,
        "alloy",
        "/metrics",
        lambda result: result["snapshot"]["alloy"]["totals"].get("accepted") == 2,
        is_json=False,
        # A part that can't be read is told in its place.
        refusal=OK,
        told=lambda result: (
            bool(result["snapshot"]["alloy"]["error"]) or result["snapshot"]["alloy"]["totals"].get("accepted") == 2
        ),
        # A page of lines: what is odd about one of them does not matter.
        ends=dict.fromkeys(("bytes that are no UTF-8", "NUL before the answer"), EITHER),
    ),
    Subject(
        "tracing_pipeline_info",
        counters,
        alloy_and_tempo,
        "alloy",
        "/metrics",
        # A count that no counter can have is not known, and not zero.
        lambda result: result["snapshot"]["alloy"]["totals"].get("accepted", 2) == 2,
        name="an odd line: ",
        is_json=False,
        tls=False,
        shared=False,
        refusal=OK,
        rows=[Row("lines", name, added(line)) for name, line in ODD_LINES.items()],
    ),
]
