# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the generator's settings may not be together, and with those of the Alloy that it sends to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import Address, parse_optional
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import TENANT_HEADER

Rows = Sequence[Mapping[str, Any]]

_HTTP = "otlp-http"
# What the scripts, the role and k6 itself are told by; none of it can be set otherwise.
_OWN_VARIABLE = re.compile(
    r"^(RUN_ID|HOME|HOSTNAME|SSL_CERT_FILE|CLOCK_SKEW_SECONDS|OTLP_.*|K6_NO_USAGE_REPORT|K6_AUTO_EXTENSION_RESOLUTION)$"
)


@dataclass(frozen=True)
class _Way:
    """How spans are sent."""

    by_http: bool
    by_tls: bool
    headers: frozenset[str]

    @property
    def to_tls(self) -> str:
        if self.by_http:
            return "let k6_trace_generator_otlp_http_endpoint begin with https://"
        return "set k6_trace_generator_otlp_grpc_tls_enabled to true"


def problems(
    *,
    engine: str,
    script_file: str,
    http_endpoint: str,
    grpc_endpoint: str,
    grpc_tls: bool,
    ca_secret: str,
    client_secret: str,
    tenant: str,
    headers: Mapping[str, Any],
    secret_headers: Rows,
    env: Mapping[str, Any],
    secret_env: Rows,
    clock_skew: float,
    alloy: Mapping[str, Any],
) -> list[str]:
    """``alloy`` is what is known of that part of the stack. A script of the user's own may send elsewhere."""
    names = [*([TENANT_HEADER] if tenant else []), *headers, *(header["name"] for header in secret_headers)]
    by_http = engine == _HTTP
    endpoint = http_endpoint if by_http else grpc_endpoint
    to = parse_optional(endpoint)
    by_tls = to.scheme == "https" if by_http else grpc_tls
    way = _Way(by_http, by_tls, frozenset(name.lower() for name in names))
    found = [*(_http_endpoint if by_http else _grpc_endpoint)(endpoint, to), *_secrets(way, ca_secret, client_secret)]
    if not script_file and to.service == (alloy["release_name"], alloy["namespace"]):
        found += _of_alloy(way, client_secret, alloy)
    if not by_http:
        found += _extension(way, clock_skew)
    return [*found, *_headers(names), *_variables([*env, *(variable["name"] for variable in secret_env)])]


def _http_endpoint(endpoint: str, to: Address) -> Iterator[str]:
    if to.scheme not in ("http", "https") or to.path:
        yield (
            f"k6_trace_generator_otlp_http_endpoint is '{endpoint}': give a URL with http:// or https:// and without a "
            "path, such as http://alloy.tracing.svc:4318."
        )
    if to.port == 4317:
        yield (
            f"k6_trace_generator_otlp_http_endpoint is '{endpoint}', but 4317 is the port of OTLP/gRPC: give that of "
            "OTLP/HTTP, 4318."
        )


def _grpc_endpoint(endpoint: str, to: Address) -> Iterator[str]:
    if to.scheme or to.path or to.port == 0:
        yield (
            f"k6_trace_generator_otlp_grpc_endpoint is '{endpoint}': give host:port without a scheme, such as "
            "alloy.tracing.svc:4317."
        )
    if to.port == 4318:
        yield (
            f"k6_trace_generator_otlp_grpc_endpoint is '{endpoint}', but 4318 is the port of OTLP/HTTP: give that of "
            "OTLP/gRPC, 4317."
        )


def _secrets(way: _Way, ca_secret: str, client_secret: str) -> Iterator[str]:
    if way.by_tls:
        return
    if ca_secret:
        yield (
            f"k6_trace_generator_tls_ca_secret is '{ca_secret}', but the endpoint is reached without TLS: "
            f"{way.to_tls}, or leave the Secret out."
        )
    if client_secret:
        yield (
            f"k6_trace_generator_tls_client_secret is '{client_secret}', but the endpoint is reached without TLS, "
            f"which takes no certificate: {way.to_tls}, or leave the Secret out."
        )


def _of_alloy(way: _Way, client_secret: str, alloy: Mapping[str, Any]) -> Iterator[str]:
    """What Alloy's settings mean for who sends to it."""
    if alloy["tls_secret"] and not way.by_tls:
        yield (
            f"alloy_tls_secret is '{alloy['tls_secret']}', so that Alloy speaks TLS only, and the generator does not: "
            "name the Secret with the authority of Alloy's certificate in k6_trace_generator_tls_ca_secret."
        )
    if alloy["auth"] != "none" and "authorization" not in way.headers:
        engine = "" if way.by_http else ", and set k6_trace_generator_engine to otlp-http"
        yield (
            f"alloy_receiver_auth has type {alloy['auth']}, and the generator sends no Authorization, so that Alloy "
            "would refuse all of its spans: name a Secret with the whole header in k6_trace_generator_secret_headers "
            f"(name Authorization, secret, key){engine}."
        )
    if alloy["client_ca_secret"] and not client_secret:
        yield (
            f"alloy_client_ca_secret is '{alloy['client_ca_secret']}', so that Alloy asks for a client certificate: "
            "name a Secret with one in k6_trace_generator_tls_client_secret."
        )


def _extension(way: _Way, clock_skew: float) -> Iterator[str]:
    if float(clock_skew):
        yield (
            f"k6_trace_generator_clock_skew is {clock_skew}, but engine xk6-client-tracing chooses its own timestamps: "
            "set k6_trace_generator_engine to otlp-http."
        )
    if "authorization" in way.headers:
        yield (
            "k6_trace_generator_headers or k6_trace_generator_secret_headers has Authorization, but engine "
            "xk6-client-tracing always sends one of its own: set k6_trace_generator_engine to otlp-http."
        )


def _headers(names: Sequence[str]) -> Iterator[str]:
    if len({name.lower() for name in names}) < len(names):
        yield (
            "k6_trace_generator_headers, k6_trace_generator_secret_headers and k6_trace_generator_tenant "
            f"(X-Scope-OrgID) name a header twice: {', '.join(names)}. Leave one of them out."
        )


def _variables(names: Sequence[str]) -> Iterator[str]:
    if own := [name for name in names if _OWN_VARIABLE.match(name)]:
        yield (
            f"k6_trace_generator_env or k6_trace_generator_secret_env sets {', '.join(own)}, which the role sets "
            "itself: use the option for it, or another name."
        )
    if len(set(names)) < len(names):
        yield (
            "k6_trace_generator_env and k6_trace_generator_secret_env name a variable twice: "
            f"{', '.join(names)}. Leave one of them out."
        )
