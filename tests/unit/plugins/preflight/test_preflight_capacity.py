# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A preflight of pods and volumes: nodes, quotas and limit ranges."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight import preflight as preflight_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.options import ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.pods import usable_nodes, wanted_pods
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.preflight import preflight
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Response
from fakes import FakeApiConnection, answer
from test_preflight import CLASSES, DEFAULT, FORBIDDEN, INSIDE, FakeCluster, messages, with_defaults

NODES = "/api/v1/nodes"
NODE = {"cpu": "2", "memory": "8Gi"}
CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


def node(allocatable: dict[str, str], ready: str = "True", **spec: Any) -> dict[str, Any]:
    conditions = [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    return {"spec": spec, "status": {"allocatable": allocatable, "conditions": conditions}}


def items(*objects: Any, **more: Any) -> Response:
    return answer({"items": list(objects), **more})


def quota(hard: dict[str, str], used: dict[str, str] | None = None, name: str = "small", **spec: Any) -> dict[str, Any]:
    status = {} if used is None else {"hard": hard, "used": used}
    return {"metadata": {"name": name}, "spec": {"hard": hard, **spec}, "status": status}


def own_pod(requests: dict[str, str], phase: str = "Running", **spec: Any) -> dict[str, Any]:
    containers = [{"resources": {"requests": requests, "limits": {"memory": "1Gi"}}}, {}]
    return {
        "metadata": {"name": "tempo-0"},
        "spec": {"containers": containers, **spec},
        "status": {"phase": phase},
    }


def pod(name: str = "tempo", **given: Any) -> dict[str, Any]:
    return {"name": name, "replicas": 1, "containers": 1, "requests": {}, "limits": {}, **given}


def look(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], **given: Any) -> dict[str, Any]:
    defaults = {NODES: items(node({"cpu": "64", "memory": "1Ti"})), CLASSES: items(DEFAULT)}
    fake = FakeCluster({**defaults, **answers}, lambda _asked: True)
    monkeypatch.setattr(preflight_utils, "kube_connection", lambda _params: fake)
    return preflight(with_defaults(ARGUMENTS, given))


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda answers, **given: look(monkeypatch, answers, **given)


# Nodes


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"requests": {"cpu": "2", "memory": "8Gi"}},
        {"requests": {"cpu": 1.5, "memory": None}},
        {"replicas": 50, "requests": {"cpu": "1900m"}},
        {"replicas": 0, "requests": {"cpu": "64"}},
        {"requests": {"cpu": "1"}, "limits": {"cpu": "64"}},
    ],
)
def test_pods_that_fit_on_a_node(ask: Any, given: dict[str, Any]) -> None:
    result = ask({NODES: items(node(NODE))}, pods=[pod(**given)])
    assert (result["problems"], result["unknown"]) == ([], [])


def test_a_pod_that_is_too_large_is_told_with_the_largest_node(ask: Any) -> None:
    nodes = items(node({"cpu": "1", "memory": "4Gi"}), node(NODE), node({"cpu": "99"}, ready="False"))
    result = ask({NODES: nodes}, pods=[pod(requests={"cpu": "500m"}, limits={"memory": "64Gi"}), pod("alloy")])
    assert messages(result) == [
        "No node is large enough for pod tempo: it requests 0.5 cpu, 64Gi memory, and the largest offers"
        " 2 cpu, 8Gi memory."
    ]


def test_what_no_node_has_at_all_is_not_offered(ask: Any) -> None:
    result = ask({NODES: items(node(NODE))}, pods=[pod(requests={"nvidia.com/gpu": "1"})])
    assert messages(result)[0].endswith("it requests 1 nvidia.com/gpu, and the largest offers 0 nvidia.com/gpu.")


