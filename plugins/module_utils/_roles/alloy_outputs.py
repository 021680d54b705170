# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for where Alloy sends to, with defaults filled in: Tempo, each entry of alloy_exporters, logs and metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional

from .alloy_routes import PREFIX

Output = Mapping[str, Any]

# Names that components of the configuration have, or get with another setting.
_TAKEN = ("tempo", "logs", "metrics", "in", "outside", "peers")
_TLS_SETTINGS = ("ca_secret", "client_secret", "server_name", "insecure_skip_verify")


def problems(outputs: Sequence[Output]) -> list[str]:
    names = [output["name"] for output in outputs if not output["option"]]
    return [line for output in outputs for line in _problems_of(output, names)]


def _problems_of(output: Output, names: Sequence[str]) -> Iterator[str]:
    name = output["name"]
    option = output["option"] or f"alloy_exporters, exporter '{name}': "
    if not output["option"] and (name in _TAKEN or name.startswith(PREFIX)):
        yield f"alloy_exporters has the name '{name}', which is taken: use another."
    if names.count(name) > 1:
        yield f"alloy_exporters has the name '{name}' twice: give each its own."
    yield from _RULES[output["protocol"]](output, option)
    yield from _login(output, option)
    yield from _headers(output, option)
    if not output["tls"]["enabled"] and any(output["tls"][setting] for setting in _TLS_SETTINGS):
        yield f"{option}tls has settings but is not enabled: set enabled to true, or drop them."


def _grpc(output: Output, option: str) -> Iterator[str]:
    endpoint = f"{option}endpoint is {output['endpoint']}: "
    to = parse_optional(output["endpoint"])
    if to.scheme:
        yield (
            f"{endpoint}gRPC takes host:port without a scheme; say by {option}tls whether it is TLS, "
            f"or set {option}protocol to http."
        )
    if to.port == 4318:
        yield f"{endpoint}4318 is the port of OTLP/HTTP; use 4317, or set {option}protocol to http."
    if to.path or to.port == 0:
        yield f"{endpoint}gRPC takes host:port and nothing else."
    if output["auth"]["type"] != "none" and not output["tls"]["enabled"]:
        yield (
            f"{option}auth has type {output['auth']['type']} without TLS, and gRPC sends no credentials in the clear; "
            f"enable {option}tls."
        )


def _http(output: Output, option: str) -> Iterator[str]:
    endpoint = f"{option}endpoint is {output['endpoint']}: "
    to = parse_optional(output["endpoint"])
    with_tls = bool(output["tls"]["enabled"])
    if to.scheme not in ("http", "https"):
        yield f"{endpoint}HTTP takes a URL, such as http://tempo.tracing.svc:4318."
    if to.port == 4317:
        yield f"{endpoint}4317 is the port of OTLP/gRPC; use 4318, or set {option}protocol to grpc."
    for path in ("/v1/traces", "/v1/logs"):
        if to.path.endswith(path):
            yield f"{endpoint}leave out {path}, which is added to it."
    if to.path.endswith("/loki/api/v1/push"):
        yield f"{endpoint}logs are sent by OTLP, which Loki takes below /otlp: end it in /otlp instead."
    if (to.scheme == "https") != with_tls:
        yield f"{endpoint}{_tls_and_scheme(option, with_tls)}"


def _remote_write(output: Output, option: str) -> Iterator[str]:
    url = f"{option}url is {output['endpoint']}: "
    to = parse_optional(output["endpoint"])
    with_tls = bool(output["tls"]["enabled"])
    if to.path.endswith(("/v1/metrics", "/otlp")):
        yield f"{url}metrics are sent by remote write, not by OTLP; its URL ends in /api/v1/write or /api/v1/push."
    if (to.scheme == "https") != with_tls:
        yield f"{url}{_tls_and_scheme(option, with_tls)}"


def _tls_and_scheme(option: str, with_tls: bool) -> str:
    return (
        f"{option}tls has enabled {str(with_tls).lower()}; the URL must begin with https:// with TLS and with http:// "
        "without."
    )


_RULES: Mapping[str, Callable[[Output, str], Iterator[str]]] = {
    "grpc": _grpc,
    "http": _http,
    "remote_write": _remote_write,
}


def _login(output: Output, option: str) -> Iterator[str]:
    login = output["auth"]
    if login["type"] == "none":
        return
    if not login["secret"]:
        yield f"{option}auth has type {login['type']} and no secret: name the Secret."


def _headers(output: Output, option: str) -> Iterator[str]:
    """No header goes out twice, however its name is written."""
    by = {
        **({"authorization": "auth"} if output["auth"]["type"] != "none" else {}),
        **({"x-scope-orgid": "tenant"} if output["tenant"] else {}),
    }
    named = [("headers", name) for name in output["headers"]]
    named += [("header_secrets", one["header"]) for one in output["header_secrets"]]
    for setting, name in named:
        if name.lower() in by:
            yield f"{option}{setting} has {name}, which {option}{by[name.lower()]} sends too: drop one."
        by[name.lower()] = setting
