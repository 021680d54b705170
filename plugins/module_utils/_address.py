# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses taken apart in one place, with every part kept: scheme, login, host, port, path and query.

A host may be a Service of the cluster, which is asked through the API server and not from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid

PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
# name.namespace.svc, with the cluster's domain behind it whatever that is, and with a pod's name before it.
_SERVICE = re.compile(rf"(?:{_LABEL}\.)*?(?P<name>{_LABEL})\.(?P<namespace>{_LABEL})\.svc(?:\.[a-z0-9.-]+)?\.?\Z")
_SHORT = re.compile(rf"(?P<name>[a-z]{_LABEL[len('[a-z0-9]') :]})\.(?P<namespace>{_LABEL})\Z")
# What follows the last dot of a host outside of a cluster, and hardly is the name of a namespace.
_OUTSIDE = re.compile(
    r"[0-9]+|[a-z]{2}|com|net|org|edu|gov|mil|int|info|biz|name|app|dev|cloud|online|site|tech|xyz"
    r"|arpa|corp|example|home|internal|intern|intranet|invalid|lan|local|localdomain|localhost|onion|private|test\Z"
)
_BRACKETED = re.compile(r"\[[^\[\]]*\](?::[0-9]*)?")
_FOUR_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_NO_PORT = r'(?!\d{1,5}(?:[/?#\s"\']|\Z))'
# A password may hold what has no place in an address: it ends at the last @ then. Bounded, since it may be any text.
_LOGIN = re.compile(rf"""(?<=://)[^/?#\s@:"']{{0,256}}(?::{_NO_PORT}[^\s"'<>]{{0,256}})?@""")
# The same without a scheme before it. An image may have a tag and a digest.
_BARE_LOGIN = re.compile(
    rf"""(?<![^\s"'(=,])[^\s"'/@:?#(]{{1,256}}:{_NO_PORT}[^\s"'/@]{{1,256}}@(?!sha\d+:)(?=[\w\[])"""
)


@dataclass(frozen=True)
class Address:
    """``port`` is the scheme's own where none is given, and 0 where there is no scheme either."""

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str = ""
    login: str = field(default="", repr=False)
    port_is_given: bool = False

    @property
    def url(self) -> str:
        """Without a login, and without a slash at the end."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.netloc}{self.path}{query}" if self.scheme else f"{self.netloc}{self.path}{query}"

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port_is_given else host

    @property
    def service(self) -> tuple[str, str]:
        """Name and namespace of the Service of a cluster that the host is; two empty texts when it is none.

        Two words joined by a dot are one, unless the second is such as hosts elsewhere end in, or a dot ends it.
        """
        found = _SERVICE.match(self.host)
        short = _SHORT.match(self.host)
        if not found and short and not _OUTSIDE.fullmatch(short["namespace"]):
            found = short
        return (found["name"], found["namespace"]) if found else ("", "")


def parse(text: str, what: str = "The address") -> Address:
    """``scheme://host:port/path``, or ``host:port``; ``TracingError`` for what is neither."""
    given = text.strip()
    try:
        parts = urlsplit(given if "://" in given else f"//{given}")
        port = parts.port
    except ValueError as error:
        raise _no_address(text, what) from error
    host = _host(parts)
    if not host or port == 0 or re.search(r"[\s\x00-\x1f\x7f]", given):
        raise _no_address(text, what)
    scheme = parts.scheme.lower()
    return Address(
        scheme,
        host.lower(),
        port or PORTS.get(scheme, 0),
        parts.path.rstrip("/"),
        parts.query,
        _login(parts),
        port is not None,
    )


def parse_optional(text: str) -> Address:
    """As ``parse``; of a text without an address, one without a host."""
    return parse(text) if text.strip() else Address("", "", 0)


def service_of(text: str) -> tuple[str, str]:
    """The Service that an address most likely names; empty texts where it names none."""
    try:
        return parse(text).service
    except TracingError:
        return "", ""


def certain_service(text: str) -> tuple[str, str]:
    """The Service that an address names beyond doubt, by its whole name; empty texts where it names none."""
    try:
        host = parse(text).host
    except TracingError:
        return "", ""
    found = _SERVICE.match(host)
    return (found["name"], found["namespace"]) if found else ("", "")


def _host(parts: SplitResult) -> str:
    """A name, or an IP address that is one; else an empty text. Older Pythons take anything in brackets."""
    host, place = parts.hostname or "", parts.netloc.rpartition("@")[2]
    try:
        if "[" in place or "]" in place:
            return host if _BRACKETED.fullmatch(place) and IPv6Address(host) else ""
        if _FOUR_NUMBERS.fullmatch(host):
            IPv4Address(host)
    except AddressValueError:
        return ""
    return "" if ".." in host else host


def _login(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[0]


def _no_address(text: str, what: str) -> TracingError:
    return invalid(f"{what} {without_login(text)!r} is no address.", "Write for example http://tempo.example.com:3200.")


def path_of(text: str) -> str:
    """The path of an address whose host may be a template, such as ``%(domain)s`` in grafana.ini."""
    found = re.match(r"[^:/?#]+://[^/?#]*(/[^?#]*)", text.strip())
    return found[1].rstrip("/") if found else ""


def has_login(text: str) -> bool:
    """Whether an address in a text holds a login."""
    return without_login(text) != text


def without_login(text: str) -> str:
    """A text with the login in an address hidden."""
    if "@" not in text:
        return text
    return _BARE_LOGIN.sub("***@", _LOGIN.sub("***@", text))


def logins_in(text: str) -> set[str]:
    """The logins in addresses, and the passwords in them, as they are written and as they are meant."""
    found = {match[0][:-1] for pattern in (_LOGIN, _BARE_LOGIN) for match in pattern.finditer(text) if "@" in text}
    found |= {login.partition(":")[2] for login in found}
    return {part for login in found for part in (login, unquote(login)) if part}
