# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests of cases, each with its own ``traceparent``, so that its trace is known before it is there.

https://www.w3.org/TR/trace-context/ has the header: version, trace id, span id and the flag that says "sampled".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import certain_service, parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import HEADER_LOGIN, check_url
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    Response,
    ServiceSettings,
    UrlSettings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import by_url, kube_connection

from .findings import request_span_id
from .model import Contract, Request

RandomBytes = Callable[[int], bytes]
# Nothing has reached the application then, so that the request may be sent again.
_NOT_DELIVERED = ("connection_refused", "no_endpoints", "unknown_host")
# What stands before an application that is still starting answers so.
_STARTING = (502, 503, 504)


class Transporting(Protocol):
    """A way to one server."""

    def send(
        self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float, method: str = ""
    ) -> Response:
        """One request."""


@dataclass(frozen=True)
class Sent:
    """A request that was answered. ``wrong`` says that the answer was not the one expected; empty when it was."""

    trace_id: str
    span_id: str
    wrong: str = ""
    # Whether the same may be sent once more.
    again: bool = False


class Requests:
    """Sends requests of cases. Those that name a path alone go to ``base``, with ``headers``, which go nowhere else."""

    def __init__(
        self,
        ways: Callable[[str], tuple[Transporting, str]],
        base: str = "",
        headers: Mapping[str, str] | None = None,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self._ways = ways
        self._base = base.rstrip("/")
        self._headers = dict(headers or {})
        self._random_bytes = random_bytes

    def send(self, request: Request, timeout: float) -> Sent:
        """``TracingError`` when no answer came."""
        own = request.target.startswith("/")
        way, target = self._ways(self._base + request.target if own else request.target)
        trace_id = self._random_bytes(16).hex()
        span_id = request_span_id(trace_id)
        headers = {
            **(self._headers if own else {}),
            **request.headers,
            "traceparent": f"00-{trace_id}-{span_id}-01",
        }
        try:
            status = way.send(target, headers, request.body, timeout=timeout, method=request.method).status
        except TracingError as error:
            # A redirect is an answer too.
            if error.kind != "redirect" or error.status is None:
                raise
            status = error.status
        right = status in request.statuses if request.statuses else status < 400
        expected = " or ".join(map(str, request.statuses)) or "less than 400"
        wrong = "" if right else f"the request was answered with status {status}, and {expected} was expected"
        return Sent(trace_id, span_id, wrong, bool(wrong) and request.only_reads and status in _STARTING)


def may_repeat(error: TracingError) -> bool:
    return error.retryable and error.kind in _NOT_DELIVERED


def make_requests(params: Mapping[str, Any], contract: Contract) -> Requests:
    """Checks before anything is sent whether each request has an address."""
    base = params["request_url"] or ""
    if base:
        base = check_url(base, "request_url", HEADER_LOGIN.format("headers"))
    for case in contract.cases:
        if case.request and case.request.target.startswith("/") and not base:
            raise invalid(
                f"request_url is not set, and the case {case.name!r} names a path alone.",
                "Set request_url to the address of the application.",
            )
    return Requests(_ways(params), base, header_values(params["headers"] or {}, "headers"))


def _ways(params: Mapping[str, Any]) -> Callable[[str], tuple[Transporting, str]]:
    """A Service of the cluster is asked through the API server, and everything else directly."""

    def way(url: str) -> tuple[Transporting, str]:
        parts = urlsplit(url.strip())
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        address = parse(url, "The address of a request")
        name, namespace = certain_service(url)
        if name:
            settings = ServiceSettings(namespace, name, address.port, address.scheme)
            return KubeProxyTransport(kube_connection(params), settings), target
        settings_ = UrlSettings(
            url=f"{address.scheme}://{address.netloc}",
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"] or "",
        )
        return by_url(settings_), target

    return way
