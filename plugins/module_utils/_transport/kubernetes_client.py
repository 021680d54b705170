# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server asked through the Kubernetes client, for kubeconfigs that only it handles."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT

from .access import Access, NeedsClient, through_proxy, unusable
from .connection import (
    Response,
    closed_early,
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
from .credential_plugin import bound_plugins
from .proxy import proxy_credentials

# Of the client's own words about an exec plugin.
_LOGGED_LENGTH = 500
# What the client raises for a file, or for the answer of an exec plugin, that it did not expect.
_UNEXPECTED = (OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError)
# A token that is no text, such as a list, becomes one that has these.
_NO_TOKEN = frozenset(" \t\r\n'\"[]{}")
_PLUGIN = "The credential plugin of the kubeconfig"
_BY_HAND = "Run its command by hand, with the same environment."


class ClientServer:
    """An API server asked through the connection pool of the Kubernetes client. Several threads may ask."""

    def __init__(self, client: Any, access: Access | None = None) -> None:
        self._client = client
        self._access = access
        # The client fetches a token anew that has expired, and knows nothing of threads.
        self._lock = threading.Lock()

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
        try:
            with self._lock:
                settings = self._client.configuration.auth_settings().values()
        except _UNEXPECTED as error:
            raise unusable(_PLUGIN, f"its answer was not understood ({type(error).__name__})", _BY_HAND) from error
        found = {item["key"]: item["value"] for item in settings if item.get("in") == "header" and item.get("value")}
        for value in found.values():
            SENT.add(str(value))
            if _NO_TOKEN.intersection(str(value).removeprefix("Bearer ").rstrip()) and str(value).startswith("Bearer "):
                raise unusable(_PLUGIN, "its token is not one word", _BY_HAND)
        return found


def open_client(files: Sequence[str], context: str, access: Access | None, need: NeedsClient | None) -> Any:
    try:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import incluster_config, kube_config
        from kubernetes.config.config_exception import ConfigException
    except ImportError as error:
        from ansible.module_utils.basic import missing_required_lib

        said = missing_required_lib("kubernetes", reason=f"for {need}")
        raise TracingError("missing_library", said) from error
    bound_plugins()
    load_pod: Any = incluster_config.load_incluster_config  # without type hints in the client
    load: Any = kube_config.load_kube_config
    configuration = Configuration()
    origin = f"The kubeconfig {os.pathsep.join(files)}" if files else "The pod's service account"
    try:
        with _logged_errors() as logged:
            if files:
                load(os.pathsep.join(files), context or None, configuration, persist_config=False)
            else:
                load_pod(client_configuration=configuration)
    except (ConfigException, *_UNEXPECTED) as error:
        raise unusable(origin, error) from error
    if logged and not configuration.auth_settings() and not configuration.cert_file:
        raise unusable(origin, _without_output(logged[0]), _BY_HAND)
    if access:
        _set_proxy(configuration, access)
    try:
        return ApiClient(configuration)
    except ImportError as error:
        from ansible.module_utils.basic import missing_required_lib

        raise TracingError("missing_library", missing_required_lib("PySocks", reason=f"for {need}")) from error


def _without_output(message: str) -> str:
    """What the client says of a plugin that failed, without what the plugin printed: that may hold a secret."""
    return re.sub(r"^(exec: process returned -?\d+)\..*", r"\1", message, flags=re.DOTALL)[:_LOGGED_LENGTH]


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
        # The library puts the error of http.client into its own text.
        below = error.args[-1] if error.args and isinstance(error.args[-1], Exception) else error
        return closed_early(where, protocol_reason(below))
    if isinstance(error, OSError):
        return unreachable(where, reason)
    return not_http(where, reason)
