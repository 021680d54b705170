# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces of a shop with four services, each run with other ids, times and order, and what may go wrong in them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    Event,
    Link,
    Span,
    Trace,
    make_trace,
)
from fakes import EPOCH

MILLISECOND = 1_000_000
SECOND = 10**9


@dataclass(frozen=True)
class Work:
    """A span to be: its parent by key, and what it carries."""

    key: str
    parent: str
    service: str
    name: str
    kind: str
    attributes: Mapping[str, Any]


HTTP_CLIENT = {
    "http.request.method": "POST", "url.full": "http://stock:8080/book", "server.address": "stock",
    "server.port": 8080, "http.response.status_code": 200,
}  # fmt: skip
QUEUE = {"messaging.system": "kafka", "messaging.destination.name": "mails"}
SHOP = (
    Work("root", "", "shop", "GET /book", "server",
         {"http.request.method": "GET", "http.route": "/book", "http.response.status_code": 200, "user.tier": "gold"}),
    Work("call", "root", "shop", "POST", "client", HTTP_CLIENT),
    Work("stock", "call", "stock", "POST /{item}", "server",
         {"http.request.method": "POST", "http.route": "/{item}", "http.response.status_code": 200}),
    Work("select", "stock", "stock", "SELECT", "client", {"db.system.name": "sqlite", "db.query.text": "SELECT 1"}),
    Work("update", "stock", "stock", "UPDATE", "client", {"db.system.name": "sqlite", "db.query.text": "UPDATE x"}),
    Work("pay", "root", "shop", "pay.Payment/Charge", "client",
         {"rpc.system": "grpc", "rpc.service": "pay.Payment", "rpc.method": "Charge", "server.address": "payment"}),
    Work("payment", "pay", "payment", "pay.Payment/Charge", "server",
         {"rpc.system": "grpc", "rpc.service": "pay.Payment", "rpc.method": "Charge", "payment.amount": 42}),
    Work("card", "payment", "payment", "charge card", "internal", {}),
    Work("publish", "root", "shop", "send mails", "producer",
         {**QUEUE, "messaging.operation.type": "send", "peer.service": "mail"}),
    Work("mail", "publish", "mail", "process mails", "consumer", {**QUEUE, "messaging.operation.type": "process"}),
)  # fmt: skip


@dataclass
class Run:
    """One run: spans by key. Faults change it before it becomes a trace."""

    seed: int
    spans: dict[str, Span]
    trace_id: str

    def trace(self) -> Trace:
        spans = list(self.spans.values())
        random.Random(self.seed).shuffle(spans)
        return make_trace(self.trace_id, spans)

    def change(self, key: str, **values: Any) -> None:
        self.spans[key] = replace(self.spans[key], **values)

    def add(self, key: str, like: str, **values: Any) -> None:
        made = f"{random.Random(f'{self.seed}{key}').getrandbits(63) + 1:016x}"
        self.spans[key] = replace(self.spans[like], span_id=made, **values)

    def with_attributes(self, key: str, **values: Any) -> None:
        named = {name.replace("__", "."): value for name, value in values.items()}
        self.change(key, attributes={**self.spans[key].attributes, **named})


