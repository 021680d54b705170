# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that ask Grafana, and through it the data sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases import EITHER, Pages, Place, as_json
from fake_server import Answer, Asked, Play, Wire
from kubernetes_api import LOGIN, NAMESPACE, KubernetesApi, meta
from subject import Subject
from subjects.tempo import EMPTY, TAG_ROWS, TRACE
from values import IDS, NUMBERS, SHAPES, TAGS, TEXTS, Field, other_than

SOURCES = "/api/datasources"
LIST = "/api/search"
BOARD = "/api/dashboards/uid/one"
PROMETHEUS = "/api/datasources/proxy/uid/prometheus/api/v1"
QUERY = f"{PROMETHEUS}/query"
EXEMPLARS = f"{PROMETHEUS}/query_exemplars"
TEMPO = "/api/datasources/proxy/uid/tempo/api"
LOGS = "/api/datasources/proxy/uid/loki/loki/api/v1/query_range"
LOG = {"stream": {"service_name": "shop", "trace_id": TRACE}, "values": [["1500000000", "an order"]]}
TO_LOGS = {"tracesToLogsV2": {"datasourceUid": "loki", "tags": [{"key": "service.name", "value": "service_name"}]}}
TO_TRACES = {"derivedFields": [{"matcherRegex": "trace_id", "datasourceUid": "tempo"}]}
FOUND = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "3"]}]}}
SPAN = {"traceId": TRACE, "spanId": "00000001", "startTimeUnixNano": "1", "endTimeUnixNano": "2", "name": "GET /"}
HELD = {"batches": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {}, "spans": [SPAN]}]}]}
EXEMPLAR = {"labels": {"traceID": TRACE}, "value": "1", "timestamp": 1.5}
PANELS = [
    {"title": "Rate", "targets": [{"datasource": {"uid": "prometheus"}, "expr": "rate(x[$__rate_interval])"}]},
    {"title": "Traces", "targets": [{"datasource": {"uid": "tempo"}, "queryType": "traceql", "query": "{ }"}]},
]
TEMPO_SOURCE = f"{SOURCES}/uid/tempo"
STORE = "/api/dashboards/db"
SOURCE = {"name": "Tempo", "uid": "tempo", "type": "tempo", "access": "proxy", "isDefault": False}
CHANGED = ["update dashboard one"]
# What is no web page.
ANY_CONTENT = (
    "a length that is too small", "no body", "gzip of nothing", "gzip twice", "gzip not announced", "deflate",
    "bytes that are no UTF-8", "escapes alone", "200 with the error of a proxy", "50 MB of zeros",
    "UTF-16 without a mark", "204", "no last chunk",
)  # fmt: skip
SHAPELESS = other_than(SHAPES, *EMPTY)


def pages() -> Pages:
    return Pages({
        SOURCES: as_json([{"uid": "prometheus", "name": "Prometheus"}, {"uid": "tempo", "name": "Tempo"}]),
        LIST: as_json([{"uid": "one", "title": "Board"}]),
        TEMPO_SOURCE: as_json({**SOURCE, "secureJsonFields": {"password": True}, "version": 1, "jsonData": TO_LOGS}),
        f"{SOURCES}/uid/loki": as_json({"uid": "loki", "jsonData": TO_TRACES}),
        LOGS: as_json({"status": "success", "data": {"resultType": "streams", "result": [LOG]}}),
        STORE: as_json({"status": "success", "uid": "one"}),
        BOARD: as_json({"dashboard": {"uid": "one", "title": "Board", "templating": {"list": []}, "panels": PANELS}}),
        QUERY: as_json(FOUND),
        EXEMPLARS: as_json({"status": "success", "data": [{"seriesLabels": {}, "exemplars": [EXEMPLAR]}]}),
        f"{TEMPO}/search": as_json({"traces": [{"traceID": TRACE}], "metrics": {}}),
        f"{TEMPO}/traces": as_json(HELD),
        "/login": Answer(b"{}", 200, {"Content-Type": "application/json", "Set-Cookie": "grafana_session=abc; Path=/"}),
    })  # fmt: skip


def demanding(asked: Asked) -> Answer | Wire:
    """Grafana that lets nobody in but who has logged in."""
    if asked.path != "/login" and "grafana_session=abc" not in asked.headers.get("cookie", ""):
        return as_json({"message": "Unauthorized"}, 401)
    return pages()(asked)


def grafana() -> Mapping[str, Play]:
    return {"grafana": pages()}


def behind_the_proxy() -> Mapping[str, Play]:
    return {"api": KubernetesApi({"grafana": demanding})}


