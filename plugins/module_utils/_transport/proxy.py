# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies on the way to an API server, picked as Go's HTTP client does, and with it kubectl and helm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import basic

# Proxies as kubectl takes them.
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


# A name or an address, as it can stand in a certificate.
HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_:-]|\.(?!\.)){0,252}")


def proxy_for(server: str, proxy_url: str, proxies: Mapping[str, str]) -> str:
    """The proxy on the way to the server, as Go's HTTP client picks it, and with it kubectl and helm.

    That of the kubeconfig goes before all; those of the environment are not for this machine itself.
    """
    if proxy_url:
        return proxy_url if "://" in proxy_url else f"http://{proxy_url}"
    parts = urlsplit(server)
    proxy = proxies.get(parts.scheme, "")
    if not proxy or _is_loopback(parts) or _does_without_proxy(parts, proxies.get("no", "")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def usable_proxy(proxy: str, source: str) -> str:
    """The proxy, unless its address leads nowhere. What is wrong is not shown, since it may hold a login."""
    if not proxy:
        return ""
    try:
        parts = urlsplit(proxy)
        is_usable = parts.scheme.lower() in _PROXY_SCHEMES and bool(HOST_NAME.fullmatch(parts.hostname or ""))
        is_usable = is_usable and parts.port != 0
    except ValueError:  # such as a port that is no number
        is_usable = False
    if not is_usable:
        raise TracingError(
            "proxy_invalid",
            f"{source} is not the address of a proxy.",
            f"Give {', '.join(_PROXY_SCHEMES[:-1])} or {_PROXY_SCHEMES[-1]}, a host and a port, such as http://proxy.example.com:3128.",
        )
    return proxy


def environment_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """The proxies of the environment by scheme, with ``no`` for what goes without. There is none for all schemes."""
    found = {}
    for scheme in ("http", "https", "no"):
        name = f"{scheme}_proxy"
        value = environ.get(name.upper()) or environ.get(name)
        if value:
            found[scheme] = value
    return found


def proxy_credentials(proxy: SplitResult) -> dict[str, str]:
    """The header that logs in to a proxy whose address holds a login."""
    if not proxy.username:
        return {}
    return {"Proxy-Authorization": basic(unquote(proxy.username), unquote(proxy.password or ""))}


def _is_loopback(server: SplitResult) -> bool:
    host = (server.hostname or "").lower()
    if host == "localhost":
        return True
    import ipaddress  # loaded only where there is a proxy

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _does_without_proxy(server: SplitResult, no_proxy: str) -> bool:
    """``.example.com`` and ``*.example.com`` are what lies below it, ``example.com`` is itself and what lies below."""
    host = (server.hostname or "").lower()
    port = str(server.port or (443 if server.scheme == "https" else 80))
    for entry in filter(None, (part.strip().lower() for part in no_proxy.split(","))):
        if entry == "*" or _in_network(host, entry):
            return True
        name, colon, wanted_port = entry.rpartition(":")
        if colon and wanted_port.isdigit() and (name.startswith("[") or ":" not in name):
            if wanted_port != port:
                continue
            entry = name.strip("[]")
        below = entry.removeprefix("*") if entry.startswith(("*.", ".")) else f".{entry}"
        if host.endswith(below) or (host == entry and not entry.startswith(".")):
            return True
    return False


def _in_network(host: str, entry: str) -> bool:
    import ipaddress  # seldom needed

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
