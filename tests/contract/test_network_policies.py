"""The roles' network policies let the pipeline through, and nobody else.

Not every cluster's network enforces policies, so they are judged on paper: rendered by Ansible in one play of all
roles, as site.yml does, and evaluated edge by edge. Pods have the labels that the charts give them, which is tested
too.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from loopback import required
from plays import role_variables, run_play
from policies import Peer, admits, fits
from role_values import render

NAME = "app.kubernetes.io/name"
ROLES = ("tempo", "alloy", "prometheus", "grafana", "k6_trace_generator", "tempo_vulture")
PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Write down the policies
      ansible.builtin.debug:
        msg: "{{ dict(names | zip(specs)) | to_json | written_to(rendered ~ '/' ~ inventory_hostname ~ '.json') }}"
      vars:
        specs: "{{ query('ansible.builtin.vars', *policies) }}"
        policies: "{{ names | map('regex_replace', '^', '_') | map('regex_replace', '$', '_network_policy') }}"
"""
DISTRIBUTED = {
    "tempo_mode": "distributed",
    "tempo_storage_backend": "s3",
    "tempo_storage_s3": {"bucket": "traces", "endpoint": "s3:9000"},
    "tempo_kafka_address": "kafka:9092",
}
SHOP = {"namespaceSelector": {"matchLabels": {"team": "shop"}}}
API_SERVER = "192.0.2.1"
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "distributed": DISTRIBUTED,
    "balanced": {"alloy_replicas": 2, "alloy_tail_sampling_policies": [{"name": "all", "type": "always_sample"}]},
    "narrowed": {"alloy_network_policy_from": [SHOP]},
    "tenants": {
        "alloy_network_policy_from": [SHOP],
        "k8s_tracing_tempo_vulture_tenants": [{"tenant": name, "namespace": name} for name in ("carts", "pay")],
    },
    # site.yml has recorded where each part is by the time that it applies policies; here the settings say it.
    "apart": {
        "k8s_tracing_namespace": "tracing",
        "alloy_namespace": "gateways",
        "grafana_namespace": "boards",
        "prometheus_namespace": "metrics",
    },
    "existing": {
        "prometheus_mode": "existing",
        "prometheus_url": "http://prometheus-operated.metrics.svc:9090",
        "grafana_mode": "existing",
        "grafana_url": "http://grafana.boards.svc.cluster.local:80",
    },
    "receivers": {"tempo_receivers": ["jaeger", "zipkin"]},
    "ingress": {"grafana_ingress": {"enabled": True, "host": "grafana.example.com"}},
    "outside": {"alloy_outside_service": {"type": "NodePort"}, "alloy_expose_insecure": True},
    "proxied": {"alloy_ingress": {"enabled": True, "host": "otlp.example.com"}, "alloy_expose_insecure": True},
    "off": {"k8s_tracing_network_policy_enabled": False},
}
# Peers of the API server: their addresses, as release_objects fills them in or as the user names them.
FOR_ALL = {"k8s_tracing_api_server_cidrs": [f"{API_SERVER}/32"]}


def pod(name: str, namespace: str = "tracing", instance: str = "") -> Peer:
    return Peer(namespace, {NAME: name, "app.kubernetes.io/instance": instance or name})


ALLOY, TEMPO, GRAFANA, PROMETHEUS = (pod(name) for name in ("alloy", "tempo", "grafana", "prometheus"))
K6 = pod("k6-trace-generator", instance="k6-traces")
CANARY = pod("tempo-vulture")
VERIFY_K6 = pod("k6-trace-generator", instance="k6-verify")
APP, SHOP_APP = pod("shop", "default"), replace(pod("shop", "shop"), namespace_labels={"team": "shop"})
STRANGER, NEAR_STRANGER = pod("stranger", "elsewhere"), pod("stranger")
# A label alone opens nothing in a namespace that no setting names.
IMPOSTORS = [
    pod(name, "elsewhere")
    for name in ("alloy", "tempo", "grafana", "prometheus", "k6-trace-generator", "tempo-vulture")
]
SERVER, AGENT = Peer(address=API_SERVER), pod("konnectivity-agent", "kube-system")
OUTSIDE = Peer(address="198.51.100.7")

