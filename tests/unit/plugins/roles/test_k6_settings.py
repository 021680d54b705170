# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the generator's settings may not be together, and with those of the Alloy that it sends to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems

ALLOY = {"release_name": "alloy", "namespace": "tracing", "tls_secret": "", "client_ca_secret": "", "auth": "none"}
SETTINGS: dict[str, Any] = {
    "engine": "xk6-client-tracing",
    "script_file": "",
    "http_endpoint": "http://alloy.tracing.svc:4318",
    "grpc_endpoint": "alloy.tracing.svc:4317",
    "grpc_tls": False,
    "ca_secret": "",
    "client_secret": "",
    "tenant": "",
    "headers": {},
    "secret_headers": [],
    "env": {},
    "secret_env": [],
    "clock_skew": 0,
    "alloy": ALLOY,
}
HTTP = {"engine": "otlp-http"}
HTTPS = {**HTTP, "http_endpoint": "https://alloy.tracing.svc:4318"}
TLS = {"grpc_tls": True}
AUTHORIZATION = {"secret_headers": [{"name": "Authorization", "secret": "s", "key": "k"}]}


def alloy(**changed: Any) -> dict[str, Any]:
    return {"alloy": {**ALLOY, **changed}}


def no_url(endpoint: str) -> str:
    return (
        f"k6_trace_generator_otlp_http_endpoint is '{endpoint}': give a URL with http:// or https:// and without "
        "a path, "
        "such as http://alloy.tracing.svc:4318."
    )


def no_host(endpoint: str) -> str:
    return (
        f"k6_trace_generator_otlp_grpc_endpoint is '{endpoint}': give host:port without a scheme, such as "
        "alloy.tracing.svc:4317."
    )


NO_HEADER = (
    "alloy_receiver_auth has type basic, and the generator sends no Authorization, so that Alloy would refuse "
    "all of its "
    "spans: name a Secret with the whole header in k6_trace_generator_secret_headers (name Authorization, secret, key)"
)
NO_CERTIFICATE = (
    "alloy_client_ca_secret is 'ca', so that Alloy asks for a client certificate: name a Secret with one in "
    "k6_trace_generator_tls_client_secret."
)
NO_TLS = (
    "alloy_tls_secret is 'tls', so that Alloy speaks TLS only, and the generator does not: name the Secret with the "
    "authority of Alloy's certificate in k6_trace_generator_tls_ca_secret."
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ""),
        (HTTP, ""),
        ({**TLS, "ca_secret": "ca", "client_secret": "me"}, ""),
        ({**HTTPS, "ca_secret": "ca", "client_secret": "me"}, ""),
        ({**HTTP, "http_endpoint": "alloy:4318"}, no_url("alloy:4318")),
        ({**HTTP, "http_endpoint": "ftp://alloy:4318"}, no_url("ftp://alloy:4318")),
        ({**HTTP, "http_endpoint": "http://alloy:4318/v1"}, no_url("http://alloy:4318/v1")),
        (
            {**HTTP, "http_endpoint": "http://alloy:4317"},
            "k6_trace_generator_otlp_http_endpoint is 'http://alloy:4317', but 4317 is the port of OTLP/gRPC: "
            "give that of "
            "OTLP/HTTP, 4318.",
        ),
        ({"grpc_endpoint": "http://alloy:4317"}, no_host("http://alloy:4317")),
        ({"grpc_endpoint": "alloy:4317/v1"}, no_host("alloy:4317/v1")),
        ({"grpc_endpoint": "alloy"}, no_host("alloy")),
        (
            {"grpc_endpoint": "alloy:4318"},
            "k6_trace_generator_otlp_grpc_endpoint is 'alloy:4318', but 4318 is the port of OTLP/HTTP: give that of "
            "OTLP/gRPC, 4317.",
        ),
        (
            {"ca_secret": "ca"},
            "k6_trace_generator_tls_ca_secret is 'ca', but the endpoint is reached without TLS: set "
            "k6_trace_generator_otlp_grpc_tls_enabled to true, or leave the Secret out.",
        ),
        (
            {**HTTP, "ca_secret": "ca"},
            "k6_trace_generator_tls_ca_secret is 'ca', but the endpoint is reached without TLS: let "
            "k6_trace_generator_otlp_http_endpoint begin with https://, or leave the Secret out.",
        ),
        (
            {"client_secret": "me"},
            "k6_trace_generator_tls_client_secret is 'me', but the endpoint is reached without TLS, which "
            "takes no certificate: set k6_trace_generator_otlp_grpc_tls_enabled to true, or leave the Secret out.",
        ),
        (alloy(tls_secret="tls"), NO_TLS),
        ({**alloy(tls_secret="tls"), **HTTP}, NO_TLS),
        ({**alloy(tls_secret="tls"), **TLS}, ""),
        ({**alloy(tls_secret="tls"), **HTTPS}, ""),
        ({**alloy(tls_secret="tls"), "script_file": "mine.js"}, ""),
        (alloy(tls_secret="tls", namespace="elsewhere"), ""),
        (alloy(tls_secret="tls", release_name="other"), ""),
        (alloy(auth="basic"), f"{NO_HEADER}, and set k6_trace_generator_engine to otlp-http."),
        ({**alloy(auth="basic"), **HTTP}, f"{NO_HEADER}."),
        ({**alloy(auth="basic"), **HTTP, **AUTHORIZATION}, ""),
        ({**alloy(auth="basic"), **HTTP, "headers": {"AUTHORIZATION": "x"}}, ""),
        (alloy(client_ca_secret="ca"), NO_CERTIFICATE),
        ({**alloy(client_ca_secret="ca"), **TLS, "client_secret": "me"}, ""),
        (
            {"clock_skew": -3.5},
            "k6_trace_generator_clock_skew is -3.5, but engine xk6-client-tracing chooses its own timestamps: set "
            "k6_trace_generator_engine to otlp-http.",
        ),
        ({"clock_skew": "0.0"}, ""),
        ({**HTTP, "clock_skew": 5}, ""),
        (
            AUTHORIZATION,
            "k6_trace_generator_headers or k6_trace_generator_secret_headers has Authorization, but engine "
            "xk6-client-tracing always sends one of its own: set k6_trace_generator_engine to otlp-http.",
        ),
        (
            {**HTTP, "tenant": "shop", "headers": {"x-scope-orgid": "b"}},
            "k6_trace_generator_headers, k6_trace_generator_secret_headers and k6_trace_generator_tenant "
            "(X-Scope-OrgID) "
            "name a header twice: X-Scope-OrgID, x-scope-orgid. Leave one of them out.",
        ),
        ({**HTTP, "tenant": "shop", "headers": {"X-Other": "b"}, **AUTHORIZATION}, ""),
        (
            {"env": {"OTLP_X": "1", "MINE": "2"}, "secret_env": [{"name": "RUN_ID"}]},
            "k6_trace_generator_env or k6_trace_generator_secret_env sets OTLP_X, RUN_ID, which the role sets "
            "itself: use "
            "the option for it, or another name.",
        ),
        ({"env": {"MY_HOME": "1", "RUN_IDS": "2"}}, ""),
        (
            {"env": {"A": "1"}, "secret_env": [{"name": "A"}]},
            "k6_trace_generator_env and k6_trace_generator_secret_env name a variable twice: A, A. Leave one of "
            "them out.",
        ),
    ],
)
def test_settings(given: Mapping[str, Any], expected: str) -> None:
    assert setting_problems({**SETTINGS, **given}, "k6_trace_generator") == ([expected] if expected else [])
