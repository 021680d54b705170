# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service proxy: what the API server says of itself, and what comes from behind it."""

from __future__ import annotations

import base64
import datetime
import gzip
import http.server
import ipaddress
import json
import socket
import ssl
import stat
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import basic
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._parallel import each
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport import kubeconfig as kubeconfig_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport import kubernetes_client
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection, find_way
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    Params,
    Response,
    ServiceSettings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.direct import DirectServer
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kubernetes_client import ClientServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
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
        self,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout: float,
        method: str = "",
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
    moved = Response(302, {"location": "/login", "audit-id": "1"}, b"")
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


def test_a_request_with_the_credentials_of_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        find_way(str(path), context).open()
    assert (caught.value.kind, caught.value.retryable) == (kind, False)
    assert str(path) in caught.value.message


def test_no_kubeconfig_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TracingError) as caught:
        find_way("", "").open()
    assert caught.value.kind == "kubeconfig_missing"


def broken(path: Path, behaviour: Callable[[socket.socket], None], timeout: float = 5) -> TracingError:
    with tcp_server(behaviour) as port:
        connection = KubeConnection(kubeconfig(path / "config", f"http://127.0.0.1:{port}"))
        with pytest.raises(TracingError) as caught:
            connection.get("/x", (), {}, timeout=timeout)
    return caught.value


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


GZIP = "Content-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (http_bytes(gzip.compress(b"ready" * 99)[:-9], extra=GZIP), "connection_closed"),
        (http_bytes(gzip.compress(b"ready" * 99)[:10] + b"nonsense", extra=GZIP), "not_http"),
        (http_bytes(b"no gzip", extra=GZIP), "unreachable"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "connection_closed"),
    ],
)
def test_bodies_that_cannot_be_read(tmp_path: Path, data: bytes, kind: str) -> None:
    assert broken(tmp_path, sending(data)).kind == kind


def test_a_packed_body_is_unpacked(tmp_path: Path) -> None:
    with tcp_server(sending(http_bytes(gzip.compress(b"ready"), extra=GZIP))) as port:
        connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}"))
        assert connection.get("/x", (), {}, timeout=5).body == b"ready"


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    done = threading.Event()
    error = broken(tmp_path, lambda _connection: (done.wait(5), None)[1], timeout=0.2)
    done.set()
    assert (error.kind, error.retryable) == ("timeout", True)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "unknown_host"),
        (TimeoutError("timed out"), "timeout"),
        (ConnectionResetError("reset"), "connection_closed"),
        (OSError("No route to host"), "unreachable"),
    ],
)
def test_ways_not_to_get_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, kind: str) -> None:
    def connect(*_args: Any, **_more: Any) -> socket.socket:
        raise error

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(TracingError) as caught:
        KubeConnection(kubeconfig(tmp_path / "config", "http://api.test")).get("/x", (), {}, timeout=5)
    assert caught.value.kind == kind
    assert "http://api.test" in caught.value.message


