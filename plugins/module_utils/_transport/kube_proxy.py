# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests through the Kubernetes API server, which forwards them to a Service.

Works from wherever ``kubectl`` works, with no port-forward, no discovery and no generated API classes: one check costs
one request. Even importing the Kubernetes client takes longer than that, so it is left to kubeconfigs that need it.
"""

from __future__ import annotations

import http.client
import logging
import os
import re
import select
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json, shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import basic, header_values

from .connection import (
    TENANT_HEADER,
    USER_AGENT,
    Params,
    Response,
    ServiceSettings,
    Transport,
    closed_early,
    demand_whole,
    lower_headers,
    not_http,
    read_bounded,
    redirected,
    refused,
    shown_location,
    timed_out,
    tls_failed,
    unknown_host,
    unreachable,
    within,
)
from .kubeconfig import (
    Access,
    NeedsClient,
    Pem,
    authorization,
    environment_proxies,
    kubeconfig_files,
    pod_access,
    read_access,
    unusable,
)

# Of the errors of an exec plugin, which may be pages long.
_LOGGED_LENGTH = 500
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
        return answer.status, _json_object(answer.body)

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
        if not (comes_from_kubernetes(seen) or "gitVersion" in _json_object(seen.body)):
            if seen.status in (401, 403) and _json_object(seen.body):
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
        return ClientServer(_open_client(self), self.access)


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
    content = _json_object(answer.body) if answer.status >= 400 else {}
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


def proxy_credentials(proxy: SplitResult) -> dict[str, str]:
    """The header that logs in to a proxy whose address holds a login."""
    if not proxy.username:
        return {}
    return {"Proxy-Authorization": basic(unquote(proxy.username), unquote(proxy.password or ""))}


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


def through_proxy(error: TracingError, access: Access) -> TracingError:
    """Where a proxy is on the way, it is the first to suspect."""
    if not access.proxy:
        return error
    host = urlsplit(access.server).hostname
    no_proxy = "" if "kubeconfig" in access.proxy_from else f", or put {host} into NO_PROXY"
    return TracingError(
        error.kind,
        f"The proxy {access.proxy_shown} ({access.proxy_from}) does not lead to the Kubernetes API server at "
        f"{access.server}: {error.message[:1].lower()}{error.message[1:]}",
        f"Check {access.proxy_from}{no_proxy}.",
        retryable=error.retryable,
        status=error.status,
    )


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


def tls_context(access: Access) -> ssl.SSLContext:
    """Whom to trust and what to show, checked as strictly as kubectl does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif access.ca:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an authority may itself be signed by another
        _trust(context, access)
    else:
        context.load_default_certs()
    if access.certificate:
        _show(context, access)
    return context


def _trust(context: ssl.SSLContext, access: Access) -> None:
    try:
        if access.ca.data:
            context.load_verify_locations(cadata=access.ca.data.decode("ascii", "ignore"))  # comments may be UTF-8
        else:
            context.load_verify_locations(_existing(access.ca, access))
    except (OSError, ValueError) as error:
        raise unusable(access.origin, f"its certificate-authority is not readable as PEM: {error}") from error


def _show(context: ssl.SSLContext, access: Access) -> None:
    with _as_file(access.certificate, access) as certificate, _as_file(access.key, access) as key:
        try:
            # Without a password given, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certificate, key or None, password=lambda: b"")
        except (OSError, ValueError) as error:
            reason = f"its client-certificate and client-key are no readable pair without a password: {error}"
            raise unusable(access.origin, reason) from error


@contextmanager
def _as_file(pem: Pem, access: Access) -> Iterator[str]:
    """OpenSSL takes a client's certificate and key from files only."""
    if not pem.data:
        yield _existing(pem, access) if pem.file else ""
        return
    import tempfile

    with tempfile.NamedTemporaryFile() as file:  # readable for this user only, and gone as soon as it is loaded
        file.write(pem.data)
        file.flush()
        yield file.name


def _existing(pem: Pem, access: Access) -> str:
    """OpenSSL's own error does not say which file is missing."""
    if not Path(pem.file).is_file():
        raise unusable(access.origin, f"it names {pem.file}, which is not there")
    return pem.file


def _typed(error: Exception, where: str, timeout: float) -> TracingError:
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
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


