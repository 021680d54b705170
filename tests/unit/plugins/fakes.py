# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for time, servers and answers."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.access import Access
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection, Way
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock

TRACE_ID = "00ab8423191c1287bf0140d289f90fe3"
RUN_ID = "r-1"
EPOCH = 1_795_000_000.0
# An argument of modules. Older versions of ansible-core show what was given at any rate, newer ones where asked.
WITH_INVOCATION = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}


@dataclass
class FakeTime:
    """A clock that only moves when somebody sleeps or a request is said to take time."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep, lambda: EPOCH + self.now, lambda: 0.5)


def run_directly(command: Sequence[str], given: str, environment: Mapping[str, str]) -> Done:
    """A program as a test runs it, where there is no module."""
    around = {**os.environ, **environment}
    done = subprocess.run(list(command), input=given.encode(), capture_output=True, check=False, env=around)
    return Done(done.returncode, done.stdout, done.stderr.decode())


def answer(body: Any, status: int = 200, content_type: str = "application/json") -> Response:
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return Response(status, {"content-type": content_type, "audit-id": "1"}, raw)


Script = Callable[[str, dict[str, str]], Response]


@dataclass
class ScriptedTransport:
    """Answers by a function of path and parameters, and keeps what was asked."""

    script: Script
    where: str = "http://scripted:3200"
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        self.asked.append((path, dict(params)))
        self.timeouts.append(timeout)
        return self.script(path, dict(params))

    def members(self, *, timeout: float) -> list[tuple[str, Any]]:
        return [(self.where, self)]


class FakeApiConnection(KubeConnection):
    """An API server that answers by path, and keeps method, path, parameters and body of what was asked.

    A path with a list of answers gives them one after the other, and the last one for ever.
    """

    def __init__(self, answers: Mapping[str, Response | TracingError | list[Response]]) -> None:
        super().__init__()
        self._way = Way(["/kubeconfig"], "one", Access("The kubeconfig /kubeconfig", "https://one.test:6443"))
        self.answers = dict(answers)
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.headers: list[tuple[str, Mapping[str, str]]] = []

    def request(
        self,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout: float,
        method: str = "",
    ) -> Response:
        sent = None if body is None else json.loads(body)
        self.asked.append((method or ("GET" if body is None else "POST"), path, dict(params), sent))
        self.headers.append((path, headers))
        found = self.answers.get(path, answer({"message": f"no answer for {path}"}, 404))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, TracingError):
            raise found
        return found


def failing(kind: str, *, retryable: bool = True) -> Script:
    def script(path: str, params: dict[str, str]) -> Response:
        raise TracingError(kind, f"It is {kind}.", "Mend it.", retryable=retryable)

    return script


def b64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def attribute(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "value": value}


def otlp_group(service: str, spans: list[dict[str, Any]], run_id: str = RUN_ID) -> dict[str, Any]:
    named = [
        attribute("service.name", {"stringValue": service}),
        attribute("tracing.run.id", {"stringValue": run_id}),
    ]
    return {"resource": {"attributes": named}, "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}]}


def otlp_span(span_id: str, parent: str = "", *, start: int = 0, duration: int = 1000, **more: Any) -> dict[str, Any]:
    span = {
        "traceId": b64(TRACE_ID),
        "spanId": b64(span_id),
        "name": f"op-{int(span_id, 16)}",
        "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": str(1_795_000_000_000_000_000 + start),
        "endTimeUnixNano": str(1_795_000_000_000_000_000 + start + duration),
        "status": {},
        **more,
    }
    return {**span, "parentSpanId": b64(parent)} if parent else span


def two_services() -> list[dict[str, Any]]:
    """shop calls cart, and cart fails."""
    failed = {"status": {"code": "STATUS_CODE_ERROR", "message": "out of stock"}}
    return [
        otlp_group("shop", [otlp_span("00" * 7 + "01", duration=9_000_000)]),
        otlp_group(
            "cart", [otlp_span("00" * 7 + "02", "00" * 7 + "01", start=1_000_000, duration=4_000_000, **failed)]
        ),
    ]


def found(trace_id: str = "ab8423191c1287bf0140d289f90fe3", matched: int = 2, **services: int) -> dict[str, Any]:
    """One line of a search result, as Tempo 2.8 sends it: with the leading zeros stripped."""
    stats = {name: {"spanCount": count} for name, count in (services or {"shop": 1, "cart": 1}).items()}
    return {
        "traceID": trace_id,
        "rootServiceName": next(iter(stats)),
        "rootTraceName": "GET /",
        "startTimeUnixNano": "1795000000000000000",
        "durationMs": 9,
        "spanSets": [{"spans": [{"spanID": "0000000000000001"}], "matched": matched}],
        "serviceStats": stats,
    }


def search_answer(*traces: dict[str, Any]) -> Response:
    """Tempo leaves `traces` out when there are none."""
    metrics = {"metrics": {"totalJobs": 3, "completedJobs": 3}}
    return answer({"traces": list(traces), **metrics} if traces else metrics)


def alloy_metrics(accepted: int = 0, sent: int = 0, *, failed: int = 0, queued: int = 0, refused: int = 0) -> Response:
    return answer(
        "\n".join(
            [
                "# HELP alloy_build_info about",
                'alloy_build_info{version="v1.9"} 1',
                "alloy_config_last_load_successful 1",
                f'otelcol_receiver_accepted_spans_total{{component_id="in",transport="grpc"}} {accepted}',
                f'otelcol_receiver_refused_spans_total{{component_id="in"}} {refused}',
                f'otelcol_exporter_sent_spans_total{{component_id="out"}} {sent}',
                f'otelcol_exporter_send_failed_spans_total{{component_id="out"}} {failed}',
                f'otelcol_exporter_queue_size{{component_id="out",data_type="traces"}} {queued}',
                'otelcol_exporter_queue_size{component_id="logs",data_type="logs"} 77',
                'otelcol_exporter_queue_capacity{component_id="out",data_type="traces"} 1000',
                "",
            ]
        ),
        content_type="text/plain",
    )


def tempo_metrics(received: int = 0, **discarded: int) -> Response:
    lines = ["tempo_distributor_ingester_clients 1", "tempo_build_info 1"]
    lines += [f'tempo_distributor_spans_received_total{{tenant="single-tenant"}} {received}'] if received else []
    lines += [f'tempo_discarded_spans_total{{reason="{name}",tenant="t"}} {n}' for name, n in discarded.items()]
    return answer("\n".join([*lines, ""]), content_type="text/plain")


@contextmanager
def tcp_server(behave: Callable[[socket.socket], None], seen: list[bytes] | None = None) -> Iterator[int]:
    """A server on loopback that does to each connection whatever a test wants done; gives its port.

    ``seen`` collects the requests.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=_serve_one, args=(connection, behave, seen), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _whole_request(connection: socket.socket) -> bytes:
    """With its body: closing over unread bytes resets the connection, and the client may never see the answer."""
    request = connection.recv(65536)
    while _body_missing(request) and (more := connection.recv(65536)):
        request += more
    return request


def _body_missing(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head.lower())
    return bool(end) and length is not None and len(body) < int(length[1])


def _serve_one(connection: socket.socket, behave: Callable[[socket.socket], None], seen: list[bytes] | None) -> None:
    with connection:
        try:
            request = _whole_request(connection)
            if seen is not None:
                seen.append(request)
            behave(connection)
        except OSError:
            pass  # the client went away, which is what some tests are about


def http_bytes(body: bytes, status: str = "200 OK", content_type: str = "application/json", extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nAudit-Id: 1\r\nContent-Type: {content_type}\r\n"
    head += f"Content-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def sending(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)
