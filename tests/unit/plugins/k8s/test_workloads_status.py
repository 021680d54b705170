# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a workload counts as rolled out, by its own status."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.rollout import Status, judge


def item(spec: dict[str, Any], generation: int = 2, seen: int = 2, **status: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation}, "spec": spec, "status": {"observedGeneration": seen, **status}}


def deployment(total: int, updated: int, ready: int, **spec: Any) -> Status:
    numbers = {"replicas": total, "updatedReplicas": updated, "readyReplicas": ready}
    return judge("Deployment", item({"replicas": 2, **spec}, **numbers, availableReplicas=1))


@pytest.mark.parametrize(
    ("numbers", "ready", "done"),
    [
        ((2, 2, 2), 2, True),
        ((0, 0, 0), 0, False),
        ((2, 2, 1), 1, False),
        ((3, 1, 2), 0, False),  # two old pods serve, the new one is not ready
        ((3, 2, 3), 2, False),  # an old pod is left
        ((3, 2, 2), 1, False),
        ((3, 3, 3), 2, False),  # to be scaled down
    ],
)
def test_a_deployment_is_ready_with_new_pods_only(numbers: tuple[int, int, int], ready: int, done: bool) -> None:
    status = deployment(*numbers)
    assert (status.wanted, status.ready, status.done, status.hopeless) == (2, ready, done, "")


def test_a_deployment_with_min_ready_seconds_waits_for_available_pods() -> None:
    assert not deployment(2, 2, 2, minReadySeconds=5).done
    assert deployment(2, 2, 2, minReadySeconds=0).done


def test_a_paused_deployment_is_hopeless_only_while_it_has_old_pods() -> None:
    paused = deployment(2, 0, 2, paused=True)
    assert (paused.hopeless, paused.remedy) == ("is paused", "rollout resume")
    assert deployment(2, 2, 2, paused=True).done and not deployment(2, 2, 2, paused=True).hopeless


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_scaled_to_zero_is_hopeless(kind: str) -> None:
    status = judge(kind, item({"replicas": 0}))
    assert status.hopeless.startswith("is scaled to 0") and not status.done


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_status_of_an_older_generation_does_not_count(kind: str) -> None:
    numbers = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "numberReady": 1, "updatedNumberScheduled": 1}
    old = item({}, seen=1, **numbers, desiredNumberScheduled=1, currentNumberScheduled=1)
    status = judge(kind, old)
    assert (status.wanted, status.ready, status.done) == (1, 0, False) and "newest version" in status.note
    assert judge(kind, {**old, "status": {**old["status"], "observedGeneration": 2}}).done


def stateful_set(total: int, updated: int, ready: int, *, same: bool = False, **strategy: Any) -> Status:
    status = {"replicas": total, "updatedReplicas": updated, "readyReplicas": ready, "currentRevision": "a"}
    revision = {"updateRevision": "a" if same else "b"}
    return judge("StatefulSet", item({"replicas": 2, "updateStrategy": strategy}, **status, **revision))


@pytest.mark.parametrize(
    ("numbers", "ready", "done"),
    [((2, 2, 2), 2, True), ((2, 1, 2), 1, False), ((2, 1, 1), 0, False), ((1, 1, 1), 1, False), ((2, 2, 1), 1, False)],
)
def test_a_stateful_set_is_ready_with_new_pods_only(numbers: tuple[int, int, int], ready: int, done: bool) -> None:
    status = stateful_set(*numbers)
    assert (status.wanted, status.ready, status.done) == (2, ready, done)


def test_a_stateful_set_that_is_not_updated_counts_no_updated_pods() -> None:
    assert stateful_set(2, 0, 2, same=True).done
    assert not stateful_set(2, 0, 1, same=True).done


def test_pods_below_the_partition_keep_their_version() -> None:
    assert stateful_set(2, 1, 2, rollingUpdate={"partition": 1}).done
    assert not stateful_set(2, 0, 2, rollingUpdate={"partition": 1}).done
    assert stateful_set(2, 0, 2, rollingUpdate={"partition": 5}).done


def daemon_set(wanted: int, total: int, updated: int, ready: int, **strategy: Any) -> Status:
    numbers = {"desiredNumberScheduled": wanted, "currentNumberScheduled": total, "numberReady": ready}
    return judge("DaemonSet", item({"updateStrategy": strategy}, **numbers, updatedNumberScheduled=updated))


@pytest.mark.parametrize(
    ("numbers", "ready", "done"),
    [((3, 3, 3, 3), 3, True), ((3, 3, 2, 3), 2, False), ((3, 3, 3, 2), 2, False), ((3, 2, 2, 2), 2, False)],
)
def test_a_daemon_set(numbers: tuple[int, int, int, int], ready: int, done: bool) -> None:
    status = daemon_set(*numbers)
    assert (status.wanted, status.ready, status.done, status.note) == (3, ready, done, "")


def test_a_daemon_set_that_suits_no_node_is_not_ready() -> None:
    status = daemon_set(0, 0, 0, 0)
    assert not status.done and "nodeSelector" in status.note


def test_pods_that_nobody_deletes_are_hopeless() -> None:
    assert "OnDelete" in daemon_set(2, 2, 1, 2, type="OnDelete").hopeless
    assert "OnDelete" in stateful_set(2, 0, 2, type="OnDelete").hopeless
    assert daemon_set(2, 1, 1, 1, type="OnDelete").hopeless == ""
    assert stateful_set(2, 2, 1, type="OnDelete").hopeless == ""


@pytest.mark.parametrize(
    ("status", "running", "done"),
    [
        ({}, 0, False),
        ({"active": 1}, 0, False),
        ({"active": 1}, 1, True),
        ({"active": 1, "ready": 1}, 0, True),
        ({"succeeded": 1}, 0, True),
    ],
)
def test_a_job_is_ready_when_it_has_started(status: dict[str, Any], running: int, done: bool) -> None:
    found = judge("Job", {"spec": {}, "status": status}, running)
    assert (found.wanted, found.ready, found.done) == (1, int(done), done)


def test_a_job_that_failed_or_is_suspended_is_hopeless() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    assert judge("Job", {"status": {"conditions": [failed]}}).hopeless == "has failed (BackoffLimitExceeded: too often)"
    assert judge("Job", {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}).hopeless == "has failed"
    assert judge("Job", {"status": {"conditions": [{**failed, "status": "False"}]}}).hopeless == ""
    assert "suspended" in judge("Job", {"spec": {"suspend": True}}).hopeless


@pytest.mark.parametrize("ready", ["2", True, 2.0, [2]])
def test_what_is_no_count_makes_nothing_ready(ready: Any) -> None:
    with pytest.raises(TypeError):
        judge("Deployment", item({"replicas": 2}, replicas=2, updatedReplicas=2, readyReplicas=ready))