def by_url(place: Place, listener: str) -> dict[str, Any]:
    return {
        "url": place.url("grafana", listener),
        "headers": {"Authorization": f"Bearer {place.secret}"},
        "ca_path": str(place.ca),
        "request_timeout": place.seconds,
        "timeout": place.seconds,
        "poll_interval": 0.2,
    }


def content(place: Place, listener: str) -> dict[str, Any]:
    return {
        **by_url(place, listener),
        "datasources": ["prometheus", "tempo"],
        "dashboards": ["one"],
        "queries": [{"name": "up", "datasource": "prometheus", "query": "up"}],
        "exemplars": "required",
    }


def ensured(place: Place, listener: str) -> dict[str, Any]:
    return {
        **by_url(place, listener),
        "datasources": [{**SOURCE, "secureJsonData": {"password": place.secret}}],
        "dashboards": [{"uid": "one", "title": "Another"}],
    }


def with_login(place: Place, listener: str) -> dict[str, Any]:
    return {
        "kubeconfig": place.kubeconfig(listener),
        "login_secret": {"name": "login"},
        "datasources": ["tempo"],
        "request_timeout": place.seconds,
        "timeout": place.seconds,
        "poll_interval": 0.2,
    }


PASSWORD = "/api/user/password"


def with_password() -> Mapping[str, Play]:
    """A Grafana that changes its password, and a Secret of ours that has the old one."""
    ours = meta("login", labels={"app.kubernetes.io/managed-by": "tracelab.k8s_tracing"})
    held = {"kind": "Secret", "metadata": ours, "data": LOGIN}

    def changing(asked: Asked) -> Answer | Wire:
        return as_json({"message": "User password changed"}) if asked.path == PASSWORD else demanding(asked)

    return {"api": KubernetesApi({"grafana": changing}, **{f"{NAMESPACE}/secrets/login": held})}


def another_password(place: Place, listener: str) -> dict[str, Any]:
    return {
        "kubeconfig": place.kubeconfig(listener),
        "login_secret": {"name": "login"},
        "password": place.secret,
        "request_timeout": place.seconds,
        "timeout": place.seconds,
        "poll_interval": 0.2,
    }


