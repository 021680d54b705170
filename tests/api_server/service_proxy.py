# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A front of the API server that plays its service proxy: no pod runs that could answer behind a Service."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from api_server import ApiServer

# .../services/https:tempo:3200/proxy/api/search?q=...
_PROXIED = re.compile(
    r"/api/v1/namespaces/(?P<namespace>[^/]+)/services/(?:https?:)?(?P<name>[^:/]+):(?P<port>\d+)/proxy(?P<path>/.*)"
)
_NOT_FORWARDED = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


@dataclass(frozen=True)
class Asked:
    """A request to a Service; ``path`` holds the query too."""

    namespace: str
    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


# A status, headers and a body; None where the Service is not played.
Play = Callable[[Asked], tuple[int, Mapping[str, str], bytes] | None]


@contextmanager
def service_proxy(cluster: ApiServer, play: Play) -> Iterator[str]:
    """The URL of a server that has ``play`` answer for Services, and the API server for all else.

    It shows the API server's own certificate, so that a kubeconfig for it differs in the port alone.
    """
    handler = type("Handler", (_Handler,), {"cluster": cluster, "play": staticmethod(play)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cluster.ca, cluster.ca.with_suffix(".key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    cluster: ApiServer
    play: Play
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at what was asked."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        match = _PROXIED.match(self.path)
        played = None
        if match:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(match["namespace"], match["name"], self.command, match["path"], headers, body)
            played = self.play(asked)
        status, sent, content = played or self._forward(body)
        self.send_response(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _forward(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        context = ssl.create_default_context(cafile=str(self.cluster.ca))
        connection = http.client.HTTPSConnection("127.0.0.1", self.cluster.port, timeout=60, context=context)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_FORWARDED}
        try:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, {"Content-Type": answer.headers.get("content-type", "")}, answer.read()
        finally:
            connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer
