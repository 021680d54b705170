# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say how Tempo, Alloy and the API server are reached, checked and made into transports."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import env_fallback, missing_required_lib
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    check_url,
    kubernetes_name,
    more_than_zero,
    path_prefix,
    port,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import shell_of

from .api_server import KubeConnection
from .connection import (
    ServiceSettings,
    Transport,
    UrlSettings,
)
from .kube_proxy import KubeProxyTransport

if TYPE_CHECKING:
    from .url import UrlTransport

_LOGIN = "Use url_username and url_password, which are kept out of logs."
_URL_ONLY = ("url_username", "url_password", "bearer_token", "client_cert", "client_key", "ca_path")


CONNECTION_ARGUMENTS: dict[str, dict[str, Any]] = {
    "url": {"type": "str"},
    "namespace": {"type": "str", "default": "tracing"},
    "service": {"type": "str", "default": "tempo"},
    "service_port": {"type": "int", "default": 3200},
    "service_scheme": {"type": "str", "default": "http", "choices": ["http", "https"]},
    "kubeconfig": {"type": "path", "fallback": (env_fallback, ["K8S_AUTH_KUBECONFIG"])},
    "context": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_CONTEXT"])},
    "tenant": {"type": "str"},
    "url_username": {"type": "str"},
    "url_password": {"type": "str", "no_log": True},
    "bearer_token": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "request_timeout": {"type": "float", "default": 10.0},
    "alloy_url": {"type": "str"},
    "alloy_namespace": {"type": "str"},
    "alloy_service": {"type": "str", "default": "alloy"},
    "alloy_service_port": {"type": "int", "default": 12345},
}


_ALLOY_DEFAULTS = {
    name: spec.get("default") for name, spec in CONNECTION_ARGUMENTS.items() if name.startswith("alloy_")
}


# For modules that ask nothing but Tempo.
TEMPO_ARGUMENTS = {name: spec for name, spec in CONNECTION_ARGUMENTS.items() if name not in _ALLOY_DEFAULTS}


def needs_kubernetes(params: Mapping[str, Any]) -> bool:
    return not params.get("url")


def transports(params: Mapping[str, Any]) -> tuple[Transport, Transport | None]:
    """The ways to Tempo and, where there is one, to Alloy. Sends nothing yet."""
    more_than_zero(params["request_timeout"], "request_timeout")
    if params["url_password"] and not params["url_username"]:
        raise invalid("url_password is set without url_username.")
    if bool(params["client_key"]) and not params["client_cert"]:
        raise invalid("client_key is set without client_cert.")
    if params["url_username"] and params["bearer_token"]:
        raise invalid("url_username and bearer_token exclude each other.")
    tenant = params["tenant"] or ""
    if any(not c.isprintable() or ord(c) > 126 for c in tenant):
        raise invalid(f"tenant: {tenant!r} cannot be sent as a header.", "Use plain ASCII.")
    if not needs_kubernetes(params):
        alloy_url = params["alloy_url"]
        return _url_transport(params), plain_url(params, "alloy_url") if alloy_url else None
    return _by_service(params, tenant)


def tempo_transport(params: Mapping[str, Any]) -> Transport:
    """The way to Tempo, for options with or without those about Alloy."""
    return transports({**_ALLOY_DEFAULTS, **params})[0]


def _by_service(params: Mapping[str, Any], tenant: str) -> tuple[Transport, Transport | None]:
    useless = [name for name in _URL_ONLY if params[name]]
    if useless:
        raise invalid(
            f"{', '.join(useless)} works with url only: the service proxy has the kubeconfig's credentials.",
            "Give url, or leave it out.",
        )
    connection = kube_connection(params)
    tempo = kube_service(params, connection, scheme=params["service_scheme"], tenant=tenant)
    if params["alloy_url"]:
        return tempo, plain_url(params, "alloy_url")
    return tempo, kube_service(params, connection, "alloy_", scheme=params.get("alloy_service_scheme", "http"))


def kube_connection(params: Mapping[str, Any]) -> KubeConnection:
    """The API server. Whether the client is there is seen without importing it: that takes longer than most tasks."""
    url_would_do = "url" in params and not params["url"]
    if find_spec("kubernetes") is None:
        reason = "to ask the Kubernetes API server" + ("; give url to do without" if url_would_do else "")
        raise TracingError("missing_library", missing_required_lib("kubernetes", reason=reason))
    otherwise = ", or give url instead" if url_would_do else ""
    return KubeConnection(params["kubeconfig"] or "", params["context"] or "", otherwise)


def kube_service(
    params: Mapping[str, Any],
    connection: KubeConnection,
    prefix: str = "",
    *,
    scheme: str = "http",
    tenant: str = "",
    path: str = "",
) -> KubeProxyTransport:
    """A Service named by ``service`` and the options beside it, all with one prefix. The namespace may be shared."""
    settings = ServiceSettings(
        kubernetes_name(params[f"{prefix}namespace"] or params["namespace"], f"{prefix}namespace"),
        kubernetes_name(params[f"{prefix}service"], f"{prefix}service"),
        port(params[f"{prefix}service_port"], f"{prefix}service_port"),
        scheme,
        tenant,
        path_prefix(path, f"{prefix}service_path"),
        shell_of(params),
    )
    return KubeProxyTransport(connection, settings)


def by_url(settings: UrlSettings) -> UrlTransport:
    """The way to an address."""
    # Mostly the API server is asked instead; to load this way takes longer than to ask.
    from .url import UrlTransport

    return UrlTransport(settings)


def _url_transport(params: Mapping[str, Any]) -> Transport:
    return by_url(
        UrlSettings(
            url=check_url(params["url"], "url", _LOGIN),
            tenant=params["tenant"] or "",
            username=params["url_username"] or "",
            password=params["url_password"] or "",
            bearer_token=params["bearer_token"] or "",
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"] or "",
            client_cert=params["client_cert"] or "",
            client_key=params["client_key"] or "",
        )
    )


def plain_url(params: Mapping[str, Any], option: str) -> Transport:
    """Another server than Tempo: Tempo's credentials are not its own and do not go there."""
    return by_url(
        UrlSettings(
            url=check_url(params[option], option),
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"] or "",
        )
    )