@dataclass
class Authority:
    """Signs what the tests need. Keys are made once; nothing of it lives longer than the run."""

    folder: Path
    name: x509.Name = field(default_factory=lambda: common_name("test authority"))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        own = self._builder(self.name, self.key)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.pem = own.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.file = self.folder / "ca.pem"
        self.file.write_bytes(b"# comment: \xc3\xa4\n" + self.pem)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        hour = datetime.timedelta(hours=1)
        builder = x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
        return builder.not_valid_before(now - hour).not_valid_after(now + hour)

    def issue(self, name: str, password: bytes | None = None) -> tuple[Path, Path]:
        """The files of a certificate and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(common_name(name), key).add_extension(alternative(name), critical=False)
        hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        certificate, private = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden))
        return certificate, private


def common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def alternative(name: str) -> x509.SubjectAlternativeName:
    try:
        return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
    except ValueError:
        return x509.SubjectAlternativeName([x509.DNSName(name)])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    for name in ("127.0.0.1", "api.test", "me"):
        made.issue(name)
    return made


@dataclass
class Api:
    """What a small API server on loopback saw."""

    port: int = 0
    connections: int = 0
    paths: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    closing: bool = False
    behind: ssl.SSLContext | None = None


@contextmanager
def api_server(tls: ssl.SSLContext | None = None) -> Iterator[Api]:
    """Answers everything with ``{}``, over TLS and with connections that stay open."""
    api = Api()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            api.connections += 1

        def do_GET(self) -> None:
            api.paths.append(self.path)
            api.headers.append(dict(self.headers))
            shown = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
            api.users += [value for part in (shown or {}).get("subject", ()) for _key, value in part]
            self.send_response(200)
            self.send_header("Content-Length", "2")
            if api.closing:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_CONNECT(self) -> None:
            api.paths.append(self.path)
            api.headers.append(dict(self.headers))
            if api.behind is None:
                self.send_error(403)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            self.request = api.behind.wrap_socket(self.request, server_side=True)
            http.server.BaseHTTPRequestHandler.setup(self)
            self.close_connection = False

        def log_message(self, *_args: Any) -> None:
            """Not into the output of the tests."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        api.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield api
        finally:
            server.shutdown()


def server_side(authority: Authority, name: str = "127.0.0.1", ask: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / f"{name}.pem", authority.folder / f"{name}.key")
    if ask:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)
        # In TLS 1.3 a client hears of its refusal after the handshake, if the server has not hung up by then.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def secure(
    path: Path, port: int, cluster: Mapping[str, Any] | None = None, user: Mapping[str, Any] | None = None
) -> KubeConnection:
    content = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}", **(cluster or {})}}],
        "users": [{"name": "c", "user": user or {}}],
    }
    (path / "config").write_text(json.dumps(content))
    return KubeConnection(str(path / "config"))


def data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def tls_refusal(connection: KubeConnection) -> TracingError:
    with pytest.raises(TracingError) as caught:
        connection.get("/version", (), {}, timeout=5)
    assert not caught.value.retryable
    return caught.value


def test_connections_are_used_again_and_tokens_read_again(tmp_path: Path, authority: Authority) -> None:
    token = tmp_path / "token"
    with api_server(server_side(authority)) as api:
        connection = secure(
            tmp_path, api.port, {"certificate-authority-data": data(authority.file)}, {"tokenFile": "token"}
        )
        for value in ("first", "second"):
            token.write_text(value)
            assert connection.status("/version", timeout=5) == (200, {})
        assert connection.host == f"https://127.0.0.1:{api.port}"
    assert [headers["Authorization"] for headers in api.headers] == ["Bearer first", "Bearer second"]
    assert api.headers[0]["Host"] == f"127.0.0.1:{api.port}"
    assert (api.paths, api.connections) == (["/version"] * 2, 1)


def test_a_connection_that_was_closed_is_not_used_again(tmp_path: Path) -> None:
    with api_server() as api:
        connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{api.port}"))
        api.closing = True
        for _ in range(2):
            assert connection.get("/x", (), {}, timeout=5).status == 200
        assert api.connections == 2
    one_answer = sending(http_bytes(b"{}"))  # closes without having said so
    with tcp_server(one_answer, seen := []) as port:
        connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{port}"))
        for _ in range(2):
            assert connection.get("/x", (), {}, timeout=5).status == 200
            idle = connection._server._idle[0].sock
            idle.settimeout(5)
            assert idle.recv(1, socket.MSG_PEEK) == b""  # its end has come
    assert len(seen) == 2


def test_several_threads_ask_at_once(tmp_path: Path, authority: Authority) -> None:
    answers: list[int] = []
    with api_server(server_side(authority)) as api:
        connection = secure(tmp_path, api.port, {"certificate-authority": str(authority.file)})

        def ask() -> None:
            for _ in range(5):
                answers.append(connection.get("/x", (), {}, timeout=10).status)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 20
    assert 1 <= api.connections <= 4