# target, source, ports
Edge = tuple[Peer, Peer, tuple[int, ...]]


def apart(peer: Peer, namespace: str) -> Peer:
    return replace(peer, namespace=namespace)


def pipeline(alloy: Peer = ALLOY, grafana: Peer = GRAFANA, prometheus: Peer = PROMETHEUS) -> list[Edge]:
    """What every mode needs."""
    apis = (
        (TEMPO, (3200, 4318)),
        (alloy, (4317, 4318, 12345)),
        (prometheus, (9090,)),
        (grafana, (3000,)),
        (K6, (6565,)),
        (CANARY, (8080,)),
    )
    through_api_server = [(target, server, ports) for server in (SERVER, AGENT) for target, ports in apis]
    return [
        *((alloy, source, (4317, 4318)) for source in (SHOP_APP, K6, VERIFY_K6, CANARY)),
        (TEMPO, CANARY, (3200, 4317)),
        (CANARY, prometheus, (8080,)),
        (TEMPO, alloy, (4317, 4318)),
        (TEMPO, K6, (4317, 4318)),
        (TEMPO, grafana, (3200,)),
        (TEMPO, prometheus, (3200,)),
        (alloy, prometheus, (12345,)),
        (prometheus, grafana, (9090,)),
        *((prometheus, source, (9090,)) for source in (K6, VERIFY_K6)),
        (grafana, prometheus, (3000,)),
        (prometheus, TEMPO, (9090,)),
        (prometheus, alloy, (9090,)),
        *through_api_server,
    ]


FOUND = {"grafana": apart(GRAFANA, "boards"), "prometheus": apart(PROMETHEUS, "metrics")}
MOVED = {**FOUND, "alloy": apart(ALLOY, "gateways")}
ALLOWED: dict[str, list[Edge]] = {
    "default": [*pipeline(), (ALLOY, APP, (4317, 4318))],
    "distributed": [*pipeline(), (TEMPO, TEMPO, (3200, 7946, 9095))],
    "balanced": [*pipeline(), (ALLOY, ALLOY, (4319,))],
    "narrowed": pipeline(),
    "tenants": [
        *pipeline(),
        *((ALLOY, apart(CANARY, place), (4317, 4318)) for place in ("carts", "pay")),
        *((TEMPO, apart(CANARY, place), (3200, 4317)) for place in ("carts", "pay")),
    ],
    "apart": pipeline(**MOVED),
    "existing": pipeline(**FOUND),
    "receivers": [*pipeline(), (TEMPO, APP, (9411, 14250, 14268))],
    "ingress": [*pipeline(), (GRAFANA, OUTSIDE, (3000,)), (GRAFANA, pod("controller", "ingress-nginx"), (3000,))],
    "outside": [*pipeline(), (ALLOY, OUTSIDE, (4327, 4328)), (ALLOY, STRANGER, (4327, 4328))],
    "proxied": [*pipeline(), (ALLOY, OUTSIDE, (4337, 4338)), (ALLOY, pod("controller", "ingress-nginx"), (4337,))],
    "off": [*pipeline(), (TEMPO, STRANGER, (3200,))],
}


