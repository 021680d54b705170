# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests through the Kubernetes API server, which forwards them to a Service.

Works from wherever ``kubectl`` works, with no port-forward and no discovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped

from .api_server import KubeConnection, json_object, not_an_object
from .connection import Params, Response, ServiceSettings, Transport, redirected, refused, timed_out, with_tenant


class KubeProxyTransport:
    """GET below one Service."""

    def __init__(self, connection: KubeConnection, settings: ServiceSettings) -> None:
        self._connection = connection
        self._settings = settings

    @property
    def where(self) -> str:
        settings = self._settings
        return f"service {settings.namespace}/{settings.service}:{settings.port}"

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        target = f"services/{_target(self._settings.scheme, self._settings.service, self._settings.port)}"
        return self._proxied(target, self.where, path, params, timeout)

    def send(
        self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float, method: str = ""
    ) -> Response:
        """As ``get``, with headers and a body to post, or by a method that is named.

        The API server keeps ``Authorization`` for itself, and takes it for the login of who asks.
        """
        if any(name.lower() == "authorization" for name in headers):
            raise invalid(
                f"The header Authorization does not reach {self.where}: the API server keeps it for itself.",
                "Give the address by which it is reached from outside of the cluster, or a login by another header.",
            )
        target = f"services/{_target(self._settings.scheme, self._settings.service, self._settings.port)}"
        return self._proxied(target, self.where, path, (), timeout, headers, body, method)

    def members(self, *, timeout: float) -> list[tuple[str, Transport]]:
        """Each ready pod behind the Service: asked through the Service, one of them would answer at random.

        Where pods may not be seen, the Service is asked all the same. A single pod is asked through it
        too, because that takes no further rights, but under its own name, so that a new pod is noticed.
        """
        pods, ports = self._endpoints(timeout)
        port = self._settings.port if self._settings.port in ports else min(ports, default=0)
        if len(pods) > 1 and (port == self._settings.port or len(ports) == 1):
            return [(name, PodTransport(self, name, port)) for name in pods]
        return [(pods[0] if len(pods) == 1 else self.where, self)]

    def _endpoints(self, timeout: float) -> tuple[list[str], set[int]]:
        settings = self._settings
        answer = self._connection.get(
            f"/apis/discovery.k8s.io/v1/namespaces/{quote(settings.namespace, safe='')}/endpointslices",
            [("labelSelector", f"kubernetes.io/service-name={settings.service}")],
            {},
            timeout=timeout,
        )
        if answer.status != 200:
            return [], set()
        return shaped(lambda: endpoints(json_object(answer.body)), not_an_object)

    def get_from_pod(self, name: str, port: int, path: str, params: Params, *, timeout: float) -> Response:
        where = f"pod {self._settings.namespace}/{name}:{port}"
        return self._proxied(f"pods/{_target(self._settings.scheme, name, port)}", where, path, params, timeout)

    def _proxied(
        self,
        target: str,
        where: str,
        path: str,
        params: Params,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        method: str = "",
    ) -> Response:
        settings = self._settings
        all_headers = with_tenant(headers or {}, settings.tenant)
        full = f"/api/v1/namespaces/{quote(settings.namespace, safe='')}/{target}/proxy{settings.path}{path}"
        try:
            answer = self._connection.request(full, params, all_headers, body, timeout=timeout, method=method)
        except TracingError as error:
            # The API server holds a request as long as the service does: which of them is slow can't be told.
            if error.kind != "timeout":
                raise
            raise timed_out(f"{where}, through the API server,", timeout) from error
        self._connection.demand_kubernetes(answer, timeout=timeout)
        if 300 <= answer.status < 400:
            raise redirected(where, answer.status, answer.headers.get("location", ""))
        own = own_answer(answer)
        if own is not None:
            raise self._api_error(answer.status, own, where, timeout)
        return answer

    def _api_error(self, status: int, answer: Mapping[str, Any], where: str, timeout: float) -> TracingError:
        error = api_error(status, str(answer.get("message", "")), self._settings, where)
        if error.kind == "service_not_found":
            return self._which_is_missing(error, timeout)
        return error

    def _which_is_missing(self, error: TracingError, timeout: float) -> TracingError:
        """The API server says the same for a missing Service and a missing namespace: look once more."""
        namespace = self._settings.namespace
        try:
            status, _answer = self._connection.status(
                f"/api/v1/namespaces/{quote(namespace, safe='')}", timeout=timeout
            )
        except TracingError:
            return error
        if status != 404:
            return error
        return TracingError(
            "namespace_not_found",
            f"There is no namespace {namespace!r} in the cluster.",
            "Check namespace and context.",
        )


