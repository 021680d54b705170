"""Every address that one part gives for another is one where that other listens.

The addresses are read from the values that the roles render, as one installation has them: who asks for
`alloy.tracing.svc:4317` must find that port on Alloy's Service, and a receiver of Alloy's configuration behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from role_values import Rendered, render_hosts

ROLES = ("tempo", "alloy", "prometheus", "grafana", "k6_trace_generator", "tempo_vulture")
# A name that Prometheus looks up has its port beside it.
ADDRESS = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?(?::|\W+type: A, port: )(\d+)")
RECEIVER = re.compile(r"^otelcol\.receiver\.\w+ .*?^}", re.MULTILINE | re.DOTALL)
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "apart": {
        "tempo_namespace": "storage",
        "alloy_namespace": "gateways",
        "grafana_namespace": "boards",
        "prometheus_namespace": "metrics",
        "k6_trace_generator_namespace": "load",
        "tempo_vulture_namespace": "canaries",
    },
    # Of tenants, without one beside them.
    "tenants": {
        "k8s_tracing_tempo_vulture_enabled": False,
        "k8s_tracing_tempo_vulture_tenants": [{"tenant": "team-a", "namespace": "shop"}],
        "tempo_vulture_namespace": "shop",
        "k8s_tracing_namespace": "tracing",
    },
    "renamed": {"alloy_release_name": "gateway", "tempo_release_name": "store", "grafana_release_name": "boards"},
    "http": {"alloy_tempo_protocol": "http"},
    "balanced": {"alloy_replicas": 2, "alloy_tail_sampling_policies": [{"name": "all", "type": "always_sample"}]},
    "receivers": {"tempo_receivers": ["jaeger", "zipkin"]},
    "distributed": {
        "tempo_mode": "distributed",
        "tempo_storage_backend": "s3",
        "tempo_storage_s3": {"bucket": "traces", "endpoint": "s3:9000"},
        "tempo_kafka_address": "kafka:9092",
    },
}
# Who must name whom: an address that is no longer written would otherwise be right by being absent.
NEEDED = {
    ("alloy", "tempo"),
    ("tempo", "prometheus"),
    ("prometheus", "tempo"),
    ("prometheus", "alloy"),
    ("prometheus", "grafana"),
    ("grafana", "tempo"),
    ("grafana", "prometheus"),
    ("k6_trace_generator", "alloy"),
    ("tempo_vulture", "alloy"),
    ("tempo_vulture", "tempo"),
    ("prometheus", "tempo_vulture"),
}

# Services behind which Prometheus finds the pods of components.
COMPONENTS = (
    "distributor-discovery",
    "query-frontend-discovery",
    "querier",
    "live-store",
    "block-builder",
    "backend-scheduler",
    "backend-worker",
    "metrics-generator-discovery",
)
# Service, namespace, port
Address = tuple[str, str, int]


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Rendered]]:
    """By case, then by role."""
    own_chart = {"k6_trace_generator_chart_ref": "k6-trace-generator", "k6_trace_generator_chart_version": "own"}
    hosts = {
        f"{case}-{role}": (
            role,
            {
                "k8s_tracing_tempo_vulture_enabled": True,
                **options,
                **(own_chart if role == "k6_trace_generator" else {}),
            },
        )
        for case, options in CASES.items()
        for role in ROLES
    }
    made = render_hosts(root, hosts, tmp_path_factory.mktemp("wiring"), together=True)
    return {case: {role: made[f"{case}-{role}"] for role in ROLES} for case in CASES}


def ports_of_endpoints(values: object) -> Iterator[int]:
    """Every `endpoint` with a port, however deep."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            if key == "endpoint" and value:
                yield int(str(value).rpartition(":")[2])
            else:
                yield from ports_of_endpoints(value)


