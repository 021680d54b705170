# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A front of the API server that plays its service proxy: no pod runs that could answer behind a Service."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import fake_server
from api_server import ApiServer
from fake_server import Answer, serving

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

    def answer(asked: fake_server.Asked) -> Answer:
        match = _PROXIED.match(asked.target)
        service = match and Asked(
            match["namespace"], match["name"], asked.method, match["path"], asked.headers, asked.body
        )
        status, headers, body = (service and play(service)) or _forward(cluster, asked)
        return Answer(body, status, headers)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cluster.ca, cluster.ca.with_suffix(".key"))
    with serving(answer, context) as server:
        yield server.url


def _forward(cluster: ApiServer, asked: fake_server.Asked) -> tuple[int, Mapping[str, str], bytes]:
    context = ssl.create_default_context(cafile=str(cluster.ca))
    connection = http.client.HTTPSConnection("127.0.0.1", cluster.port, timeout=60, context=context)
    headers = {name: value for name, value in asked.headers.items() if name not in _NOT_FORWARDED}
    try:
        connection.request(asked.method, asked.target, asked.body or None, headers)
        answer = connection.getresponse()
        return answer.status, {"Content-Type": answer.headers.get("content-type", "")}, answer.read()
    finally:
        connection.close()
