# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof by the address that senders outside the cluster use: what was refused, and which setting mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered

Item = Mapping[str, Any]

_LOGIN = "check k8s_tracing_otlp_username and k8s_tracing_otlp_password, or k8s_tracing_otlp_token"
_PORT = "check host and port: gRPC and HTTP have a port each, by default 4317 and 4318"
# By the kind of the probe's error. A `{url}` is filled in.
_WORDS: Mapping[str, tuple[str, str]] = {
    "unauthorized": ("refuses the login", f"{_LOGIN}, against the Secret that alloy_outside_auth names"),
    "connection_refused": ("refuses the connection, so that nothing listens there", _PORT),
    "unknown_host": ("has a host name that is not known here", "check the spelling, and that DNS has it"),
    "timeout": ("does not answer", "check the address, and that no firewall stands between"),
    "unreachable": ("cannot be reached", "check the address, and the route to it"),
    "not_otlp": ("answers, but not as OTLP", _PORT),
    "not_http": ("answers, but not as OTLP", _PORT),
    "redirect": ("answers with a redirect", "give the final address, which takes OTLP itself"),
}
_PLAIN = ("speaks TLS, and the address begins with http://", "begin it with https://")
_NO_TLS = ("speaks no TLS, and the address begins with https://", "begin it with http://, or set alloy_outside_tls")
_CLOSED = ("closes the connection", _PORT)
_UNTRUSTED = (
    "shows a certificate that is not trusted here",
    "set k8s_tracing_otlp_ca_file to the authority that signed it",
)
_OTHER_NAME = (
    "shows a certificate for another name",
    "use a name that the certificate has, or add this one to it (alloy_outside_tls.hosts)",
)
# The words by which libraries of TLS say what failed; the first that fits counts.
_TLS = (
    (("wrong_version", "wrong version", "record layer"), _NO_TLS),
    (("application protocol", "application_protocol"), _WORDS["not_otlp"]),  # the port is that of another protocol
    (("eof occurred", "unexpected eof", "connection reset"), _CLOSED),  # before a certificate was shown
    (("mismatch", "not valid for", "hostname", "name check"), _OTHER_NAME),
)


def problem(addresses: Sequence[Item], results: Sequence[Item]) -> str:
    """The first address that does not let traces through, in one sentence; empty when all do."""
    pairs = zip(addresses, results, strict=True)
    return next((_problem(address, result) for address, result in pairs if not result.get("satisfied")), "")


def _problem(address: Item, result: Item) -> str:
    where = f"{address['option']} is {address['url']}, which"
    error = result.get("error")
    if not isinstance(error, Mapping):  # all was taken, and something of it was not found again
        said = str(result.get("msg") or "The probe has no result.")
        return f"{where} takes spans, but they are not in Tempo as they were sent. {said}"
    told = str(error.get("message", ""))
    what, fix = _words(str(error.get("kind", "")), told.lower(), parse_optional(address["url"]).scheme == "https")
    return f"{where} {what}: {fix}. ({told.rstrip('.')}.)" if what else str(result.get("msg") or told)


def _words(kind: str, told: str, secure: bool) -> tuple[str, str]:
    if kind == "tls":
        return _of_tls(told, secure)
    if kind == "connection_closed":
        # A server that speaks TLS ends a connection that does not begin with it.
        return _CLOSED if secure else _PLAIN
    return _WORDS.get(kind, ("", ""))


def _of_tls(told: str, secure: bool) -> tuple[str, str]:
    if not secure:
        return _PLAIN
    return next((answer for signs, answer in _TLS if any(sign in told for sign in signs)), _UNTRUSTED)


def proof(addresses: Sequence[Item], results: Sequence[Item]) -> list[str]:
    """What was proven by each address, for people."""
    return [
        f"From outside by {address['url']} ({address['protocol']}): {numbered(result['traces'], 'trace')}, "
        f"{numbered(result['lost'], 'span')} lost, {result['altered']} altered."
        for address, result in zip(addresses, results, strict=True)
    ]
