# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Senders outside the cluster, at a real Alloy as the role configures it: who is let in, and what each refusal says."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.options import PROBE_ARGUMENTS, run_probe
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.outside import problem
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from conftest import Tempo
from gateway import counters, gateway, places, send
from loopback import free_ports
from stack import OUTSIDE, PASSWORD, Stack

DEFAULTS = {name: spec.get("default") for name, spec in {**TEMPO_ARGUMENTS, **PROBE_ARGUMENTS}.items()}
PROTOCOLS = ("grpc", "http_protobuf")


@pytest.fixture(scope="module", autouse=True)
def no_proxy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "*")
        yield


@pytest.fixture(scope="module")
def outside(tempo: Tempo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    options = {"alloy_tempo_protocol": "http", "alloy_tempo_endpoint": tempo.otlp_url, **OUTSIDE}
    with gateway(tmp_path_factory.mktemp("outside"), options, places()) as made:
        yield made


def login(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"sender:{password}".encode()).decode()}


def probe(tempo: Tempo, made: Stack, protocol: str, **changed: Any) -> dict[str, Any]:
    """As the module would return it; ``at`` and ``scheme`` are parts of the address."""
    at = changed.pop("at", "127.0.0.1:{}".format(made.ports["out_grpc" if protocol == "grpc" else "out_http"]))
    given = {
        "url": tempo.url,
        "protocol": protocol,
        "otlp_url": f"{changed.pop('scheme', 'https')}://{at}",
        "otlp_ca_path": str(made.folder / "secrets" / "authority.crt"),
        "otlp_headers": login(PASSWORD),
        "traces": 5,
        "timeout": 30.0,
        "request_timeout": 5.0,
    }
    params = {**DEFAULTS, **given, **changed}
    try:
        return {**run_probe(params, check_mode=False), "address": params["otlp_url"]}
    except TracingError as error:
        return {
            "msg": str(error),
            "error": {"kind": error.kind, "message": error.message},
            "address": params["otlp_url"],
        }


def told(result: dict[str, Any]) -> str:
    address = {"option": "address", "url": result["address"], "protocol": ""}
    return problem([address], [result]).removeprefix(f"address is {result['address']}, which ")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_who_has_certificate_and_password_is_let_in(tempo: Tempo, outside: Stack, protocol: str) -> None:
    result = probe(tempo, outside, protocol)
    assert told(result) == ""
    assert (result["traces"], result["lost"], result["altered"]) == (5, 0, 0)


def test_senders_in_the_cluster_go_on_without_either(outside: Stack) -> None:
    assert send(outside, "traces", {"resourceSpans": []}) == 200


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("wrong password", "refuses the login: check k8s_tracing_otlp_username"),
        ("no login", "refuses the login: check k8s_tracing_otlp_username"),
        ("wrong authority", "shows a certificate that is not trusted here: set k8s_tracing_otlp_ca_file"),
        ("no authority", "shows a certificate that is not trusted here: set k8s_tracing_otlp_ca_file"),
        ("plain text", "speaks TLS, and the address begins with http://: begin it with https://"),
        ("TLS to plain text", "speaks no TLS, and the address begins with https://"),
        (
            "port of the other protocol",
            ("answers, but not as OTLP: check", "closes the connection: check host and port"),
        ),
        ("nothing there", "refuses the connection, so that nothing listens there: check host and port"),
        ("unknown host", "has a host name that is not known here: check the spelling"),
    ],
)
def test_what_is_refused_is_named_with_what_mends_it(
    tempo: Tempo, outside: Stack, protocol: str, case: str, says: str | tuple[str, ...]
) -> None:
    (other, plain) = ("out_http", "in_grpc") if protocol == "grpc" else ("out_grpc", "in_http")
    changed: dict[str, dict[str, Any]] = {
        "wrong password": {"otlp_headers": login("wrong")},
        "no login": {"otlp_headers": {}},
        "wrong authority": {"otlp_ca_path": str(outside.folder / "secrets" / "stranger.crt")},
        "no authority": {"otlp_ca_path": None},
        "plain text": {"scheme": "http"},
        "TLS to plain text": {"at": f"127.0.0.1:{outside.ports[plain]}"},
        "port of the other protocol": {"at": f"127.0.0.1:{outside.ports[other]}"},
        "nothing there": {"at": f"127.0.0.1:{free_ports(1)[0]}"},
        "unknown host": {"at": "otlp.invalid:4317"},
    }
    result = probe(tempo, outside, protocol, traces=1, timeout=10.0, **changed[case])
    assert told(result).startswith(says), (told(result), result)
    assert PASSWORD not in str(result) and login(PASSWORD)["Authorization"] not in str(result)


def test_alloy_counts_what_came_from_outside(tempo: Tempo, outside: Stack) -> None:
    name, component = "otelcol_receiver_accepted_spans_total", "otelcol.receiver.otlp.outside"
    before = counters(outside, name, component, "component_id").get(component, 0)
    assert told(probe(tempo, outside, "http_protobuf", traces=2)) == ""
    assert counters(outside, name, component, "component_id")[component] >= before + 10
