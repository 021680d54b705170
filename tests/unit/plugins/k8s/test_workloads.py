# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for workloads: what is asked, when it ends, and what is said at its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s import wait as workloads
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.wait import WORKLOADS_ARGUMENTS, wait_for
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.workloads import selector
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Response
from ansible_collections.tracelab.k8s_tracing.plugins.modules import workloads_ready
from documented import documentation
from fakes import FakeApiConnection, FakeTime, answer

CORE = "/api/v1/namespaces/tracing"
APPS = "/apis/apps/v1/namespaces/tracing"
ALLOY = f"{APPS}/deployments/alloy"
TEMPO = f"{APPS}/statefulsets/tempo"
NODES = f"{APPS}/daemonsets/nodes"
JOB = "/apis/batch/v1/namespaces/tracing/jobs/load"
PODS, EVENTS, CLAIMS = f"{CORE}/pods", f"{CORE}/events", f"{CORE}/persistentvolumeclaims"
SETS = f"{APPS}/replicasets"
LOG = f"{PODS}/alloy-new/log"
FORBIDDEN = answer({"message": "no"}, 403)
SELECTOR = {"matchLabels": {"app": "alloy"}}

Body = dict[str, Any]
Answer = Response | TracingError | Callable[[float], Any]


class FakeCluster(FakeApiConnection):
    """Answers that may depend on the time; plain objects and lists become JSON."""

    def __init__(self, time: FakeTime, answers: dict[str, Any]) -> None:
        super().__init__({})
        self.time = time
        self.scripts = answers

    def request(
        self, path: str, params: Params, headers: Any, body: Any, *, timeout: float, method: str = ""
    ) -> Response:
        found = self.scripts.get(path)
        found = found(self.time.now) if callable(found) else found
        if isinstance(found, list):
            found = {"items": found}
        if isinstance(found, (dict, str)):
            found = answer(found)
        self.answers = {} if found is None else {path: found}
        return super().request(path, params, headers, body, timeout=timeout, method=method)

    def count(self, path: str) -> int:
        return sum(1 for _method, asked, *_rest in self.asked if asked == path)


def run(answers: dict[str, Any], *workloads: str, **given: Any) -> tuple[dict[str, Any], FakeCluster]:
    time = FakeTime()
    cluster = FakeCluster(time, answers)
    defaults = {name: argument.get("default") for name, argument in WORKLOADS_ARGUMENTS.items()}
    named = [dict(zip(("kind", "name"), one.split("/"), strict=True)) for one in workloads or ("Deployment/alloy",)]
    return wait_for({**defaults, "timeout": 60.0, **given, "workloads": named}, cluster, time.clock), cluster


def workload(ready: int, kind: str = "Deployment", **more: Any) -> Body:
    numbers = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": ready, "observedGeneration": 1}
    sets = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": ready}
    status = {**(sets if kind == "DaemonSet" else numbers), "observedGeneration": 1, **more.pop("status", {})}
    metadata = {"name": "alloy", "uid": "d-1", "generation": 1, **more.pop("metadata", {})}
    return {"metadata": metadata, "spec": {"selector": SELECTOR, **more}, "status": status}


def replica_set(uid: str, revision: int, owner: str = "d-1") -> Body:
    metadata = {"name": f"alloy-{uid}", "uid": uid, "labels": {"pod-template-hash": uid}}
    annotations = {"deployment.kubernetes.io/revision": str(revision)}
    return {"metadata": {**metadata, "annotations": annotations, "ownerReferences": [{"uid": owner}]}}


def pod(name: str, owner: str, *, ready: bool = False, labels: dict[str, str] | None = None, **state: Any) -> Body:
    metadata = {"name": name, "uid": f"p-{name}", "ownerReferences": [{"uid": owner}]}
    container = {"name": "main", "image": "alloy:v1", "ready": ready, "state": state.pop("state", {"running": {}})}
    status = {"phase": "Running", "containerStatuses": [{**container, **state}]}
    conditions = [{"type": "Ready", "status": str(ready)}]
    labels = {"pod-template-hash": owner} if labels is None else labels
    return {"metadata": {**metadata, "labels": labels}, "spec": {}, "status": {**status, "conditions": conditions}}


