# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server asked without the Kubernetes client: one check costs one request."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import zlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

from .access import Access, authorization, through_proxy
from .connection import (
    Response,
    closed_early,
    demand_whole,
    lower_headers,
    not_http,
    protocol_reason,
    read_bounded,
    refused,
    timed_out,
    tls_failed,
    unknown_host,
    unreachable,
)
from .proxy import proxy_credentials
from .tls import tls_context


class DirectServer:
    """An API server asked without the Kubernetes client. Several threads may ask; connections are used again."""

    def __init__(self, access: Access) -> None:
        parts = urlsplit(access.server)
        self._access = access
        self._address = (parts.hostname or "", parts.port)
        self._tls = tls_context(access) if parts.scheme == "https" else None
        self._proxy = urlsplit(access.proxy) if access.proxy else None
        # A proxy takes the whole URL, unless it only passes on what is encrypted.
        self._prefix = access.server if self._proxy and not self._tls else parts.path
        self._idle: list[http.client.HTTPConnection] = []

    @property
    def host(self) -> str:
        return self._access.server

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        where = f"The Kubernetes API server at {self.host}"
        sent = [*headers.items(), *self._credentials().items(), *self._access.impersonated]
        connection = self._connection(timeout)
        kept = False
        try:
            _request(connection, method, self._prefix + target, sent, body)
            raw = connection.getresponse()
            demand_whole(raw.headers, where)
            response = Response(raw.status, lower_headers(raw.headers), _body(raw, where))
            kept = not raw.will_close
        except (OSError, http.client.HTTPException, EOFError, zlib.error, ValueError) as error:
            raise through_proxy(_typed(error, where, timeout), self._access) from error
        finally:
            if not kept:
                connection.close()
        self._idle.append(connection)
        return response

    def _credentials(self) -> dict[str, str]:
        own = authorization(self._access)
        proxy = {} if self._tls else self._proxy_credentials()
        return {**({"Authorization": own} if own else {}), **proxy}

    def _proxy_credentials(self) -> dict[str, str]:
        return proxy_credentials(self._proxy) if self._proxy else {}

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if connection.sock and not _readable(connection.sock):
                connection.sock.settimeout(timeout)
                return connection
            connection.close()
        return self._new_connection(timeout)

    def _new_connection(self, timeout: float) -> http.client.HTTPConnection:
        host, port = self._address
        if self._proxy:
            host, port = self._proxy.hostname or "", self._proxy.port or 80
        if self._tls is None:
            return http.client.HTTPConnection(host, port or 80, timeout=timeout)
        name = self._access.server_name or self._address[0]
        connection = _TlsConnection(host, port or 443, timeout, self._tls, name)
        if self._proxy:
            connection.set_tunnel(self._address[0], self._address[1] or 443, self._proxy_credentials())
        return connection


class _TlsConnection(http.client.HTTPConnection):
    """As ``HTTPSConnection``, which cannot expect another name of a server than that of its address."""

    default_port = 443

    def __init__(self, host: str, port: int, timeout: float, context: ssl.SSLContext, name: str) -> None:
        super().__init__(host, port, timeout=timeout)
        self._tls = context
        self._name = name

    def connect(self) -> None:
        super().connect()
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _request(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes | None,
) -> None:
    """As ``HTTPConnection.request``, which takes no header twice."""
    connection.putrequest(method, target)
    for name, value in headers:
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)


def _readable(sock: socket.socket) -> bool:
    """Whether there is something on a connection on which nothing is due: mostly its end."""
    poll = select.poll()  # select() itself knows no file numbers above 1023
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _body(raw: http.client.HTTPResponse, where: str) -> bytes:
    if raw.headers.get("content-encoding", "").lower() == "gzip":  # not asked for, but what is behind may send it
        import gzip

        return read_bounded(gzip.GzipFile(fileobj=raw).read, where)
    body = read_bounded(raw.read, where)
    # http.client says nothing when a body that is read piece by piece ends before its announced length.
    if raw.length:
        raise closed_early(where, f"{raw.length} bytes were still to come")
    return body


def _typed(error: Exception, where: str, timeout: float) -> TracingError:
    reason = protocol_reason(error)
    if isinstance(error, socket.gaierror):
        return unknown_host(where, reason)
    if isinstance(error, UnicodeError):  # of the codec for host names
        return unknown_host(where, "no host can have that name")
    if isinstance(error, ssl.SSLError):
        return tls_failed(where, reason, _tls_fix(error))
    if isinstance(error, ConnectionRefusedError):
        return refused(where)
    if isinstance(error, TimeoutError):
        return timed_out(where, timeout)
    if isinstance(error, (http.client.HTTPException, ConnectionError, EOFError)):
        return closed_early(where, reason)
    if isinstance(error, zlib.error):
        return not_http(where, reason)
    if isinstance(error, ValueError):  # such as a length below zero; its text may repeat what was sent
        return not_http(where, type(error).__name__)
    return unreachable(where, reason)


def _tls_fix(error: ssl.SSLError) -> str:
    if "ALERT" in (error.reason or ""):
        return "Check client-certificate-data in the kubeconfig: the API server broke off."
    if "mismatch" in str(error):
        return "Check server and tls-server-name in the kubeconfig."
    return "Check certificate-authority-data in the kubeconfig."