def test_another_thread_takes_the_last_idle_connection(tmp_path: Path) -> None:
    class Emptied(list[Any]):
        def pop(self, *_args: Any) -> Any:
            raise IndexError

    with api_server() as api:
        connection = KubeConnection(kubeconfig(tmp_path / "config", f"http://127.0.0.1:{api.port}"))
        assert connection.get("/x", (), {}, timeout=5).status == 200
        connection._server._idle = Emptied(connection._server._idle)
        assert connection.get("/x", (), {}, timeout=5).status == 200
    assert api.connections == 2


@pytest.mark.parametrize("kept", ["files", "data", "mixed"])
def test_a_client_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority, kept: str) -> None:
    certificate, key = authority.folder / "me.pem", authority.folder / "me.key"
    by_file = {"client-certificate": str(certificate), "client-key": str(key)}
    by_data = {"client-certificate-data": data(certificate), "client-key-data": data(key)}
    mixed = {"client-certificate": str(certificate), "client-key-data": data(key)}
    user = {"files": by_file, "data": by_data, "mixed": mixed}[kept]
    loaded: list[tuple[Path, int]] = []
    load = ssl.SSLContext.load_cert_chain

    def watched(self: ssl.SSLContext, *files: Any, **more: Any) -> None:
        loaded.extend((Path(name), stat.S_IMODE(Path(name).stat().st_mode)) for name in files)
        load(self, *files, **more)

    with api_server(server_side(authority, ask=True)) as api:
        monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
        connection = secure(tmp_path, api.port, {"certificate-authority": str(authority.file)}, user)
        assert connection.get("/x", (), {}, timeout=5).status == 200
    assert api.users == ["me"]
    own = [(path, mode) for path, mode in loaded if path.parent != authority.folder]
    assert len(own) == {"files": 0, "data": 2, "mixed": 1}[kept]
    assert all(mode == 0o600 and not path.exists() for path, mode in own)


def test_no_client_certificate_where_one_is_asked_for(tmp_path: Path, authority: Authority) -> None:
    with api_server(server_side(authority, ask=True)) as api:
        error = tls_refusal(secure(tmp_path, api.port, {"certificate-authority": str(authority.file)}))
    assert (error.kind, "client-certificate" in error.fix) == ("tls", True)


def test_an_authority_that_did_not_sign(tmp_path: Path, authority: Authority) -> None:
    other = Authority(tmp_path)
    with api_server(server_side(authority)) as api:
        for cluster in ({"certificate-authority": str(other.file)}, {}):
            error = tls_refusal(secure(tmp_path, api.port, cluster))
            assert (error.kind, error.fix) == ("tls", "Check certificate-authority-data in the kubeconfig.")
            assert f"https://127.0.0.1:{api.port}" in error.message
        ignored = secure(tmp_path, api.port, {"insecure-skip-tls-verify": True})
        assert ignored.get("/x", (), {}, timeout=5).status == 200


def test_the_name_that_the_certificate_must_have(tmp_path: Path, authority: Authority) -> None:
    trusted = {"certificate-authority": str(authority.file)}
    with api_server(server_side(authority, "api.test")) as api:
        error = tls_refusal(secure(tmp_path, api.port, trusted))
        assert (error.kind, error.fix) == ("tls", "Check server and tls-server-name in the kubeconfig.")
        named = secure(tmp_path, api.port, {**trusted, "tls-server-name": "api.test"})
        assert named.get("/x", (), {}, timeout=5).status == 200
        error = tls_refusal(secure(tmp_path, api.port, {**trusted, "tls-server-name": "other.test"}))
        assert "tls-server-name" in error.fix


def test_http_where_tls_is_expected(tmp_path: Path, authority: Authority) -> None:
    with api_server() as api:
        assert tls_refusal(secure(tmp_path, api.port, {"certificate-authority": str(authority.file)})).kind == "tls"


