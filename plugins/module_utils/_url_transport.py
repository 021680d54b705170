# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an address, with the HTTP client that every Ansible host has."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
from typing import Any, NoReturn
from urllib.parse import urlencode

from ansible.module_utils.urls import ConnectionError as AnsibleConnectionError
from ansible.module_utils.urls import MissingModuleError, SSLValidationError, open_url
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._connection import (
    TENANT_HEADER,
    USER_AGENT,
    Params,
    Response,
    Transport,
    UrlSettings,
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
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

_TLS_FIX = (
    "Set ca_path to the authority that signed the certificate, or validate_certs to false for a test; "
    "check http against https in the URL."
)


class UrlTransport:
    """GET below one base URL."""

    def __init__(self, settings: UrlSettings) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")

    @property
    def where(self) -> str:
        return self._base

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        url = self._base + path + (f"?{urlencode(params)}" if params else "")
        response = within(timeout, lambda: self._request(url, timeout), self.where)
        if 300 <= response.status < 400:
            raise redirected(self.where, response.status, response.headers.get("location", ""))
        return response

    def members(self, *, timeout: float) -> list[tuple[str, Transport]]:
        """What stands behind a URL cannot be seen; it counts as one process."""
        return [(self.where, self)]

    def _request(self, url: str, timeout: float) -> Response:
        try:
            return self._read(self._open(url, timeout))
        except urllib.error.HTTPError as error:
            with error:
                try:
                    return self._read(error)
                except (OSError, http.client.HTTPException) as broken:
                    self._explain(broken, timeout)
        except (OSError, http.client.HTTPException, AnsibleConnectionError, MissingModuleError, ValueError) as error:
            self._explain(error, timeout)

    def _open(self, url: str, timeout: float) -> Any:
        settings = self._settings
        headers = {"Accept": "application/json"}
        if settings.tenant:
            headers[TENANT_HEADER] = settings.tenant
        if settings.bearer_token:
            headers["Authorization"] = f"Bearer {settings.bearer_token}"
        return open_url(
            url,
            headers=headers,
            timeout=timeout,
            validate_certs=settings.validate_certs,
            ca_path=settings.ca_path or None,
            client_cert=settings.client_cert or None,
            client_key=settings.client_key or None,
            url_username=settings.username or None,
            url_password=settings.password or None,
            force_basic_auth=bool(settings.username),
            follow_redirects="none",
            http_agent=USER_AGENT,
            # A ~/.netrc of the host must not decide who is asking.
            use_netrc=False,
        )

    def _read(self, raw: Any) -> Response:
        headers, body = lower_headers(raw.headers), read_bounded(raw.read, self.where)
        # http.client says nothing when a body that is read piece by piece ends before its announced length.
        announced = headers.get("content-length", "")
        if announced.isdigit() and "content-encoding" not in headers and len(body) < int(announced):
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
            return tls_failed(where, _short(reason), _TLS_FIX)
        if isinstance(reason, socket.gaierror):
            return unknown_host(where, _short(reason), temporary=reason.errno == socket.EAI_AGAIN)
        if isinstance(reason, TimeoutError):
            return timed_out(where, timeout)
        if isinstance(reason, ConnectionRefusedError):
            return refused(where)
        if isinstance(reason, (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError)):
            return closed_early(where, _short(reason))
        if isinstance(reason, http.client.HTTPException):
            return not_http(where, _short(reason))
        if isinstance(reason, FileNotFoundError):
            return TracingError("invalid_option", f"A file named for TLS does not exist: {reason.filename}.")
        if isinstance(reason, OSError):
            return unreachable(where, _short(reason))
        return TracingError("invalid_option", f"No request to {where} could be made: {_short(reason)}.")


def _short(reason: object) -> str:
    """One line without the full stop that the sentence around it adds."""
    return " ".join(str(reason).split()).rstrip(".") or type(reason).__name__
