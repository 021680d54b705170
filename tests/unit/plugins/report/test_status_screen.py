# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one screen of status.yml."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import tracing_status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.account import make_account
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.counters import sample_from_dict
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.stack_state import age
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.status_screen import (
    Read,
    lost,
    screen,
    state,
)

ACCOUNT = {"accepted": 1200, "sent": 1200, "received": 1190, "queued": 3, "refused": 0, "discarded_total": 10}
EMPTY = ["Spans a second over 10 s: into Alloy unread, out of Alloy unread, into Tempo unread; lost unread"]


def pod(name: str, image: str, *, ready: bool = True, restarts: int = 0, **more: Any) -> dict[str, Any]:
    resources = {"requests": {"cpu": "100m"}, "limits": {"memory": "600Mi"}}
    waiting = {"waiting": {"reason": more["reason"]}} if "reason" in more else {}
    return {
        "metadata": {
            "name": f"{name}-1",
            "labels": {"app.kubernetes.io/name": name} if more.get("labelled", True) else None,
        },
        "spec": {"containers": [{"image": image, "resources": more.get("resources", resources)}]},
        "status": {
            "phase": more.get("phase", "Running"),
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"restartCount": restarts, "state": waiting}],
        },
    }


def shown(
    pods: list[Any], account: Any, period: float, samples: list[Any], addresses: list[str], **more: Any
) -> list[str]:
    return screen(Read(pods, account or {}, period, samples, **more), addresses)


def sample(figure: str, value: str, job: str = "") -> dict[str, Any]:
    return {"metric": {"figure": figure, **({"job": job} if job else {})}, "value": [1.0, value]}


def test_a_stack_in_order() -> None:
    pods = [
        pod("tempo", "docker.io/grafana/tempo:2.8.0", restarts=2),
        pod("alloy", "localhost:5000/grafana/alloy:v1.19.0@sha256:00", restarts=1),
        pod("alloy", "localhost:5000/grafana/alloy:v1.19.0@sha256:00"),
        pod("k6-trace-generator", "grafana/k6", ready=False, phase="Succeeded", resources=None),
    ]
    samples = [
        sample("cpu", "0.25", "alloy"),
        sample("memory", "134217728", "alloy"),
        sample("queue", "0.5"),
        sample("latency", "0.0123"),
    ]
    assert shown(pods, ACCOUNT, 10, samples, ["Grafana: here"]) == [
        "COMPONENT           VERSION  HEALTH                 AGE  CPU (REQUESTED)  MEMORY (LIMIT)",
        "alloy               v1.19.0  2/2 ready, 1 restart   -    0.25 (0.2)       128Mi (1.17Gi)",
        "k6-trace-generator  latest   1 done                 -    -                -",
        "tempo               2.8.0    1/1 ready, 2 restarts  -    - (0.1)          - (600Mi)",
        "",
        "Spans a second over 10 s: into Alloy 120.0, out of Alloy 120.0, into Tempo 119.0; "
        "lost 10 (10 discarded by Tempo)",
        "Queue of Alloy: 3 waiting (50% full). Ingestion by Tempo: 12 ms for 95 of 100 batches.",
        "",
        "Grafana: here",
    ]


def test_each_component_of_tempo_has_a_row_and_says_how_far_it_is_behind() -> None:
    pods = [pod("tempo", "tempo:3.0.3"), pod("tempo", "tempo:3.0.3"), pod("grafana", "grafana:1")]
    for one, component in zip(pods, ("live-store", "block-builder", "server"), strict=True):
        one["metadata"]["labels"]["app.kubernetes.io/component"] = component
    samples = [sample("lag", "0.4", "tempo-live-store"), sample("lag", "212", "tempo-block-builder")]
    samples.append(sample("memory", "134217728", "tempo-live-store"))
    lines = shown(pods, ACCOUNT, 10, samples, [])
    assert [line.split()[0] for line in lines[1:4]] == ["grafana", "tempo-block-builder", "tempo-live-store"]
    assert lines[3].endswith("128Mi (600Mi)")
    assert lines[7] == "Behind Kafka: tempo-block-builder 212 s, tempo-live-store 0 s."
    found = state(Read(pods, ACCOUNT, 10, samples), {}, [])
    assert found["kafka_lag_seconds"] == {"tempo-block-builder": 212.0, "tempo-live-store": 0.4}
    assert state(Read([], ACCOUNT, 10, []), {}, [])["kafka_lag_seconds"] == {}


