# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one screen of status.yml."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.tracing_status import FilterModule, tracing_status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.account import make_account
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.counters import sample_from_dict
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.status_screen import lost, screen

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


def sample(figure: str, value: str, job: str = "") -> dict[str, Any]:
    return {"metric": {"figure": figure, **({"job": job} if job else {})}, "value": [1.0, value]}


def test_a_stack_in_order() -> None:
    pods = [
        pod("tempo", "docker.io/grafana/tempo:2.8.0", restarts=2),
        pod("alloy", "localhost:5000/grafana/alloy:v1.19.0@sha256:00"),
        pod("alloy", "localhost:5000/grafana/alloy:v1.19.0@sha256:00"),
        pod("k6-trace-generator", "grafana/k6", ready=False, phase="Succeeded", resources=None),
    ]
    samples = [
        sample("cpu", "0.25", "alloy"),
        sample("memory", "134217728", "alloy"),
        sample("queue", "0.5"),
        sample("latency", "0.0123"),
    ]
    assert screen(pods, ACCOUNT, 10, samples, ["Grafana: here"]) == [
        "COMPONENT           VERSION  HEALTH                 CPU (REQUESTED)  MEMORY (LIMIT)",
        "alloy               v1.19.0  2/2 ready              0.25 (0.2)       128Mi (1.17Gi)",
        "k6-trace-generator  latest   1 done                 -                -",
        "tempo               2.8.0    1/1 ready, 2 restarts  - (0.1)          - (600Mi)",
        "",
        "Spans a second over 10 s: into Alloy 120.0, out of Alloy 120.0, into Tempo 119.0; "
        "lost 10 (10 discarded by Tempo)",
        "Queue of Alloy: 3 waiting (50% full). Ingestion by Tempo: 12 ms for 95 of 100 batches.",
        "",
        "Grafana: here",
    ]


def test_what_keeps_a_pod_is_said() -> None:
    lines = screen([pod("tempo", "tempo:1", ready=False, reason="CrashLoopBackOff", labelled=False)], None, 10, [], [])
    assert lines[1].startswith("tempo-1    1        0/1 ready, CrashLoopBackOff")


def test_nothing_there_is_said_and_not_counted_as_zero() -> None:
    lines = screen([], None, 10, [sample("latency", "NaN")], [])
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
    assert FilterModule().filters()["tracing_status"]([], period=10)[2:3] == EMPTY
    with pytest.raises(AnsibleFilterError, match="list of pods"):
        tracing_status("pods")