def crash_loop(restarts: int) -> dict[str, Any]:
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    return {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended, "restartCount": restarts}


def refused(count: int, about: str = "new", message: str = "violates PodSecurity x", last: str = "1") -> Body:
    involved = {"uid": about, "kind": "ReplicaSet", "name": "alloy-new"}
    return {
        "reason": "FailedCreate",
        "message": message,
        "count": count,
        "lastTimestamp": last,
        "involvedObject": involved,
    }


# In no order, and with numbers that sort otherwise as text.
NEW = [replica_set("new", 12), replica_set("old", 2), replica_set("other", 99, owner="d-2")]


def test_ready_workloads_cost_a_request_each() -> None:
    answers = {
        ALLOY: workload(1),
        TEMPO: workload(1),
        NODES: workload(1, "DaemonSet"),
        JOB: {"status": {"succeeded": 1}},
    }
    names = ("Deployment/alloy", "StatefulSet/tempo", "DaemonSet/nodes", "Job/load", "Deployment/alloy")
    result, cluster = run(answers, *names)
    assert (result["satisfied"], result["elapsed"]) == (True, 0) and "msg" not in result
    assert [path for _method, path, *_rest in cluster.asked] == list(answers)
    assert result["workloads"][0] == {"kind": "Deployment", "name": "alloy", "wanted": 1, "ready": 1, "seconds": 0}
    assert [one["name"] for one in result["workloads"]] == ["alloy", "tempo", "nodes", "load"]


def test_no_workloads_are_ready_at_once() -> None:
    time = FakeTime()
    defaults = {name: argument.get("default") for name, argument in WORKLOADS_ARGUMENTS.items()}
    result = wait_for({**defaults, "workloads": []}, FakeCluster(time, {}), time.clock)
    assert result == {"satisfied": True, "elapsed": 0, "blocking_pods": [], "workloads": []}


def test_one_that_comes_late_is_waited_for_and_one_that_is_ready_is_not_asked_again() -> None:
    late = {ALLOY: lambda now: None if now < 5 else workload(int(now >= 9)), TEMPO: workload(1)}
    result, cluster = run(late, "StatefulSet/tempo", "Deployment/alloy")
    assert result["satisfied"] and 9 <= result["elapsed"] < 11
    assert [one["seconds"] for one in result["workloads"]] == [0, result["elapsed"]]
    assert cluster.count(TEMPO) == 1 and cluster.count(ALLOY) > 5


def test_a_server_that_fails_for_a_while_is_waited_for() -> None:
    gone = TracingError("connection_refused", "It is gone.", retryable=True)
    result, _cluster = run({ALLOY: lambda now: gone if now < 5 else workload(1)})
    assert result["satisfied"]
    result, cluster = run({ALLOY: lambda now: workload(0) if now < 5 else gone, PODS: []}, timeout=8.0)
    assert result["msg"] == "Deployment/alloy: 0 of 1 ready after 5 s.\nThe last request failed: It is gone."
    assert cluster.count(CLAIMS) == 0
    result, _cluster = run({ALLOY: gone}, timeout=2.0)
    assert result["msg"] == "The last request failed: It is gone." and not result["satisfied"]


def test_a_workload_that_may_not_be_read_is_an_error() -> None:
    with pytest.raises(TracingError, match="does not let this user read"):
        run({ALLOY: FORBIDDEN})


