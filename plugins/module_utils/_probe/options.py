# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of otlp_trace_probe, checked before anything is sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import plural
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    HEADER_LOGIN,
    at_least,
    check_url,
    more_than_zero,
    port,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.send import (
    HTTP_PATH,
    GrpcSender,
    HttpSender,
    Poster,
    Sender,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import with_tenant
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    needs_kubernetes,
    plain_url,
    tempo_transport,
    transports,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock

from .probe import Probe, ProbeSettings
from .spans import Recipe

PROBE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "protocol": {"type": "str", "default": "http_protobuf", "choices": ["http_json", "http_protobuf", "grpc"]},
    "otlp_url": {"type": "str"},
    "otlp_ca_path": {"type": "path"},
    "otlp_headers": {"type": "dict", "default": {}, "no_log": True},
    **{name: CONNECTION_ARGUMENTS[name] for name in ("alloy_namespace", "alloy_service")},
    "otlp_service_port": {"type": "int", "default": 4318},
    "otlp_service_scheme": {"type": "str", "default": "http", "choices": ["http", "https"]},
    "traces": {"type": "int", "default": 20},
    "spans_per_trace": {"type": "int", "default": 5},
    "concurrency": {"type": "int", "default": 4},
    "rate": {"type": "float"},
    "service_name": {"type": "str", "default": "otlp-trace-probe"},
    "resource_attributes": {"type": "dict", "default": {}},
    "absent_tenants": {"type": "list", "elements": "str", "default": []},
    "run_id": {"type": "str"},
    "run_id_attribute": {"type": "str", "default": "tracing.run.id"},
    "search": {"type": "bool", "default": True},
    "strict": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 90.0},
    "poll_interval": {"type": "float", "default": 0.1},
    "search_interval": {"type": "float", "default": 0.2},
}

# Beyond these it is a load test, for which k6 is made.
MAX_TRACES = 10_000
MAX_SPANS_PER_TRACE = 1000
MAX_CONCURRENCY = 64


def run_probe(params: Mapping[str, Any], *, check_mode: bool, clock: Clock | None = None) -> dict[str, Any]:
    settings = probe_settings(params)
    tempo, sender = tempo_transport(params), make_sender(params)
    if check_mode:
        return {"skipped": True, "msg": "Check mode: no trace was sent.", "run_id": settings.recipe.run_id}
    others = {tenant: tempo_transport({**params, "tenant": tenant}) for tenant in params["absent_tenants"]}
    return Probe(settings, sender, tempo, clock, others=others).run()


def probe_settings(params: Mapping[str, Any]) -> ProbeSettings:
    _check_numbers(params)
    for option in ("service_name", "run_id_attribute", "run_id"):
        if params[option] is not None and not params[option].strip():
            raise invalid(f"{option} is empty.")
    probe_id = secrets.token_hex(8)
    recipe = Recipe(
        service=params["service_name"],
        run_id=params["run_id"] or f"probe-{probe_id}",
        run_id_attribute=params["run_id_attribute"],
        probe_id=probe_id,
        spans=params["spans_per_trace"],
        attributes={str(name): str(value) for name, value in params["resource_attributes"].items()},
    )
    copied = ("traces", "concurrency", "rate", "search", "strict", "timeout", "poll_interval", "search_interval")
    return ProbeSettings(recipe, **{name: params[name] for name in copied}, request_timeout=params["request_timeout"])


def _check_numbers(params: Mapping[str, Any]) -> None:
    bounds = (("traces", MAX_TRACES), ("spans_per_trace", MAX_SPANS_PER_TRACE), ("concurrency", MAX_CONCURRENCY))
    for option, most in bounds:
        at_least(params[option], 1, option)
        if params[option] > most:
            raise invalid(f"{option} is {params[option]}, but must be at most {most}.", "To generate load, use k6.")
    for option in ("timeout", "poll_interval", "search_interval"):
        more_than_zero(params[option], option)
    if params["rate"] is not None:
        more_than_zero(params["rate"], "rate")
        needed = params["traces"] / params["rate"]
        if needed >= params["timeout"]:
            raise invalid(
                f"At a rate of {params['rate']:g} a second, {params['traces']} "
                f"{plural(params['traces'], 'trace takes', 'traces take')} {needed:.0f} s to send, "
                f"which leaves nothing of the timeout of {params['timeout']:g} s."
            )


def make_sender(params: Mapping[str, Any]) -> Sender:
    """Where spans go: to ``otlp_url``, or through the service proxy to Alloy's Service."""
    headers = header_values(params["otlp_headers"], "otlp_headers")
    headers = with_tenant(headers, params["tenant"] or "")
    if params["otlp_ca_path"] and not params["otlp_url"]:
        raise invalid("otlp_ca_path is set without otlp_url.", "Give the address that it is for.")
    if params["protocol"] == "grpc":
        return _grpc(params, headers)
    if not params["otlp_url"] and not needs_kubernetes(params):
        raise invalid("otlp_url is missing.", "With url, the address that takes the spans must be given as well.")
    if not params["otlp_url"] and any(name.lower() == "authorization" for name in headers):
        raise invalid("The API server does not forward the header Authorization.", "Give otlp_url to send one.")
    return HttpSender(_http_transport(params), params["protocol"], headers)


def _http_transport(params: Mapping[str, Any]) -> Poster:
    """To the address that is given, else to Alloy's Service at the port that takes spans."""
    if params["otlp_url"]:
        url = _otlp_url(params).rstrip("/").removesuffix(HTTP_PATH)
        return plain_url({**params, "otlp_url": url, "ca_path": _ca_path(params)}, "otlp_url")  # type: ignore[return-value]
    target = {
        **params,
        "alloy_url": None,
        "alloy_service_port": port(params["otlp_service_port"], "otlp_service_port"),
        "alloy_service_scheme": params["otlp_service_scheme"],
    }
    _tempo, alloy = transports(target)
    return alloy  # type: ignore[return-value]


def _ca_path(params: Mapping[str, Any]) -> str:
    return params["otlp_ca_path"] or params["ca_path"] or ""


def _grpc(params: Mapping[str, Any], headers: Mapping[str, str]) -> Sender:
    if not params["otlp_url"]:
        raise invalid(
            "otlp_url is missing.",
            "The API server forwards no gRPC: give an address, or set protocol to http_protobuf.",
        )
    if not params["validate_certs"] and params["otlp_url"].startswith("https"):
        raise invalid("gRPC always checks certificates.", "Set otlp_ca_path, or another protocol.")
    return GrpcSender(_otlp_url(params), list(headers.items()), _ca_path(params))


def _otlp_url(params: Mapping[str, Any]) -> str:
    return check_url(params["otlp_url"], "otlp_url", HEADER_LOGIN.format("otlp_headers"))
