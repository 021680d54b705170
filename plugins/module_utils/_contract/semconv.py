# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenTelemetry's semantic conventions for spans as rules, in the stable names and in those before.

They hold for the spans that are about HTTP, a database, messages or RPC, as their attributes tell. Only what the
conventions require is demanded, and types: what they recommend is up to the instrumentation. The conventions:
https://opentelemetry.io/docs/specs/semconv/ in the folders http, database, messaging and rpc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span

from .findings import Finding, View
from .match import shown, type_name
from .model import Case

_CALL = ("client", "server")
_METHODS = frozenset({
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE", "_OTHER",
})  # fmt: skip
_HTTP_METHOD = ("http.request.method", "http.method")
_HTTP_STATUS = ("http.response.status_code", "http.status_code")
_GRPC_STATUS = ("rpc.grpc.status_code", "rpc.response.status_code")

# What is found wrong: expected and found.
Problem = tuple[str, str]


@dataclass(frozen=True)
class Convention:
    """What holds for the spans that have one of the attributes ``signs``, whose kind must be one of ``kinds``.

    ``needs`` pairs kinds of spans, none of them for all, with attributes of which one must be there. ``types`` says
    what attributes must be that are there.
    """

    signs: tuple[str, ...]
    kinds: tuple[str, ...]
    needs: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    types: Mapping[str, str]
    more: Callable[[Span], Iterator[Problem]]

    def concerns(self, span: Span) -> bool:
        return any(name in span.attributes for name in self.signs)


def semantic_conventions(case: Case, seen: View) -> Iterator[Finding]:
    for name in case.semconv:
        convention = CONVENTIONS[name]
        for span in filter(convention.concerns, seen.trace.spans):
            for expected, found in _problems(convention, span):
                yield Finding(f"semconv {name}", expected, found, span, True)


def _problems(convention: Convention, span: Span) -> Iterator[Problem]:
    if span.kind not in convention.kinds:
        yield f"kind {' or '.join(convention.kinds)}", span.kind
    for kinds, names in convention.needs:
        if span.kind in (kinds or (span.kind,)) and not any(name in span.attributes for name in names):
            yield f"attribute {' or '.join(names)}", "is not there"
    for name, wanted in convention.types.items():
        if name in span.attributes and type_name(span.attributes[name]) != wanted:
            value = span.attributes[name]
            yield f"attribute {name} of the type {wanted}", f"is {shown(value)}, of the type {type_name(value)}"
    yield from convention.more(span)


def _http(span: Span) -> Iterator[Problem]:
    method = _first(span, _HTTP_METHOD)
    if isinstance(method, str) and method not in _METHODS:
        yield "a method of HTTP in capitals, or _OTHER", f"is {shown(method)}"
    if "http.request.method" in span.attributes and span.kind == "client" and "server.address" not in span.attributes:
        yield "attribute server.address", "is not there"
    status = _first(span, _HTTP_STATUS)
    if type_name(status) != "int":
        return
    if not 100 <= status <= 599:
        yield "a status code from 100 to 599", f"is {status}"
        return
    least = 400 if span.kind == "client" else 500
    if status >= least and span.status != "error":
        yield f"status error with status code {status}", span.status


def _database(span: Span) -> Iterator[Problem]:
    connection = span.attributes.get("db.connection_string")
    if isinstance(connection, str) and has_login(connection):
        yield "db.connection_string without a login", "one is in it"


def _messaging(span: Span) -> Iterator[Problem]:
    operation = _first(span, ("messaging.operation.type", "messaging.operation"))
    sends = operation in ("create", "publish", "send")
    if sends and span.kind not in ("producer", "client"):
        yield f"kind producer for the operation {operation}", span.kind
    if operation == "process" and span.kind != "consumer":
        yield "kind consumer for the operation process", span.kind


def _rpc(span: Span) -> Iterator[Problem]:
    code = _first(span, _GRPC_STATUS)
    if span.kind == "client" and type_name(code) == "int" and code != 0 and span.status != "error":
        yield f"status error with the gRPC code {code}", span.status


def _first(span: Span, names: Sequence[str]) -> Any:
    return next((span.attributes[name] for name in names if name in span.attributes), None)


CONVENTIONS: Mapping[str, Convention] = {
    "http": Convention(
        signs=(*_HTTP_METHOD, *_HTTP_STATUS, "http.route", "http.url", "http.target"),
        kinds=_CALL,
        needs=(
            (_CALL, _HTTP_METHOD),
            (("client",), ("url.full", "http.url")),
            (("server",), ("url.path", "http.target", "http.url", "http.route")),
        ),
        types={
            "http.request.method": "string", "http.method": "string", "http.route": "string", "url.full": "string",
            "url.path": "string", "url.scheme": "string", "http.url": "string", "http.target": "string",
            "server.address": "string", "server.port": "int", "http.response.status_code": "int",
            "http.status_code": "int",
        },
        more=_http,
    ),
    "db": Convention(
        signs=("db.system.name", "db.system", "db.query.text", "db.statement", "db.operation.name", "db.operation"),
        kinds=("client", "internal"),
        needs=(((), ("db.system.name", "db.system")),),
        types={
            "db.system.name": "string", "db.system": "string", "db.query.text": "string", "db.statement": "string",
            "db.operation.name": "string", "db.operation": "string", "db.namespace": "string", "db.name": "string",
            "db.collection.name": "string", "server.address": "string", "server.port": "int", "net.peer.port": "int",
        },
        more=_database,
    ),
    "messaging": Convention(
        signs=("messaging.system", "messaging.destination.name", "messaging.destination", "messaging.operation.name",
               "messaging.operation.type", "messaging.operation"),
        kinds=("producer", "consumer", "client"),
        needs=(
            ((), ("messaging.system",)),
            ((),
             ("messaging.operation.name", "messaging.operation.type", "messaging.operation")),
        ),
        types={
            "messaging.system": "string", "messaging.operation.name": "string", "messaging.operation.type": "string",
            "messaging.destination.name": "string", "messaging.batch.message_count": "int",
            "messaging.message.body.size": "int",
        },
        more=_messaging,
    ),
    "rpc": Convention(
        signs=("rpc.system.name", "rpc.system", "rpc.method", "rpc.service", "rpc.grpc.status_code"),
        kinds=_CALL,
        needs=(((), ("rpc.system.name", "rpc.system")),),
        types={
            "rpc.system.name": "string", "rpc.system": "string", "rpc.method": "string", "rpc.service": "string",
            "rpc.grpc.status_code": "int", "server.address": "string", "server.port": "int",
        },
        more=_rpc,
    ),
}  # fmt: skip
