# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for taking spans from outside the cluster: nothing is open without TLS and a login unless that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Settings = Mapping[str, Any]

_TLS_FIXES = {
    "alloy_outside_service": "name a certificate in alloy_outside_tls",
    "alloy_ingress": "name a certificate in alloy_ingress.tls_secret",
    "alloy_gateway_routes": "lead to a listener with HTTPS and set alloy_gateway_routes.tls to true",
}
_MEANT = "set alloy_expose_insecure to true if that is meant"


def problems(
    service: Settings, tls: Settings, auth: Settings, ingress: Settings, routes: Settings, insecure: bool
) -> list[str]:
    """All with defaults filled in."""
    ways = [
        ("alloy_outside_service", service["type"] != "none", bool(tls["secret"] or tls["issuer"])),
        ("alloy_ingress", ingress["enabled"], bool(ingress["tls_secret"])),
        ("alloy_gateway_routes", routes["enabled"], routes["tls"]),
    ]
    open_ways = [(option, with_tls) for option, is_open, with_tls in ways if is_open]
    found = [*_tls(service, tls), *_auth(auth, bool(open_ways))]
    found += [*_service(service), *_hosts("alloy_ingress", ingress), *_hosts("alloy_gateway_routes", routes)]
    if routes["enabled"] and not routes["gateway"]:
        found += ["alloy_gateway_routes is enabled without a gateway: give alloy_gateway_routes.gateway."]
    return found + [line for option, with_tls in open_ways if not insecure for line in _open(option, with_tls, auth)]


def _open(option: str, with_tls: bool, auth: Settings) -> Iterator[str]:
    """One sentence for all that is missing."""
    missing = [] if with_tls else [("TLS", _TLS_FIXES[option])]
    missing += [("a login", "say who may send in alloy_outside_auth")] if auth["type"] == "none" else []
    if missing:
        what, fix = (" and without ".join(one[0] for one in missing), " and ".join(one[1] for one in missing))
        yield f"{option} would take spans from outside the cluster without {what}: {fix}; or {_MEANT}."


def _hosts(option: str, way: Settings) -> Iterator[str]:
    if not way["enabled"]:
        return
    if not way["host"] and not way["grpc_host"]:
        yield f"{option} is enabled without a host: give {option}.host for HTTP, {option}.grpc_host for gRPC, or both."
    elif way["host"] == way["grpc_host"]:
        yield (
            f"{option} has {way['host']} as host and as grpc_host, and what stands before Alloy tells HTTP from gRPC "
            "by the host: give each its own."
        )


def _service(service: Settings) -> Iterator[str]:
    if service["type"] == "none":
        return
    for kind in ("port", "node_port"):
        grpc, http = service[f"grpc_{kind}"], service[f"http_{kind}"]
        if grpc and int(grpc) == int(http):
            yield f"alloy_outside_service has {grpc} as grpc_{kind} and as http_{kind}: give each its own."
    for setting in ("load_balancer_class", "source_ranges"):
        if service[setting] and service["type"] != "LoadBalancer":
            yield (
                f"alloy_outside_service has {setting} with type {service['type']}: set type to LoadBalancer, or leave "
                f"{setting} out."
            )


def _tls(service: Settings, tls: Settings) -> Iterator[str]:
    named = [name for name in ("secret", "issuer", "hosts") if tls[name]]
    if named and service["type"] == "none":
        yield (
            f"alloy_outside_tls has {', '.join(named)}, but alloy_outside_service has type none: set its type to "
            "LoadBalancer or NodePort, or leave alloy_outside_tls out."
        )
    elif bool(tls["issuer"]) != bool(tls["hosts"]):
        lacking, there = ("hosts", "an issuer") if tls["issuer"] else ("an issuer", "hosts")
        yield (
            f"alloy_outside_tls has {there} without {lacking}: an issuer signs for the names and addresses that hosts "
            "lists, so give both."
        )


def _auth(auth: Settings, is_open: bool) -> Iterator[str]:
    if auth["type"] == "none":
        return
    if not auth["secret"]:
        yield f"alloy_outside_auth has type {auth['type']} and no secret: name the Secret."
    if not is_open:
        yield (
            f"alloy_outside_auth has type {auth['type']}, but nothing lets senders in from outside the cluster: set "
            "alloy_outside_service, alloy_ingress or alloy_gateway_routes, or use alloy_receiver_auth for those in the "
            "cluster."
        )
