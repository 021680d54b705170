# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets: answers of Tempo, Alloy, Prometheus, Grafana and of what takes spans."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.check import Check
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.options import CHECK_ARGUMENTS, check_settings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json, parse_yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana import (
    content,
    content_check,
    dashboard_check,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.session import Client
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp import json_codec, protobuf_codec
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import placed
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.send import ENCODINGS, HttpSender
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline import (
    prometheus_check,
    snapshot,
    span_metrics,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.compare import compare
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.options import PROBE_ARGUMENTS, probe_settings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.probe import Probe
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.metrics_info import METRICS_ARGUMENTS, metrics
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search_info import SEARCH_ARGUMENTS, search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.status_info import STATUS_ARGUMENTS, status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import from_dict
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_info import TRACE_ARGUMENTS, read_trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_tree import render_tree
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS
from fakes import (
    EPOCH,
    RUN_ID,
    TRACE_ID,
    FakeApiConnection,
    FakeTime,
    ScriptedTransport,
    alloy_metrics,
    attribute,
    found,
    otlp_group,
    otlp_span,
    tempo_metrics,
    two_services,
)
from source import Source
from target import options, target

JSON = {"content-type": "application/json"}
TEXT = {"content-type": "text/plain"}
RICH = otlp_span(
    "00" * 7 + "03",
    "00" * 7 + "01",
    traceState="a=b",
    flags=1,
    attributes=[
        attribute("text", {"stringValue": "x"}),
        attribute("whole", {"intValue": "7"}),
        attribute("number", {"doubleValue": 0.5}),
        attribute("flag", {"boolValue": True}),
        attribute("bytes", {"bytesValue": "AAE="}),
        attribute("list", {"arrayValue": {"values": [{"stringValue": "x"}, {}]}}),
        attribute("map", {"kvlistValue": {"values": [attribute("x", {"intValue": "1"})]}}),
    ],
    droppedAttributesCount=1,
    events=[{"timeUnixNano": "1795000000000000001", "name": "e", "attributes": [attribute("k", {"intValue": "1"})]}],
    links=[{"traceId": "AKuEIxkcEoe/AUDSifkP4w==", "spanId": "AAAAAAAAAAE=", "traceState": "c=d", "flags": 1}],
)
GROUPS = [*two_services(), otlp_group("shop", [RICH])]
TRACE_V2 = {"trace": {"resourceSpans": GROUPS}, "metrics": {}, "status": "PARTIAL", "message": "too much"}
TRACE_V1 = {"batches": GROUPS}
METRICS = {"inspectedTraces": 3, "inspectedSpans": "8", "inspectedBytes": "900", "totalJobs": 3, "completedJobs": 3}
SEARCH = {"traces": [found(), {**found("1f"), "spanSet": {"matched": 1}}], "metrics": METRICS}
LABEL = attribute("resource.service.name", {"stringValue": "shop"})
SAMPLES = [{"timestampMs": str(int(EPOCH) * 1000), "value": 0.5}, {"timestampMs": "1795000001000"}]
EXEMPLAR = {**SAMPLES[0], "labels": [attribute("trace:id", {"stringValue": "ab8423191c1287bf0140d289f90fe3"})]}
RANGE = {"series": [{"labels": [LABEL], "samples": SAMPLES, "exemplars": [EXEMPLAR]}], "metrics": METRICS}
INSTANT = {"series": [{"labels": [LABEL], "value": 32}], "status": "PARTIAL", "message": "more"}
BUILD = {"version": "2.10.8", "revision": "abc"}
CONFIG = (
    "GET /status/config\n---\nmultitenancy_enabled: true\nquery_frontend:\n    query_end_cutoff: 30s\n"
    "ingester:\n    trace_idle_period: 5s\n    flush_check_period: 10s\noverrides:\n    defaults: {}\n"
)
RUNTIME = (
    "GET /status/runtime_config\n---\ndefaults:\n  ingestion:\n    rate_limit_bytes: 15000000\n"
    "overrides:\n  a: {b: 1}\n"
)
SERVICES = (
    "+---+\n|  SERVICE NAME   | STATUS  | FAILURE CASE |\n|-----|----|---|\n| distributor | Running |  |\n+---+\n"
)
ALLOY_PAGE, TEMPO_PAGE = alloy_metrics(9, 8, failed=1, queued=2).body, tempo_metrics(9, rate_limited=1).body
WRITTEN_PAGE = (
    b"tempo_build_info 1\nprometheus_remote_storage_samples_in_total 7\nprometheus_remote_storage_samples_failed 1\n"
)


def tempo(**bodies: bytes | Callable[[], bytes]) -> ScriptedTransport:
    """A Tempo that gives these for `search`, `trace` and so on, and what is good for the rest."""
    pages = {
        "/api/search": ("search", SEARCH),
        f"/api/v2/traces/{TRACE_ID}": ("trace", TRACE_V2),
        f"/api/traces/{TRACE_ID}": ("trace_v1", TRACE_V1),
        "/api/metrics/query_range": ("range", RANGE),
        "/api/metrics/query": ("instant", INSTANT),
        "/api/status/buildinfo": ("build", BUILD),
        "/status/config": ("config", CONFIG.replace("    query_end_cutoff: 30s\n", "")),
        "/status/runtime_config": ("runtime", RUNTIME),
        "/status/services": ("services", SERVICES),
        "/api/overrides": ("overrides", {"limits": {}}),
        "/ready": ("ready", "ready\n"),
        "/api/echo": ("echo", "echo"),
        "/metrics": ("metrics", TEMPO_PAGE),
    }

    def script(path: str, _params: dict[str, str]) -> Response:
        name, good = pages.get(path, ("", ""))
        body = bodies.get(name, good)
        raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        if name == "trace" and body == b"":
            return Response(404, TEXT, b"")
        return Response(200 if name else 404, TEXT if path.startswith(("/status", "/metrics")) else JSON, raw)

    return ScriptedTransport(script)


def clock() -> Any:
    return FakeTime().clock


@target(ValueError)
def json_text(source: Source) -> Any:
    value = parse_json(source.raw(b'{"a": [1, -0.5e3, "x\\u00e9\\ud83d\\ude00", null, true, {}]}', b"[[[1]]]", b"1e5"))
    again = json.dumps(value, allow_nan=False)
    assert json.loads(again) == value
    return value


@target(ValueError)
def yaml_text(source: Source) -> Any:
    return parse_yaml(source.text("a:\n  - 1\n  - b: {c: [d, 'e', \"f\"]}\n", "a: |\n  text\n", "- 1.5\n- ~\n", CONFIG))


@target()
def tempo_trace(source: Source) -> Any:
    kind = source.below(3)
    body = source.json(*((TRACE_V2,), (TRACE_V1,), (GROUPS, {}))[kind])
    bodies = {"trace": b"", "trace_v1": body} if kind == 1 else {"trace": body}
    params = options({**CONNECTION_ARGUMENTS, **TRACE_ARGUMENTS}, trace_id=TRACE_ID, missing_ok=True)
    result = read_trace(params, tempo(**bodies), clock())
    if result["trace"]:
        again = from_dict(json.loads(json.dumps(result["trace"])))
        assert json.dumps(again.to_dict()) == json.dumps(result["trace"])
        assert render_tree(again).isprintable() or "\n" in render_tree(again)
    return result


@target(KeyError, TypeError, ValueError, AttributeError)
def trace_of_a_variable(source: Source) -> Any:
    """As the filter `trace_tree` and the report read it, which name these four."""
    good = read_trace(options({**CONNECTION_ARGUMENTS, **TRACE_ARGUMENTS}, trace_id=TRACE_ID), tempo(), clock())[
        "trace"
    ]
    return render_tree(from_dict(source.document(good)))


@target()
def tempo_search(source: Source) -> Any:
    params = options({**CONNECTION_ARGUMENTS, **SEARCH_ARGUMENTS}, start=str(EPOCH - 900), end=str(EPOCH + 900))
    return search(params, tempo(search=source.json(SEARCH)), clock())


@target()
def tempo_metrics_answer(source: Source) -> Any:
    kind = source.pick(("range", "instant"))
    params = options({**CONNECTION_ARGUMENTS, **METRICS_ARGUMENTS}, query="{ } | rate()", type=kind, exemplars=2)
    if kind == "instant":
        return metrics({**params, "exemplars": 0}, tempo(instant=source.json(INSTANT)), clock())
    return metrics(params, tempo(range=source.json(RANGE)), clock())


@target()
def tempo_status(source: Source) -> Any:
    pages = {"config": CONFIG, "runtime": RUNTIME, "services": SERVICES, "ready": "ready"}
    name = source.pick((*pages, "build", "overrides"))
    good = {"build": json.dumps(BUILD), "overrides": '{"limits": {"a": [1]}}', **pages}[name]
    params = options({**CONNECTION_ARGUMENTS, **STATUS_ARGUMENTS})
    return status(params, tempo(**{name: source.raw(good.encode())}), clock())


@target()
def ingestion_check(source: Source) -> Any:
    """The whole check on one altered answer."""
    params = options(
        {**CONNECTION_ARGUMENTS, **CHECK_ARGUMENTS},
        run_id=RUN_ID,
        services=["shop"],
        expect_edges=["shop -> cart"],
        expressions=[
            "span_count > `1`",
            {"expression": "spans[?status=='error'] | length(@) < `9`", "quantifier": "all"},
        ],
        max_error_rate=1.0,
        min_duration="1ms",
        trace_ids=[TRACE_ID] if source.below(2) else [],
        timeout=4.0,
    )
    name = source.pick(("search", "trace", "build", "config", "metrics"))
    good = {"search": SEARCH, "trace": TRACE_V2, "build": BUILD}.get(name)
    page = {"config": CONFIG.encode(), "metrics": TEMPO_PAGE}.get(name, b"")
    body = source.json(good) if good else source.raw(page)
    pages = tempo(**{name: body})
    alloy = ScriptedTransport(lambda path, params: Response(200, TEXT, ALLOY_PAGE))
    return Check(check_settings(params, EPOCH), pages, alloy, clock()).run()


K6_METRICS = {
    "data": [
        {"type": "metrics", "id": name, "attributes": {"type": "counter", "sample": {"count": 9, "rate": 1.5}}}
        for name in ("iterations", "spans_sent", "traces_sent")
    ]
}


@target()
def pipeline_counters(source: Source) -> Any:
    kind = source.below(4)
    pages = {"alloy": ALLOY_PAGE, "tempo": TEMPO_PAGE}
    k6 = [("k6-0", _page(json.dumps(K6_METRICS).encode()))]
    taken = snapshot.take(_snapshot(None), _page(pages["tempo"]), _page(pages["alloy"]), clock(), k6)["snapshot"]
    baseline = source.document(taken) if kind == 0 else taken
    if kind == 3:
        k6 = [("k6-0", _page(source.json(K6_METRICS)))]
    elif kind:
        name = ("alloy", "tempo")[kind - 1]
        pages[name] = source.raw(pages[name], WRITTEN_PAGE)
    return snapshot.take(_snapshot(baseline), _page(pages["tempo"]), _page(pages["alloy"]), clock(), k6)


def _snapshot(baseline: Any) -> snapshot.SnapshotSettings:
    arguments = {**CONNECTION_ARGUMENTS, **snapshot.SNAPSHOT_ARGUMENTS}
    return snapshot.snapshot_settings(options(arguments, baseline=baseline, generated_spans=9, stored_spans=8))


def _page(body: bytes) -> ScriptedTransport:
    return ScriptedTransport(lambda path, params: Response(200, TEXT, body))


@target()
def span_metrics_answers(source: Source) -> Any:
    good = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "3"]}]}}
    kind = source.below(2)
    answer = source.json(good) if kind else b'{"data": {"result": []}}'
    page = WRITTEN_PAGE if kind else source.raw(WRITTEN_PAGE, TEMPO_PAGE)
    settings = span_metrics.settings(options(span_metrics.ARGUMENTS, timeout=2.0), EPOCH)
    prometheus = ScriptedTransport(lambda path, params: Response(200, JSON, answer))
    return span_metrics.SpanMetrics(settings, prometheus, _page(page), clock()).run()


