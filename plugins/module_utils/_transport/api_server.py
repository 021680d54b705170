# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the Kubernetes API server of a kubeconfig, or of the pod that this runs in.

Even importing the Kubernetes client takes longer than a whole request, so it is left to kubeconfigs that need it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_values

from .access import Access, NeedsClient
from .connection import USER_AGENT, Params, Response, shown_location, within
from .direct import DirectServer
from .kubeconfig import kubeconfig_files, pod_access, read_access
from .kubernetes_client import ClientServer, open_client
from .proxy import environment_proxies

_PATH_CHARACTERS = "/%:;=&?@!$'()*+,~[]"


class _Server(Protocol):
    """An API server that can be asked."""

    @property
    def host(self) -> str:
        """Its URL."""

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        """One request. Neither follows redirects nor tries again."""


class KubeConnection:
    """An API server and the credentials for it, opened at the first request."""

    def __init__(self, kubeconfig: str = "", context: str = "", otherwise: str = "") -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._otherwise = otherwise
        self._way: Way | None = None
        self._server: _Server | None = None
        self._is_kubernetes = False
        self._lock = threading.Lock()

    def get(self, path: str, params: Params, headers: Mapping[str, str], *, timeout: float) -> Response:
        return self.request(path, params, headers, None, timeout=timeout)

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
        """A GET, or a POST of a body, unless a method is named.

        None follows redirects or tries again: both are for the caller to judge.
        """
        method = method or ("GET" if body is None else "POST")
        target = quote(path, safe=_PATH_CHARACTERS) + (f"?{urlencode(params)}" if params else "")
        all_headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **header_values(headers, "headers")}
        work = partial(self._request, method, target, all_headers, body, timeout)
        return within(timeout, work, "The Kubernetes API server")

    def status(self, path: str, *, timeout: float) -> tuple[int, dict[str, Any]]:
        """A resource of the API server itself."""
        answer = self.get(path, (), {}, timeout=timeout)
        return answer.status, json_object(answer.body)

    @property
    def host(self) -> str:
        return self._server.host if self._server else "the Kubernetes API server"

    def _request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        return self._open().send(method, target, headers, body, timeout)

    def demand_kubernetes(self, answer: Response, *, timeout: float) -> None:
        """Refuse an answer that does not come from a Kubernetes API, nor through one.

        Such an API puts its mark on all that it sends. Where a gateway has removed that, one more look tells.
        """
        if self._is_kubernetes or comes_from_kubernetes(answer):
            self._is_kubernetes = True
            return
        seen = self.get("/version", (), {}, timeout=timeout)
        if not (comes_from_kubernetes(seen) or "gitVersion" in json_object(seen.body)):
            if seen.status in (401, 403) and json_object(seen.body):
                return  # a gateway that wants a login, and says so itself
            raise not_kubernetes(self.host, seen)
        self._is_kubernetes = True

    @property
    def way(self) -> Way:
        """Which API server this is, and how it is reached; read once."""
        if self._way is None:
            self._way = find_way(self._kubeconfig, self._context, self._otherwise)
        return self._way

    def _open(self) -> _Server:
        with self._lock:
            if self._server is None:
                self._server = self.way.open()
            return self._server


@dataclass(frozen=True)
class Way:
    """What the options and the environment lead to. No ``files`` where it is the pod's own service account."""

    files: Sequence[str]
    context: str
    access: Access | None
    need: NeedsClient | None = None

    def open(self) -> _Server:
        if self.need is None and self.access:
            return DirectServer(self.access)
        return ClientServer(open_client(self.files, self.context, self.access, self.need), self.access)


def find_way(kubeconfig: str, context: str, otherwise: str = "") -> Way:
    """The API server of a kubeconfig, or of the pod that this runs in."""
    files = kubeconfig_files(kubeconfig, os.environ, otherwise)
    proxies = environment_proxies(os.environ)
    try:
        access = read_access(files, context, proxies) if files else pod_access(os.environ, proxies)
        return Way(files, access.context, access)
    except NeedsClient as need:
        return Way(files, need.access.context if need.access else context, need.access, need)


def comes_from_kubernetes(answer: Response) -> bool:
    if "audit-id" in answer.headers:
        return True
    content = json_object(answer.body) if answer.status >= 400 else {}
    return content.get("kind") == "Status" and content.get("apiVersion") == "v1"


def not_kubernetes(host: str, seen: Response) -> TracingError:
    kind = seen.headers.get("content-type", "").partition(";")[0] or "no content type"
    location = seen.headers.get("location", "") if 300 <= seen.status < 400 else ""
    to = f" to {shown_location(location)}" if location else ""
    title = re.search(rb"<title[^>]*>\s*([^<]{1,80})", seen.body[:5000], re.IGNORECASE)
    page = f", titled {title[1].decode('utf-8', 'replace').strip()!r}" if title else ""
    return TracingError(
        "not_kubernetes",
        f"No Kubernetes API answers at {host}: asked for /version, it sent {seen.status}{to} with {kind}{page}.",
        "Check server in the kubeconfig, and context; where a login page stands before it, log in first.",
        status=seen.status,
    )


def not_an_object(error: Exception) -> TracingError:
    return TracingError(
        "kubernetes_api",
        f"The Kubernetes API server sent an object that is not as Kubernetes has it ({type(error).__name__}).",
        "Check server in the kubeconfig, and what stands before the API server.",
    )


def json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = parse_json(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