class ClientServer:
    """An API server asked through the connection pool of the Kubernetes client."""

    def __init__(self, client: Any, access: Access | None = None) -> None:
        self._client = client
        self._access = access

    @property
    def host(self) -> str:
        return str(self._client.configuration.host)

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Response:
        import urllib3  # a dependency of the client

        where = f"The Kubernetes API server at {self.host}"
        try:
            raw = self._client.rest_client.pool_manager.request(
                method,
                self.host.rstrip("/") + target,
                body=body,
                headers=self._headers(headers),
                timeout=timeout,
                preload_content=False,
                redirect=False,
                retries=False,
            )
            with raw:
                content = read_bounded(lambda size: raw.read(size, decode_content=True), where)
            return Response(raw.status, lower_headers(raw.headers), content)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            typed = _typed_by_client(error, where, timeout)
            raise (through_proxy(typed, self._access) if self._access else typed) from error

    def _headers(self, headers: Mapping[str, str]) -> Any:
        import urllib3

        sent = urllib3.HTTPHeaderDict({**headers, **self._credentials()})
        for name, value in self._access.impersonated if self._access else ():
            sent.add(name, value)
        return sent

    def _credentials(self) -> dict[str, str]:
        """What the configuration adds to each request, fresh each time: tokens expire."""
        settings = self._client.configuration.auth_settings().values()
        return {item["key"]: item["value"] for item in settings if item.get("in") == "header" and item.get("value")}


def _open_client(way: Way) -> Any:
    try:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import incluster_config, kube_config
        from kubernetes.config.config_exception import ConfigException
    except ImportError as error:
        from ansible.module_utils.basic import missing_required_lib

        said = missing_required_lib("kubernetes", reason=f"for {way.need}")
        raise TracingError("missing_library", said) from error
    load_pod: Any = incluster_config.load_incluster_config  # without type hints in the client
    load: Any = kube_config.load_kube_config
    configuration = Configuration()
    origin = f"The kubeconfig {os.pathsep.join(way.files)}" if way.files else "The pod's service account"
    try:
        with _logged_errors() as logged:
            if way.files:
                load(os.pathsep.join(way.files), way.context or None, configuration, persist_config=False)
            else:
                load_pod(client_configuration=configuration)
    except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise unusable(origin, error) from error
    if logged and not configuration.auth_settings() and not configuration.cert_file:
        raise unusable(origin, logged[0][:_LOGGED_LENGTH], "Run its command by hand, with the same environment.")
    if way.access:
        _set_proxy(configuration, way.access)
    try:
        return ApiClient(configuration)
    except ImportError as error:
        from ansible.module_utils.basic import missing_required_lib

        raise TracingError("missing_library", missing_required_lib("PySocks", reason=f"for {way.need}")) from error


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """What the Kubernetes client only logs before it goes on without credentials: why an exec plugin has failed."""
    root, handler = logging.getLogger(), _Errors()
    root.addHandler(handler)
    try:
        yield handler.messages
    finally:
        root.removeHandler(handler)


def _set_proxy(configuration: Any, access: Access) -> None:
    """The client of older versions reads no proxy-url, and each sends what is for this machine through a proxy."""
    configuration.no_proxy = "" if access.proxy else "*"
    parts = urlsplit(access.proxy)
    if not parts.scheme.startswith("http"):
        configuration.proxy = access.proxy or None  # a SOCKS proxy takes the login in its address
        return
    configuration.proxy = access.proxy_shown
    configuration.proxy_headers = proxy_credentials(parts)


def _typed_by_client(error: Exception, where: str, timeout: float) -> TracingError:
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

    def send(
        self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float, method: str = ""
    ) -> Response:
        """As ``get``, with headers and a body to post, or by a method that is named.

        The API server keeps ``Authorization`` for itself.
        """
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
        return shaped(lambda: endpoints(_json_object(answer.body)), not_an_object)

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
        all_headers = {**({TENANT_HEADER: settings.tenant} if settings.tenant else {}), **(headers or {})}
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
    parsed = _json_object(answer.body)
    if parsed.get("kind") == "Status" and parsed.get("apiVersion") == "v1":
        return parsed
    text = answer.body[:2000].decode("utf-8", "replace")
    if "error trying to reach service" in text or "Trying to reach:" in text:
        return {"message": text.strip()}
    return None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = parse_json(body)
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
