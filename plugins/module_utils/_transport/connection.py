# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests reach a server: straight to a URL, or through the Kubernetes API server's service proxy.

A transport returns whatever HTTP answer the server gave; everything that kept an answer from arriving is
a ``TracingError`` that says which option is concerned and what to do.
"""

from __future__ import annotations

import http.client
import io
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import without_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import TENANT_HEADER
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell

T = TypeVar("T")
Params = Sequence[tuple[str, str]]

# Enough for a search over tens of thousands of traces; beyond that a server is not answering what was asked.
MAX_BODY_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
_REASON_CHARACTERS = 300
USER_AGENT = "tracelab.k8s_tracing"


@dataclass(frozen=True)
class Response:
    """An HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, mostly one to log in at, which comes with status 200 too."""
        return "html" in self.headers.get("content-type", "") or self.body.lstrip()[:1] == b"<"


class Transport(Protocol):
    """Something that can GET a path of one server."""

    @property
    def where(self) -> str:
        """What is talked to, for messages."""

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        """One request, answered or failed within ``timeout`` seconds."""

    def members(self, *, timeout: float) -> list[tuple[str, Transport]]:
        """The single processes behind this address: what each of them counts must be added up."""


@dataclass(frozen=True)
class UrlSettings:
    """A server with an address of its own."""

    url: str
    tenant: str = ""
    username: str = ""
    password: str = ""
    bearer_token: str = ""
    validate_certs: bool = True
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""


_DEFAULT_SHELL = Shell()


@dataclass(frozen=True)
class ServiceSettings:
    """A Kubernetes Service, reached with the credentials of a kubeconfig."""

    namespace: str
    service: str
    port: int
    scheme: str = "http"
    tenant: str = ""
    # What stands in front of every path that is asked for.
    path: str = ""
    # For commands in messages.
    shell: Shell = _DEFAULT_SHELL


def with_tenant(headers: Mapping[str, str], tenant: str) -> dict[str, str]:
    """A header that the user names wins, in whatever case it is written: two tenants in one request are none."""
    names = {name.lower() for name in headers}
    return {**({TENANT_HEADER: tenant} if tenant and TENANT_HEADER.lower() not in names else {}), **headers}


def within(seconds: float, work: Callable[[], T], where: str) -> T:
    """Run ``work`` and stop waiting for it after ``seconds``.

    Socket timeouts bound a single read only: a server that sends one byte a second, a name server that
    never answers, or a credential plugin that hangs would all outlive them. The thread is left behind;
    as a daemon it does not hold the process.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # pylint: disable=broad-exception-caught
            failures.append(error)  # raised again below, in the thread that asked

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise timed_out(where, seconds)
    return results[0]


def timed_out(where: str, seconds: float) -> TracingError:
    return TracingError(
        "timeout",
        f"{where} did not answer within {seconds:.3g} s.",
        "Check that the address is right and no firewall swallows the packets, or raise request_timeout.",
        retryable=True,
    )


def refused(where: str) -> TracingError:
    return TracingError(
        "connection_refused",
        f"{where} refused the connection: nothing listens there (yet).",
        "Check the port, and that the server listens on more than its own loopback address.",
        retryable=True,
    )


def short(reason: object) -> str:
    """A reason in one line, without the full stop that the sentence around it adds. A server may have written it."""
    text = " ".join(str(reason)[: 2 * _REASON_CHARACTERS].split())
    return text[:_REASON_CHARACTERS].rstrip(".") or type(reason).__name__


def tls_failed(where: str, reason: object, fix: str) -> TracingError:
    return TracingError("tls", f"TLS with {where} failed: {short(reason)}.", fix)


def protocol_reason(error: Exception) -> str:
    """What is wrong with an answer that is no HTTP. Its first line stays out: a server may repeat what it was sent."""
    quotes = isinstance(error, (http.client.BadStatusLine, http.client.UnknownProtocol))
    quotes = quotes and not isinstance(error, http.client.RemoteDisconnected)
    return "it begins with no status line of HTTP" if quotes else short(error)


def closed_early(where: str, reason: object) -> TracingError:
    return TracingError(
        "connection_closed",
        f"{where} closed the connection in the middle of an answer ({short(reason)}).",
        "Usually a restart; if it stays, check what stands between here and the server.",
        retryable=True,
    )


def not_http(where: str, reason: object) -> TracingError:
    return TracingError(
        "not_http",
        f"{where} does not speak HTTP ({short(reason)}).",
        "Check the port (Tempo's HTTP port is 3200 by default, Alloy's is 12345) and http against https.",
    )


def unknown_host(where: str, reason: object, *, temporary: bool = False) -> TracingError:
    state = "could not be looked up just now" if temporary else "is not known"
    return TracingError(
        "unknown_host",
        f"The host name of {where} {state} ({short(reason)}).",
        "Check the spelling, and that this host resolves it: names of cluster services are known in the cluster only.",
        retryable=temporary,
    )


def unreachable(where: str, reason: object) -> TracingError:
    return TracingError(
        "unreachable",
        f"{where} cannot be reached ({short(reason)}).",
        "Check the address and the route to it.",
        retryable=True,
    )


def redirected(where: str, status: int, location: str) -> TracingError:
    return TracingError(
        "redirect",
        f"{where} answered with a redirect ({status}) to {short(shown_location(location))}.",
        "Give the final address: a redirect here is mostly a login page or a move from http to https.",
        status=status,
    )


def shown_location(location: str) -> str:
    """Where a redirect leads, without what may log in there."""
    return without_login(re.split("[?#]", location)[0]) or "nowhere"


def read_bounded(read: Callable[[int], bytes], where: str, limit: int | None = None) -> bytes:
    """A body, chunk by chunk, refused when it grows beyond all measure."""
    limit = MAX_BODY_BYTES if limit is None else limit
    body = io.BytesIO()  # joined in the end, the pieces and the whole would be there at once
    while True:
        chunk = read(CHUNK_BYTES)
        if not chunk:
            return body.getvalue()
        if body.tell() + len(chunk) > limit:
            raise TracingError(
                "too_large",
                f"{where} sent more than {limit // 1024} KiB in one answer.",
                "Ask for less: narrow the query, or lower limit.",
            )
        body.write(chunk)


def demand_whole(headers: Any, where: str) -> None:
    """Refuse headers that break off: http.client takes those that came for all there are."""
    if headers.defects:
        raise closed_early(where, "its headers break off, or a line of them is none")


def lower_headers(headers: Any) -> dict[str, str]:
    """Names in lower case. A header that comes more than once, as ``Set-Cookie`` may, keeps a line for each."""
    merged: dict[str, str] = {}
    for name, value in headers.items():
        key = str(name).lower()
        merged[key] = f"{merged[key]}\n{value}" if key in merged else str(value)
    return merged