def test_a_generator_that_runs_has_its_rate() -> None:
    pods = [pod("k6-trace-generator", "grafana/k6:2.0.0"), pod("tempo", "tempo:1")]
    counted = {**ACCOUNT, "background": 76, "background_traces": 10}
    lines = shown(pods, counted, 10, [], [])
    assert lines[1].startswith("k6-trace-generator  2.0.0    1/1 ready, 1.0 traces a second  -")
    assert lines[2].startswith("tempo               1        1/1 ready  ")
    assert state(Read(pods, counted, 10, []), {}, [])["spans"]["per_second"]["generators"] == 7.6
    # One that is not ready, or whose count is not known, says nothing of a rate.
    for given, account in ((pod("k6-trace-generator", "k6", ready=False), counted), (pods[0], ACCOUNT)):
        assert "a second  " not in shown([given], account, 10, [], [])[1]


def test_what_keeps_a_pod_is_said() -> None:
    lines = shown([pod("tempo", "tempo:1", ready=False, reason="CrashLoopBackOff", labelled=False)], None, 10, [], [])
    assert lines[1].startswith("tempo-1    1        0/1 ready, CrashLoopBackOff")


def test_nothing_there_is_said_and_not_counted_as_zero() -> None:
    lines = shown([], None, 10, [sample("latency", "NaN")], [])
    assert lines[:3] == ["No pod of the stack runs here.", "", *EMPTY]
    assert lines[3] == "Queue of Alloy: unread. Ingestion by Tempo: unread."


def test_losses_are_added_up_by_place() -> None:
    assert lost({"refused": 0}) == "0"
    assert lost({"refused": 2, "enqueue_failed": 3}) == "5 (2 refused by Alloy, 3 no room in the queue)"


@pytest.mark.case("A4")
def test_a_part_that_was_not_read_lost_no_zero() -> None:
    nothing = {"where": "there", "instances": {}, "error_kind": "not_kubernetes", "error": "No answer."}
    unread = sample_from_dict({"taken_at": 1, "alloy": nothing, "tempo": nothing})
    assert lost(make_account(unread, unread).to_dict()) == "unread"
    tempo = {**nothing, "instances": {"t": {"received": 5.0, "receiver_refused": 0.0}}}
    half = sample_from_dict({"taken_at": 1, "alloy": nothing, "tempo": tempo})
    assert lost(make_account(half, half).to_dict()) == (
        "0, and unread: refused by Alloy, given up, no room in the queue"
    )


def test_the_filter() -> None:
    assert tracing_status([], period=10)["lines"][2:3] == EMPTY
    with pytest.raises(AnsibleFilterError, match="list of pods"):
        tracing_status("pods")


NOW = 1_800_000_000.0


def part(name: str, **more: Any) -> dict[str, Any]:
    return {"part": name, "namespace": "tracing", "release_name": name, "services": [name], "state": "present", **more}


def placed(item: dict[str, Any], name: str, namespace: str = "tracing", created: str = "") -> dict[str, Any]:
    labels = {**(item["metadata"].get("labels") or {}), "app.kubernetes.io/instance": name}
    metadata = {**item["metadata"], "namespace": namespace, "labels": labels, "creationTimestamp": created}
    return {**item, "metadata": metadata}


def workload(name: str, replicas: int | None, kind: str = "Deployment", namespace: str = "tracing") -> dict[str, Any]:
    spec = {} if replicas is None else {"replicas": replicas}
    return placed({"kind": kind, "metadata": {"name": name}, "spec": spec}, name, namespace)


CLAIM = {
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data-tempo-0", "namespace": "tracing"},
    "spec": {"resources": {"requests": {"storage": "10Gi"}}},
    "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
}
VOLUME = {"metric": {"figure": "volume", "persistentvolumeclaim": "data-tempo-0"}, "value": [1.0, "3221225472"]}