@target()
def prometheus_answers(source: Source) -> Any:
    flags = {"web.enable-remote-write-receiver": "true", "enable-feature": "exemplar-storage"}
    result = [{"metric": {"asked": "tempo_build_info"}, "value": [1.5, "1"]}]
    good = {"flags": {"data": flags}, "query": {"data": {"resultType": "vector", "result": result}}}
    altered = source.pick(tuple(good))
    bodies = {name: json.dumps(page).encode() for name, page in good.items()} | {altered: source.json(good[altered])}
    prometheus = ScriptedTransport(lambda path, params: Response(200, JSON, bodies[path.rpartition("/")[2]]))
    params = options(
        prometheus_check.ARGUMENTS,
        prometheus_url="http://prometheus.test",
        exemplars="required",
        scraped=["tempo"],
        prometheus_service_monitors_enabled=True,
        timeout=4.0,
    )
    return prometheus_check.PrometheusCheck(params, prometheus, clock()).run()


@target()
def prometheus_login(source: Source) -> Any:
    """The login in a Secret that anybody may have written."""
    params = options(
        prometheus_check.ARGUMENTS, prometheus_auth=source.pick(("basic", "bearer")), prometheus_auth_secret="login"
    )
    held = {"data": {"username": "dG9t", "password": "c2VjcmV0", "token": "dG9rZW4="}}
    path = "/api/v1/namespaces/tracing/secrets/login"
    connection = FakeApiConnection({path: Response(200, JSON, source.json(held))})
    return prometheus_check.login(params, connection)