def good_run(seed: int, start: float = EPOCH) -> Run:
    """Children begin and end within their parents, but for what is sent by a queue, which comes later."""
    chance = random.Random(seed)
    ids = {work.key: f"{chance.getrandbits(63) + 1:016x}" for work in SHOP}
    trace_id = f"{chance.getrandbits(127) + 1:032x}"
    times: dict[str, tuple[int, int]] = {}
    spans = {}
    moment = int(start * 1000) * MILLISECOND + chance.randrange(SECOND)
    for work in SHOP:
        if not work.parent:
            times[work.key] = (moment, moment + chance.randrange(50, 900) * MILLISECOND)
        else:
            begin, end = times[work.parent]
            own = begin + chance.randrange(max(1, (end - begin) // 3))
            late = SECOND if work.kind == "consumer" else 0
            times[work.key] = (own + late, own + late + chance.randrange(1, max(2, end - own)))
        spans[work.key] = _span(work, ids, trace_id, times[work.key], chance)
    return Run(seed, spans, trace_id)


def _span(work: Work, ids: Mapping[str, str], trace_id: str, times: tuple[int, int], chance: random.Random) -> Span:
    own = {"thread.id": chance.randrange(10**6), "session.id": f"{chance.getrandbits(64):016x}"}
    ports = {"client.port": chance.randrange(30_000, 60_000)} if work.kind == "server" else {}
    pod = f"{work.service}-{chance.getrandbits(40):010x}"
    return Span(
        trace_id=trace_id,
        span_id=ids[work.key],
        parent_span_id=ids.get(work.parent, ""),
        name=work.name,
        service=work.service,
        kind=work.kind,
        status="unset",
        status_message="",
        start_unix_nano=times[0],
        end_unix_nano=times[1],
        attributes={**work.attributes, **own, **ports},
        resource={"service.name": work.service, "deployment.environment.name": "test", "k8s.pod.name": pod},
        events=(Event("ready", times[0], {}),) if work.key == "card" else (),
        links=(Link(f"{chance.getrandbits(127):032x}", "00" * 7 + "01", {}),) if work.key == "mail" else (),
    )


Fault = Callable[[Run], None]


def _no_propagation(run: Run) -> None:
    """The consumer begins a trace of its own, so that this one lacks it."""
    del run.spans["mail"]


def _wrong_attribute_type(run: Run) -> None:
    run.with_attributes("payment", payment__amount="42")


def _missing_child(run: Run) -> None:
    del run.spans["card"]


def _wrong_parent(run: Run) -> None:
    run.change("update", parent_span_id=run.spans["root"].span_id)


def _retried_span(run: Run) -> None:
    run.add("first try", "call", status="error")


def _clock_skew(run: Run) -> None:
    for key in ("stock", "select", "update"):
        span = run.spans[key]
        run.change(
            key, start_unix_nano=span.start_unix_nano - 2 * SECOND, end_unix_nano=span.end_unix_nano - 2 * SECOND
        )


def _wrong_status(run: Run) -> None:
    run.change("payment", status="error", status_message="declined")


def _pii(run: Run) -> None:
    run.with_attributes("root", user__email="ann@example.com")


def _orphan(run: Run) -> None:
    run.add("lost", "select", name="cleanup", kind="internal", attributes={}, parent_span_id="00000000000000aa")


def _too_slow(run: Run) -> None:
    for key in ("card", "payment", "pay", "root"):
        run.change(key, end_unix_nano=run.spans[key].end_unix_nano + 3 * SECOND)


def _extra_service(run: Run) -> None:
    stock = run.spans["stock"]
    resource = {"service.name": "legacy"}
    run.add("legacy", "stock", service="legacy", name="audit", parent_span_id=stock.span_id, resource=resource)


def _renamed_span(run: Run) -> None:
    run.change("root", name="GET")


FAULTS: Mapping[str, Fault] = {
    "no propagation": _no_propagation,
    "wrong attribute type": _wrong_attribute_type,
    "missing child": _missing_child,
    "wrong parent": _wrong_parent,
    "retried span": _retried_span,
    "clock skew": _clock_skew,
    "wrong status": _wrong_status,
    "personal data": _pii,
    "orphan": _orphan,
    "too slow": _too_slow,
    "extra service": _extra_service,
    "renamed span": _renamed_span,
}
# A case for each of these faults, by its name.
CONTRACT = """\
version: 1
name: shop
find: {service: shop}
cases:
  - name: no propagation
    services: [shop, mail]
    propagation: unbroken
  - name: wrong attribute type
    spans:
      - select: {service: payment, kind: server}
        attributes: {payment.amount: {type: int}}
  - name: missing child
    spans:
      - select: {service: payment, name: charge card}
        count: 1
        events: [{name: ready}]
  - name: wrong parent
    spans:
      - select: {name: UPDATE, attributes: {db.system.name: sqlite}}
        parent: {service: stock, kind: server}
  - name: retried span
    spans:
      - select: {service: shop, name: POST}
        count: 1
  - name: clock skew
    max_clock_skew: 100ms
  - name: wrong status
    spans:
      - select: {service: payment}
        status: [unset, ok]
  - name: personal data
    absent_attributes: [user.email, user.full_name]
  - name: orphan
    no_orphans: true
  - name: too slow
    spans:
      - select: {service: payment, kind: server}
        duration: {max: 2s}
  - name: extra service
    only_services: [shop, stock, payment, mail]
  - name: renamed span
    root: {service: shop, name: GET /book, kind: server}
"""


def otlp_of(trace: Trace) -> list[dict[str, Any]]:
    """The trace as Tempo gives it: OTLP in JSON, a resource for each span."""
    from fakes import b64

    def one(span: Span) -> dict[str, Any]:
        made = {
            "traceId": b64(span.trace_id),
            "spanId": b64(span.span_id),
            "name": span.name,
            "kind": f"SPAN_KIND_{span.kind.upper()}",
            "startTimeUnixNano": str(span.start_unix_nano),
            "endTimeUnixNano": str(span.end_unix_nano),
            "attributes": list(_attributes(span.attributes)),
            "events": [{"name": event.name, "timeUnixNano": str(event.time_unix_nano)} for event in span.events],
            "links": [{"traceId": b64(link.trace_id), "spanId": b64(link.span_id)} for link in span.links],
            "status": {"code": f"STATUS_CODE_{span.status.upper()}"} if span.status != "unset" else {},
        }
        return {**made, "parentSpanId": b64(span.parent_span_id)} if span.parent_span_id else made

    return [
        {"resource": {"attributes": list(_attributes(span.resource))}, "scopeSpans": [{"spans": [one(span)]}]}
        for span in trace.spans
    ]


def _attributes(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    for key, value in values.items():
        kind = kinds[type(value)]
        yield {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}
