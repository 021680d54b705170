# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service proxy: what the API server says of itself, and what comes from behind it."""

from __future__ import annotations

import json
import socket
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._connection import (
    Params,
    Response,
    ServiceSettings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._kube_transport import (
    KubeConnection,
    KubeProxyTransport,
    open_client,
)
from fakes import answer, http_bytes, sending, tcp_server

SERVICE = ServiceSettings("tracing", "tempo", 3200, tenant="team-a")
PROXY = "/api/v1/namespaces/tracing/services/tempo:3200/proxy"


def status(code: int, message: str) -> Response:
    """The API server's own way of saying no."""
    return answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}, code)


class FakeConnection(KubeConnection):
    """Answers by path."""

    def __init__(self, answers: Mapping[str, Response | TracingError]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def request(
        self, path: str, params: Params, headers: Mapping[str, str], body: bytes | None, *, timeout: float
    ) -> Response:
        self.asked.append((path, headers))
        found = self.answers[path]
        if isinstance(found, TracingError):
            raise found
        return found


def refusal(found: Response | TracingError, **more: Response) -> TracingError:
    connection = FakeConnection({f"{PROXY}/ready": found, **more})
    with pytest.raises(TracingError) as caught:
        KubeProxyTransport(connection, SERVICE).get("/ready", timeout=1)
    return caught.value


@pytest.mark.parametrize(
    ("code", "message", "kind", "retryable"),
    [
        (503, 'no endpoints available for service "tempo"', "no_endpoints", True),
        (503, 'no service port 3200 found for service "tempo"', "service_port", False),
        (503, "error trying to reach service: dial tcp 10.1.1.1:3200: connect: connection refused",
         "connection_refused", True),
        (503, "error trying to reach service: dial tcp 10.1.1.1:3200: i/o timeout", "proxy_failed", True),
        (502, "error trying to reach service: tls: first record does not look like a TLS handshake", "tls", False),
        (401, "Unauthorized", "unauthorized", False),
        (403, 'services "tempo" is forbidden: User "u" cannot get resource "services/proxy"', "forbidden", False),
        (429, "too many requests", "proxy_failed", True),
        (400, "the server rejected our request", "invalid_option", False),
    ],
)  # fmt: skip
def test_the_api_servers_own_refusals(code: int, message: str, kind: str, retryable: bool) -> None:
    error = refusal(status(code, message))
    assert (error.kind, error.retryable) == (kind, retryable)


def test_refusals_name_service_and_namespace() -> None:
    for message in ("no endpoints available for service", "no service port 3200 found"):
        assert "tracing/tempo" in refusal(status(503, message)).message


@pytest.mark.parametrize(
    ("namespace", "kind"), [(status(404, 'namespaces "tracing" not found'), "namespace_not_found"),
                            (answer({"kind": "Namespace"}), "service_not_found"),
                            (status(403, "forbidden"), "service_not_found")],
)  # fmt: skip
def test_a_missing_service_is_told_from_a_missing_namespace(namespace: Response, kind: str) -> None:
    error = refusal(status(404, 'services "tempo" not found'), **{"/api/v1/namespaces/tracing": namespace})
    assert (error.kind, error.retryable) == (kind, False)


@pytest.mark.parametrize(
    "own", [b"error trying to reach service: EOF", b"Error: 'EOF'\nTrying to reach: 'http://10.1.1.1:3200/ready'"]
)
def test_refusals_in_plain_text(own: bytes) -> None:
    assert refusal(answer(own, 502, "text/plain")).kind == "proxy_failed"


@pytest.mark.parametrize(
    ("code", "body"), [(404, b""), (503, b"Some services are not Running"), (400, b"invalid TraceQL"),
                       (500, json.dumps({"kind": "Other"}).encode())],
)  # fmt: skip
def test_the_backends_answers_pass(code: int, body: bytes) -> None:
    connection = FakeConnection({f"{PROXY}/ready": answer(body, code, "text/plain")})
    assert KubeProxyTransport(connection, SERVICE).get("/ready", timeout=1).status == code
    assert connection.asked[0][1] == {"X-Scope-OrgID": "team-a"}


def test_a_redirect_and_a_timeout_name_the_service() -> None:
    moved = Response(302, {"location": "/login"}, b"")
    assert refusal(moved).kind == "redirect"
    slow = TracingError("timeout", "The Kubernetes API server did not answer.", retryable=True)
    assert "service tracing/tempo:3200" in refusal(slow).message


def slices(*pods: tuple[str, bool], ports: tuple[int, ...] = (3200,)) -> Response:
    endpoints = [{"targetRef": {"kind": "Pod", "name": n}, "conditions": {"ready": ready}} for n, ready in pods]
    return answer({"items": [{"ports": [{"port": port} for port in ports], "endpoints": endpoints}]})


@pytest.mark.parametrize(
    ("found", "members", "through_pods"),
    [
        (slices(("t-0", True), ("t-1", True), ("t-2", False)), ["t-0", "t-1"], True),
        (slices(("t-0", True)), ["t-0"], False),
        (slices(("t-0", True), ("t-1", True), ports=(8080,)), ["t-0", "t-1"], True),
        (slices(("t-0", True), ("t-1", True), ports=(8080, 9090)), ["service tracing/tempo:3200"], False),
        (slices(), ["service tracing/tempo:3200"], False),
        (status(403, "forbidden"), ["service tracing/tempo:3200"], False),
    ],
)
def test_replicas_are_asked_one_by_one_where_that_is_allowed(
    found: Response, members: list[str], through_pods: bool
) -> None:
    connection = FakeConnection({"/apis/discovery.k8s.io/v1/namespaces/tracing/endpointslices": found})
    seen = KubeProxyTransport(connection, SERVICE).members(timeout=1)
    assert [name for name, _transport in seen] == members
    assert [type(transport) is not KubeProxyTransport for _name, transport in seen] == [through_pods] * len(seen)


def test_a_pod_is_asked_by_its_own_path() -> None:
    path = "/api/v1/namespaces/tracing/pods/t-0:8080/proxy/metrics"
    found = slices(("t-0", True), ("t-1", True), ports=(8080,))
    connection = FakeConnection(
        {"/apis/discovery.k8s.io/v1/namespaces/tracing/endpointslices": found, path: answer(b"ok")}
    )
    _name, pod = KubeProxyTransport(connection, SERVICE).members(timeout=1)[0]
    assert pod.get("/metrics", timeout=1).body == b"ok"


def kubeconfig(path: Path, server: str) -> str:
    path.write_text(
        textwrap.dedent(f"""\
            apiVersion: v1
            kind: Config
            current-context: one
            contexts: [{{name: one, context: {{cluster: c, user: u}}}}]
            clusters: [{{name: c, cluster: {{server: "{server}"}}}}]
            users: [{{name: u, user: {{token: s3cret}}}}]
            """)
    )
    return str(path)


def test_a_request_as_the_kubernetes_client_sends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    seen: list[bytes] = []

    with tcp_server(sending(http_bytes(b"ready", content_type="text/plain")), seen) as port:
        connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}"))
        response = KubeProxyTransport(connection, SERVICE).get("/ready", [("a", "b c")], timeout=5)
    assert (response.status, response.body) == (200, b"ready")
    assert seen[0].startswith(f"GET {PROXY}/ready?a=b+c HTTP/1.1".encode())
    assert b"authorization: bearer s3cret" in seen[0].lower()


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [(b"", "connection_closed"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "connection_closed"),
     (b"SSH-2.0-OpenSSH\r\n", "connection_closed")],
)  # fmt: skip
def test_an_api_server_that_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: bytes, kind: str
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with tcp_server(sending(behaviour)) as port:
        connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}"))
        with pytest.raises(TracingError) as caught:
            KubeProxyTransport(connection, SERVICE).get("/ready", timeout=5)
    assert caught.value.kind == kind