@pytest.mark.case("F11")
def test_what_to_run_names_the_cluster() -> None:
    given = {"kubeconfig": "/my config", "context": "c", "timeout": 2.0}
    result, _cluster = run({ALLOY: workload(0)}, **given)
    expected = "kubectl --kubeconfig '/my config' --context c -n tracing describe deployment alloy"
    assert result["msg"].endswith(f"See: {expected}")
    paused = workload(0)
    paused["spec"] = {**paused["spec"], "paused": True}
    paused["status"] = {**paused["status"], "updatedReplicas": 0}
    result, _cluster = run({ALLOY: paused}, **given)
    assert result["msg"].endswith(f"is paused. Run: {expected.replace('describe', 'rollout resume')}")


def test_scaled_to_zero_fails_at_once_and_tells_of_all() -> None:
    result, cluster = run({ALLOY: workload(1, replicas=0), TEMPO: workload(0)}, "Deployment/alloy", "StatefulSet/tempo")
    assert result["elapsed"] == 0 and not result["satisfied"]
    zero, other = result["msg"].splitlines()
    assert zero == "Deployment/alloy is scaled to 0: give it a replica, or leave it out of workloads."
    assert other == "StatefulSet/tempo: 0 of 1 ready after 0 s. See: kubectl -n tracing describe statefulset tempo"
    assert cluster.time.slept == []


def test_a_crash_loop_ends_the_wait_with_the_last_words() -> None:
    def pods(now: float) -> list[Body]:
        return [pod("alloy-new", "new", **crash_loop(3 if now > 30 else 2)), pod("alloy-2", "new", **crash_loop(1))]

    answers = {ALLOY: workload(0), SETS: NEW, PODS: pods, LOG: "start\nerror: bad config\nbye\n"}
    result, cluster = run(answers)
    assert 30 < result["elapsed"] < 34 and not result["satisfied"]
    seconds = result["workloads"][0]["seconds"]
    assert result["msg"] == (
        f"Deployment/alloy: 0 of 1 ready after {seconds:.0f} s. Pod alloy-new container main: "
        "CrashLoopBackOff (exit code 1, 3 restarts), last words: error: bad config. 1 more pod is not ready. "
        "See: kubectl -n tracing logs alloy-new -c main --previous"
    )
    log = next(params for _method, path, params, _body in cluster.asked if path == LOG)
    assert log == {"container": "main", "tailLines": "50", "previous": "true"}
    # Every look at the pods costs requests, the ones that only explain come once.
    assert cluster.count(PODS) < 20 and cluster.count(CLAIMS) == 1


def test_without_a_previous_log_the_newest_is_taken_and_without_any_the_rest_is_told() -> None:
    answers = {ALLOY: workload(0), SETS: NEW, PODS: [pod("alloy-new", "new", **crash_loop(3))]}
    logs = [answer({"message": "previous terminated container not found"}, 400), answer("fatal: x")]
    result, _cluster = run({**answers, LOG: lambda now: logs.pop(0)})
    assert "last words: fatal: x" in result["msg"]
    result, _cluster = run({**answers, LOG: FORBIDDEN})
    assert "CrashLoopBackOff (exit code 1, 3 restarts). See: " in result["msg"]


def test_pods_of_the_version_before_neither_end_the_wait_nor_count() -> None:
    old = pod("alloy-old", "old", **crash_loop(9))
    result, _cluster = run({ALLOY: workload(0), SETS: NEW, PODS: [old, pod("alloy-new", "new")]}, timeout=5.0)
    assert result["elapsed"] > 4
    assert "Pod alloy-new container main runs but is not ready" in result["msg"]


def test_old_pods_that_go_on_serving_are_told() -> None:
    pods = [pod("alloy-old", "old", ready=True), pod("alloy-new", "new", **crash_loop(3))]
    status = {"replicas": 2, "updatedReplicas": 1, "readyReplicas": 1}
    result, _cluster = run({ALLOY: workload(1, status=status), SETS: NEW, PODS: pods})
    assert "0 of 1 ready" in result["msg"] and ". The old pods go on serving. See: " in result["msg"]


