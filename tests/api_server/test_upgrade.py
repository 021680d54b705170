# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook upgrade on a real API server: its steps, and what it refuses with nothing changed.

A real Tempo on loopback answers for the Service, since no pod runs; pods are marked as ready for it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import ApiServer
from live_plays import CHARTS, Outcome, Plays
from loopback import TEMPO_2, free_ports, opener, program, running
from service_proxy import Asked, Play, service_proxy

JSON = {"Content-Type": "application/json"}
KINDS = (
    "api/v1:secrets",
    "api/v1:configmaps",
    "api/v1:services",
    "apis/apps/v1:deployments",
    "apis/apps/v1:statefulsets",
    "apis/networking.k8s.io/v1:networkpolicies",
)
# So that it says for how long it keeps its blocks.
CONFIG = TEMPO_2.replace("compactor:\n", "compactor:\n  compaction: {{block_retention: 48h}}\n")


def state(cluster: ApiServer, namespace: str) -> dict[str, str]:
    """All that an upgrade could change, with the version of each object's content."""
    found = {}
    for group, _colon, kind in (entry.partition(":") for entry in KINDS):
        for one in cluster.ask("GET", f"/{group}/namespaces/{namespace}/{kind}").content["items"]:
            content = {key: one.get(key) for key in ("spec", "data")}
            found[f"{kind}/{one['metadata']['name']}"] = json.dumps(content, sort_keys=True)
    return found


def install(plays: Plays, namespace: str, tag: str, chart: Path = CHARTS / "tempo", **values: Any) -> None:
    """A release by Helm itself, which takes a second where the role takes many."""
    given = {
        "fullnameOverride": "tempo",
        "persistence": {"enabled": True},
        "tempo": {"tag": tag, "metricsGenerator": {"enabled": False}},
        **values,
    }
    file = plays.folder / "values.json"
    file.write_text(json.dumps(given))
    helm = ["upgrade", "--install", "tempo", str(chart), "--namespace", namespace, "--values", str(file)]
    kubeconfig = ["--kubeconfig", str(plays.cluster.kubeconfig)]
    subprocess.run([str(program("helm")), *helm, *kubeconfig], check=True, capture_output=True, timeout=120)


def where(namespace: str, **more: Any) -> dict[str, Any]:
    quick = {"tempo_wait_timeout": 60, "k8s_tracing_upgrade_verify": False, "k8s_tracing_upgrade_traces": 2}
    return {"k8s_tracing_namespace": namespace, "tempo_metrics_generator_enabled": False, **quick, **more}


def steps(outcome: Outcome) -> list[str]:
    """The lines without the reasons below them."""
    return [line for line in outcome.result("Print the steps")["msg"] if not line.startswith(" ")]


def test_check_mode_prints_the_steps_and_changes_nothing(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    install(plays, namespace, "2.8.0")
    before = state(cluster, namespace)
    given = where(namespace, tempo_image_tag="2.9.0")
    outcome = plays.playbook("upgrade", given, arguments=["--check", "--diff"]).assert_ok()
    assert steps(outcome) == ["1. tempo: 2.8.0 to 2.9.0, chart tempo stays 2.2.4+testbed"]
    assert "   value persistence.size is added" in outcome.result("Print the steps")["msg"]
    assert "+        image: docker.io/grafana/tempo:2.9.0" in outcome.text
    assert outcome.result("Print that nothing was changed")["msg"].startswith("Check mode: nothing was changed.")
    assert state(cluster, namespace) == before


def test_without_a_stack_nothing_is_made(plays: Plays, cluster: ApiServer, namespace: str) -> None:
    for place in (namespace, "nowhere"):
        outcome = plays.playbook("upgrade", where(place))
        assert outcome.code != 0
        assert outcome.failures[-1].startswith(f"No stack here: release tempo in namespace {place} has no workload.")
    assert "nowhere" not in cluster.namespaces()
    assert cluster.names(f"/api/v1/namespaces/{namespace}/secrets") == []


def chart_of(folder: Path, **metadata: str) -> Path:
    """The stand-in chart under another name or version."""
    chart = folder / "chart"
    chart.mkdir()
    for path in (CHARTS / "tempo").rglob("*"):
        goal = chart / path.relative_to(CHARTS / "tempo")
        goal.mkdir(exist_ok=True) if path.is_dir() else goal.write_bytes(path.read_bytes())
    content = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump({**content, **metadata}))
    return chart


def pending(cluster: ApiServer, namespace: str) -> None:
    """As a Helm that was killed leaves it."""
    path = f"/api/v1/namespaces/{namespace}/secrets/sh.helm.release.v1.tempo.v1"
    secret = cluster.ask("GET", path).content
    secret["metadata"]["labels"]["status"] = "pending-upgrade"
    release = json.loads(_unpacked(secret["data"]["release"]))
    release["info"]["status"] = "pending-upgrade"
    secret["data"]["release"] = _packed(json.dumps(release))
    assert cluster.ask("PUT", path, secret).status == 200