SUBJECTS = [
    Subject(
        "grafana_check",
        content,
        grafana,
        "grafana",
        SOURCES,
        lambda result: result["satisfied"] and result["exemplar_leads"],
        fields=[
            Field(SOURCES, "0", SHAPES),
            Field(SOURCES, "0.uid", {**SHAPES, **TEXTS}),
            Field(LIST, "0", SHAPES),
            Field(LIST, "0.uid", SHAPES),
            Field(QUERY, "data", {**SHAPES, **TAGS}),
            Field(EXEMPLARS, "data", SHAPELESS),
            Field(EXEMPLARS, "data.0.exemplars", SHAPELESS),
            Field(EXEMPLARS, "data.0.exemplars.0.labels.traceID", IDS),
            Field(EXEMPLARS, "data.0.exemplars.0.timestamp", NUMBERS, EITHER),
        ],
    ),
    Subject(
        "grafana_check",
        content,
        grafana,
        "grafana",
        QUERY,
        lambda result: result["satisfied"],
        name="a query: ",
        tls=False,
    ),
    Subject(
        "grafana_check",
        # Whatever a data source answers with status 200 is an answer, but for a web page.
        lambda place, listener: {**content(place, listener), "exemplars": "ignored"},
        grafana,
        "grafana",
        QUERY,
        lambda result: result["satisfied"],
        name="any answer: ",
        is_json=False,
        tls=False,
        ends=dict.fromkeys(ANY_CONTENT, EITHER),
    ),
    Subject(
        "grafana_check",
        content,
        grafana,
        "grafana",
        f"{TEMPO}/traces",
        lambda result: result["satisfied"] and result["exemplar_leads"],
        name="a trace: ",
        tls=False,
        # A trace that is gone is told, and no failure.
        told=lambda result: not result["exemplar_leads"],
        ends=dict.fromkeys(("404 with escapes", "an object alone", "an empty object alone", *TAG_ROWS), EITHER),
    ),
    Subject(
        "grafana_check",
        lambda place, listener: {**by_url(place, listener), "logs": True},
        grafana,
        "grafana",
        LOGS,
        lambda result: result["satisfied"] and result["span_logs"] == 1,
        name="logs: ",
        tls=False,
        fields=[
            Field(LOGS, "data", SHAPES),
            Field(LOGS, "data.result.0", SHAPES),
            Field(LOGS, "data.result.0.stream", SHAPES),
            Field(LOGS, "data.result.0.stream.trace_id", IDS),
            Field(LOGS, "data.result.0.values.0.0", NUMBERS, EITHER),
            Field(TEMPO_SOURCE, "jsonData", SHAPES),
            Field(TEMPO_SOURCE, "jsonData.tracesToLogsV2.datasourceUid", IDS, EITHER),
            Field(TEMPO_SOURCE, "jsonData.tracesToLogsV2.tags", SHAPES, EITHER),
        ],
    ),
    Subject(
        "grafana_check",
        with_login,
        behind_the_proxy,
        "api",
        f"{NAMESPACE}/services/grafana:80/proxy/login",
        lambda result: result["satisfied"],
        name="login: ",
        listener="tls",
        tls=False,
        # What counts is the cookie; without one Grafana refuses the first question.
        refusal=EITHER,
    ),
    Subject(
        "grafana_admin_password",
        another_password,
        with_password,
        "api",
        f"{NAMESPACE}/secrets/login",
        lambda result: result["changed"],
        listener="tls",
        fields=[
            Field(f"{NAMESPACE}/secrets/login", "metadata.labels", SHAPES),
            Field(f"{NAMESPACE}/secrets/login", "data", SHAPES),
            Field(f"{NAMESPACE}/secrets/login", "data.admin-password", {**SHAPES, **TEXTS}, EITHER),
        ],
    ),
    Subject(
        "grafana_admin_password",
        another_password,
        with_password,
        "api",
        f"{NAMESPACE}/services/grafana:80/proxy{PASSWORD}",
        lambda result: result["changed"],
        name="a change: ",
        listener="tls",
        # Whatever comes with status 200 is an answer, but for a web page.
        is_json=False,
        tls=False,
        ends=dict.fromkeys(ANY_CONTENT, EITHER),
    ),
    Subject(
        "grafana_content",
        ensured,
        grafana,
        "grafana",
        TEMPO_SOURCE,
        lambda result: result["changes"] == CHANGED,
        # What is not there is made.
        ends={"404 with escapes": EITHER},
        fields=[
            Field(TEMPO_SOURCE, "type", {**SHAPES, **TEXTS}),
            Field(TEMPO_SOURCE, "version", NUMBERS, EITHER),
            Field(TEMPO_SOURCE, "secureJsonFields", SHAPES, EITHER),
            Field(TEMPO_SOURCE, "readOnly", SHAPES, EITHER),
            Field(BOARD, "dashboard", SHAPES),
            Field(BOARD, "dashboard.title", {**SHAPES, **TEXTS, **TAGS}, EITHER),
        ],
    ),
    Subject(
        "grafana_content",
        ensured,
        grafana,
        "grafana",
        STORE,
        lambda result: result["changes"] == CHANGED,
        name="a change: ",
        # Whatever comes with status 200 is an answer, but for a web page.
        is_json=False,
        tls=False,
        ends=dict.fromkeys(ANY_CONTENT, EITHER),
    ),
    Subject(
        "dashboard_check",
        by_url,
        grafana,
        "grafana",
        LIST,
        lambda result: result["satisfied"] and len(result["panels"]) == 2,
        fields=[
            Field(LIST, "0", SHAPES),
            Field(LIST, "0.uid", other_than(SHAPES, "a text")),
            Field(BOARD, "dashboard", SHAPES),
            Field(BOARD, "dashboard.panels", SHAPES),
            Field(BOARD, "dashboard.panels.0", SHAPES, EITHER),
            Field(BOARD, "dashboard.panels.0.title", {**TEXTS, **TAGS}, EITHER),
            Field(BOARD, "dashboard.panels.0.targets", other_than(SHAPES, "an empty list", "null")),
            Field(BOARD, "dashboard.panels.0.targets.0.datasource.uid", IDS, EITHER),
            Field(BOARD, "dashboard.panels.0.targets.0.expr", SHAPES, EITHER),
            Field(QUERY, "data.result", SHAPES),
            Field(QUERY, "data.result.0.value", SHAPES),
            Field(QUERY, "data.result.0.value.1", {**SHAPES, **NUMBERS}, EITHER),
            Field(f"{TEMPO}/search", "traces", SHAPES),
        ],
    ),
    Subject(
        "dashboard_check",
        by_url,
        grafana,
        "grafana",
        QUERY,
        lambda result: result["satisfied"],
        name="a query: ",
        tls=False,
    ),
]