def test_an_evicted_pod_tells_nothing_of_the_one_in_its_place() -> None:
    evicted = pod("alloy-evicted", "new", state={"terminated": {"exitCode": 137, "reason": "Error"}})
    evicted["status"]["phase"] = "Failed"
    answers = {ALLOY: workload(0), SETS: NEW, PODS: [evicted, pod("alloy-new", "new")]}
    result, _cluster = run(answers, timeout=3.0)
    assert "Pod alloy-new container main runs but is not ready. See: " in result["msg"]
    alone, _cluster = run({**answers, PODS: [evicted]}, timeout=3.0)
    assert "Pod alloy-evicted container main: Error (exit code 137). See: " in alone["msg"]


def test_an_image_that_comes_in_time_is_waited_for() -> None:
    def pods(now: float) -> list[Body]:
        missing = {"waiting": {"reason": "ErrImagePull" if int(now) % 2 else "ImagePullBackOff"}}
        return [pod("alloy-new", "new", state=missing)] if now < 15 or now > 30 else [pod("alloy-new", "new")]

    result, _cluster = run({ALLOY: workload(0), SETS: NEW, PODS: pods})
    assert 50 < result["elapsed"] < 55
    assert "of alloy:v1. See: kubectl -n tracing describe pod alloy-new" in result["msg"]


def test_a_refusal_ends_the_wait_only_when_it_comes_up_anew() -> None:
    answers = {ALLOY: workload(0), SETS: NEW, PODS: [], EVENTS: lambda now: [refused(1 if now < 5 else 2)]}
    result, cluster = run(answers)
    assert 5 <= result["elapsed"] < 8
    assert "No pod may be created: violates PodSecurity x. See: kubectl -n tracing describe replicaset" in result["msg"]
    assert (EVENTS, {"fieldSelector": "type=Warning"}) in [(path, params) for _m, path, params, _b in cluster.asked]
    old, _cluster = run({**answers, EVENTS: [refused(7)]}, timeout=5.0)
    assert old["elapsed"] > 4 and "violates PodSecurity" in old["msg"]
    other, _cluster = run({**answers, EVENTS: [refused(1, "old"), refused(1, "x")]}, timeout=5.0)
    assert "violates" not in other["msg"]


def test_a_quota_has_its_time() -> None:
    def events(now: float) -> list[Body]:
        return [refused(int(now), "d-1", "exceeded quota: small", f"{now:09.3f}")]

    result, _cluster = run({TEMPO: workload(0, status={"replicas": 0}), PODS: [], EVENTS: events}, "StatefulSet/tempo")
    assert 20 < result["elapsed"] < 26 and "exceeded quota: small" in result["msg"]


def test_a_broken_old_pod_of_a_stateful_set_holds_its_update_up() -> None:
    labels = {"controller-revision-hash": "a"}
    status = {"updateRevision": "b", "currentRevision": "a", "updatedReplicas": 0}
    broken = pod("tempo-0", "d-1", labels=labels, **crash_loop(5))
    result, _cluster = run({TEMPO: workload(0, status=status), PODS: [broken]}, "StatefulSet/tempo")
    assert 20 <= result["elapsed"] < 24
    assert ". It is of the old version, and the update waits for it to become ready: delete it. See: " in result["msg"]
    assert result["blocking_pods"] == ["tempo-0"]
    waiting = pod("tempo-0", "d-1", labels=labels)
    result, _cluster = run({TEMPO: workload(0, status=status), PODS: [waiting]}, "StatefulSet/tempo", timeout=30.0)
    assert result["elapsed"] > 28 and "delete it" in result["msg"] and result["blocking_pods"] == ["tempo-0"]