@pytest.mark.parametrize(
    "unusable", [node(NODE, ready="False"), node(NODE, ready="Unknown"), node(NODE, unschedulable=True)]
)
def test_nodes_that_take_no_pods_leave_it_open(ask: Any, unusable: dict[str, Any]) -> None:
    result = ask({NODES: items(unusable)}, pods=[pod()])
    assert result["problems"] == []
    assert result["unknown"] == ["nodes: none is ready and takes pods now, which an autoscaler may change."]


def test_taints_leave_it_open(ask: Any) -> None:
    tainted = node(NODE, taints=[CONTROL_PLANE])
    preferred = node({"cpu": "1"}, taints=[{"key": "busy", "effect": "PreferNoSchedule"}])
    result = ask({NODES: items(tainted, preferred)}, pods=[pod(requests={"cpu": "2"}), pod(requests={"cpu": "1"})])
    assert result["problems"] == []
    taint = "node-role.kubernetes.io/control-plane"
    assert result["unknown"] == [f"nodes: those large enough for pod tempo want it to tolerate one of: {taint}."]


def test_nodes_that_may_not_be_read_are_unknown(ask: Any) -> None:
    result = ask({NODES: FORBIDDEN}, pods=[pod(requests={"cpu": "99"})])
    assert (result["problems"], result["unknown"]) == ([], ["nodes: this user may not read that."])


class Pages(FakeApiConnection):
    """Nodes in pages, each with a larger one and a tainted one, on which nobody should rely."""

    def request(self, path: str, params: Params, headers: Any, body: bytes | None, *, timeout: float) -> Response:
        super().request(path, params, headers, body, timeout=timeout)
        page = int(dict(params).get("continue", "0"))
        metadata = {"continue": str(page + 1)} if page < 2 else {}
        return items(node({"cpu": str(page + 1)}), node({"cpu": "9"}, taints=[CONTROL_PLANE]), metadata=metadata)


@pytest.mark.parametrize(("cpu", "pages"), [("1", 1), ("2", 2), ("3", 3), ("4", 3)])
def test_nodes_are_read_until_one_is_large_enough(cpu: str, pages: int) -> None:
    connection = Pages({})
    wanted = wanted_pods([pod(requests={"cpu": cpu})])
    assert len(usable_nodes(KubeApi(connection), wanted)) == 2 * pages
    assert [params.get("continue") for _m, _p, params, _b in connection.asked] == [None, "1", "2"][:pages]
    assert {params["limit"] for _m, _p, params, _b in connection.asked} == {"100"}


# Quotas

QUOTAS = f"{INSIDE}/resourcequotas"
RANGES = f"{INSIDE}/limitranges"
PODS = f"{INSIDE}/pods"
CLAIMS = f"{INSIDE}/persistentvolumeclaims"
SIZED = pod(replicas=2, requests={"cpu": "500m", "memory": "1Gi"}, limits={"cpu": "1", "memory": "2Gi"})
VOLUME = {"claim": "tempo", "size": "10Gi", "replicas": 2}


@pytest.mark.parametrize(
    ("hard", "short"),
    [
        ({"requests.cpu": "1"}, ""),
        ({"requests.cpu": "900m"}, "requests.cpu takes 1 more, and 0.9 of 0.9 is left"),
        ({"cpu": "900m"}, "cpu takes 1 more, and 0.9 of 0.9 is left"),
        ({"requests.memory": "1Gi"}, "requests.memory takes 2Gi more, and 1Gi of 1Gi is left"),
        ({"memory": "2Gi"}, ""),
        ({"limits.cpu": "1"}, "limits.cpu takes 2 more, and 1 of 1 is left"),
        ({"limits.memory": "4Gi"}, ""),
        ({"limits.memory": "3Gi"}, "limits.memory takes 4Gi more, and 3Gi of 3Gi is left"),
        ({"pods": "1"}, "pods takes 2 more, and 1 of 1 is left"),
        ({"count/pods": "1"}, "count/pods takes 2 more, and 1 of 1 is left"),
        ({"persistentvolumeclaims": "1"}, "persistentvolumeclaims takes 2 more, and 1 of 1 is left"),
        ({"count/persistentvolumeclaims": "1"}, "count/persistentvolumeclaims takes 2 more, and 1 of 1 is left"),
        ({"requests.storage": "15Gi"}, "requests.storage takes 20Gi more, and 15Gi of 15Gi is left"),
        (
            {"standard.storageclass.storage.k8s.io/requests.storage": "0"},
            "standard.storageclass.storage.k8s.io/requests.storage takes 20Gi more, and 0 of 0 is left",
        ),
        ({"slow.storageclass.storage.k8s.io/persistentvolumeclaims": "0", "services": "0", "secrets": "0"}, ""),
    ],
)
def test_quotas_must_hold_what_is_asked(ask: Any, hard: dict[str, str], short: str) -> None:
    result = ask({QUOTAS: items(quota(hard, {}))}, pods=[SIZED], storage=[VOLUME])
    expected = [f"ResourceQuota small of namespace tracing is too small: {short}."] if short else []
    assert messages(result) == expected


