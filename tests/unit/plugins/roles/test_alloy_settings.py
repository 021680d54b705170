# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Alloy's settings may not be together, and the Secrets that its pods get."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import alloy_secrets
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems

ROLE = Path(__file__).resolve().parents[4] / "roles" / "alloy" / "vars" / "main"
SAMPLING: dict[str, Any] = yaml.safe_load((ROLE / "sampling.yml").read_text())
NO_TLS = {"enabled": False, "ca_secret": "", "ca_key": "ca.crt", "client_secret": "", "insecure_skip_verify": False}
NO_TLS |= {"server_name": ""}
NO_LOGIN = {"type": "none", "secret": "", "username_key": "username", "password_key": "password", "token_key": "token"}
BEARER = {**NO_LOGIN, "type": "bearer", "secret": "login"}
OFF = {"enabled": False, "min_replicas": 2, "max_replicas": 5, "cpu_percent": 80, "memory_percent": 0}


def output(**changed: Any) -> dict[str, Any]:
    """Tempo, or the exporter that is named."""
    usual = {"name": "tempo", "protocol": "grpc", "endpoint": "tempo.tracing.svc:4317", "headers": {}}
    option = "" if "name" in changed else "alloy_tempo_"
    return {
        **usual,
        "option": option,
        "queue_bytes": 0,
        "tenant": "",
        "header_secrets": [],
        "tls": NO_TLS,
        "auth": NO_LOGIN,
        **changed,
    }


def tls(**changed: Any) -> dict[str, Any]:
    return {**NO_TLS, **changed}


