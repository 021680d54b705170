# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending spans as OTLP: over HTTP in JSON or protobuf, and over gRPC where its library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED, parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import short_body
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    Response,
    closed_early,
    refused,
    timed_out,
    tls_failed,
    unknown_host,
    unreachable,
)

from . import json_codec, protobuf_codec
from .model import ResourceSpans

HTTP_PATH = "/v1/traces"
GRPC_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
# What OTLP lets a client try again.
RETRYABLE = frozenset({429, 502, 503, 504})
_PORTS_FIX = "OTLP/HTTP is on port 4318 by default and gRPC on 4317: check address, port and protocol."

Encode = Callable[[Sequence[ResourceSpans]], bytes]
ENCODINGS: Mapping[str, tuple[str, Encode]] = {
    "http_json": ("application/json", json_codec.encode_request),
    "http_protobuf": ("application/x-protobuf", protobuf_codec.encode_request),
}


class Sender(Protocol):
    """What takes spans, and says how many of them it did not take and why."""

    def export(self, groups: Sequence[ResourceSpans], timeout: float) -> tuple[int, str]:
        """One request, which the far side has answered when this returns."""


class Poster(Protocol):
    """The part of a transport that posts."""

    @property
    def where(self) -> str:
        """What is talked to."""

    def send(self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float) -> Response:
        """One POST."""


class HttpSender:
    def __init__(self, transport: Poster, protocol: str, headers: Mapping[str, str]) -> None:
        self._transport = transport
        self._content_type, self._encode = ENCODINGS[protocol]
        self._headers = {**headers, "Content-Type": self._content_type}

    def export(self, groups: Sequence[ResourceSpans], timeout: float) -> tuple[int, str]:
        answer = self._transport.send(HTTP_PATH, self._headers, self._encode(groups), timeout=timeout)
        if not 200 <= answer.status < 300:
            raise http_error(f"OTLP/HTTP at {self._transport.where}", answer)
        try:
            return self._rejected(answer.body)
        except (TracingError, *UNSHAPED) as error:
            raise TracingError(
                "not_otlp",
                f"What answers at {self._transport.where} is not OTLP/HTTP: {short_body(answer)[:60]!r}.",
                _PORTS_FIX,
                status=answer.status,
            ) from error

    def _rejected(self, body: bytes) -> tuple[int, str]:
        if not body:
            return 0, ""
        if self._content_type == "application/json":
            return json_codec.decode_rejected(parse_json(body))
        return protobuf_codec.decode_rejected(body)


def http_error(where: str, answer: Response) -> TracingError:
    said = short_body(answer)
    if answer.status == 400 and "HTTPS server" in said:  # what servers written in Go say
        return tls_failed(where, "it speaks TLS, and was sent plain HTTP", "Begin the address with https://.")
    quoted = f": {said}" if said and not said.startswith("<") else ""
    if answer.status in RETRYABLE:
        return TracingError(
            "otlp_overloaded",
            f"{where} takes no spans just now ({answer.status}{quoted}).",
            "Send fewer at once, or see the limits of what receives them.",
            retryable=True,
            status=answer.status,
        )
    kind, fix = {
        401: ("unauthorized", "Set otlp_headers, and tenant for a multi-tenant Tempo."),
        403: ("unauthorized", "Set otlp_headers, and tenant for a multi-tenant Tempo."),
        404: ("not_otlp", _PORTS_FIX),
        405: ("not_otlp", _PORTS_FIX),
        415: ("not_otlp", "It does not take this encoding: try another protocol."),
    }.get(answer.status, ("otlp_refused", "See the log of what receives the spans."))
    return TracingError(kind, f"{where} refuses spans ({answer.status}{quoted}).", fix, status=answer.status)


class GrpcSender:
    """The generic call of grpcio with our own bytes: no generated code."""

    def __init__(self, url: str, metadata: Sequence[tuple[str, str]], ca_path: str = "") -> None:
        self._grpc = grpc_library()
        parts = urlsplit(url)
        self.where = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 4317)}"
        self._metadata = [(name.lower(), value) for name, value in metadata]
        self._export = self._channel(parts.scheme == "https", ca_path).unary_unary(GRPC_METHOD)

    def _channel(self, secure: bool, ca_path: str) -> Any:
        if not secure:
            return self._grpc.insecure_channel(self.where)
        try:
            roots = Path(ca_path).read_bytes() if ca_path else None
        except OSError as error:
            raise invalid(f"otlp_ca_path or ca_path: {ca_path} cannot be read ({error.strerror}).") from error
        return self._grpc.secure_channel(self.where, self._grpc.ssl_channel_credentials(roots))

    def export(self, groups: Sequence[ResourceSpans], timeout: float) -> tuple[int, str]:
        body = protobuf_codec.encode_request(groups)
        try:
            answer: bytes = self._export(body, timeout=timeout, metadata=self._metadata)
        except self._grpc.RpcError as error:
            raise self._typed(error, timeout) from error
        return protobuf_codec.decode_rejected(answer)

    def _typed(self, error: Any, timeout: float) -> TracingError:
        code, said = error.code().name, " ".join(str(error.details()).split())
        where = f"OTLP/gRPC at {self.where}"
        if code == "DEADLINE_EXCEEDED":
            return timed_out(where, timeout)
        if code == "UNAVAILABLE":
            return self._unavailable(where, said)
        if code == "RESOURCE_EXHAUSTED":
            return TracingError("otlp_overloaded", f"{where} takes no spans just now ({said}).", retryable=True)
        if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            fix = "Set otlp_headers, and tenant for a multi-tenant Tempo."
            return TracingError("unauthorized", f"{where} refuses spans ({code}: {said}).", fix)
        kind = "not_otlp" if code in ("UNIMPLEMENTED", "UNKNOWN", "INTERNAL") else "otlp_refused"
        return TracingError(kind, f"{where} refuses spans ({code}: {said}).", _PORTS_FIX)

    def _unavailable(self, where: str, said: str) -> TracingError:
        """gRPC has one word for all that keeps a connection from coming about."""
        words = said.lower()
        if "refused" in words:
            return refused(where)
        if any(sign in words for sign in ("dns", "errors resolving", "getaddrinfo", "name resolution")):
            return unknown_host(where, said)
        if "handshake" in words or "ssl" in words or "certificate" in words:
            return tls_failed(where, said, "Check http against https in otlp_url, and otlp_ca_path or ca_path.")
        if "socket closed" in words or "connection reset" in words or "recvmsg" in words:
            return closed_early(where, said)
        return unreachable(where, said.rstrip("."))


def grpc_library() -> Any:
    try:
        return importlib.import_module("grpc")
    except ImportError as error:
        raise TracingError(
            "missing_library",
            "The Python library grpcio is missing on this host.",
            "Install it, or set protocol to http_protobuf.",
        ) from error
