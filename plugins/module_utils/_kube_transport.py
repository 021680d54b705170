# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests through the Kubernetes API server, which forwards them to a Service.

Works from wherever ``kubectl`` works, with no port-forward. Only the client's configuration and connection
pool are used: no discovery and none of the generated API classes, so that one check costs one request.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._connection import (
    TENANT_HEADER,
    USER_AGENT,
    Params,
    Response,
    ServiceSettings,
    Transport,
    closed_early,
    lower_headers,
    not_http,
    read_bounded,
    redirected,
    refused,
    timed_out,
    tls_failed,
    unknown_host,
    unreachable,
    within,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid


class KubeConnection:
    """An API server and the credentials for it, opened at the first request."""

    def __init__(self, kubeconfig: str = "", context: str = "") -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._client: Any = None
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
        work = partial(self._request, method, path, params, headers, body, timeout)
        return within(timeout, work, "The Kubernetes API server")

    def status(self, path: str, *, timeout: float) -> tuple[int, dict[str, Any]]:
        """A resource of the API server itself."""
        answer = self.get(path, (), {}, timeout=timeout)
        return answer.status, _json_object(answer.body)

    @property
    def host(self) -> str:
        return str(self._client.configuration.host) if self._client else "the Kubernetes API server"

    def _request(
        self,
        method: str,
        path: str,
        params: Params,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout: float,
    ) -> Response:
        import urllib3  # a dependency of the client, which _open has imported by now

        client = self._open()
        url = client.configuration.host.rstrip("/") + path + (f"?{urlencode(params)}" if params else "")
        all_headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **headers, **_credentials(client)}
        where = f"The Kubernetes API server at {self.host}"
        try:
            raw = client.rest_client.pool_manager.request(
                method,
                url,
                body=body,
                headers=all_headers,
                timeout=timeout,
                preload_content=False,
                redirect=False,
                retries=False,
            )
            with raw:
                content = read_bounded(lambda size: raw.read(size, decode_content=True), where)
            return Response(raw.status, lower_headers(raw.headers), content)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _typed(error, where, timeout) from error

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = open_client(self._kubeconfig, self._context)
            return self._client


def open_client(kubeconfig: str, context: str) -> Any:
    """The client for a kubeconfig, or for the pod that this runs in."""
    from kubernetes.config import incluster_config, kube_config
    from kubernetes.config.config_exception import ConfigException

    path = kubeconfig or os.environ.get("KUBECONFIG", "")
    default = str(Path("~/.kube/config").expanduser())
    if not path and not Path(default).exists() and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _in_cluster(incluster_config, ConfigException)
    files = [str(Path(name).expanduser()) for name in (path or default).split(os.pathsep) if name]
    if not any(Path(name).is_file() for name in files):
        raise TracingError(
            "kubeconfig_missing",
            f"There is no kubeconfig at {path or default}.",
            "Set kubeconfig (or K8S_AUTH_KUBECONFIG) to a readable file, or give url instead.",
        )
    connect: Any = kube_config.new_client_from_config  # without type hints in the client
    try:
        return connect(os.pathsep.join(files), context or None, persist_config=False)
    except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _bad_kubeconfig(kube_config, files, context, error) from error
    except Exception as error:
        # The YAML parser's errors share no base with the others, and its package is not ours to import.
        if type(error).__module__.split(".")[0] != "yaml":
            raise
        raise _bad_kubeconfig(kube_config, files, "", error) from error


def _in_cluster(incluster_config: Any, config_exception: Any) -> Any:
    from kubernetes.client import ApiClient, Configuration

    configuration = Configuration()
    try:
        incluster_config.load_incluster_config(client_configuration=configuration)
    except config_exception as error:
        raise TracingError("kubeconfig_invalid", f"The pod's service account cannot be used: {error}.") from error
    return ApiClient(configuration)