def outside(insecure: bool = False, **changed: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for senders outside the cluster, each with its defaults."""
    usual: dict[str, dict[str, Any]] = {
        "service": {"type": "none", "grpc_port": 4317, "http_port": 4318, "grpc_node_port": 0, "http_node_port": 0}
        | {"load_balancer_class": "", "source_ranges": []},
        "tls": {"secret": "", "issuer": "", "hosts": []},
        "auth": {"type": "none", "secret": ""},
        "ingress": {"enabled": False, "host": "", "grpc_host": "", "tls_secret": ""},
        "routes": {"enabled": False, "host": "", "grpc_host": "", "gateway": "", "tls": True},
    }
    return {**{name: {**defaults, **changed.get(name, {})} for name, defaults in usual.items()}, "insecure": insecure}


def problems(**changed: Any) -> list[str]:
    usual = {"autoscaler": OFF, "mode": "deployment", "requests": {}, "outputs": [output()], "policies": []}
    tables = {"policy_types": SAMPLING["_alloy_policy_types"], "policy_needs": SAMPLING["_alloy_policy_needs"]}
    no_routes = {"routes": [], "memory": "400MiB", "volume": "", "outside": outside()}
    return setting_problems({**usual, **tables, **no_routes, **changed}, "alloy")


def of_output(**changed: Any) -> list[str]:
    return problems(outputs=[output(**changed)])


def of_policy(**policy: Any) -> list[str]:
    return [
        line.removeprefix("alloy_tail_sampling_policies, policy ")
        for line in problems(policies=[{"name": "one", **policy}])
    ]


HTTP = {"protocol": "http", "endpoint": "http://tempo.tracing.svc:4318"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"tls": tls(enabled=True, ca_secret="ca"), "auth": BEARER, "headers": {"X-Scope-OrgID": "shop"}},
        HTTP,
        {**HTTP, "endpoint": "http://gateway/tempo", "auth": BEARER},
        {**HTTP, "endpoint": "https://tempo:4318", "tls": tls(enabled=True)},
    ],
)
def test_outputs_that_work(given: Mapping[str, Any]) -> None:
    assert of_output(**given) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"endpoint": "http://tempo:4317"},
            "alloy_tempo_endpoint is http://tempo:4317: gRPC takes host:port without a scheme; say by alloy_tempo_tls "
            "whether it is TLS, or set alloy_tempo_protocol to http.",
        ),
        (
            {"endpoint": "tempo:4318"},
            "alloy_tempo_endpoint is tempo:4318: 4318 is the port of OTLP/HTTP; use 4317, or set "
            "alloy_tempo_protocol to http.",
        ),
        (
            {"endpoint": "tempo:4317/v1/traces"},
            "alloy_tempo_endpoint is tempo:4317/v1/traces: gRPC takes host:port and nothing else.",
        ),
        ({"endpoint": "tempo"}, "alloy_tempo_endpoint is tempo: gRPC takes host:port and nothing else."),
        ({"endpoint": ""}, "alloy_tempo_endpoint is : gRPC takes host:port and nothing else."),
        (
            {"auth": BEARER},
            "alloy_tempo_auth has type bearer without TLS, and gRPC sends no credentials in the clear; enable "
            "alloy_tempo_tls.",
        ),
        (
            {**HTTP, "endpoint": "tempo:4318"},
            "alloy_tempo_endpoint is tempo:4318: HTTP takes a URL, such as http://tempo.tracing.svc:4318.",
        ),
        (
            {**HTTP, "endpoint": "http://tempo:4317"},
            "alloy_tempo_endpoint is http://tempo:4317: 4317 is the port of OTLP/gRPC; use 4318, or set "
            "alloy_tempo_protocol to grpc.",
        ),
        (
            {**HTTP, "endpoint": "http://tempo:4318/v1/traces"},
            "alloy_tempo_endpoint is http://tempo:4318/v1/traces: leave out /v1/traces, which is added to it.",
        ),
        (
            {**HTTP, "tls": tls(enabled=True)},
            "alloy_tempo_endpoint is http://tempo.tracing.svc:4318: alloy_tempo_tls has enabled true; the URL must "
            "begin with https:// with TLS and with http:// without.",
        ),
        (
            {**HTTP, "endpoint": "https://tempo:4318"},
            "alloy_tempo_endpoint is https://tempo:4318: alloy_tempo_tls has enabled false; the URL must begin with "
            "https:// with TLS and with http:// without.",
        ),
        (
            {**HTTP, "auth": {**BEARER, "secret": ""}},
            "alloy_tempo_auth has type bearer and no secret: name the Secret.",
        ),
        (
            {**HTTP, "auth": BEARER, "headers": {"AUTHORIZATION": "x"}},
            "alloy_tempo_headers has AUTHORIZATION, which alloy_tempo_auth sends too: drop one.",
        ),
        (
            {"tenant": "shop", "headers": {"x-scope-orgid": "other"}},
            "alloy_tempo_headers has x-scope-orgid, which alloy_tempo_tenant sends too: drop one.",
        ),
        (
            {"tenant": "shop", "header_secrets": [{"header": "X-Scope-OrgID", "secret": "a", "key": "b"}]},
            "alloy_tempo_header_secrets has X-Scope-OrgID, which alloy_tempo_tenant sends too: drop one.",
        ),
        (
            {"headers": {"X-Team": "a"}, "header_secrets": [{"header": "x-team", "secret": "a", "key": "b"}]},
            "alloy_tempo_header_secrets has x-team, which alloy_tempo_headers sends too: drop one.",
        ),
        (
            {"headers": {"X-Team": "a", "x-team": "b"}},
            "alloy_tempo_headers has x-team, which alloy_tempo_headers sends too: drop one.",
        ),
        (
            {"tls": tls(insecure_skip_verify=True)},
            "alloy_tempo_tls has settings but is not enabled: set enabled to true, or drop them.",
        ),
    ],
)
def test_outputs_that_do_not_work(given: Mapping[str, Any], expected: str) -> None:
    assert of_output(**given) == [expected]


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(AnsibleFilterError, match="is no address"):
        of_output(endpoint="te mpo:4317")


LOKI = {"name": "logs", "option": "alloy_logs_", "protocol": "http", "endpoint": "http://loki.logs.svc:3100/otlp"}
MIMIR = {
    "name": "metrics",
    "option": "alloy_metrics_",
    "protocol": "remote_write",
    "endpoint": "https://mimir/api/v1/push",
}


@pytest.mark.parametrize(
    "given",
    [
        LOKI,
        {**LOKI, "protocol": "grpc", "endpoint": "collector:4317"},
        {**MIMIR, "tls": tls(enabled=True), "auth": BEARER},
        {**MIMIR, "endpoint": "http://prometheus-server.tracing.svc:80/api/v1/write"},
    ],
)
def test_where_logs_and_metrics_may_go(given: Mapping[str, Any]) -> None:
    assert problems(outputs=[output(), output(**given)]) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {**LOKI, "endpoint": "http://loki:3100/loki/api/v1/push"},
            "alloy_logs_endpoint is http://loki:3100/loki/api/v1/push: logs are sent by OTLP, which Loki takes below "
            "/otlp: end it in /otlp instead.",
        ),
        (
            {**LOKI, "endpoint": "http://loki:3100/otlp/v1/logs"},
            "alloy_logs_endpoint is http://loki:3100/otlp/v1/logs: leave out /v1/logs, which is added to it.",
        ),
        (
            {**MIMIR, "endpoint": "http://mimir/otlp/v1/metrics"},
            "alloy_metrics_url is http://mimir/otlp/v1/metrics: metrics are sent by remote write, not by OTLP; its URL "
            "ends in /api/v1/write or /api/v1/push.",
        ),
        (
            MIMIR,
            "alloy_metrics_url is https://mimir/api/v1/push: alloy_metrics_tls has enabled false; the URL must begin "
            "with https:// with TLS and with http:// without.",
        ),
        (
            {**MIMIR, "tls": tls(enabled=True), "auth": {**BEARER, "secret": ""}},
            "alloy_metrics_auth has type bearer and no secret: name the Secret.",
        ),
    ],
)
def test_where_logs_and_metrics_may_not_go(given: Mapping[str, Any], expected: str) -> None:
    assert problems(outputs=[output(), output(**given)]) == [expected]


@pytest.mark.parametrize("name", ["tempo", "logs", "metrics", "in", "peers", "route_a"])
def test_names_that_are_taken(name: str) -> None:
    said = problems(outputs=[output(), output(name=name)])
    assert f"alloy_exporters has the name '{name}', which is taken: use another." in said


def test_names_of_exporters() -> None:
    twice = "alloy_exporters has the name 'other' twice: give each its own."
    assert problems(outputs=[output(), output(name="other"), output(name="other")]) == [twice, twice]
    assert problems(outputs=[output(), output(name="other", endpoint="other:4318")]) == [
        "alloy_exporters, exporter 'other': endpoint is other:4318: 4318 is the port of OTLP/HTTP; use 4317, or set "
        "alloy_exporters, exporter 'other': protocol to http."
    ]


@pytest.mark.parametrize(
    ("given", "mode", "requests", "expected"),
    [
        ({"min_replicas": 1, "max_replicas": 1}, "deployment", {"cpu": "1"}, ""),
        ({"cpu_percent": 0, "memory_percent": 80}, "statefulset", {"memory": "1Gi"}, ""),
        (
            {},
            "daemonset",
            {"cpu": "1"},
            "alloy_autoscaling is enabled with alloy_mode daemonset: use deployment or statefulset, or switch it off.",
        ),
        (
            {"min_replicas": 0},
            "deployment",
            {"cpu": "1"},
            "alloy_autoscaling has min_replicas 0 and max_replicas 5: the first must be 1 or more, and no more than "
            "the second.",
        ),
        (
            {"min_replicas": 6},
            "deployment",
            {"cpu": "1"},
            "alloy_autoscaling has min_replicas 6 and max_replicas 5: the first must be 1 or more, and no more than "
            "the second.",
        ),
        (
            {"cpu_percent": 0},
            "deployment",
            {"cpu": "1"},
            "alloy_autoscaling has no target: set cpu_percent or memory_percent above 0.",
        ),
        (
            {},
            "deployment",
            {"memory": "1Gi"},
            "alloy_autoscaling has the target cpu_percent, and alloy_resources requests no cpu: set requests.cpu.",
        ),
        (
            {"memory_percent": 70},
            "deployment",
            {"cpu": "1"},
            "alloy_autoscaling has the target memory_percent, and alloy_resources requests no memory: "
            "set requests.memory.",
        ),
    ],
)
def test_autoscaling(given: Mapping[str, Any], mode: str, requests: Mapping[str, Any], expected: str) -> None:
    said = problems(autoscaler={**OFF, "enabled": True, **given}, mode=mode, requests=requests)
    assert said == ([expected] if expected else [])
    assert problems(autoscaler={**OFF, **given}, mode=mode, requests=requests) == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"type": "latency", "threshold_ms": 5}, ""),
        ({"type": "probabilistic", "sampling_percentage": 2.5}, ""),
        ({"type": "ottl_condition", "spanevent": ["true"]}, ""),
        ({"type": "and", "policies": [{"name": "part", "type": "always_sample"}]}, ""),
        (
            {"type": "always"},
            "'one' has type always: give a name, and one of " + ", ".join(SAMPLING["_alloy_policy_types"]) + ".",
        ),
        (
            {"type": "numeric_attribute", "key": "a"},
            "'one' of type numeric_attribute lacks min_value, max_value: add it.",
        ),
        (
            {"type": "latency", "threshold_ms": 5, "key": "a", "value": True},
            "'one' of type latency has key, value, which that type does not take: drop it.",
        ),
        ({"type": "latency", "threshold_ms": True}, "'one' has threshold_ms true: give a whole number."),
        ({"type": "latency", "threshold_ms": "5"}, "'one' has threshold_ms \"5\": give a whole number."),
        (
            {"type": "probabilistic", "sampling_percentage": False},
            "'one' has sampling_percentage false: give a number.",
        ),
        ({"type": "boolean_attribute", "key": "a", "value": 1}, "'one' has value 1: give true or false."),
        ({"type": "status_code", "status_codes": "OK"}, "'one' has status_codes \"OK\": give a list."),
        ({"type": "status_code", "status_codes": {"OK": 1}}, "'one' has status_codes {\"OK\": 1}: give a list."),
        ({"type": "boolean_attribute", "key": 1, "value": True}, "'one' has key 1: give a text."),
        (
            {"type": "ottl_condition", "span": []},
            "'one' of type ottl_condition has no condition: give span or spanevent.",
        ),
        ({"type": "drop", "policies": []}, "'one' of type drop holds no policies: give some."),
        (
            {"type": "and", "policies": [{"name": "part", "type": "latency"}]},
            "'part' of type latency lacks threshold_ms: add it.",
        ),
        (
            {
                "type": "and",
                "policies": [{"name": "part", "type": "drop", "policies": [{"name": "x", "type": "always_sample"}]}],
            },
            "'part' of type drop lies in another one: only simple policies can.",
        ),
    ],
)
def test_policies(policy: Mapping[str, Any], expected: str) -> None:
    assert of_policy(**policy) == ([expected] if expected else [])


def test_a_policy_without_a_name() -> None:
    [line] = problems(policies=[{"type": "always_sample"}])
    assert line.startswith("alloy_tail_sampling_policies, policy '?' has type always_sample: give a name")


def test_policies_of_one_name() -> None:
    twice = "alloy_tail_sampling_policies has the name 'all' twice: give each its own."
    assert problems(policies=[{"name": "all", "type": "always_sample"}] * 2) == [twice, twice]


def test_the_tables_of_policies_fit() -> None:
    types, needs = SAMPLING["_alloy_policy_types"], SAMPLING["_alloy_policy_needs"]
    assert list(types) == list(needs)
    assert [kind for kind in types if not set(needs[kind]) <= set(types[kind])] == []


BALANCER, LOGIN = {"type": "LoadBalancer"}, {"type": "basic", "secret": "users"}
INGRESS = {"enabled": True, "host": "a", "tls_secret": "tls"}
ROUTES = {"enabled": True, "host": "a", "grpc_host": "b", "gateway": "shared"}
MEANT = "; or set alloy_expose_insecure to true if that is meant."
OPEN = "alloy_outside_service would take spans from outside the cluster without "


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ""),
        ({"service": BALANCER, "tls": {"secret": "tls"}, "auth": LOGIN}, ""),
        ({"service": BALANCER, "tls": {"issuer": "ours", "hosts": ["otlp.example.com"]}, "auth": LOGIN}, ""),
        ({"service": BALANCER, "insecure": True}, ""),
        (
            {"service": BALANCER},
            f"{OPEN}TLS and without a login: name a certificate in alloy_outside_tls and say who may send in "
            f"alloy_outside_auth{MEANT}",
        ),
        ({"service": BALANCER, "auth": LOGIN}, f"{OPEN}TLS: name a certificate in alloy_outside_tls{MEANT}"),
        (
            {"service": {"type": "NodePort"}, "tls": {"secret": "tls"}},
            f"{OPEN}a login: say who may send in alloy_outside_auth{MEANT}",
        ),
        (
            {"service": BALANCER, "tls": {"secret": "tls"}, "auth": {"type": "bearer"}},
            "alloy_outside_auth has type bearer and no secret: name the Secret.",
        ),
        (
            {"auth": LOGIN},
            "alloy_outside_auth has type basic, but nothing lets senders in from outside the cluster: set "
            "alloy_outside_service, alloy_ingress or alloy_gateway_routes, or use alloy_receiver_auth for those in the "
            "cluster.",
        ),
        (
            {"tls": {"issuer": "ours", "hosts": ["a"]}},
            "alloy_outside_tls has issuer, hosts, but alloy_outside_service has type none: set its type to "
            "LoadBalancer or NodePort, or leave alloy_outside_tls out.",
        ),
        (
            {"service": BALANCER, "auth": LOGIN, "tls": {"issuer": "ours"}},
            "alloy_outside_tls has an issuer without hosts: an issuer signs for the names and addresses that hosts "
            "lists, so give both.",
        ),
        (
            {"service": BALANCER, "auth": LOGIN, "tls": {"secret": "tls", "hosts": ["a"]}},
            "alloy_outside_tls has hosts without an issuer: an issuer signs for the names and addresses that hosts "
            "lists, so give both.",
        ),
        (
            {"service": {**BALANCER, "http_port": 4317}, "insecure": True},
            "alloy_outside_service has 4317 as grpc_port and as http_port: give each its own.",
        ),
        (
            {"service": {"type": "NodePort", "grpc_node_port": 30317, "http_node_port": 30317}, "insecure": True},
            "alloy_outside_service has 30317 as grpc_node_port and as http_node_port: give each its own.",
        ),
        (
            {"service": {"type": "NodePort", "source_ranges": ["10.0.0.0/8"]}, "insecure": True},
            "alloy_outside_service has source_ranges with type NodePort: set type to LoadBalancer, or leave "
            "source_ranges out.",
        ),
        ({"ingress": INGRESS, "auth": LOGIN}, ""),
        ({"routes": ROUTES, "auth": LOGIN}, ""),
        (
            {"ingress": {**INGRESS, "tls_secret": ""}, "auth": LOGIN},
            f"{OPEN.replace('outside_service', 'ingress')}TLS: name a certificate in alloy_ingress.tls_secret{MEANT}",
        ),
        (
            {"routes": {**ROUTES, "tls": False}},
            f"{OPEN.replace('outside_service', 'gateway_routes')}TLS and without a login: lead to a listener with "
            f"HTTPS and set alloy_gateway_routes.tls to true and say who may send in alloy_outside_auth{MEANT}",
        ),
        (
            {"ingress": {**INGRESS, "host": ""}, "auth": LOGIN},
            "alloy_ingress is enabled without a host: give alloy_ingress.host for HTTP, alloy_ingress.grpc_host for "
            "gRPC, or both.",
        ),
        (
            {"routes": {**ROUTES, "grpc_host": "a"}, "auth": LOGIN},
            "alloy_gateway_routes has a as host and as grpc_host, and what stands before Alloy tells HTTP from gRPC by "
            "the host: give each its own.",
        ),
        (
            {"routes": {**ROUTES, "gateway": ""}, "auth": LOGIN},
            "alloy_gateway_routes is enabled without a gateway: give alloy_gateway_routes.gateway.",
        ),
    ],
)
def test_senders_outside_the_cluster(given: dict[str, Any], expected: str) -> None:
    assert problems(outside=outside(**given)) == ([expected] if expected else [])


def secrets(login: Mapping[str, Any], files: Mapping[str, str], *outputs: Mapping[str, Any]) -> dict[str, Any]:
    logins = {"alloy_receiver_auth": login, "alloy_outside_auth": {"type": "none"}}
    return alloy_secrets(list(outputs), logins, files, "/etc/secrets")


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_secrets_of_two_receivers_are_kept_apart(kind: str) -> None:
    logins = {
        option: {"type": kind, "secret": secret, "htpasswd_key": "users", "token_key": "token"}
        for option, secret in (("alloy_receiver_auth", "near"), ("alloy_outside_auth", "far"))
    }
    made = alloy_secrets([], logins, {"tls": "a", "outside-tls": "b"}, "/etc/secrets")
    assert [(row["name"], row["secret"]["secretName"]) for row in made["volumes"]][:2] == [
        ("tls", "a"),
        ("outside-tls", "b"),
    ]
    users = [(row["name"], row["secret"]["secretName"]) for row in made["volumes"]][2:]
    assert users == ([("htpasswd", "near"), ("outside-htpasswd", "far")] if kind == "basic" else [])
    tokens = [(row["name"], row["valueFrom"]["secretKeyRef"]["name"]) for row in made["env"]]
    assert tokens == ([("RECEIVER_TOKEN", "near"), ("OUTSIDE_TOKEN", "far")] if kind == "bearer" else [])


def test_no_secret_is_nothing() -> None:
    made = secrets({"type": "none"}, {"tls": "", "client-ca": ""}, output())
    assert made == {"env": [], "volumes": [], "mounts": [], "named": []}


def test_secrets_as_variables() -> None:
    basic = {**NO_LOGIN, "type": "basic", "secret": "users", "username_key": "u", "password_key": "p"}
    headers = [{"header": "A", "secret": "s", "key": "one"}, {"header": "B", "secret": "t", "key": "two"}]
    receiver = {"type": "bearer", "secret": "senders", "token_key": "tok"}
    made = secrets(receiver, {}, output(auth=basic), output(name="other", auth=BEARER, header_secrets=headers))
    assert [(row["name"], *row["valueFrom"]["secretKeyRef"].values()) for row in made["env"]] == [
        ("RECEIVER_TOKEN", "senders", "tok"),
        ("EXPORTER_TEMPO_USERNAME", "users", "u"),
        ("EXPORTER_TEMPO_PASSWORD", "users", "p"),
        ("EXPORTER_OTHER_TOKEN", "login", "token"),
        ("EXPORTER_OTHER_HEADER_1", "s", "one"),
        ("EXPORTER_OTHER_HEADER_2", "t", "two"),
    ]
    assert made["volumes"] == made["mounts"] == []


def test_secrets_as_files() -> None:
    receiver = {"type": "basic", "secret": "users", "htpasswd_key": "htpasswd"}
    out = output(name="far_away", tls=tls(enabled=True, ca_secret="ca", client_secret="client"))
    made = secrets(receiver, {"tls": "server", "client-ca": ""}, output(), out)
    assert [(row["name"], row["secret"]["secretName"]) for row in made["volumes"]] == [
        ("tls", "server"),
        ("htpasswd", "users"),
        ("far-away-ca", "ca"),
        ("far-away-client", "client"),
    ]
    assert {row["secret"]["defaultMode"] for row in made["volumes"]} == {0o440}
    assert made["mounts"][0] == {"name": "tls", "mountPath": "/etc/secrets/tls", "readOnly": True}
    assert [row["name"] for row in made["mounts"]] == [row["name"] for row in made["volumes"]]