def _unpacked(data: str) -> bytes:
    return gzip.decompress(base64.b64decode(base64.b64decode(data)))


def _packed(text: str) -> str:
    return base64.b64encode(base64.b64encode(gzip.compress(text.encode()))).decode()


def says(version: str, block: str) -> Play:
    """A Tempo that tells its version and the format of its blocks, and nothing else."""
    answers = {
        "/api/status/buildinfo": json.dumps({"version": version}),
        "/status/config": f"storage: {{trace: {{block: {{version: {block}}}}}}}\n",
        "/ready": "ready\n",
    }

    def play(asked: Asked) -> tuple[int, Mapping[str, str], bytes]:
        found = answers.get(asked.path.partition("?")[0])
        return (404, JSON, b"{}") if found is None else (200, {"Content-Type": "text/plain"}, found.encode())

    return play


@contextmanager
def front(plays: Plays, play: Play) -> Iterator[dict[str, str]]:
    """Settings that lead through a front which plays Tempo's Service."""
    with service_proxy(plays.cluster, play) as url:
        parts = {"server": url, "certificate-authority": str(plays.cluster.ca)}
        kubeconfig = plays.cluster.write_kubeconfig(plays.folder / "front", cluster=parts)
        yield {"k8s_tracing_kubeconfig": str(kubeconfig)}


# What is installed, what is asked for, and words of the refusal.
Row = tuple[str, dict[str, Any], str]
REFUSED: dict[str, Row] = {
    "tempo_3_to_2": ("3.0.3", {}, "This change would take Tempo back from 3.0.3 to 2.10.8"),
    "back_across_block_formats": (
        "2.8.0",
        {"tempo_image_tag": "2.4.0"},
        "Tempo 2.8.0 writes blocks in vParquet4, which",
    ),
    "a_skipped_step": ("2.3.1", {}, "upgrade to Tempo 2.9 first, which writes vParquet4"),
    "pending": ("2.8.0", {}, "The last revision of release tempo in namespace"),
    "an_unknown_version": ("latest", {}, "It is not known which Tempo runs as release tempo"),
    "rolled_back": ("2.8.0", {"tempo_state": "rolled_back"}, "tempo_state is rolled_back, and an upgrade goes forward"),
    "chart_of_another_major": (
        "2.8.0",
        {"tempo_image_tag": "3.0.3"},
        "which does not run Tempo 3 (tempo_image_tag 3.0.3)",
    ),
    "flat_overrides": (
        "2.8.0",
        {"tempo_image_tag": "3.0.3", "tempo_values": {"tempo": {"overrides": {"max_traces_per_user": 1}}}},
        "set tempo.overrides.defaults.ingestion.max_traces_per_user instead",
    ),
    "distributed_without_kafka": ("2.8.0", {"tempo_mode": "distributed"}, "tempo_kafka_address is '', but tempo_mode"),
}


class Refused:
    """What was said for each row, and what was changed. Every row is a host of one run, with a namespace of its own."""

    def __init__(self, plays: Plays) -> None:
        cluster = plays.cluster
        places = {name: cluster.make_namespace(f"refused-{number}") for number, name in enumerate(REFUSED)}
        for name, (tag, _settings, _words) in REFUSED.items():
            install(plays, places[name], tag)
        pending(cluster, places["pending"])
        before = {name: state(cluster, place) for name, place in places.items()}
        hosts = {name: where(places[name], **REFUSED[name][1]) for name in REFUSED}
        self.outcome = plays.playbook("upgrade", hosts=hosts)
        self.changed = [name for name, place in places.items() if state(cluster, place) != before[name]]
        for place in places.values():
            cluster.remove_namespace(place)

    def said(self, name: str) -> list[str]:
        return [str(row["result"].get("msg")) for row in self.outcome.tasks if row["failed"] and row["host"] == name]