@pytest.mark.parametrize(
    ("cluster", "user", "said"),
    [
        ({"certificate-authority": "gone.pem"}, {}, "gone.pem, which is not there"),
        ({"certificate-authority": "empty.pem"}, {}, "certificate-authority is not readable as PEM"),
        ({"certificate-authority-data": "AAAA"}, {}, "certificate-authority is not readable as PEM"),
        ({}, {"client-certificate": "gone.pem"}, "gone.pem, which is not there"),
        ({}, {"client-certificate": "CERT", "client-key": "gone.key"}, "gone.key, which is not there"),
        ({}, {"client-certificate": "CERT", "client-key": "LOCKED"}, "no readable pair without a password"),
        ({}, {"client-certificate": "CERT", "client-key": "OTHER"}, "no readable pair"),
        ({}, {"client-certificate": "CERT"}, "no readable pair"),
    ],
)
def test_certificates_that_cannot_be_loaded(
    tmp_path: Path, authority: Authority, cluster: dict[str, str], user: dict[str, str], said: str
) -> None:
    (tmp_path / "empty.pem").touch()
    locked = authority.issue("locked", b"password")[1]
    places = {
        "CERT": authority.folder / "me.pem",
        "OTHER": authority.folder / "api.test.key",
        "LOCKED": locked,
    }
    placed = {key: str(places.get(value, value)) for key, value in user.items()}
    error = tls_refusal(secure(tmp_path, 1, cluster, placed))
    assert error.kind == "kubeconfig_invalid"
    assert said in error.message and str(tmp_path / "config") in error.message


def test_through_a_proxy(tmp_path: Path, authority: Authority) -> None:
    with api_server() as proxy:
        proxy_url = f"http://u:p%40ss@127.0.0.1:{proxy.port}"
        plain = secure(tmp_path, 1, {"server": "http://api.test:8080/prefix", "proxy-url": proxy_url}, {"token": "t"})
        assert plain.get("/x", [("a", "b")], {}, timeout=5).status == 200
        tunnel = secure(tmp_path, 1, {"server": "https://api.test/prefix", "proxy-url": proxy_url}, {"token": "t"})
        with pytest.raises(TracingError, match="403") as caught:
            tunnel.get("/x", (), {}, timeout=5)
    assert caught.value.kind == "unreachable"
    assert proxy.paths == ["http://api.test:8080/prefix/x?a=b", "api.test:443"]
    expected = "Basic " + base64.b64encode(b"u:p@ss").decode()
    assert [headers["Proxy-Authorization"] for headers in proxy.headers] == [expected] * 2
    assert [headers.get("Authorization") for headers in proxy.headers] == ["Bearer t", None]
    with api_server() as proxy:
        anonymous = secure(tmp_path, 1, {"server": "http://api.test", "proxy-url": f"http://127.0.0.1:{proxy.port}"})
        assert anonymous.get("/x", (), {}, timeout=5).status == 200
    assert "Proxy-Authorization" not in proxy.headers[0]


def test_tls_through_a_proxy_is_with_the_api_server(tmp_path: Path, authority: Authority) -> None:
    with api_server() as proxy:
        proxy.behind = server_side(authority, "api.test")
        cluster = {
            "server": "https://api.test:6443",
            "proxy-url": f"http://127.0.0.1:{proxy.port}",
            "certificate-authority": str(authority.file),
        }
        connection = secure(tmp_path, 1, cluster, {"token": "t"})
        for _ in range(2):
            assert connection.status("/version", timeout=5) == (200, {})
    assert proxy.paths == ["api.test:6443", "/version", "/version"]
    assert proxy.headers[1]["Host"] == "api.test:6443"


def test_from_within_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    (tmp_path / "token").write_text("pod")
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    monkeypatch.setattr(kubeconfig_utils.pod_access, "__defaults__", (tmp_path,))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with api_server(server_side(authority)) as api:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(api.port))
        connection = KubeConnection()
        assert connection.get("/x", (), {}, timeout=5).status == 200
        assert isinstance(connection._server, DirectServer)
    assert api.headers[0]["Authorization"] == "Bearer pod"


