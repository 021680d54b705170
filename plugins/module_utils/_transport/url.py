# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an address, with the HTTP client that every Ansible host has."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import ssl
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn
from urllib.parse import urlencode

from ansible.module_utils.urls import ConnectionError as AnsibleConnectionError
from ansible.module_utils.urls import (
    GzipDecodedReader,
    HTTPRedirectHandler,
    MissingModuleError,
    SSLValidationError,
    make_context,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import (
    TENANT_HEADER,
    basic,
    bearer,
    header_value,
    header_values,
)

from .connection import (
    USER_AGENT,
    Params,
    Response,
    Transport,
    UrlSettings,
    closed_early,
    demand_whole,
    lower_headers,
    not_http,
    protocol_reason,
    read_bounded,
    redirected,
    refused,
    timed_out,
    tls_failed,
    unknown_host,
    unreachable,
    within,
)

_TLS_FIX = (
    "Set ca_path to the authority that signed the certificate, or validate_certs to false for a test; "
    "check http against https in the URL."
)
# Other announced lengths count for nothing, to http.client too.
_LENGTH = re.compile(r"[0-9]{1,4000}\Z")
# What a transfer that breaks off or is damaged raises, packed or not.
_BROKEN = (OSError, http.client.HTTPException, EOFError, zlib.error)


class UrlTransport:
    """GET below one base URL, and POST for what takes a body. May be used by several threads at once."""

    def __init__(self, settings: UrlSettings) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._opener: urllib.request.OpenerDirector | None = None
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        return self._base

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        return self._ask(path + (f"?{urlencode(params)}" if params else ""), {}, None, timeout)

    def send(
        self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float, method: str = ""
    ) -> Response:
        """As ``get``, with headers and a body to post, or by a method that is named."""
        return self._ask(path, headers, body, timeout, method)

    def members(self, *, timeout: float) -> list[tuple[str, Transport]]:
        """What stands behind a URL cannot be seen; it counts as one process."""
        return [(self.where, self)]

    def _ask(
        self, path: str, headers: Mapping[str, str], body: bytes | None, timeout: float, method: str = ""
    ) -> Response:
        response = within(timeout, partial(self._request, path, headers, body, timeout, method), self.where)
        if 300 <= response.status < 400:
            raise redirected(self.where, response.status, response.headers.get("location", ""))
        return response

    def _request(
        self, path: str, headers: Mapping[str, str], body: bytes | None, timeout: float, method: str
    ) -> Response:
        try:
            sent = {**self._headers(), **header_values(headers, "headers")}
            request = urllib.request.Request(self._base + path, body, sent, method=method or None)
            with self._open(request, timeout) as raw:
                return self._read(raw)
        except (*_BROKEN, AnsibleConnectionError, MissingModuleError, ValueError) as error:
            self._explain(error, timeout)

    def _headers(self) -> dict[str, str]:
        """No ~/.netrc of the host is looked at: it must not decide who is asking."""
        settings = self._settings
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if settings.tenant:
            headers[TENANT_HEADER] = header_value(settings.tenant, "tenant")
        if settings.bearer_token:
            headers["Authorization"] = bearer(settings.bearer_token, "bearer_token")
        if settings.username:
            headers["Authorization"] = basic(settings.username, settings.password)
        return headers

    def _open(self, request: urllib.request.Request, timeout: float) -> Any:
        with self._lock:
            self._opener = self._opener or self._build_opener()
        try:
            raw = self._opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            return error  # an answer too
        if raw.headers.get("content-encoding", "").lower() == "gzip":
            raw.fp = GzipDecodedReader(raw.fp)
            raw.length = None  # the announced length is that of the packed bytes
        return raw

    def _build_opener(self) -> urllib.request.OpenerDirector:
        """One for all requests of this transport.

        Ansible's open_url reads all authorities again for each request, and installs its opener for the whole process:
        a thread's request could go out with the client certificate of another's.
        """
        settings = self._settings
        context = make_context(
            cafile=settings.ca_path or None,
            validate_certs=settings.validate_certs,
            client_cert=settings.client_cert or None,
            client_key=settings.client_key or None,
        )
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), HTTPRedirectHandler("none"))

    def _read(self, raw: Any) -> Response:
        demand_whole(raw.headers, self.where)
        headers = lower_headers(raw.headers)
        try:
            body = read_bounded(raw.read, self.where)
        except ValueError as error:  # such as a length below zero
            raise not_http(self.where, type(error).__name__) from error
        # http.client says nothing when a body that is read piece by piece ends before its announced length.
        announced = headers.get("content-length", "")
        if _LENGTH.match(announced) and "content-encoding" not in headers and len(body) < int(announced):
            raise closed_early(self.where, f"{len(body)} of {announced} bytes came")
        return Response(int(raw.code), headers, body)

    def _explain(self, error: Exception, timeout: float) -> NoReturn:
        """The reason below urllib's and Ansible's wrappers, as one typed error."""
        reason: Any = getattr(error, "reason", None) if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TracingError):
            raise reason
        raise self._typed(reason if isinstance(reason, Exception) else error, timeout) from error

    def _typed(self, reason: Exception, timeout: float) -> TracingError:
        where = self.where
        if isinstance(reason, (ssl.SSLError, SSLValidationError)):
            return tls_failed(where, reason, _TLS_FIX)
        if isinstance(reason, socket.gaierror):
            return unknown_host(where, reason, temporary=reason.errno == socket.EAI_AGAIN)
        if isinstance(reason, TimeoutError):
            return timed_out(where, timeout)
        if isinstance(reason, ConnectionRefusedError):
            return refused(where)
        if isinstance(reason, (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError, EOFError)):
            return closed_early(where, reason)
        if isinstance(reason, (http.client.HTTPException, gzip.BadGzipFile, zlib.error)):
            return not_http(where, protocol_reason(reason))
        if isinstance(reason, FileNotFoundError):
            return TracingError("invalid_option", f"A file named for TLS does not exist: {reason.filename}.")
        if isinstance(reason, OSError):
            return unreachable(where, reason)
        # The text of a ValueError may repeat what could not be sent: a header, a password in a URL.
        told = f"No request to {where} could be made ({type(reason).__name__})."
        return TracingError("invalid_option", told, "Check url.")