def test_what_is_used_is_gone_and_a_new_quota_has_no_status(ask: Any) -> None:
    used = ask({QUOTAS: items(quota({"pods": "3"}, {"pods": "2"}))}, pods=[SIZED])
    assert messages(used)[0].endswith("pods takes 2 more, and 1 of 3 is left.")
    overdrawn = ask({QUOTAS: items(quota({"pods": "3"}, {"pods": "5"}))}, pods=[SIZED])
    assert messages(overdrawn)[0].endswith("pods takes 2 more, and 0 of 3 is left.")
    new = ask({QUOTAS: items(quota({"pods": "1"}))}, pods=[SIZED])
    assert messages(new)[0].endswith("pods takes 2 more, and 1 of 1 is left.")


def test_what_the_release_uses_already_is_taken_off(ask: Any) -> None:
    hard = {"requests.cpu": "1", "pods": "2", "requests.storage": "20Gi", "persistentvolumeclaims": "2"}
    full = {QUOTAS: items(quota(hard, hard))}
    volume = {
        "metadata": {"name": "data-tempo-0"},
        "spec": {"storageClassName": "standard", "resources": {"requests": {"storage": "10Gi"}}},
    }
    own = {PODS: items(*[own_pod({"cpu": "500m"})] * 2), CLAIMS: items(volume, volume)}
    given = {"pods": [SIZED], "storage": [VOLUME], "release_names": ["tempo", "alloy"]}
    assert ask({**full, **own}, **given)["problems"] == []
    assert len(messages(ask({**full, **own}, **{**given, "release_names": []}))) == 1
    ended = {**own, PODS: items(own_pod({"cpu": "500m"}), own_pod({"cpu": "500m"}, "Succeeded"))}
    text = messages(ask({**full, **ended}, **given))[0]
    assert "pods takes 1 more" in text and "requests.cpu takes 0.5 more" in text and "storage" not in text


def test_a_release_that_stays_as_it_is_passes_an_overdrawn_quota(ask: Any) -> None:
    answers = {QUOTAS: items(quota({"pods": "1"}, {"pods": "9"})), PODS: items(*[own_pod({})] * 2)}
    assert ask(answers, pods=[SIZED], release_names=["tempo"])["problems"] == []