@target()
def grafana_content(source: Source) -> Any:
    trace = "a" * 32
    exemplars = [{"exemplars": [{"labels": {"traceID": trace}, "timestamp": 2.5}]}]
    pages: dict[str, Any] = {
        "/api/datasources": [{"uid": "tempo"}],
        "/api/search": [{"uid": "one"}],
        "/api/datasources/uid/tempo": {"jsonData": {"tracesToLogsV2": {"datasourceUid": "l", "tags": [{"key": "a"}]}}},
        "/api/datasources/uid/loki": {
            "jsonData": {"derivedFields": [{"matcherRegex": "trace_id", "datasourceUid": "tempo"}]}
        },
        "/api/datasources/proxy/uid/l/loki/api/v1/query_range": {
            "data": {"result": [{"stream": {"trace_id": trace}, "values": [["1", "a line"]]}]}
        },
        "/api/datasources/proxy/uid/prometheus/api/v1/query": {"data": {"result": [{}]}},
        "/api/datasources/proxy/uid/prometheus/api/v1/query_exemplars": {"data": exemplars},
        f"/api/datasources/proxy/uid/tempo/api/traces/{trace}": {},
    }
    altered = source.pick(tuple(pages)[:-1])
    bodies = {path: json.dumps(page).encode() for path, page in pages.items()} | {altered: source.json(pages[altered])}
    params = options(
        content_check.CHECK_ARGUMENTS,
        datasources=["tempo"],
        dashboards=["one"],
        exemplars="required",
        logs=True,
        timeout=4.0,
    )
    return content_check.GrafanaCheck(params, _grafana(bodies), clock()).run()