def test_no_api_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}"))
    with pytest.raises(TracingError) as caught:
        KubeProxyTransport(connection, SERVICE).get("/ready", timeout=5)
    assert (caught.value.kind, caught.value.retryable) == ("connection_refused", True)
    assert str(port) in caught.value.message


@pytest.mark.parametrize(
    ("content", "context", "kind"),
    [
        (None, "", "kubeconfig_missing"),
        ("", "", "kubeconfig_invalid"),
        ("no yaml: [", "", "kubeconfig_invalid"),
        ("just text", "", "kubeconfig_invalid"),
        ("apiVersion: v1", "", "kubeconfig_invalid"),
        ("good", "two", "kubeconfig_context"),
    ],
)
def test_kubeconfigs_that_cannot_be_used(tmp_path: Path, content: str | None, context: str, kind: str) -> None:
    path = tmp_path / "config"
    if content == "good":
        kubeconfig(path, "http://127.0.0.1:1")
    elif content is not None:
        path.write_text(content)
    with pytest.raises(TracingError) as caught:
        open_client(str(path), context)
    assert (caught.value.kind, caught.value.retryable) == (kind, False)
    assert str(path) in caught.value.message


def test_no_kubeconfig_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TracingError) as caught:
        open_client("", "")
    assert caught.value.kind == "kubeconfig_missing"
