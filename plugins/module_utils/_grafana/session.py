# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the modules ask Grafana's HTTP API: at its address, or its Service through the API server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json, shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, object_name
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    HEADER_LOGIN,
    check_url,
    kubernetes_name,
    more_than_zero,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response, UrlSettings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    by_url,
    kube_connection,
    kube_service,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import cookie, wrong_status

if TYPE_CHECKING:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.url import UrlTransport

_SHARED = ("url", "namespace", "service_scheme", "kubeconfig", "context", "request_timeout", "ca_path")
GRAFANA_ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in (*_SHARED, "validate_certs")},
    "service": {"type": "str", "default": "grafana"},
    "service_port": {"type": "int", "default": 80},
    "service_path": {"type": "str", "default": ""},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "login_secret": {
        "type": "dict",
        "no_log": False,  # its name, and those of its keys
        "options": {
            "name": {"type": "str", "required": True},
            "user_key": {"type": "str", "default": "admin-user", "no_log": False},
            "password_key": {"type": "str", "default": "admin-password", "no_log": False},
        },
    },
}

_JSON = {"Content-Type": "application/json"}

T = TypeVar("T")
Ask = Callable[[str, float], Response]


def asker(params: Mapping[str, Any]) -> Client:
    """How Grafana is asked: at its address, or through the API server."""
    more_than_zero(params["request_timeout"], "request_timeout")
    headers = header_values(params["headers"], "headers")
    if params["url"]:
        if params["login_secret"]:
            raise invalid("login_secret and url exclude each other.", "Give headers with an Authorization beside url.")
        to = UrlSettings(
            url=check_url(params["url"], "url", HEADER_LOGIN.format("headers")),
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"] or "",
        )
        return Client(by_url(to), headers)
    connection = kube_connection(params)
    service = kube_service(params, connection, scheme=params["service_scheme"], path=params["service_path"])
    if params["login_secret"]:
        return Session(params, connection, service, headers)
    return Client(service, headers)


class Client:
    """Asks with the headers that the user gave."""

    def __init__(self, transport: UrlTransport | KubeProxyTransport, headers: Mapping[str, str]) -> None:
        self._transport = transport
        self._given = dict(headers)

    def __call__(self, path: str, timeout: float) -> Response:
        return self._transport.send(path, self._headers(timeout), None, timeout=timeout)

    def change(self, method: str, path: str, body: Any, timeout: float) -> Response:
        """Send what changes something; ``None`` is no body."""
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers(timeout) if body is None else {**self._headers(timeout), **_JSON}
        return self._transport.send(path, headers, data, timeout=timeout, method=method)

    def _headers(self, _timeout: float) -> dict[str, str]:
        return self._given


class Session(Client):
    """Logs in by a Secret beside the Service before the first question, and again after a login that failed."""

    def __init__(
        self,
        params: Mapping[str, Any],
        connection: KubeConnection,
        service: KubeProxyTransport,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(service, headers)
        self._secret = params["login_secret"]
        self._namespace = kubernetes_name(params["namespace"], "namespace")
        self._name = object_name(self._secret["name"], "login_secret.name")
        self._api = KubeApi(connection, params["request_timeout"])
        self._cookie = ""

    def _headers(self, timeout: float) -> dict[str, str]:
        self._cookie = self._cookie or self._log_in(timeout)
        return {**self._given, "Cookie": self._cookie}

    def _log_in(self, timeout: float) -> str:
        body = json.dumps(self._login()).encode()
        answer = self._transport.send("/login", _JSON, body, timeout=timeout)
        if answer.status != 200:
            fix = "Grafana keeps the password of its first start: change it there, or put that one into the Secret."
            raise wrong_status("Grafana", f"the login of Secret {self._name}", answer, fix)
        return cookie(answer)

    def _login(self) -> dict[str, str]:
        keys = [self._secret["user_key"], self._secret["password_key"]]
        found = self._api.secret_texts(self._namespace, self._name, keys)
        if found is None:
            raise invalid(
                f"There is no Secret {self._name} with the keys {' and '.join(keys)} in namespace {self._namespace}.",
                "Give the Secret that Grafana's login was taken from.",
            )
        return {"user": found[0], "password": found[1]}


def read_json(ask: Ask, path: str, timeout: float) -> Any:
    """What Grafana answers to a GET; ``TracingError`` for another status than 200, and for what is no JSON."""
    answer = ask(path, timeout)
    if answer.status != 200:
        raise wrong_status("Grafana", path, answer, "Check the login, and what is asked.")
    return json_in(answer, path)


def json_in(answer: Response, path: str) -> Any:
    """What an answer holds; ``TracingError`` for what is no JSON."""
    try:
        return parse_json(answer.body)
    except ValueError as error:
        raise invalid(f"What answers to {path} is no Grafana.", "Check url or service.") from error


def uid_in_path(uid: Any) -> str:
    """A uid as part of a path. ``ValueError`` for one that would lead to another path, with the login."""
    if not isinstance(uid, str) or uid in ("", ".", ".."):
        raise ValueError("a uid leads elsewhere")
    return quote(uid, safe="")


def understood(read: Callable[[], T]) -> T:
    """What ``read`` makes of Grafana's answers; ``TracingError`` where they are not as Grafana gives them."""
    return shaped(read, _not_grafana)


def _not_grafana(error: Exception) -> TracingError:
    return TracingError(
        "not_grafana",
        f"An answer is not in the format of Grafana ({type(error).__name__}).",
        "Check url or service, and what stands before Grafana.",
    )