@pytest.fixture(scope="module")
def refused(cluster: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    return Refused(Plays(cluster, tmp_path_factory.mktemp("refused")))


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_done_is_refused_with_nothing_changed(refused: Refused, name: str) -> None:
    (said,) = refused.said(name)
    assert REFUSED[name][2] in said
    assert refused.changed == []


def test_blocks_that_the_newer_tempo_does_not_read_are_refused(
    plays: Plays, cluster: ApiServer, namespace: str, tmp_path: Path
) -> None:
    """As the running Tempo says it: its image alone would not tell."""
    install(plays, namespace, "2.10.8")
    before = state(cluster, namespace)
    newer = chart_of(tmp_path, version="3.1.1", appVersion="3.0.3")
    # The stand-in chart has no sections of Tempo 3, and the role's values for them are not what this is about.
    given = where(namespace, tempo_image_tag="3.0.3", tempo_chart_ref=str(newer))
    with front(plays, says("2.10.8", "vParquet3")) as settings:
        outcome = plays.playbook("upgrade", {**given, **settings})
    assert outcome.code != 0
    said = outcome.failures[-1]
    assert "leave its block.version out, or set it to vParquet4" in said, outcome.failures
    # What that Tempo would leave in its write-ahead log is the other reason.
    assert "and Tempo 3.0.3 does not read that log: run the playbook site with tempo_image_tag 2.10.8 first" in said
    assert state(cluster, namespace) == before


@pytest.fixture
def tempo(tmp_path: Path) -> Iterator[Play]:
    """A real Tempo that answers for the Service."""
    binary = program("tempo")
    if binary is None:
        pytest.skip("no Tempo binary: set TEMPO_BINARY, or fetch one with `python3 -m testbed programs tempo`")
    ports = dict(zip(("http", "grpc", "otlp", "gossip"), free_ports(4), strict=True))
    config = tmp_path / "tempo.yaml"
    config.write_text(CONFIG.format(data=tmp_path, **ports))

    def play(asked: Asked) -> tuple[int, Mapping[str, str], bytes] | None:
        if asked.name != "tempo":
            return None
        port = ports["otlp" if asked.path.startswith("/v1/traces") else "http"]
        kept = {
            key: value for key, value in asked.headers.items() if key in ("content-type", "x-scope-orgid", "accept")
        }
        url, body = f"http://127.0.0.1:{port}{asked.path}", asked.body or None
        try:
            with opener().open(urllib.request.Request(url, body, kept, method=asked.method), timeout=30) as answer:
                return answer.status, _kind(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, _kind(error.headers), error.read()

    with running([binary, f"-config.file={config}"], tmp_path / "tempo.log", f"http://127.0.0.1:{ports['http']}/ready"):
        yield play


def _kind(headers: Any) -> dict[str, str]:
    return {"Content-Type": headers.get("Content-Type", "")}


@contextmanager
def pods_made_ready(cluster: ApiServer, namespace: str) -> Iterator[None]:
    """What a kubelet does, without one: each pod is ready as soon as it is there."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    ended = threading.Event()

    def mark() -> None:
        while not ended.wait(0.5):
            with contextlib.suppress(OSError, KeyError):
                for pod in cluster.ask("GET", path).content["items"]:
                    if not (pod.get("status") or {}).get("conditions"):
                        ready = [{"type": name, "status": "True"} for name in ("Ready", "ContainersReady")]
                        status = {"phase": "Running", "conditions": ready}
                        cluster.ask("PUT", f"{path}/{pod['metadata']['name']}/status", {**pod, "status": status})

    thread = threading.Thread(target=mark, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def image_of_tempo(cluster: ApiServer, namespace: str) -> str:
    found = cluster.ask("GET", f"/apis/apps/v1/namespaces/{namespace}/statefulsets/tempo").content
    image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def test_a_step_is_taken_and_what_was_stored_is_found(
    plays: Plays, cluster: ApiServer, namespace: str, tempo: Play
) -> None:
    install(plays, namespace, "2.8.0")
    with pods_made_ready(cluster, namespace), front(plays, tempo) as settings:
        given = where(namespace, tempo_image_tag="2.9.0", **settings)
        outcome = plays.playbook("upgrade", given).assert_ok()
        again = plays.playbook("upgrade", given).assert_ok()
    assert outcome.result("Print what was found")["msg"].startswith("tempo: 2 traces that were stored before are found")
    assert outcome.result("Print what was done")["msg"] == [
        "Upgraded and proven: tempo: 2.8.0 to 2.9.0, chart tempo stays 2.2.4+testbed"
    ]
    assert image_of_tempo(cluster, namespace) == "docker.io/grafana/tempo:2.9.0"
    assert again.result("Print the steps")["msg"] == [
        "Everything runs in the versions and with the values that the settings ask for."
    ]
    assert again.changed == 0


def test_a_step_that_fails_says_how_to_go_back(plays: Plays, cluster: ApiServer, namespace: str, tempo: Play) -> None:
    """No pod comes up here."""
    install(plays, namespace, "2.8.0")
    with front(plays, tempo) as settings:
        given = where(namespace, tempo_image_tag="2.9.0", **settings, tempo_wait_timeout=3)
        outcome = plays.playbook("upgrade", given)
    assert outcome.code != 0
    (said,) = outcome.failures[-1:]
    assert said.startswith("The step tempo: 2.8.0 to 2.9.0, chart tempo stays 2.2.4+testbed failed: ")
    assert "To roll back: ansible-playbook tracelab.k8s_tracing.site --tags tempo -e tempo_state=rolled_back" in said