@pytest.mark.parametrize(
    ("spec", "uses"),
    [
        ({}, "0.5"),
        ({"overhead": {"cpu": "250m"}}, "0.75"),
        ({"initContainers": [{"resources": {"requests": {"cpu": "2"}}}, {}]}, "2"),
        ({"initContainers": [{"resources": {"requests": {"cpu": "100m"}}}]}, "0.5"),
        ({"initContainers": [{"restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}}]}, "1.5"),
    ],
)
def test_what_a_pod_uses_is_counted_as_kubernetes_does(ask: Any, spec: dict[str, Any], uses: str) -> None:
    answers = {
        QUOTAS: items(quota({"requests.cpu": "3"}, {"requests.cpu": "3"})),
        PODS: items(own_pod({"cpu": "500m"}, **spec)),
    }
    result = ask(answers, pods=[pod(requests={"cpu": "10"})], release_names=["tempo"])
    assert f"requests.cpu takes {10 - float(uses):g} more" in messages(result)[0]


def test_own_use_that_may_not_be_read_leaves_a_shortage_open(ask: Any) -> None:
    answers = {QUOTAS: items(quota({"pods": "1"}, {}), quota({"pods": "9"}, {}, "large")), PODS: FORBIDDEN}
    result = ask(answers, pods=[SIZED], release_names=["tempo"])
    assert result["problems"] == []
    assert result["unknown"] == [
        "pods of the release: this user may not read that.",
        "ResourceQuota small: how much of it the release uses already.",
    ]


def test_quotas_that_may_not_be_read_are_unknown(ask: Any) -> None:
    result = ask({QUOTAS: FORBIDDEN}, pods=[SIZED])
    assert (result["problems"], result["unknown"]) == ([], ["resource quotas: this user may not read that."])


@pytest.mark.parametrize(
    ("scopes", "one", "counts"),
    [
        (["BestEffort"], pod(), True),
        (["BestEffort"], pod(requests={"cpu": "1"}), False),
        (["BestEffort"], pod(requests={"cpu": "0"}), True),
        (["NotBestEffort"], pod(), False),
        (["NotBestEffort"], pod(limits={"memory": "1Gi"}), True),
        (["NotTerminating"], pod(), True),
    ],
)
def test_scopes_that_can_be_told(ask: Any, scopes: list[str], one: dict[str, Any], counts: bool) -> None:
    hard = {"pods": "0"}
    selector = {"matchExpressions": [{"scopeName": scope, "operator": "Exists"} for scope in scopes]}
    for spec in ({"scopes": scopes}, {"scopeSelector": selector}):
        result = ask({QUOTAS: items(quota(hard, {}, **spec))}, pods=[one], storage=[VOLUME])
        assert (len(result["problems"]), result["unknown"]) == (int(counts), [])


@pytest.mark.parametrize(
    "spec",
    [
        {"scopes": ["Terminating"]},
        {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}},
    ],
)
def test_scopes_that_cannot_be_told_are_unknown(ask: Any, spec: dict[str, Any]) -> None:
    result = ask({QUOTAS: items(quota({"pods": "0", "limits.cpu": "1"}, {}, **spec))}, pods=[pod()])
    assert result["problems"] == []
    assert result["unknown"][0].startswith("ResourceQuota small: whether its scopes (")


def test_a_scoped_quota_counts_no_volumes(ask: Any) -> None:
    hard = {"persistentvolumeclaims": "0"}
    assert ask({QUOTAS: items(quota(hard, {}, scopes=["NotTerminating"]))}, storage=[VOLUME])["problems"] == []
    assert len(ask({QUOTAS: items(quota(hard, {}))}, storage=[VOLUME])["problems"]) == 1


# What a quota makes obligatory


@pytest.mark.parametrize(
    ("hard", "one", "missing"),
    [
        ({"limits.memory": "8Gi", "limits.cpu": "8"}, pod(), "limits.cpu, limits.memory"),
        ({"cpu": "8", "requests.cpu": "8"}, pod(requests={"memory": "1Gi"}), "requests.cpu"),
        ({"memory": "8Gi"}, pod(), "requests.memory"),
        ({"requests.memory": "8Gi"}, pod(limits={"memory": "1Gi"}), ""),
        ({"limits.memory": "8Gi"}, pod(replicas=0), ""),
        ({"requests.ephemeral-storage": "8Gi", "pods": "8"}, pod(), ""),
    ],
)
def test_what_a_quota_demands_must_be_stated(ask: Any, hard: dict[str, str], one: dict[str, Any], missing: str) -> None:
    result = ask({QUOTAS: items(quota(hard, {}), quota({"pods": "9"}, {}, "other"))}, pods=[one])
    demanded = f"Pod tempo states no {missing}, which ResourceQuota small of namespace tracing demands."
    assert messages(result) == ([demanded] if missing else [])


def limit_range(**entry: Any) -> dict[str, Any]:
    return {"metadata": {"name": "bounds"}, "spec": {"limits": [entry]}}


def test_defaults_of_a_limit_range_fill_in(ask: Any) -> None:
    demanding = items(quota({"limits.memory": "1Gi", "requests.cpu": "1"}, {}))
    defaults = limit_range(type="Container", default={"memory": "512Mi"}, defaultRequest={"cpu": "250m"})
    answers = {QUOTAS: demanding, RANGES: items(defaults)}
    assert ask(answers, pods=[pod(containers=2)])["problems"] == []
    assert "limits.memory takes 1.5Gi more" in messages(ask(answers, pods=[pod(containers=3)]))[0]
    of_pods = {**answers, RANGES: items(limit_range(type="Pod"))}
    assert len(messages(ask(of_pods, pods=[pod()]))) == 1


def test_without_the_limit_ranges_nothing_is_demanded(ask: Any) -> None:
    result = ask({QUOTAS: items(quota({"limits.memory": "1Gi"}, {})), RANGES: FORBIDDEN}, pods=[pod()])
    assert (result["problems"], result["unknown"]) == ([], ["limit ranges: this user may not read that."])


# Limit ranges


@pytest.mark.parametrize(
    ("entry", "one", "refused"),
    [
        ({"type": "Container", "max": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, "its cpu request 2 (at most 1)"),
        ({"type": "Container", "max": {"cpu": "1"}}, {"limits": {"cpu": "1"}}, ""),
        ({"type": "Container", "max": {"cpu": "1"}}, {"containers": 2, "limits": {"cpu": "2"}}, ""),
        ({"type": "Container", "max": {"cpu": "1"}}, {"replicas": 0, "limits": {"cpu": "2"}}, ""),
        (
            {"type": "Container", "min": {"memory": "64Mi"}},
            {"requests": {"memory": "32Mi"}},
            "its memory request 32Mi (at least 64Mi)",
        ),
        (
            {"type": "Pod", "max": {"memory": "1Gi"}},
            {"containers": 2, "requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}},
            "its memory limit 2Gi (at most 1Gi)",
        ),
        ({"type": "Pod", "max": {"memory": "1Gi"}}, {}, "pod tempo without a memory limit"),
        ({"type": "Pod", "min": {"memory": "1Gi"}}, {}, "pod tempo without a memory request"),
        ({"type": "Other", "max": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, ""),
    ],
)
def test_bounds_of_pods(ask: Any, entry: dict[str, Any], one: dict[str, Any], refused: str) -> None:
    result = ask({RANGES: items(limit_range(**entry))}, pods=[pod(**one)])
    assert len(result["problems"]) == bool(refused)
    if refused:
        assert messages(result)[0].startswith("LimitRange bounds of namespace tracing refuses pod tempo")
        assert refused in messages(result)[0]


@pytest.mark.parametrize(
    ("size", "refused"), [("10Gi", "(at most 8Gi)"), ("1Gi", "(at least 2Gi)"), ("4Gi", ""), ("", "")]
)
def test_bounds_of_volumes(ask: Any, size: str, refused: str) -> None:
    entry = {"type": "PersistentVolumeClaim", "max": {"storage": "8Gi"}, "min": {"storage": "2Gi"}}
    result = ask({RANGES: items(limit_range(**entry))}, storage=[{"claim": "tempo", "size": size}])
    expected = f"LimitRange bounds of namespace tracing refuses the volume of tempo for its size {size} {refused}."
    assert messages(result) == ([expected] if refused else [])