def closed(alloy: Peer = ALLOY, grafana: Peer = GRAFANA, prometheus: Peer = PROMETHEUS) -> list[Edge]:
    """What no mode lets in."""
    strangers = (STRANGER, NEAR_STRANGER, OUTSIDE, APP)
    return [
        *((TEMPO, source, (3200, 4317, 4318, 7946, 9095)) for source in (*strangers, *IMPOSTORS)),
        *((prometheus, source, (9090,)) for source in (*strangers, *IMPOSTORS)),
        *((K6, source, (6565,)) for source in (*strangers, *IMPOSTORS, alloy, prometheus)),
        *((alloy, source, (12345, 4319)) for source in (*strangers, *IMPOSTORS, K6, CANARY, grafana)),
        *((CANARY, source, (8080,)) for source in (*strangers, *IMPOSTORS, K6, alloy)),
        *((alloy, source, (4317,)) for source in (OUTSIDE,)),
        (TEMPO, K6, (3200,)),
        (TEMPO, alloy, (3200,)),
        (TEMPO, grafana, (4317, 4318)),
        (TEMPO, prometheus, (4317, 4318)),
        (TEMPO, SERVER, (4317, 9095)),
        (prometheus, SERVER, (8080,)),
    ]


NOT_FOR_GRAFANA = (STRANGER, NEAR_STRANGER, OUTSIDE, K6, ALLOY, TEMPO, *IMPOSTORS)
GRAFANA_CLOSED: list[Edge] = [(GRAFANA, source, (3000,)) for source in NOT_FOR_GRAFANA]
REFUSED: dict[str, list[Edge]] = {
    "default": [*closed(), *GRAFANA_CLOSED, (ALLOY, ALLOY, (4319,)), (TEMPO, TEMPO, (3200, 7946, 9095))],
    "distributed": [*closed(), *GRAFANA_CLOSED],
    "balanced": [*closed(), *GRAFANA_CLOSED],
    "narrowed": [*closed(), *GRAFANA_CLOSED, (ALLOY, APP, (4317, 4318)), (ALLOY, NEAR_STRANGER, (4317, 4318))],
    "tenants": [
        *closed(),
        *GRAFANA_CLOSED,
        (ALLOY, pod("shop", "pay"), (4317, 4318)),
        (ALLOY, apart(CANARY, "pay"), (12345,)),
        (TEMPO, apart(ALLOY, "elsewhere"), (4317,)),
    ],
    "apart": [
        *closed(**MOVED),
        (TEMPO, apart(ALLOY, "boards"), (4317,)),
        (TEMPO, apart(GRAFANA, "gateways"), (3200,)),
    ],
    # Who may reach a Prometheus or a Grafana that was there before is not ours to say.
    "existing": [edge for edge in closed(**FOUND) if edge[0].namespace == "tracing"],
    "receivers": [*closed(), *GRAFANA_CLOSED, (TEMPO, OUTSIDE, (9411,))],
    "ingress": [*closed(), (GRAFANA, OUTSIDE, (9094,))],
    "outside": [*closed(), (ALLOY, OUTSIDE, (4317, 4318, 4319, 12345))],
    "proxied": [*closed(), (ALLOY, OUTSIDE, (4317, 4318, 4319, 4327, 12345))],
    "off": [],
}


# What anybody with a pod may reach, by the settings of the case.
SPANS = {("alloy", 4317), ("alloy", 4318)}
OPEN: dict[str, set[tuple[str, int]]] = {
    **{case: SPANS for case in CASES if case != "off"},
    "narrowed": set(),
    "tenants": set(),
    "ingress": {*SPANS, ("grafana", 3000)},
    "outside": {*SPANS, ("alloy", 4327), ("alloy", 4328)},
    "proxied": {*SPANS, ("alloy", 4337), ("alloy", 4338)},
}


def copied(case: str) -> list[Edge]:
    """Who is let in, as a pod of another namespace with all the labels copied."""
    return [
        (target, apart(source, "elsewhere"), (port,))
        for target, source, ports in ALLOWED[case]
        if source.labels and source not in (APP, SHOP_APP)
        for port in ports
        if (target.labels[NAME], port) not in OPEN[case]
    ]