def _bad_kubeconfig(kube_config: Any, files: list[str], context: str, error: Exception) -> TracingError:
    name = os.pathsep.join(files)
    contexts = _context_names(kube_config, name)
    if context and contexts is not None and context not in contexts:
        return TracingError(
            "kubeconfig_context",
            f"The kubeconfig {name} has no context {context!r}.",
            f"It has: {', '.join(contexts) or 'none'}.",
        )
    reason = " ".join(str(error).split())
    return TracingError(
        "kubeconfig_invalid",
        f"The kubeconfig {name} cannot be used: {reason.rstrip('.')}.",
        "Check it with: kubectl config view.",
    )


def _context_names(kube_config: Any, name: str) -> list[str] | None:
    try:
        contexts, _active = kube_config.list_kube_config_contexts(name)
        return [str(item["name"]) for item in contexts]
    except Exception:  # pylint: disable=broad-exception-caught
        return None  # it could not be read at all; the first error tells why


def _credentials(client: Any) -> dict[str, str]:
    """What the configuration adds to each request, fresh each time: tokens expire."""
    settings = client.configuration.auth_settings().values()
    return {item["key"]: item["value"] for item in settings if item.get("in") == "header" and item.get("value")}


def _typed(error: Exception, where: str, timeout: float) -> TracingError:
    from urllib3 import exceptions

    reason = " ".join(str(error).split())
    if isinstance(error, exceptions.NameResolutionError):
        return unknown_host(where, reason)
    if isinstance(error, exceptions.SSLError):
        return tls_failed(where, reason, "Check certificate-authority-data in the kubeconfig.")
    if "refused" in reason:
        return refused(where)
    # urllib3 derives this one from its timeouts.
    if isinstance(error, exceptions.NewConnectionError):
        return unreachable(where, reason)
    if isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        return timed_out(where, timeout)
    if isinstance(error, (exceptions.ProtocolError, exceptions.IncompleteRead)):
        return closed_early(where, reason)
    if isinstance(error, OSError):
        return unreachable(where, reason)
    return not_http(where, reason)


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

    def send(self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float) -> Response:
        """As ``get``, with headers and a body to post. The API server keeps ``Authorization`` for itself."""
        target = f"services/{_target(self._settings.scheme, self._settings.service, self._settings.port)}"
        return self._proxied(target, self.where, path, (), timeout, headers, body)

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
        return endpoints(_json_object(answer.body)) if answer.status == 200 else ([], set())

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
    ) -> Response:
        settings = self._settings
        all_headers = {**({TENANT_HEADER: settings.tenant} if settings.tenant else {}), **(headers or {})}
        full = f"/api/v1/namespaces/{quote(settings.namespace, safe='')}/{target}/proxy{path}"
        try:
            answer = self._connection.request(full, params, all_headers, body, timeout=timeout)
        except TracingError as error:
            # The API server holds a request as long as the service does: which of them is slow can't be told.
            if error.kind != "timeout":
                raise
            raise timed_out(f"{where}, through the API server,", timeout) from error
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
    parsed = _json_object(answer.body)
    if parsed.get("kind") == "Status" and parsed.get("apiVersion") == "v1":
        return parsed
    text = answer.body[:2000].decode("utf-8", "replace")
    if "error trying to reach service" in text or "Trying to reach:" in text:
        return {"message": text.strip()}
    return None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def api_error(status: int, message: str, settings: ServiceSettings, where: str) -> TracingError:
    """The API server's own refusals, each with its own way out."""
    said = f"The API server says: {message.rstrip('.')}." if message else f"The API server answered {status}."
    name = f"{settings.namespace}/{settings.service}"
    if "no endpoints available" in message:
        return TracingError(
            "no_endpoints",
            f"Service {name} has no ready pod behind it.",
            f"See why with: kubectl -n {settings.namespace} get pods,endpointslices.",
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
        fix = f"See what there is with: kubectl -n {settings.namespace} get services."
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
