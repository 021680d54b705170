"""An address of the user's keeps all of its parts, wherever a role or a playbook asks or hands it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plays import run_play
from test_links import run_plays

pytestmark = pytest.mark.case("C3")
PLAY = """\
- hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    k8s_tracing_namespace: tracing
    verify_namespace: tracing
    prometheus: "{{ lookup('tracelab.k8s_tracing.part', 'prometheus', own='verify') }}"
  tasks:
    - ansible.builtin.include_role: {name: tracelab.k8s_tracing.grafana, tasks_from: address, public: true}
    - ansible.builtin.debug:
        msg: >-
          {{ {'prometheus': prometheus.endpoint, 'grafana': _grafana_at} | to_json
             | written_to(playbook_dir ~ '/outcomes/' ~ inventory_hostname) }}
"""
EXISTING = {"prometheus_mode": "existing", "grafana_mode": "existing"}
SUB_PATH = {"grafana.ini": {"server": {"serve_from_sub_path": True}}}
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "path": {
        **EXISTING,
        "prometheus_url": "http://p.monitoring.svc:9090/prometheus/",
        "grafana_url": "https://g.monitoring.svc/grafana/",
    },
    "short": {**EXISTING, "prometheus_url": "http://p.monitoring:9090", "grafana_url": "http://g.monitoring:3000/x"},
    "outside": {**EXISTING, "prometheus_url": "HTTPS://Prometheus.Example.com/p/", "grafana_url": "http://[::1]:3000"},
    "domain": {
        **EXISTING,
        "prometheus_url": "https://p.monitoring.svc.k8s.corp:9443",
        "grafana_url": "http://g.lan:3000",
    },
    "prefix": {
        "prometheus_values": {"server": {"prefixURL": "/prometheus"}},
        "grafana_root_url": "https://mon.example/grafana/",
        "grafana_ini": {"server": {"serve_from_sub_path": True}},
    },
    "values": {
        "prometheus_values": {"server": {"prefixURL": "metrics/", "service": {"servicePort": 9090}}},
        "grafana_root_url": "https://mon.example/grafana/",
        "grafana_values": SUB_PATH,
    },
    "redirected": {"grafana_root_url": "https://mon.example/grafana/"},
}


@pytest.fixture(scope="module")
def outcomes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("addresses")
    (folder / "outcomes").mkdir()
    run_play(root, folder, PLAY, {"hosts": CASES})
    return {case: json.loads((folder / "outcomes" / case).read_text()) for case in CASES}


def service(namespace: str, name: str, port: int, scheme: str = "http", path: str = "") -> dict[str, Any]:
    parts = {"namespace": namespace, "service": name, "service_port": port, "service_scheme": scheme}
    return {f"prometheus_{part}": value for part, value in {**parts, "service_path": path}.items()}


@pytest.mark.parametrize(
    ("case", "asked_at"),
    [
        ("plain", service("tracing", "prometheus-server", 80)),
        ("path", service("monitoring", "p", 9090, path="/prometheus")),
        ("short", service("monitoring", "p", 9090)),
        ("outside", {"prometheus_url": "https://prometheus.example.com/p"}),
        ("domain", service("monitoring", "p", 9443, "https")),
        ("prefix", service("tracing", "prometheus-server", 80, path="/prometheus")),
        ("values", service("tracing", "prometheus-server", 9090, path="/metrics")),
    ],
)
def test_where_verify_asks_for_metrics(outcomes: dict[str, Any], case: str, asked_at: dict[str, Any]) -> None:
    assert outcomes[case]["prometheus"] == asked_at


@pytest.mark.parametrize(
    ("case", "url", "in_cluster"),
    [
        ("plain", "http://grafana.tracing.svc:80", True),
        ("path", "https://g.monitoring.svc/grafana", True),
        ("short", "http://g.monitoring:3000/x", True),
        ("outside", "http://[::1]:3000", False),
        ("domain", "http://g.lan:3000", False),
        ("prefix", "http://grafana.tracing.svc:80/grafana", True),
        ("values", "http://grafana.tracing.svc:80/grafana", True),
        ("redirected", "http://grafana.tracing.svc:80", True),
    ],
)
def test_where_grafana_is_asked(outcomes: dict[str, Any], case: str, url: str, in_cluster: bool) -> None:
    found = outcomes[case]["grafana"]
    assert (found["url"], found["in_cluster"]) == (url, in_cluster)


def test_a_path_of_prometheus_is_followed_by_all_who_write_and_read(root: Path, tmp_path: Path) -> None:
    roles = [
        {"ansible.builtin.import_role": {"name": f"tracelab.k8s_tracing.{role}"}}
        for role in ("prometheus", "tempo", "grafana")
    ]
    given = {"prometheus_values": {"server": {"prefixURL": "/prometheus"}}}
    found = run_plays(root, tmp_path, {"one": {"tasks": roles, "vars": given}})["one"]
    values = {role: content for (role, _namespace, _release), content in found.items()}
    at = "http://prometheus-server.tracing.svc:80/prometheus"
    written = values["tempo"]["tempo"]["metricsGenerator"]["storage"]["remote_write"]
    assert [one["url"] for one in written] == [f"{at}/api/v1/write"]
    sources = values["grafana"]["datasources"]["datasources.yaml"]["datasources"]
    assert next(one["url"] for one in sources if one["type"] == "prometheus") == at
    assert values["prometheus"]["scrapeConfigs"]["prometheus"] == {"metrics_path": "/prometheus/metrics"}