@target()
def grafana_dashboards(source: Source) -> Any:
    panels = [
        {"title": "a", "targets": [{"datasource": {"uid": "p"}, "expr": 'rate(x{n=~"$name"}[$__rate_interval])'}]},
        {"title": "b", "targets": [{"datasource": {"uid": "t"}, "queryType": "traceql", "query": "{ }"}]},
        {"title": "c", "targets": [{"datasource": {"uid": "t"}, "queryType": "serviceMap"}]},
    ]
    board = {"dashboard": {"title": "One", "templating": {"list": [{"name": "name"}]}, "panels": panels}}
    pages: dict[str, Any] = {
        "/api/search": [{"uid": "one"}],
        "/api/dashboards/uid/one": board,
        "/api/datasources/proxy/uid/p/api/v1/query": {"data": {"result": [{"metric": {}, "value": [1, "2"]}]}},
        "/api/datasources/proxy/uid/t/api/search": {"traces": [{}]},
    }
    altered = source.pick(tuple(pages))
    bodies = {path: json.dumps(page).encode() for path, page in pages.items()} | {altered: source.json(pages[altered])}
    params = options(dashboard_check.CHECK_ARGUMENTS, timeout=4.0)
    return dashboard_check.DashboardCheck(params, _grafana(bodies), clock()).run()


@target()
def grafana_ensured(source: Source) -> Any:
    wanted = {"name": "Tempo", "uid": "tempo", "type": "tempo", "secureJsonData": {"password": "x"}}
    pages: dict[str, Any] = {
        "/api/datasources/uid/tempo": {
            **wanted,
            "version": 2,
            "readOnly": False,
            "secureJsonFields": {"password": True},
        },
        "/api/dashboards/uid/one": {"dashboard": {"uid": "one", "title": "One", "version": 3}},
        "/api/folders/f": {"uid": "f", "title": "Folder"},
        "/api/dashboards/db": {"message": "no"},
    }
    altered = source.pick(tuple(pages))
    bodies = {path: json.dumps(page).encode() for path, page in pages.items()} | {altered: source.json(pages[altered])}
    ask = _grafana(bodies)

    class Service:
        def send(self, path: str, _headers: Any, _body: Any, *, timeout: float, method: str = "") -> Response:
            return ask(path, timeout)  # type: ignore[no-any-return]

    params = options(
        content.CONTENT_ARGUMENTS,
        datasources=[wanted],
        folder={"uid": "f", "title": "Folder"},
        dashboards=[{"uid": "one", "title": "Another"}],
        timeout=4.0,
    )
    service: Any = Service()
    return content.Content(params, Client(service, {}), clock()).run(check_mode=False, with_diff=True)