class PodTransport:
    """GET from one pod behind a Service."""

    def __init__(self, service: KubeProxyTransport, name: str, port: int) -> None:
        self._service = service
        self._name = name
        self._port = port

    @property
    def where(self) -> str:
        return f"pod {self._name}"

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        return self._service.get_from_pod(self._name, self._port, path, params, timeout=timeout)

    def members(self, *, timeout: float) -> list[tuple[str, Transport]]:
        return [(self._name, self)]


def _target(scheme: str, name: str, port: int) -> str:
    prefix = f"{scheme}:" if scheme == "https" else ""
    return f"{prefix}{quote(name, safe='')}:{port}"


def endpoints(slices: Mapping[str, Any]) -> tuple[list[str], set[int]]:
    """The ready pods and the port numbers in the answer for a list of EndpointSlices."""
    pods: set[str] = set()
    ports: set[int] = set()
    for item in slices.get("items") or []:
        ports |= {int(port["port"]) for port in item.get("ports") or [] if port.get("port")}
        for endpoint in item.get("endpoints") or []:
            target = endpoint.get("targetRef") or {}
            ready = (endpoint.get("conditions") or {}).get("ready", True)
            if target.get("kind") == "Pod" and ready is not False:
                pods.add(str(target.get("name")))
    return sorted(pods), ports


def own_answer(answer: Response) -> dict[str, Any] | None:
    """What the API server itself has to say, or None when the answer comes from behind it."""
    if answer.status < 400:
        return None
    parsed = json_object(answer.body)
    if parsed.get("kind") == "Status" and parsed.get("apiVersion") == "v1":
        return parsed
    text = answer.body[:2000].decode("utf-8", "replace")
    if "error trying to reach service" in text or "Trying to reach:" in text:
        return {"message": text.strip()}
    return None


def api_error(status: int, message: str, settings: ServiceSettings, where: str) -> TracingError:
    """The API server's own refusals, each with its own way out."""
    said = f"The API server says: {message.rstrip('.')}." if message else f"The API server answered {status}."
    name = f"{settings.namespace}/{settings.service}"
    if "no endpoints available" in message:
        return TracingError(
            "no_endpoints",
            f"Service {name} has no ready pod behind it.",
            f"See why with: {settings.shell.kubectl('get pods,endpointslices', settings.namespace)}",
            retryable=True,
            status=status,
        )
    if "no service port" in message:
        return TracingError("service_port", f"Service {name} has no port {settings.port}.", said, status=status)
    if status == 401:
        return TracingError("unauthorized", "The API server does not accept the kubeconfig's credentials.", said)
    if status == 403:
        fix = f"{said} It takes the right to get services/proxy (and for single pods, pods/proxy) in the namespace."
        return TracingError("forbidden", f"Not allowed to reach {where} through the API server.", fix, status=status)
    if status == 404:
        fix = f"See what there is with: {settings.shell.kubectl('get services', settings.namespace)}"
        missing = f"There is no service {settings.service!r} in namespace {settings.namespace!r}."
        return TracingError("service_not_found", missing, fix, status=status)
    if "connection refused" in message:
        error = refused(where)
        return TracingError(error.kind, error.message, error.fix, retryable=True, status=status)
    if "malformed HTTP" in message or "tls:" in message or "x509" in message or "HTTP request to an HTTPS" in message:
        return TracingError("tls", f"{where} and the API server disagree on TLS.", f"{said} Check service_scheme.")
    if status == 429 or status >= 500:
        return TracingError(
            "proxy_failed", f"The API server cannot reach {where}.", said, retryable=True, status=status
        )
    return invalid(f"The API server refuses the request to {where}.", said)
