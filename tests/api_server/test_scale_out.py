# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook scale_out on a real API server: its steps, and what it refuses with nothing changed.

No pod runs: a front answers for the one process, with what a Tempo says of itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import ApiServer
from live_plays import Plays
from service_proxy import Asked
from test_upgrade import chart_of, front, install, state

S3 = {"bucket": "traces", "endpoint": "s3.example.com"}
# By namespace: the version and the configuration of the Tempo that runs there.
Known = dict[str, tuple[str, dict[str, Any]]]


def configuration(**trace: Any) -> dict[str, Any]:
    return {
        "storage": {"trace": {"backend": "s3", "s3": S3, "block": {"version": "vParquet4"}, **trace}},
        "multitenancy_enabled": False,
        "backend_worker": {"compaction": {"block_retention": "48h0m0s"}},
    }


def says(known: Known) -> Callable[[Asked], tuple[int, Mapping[str, str], bytes] | None]:
    def play(asked: Asked) -> tuple[int, Mapping[str, str], bytes] | None:
        if asked.namespace not in known or asked.name != "tempo":
            return None
        version, config = known[asked.namespace]
        answers = {
            "/api/status/buildinfo": json.dumps({"version": version}),
            "/status/config": yaml.safe_dump(config),
            "/ready": "ready\n",
        }
        found = answers.get(asked.path.partition("?")[0])
        return (404, {}, b"{}") if found is None else (200, {"Content-Type": "text/plain"}, found.encode())

    return play