def _grafana(bodies: dict[str, bytes]) -> Any:
    def ask(path: str, _timeout: float) -> Response:
        body = bodies.get(urlsplit(path).path)
        return Response(404 if body is None else 200, JSON, body or b"")

    return ask


@target()
def otlp_json_groups(source: Source) -> Any:
    """Spans as they are stored against those that were sent, as the probe compares them."""
    shaped = _Shaped(tempo(trace=source.json(TRACE_V2)))
    groups = shaped.groups(TRACE_ID)
    sent = {item.span.span_id: item for item in placed(json_codec.decode_groups(GROUPS))}
    seen = compare(sent, groups, strict=bool(source.below(2)))
    _written_again(groups)
    return [one.to_dict() for one in seen.altered]


class _Shaped:
    """The probe's own way to the groups."""

    def __init__(self, transport: ScriptedTransport) -> None:
        from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.probe import ProbeClient
        from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Deadline

        self.groups = ProbeClient(transport, Deadline(9, clock()), 9).groups


def _written_again(groups: Any) -> None:
    """What both forms can hold comes back from both as it was."""
    try:
        protobuf = protobuf_codec.encode_request(groups)
    except (ValueError, OverflowError, KeyError, AttributeError, TypeError):
        return  # larger than 64 bits, an unknown kind: nobody sends it on
    except Exception as error:  # struct.error is no subclass of anything
        if type(error).__name__ != "error":
            raise
        return
    assert protobuf_codec.encode_request(protobuf_codec.decode_request(protobuf)) == protobuf


@target()
def otlp_protobuf(source: Source) -> Any:
    groups = json_codec.decode_groups(GROUPS)
    decoded = protobuf_codec.decode_request(source.raw(protobuf_codec.encode_request(groups)))
    _written_again(decoded)
    return [len(group.scopes) for group in decoded]


@target()
def otlp_answers(source: Source) -> Any:
    kind = source.pick(tuple(ENCODINGS))
    partial = {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "full"}}
    body = source.json(partial) if kind == "http_json" else source.raw(b"\x0a\x08\x08\x03\x12\x04full")
    return HttpSender(_Poster(source.pick((200, 200, 400, 503)), body), kind, {}).export([], 1.0)


class _Poster:
    where = "http://otlp:4318"

    def __init__(self, status: int, body: bytes) -> None:
        self._answer = Response(status, JSON, body)

    def send(self, path: str, headers: Any, body: bytes | None, *, timeout: float) -> Response:
        return self._answer


@target()
def probe(source: Source) -> Any:
    """A probe whose one trace comes back altered: with its own spans, and with those of somebody else."""
    arguments = {**CONNECTION_ARGUMENTS, **PROBE_ARGUMENTS}
    settings = probe_settings(options(arguments, traces=1, concurrency=1, timeout=2.0))
    search_body, trace_body = source.json(SEARCH), source.json(TRACE_V2)

    def script(path: str, params: dict[str, str]) -> Response:
        if path == "/api/search":
            return Response(200, JSON, search_body)
        if path.startswith("/api/v2/traces/"):
            return Response(200, JSON, trace_body)
        return tempo().script(path, params)

    sender = HttpSender(_Poster(200, b"{}"), "http_json", {})
    return Probe(settings, sender, ScriptedTransport(script), clock(), lambda count: b"\x01" * count).run()


def good_results() -> dict[str, Any]:
    """What the modules return of good answers, as the report takes them."""
    checked = ingestion_check(Source(b""))
    figures = {"samples": [0.1, 0.2], "p50": 0.1, "p95": 0.2, "max": 0.2}
    return {
        "check": checked,
        "account": {"generated": 9, "accepted": 9, "sent": 9, "received": 9, "discarded": {}, "stored": 9, "notes": []},
        "diagnosis": {"stage": "none", "message": "m", "fix": "f", "evidence": ["e"]},
        "generator": {"run_id": RUN_ID, "traces_sent": 3, "spans_sent": 9, "spans_failed": 0, "seconds": 4.5},
        "probe": {"traces": 2, "problems": [], "lost": 0, "by_id": figures, "by_search": figures, "satisfied": True},
        "metrics": {"satisfied": True, "verdict": "proven", "metrics": {"a": 1}},
        "traces": [checked["sample_trace"]],
        "demands": {"traces": 1, "spans": 1, "services": ["shop"], "edges": ["shop -> cart"]},
        "components": [{"name": "tempo", "version": "2.10.8", "image": "grafana/tempo:2.10.8", "status": "ready"}],
    }
