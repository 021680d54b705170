# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending OTLP against real sockets on loopback: what is sent, and one clear error for each way to fail."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.json_codec import encode_request as encode_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import ResourceSpans
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.protobuf_codec import decode_request
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.send import (
    GRPC_METHOD,
    GrpcSender,
    HttpSender,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    UrlSettings,
    with_tenant,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.url import UrlTransport
from fakes import http_bytes, sending, tcp_server

GROUPS = [ResourceSpans({"service.name": "svc"}, ())]
Behaviour = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def export(behave: Behaviour, protocol: str = "http_json", timeout: float = 5.0, scheme: str = "http") -> Any:
    with tcp_server(behave) as port:
        transport = UrlTransport(UrlSettings(url=f"{scheme}://127.0.0.1:{port}"))
        return HttpSender(transport, protocol, {}).export(GROUPS, timeout)


def test_what_is_sent_as_json() -> None:
    seen: list[bytes] = []
    with tcp_server(sending(http_bytes(b'{"partialSuccess":{}}')), seen) as port:
        transport = UrlTransport(UrlSettings(url=f"http://127.0.0.1:{port}"))
        headers = with_tenant({"Authorization": "Bearer t"}, "team-a")
        assert HttpSender(transport, "http_json", headers).export(GROUPS, 5.0) == (0, "")
    head, body = seen[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v1/traces HTTP/1.1\r\n")
    for line in (b"content-type: application/json", b"x-scope-orgid: team-a", b"authorization: bearer t"):
        assert line in head.lower()
    assert not body or json.loads(body) == json.loads(encode_json(GROUPS))


def test_one_tenant_is_sent_however_its_header_is_written() -> None:
    assert with_tenant({"x-scope-orgid": "team-b"}, "team-a") == {"x-scope-orgid": "team-b"}
    assert with_tenant({}, "") == {}


@pytest.mark.parametrize(
    ("protocol", "body", "wanted"),
    [
        ("http_json", b"", (0, "")),
        ("http_json", b"{}", (0, "")),
        ("http_json", b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"old"}}', (2, "old")),
        ("http_protobuf", b"", (0, "")),
        ("http_protobuf", b"\n\x00", (0, "")),
        ("http_protobuf", b"\n\x07\x08\x02\x12\x03old", (2, "old")),
    ],
)
def test_answers(protocol: str, body: bytes, wanted: tuple[int, str]) -> None:
    assert export(sending(http_bytes(body)), protocol) == wanted


def slow(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK" * 10:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("behave", "kind", "retryable"),
    [
        (sending(http_bytes(b"bad", "400 Bad Request")), "otlp_refused", False),
        (sending(http_bytes(b"Client sent an HTTP request to an HTTPS server.", "400 Bad Request")), "tls", False),
        (sending(http_bytes(b"no", "401 Unauthorized")), "unauthorized", False),
        (sending(http_bytes(b"404 page not found", "404 Not Found", "text/plain")), "not_otlp", False),
        (sending(http_bytes(b"", "405 Method Not Allowed")), "not_otlp", False),
        (sending(http_bytes(b"", "415 Unsupported Media Type")), "not_otlp", False),
        (sending(http_bytes(b"RATE_LIMITED", "429 Too Many Requests")), "otlp_overloaded", True),
        (sending(http_bytes(b"no", "500 Internal Server Error")), "otlp_refused", False),
        (sending(http_bytes(b"<html>down</html>", "503 Service Unavailable", "text/html")), "otlp_overloaded", True),
        (sending(http_bytes(b"<html>Sign in</html>", content_type="text/html")), "not_otlp", False),
        (sending(http_bytes(b'{"partialSuccess":')), "not_otlp", False),
        (sending(http_bytes(b"[1]")), "not_otlp", False),
        (sending(http_bytes(b"", "302 Found", extra="Location: /login\r\n")), "redirect", False),
        (sending(b""), "connection_closed", True),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "connection_closed", True),
        (sending(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00"), "not_http", False),  # gRPC's port
    ],
)
def test_ways_to_fail(behave: Behaviour, kind: str, retryable: bool) -> None:
    with pytest.raises(TracingError) as caught:
        export(behave)
    assert (caught.value.kind, caught.value.retryable) == (kind, retryable)
    assert "<html" not in caught.value.message or kind == "not_otlp"


def test_garbage_for_protobuf() -> None:
    with pytest.raises(TracingError) as caught:
        export(sending(http_bytes(b'{"partialSuccess":{}}')), "http_protobuf")
    assert caught.value.kind == "not_otlp"


def test_a_slow_drip() -> None:
    began = time.monotonic()
    with pytest.raises(TracingError) as caught:
        export(slow, timeout=0.5)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - began < 3


# With all the time that it takes: on a busy machine, half a second is over before TLS has failed.
def test_a_wrong_scheme() -> None:
    with pytest.raises(TracingError) as caught:
        export(sending(http_bytes(b"{}")), scheme="https")
    assert caught.value.kind == "tls"


# --- gRPC


@pytest.fixture
def grpc() -> Any:
    return pytest.importorskip("grpc", reason="grpcio is not installed")


@pytest.fixture
def receiver(grpc: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """A collector of a few lines; ``state`` says how it answers and keeps what it got."""
    state: dict[str, Any] = {"answer": b"", "code": None, "got": [], "metadata": {}}

    def take(body: bytes, context: Any) -> bytes:
        state["got"].append(body)
        state["metadata"] = dict(context.invocation_metadata())
        if state["code"] == "slow":
            time.sleep(1)
        elif state["code"]:
            context.abort(getattr(grpc.StatusCode, state["code"]), "because")
        return bytes(state["answer"])

    service, method = GRPC_METHOD.strip("/").split("/")
    handlers = {method: grpc.unary_unary_rpc_method_handler(take)}
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}", state
    server.stop(None)


def test_grpc(receiver: tuple[str, dict[str, Any]]) -> None:
    url, state = receiver
    sender = GrpcSender(url, [("X-Scope-OrgID", "team-a")])
    assert sender.export(GROUPS, 5.0) == (0, "")
    assert decode_request(state["got"][0]) == GROUPS
    assert state["metadata"]["x-scope-orgid"] == "team-a"
    state["answer"] = b"\n\x07\x08\x02\x12\x03old"
    assert sender.export(GROUPS, 5.0) == (2, "old")


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("UNAUTHENTICATED", "unauthorized", False),
        ("PERMISSION_DENIED", "unauthorized", False),
        ("RESOURCE_EXHAUSTED", "otlp_overloaded", True),
        ("UNIMPLEMENTED", "not_otlp", False),
        ("INVALID_ARGUMENT", "otlp_refused", False),
        ("UNAVAILABLE", "unreachable", True),
        ("slow", "timeout", True),
    ],
)
def test_what_grpc_may_answer(receiver: tuple[str, dict[str, Any]], code: str, kind: str, retryable: bool) -> None:
    url, state = receiver
    state["code"] = code
    with pytest.raises(TracingError) as caught:
        GrpcSender(url, []).export(GROUPS, 0.5)
    assert (caught.value.kind, caught.value.retryable) == (kind, retryable)


def test_grpc_where_nothing_listens(grpc: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TracingError) as caught:
        GrpcSender(f"http://127.0.0.1:{port}", []).export(GROUPS, 5.0)
    assert (caught.value.kind, caught.value.retryable) == ("connection_refused", True)


def test_grpc_with_tls_to_a_plain_port(receiver: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(TracingError) as caught:
        GrpcSender(receiver[0].replace("http", "https"), []).export(GROUPS, 5.0)
    assert caught.value.kind == "tls"


def test_grpc_to_an_http_port(grpc: Any) -> None:
    with tcp_server(sending(http_bytes(b"{}"))) as port, pytest.raises(TracingError) as caught:
        GrpcSender(f"http://127.0.0.1:{port}", []).export(GROUPS, 2.0)
    assert caught.value.kind in ("unreachable", "not_otlp", "timeout")