def widened(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same policies, had they forgotten the namespaces."""
    made: list[dict[str, Any]] = deepcopy(objects)
    for policy in made:
        for rule in policy["spec"]["ingress"]:
            for peer in rule.get("from", []):
                if "ipBlock" not in peer:
                    peer["namespaceSelector"] = {}
    return made


@pytest.fixture(scope="module")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Each case's policies by role: the `spec` of each, empty where there is none."""
    folder = tmp_path_factory.mktemp("policies")
    (folder / "rendered").mkdir()
    variables = {"names": ROLES, "rendered": str(folder / "rendered"), **FOR_ALL}
    for role in ("helm_release", *ROLES):
        variables = {**role_variables(root, role), **variables}
    run_play(root, folder, PLAY, {"hosts": CASES, "vars": variables})
    return {case: json.loads((folder / "rendered" / f"{case}.json").read_text(encoding="utf-8")) for case in CASES}


def policies(specs: Mapping[str, Any], case: str) -> list[dict[str, Any]]:
    """As objects, each in the namespace of its release. For what was there before there is none."""
    options = CASES[case]
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": role.replace("_", "-"), "namespace": options.get(f"{role}_namespace", "tracing")},
            "spec": spec,
        }
        for role, spec in specs.items()
        if spec and options.get(f"{role}_mode", "chart") != "existing"
    ]


def written(edges: list[Edge]) -> list[str]:
    return [f"{source.labels.get(NAME, source.address)} in {source.namespace or 'no namespace'} -> "
            f"{target.labels[NAME]}:{port}" for target, source, ports in edges for port in ports]  # fmt: skip


def outcome(objects: list[dict[str, Any]], edges: list[Edge], wanted: bool) -> list[str]:
    """The edges that are not as wanted."""
    return [
        line
        for target, source, ports in edges
        for port in ports
        if admits(objects, target, source, port) is not wanted
        for line in written([(target, source, (port,))])
    ]


@pytest.mark.parametrize("case", CASES)
def test_the_pipeline_gets_through(rendered: dict[str, dict[str, Any]], case: str) -> None:
    assert outcome(policies(rendered[case], case), ALLOWED[case], True) == []


@pytest.mark.parametrize("case", CASES)
def test_nobody_else_does(rendered: dict[str, dict[str, Any]], case: str) -> None:
    assert outcome(policies(rendered[case], case), REFUSED[case], False) == []


@pytest.mark.parametrize("case", OPEN)
def test_a_copied_label_opens_nothing_in_another_namespace(rendered: dict[str, dict[str, Any]], case: str) -> None:
    """For each way that is open to a part. Without the namespaces, the copy would get through by each."""
    objects = policies(rendered[case], case)
    judged = {policy["metadata"]["name"] for policy in objects}
    edges = [edge for edge in copied(case) if edge[0].labels[NAME] in judged]
    assert {target.labels[NAME] for target, _, _ in edges} == judged - ({"grafana"} if case == "ingress" else set())
    assert outcome(objects, edges, False) == []
    assert outcome(widened(objects), edges, True) == []


@pytest.mark.parametrize("case", [case for case in OPEN if case != "existing"])
def test_prometheus_takes_remote_write_from_this_stack_alone(rendered: dict[str, dict[str, Any]], case: str) -> None:
    """Its one port is for writing and for queries, so Grafana is among them."""
    target = apart(PROMETHEUS, CASES[case].get("prometheus_namespace", "tracing"))
    found = {
        (name, namespace)
        for name in ("tempo", "alloy", "grafana", "prometheus", "k6-trace-generator", "shop")
        for namespace in ("tracing", "gateways", "boards", "metrics", "elsewhere", "default")
        if admits(policies(rendered[case], case), target, pod(name, namespace), 9090)
    }
    grafana, alloy = (CASES[case].get(f"{part}_namespace", "tracing") for part in ("grafana", "alloy"))
    assert found == {("tempo", "tracing"), ("k6-trace-generator", "tracing"), ("grafana", grafana), ("alloy", alloy)}


