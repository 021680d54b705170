# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people look at, on a real stack with traces: dashboards, links between data sources, rules."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from loopback import ROOT
from stack import PASSWORD, Stack, missing_programs, stack

# Metrics that a healthy pipeline of these versions does not have, each with what makes it appear.
NOT_ALWAYS = {
    "tempo_live_store_complete_queue_length": "Tempo 3",
    "tempo_live_store_live_traces": "Tempo 3",
    "tempo_live_store_local_failed_flushes_total": "Tempo 3",
    "tempo_live_store_traces_created_total": "Tempo 3",
    "rpc_client_duration_milliseconds_bucket": "an older Alloy",
    "rpc_client_duration_milliseconds_count": "an older Alloy",
    "http_client_request_duration_seconds_bucket": "an exporter by HTTP",
    "http_client_request_duration_seconds_count": "an exporter by HTTP",
    "k6_dropped_iterations_total": "a generator that is too slow",
    "otelcol_exporter_enqueue_failed_spans_total": "a full queue",
    "otelcol_exporter_send_failed_spans_total": "a backend that refuses",
    "otelcol_processor_memory_limiter_refused_spans_total": "too little memory",
    "otelcol_processor_refused_spans_total": "its name before Alloy 1.19",
    "otelcol_receiver_accepted_metric_points_total": "an application that sends metrics",
    "otelcol_receiver_accepted_log_records_total": "an application that sends logs",
    "otelcol_exporter_sent_log_records_total": "an application that sends logs",
    "otelcol_exporter_send_failed_log_records_total": "an application that sends logs",
    "otelcol_exporter_enqueue_failed_log_records_total": "an application that sends logs",
    "alloy_logs_endpoint": "an option, in a description",
    "alloy_metrics_url": "an option, in a description",
    "kubelet_volume_stats_available_bytes": "a kubelet that is scraped",
    "kubelet_volume_stats_capacity_bytes": "a kubelet that is scraped",
    "tempo_vulture_error_total": "the canary",
    "tempo_vulture_trace_error_total": "the canary",
    "tempo_vulture_trace_total": "the canary",
    "tempo_block_builder_flushed_blocks": "a Tempo in components",
    "tempo_distributor_produce_failures_total": "a Tempo in components",
    "tempo_ingest_group_partition_lag": "a Tempo in components",
    "tempo_ingest_group_partition_lag_seconds": "a Tempo in components",
    "tempodb_backend_bytes_total": "a block in the storage, and a look at it",
}
METRIC = re.compile(
    r"\b(?:k6|otelcol|rpc_client|http_client|tempo|tempodb|traces|alloy|prometheus|process|kubelet)_\w+"
)
PLAY = """\
- name: CREATE
  hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: tracelab.k8s_tracing.grafana, tasks_from: "{{ item }}"}
      loop: [existing_api, verify, check_dashboards]
- name: AGAIN
  hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: tracelab.k8s_tracing.grafana, tasks_from: existing_api}
- name: REMOVE
  hosts: localhost
  gather_facts: false
  vars: {grafana_state: absent}
  tasks:
    - ansible.builtin.include_role: {name: tracelab.k8s_tracing.grafana, tasks_from: existing_api}
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    missing = missing_programs()
    if missing:
        pytest.skip(f"not in the cache: run `python3 -m testbed programs {' '.join(missing)}`")
    with stack(tmp_path_factory.mktemp("stack")) as made:
        wait_for_links(made)
        yield made


def wait_for_links(pipeline: Stack) -> None:
    """Until the first spans have become metrics with an exemplar: before that there is no link to follow."""
    exemplars = "/api/v1/query_exemplars?" + urlencode({"query": "traces_spanmetrics_latency_bucket"})
    until = time.monotonic() + 60
    while not pipeline.json("prometheus", exemplars)["data"]:
        assert time.monotonic() < until, "no metric made from spans has had an exemplar for 60 s"
        time.sleep(1)


def play(pipeline: Stack) -> str:
    """Runs the role against the Grafana that is there; what it printed."""
    settings = {
        "grafana_mode": "existing",
        "grafana_url": pipeline.url("grafana"),
        "grafana_admin_password": PASSWORD,
        "grafana_tempo_url": pipeline.url("tempo"),
        "grafana_prometheus_url": pipeline.url("prometheus"),
        "tempo_traceql_metrics_enabled": True,
        "_grafana_check_window": "15s",
        "_grafana_check_timeout": 60,
        "ansible_python_interpreter": sys.executable,
    }
    (pipeline.folder / "play.yml").write_text(PLAY)
    (pipeline.folder / "settings.json").write_text(json.dumps({"all": {"hosts": {"localhost": settings}}}))
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "-c",
        "local",
        "-i",
        "settings.json",
        "play.yml",
    ]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "no_proxy": "*", "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".collections")
    done = subprocess.run(command, env=environment, cwd=pipeline.folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_grafana_that_is_there_gets_dashboards_whose_every_panel_shows_something(pipeline: Stack) -> None:
    created, again, removed = re.split(r"PLAY \[(?:CREATE|AGAIN|REMOVE)\]", play(pipeline))[1:]
    counted = [int(number) for number in re.findall(r"(-?\d+)  Tracing \w+ / ", created)]
    assert len(counted) > 60 and min(counted) > 0
    said = created.partition("Print the data sources and their links")[2][:500]
    assert re.search(r"An exemplar leads to trace\s+[0-9a-f]{32}", said), said
    assert [part.count("changed: [") > 0 for part in (created, again, removed)] == [True, False, True]


def written(pipeline: Stack) -> str:
    """All queries of the dashboards and the rules."""
    boards = [file.read_text() for file in (ROOT / "roles" / "grafana" / "files" / "dashboards").glob("*.yml")]
    rules = pipeline.values["prometheus"]["serverFiles"]["recording_rules.yml"]["groups"][0]["rules"]
    alerts = pipeline.values["prometheus"]["serverFiles"]["alerting_rules.yml"]["groups"][0]["rules"]
    return "\n".join([*boards, *(rule["expr"] for rule in rules + alerts)])


def test_every_metric_that_is_asked_for_has_that_name(pipeline: Stack) -> None:
    """`or vector(0)` would hide a slip of the pen."""
    there = set(pipeline.json("prometheus", "/api/v1/label/__name__/values")["data"])
    asked = set(METRIC.findall(written(pipeline)))
    assert len(asked) > 40
    assert asked - there <= set(NOT_ALWAYS)
    assert set(NOT_ALWAYS) <= asked, "no query asks for these any more"


def test_every_rule_is_evaluated_and_no_alert_fires(pipeline: Stack) -> None:
    groups = pipeline.json("prometheus", "/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 15
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []
    assert [rule["name"] for rule in rules if rule.get("state") == "firing"] == []
    assert pipeline.query("tracing:spans_accepted:rate > 0")


def test_the_query_of_the_role_status_finds_every_figure(pipeline: Stack) -> None:
    screen = yaml.safe_load((ROOT / "roles" / "status" / "vars" / "main" / "screen.yml").read_text())
    query = screen["_status_query"].replace("{{ _status_jobs }}", screen["_status_jobs"])
    for where in ("_status_stack.alloy.namespace", "_status_stack.tempo.namespace"):
        assert f"{{{{ {where} }}}}" in query
        query = query.replace(f"{{{{ {where} }}}}", "tracing")
    found = pipeline.query(query)
    jobs = {(item["metric"]["figure"], item["metric"].get("job", "")) for item in found}
    parts = ("alloy", "grafana", "prometheus", "tempo")
    wanted = {(figure, job) for figure in ("cpu", "memory") for job in parts}
    assert jobs == {*wanted, ("queue", ""), ("latency", "")}


def test_the_service_graph_is_the_generators_topology(pipeline: Stack) -> None:
    topology = yaml.safe_load((ROOT / "roles" / "k6_trace_generator" / "defaults" / "main.yml").read_text())
    wanted = set()
    for flow in topology["k6_trace_generator_topology"]:
        services = {span["id"]: span["service"] for span in flow["spans"]}
        pairs = ((services.get(span.get("parent", "")), span["service"]) for span in flow["spans"])
        wanted |= {(client, server) for client, server in pairs if client and client != server}
    until = time.monotonic() + 30
    found: set[tuple[str, str]] = set()
    while found != wanted and time.monotonic() < until:
        # A call to a database has one side only, and is named after the database.
        series = pipeline.query('traces_service_graph_request_total{connection_type=""}')
        found = {(item["metric"]["client"], item["metric"]["server"]) for item in series}
        time.sleep(1)
    assert found == wanted
