# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can happen to a request, each against a real socket on loopback."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport import connection as connection_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport import options
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import UrlSettings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.url import UrlTransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import http_bytes, sending, tcp_server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def failure(url: str, timeout: float = 5.0, **settings: object) -> TracingError:
    with pytest.raises(TracingError) as caught:
        UrlTransport(UrlSettings(url=url, **settings)).get("/api/search", timeout=timeout)
    assert url in caught.value.message, "an error names the address it is about"
    return caught.value


def answered_by(behave: Callable[[socket.socket], None], timeout: float = 5.0) -> TracingError:
    with tcp_server(behave) as port:
        return failure(f"http://127.0.0.1:{port}", timeout)


def test_an_answer() -> None:
    with tcp_server(sending(http_bytes(b"{}", extra="X-Some: Value\r\n"))) as port:
        response = UrlTransport(UrlSettings(url=f"http://127.0.0.1:{port}/prefix/")).get("/api/search", timeout=5)
    assert (response.status, response.body, response.headers["x-some"]) == (200, b"{}", "Value")


def test_what_is_sent() -> None:
    def request(**settings: str) -> bytes:
        seen: list[bytes] = []
        with tcp_server(sending(http_bytes(b"{}")), seen) as port:
            transport = UrlTransport(UrlSettings(url=f"http://127.0.0.1:{port}/prefix/", **settings))
            transport.get("/api/search", [("q", '{ a = "b&c" }')], timeout=5)
        return seen[0]

    plain = request(tenant="team-a")
    assert plain.startswith(b"GET /prefix/api/search?q=%7B+a+%3D+%22b%26c%22+%7D HTTP/1.1\r\n")
    assert b"X-Scope-Orgid: team-a" in plain
    assert b"Authorization" not in plain
    assert b"Authorization: Bearer t0ken" in request(bearer_token="t0ken")
    assert b"Authorization: Basic dTpw" in request(username="u", password="p")


def test_an_error_status_is_an_answer() -> None:
    with tcp_server(sending(http_bytes(b"invalid TraceQL", "400 Bad Request", "text/plain"))) as port:
        response = UrlTransport(UrlSettings(url=f"http://127.0.0.1:{port}")).get("/", timeout=5)
    assert (response.status, response.body) == (400, b"invalid TraceQL")


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}")
    assert (error.kind, error.retryable) == ("connection_refused", True)


@pytest.mark.parametrize(("code", "retryable"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_unknown_hosts(monkeypatch: pytest.MonkeyPatch, code: int, retryable: bool) -> None:
    def getaddrinfo(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(code, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure("http://tempo.nowhere.test:3200")
    assert (error.kind, error.retryable) == ("unknown_host", retryable)


def test_a_host_that_is_no_name() -> None:
    assert failure("http://" + "a" * 70 + ".test").retryable is False


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
    ],
)
def test_closed_in_the_middle(part: bytes) -> None:
    error = answered_by(sending(part))
    assert (error.kind, error.retryable) == ("connection_closed", True)


def test_something_other_than_http() -> None:
    error = answered_by(sending(b"SSH-2.0-OpenSSH_9.6\r\n"))
    assert (error.kind, error.retryable) == ("not_http", False)


def test_a_redirect_is_not_followed() -> None:
    error = answered_by(sending(http_bytes(b"", "302 Found", extra="Location: https://login.test/\r\n")))
    assert (error.kind, error.retryable, error.status) == ("redirect", False, 302)
    assert "https://login.test/" in error.message


def test_silence_ends_in_time() -> None:
    began = time.monotonic()
    error = answered_by(lambda connection: time.sleep(3), timeout=0.3)
    assert (error.kind, error.retryable) == ("timeout", True)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("head", [b"", http_bytes(b"x" * 1000)[:60]])
def test_a_slow_drip_ends_in_time(head: bytes) -> None:
    """Each single byte comes well within the socket's own limit, in the head or in the body."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        for byte in b"HTTP/1.1 200 OK" * 10:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    began = time.monotonic()
    assert answered_by(drip, timeout=0.5).kind == "timeout"
    assert time.monotonic() - began < 2


def test_a_huge_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_utils, "MAX_BODY_BYTES", 100_000)
    error = answered_by(sending(http_bytes(b"x" * 200_000)))
    assert (error.kind, error.retryable) == ("too_large", False)


def test_a_bomb_of_gzip_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_utils, "MAX_BODY_BYTES", 100_000)
    bomb = gzip.compress(b"x" * 10_000_000)
    error = answered_by(sending(http_bytes(bomb, extra="Content-Encoding: gzip\r\n")))
    assert error.kind == "too_large"


def test_damaged_gzip() -> None:
    error = answered_by(sending(http_bytes(b"no gzip at all", extra="Content-Encoding: gzip\r\n")))
    assert error.kind in ("connection_closed", "not_http", "unreachable")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no_password) + built.public_bytes(pem))
    return path


@pytest.fixture
def tls_port(certificate: Path) -> object:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(65536)
                    secured.sendall(http_bytes(b"{}"))
            except OSError:
                continue  # a client that does not trust us hangs up, as it should

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_a_self_signed_certificate(tls_port: int, certificate: Path) -> None:
    url = f"https://127.0.0.1:{tls_port}"
    error = failure(url)
    assert (error.kind, error.retryable) == ("tls", False)
    assert "ca_path" in error.fix
    for settings in (UrlSettings(url=url, validate_certs=False), UrlSettings(url=url, ca_path=str(certificate))):
        assert UrlTransport(settings).get("/", timeout=5).body == b"{}"


def test_https_to_a_plain_server() -> None:
    with tcp_server(sending(http_bytes(b"{}"))) as port:
        assert failure(f"https://127.0.0.1:{port}").kind == "tls"


def test_a_missing_certificate_file() -> None:
    with tcp_server(sending(http_bytes(b"{}"))) as port:
        settings = UrlSettings(url=f"https://127.0.0.1:{port}", client_cert="/nowhere/client.pem")
        with pytest.raises(TracingError) as caught:
            UrlTransport(settings).get("/", timeout=5)
    assert caught.value.retryable is False


def test_every_option_of_a_connection_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[UrlSettings] = []
    monkeypatch.setattr(options, "by_url", seen.append)
    given = {
        "url": "https://tempo.example.com",
        "tenant": "a",
        "url_username": "user",
        "url_password": "password",
        "validate_certs": False,
        "ca_path": "/ca.pem",
        "client_cert": "/client.pem",
        "client_key": "/client.key",
    }
    options.tempo_transport({**{name: spec.get("default") for name, spec in options.TEMPO_ARGUMENTS.items()}, **given})
    assert seen == [
        UrlSettings(
            url="https://tempo.example.com",
            tenant="a",
            username="user",
            password="password",
            validate_certs=False,
            ca_path="/ca.pem",
            client_cert="/client.pem",
            client_key="/client.key",
        )
    ]