def test_the_scenario_wants_what_the_policies_say(root: Path, rendered: dict[str, dict[str, Any]]) -> None:
    """Its table of ports, which only a network that enforces policies tries, is that of the rendered policies."""
    (step,) = yaml.safe_load((root / "molecule/multitenant_tls/tasks/strangers.yml").read_text(encoding="utf-8"))
    table, objects = step["vars"], policies(rendered["default"], "default")
    targets = {name: pod(name) for name in ("alloy", "grafana", "prometheus", "tempo")}
    for namespace in ("tracing", "elsewhere"):
        for label, own in table["ports_by_label"].items():
            found = [
                way
                for way in table["paths"]
                if admits(objects, targets[way.split(":")[0]], pod(label, namespace, "visitor"), int(way.split(":")[1]))
            ]
            wanted = table["open_ports"] + (own if namespace == "tracing" else [])
            assert sorted(found) == sorted(wanted), f"{label} in {namespace}"


def test_switched_off_there_is_none(rendered: dict[str, dict[str, Any]]) -> None:
    assert rendered["off"] == {role: {} for role in ROLES}


def test_jaegers_datagrams_come_in_where_they_are_asked_for(rendered: dict[str, dict[str, Any]]) -> None:
    for case, wanted in (("receivers", True), ("default", False)):
        assert admits(policies(rendered[case], case), TEMPO, APP, 6831, "UDP") is wanted


def test_nothing_is_allowed_by_an_empty_list_of_peers(rendered: dict[str, dict[str, Any]]) -> None:
    """`from: []` means everybody. Only Grafana behind an Ingress and the ports for outside are meant for everybody."""
    for case, specs in rendered.items():
        for role, spec in specs.items():
            open_rules = [rule for rule in spec.get("ingress", []) if not rule.get("from")]
            assert not open_rules or (case, role) in {
                ("ingress", "grafana"),
                ("outside", "alloy"),
                ("proxied", "alloy"),
            }


@pytest.mark.parametrize("role", ["tempo", "alloy", "prometheus", "grafana"])
def test_a_policy_selects_the_pods_of_its_chart(
    root: Path, tmp_path: Path, rendered: dict[str, dict[str, Any]], role: str
) -> None:
    """The upstream chart where somebody has put it, else the one that stands for it."""
    upstream = Path(os.environ.get("TRACING_UPSTREAM_CHARTS") or os.devnull) / role
    chart = upstream if (upstream / "Chart.yaml").is_file() else root / "testbed" / "charts" / role
    values = json.dumps(render(root, role, {"default": {}}, tmp_path)["default"].values)
    command = [required("helm"), "template", role, str(chart), "--values", "-"]
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = [item for item in yaml.safe_load_all(done.stdout) if item and "template" in (item.get("spec") or {})]
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in made]
    assert labels, f"{chart} makes no pods"
    assert all(fits(rendered["default"][role]["podSelector"], found) for found in labels)


def test_the_api_server_takes_them(root: Path, rendered: dict[str, dict[str, Any]]) -> None:
    """Against the live schema, unknown fields refused. Nothing is made."""
    kubeconfig = Path(os.environ.get("KUBECONFIG") or root / ".testbed" / "kubeconfig")
    ask = ["kubectl", "--kubeconfig", str(kubeconfig), "--namespace", "default", "--request-timeout", "10s"]
    try:
        alive = subprocess.run([*ask, "get", "--raw", "/version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("kubectl is not there")
    if alive.returncode:
        pytest.skip(f"no cluster answers with {kubeconfig}: {alive.stderr.strip().splitlines()[-1:]}")
    objects = [
        {**item, "metadata": {"name": f"{case}-{item['metadata']['name']}", "namespace": "default"}}
        for case, specs in rendered.items()
        for item in policies(specs, case)
    ]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    command = [*ask, "create", "--dry-run=server", "--validate=strict", "--output", "name", "--filename", "-"]
    done = subprocess.run(command, input=listed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(objects)
