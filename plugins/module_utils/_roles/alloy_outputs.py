# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for Alloy's exporters: Tempo's settings, and each entry of alloy_exporters, with defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional

Output = Mapping[str, Any]

# Names that components of the configuration have already.
_TAKEN = ("tempo", "in", "peers")
_TLS_SETTINGS = ("ca_secret", "client_secret", "server_name", "insecure_skip_verify")


def problems(outputs: Sequence[Output]) -> list[str]:
    """Tempo's output comes first."""
    names = [output["name"] for output in outputs]
    return [line for number, output in enumerate(outputs) for line in _problems_of(output, names, number == 0)]


def _problems_of(output: Output, names: Sequence[str], is_tempo: bool) -> Iterator[str]:
    name = output["name"]
    option = "alloy_tempo_" if is_tempo else f"alloy_exporters, exporter '{name}': "
    if not is_tempo and name in _TAKEN:
        yield f"alloy_exporters has the name '{name}', which is taken: use another."
    if names.count(name) > 1:
        yield f"alloy_exporters has the name '{name}' twice: give each its own."
    yield from (_grpc if output["protocol"] == "grpc" else _http)(output, option)
    yield from _login(output, option)
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
    if to.path.endswith("/v1/traces"):
        yield f"{endpoint}leave out /v1/traces, which is added to it."
    if (to.scheme == "https") != with_tls:
        yield (
            f"{endpoint}{option}tls has enabled {str(with_tls).lower()}; the URL must begin with https:// with TLS "
            "and with http:// without."
        )


def _login(output: Output, option: str) -> Iterator[str]:
    login = output["auth"]
    if login["type"] == "none":
        return
    if not login["secret"]:
        yield f"{option}auth has type {login['type']} and no secret: name the Secret."
    if "authorization" in {header.lower() for header in output["headers"]}:
        yield f"{option}headers has Authorization, which {option}auth sends too: drop one."