def with_plugin(path: Path, server: str, context: str = "two") -> str:
    """A user whose token comes from a program, in a context that is not the current one."""
    program = path / "plugin"
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-plugin"},
    }
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    program.chmod(0o700)
    plugin = {"apiVersion": answer["apiVersion"], "command": str(program), "interactiveMode": "Never"}
    content = {
        "current-context": "one",
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"exec": plugin}}],
    }
    config = path / "config"
    config.write_text(json.dumps(content))
    return str(config)


def test_a_credential_plugin_is_left_to_the_client(tmp_path: Path) -> None:
    with api_server() as api:
        connection = KubeConnection(with_plugin(tmp_path, f"http://127.0.0.1:{api.port}"), "two")
        assert connection.status("/version", timeout=20) == (200, {})
        assert isinstance(connection._server, ClientServer)
        assert connection.host == f"http://127.0.0.1:{api.port}"
    assert (api.paths, api.headers[0]["authorization"]) == (["/version"], "Bearer from-plugin")


def test_a_token_that_expires_is_fetched_once_for_several_threads(tmp_path: Path) -> None:
    """A plugin may ask a person, or an identity provider that takes each refresh token once."""
    runs = tmp_path / "runs"
    status = {"token": "EXPIRES", "expirationTimestamp": "EXPIRES"}
    kind = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    with api_server() as api:
        connection = KubeConnection(with_plugin(tmp_path, f"http://127.0.0.1:{api.port}"), "two")
        (tmp_path / "plugin").write_text(
            f"#!/bin/sh\nwhen=2020; [ ! -e {runs} ] || when=2999; echo >> {runs}; sleep 0.2\n"
            f"echo '{json.dumps({**kind, 'status': status})}' | sed s/EXPIRES/$when-01-01T00:00:00Z/g\n"
        )
        asked = each(lambda path: connection.get(path, (), {}, timeout=20).status, ["/x"] * 4)
    assert (asked, len(runs.read_text())) == ([200] * 4, 2)
    assert {headers["authorization"] for headers in api.headers} == {"Bearer 2999-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("#!/bin/sh\necho 'hunter2 has expired' >&2\nexit 3\n", "exec: process returned 3."),
        ("#!/bin/sh\nexec yes hunter2\n", "exec: the process printed more than 1024 KiB."),
        ("#!/bin/sh\necho '{}'\n", "missing key 'apiVersion'"),
        ("#!/bin/sh\necho no JSON\n", "failed to decode process output"),
        (None, "No such file or directory"),
    ],
)
def test_the_reason_of_a_credential_plugin_that_fails(tmp_path: Path, program: str | None, said: str) -> None:
    config = with_plugin(tmp_path, "http://127.0.0.1:1")
    (tmp_path / "plugin").unlink() if program is None else (tmp_path / "plugin").write_text(program)
    with pytest.raises(TracingError) as caught:
        KubeConnection(config, "two").get("/x", (), {}, timeout=20)
    assert caught.value.kind == "kubeconfig_invalid" and said in caught.value.message
    assert "hunter2" not in str(caught.value) and "by hand" in caught.value.fix


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"token": ["hunter2"]}, "its token is not one word"),
        ({"token": "hunter2", "expirationTimestamp": "0001-01-01T00:00:00Z"}, "OverflowError"),
    ],
    ids=str,
)
def test_an_answer_of_a_credential_plugin_that_cannot_be_used(tmp_path: Path, status: Any, said: str) -> None:
    config = with_plugin(tmp_path, "http://127.0.0.1:1")
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (tmp_path / "plugin").write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    with pytest.raises(TracingError, match=said) as caught:
        KubeConnection(config, "two").get("/x", (), {}, timeout=20)
    assert caught.value.kind == "kubeconfig_invalid" and "hunter2" not in str(caught.value)


def test_a_socks_proxy_without_the_library_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.2:1")
    path = kubeconfig(tmp_path / "config", "http://192.0.2.1:1")
    with pytest.raises(TracingError, match="PySocks") as caught:
        find_way(path, "").open()
    assert caught.value.kind == "missing_library"