def alloy_receives(alloy: Mapping[str, Any]) -> set[int]:
    blocks = RECEIVER.findall(alloy["configMap"]["content"])
    return {int(port) for block in blocks for port in re.findall(r'endpoint\s*=\s*"[^"]*:(\d+)"', block)}


def offered(case: str, rendered: Mapping[str, Rendered]) -> dict[Address, str]:
    """Whose each address is. Ports that no value names are those of the charts."""
    namespaces = {role: CASES[case].get(f"{role}_namespace", "tracing") for role in ROLES}
    alloy, tempo, grafana = (rendered[role].values for role in ("alloy", "tempo", "grafana"))
    name = str(tempo["fullnameOverride"])
    if case == "distributed":
        of_tempo = [(f"{name}-query-frontend", 3200), (f"{name}-distributor", 4317), (f"{name}-distributor", 4318)]
        # Names of the chart's Services; a test of the real chart holds that it has them.
        of_tempo += [(f"{name}-{service}", 3200) for service in COMPONENTS]
    else:
        of_tempo = [(name, port) for port in (3200, *ports_of_endpoints(tempo["tempo"]["receivers"]))]
    ports = {
        "tempo": of_tempo,
        "alloy": [(alloy["fullnameOverride"], port) for port in (12345, *alloy_offers(alloy))],
        "prometheus": [("prometheus-server", 80)],
        "grafana": [(grafana["fullnameOverride"], 80)],
        "tempo_vulture": [(rendered["tempo_vulture"].values["fullnameOverride"], 8080)],
    }
    return {(name, namespaces[role], port): role for role, found in ports.items() for name, port in found}


def alloy_offers(alloy: Mapping[str, Any]) -> list[int]:
    return [port["port"] for port in alloy["alloy"]["extraPorts"]]


def asked(rendered: Mapping[str, Rendered]) -> set[tuple[str, Address]]:
    """Each address that is written down in a role's values, with that role."""
    return {
        (role, (service, namespace, int(port)))
        for role in ROLES
        for service, namespace, port in ADDRESS.findall(json.dumps(rendered[role].values))
    }


@pytest.mark.parametrize("case", CASES)
def test_who_is_asked_listens(rendered: Mapping[str, dict[str, Rendered]], case: str) -> None:
    offers = offered(case, rendered[case])
    assert [edge for edge in asked(rendered[case]) if edge[1] not in offers] == []


@pytest.mark.parametrize("case", CASES)
def test_every_part_is_told_of_those_it_needs(rendered: Mapping[str, dict[str, Rendered]], case: str) -> None:
    offers = offered(case, rendered[case])
    assert {(role, offers.get(address)) for role, address in asked(rendered[case])} >= NEEDED


@pytest.mark.parametrize("case", CASES)
def test_alloys_service_leads_to_its_receivers(rendered: Mapping[str, dict[str, Rendered]], case: str) -> None:
    alloy: Any = rendered[case]["alloy"].values["alloy"]
    leads_to = {port["targetPort"] for port in alloy["extraPorts"]}
    assert leads_to == {4317, 4318}  # what every OTLP sender is told to use
    # Pods hand traces to each other by a Service of their own.
    peers = {4319} if case == "balanced" else set()
    assert alloy_receives(alloy) == leads_to | peers
    assert all(port["port"] == port["targetPort"] for port in alloy["extraPorts"])


@pytest.mark.parametrize(("port", "protocol"), [(4317, "grpc"), (4318, "http")])
def test_alloy_sends_to_the_receiver_of_its_protocol(
    rendered: Mapping[str, dict[str, Rendered]], port: int, protocol: str
) -> None:
    case = "default" if protocol == "grpc" else "http"
    tempo: Any = rendered[case]["tempo"].values["tempo"]
    assert set(ports_of_endpoints(tempo["receivers"]["otlp"]["protocols"][protocol])) == {port}
    assert {address for role, address in asked(rendered[case]) if role == "alloy"} == {("tempo", "tracing", port)}