def test_an_old_pod_holds_nothing_up_while_a_new_one_is_not_ready() -> None:
    status = {"updateRevision": "b", "currentRevision": "a", "updatedReplicas": 1}
    pods = [
        pod("tempo-0", "d-1", labels={"controller-revision-hash": "a"}),
        pod("tempo-1", "d-1", labels={"controller-revision-hash": "b"}),
    ]
    result, _cluster = run({TEMPO: workload(0, status=status), PODS: pods}, "StatefulSet/tempo", timeout=5.0)
    assert result["blocking_pods"] == []
    deployment, _cluster = run({ALLOY: workload(0), SETS: NEW, PODS: [pod("alloy-new", "old")]}, timeout=5.0)
    assert deployment["blocking_pods"] == []


def test_a_daemon_set_is_known_by_the_generation_of_its_template() -> None:
    metadata = {"annotations": {"deprecated.daemonset.template.generation": "2"}}
    item = workload(0, "DaemonSet", metadata=metadata)
    old = pod("nodes-old", "d-1", labels={"pod-template-generation": "1"}, **crash_loop(9))
    new = pod("nodes-new", "d-1", labels={"pod-template-generation": "2"})
    result, _cluster = run({NODES: item, PODS: [old, new]}, "DaemonSet/nodes", timeout=3.0)
    assert "Pod nodes-new" in result["msg"]
    without, _cluster = run({NODES: workload(0, "DaemonSet"), PODS: [old, new]}, "DaemonSet/nodes", timeout=3.0)
    assert without["elapsed"] == 0 and "Pod nodes-old" in without["msg"]


def test_what_its_controller_has_not_taken_up_is_not_looked_into() -> None:
    item = workload(0, metadata={"generation": 2})
    result, cluster = run({ALLOY: item, PODS: [pod("a", "d-1", **crash_loop(9))]}, timeout=3.0)
    assert result["msg"] == (
        "Deployment/alloy: 0 of 1 ready after 3 s: its controller has not taken up the newest version yet. "
        "See: kubectl -n tracing describe deployment alloy"
    )
    assert cluster.count(PODS) == 0


@pytest.mark.parametrize(
    ("phase", "state", "started"),
    [("Running", {"running": {}}, True), ("Pending", {}, False), ("Running", crash_loop(1)["state"], False)],
)
def test_a_job_is_at_work_when_a_container_runs(phase: str, state: Body, started: bool) -> None:
    one = pod("load-x", "d-1", state=state)
    one["status"]["phase"] = phase
    item = {"metadata": {"uid": "d-1"}, "spec": {"selector": SELECTOR}, "status": {"active": 1}}
    result, _cluster = run({JOB: item, PODS: [one, pod("other", "d-9")]}, "Job/load", timeout=2.0)
    assert result["satisfied"] is started and result["workloads"][0]["ready"] == int(started)


def test_a_job_that_failed_tells_why() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
    item = {"metadata": {"uid": "d-1"}, "spec": {"selector": SELECTOR}, "status": {"conditions": [failed], "active": 1}}
    ended = pod("load-x", "d-1", state={"terminated": {"exitCode": 3, "reason": "Error"}})
    ended["status"]["phase"] = "Failed"
    answers = {JOB: item, PODS: [ended, ended], f"{PODS}/load-x/log": "cannot connect"}
    result, cluster = run(answers, "Job/load")
    assert result["elapsed"] == 0 and cluster.time.slept == []
    assert result["msg"] == (
        "Job/load has failed (BackoffLimitExceeded). Pod load-x container main: Error (exit code 3), last words: "
        "cannot connect. See: kubectl -n tracing logs load-x -c main"
    )


def test_without_diagnosis_nothing_but_the_workload_is_read() -> None:
    answers = {ALLOY: workload(0), SETS: NEW, PODS: [pod("alloy-new", "new", **crash_loop(9))]}
    result, cluster = run(answers, diagnose=False, timeout=3.0)
    assert result["elapsed"] > 2 and {path for _method, path, *_rest in cluster.asked} == {ALLOY}
    assert result["msg"].endswith("ready after 3 s. See: kubectl -n tracing describe deployment alloy")