def test_the_client_logs_in_to_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with api_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://u:p%40ss@127.0.0.1:{proxy.port}")
        connection = KubeConnection(with_plugin(tmp_path, "http://192.0.2.1:1"), "two")
        assert connection.status("/version", timeout=20) == (200, {})
        assert isinstance(connection._server, ClientServer)
    assert proxy.headers[0]["Proxy-Authorization"] == basic("u", "p@ss")


def test_a_host_name_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(TracingError) as caught:
        KubeConnection(kubeconfig(tmp_path / "config", "http://a..b:1")).get("/x", (), {}, timeout=5)
    assert caught.value.kind == "unknown_host"


def client_refusal(connection: KubeConnection, timeout: float = 20) -> TracingError:
    with pytest.raises(TracingError) as caught:
        connection.get("/x", (), {}, timeout=timeout)
    assert isinstance(connection._server, ClientServer)
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "kind"), [(b"", "connection_closed"), (http_bytes(b"no gzip", extra=GZIP), "not_http")]
)
def test_the_clients_errors(tmp_path: Path, behaviour: bytes, kind: str) -> None:
    with tcp_server(sending(behaviour)) as port:
        error = client_refusal(KubeConnection(with_plugin(tmp_path, f"http://127.0.0.1:{port}"), "two"))
    assert error.kind == kind


def test_the_client_has_nobody_to_ask(tmp_path: Path, authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert client_refusal(KubeConnection(with_plugin(tmp_path, f"http://127.0.0.1:{port}"), "two")).kind == (
        "connection_refused"
    )
    with api_server(server_side(authority)) as api:
        error = client_refusal(KubeConnection(with_plugin(tmp_path, f"https://127.0.0.1:{api.port}"), "two"))
    assert error.kind == "tls"


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda e: e.NameResolutionError("h", None, socket.gaierror("unknown")), "unknown_host"),
        (lambda e: e.NewConnectionError(None, "no route"), "unreachable"),
        (lambda e: e.ReadTimeoutError(None, "/", "slow"), "timeout"),
        (lambda e: OSError("broken"), "unreachable"),
    ],
)
def test_more_of_the_clients_errors(make: Callable[[Any], Exception], kind: str) -> None:
    from urllib3 import exceptions

    assert kubernetes_client._typed_by_client(make(exceptions), "The API server", 1).kind == kind


def test_without_the_client_the_error_says_what_it_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "kubernetes"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    with pytest.raises(TracingError, match="exec of a user") as caught:
        find_way(with_plugin(tmp_path, "http://127.0.0.1:1"), "two").open()
    assert caught.value.kind == "missing_library"


def test_what_the_client_cannot_use_either(tmp_path: Path) -> None:
    path = Path(kubeconfig(tmp_path / "config", "http://127.0.0.1:1"))
    provider = "auth-provider: {name: gcp, config: {access-token: a, expiry: 1}}"
    path.write_text(path.read_text().replace("token: s3cret", provider))
    with pytest.raises(TracingError) as caught:
        find_way(str(path), "").open()
    assert caught.value.kind == "kubeconfig_invalid"
    assert str(path) in caught.value.message


def test_a_pod_behind_a_proxy_that_only_the_client_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("pod")
    (tmp_path / "ca.crt").write_text("ca")
    monkeypatch.setattr(kubeconfig_utils.pod_access, "__defaults__", (tmp_path,))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    monkeypatch.setenv("https_proxy", "https://127.0.0.1:1")
    from kubernetes.config import incluster_config

    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "gone"))
    with pytest.raises(TracingError, match="The pod's service account") as caught:
        find_way("", "").open()
    assert caught.value.kind == "kubeconfig_invalid"
    monkeypatch.setattr(incluster_config, "load_incluster_config", lambda client_configuration: None)
    assert isinstance(find_way("", "").open(), ClientServer)