def wanted(namespace: str, chart: Path, **more: Any) -> dict[str, Any]:
    """Settings of the components that go on with what the process has."""
    return {
        "k8s_tracing_namespace": namespace,
        "tempo_mode": "distributed",
        "tempo_release_name": "tempo-distributed",
        "tempo_chart_ref": str(chart),
        "tempo_storage_backend": "s3",
        "tempo_storage_s3": S3,
        "tempo_kafka_address": "kafka.example.com:9092",
        "tempo_metrics_generator_enabled": False,
        **more,
    }


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in chart by the name of the one for components: what is planned needs no more."""
    return chart_of(tmp_path_factory.mktemp("chart"), name="tempo-distributed", version="3.3.0", appVersion="3.0.3")


def test_check_mode_prints_the_steps_and_changes_nothing(
    plays: Plays, cluster: ApiServer, namespace: str, chart: Path
) -> None:
    install(plays, namespace, "3.0.3")
    before = state(cluster, namespace)
    with front(plays, says({namespace: ("3.0.3", configuration())})) as settings:
        outcome = plays.playbook("scale_out", {**wanted(namespace, chart), **settings}, arguments=["--check"])
    lines = outcome.assert_ok().result("Print the steps of the scale-out")["msg"]
    assert lines == [
        "1. tempo: 3.0.3 is installed as release tempo-distributed, chart tempo-distributed 3.3.0",
        "2. tempo: what release tempo has stored is found through the components, and it is removed; its volume claim "
        "stays",
    ]
    assert outcome.result("Print that nothing was changed")["msg"].startswith("Check mode: nothing was changed.")
    assert state(cluster, namespace) == before


# What runs as release tempo, its version and configuration, settings that differ, and words of the refusal.
Row = tuple[str, dict[str, Any], dict[str, Any], str]
REFUSED: dict[str, Row] = {
    "nothing_there": ("", {}, {}, "No Tempo here: release tempo in namespace"),
    "same_name": ("3.0.3", {}, {"tempo_release_name": "tempo"}, "tempo_release_name is tempo, as is the release of"),
    "one_process_wanted": ("3.0.3", {}, {"tempo_mode": "monolithic"}, "tempo_mode is monolithic: the settings say"),
    "tempo_2": ("2.10.8", {}, {}, "runs Tempo 2.10.8, and components take Tempo 3: go to Tempo 3 in one process first"),
    "local": (
        "3.0.3",
        {"backend": "local"},
        {},
        "keeps its blocks on a volume of its own (tempo_storage_backend local)",
    ),
    "another_bucket": (
        "3.0.3",
        {"s3": {**S3, "bucket": "elsewhere"}},
        {},
        "keeps its blocks at bucket 'elsewhere', and tempo_storage_s3.bucket is 'traces'",
    ),
    "vparquet3": ("3.0.3", {"block": {"version": "vParquet3"}}, {}, "writes blocks in vParquet3, which Tempo 3.0.3"),
    "shorter_retention": ("3.0.3", {}, {"tempo_retention": "24h"}, "Blocks are kept for 48 hours, and with these"),
    "local_wanted": ("3.0.3", {}, {"tempo_storage_backend": "local"}, "share an object store: set it to s3, gcs or"),
    "no_kafka": ("3.0.3", {}, {"tempo_kafka_address": ""}, "tempo_kafka_address is '', but tempo_mode=distributed"),
    "kafka_is_not_there": (
        "3.0.3",
        {},
        {"tempo_kafka_address": "kafka.default.svc:9092", "k8s_tracing_allow_missing_targets": False},
        "tempo_kafka_address leads to kafka.default.svc:9092, and there is no Service kafka",
    ),
    "tempo_2_wanted": ("3.0.3", {}, {"tempo_image_tag": "2.10.8"}, "but tempo_mode=distributed takes Tempo 3"),
    "flat_overrides": (
        "3.0.3",
        {},
        {"tempo_values": {"overrides": {"max_traces_per_user": 1}}},
        "set overrides.defaults.ingestion.max_traces_per_user instead",
    ),
    "components_already": ("components", {}, {}, "runs Tempo in components already"),
    "the_way_back": ("components", {}, {"tempo_mode": "monolithic"}, "there is no way back by this playbook"),
}


def label_as_components(cluster: ApiServer, namespace: str) -> None:
    """Beside the StatefulSet of the stand-in, the workload that tells components."""
    labels = {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/instance": "tempo"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "tempo", "image": "grafana/tempo:3.0.3"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": "tempo-distributor", "labels": labels}
    cluster.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", {"metadata": metadata, "spec": spec})


class Refused:
    """What was said for each row, and what was changed. Every row is a host of one run, with a namespace of its own."""

    def __init__(self, plays: Plays, chart: Path) -> None:
        cluster = plays.cluster
        places = {name: cluster.make_namespace(f"not-scaled-{number}") for number, name in enumerate(REFUSED)}
        known: Known = {}
        for name, (tag, trace, _settings, _words) in REFUSED.items():
            if tag:
                install(plays, places[name], "3.0.3" if tag == "components" else tag)
                known[places[name]] = (tag, configuration(**trace))
            if tag == "components":
                label_as_components(cluster, places[name])
        before = {name: state(cluster, place) for name, place in places.items()}
        with front(plays, says(known)) as settings:
            hosts = {
                name: {**wanted(places[name], chart), **settings, **row[2], **_chart_of_mode(row[2])}
                for name, row in REFUSED.items()
            }
            self.outcome = plays.playbook("scale_out", hosts=hosts)
        self.changed = [name for name, place in places.items() if state(cluster, place) != before[name]]
        for place in places.values():
            cluster.remove_namespace(place)

    def said(self, name: str) -> list[str]:
        return [str(row["result"].get("msg")) for row in self.outcome.tasks if row["failed"] and row["host"] == name]


def _chart_of_mode(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"tempo_kafka_address": ""} if settings.get("tempo_mode") == "monolithic" else {}


@pytest.fixture(scope="module")
def refused(cluster: ApiServer, chart: Path, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    return Refused(Plays(cluster, tmp_path_factory.mktemp("refused")), chart)


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_done_is_refused_with_nothing_changed(refused: Refused, name: str) -> None:
    (said,) = refused.said(name)
    assert REFUSED[name][3] in said
    assert refused.changed == []


def test_where_tempo_runs_in_components_nothing_is_done(
    plays: Plays, cluster: ApiServer, namespace: str, chart: Path
) -> None:
    label_as_components(cluster, namespace)
    before = state(cluster, namespace)
    given = wanted(namespace, chart, tempo_release_name="tempo", k8s_tracing_scale_out_from="single")
    outcome = plays.playbook("scale_out", given).assert_ok()
    assert outcome.result("Print that it is done")["msg"].startswith(
        "Nothing to do: Tempo runs in components, as release"
    )
    assert outcome.changed == 0
    assert state(cluster, namespace) == before
