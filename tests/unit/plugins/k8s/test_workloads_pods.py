# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read out of pods, events and logs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pods import (
    PATIENCE,
    REFUSAL_CHARACTERS,
    SHOWN_CHARACTERS,
    Trouble,
    last_words,
    newest,
    plain,
    pod_troubles,
    refusals,
)


def pod(*containers: dict[str, Any], init: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    status = {"containerStatuses": list(containers), "initContainerStatuses": list(init), **more}
    return {"metadata": {"name": "alloy-7c", "uid": "p-1"}, "spec": {}, "status": status}


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "alloy", "image": "alloy:v1", "ready": False, "restartCount": 0, "state": state, **more}


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return container({"waiting": {"reason": reason, "message": message}}, **more)


def ended(code: int = 1, reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason}}


def first(found: dict[str, Any], **more: Any) -> Trouble:
    return pod_troubles(found, **more)[0]


@pytest.mark.parametrize(("restarts", "patience"), [(1, None), (2, None), (3, 0.0), (9, 0.0)])
def test_a_crash_loop_is_over_after_three_restarts(restarts: int, patience: float | None) -> None:
    trouble = first(pod(waiting("CrashLoopBackOff", "back-off", restartCount=restarts, lastState=ended(2))))
    plural = "s" if restarts > 1 else ""
    assert trouble.text == f"Pod alloy-7c container alloy: CrashLoopBackOff (exit code 2, {restarts} restart{plural})"
    assert (trouble.patience, trouble.container, trouble.previous) == (patience, "alloy", True)
    assert trouble.see == "logs alloy-7c -c alloy --previous"


def test_a_container_that_ended_before_any_restart_has_no_previous_log() -> None:
    trouble = first(pod(container(ended(3))))
    assert trouble.text == "Pod alloy-7c container alloy: Error (exit code 3)"
    assert (trouble.see, trouble.previous, trouble.patience) == ("logs alloy-7c -c alloy", False, None)
    assert first(pod(container(ended(3), restartCount=1))).previous is False
    running = container({"running": {}}, lastState=ended(3), restartCount=1)
    assert first(pod(running)).previous is True


def test_too_little_memory_is_named() -> None:
    trouble = first(pod(waiting("CrashLoopBackOff", lastState=ended(137, "OOMKilled"), restartCount=1)))
    assert "it took more memory than its limit allows" in trouble.text


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"])
def test_an_image_has_its_time(reason: str) -> None:
    trouble = first(pod(waiting(reason, "not\nfound.")))
    assert trouble.text == f"Pod alloy-7c container alloy: {reason} of alloy:v1, not found"
    assert (trouble.patience, trouble.see, trouble.container) == (PATIENCE, "describe pod alloy-7c", "")


def test_the_two_states_of_a_missing_image_are_one_trouble() -> None:
    assert first(pod(waiting("ErrImagePull"))).key == first(pod(waiting("ImagePullBackOff"))).key


@pytest.mark.parametrize("reason", ["CreateContainerConfigError", "CreateContainerError"])
def test_a_configuration_has_its_time(reason: str) -> None:
    trouble = first(pod(init=(waiting(reason, 'secret "x" not found'),)))
    assert trouble.text == f'Pod alloy-7c init container alloy: {reason}, secret "x" not found'
    assert trouble.patience == PATIENCE


@pytest.mark.parametrize(
    "found",
    [
        pod(container({"running": {}}), conditions=[{"type": "Ready", "status": "True"}]),
        pod(phase="Succeeded"),
        {"metadata": {"name": "a", "deletionTimestamp": "now"}},
    ],
)
def test_pods_that_are_ready_done_or_leaving_have_no_troubles(found: dict[str, Any]) -> None:
    assert pod_troubles(found) == []


def unscheduled(*claims: str) -> dict[str, Any]:
    said = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available."
    condition = {"type": "PodScheduled", "status": "False", "message": said}
    volumes = [{"persistentVolumeClaim": {"claimName": name}} for name in claims]
    return {**pod(phase="Pending", conditions=[condition]), "spec": {"volumes": [*volumes, {"emptyDir": {}}]}}


def claim(name: str, phase: str, storage_class: str | None) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"storageClassName": storage_class}, "status": {"phase": phase}}


def test_a_pod_without_a_node_waits_until_the_deadline() -> None:
    trouble = first(unscheduled())
    assert trouble.text == "Pod alloy-7c finds no node: 0/1 nodes are available: 1 Insufficient cpu"
    assert (trouble.patience, trouble.see) == (None, "describe pod alloy-7c")


def test_a_volume_claim_that_is_not_bound_is_named() -> None:
    claims = [claim("data", "Pending", "fast"), claim("more", "Pending", None), claim("ok", "Bound", "fast")]
    trouble = first(unscheduled("data", "more", "ok"), claims=[*claims, claim("other", "Pending", "fast")])
    assert trouble.text.endswith(
        "Volume claim data of storage class fast is not bound. Volume claim more without a storage class is not bound"
    )
    assert trouble.see == "describe pvc data"