def test_what_may_not_be_read_is_left_out() -> None:
    everything = dict.fromkeys((SETS, PODS, EVENTS, CLAIMS, CORE), FORBIDDEN)
    result, _cluster = run({**everything, ALLOY: workload(0)}, timeout=3.0)
    assert result["msg"].startswith("Deployment/alloy: 0 of 1 ready after 3 s. See: ")
    result, _cluster = run({**everything, ALLOY: None}, timeout=3.0)
    assert result["msg"] == "Deployment/alloy: not there after 3 s."
    some = {**everything, PODS: [pod("alloy-new", "new", **crash_loop(3))], ALLOY: workload(0)}
    assert "Pod alloy-new" in run(some)[0]["msg"]


def test_a_missing_namespace_is_told() -> None:
    result, _cluster = run({}, timeout=2.0)
    assert result["msg"] == "Deployment/alloy: not there after 2 s. There is no namespace 'tracing' in the cluster."
    result, _cluster = run({CORE: {"kind": "Namespace"}}, timeout=2.0)
    assert result["msg"] == "Deployment/alloy: not there after 2 s."


def test_selectors() -> None:
    expressions = [
        {"key": "a", "operator": "In", "values": ["x", "y"]},
        {"key": "b", "operator": "NotIn", "values": ["z"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    whole = {"matchLabels": {"app": "alloy"}, "matchExpressions": expressions}
    assert selector(whole) == "app=alloy,a in (x,y),b notin (z),c,!d"
    assert selector({}) == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timeout": 0.5}, "timeout is 0.5"),
        ({"poll_interval": 0.0}, "poll_interval is 0"),
        ({"request_timeout": 0.0}, "request_timeout is 0"),
        ({"namespace": "A"}, "namespace: 'A'"),
    ],
)
def test_bad_options_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(TracingError) as caught:
        run({}, **given)
    assert caught.value.kind == "invalid_option" and str(caught.value).startswith(said)


def test_a_bad_name_is_refused() -> None:
    with pytest.raises(TracingError, match=r"^workloads: Deployment: 'Alloy' is not a name"):
        run({}, "Deployment/Alloy")


def test_the_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for replicas, failed in ((1, False), (0, True)):
        cluster = FakeCluster(FakeTime(), {ALLOY: workload(1, replicas=replicas)})
        monkeypatch.setattr(workloads, "kube_connection", lambda params, cluster=cluster: cluster)
        with patch_module_args({"workloads": [{"kind": "Deployment", "name": "alloy"}]}), pytest.raises(SystemExit):
            workloads_ready.main()
        result = json.loads(capsys.readouterr().out)
        assert (result.get("changed", False), result.get("failed", False), result["satisfied"]) == (
            False,
            failed,
            not failed,
        )
        plain = {"changed", "failed", "msg", "invocation"}
        documented = yaml.safe_load(workloads_ready.RETURN)
        assert set(result) - plain == set(documented) - {"error"}
        assert set(result["workloads"][0]) == set(documented["workloads"]["contains"])


def test_options_are_those_that_are_documented() -> None:
    documented = documentation("workloads_ready")["options"]
    assert documented.keys() == WORKLOADS_ARGUMENTS.keys()
    pairs = [(documented[name], spec) for name, spec in WORKLOADS_ARGUMENTS.items()]
    sub = WORKLOADS_ARGUMENTS["workloads"]["options"]
    pairs += [(documented["workloads"]["suboptions"][name], spec) for name, spec in sub.items()]
    for told, spec in pairs:
        for key in ("type", "default", "choices", "elements", "required"):
            assert told.get(key) == spec.get(key), (told, key)
    for task in yaml.safe_load(workloads_ready.EXAMPLES):
        assert task["tracelab.k8s_tracing.workloads_ready"].keys() <= WORKLOADS_ARGUMENTS.keys()