def stack(**more: Any) -> Read:
    given: dict[str, Any] = {
        "pods": [placed(pod("tempo", "tempo:2.8.0"), "tempo", created="2027-01-14T08:00:00Z")],
        "account": ACCOUNT | {"discarded_total": 0, "queued": 0},
        "period": 10,
        "samples": [],
        "parts": [part("tempo"), part("alloy")],
        "objects": [workload("tempo", 1, "StatefulSet"), workload("alloy", None, "DaemonSet")],
        "now": NOW,
    }
    return Read(**{**given, **more})


@pytest.mark.case("F7")
def test_a_part_that_is_scaled_to_nothing_has_a_row_and_is_a_problem() -> None:
    read = stack(objects=[workload("tempo", 1, "StatefulSet"), workload("alloy", 0)])
    assert any(line.split()[:6] == ["alloy", "-", "scaled", "to", "0", "replicas"] for line in screen(read, []))
    found = state(read, {"namespace": "tracing"}, ["Grafana: here"])
    assert (found["ok"], found["problems"]) == (False, ["alloy is scaled to 0 replicas."])
    assert found["missing"] == [{"name": "alloy", "what": "scaled to 0 replicas"}]
    generator = {**part("k6_trace_generator", services=[]), "release_name": "k6-traces"}
    read = stack(parts=[generator], objects=[workload("k6-traces", 0)])
    assert state(read, {}, [])["problems"] == ["k6-traces is scaled to 0 replicas."]


@pytest.mark.case("F7")
def test_a_part_that_is_nowhere_has_a_row_unless_nobody_expects_it() -> None:
    elsewhere = [workload("tempo", 1, "StatefulSet"), workload("alloy", 1, namespace="other")]
    assert state(stack(objects=elsewhere), {}, [])["problems"] == ["alloy is not found in namespace tracing."]
    unread = stack(objects=elsewhere, unread=["tracing"])
    assert state(unread, {}, [])["problems"] == [
        "alloy is not known, since not all could be listed in namespace tracing."
    ]
    for gone in (part("alloy", state="absent"), part("grafana", services=[]), part("k6_trace_generator", services=[])):
        assert state(stack(parts=[part("tempo"), gone]), {}, [])["ok"]


@pytest.mark.case("F7")
def test_age_and_volumes() -> None:
    lines = screen(stack(objects=[*stack().objects, CLAIM], samples=[VOLUME]), [])
    assert lines[1].split()[:5] == ["tempo", "2.8.0", "1/1", "ready", "24h"]
    assert "Volume data-tempo-0: 10Gi, Bound, 3Gi used" in lines
    assert "Volume data-tempo-0: 10Gi, Bound, use not known" in screen(stack(objects=[CLAIM]), [])
    assert [age(one) for one in (None, 5, 119, 120, 7200, 172800)] == ["-", "5s", "119s", "2m", "2h", "2d"]


@pytest.mark.case("F7")
def test_the_document_for_programs() -> None:
    found = state(
        stack(objects=[*stack().objects, CLAIM], samples=[VOLUME]), {"namespace": "tracing"}, ["Grafana: here"]
    )
    assert (found["schema_version"], found["ok"], found["problems"]) == (1, True, [])
    (row,) = found["components"]
    assert row == {
        "name": "tempo",
        "version": "2.8.0",
        "health": "1/1 ready",
        "ready": 1,
        "wanted": 1,
        "age_seconds": 86400.0,
        "cpu_cores": None,
        "memory_bytes": None,
    }
    assert found["volumes"][0]["used_bytes"] == 3221225472
    assert found["spans"] == {
        "seconds": 10,
        "per_second": {"generators": None, "alloy_in": 120.0, "alloy_out": 120.0, "tempo_in": 119.0},
        "lost": 0,
    }
    assert json.loads(json.dumps(found)) == found


@pytest.mark.case("F7")
@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"account": ACCOUNT}, "Spans lost: 10 (10 discarded by Tempo)."),
        ({"account": {}}, "Not read: the counters of Alloy and Tempo."),
        ({"pods": [placed(pod("tempo", "tempo:1", ready=False, reason="CrashLoopBackOff"), "tempo")]},
         "tempo 1: 0/1 ready, CrashLoopBackOff."),
    ],
)  # fmt: skip
def test_what_else_is_a_problem(more: dict[str, Any], problem: str) -> None:
    assert state(stack(**more), {}, [])["problems"] == [problem]