def test_an_evicted_pod_is_named() -> None:
    trouble = first(pod(phase="Failed", reason="Evicted", message="The node was low on memory."))
    assert trouble.text == "Pod alloy-7c: Evicted, The node was low on memory"


def event(message: str, last: str = "2026-01-01T00:00:01Z", about: str = "p-1", **more: Any) -> dict[str, Any]:
    involved = {"uid": about, "kind": "ReplicaSet", "name": "alloy-7c"}
    return {"message": message, "lastTimestamp": last, "involvedObject": involved, **more}


def test_the_newest_warning_tells_what_a_pod_waits_for() -> None:
    events = [event("old"), event("Readiness probe failed: 503", "2026-01-01T00:00:09Z"), event("x", "3", about="p-2")]
    trouble = first(pod(container({"running": {}})), events=events)
    assert trouble.text == "Pod alloy-7c container alloy runs but is not ready: Readiness probe failed: 503"
    assert (trouble.container, trouble.previous, trouble.rank) == ("alloy", False, 4)


def test_a_pod_that_says_nothing() -> None:
    assert first(pod()).text == "Pod alloy-7c is not ready"
    assert first(pod(waiting("ContainerCreating"))).text == "Pod alloy-7c container alloy: ContainerCreating"
    running = {**container({"running": {}}), "ready": True}
    trouble = first(pod({**running, "name": "a"}, container({"running": {}})))
    assert trouble.text == "Pod alloy-7c container alloy runs but is not ready"


def test_a_crash_explains_more_than_a_missing_image() -> None:
    troubles = pod_troubles(pod(waiting("ErrImagePull"), {**waiting("CrashLoopBackOff"), "name": "b"}))
    assert [trouble.rank for trouble in troubles] == [0, 1]


PRESSED = (
    'Error creating: pods "alloy-7c-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
)
QUOTA = 'create Pod a-0 in StatefulSet a failed error: pods "a-0" is forbidden: exceeded quota: small'


@pytest.mark.parametrize(
    ("said", "recurring", "patience", "told"),
    [
        (PRESSED, True, 0.0, 'violates PodSecurity "restricted:latest": runAsNonRoot != true'),
        (PRESSED, False, None, 'violates PodSecurity "restricted:latest": runAsNonRoot != true'),
        (QUOTA, True, PATIENCE, "exceeded quota: small"),
        (QUOTA, False, None, "exceeded quota: small"),
        ("Error creating: Internal error: webhook", True, None, "Internal error: webhook"),
    ],
)
def test_a_refused_pod(said: str, recurring: bool, patience: float | None, told: str) -> None:
    events = [event("older", reason="FailedCreate"), event(said, "2026-01-01T00:00:02Z", reason="FailedCreate")]
    others = [event("else", "9", reason="Unhealthy"), event("other", "9", about="x", reason="FailedCreate")]
    (trouble,) = refusals("p-1", [*events, *others], recurring)
    assert trouble.text == f"No pod may be created: {told}"
    assert (trouble.patience, trouble.see, trouble.pod) == (patience, "describe replicaset alloy-7c", "")
    assert refusals("none", events, recurring) == []


def test_a_long_refusal_is_shown_longer_than_other_words() -> None:
    (trouble,) = refusals("p-1", [event("x" * 2000, reason="FailedCreate")], False)
    assert trouble.text.count("x") == REFUSAL_CHARACTERS - 1


def test_events_of_either_api_are_ordered() -> None:
    series = event("series", "", series={"lastObservedTime": "2026-01-01T00:00:05.000000Z", "count": 3})
    once = event("once", "", eventTime="2026-01-01T00:00:04.000000Z")
    assert newest([once, series, event("a", "2026-01-01T00:00:03Z")]) is series
    repeated = event("again", "2026-01-01T00:00:03Z", count=2)
    assert newest([repeated, event("a", "2026-01-01T00:00:03Z")]) is repeated
    assert newest([]) is None


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("start\nlevel=ERROR no such file\nbye\n", "level=ERROR no such file"),
        ("first error\nsecond: permission denied\n\n", "second: permission denied"),
        ("one\ntwo\n\n", "two"),
        ("\n", ""),
        ("\x1b[31mpanic:\x1b[0m at\tthe disco.", "panic: at the disco"),
    ],
)
def test_last_words(log: str, words: str) -> None:
    assert last_words(log) == words


def test_of_a_running_container_only_errors_are_told() -> None:
    assert last_words("all well", only_errors=True) == ""
    assert last_words("fatal\nall well", only_errors=True) == "fatal"


def test_long_lines_are_cut_and_odd_characters_left_out() -> None:
    assert len(plain("x" * 1000)) == SHOWN_CHARACTERS and plain("x" * 1000).endswith("…")
    assert plain("a\x00b\nc.") == "ab c"
