# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A preflight against an API server that answers by path: version, rights, namespace, kinds, storage and releases."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight import preflight as preflight_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.options import ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.preflight import preflight, refuse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import connection
from documented import documentation
from fakes import FakeApiConnection, answer

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
INSIDE = "/api/v1/namespaces/tracing"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
MODULE = "ansible_collections.tracelab.k8s_tracing.plugins.modules.cluster_preflight"

FORBIDDEN = answer({"message": "forbidden to you"}, 403)
QUIET = {
    "/version": answer({"major": "1", "minor": "34", "gitVersion": "v1.34.4"}),
    INSIDE: answer({"metadata": {"name": "tracing"}, "status": {"phase": "Active"}}),
    SLICES: answer({"items": [{"endpoints": [{"addresses": ["172.18.0.3"]}, {"addresses": ["172.18.0.2"]}]}, {}]}),
}

Allowed = Callable[[Mapping[str, str]], bool]


class FakeCluster(FakeApiConnection):
    """Answers by path, and reviews of rights by a function of what is asked for."""

    def __init__(self, answers: Mapping[str, Any], allowed: Allowed) -> None:
        super().__init__({**QUIET, **answers})
        self.allowed = allowed
        self.reviewed: list[dict[str, str]] = []
        self.guard = threading.Lock()

    def request(
        self, path: str, params: Params, headers: Mapping[str, str], body: bytes | None, *, timeout: float
    ) -> Response:
        if path != REVIEWS or path in self.answers:
            return super().request(path, params, headers, body, timeout=timeout)
        asked = json.loads(body or b"")["spec"]["resourceAttributes"]
        with self.guard:
            self.reviewed.append(asked)
        return answer({"status": {"allowed": self.allowed(asked)}}, 201)


def with_defaults(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as Ansible hands them over: with all defaults, those of suboptions too."""
    full = {}
    for name, argument in spec.items():
        value = given.get(name, argument.get("default"))
        if argument.get("options"):
            value = [with_defaults(argument["options"], one) for one in value]
        full[name] = value
    return full


Look = Callable[..., dict[str, Any]]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Look, FakeCluster]]:
    """Makes a cluster of answers, and the look at it."""

    def make(
        answers: Mapping[str, Any] | None = None, allowed: Allowed = lambda _asked: True
    ) -> tuple[Look, FakeCluster]:
        fake = FakeCluster(answers or {}, allowed)
        monkeypatch.setattr(preflight_utils, "kube_connection", lambda _params: fake)
        return lambda **given: preflight(with_defaults(ARGUMENTS, given)), fake

    return make


@pytest.fixture
def look(cluster: Any) -> Callable[..., dict[str, Any]]:
    """One look at a cluster of these answers."""
    return lambda answers=None, **given: cluster(answers)[0](**given)


def messages(result: Mapping[str, Any]) -> list[str]:
    return [one["message"] for one in result["problems"]]


def test_a_look_without_options_asks_three_things(cluster: Any) -> None:
    ask, fake = cluster()
    assert ask() == {
        "connection": connection(fake.way),
        "problems": [],
        "unknown": [],
        "server_version": {"major": 1, "minor": 34, "git_version": "v1.34.4"},
        "namespace_exists": True,
        "api_server_addresses": ["172.18.0.2", "172.18.0.3"],
        "pod_security_enforced": "",
    }
    assert sorted(path for _method, path, _params, _body in fake.asked) == sorted(QUIET)


# The version


@pytest.mark.parametrize(
    ("said", "minor"),
    [
        ({"gitVersion": "v1.34.4"}, 34),
        ({"gitVersion": "v1.29.3-gke.1", "minor": "29"}, 29),
        ({"gitVersion": "v1.31.2+k3s1"}, 31),
        ({"gitVersion": "v1.27.16-eks-a737599", "minor": "27+"}, 27),
        ({"major": "1", "minor": "27+"}, 27),
    ],
)
def test_versions_of_all_distributions_are_read(look: Any, said: dict[str, str], minor: int) -> None:
    result = look({"/version": answer(said)}, min_version=f"1.{minor}")
    assert result["problems"] == []
    assert (result["server_version"]["major"], result["server_version"]["minor"]) == (1, minor)
    assert len(look({"/version": answer(said)}, min_version=f"1.{minor + 1}")["problems"]) == 1


def test_an_old_cluster_is_refused(look: Any) -> None:
    result = look({"/version": answer({"gitVersion": "v1.9.1"})}, min_version="1.25")
    assert messages(result) == ["The cluster runs Kubernetes v1.9.1, and the oldest that will do is 1.25."]
    assert look({"/version": answer({"major": "1", "minor": "9"})}, min_version="1.25")["problems"]


@pytest.mark.parametrize(
    "said", [FORBIDDEN, answer({}), answer({"gitVersion": "unknown"}), answer({"gitVersion": "v1." + "3" * 5000})]
)
def test_a_version_that_nobody_tells_is_no_problem(look: Any, said: Response) -> None:
    result = look({"/version": said}, min_version="1.25")
    assert (result["problems"], result["server_version"]) == ([], {})
    assert "version" in result["unknown"][0]


# Rights

RIGHTS = [
    {"group": "apps", "resource": "statefulsets", "verbs": ["create", "patch"]},
    {"group": "apps", "resource": "deployments/scale", "verbs": ["create", "patch"]},
    {"resource": "services/proxy", "verbs": ["get"]},
    {"resource": "services/proxy", "verbs": ["get"]},
    {"resource": "secrets", "verbs": ["list"], "namespace": "other"},
    {"resource": "nodes", "verbs": ["list"], "namespace": ""},
]


def test_an_administrator_is_asked_once(cluster: Any) -> None:
    ask, fake = cluster()
    assert ask(permissions=RIGHTS)["problems"] == []
    assert fake.reviewed == [{"verb": "*", "group": "*", "resource": "*", "namespace": "", "subresource": ""}]


def test_missing_rights_are_told_by_namespace(cluster: Any) -> None:
    ask, fake = cluster(allowed=lambda _asked: False)
    result = ask(permissions=RIGHTS)
    assert messages(result) == [
        "This user may not create, patch statefulsets.apps and deployments.apps/scale; get services/proxy"
        " in namespace tracing.",
        "This user may not list secrets in namespace other.",
        "This user may not list nodes in the whole cluster.",
    ]
    assert {one["check"] for one in result["problems"]} == {"permissions"}
    assert "docs/minimal-role.md" in result["problems"][0]["fix"]
    assert len(fake.reviewed) == 1 + 7, "each verb once, after the one question for everything"
    proxy = {"verb": "get", "group": "", "resource": "services", "namespace": "tracing", "subresource": "proxy"}
    assert proxy in fake.reviewed


def test_rights_that_are_there_are_not_told(cluster: Any) -> None:
    ask, _fake = cluster(allowed=lambda asked: asked["verb"] in ("get", "list", "create"))
    message = "This user may not patch statefulsets.apps and deployments.apps/scale in namespace tracing."
    assert messages(ask(permissions=RIGHTS)) == [message]


def test_rights_that_may_not_be_asked_for_are_unknown(look: Any) -> None:
    result = look({REVIEWS: FORBIDDEN}, permissions=RIGHTS[2:3])
    assert result["problems"] == []
    assert result["unknown"] == [
        "permissions: this user may not read that.",
        "permission to get services/proxy in namespace tracing: this user may not read that.",
    ]


# The namespace


def test_a_missing_namespace_that_may_be_created_is_fine(cluster: Any) -> None:
    ask, fake = cluster({INSIDE: answer({}, 404)})
    result = ask()
    assert (result["problems"], result["namespace_exists"]) == ([], False)
    assert [one["resource"] for one in fake.reviewed] == ["namespaces"]


def test_a_missing_namespace_that_may_not_be_created_is_refused(cluster: Any) -> None:
    ask, _fake = cluster({INSIDE: answer({}, 404)}, allowed=lambda _asked: False)
    result = ask(context="c")
    assert messages(result) == ["There is no namespace tracing, and this user may not create namespaces."]
    assert result["problems"][0]["fix"].endswith("run: kubectl --context c create namespace tracing")


def test_a_namespace_that_goes_is_refused(look: Any) -> None:
    result = look({INSIDE: answer({"metadata": {}, "status": {"phase": "Terminating"}})})
    assert messages(result) == ["Namespace tracing is being deleted."]


def test_a_namespace_that_may_not_be_read_is_unknown(look: Any) -> None:
    result = look({INSIDE: FORBIDDEN}, pod_security="baseline")
    assert (result["problems"], result["namespace_exists"]) == ([], None)
    assert result["unknown"] == ["namespace: this user may not read that."]


@pytest.mark.parametrize(
    ("label", "satisfied", "enforced", "refused"),
    [
        ("restricted", "baseline", "restricted", True),
        ("restricted", "restricted", "restricted", False),
        ("baseline", "privileged", "baseline", True),
        ("privileged", "baseline", "privileged", False),
        ("restricted", "", "restricted", False),
        ("strict", "baseline", "restricted", True),
        ("", "privileged", "", False),
    ],
)
def test_pod_security(look: Any, label: str, satisfied: str, enforced: str, refused: bool) -> None:
    labels = {"pod-security.kubernetes.io/enforce": label} if label else {}
    result = look({INSIDE: answer({"metadata": {"labels": labels}})}, pod_security=satisfied)
    assert (result["pod_security_enforced"], bool(result["problems"])) == (enforced, refused)
    if refused:
        (problem,) = result["problems"]
        assert problem["check"] == "pod_security" and repr(enforced) in problem["message"]
        command = f"kubectl label --overwrite namespace tracing pod-security.kubernetes.io/enforce={satisfied}"
        assert command in problem["fix"]


# Addresses of the API server


def test_addresses_come_from_endpoints_where_slices_are_forbidden(look: Any) -> None:
    endpoints = {"subsets": [{"addresses": [{"ip": "10.0.0.2"}, {"ip": "10.0.0.1"}]}, {"addresses": None}]}
    result = look({SLICES: FORBIDDEN, ENDPOINTS: answer(endpoints)})
    assert result["api_server_addresses"] == ["10.0.0.1", "10.0.0.2"]
    assert look({SLICES: FORBIDDEN})["api_server_addresses"] == []


def test_what_is_no_address_is_none(look: Any) -> None:
    given = ["10.0.0.1", "0.0.0.0/0", "0.0.0.0", "::", "api.test", "fe80::1%eth0", "fd00::1", "10.0.0.1/8", None, 7]
    result = look({SLICES: answer({"items": [{"endpoints": [{"addresses": given}]}]})})
    assert result["api_server_addresses"] == ["10.0.0.1", "fd00::1"]


def test_addresses_that_may_not_be_read_are_none(look: Any) -> None:
    result = look({SLICES: FORBIDDEN, ENDPOINTS: FORBIDDEN})
    assert result["api_server_addresses"] == []
    assert result["unknown"] == ["addresses of the API server: this user may not read that."]


def test_slices_that_the_server_cannot_give_are_unknown(look: Any) -> None:
    result = look({SLICES: answer({"message": "no such version"}, 400)})
    assert "no such version" in result["unknown"][0]


# Kinds

GROUP = {
    "preferredVersion": {"groupVersion": "monitoring.coreos.com/v1"},
    "versions": [
        {"groupVersion": "monitoring.coreos.com/v1alpha1"},
        {"groupVersion": "monitoring.coreos.com/v1"},
    ],
}
KINDS = {
    "/apis/monitoring.coreos.com": answer(GROUP),
    "/apis/monitoring.coreos.com/v1": answer({"resources": [{"name": "servicemonitors"}, {"name": "probes"}]}),
    "/apis/monitoring.coreos.com/v1alpha1": answer({"resources": [{"name": "scrapeconfigs"}]}),
}
MONITORS = {"name": "servicemonitors.monitoring.coreos.com", "needed_for": "scraping", "option": "tempo_monitor"}


def test_a_kind_that_is_known_takes_two_requests(cluster: Any) -> None:
    ask, fake = cluster(KINDS)
    assert ask(crds=[MONITORS])["problems"] == []
    assert [path for _method, path, _params, _body in fake.asked if "monitoring" in path] == [
        "/apis/monitoring.coreos.com",
        "/apis/monitoring.coreos.com/v1",
    ]


def test_a_kind_of_another_version_is_found(look: Any) -> None:
    assert look(KINDS, crds=[{"name": "scrapeconfigs.monitoring.coreos.com"}])["problems"] == []


def test_missing_kinds_are_told_with_the_switch(look: Any) -> None:
    unknown_kind = {"name": "things.monitoring.coreos.com"}
    unknown_group = {**MONITORS, "name": "certificates.cert-manager.io"}
    result = look(KINDS, crds=[MONITORS, unknown_kind, unknown_group])
    assert messages(result) == [
        "The cluster does not know things.monitoring.coreos.com.",
        "The cluster does not know certificates.cert-manager.io, needed for scraping.",
    ]
    assert [one["fix"] for one in result["problems"]] == [
        "Install the CRDs of the operator that brings it.",
        "Install the CRDs of the operator that brings it, or switch tempo_monitor off.",
    ]


def test_a_group_that_may_not_be_discovered_is_unknown(look: Any) -> None:
    result = look({"/apis/monitoring.coreos.com": FORBIDDEN}, crds=[MONITORS])
    assert (result["problems"], len(result["unknown"])) == ([], 1)


# Storage


def storage_class(name: str, **annotations: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "annotations": annotations or None}}


DEFAULT = storage_class("standard", **{"storageclass.kubernetes.io/is-default-class": "true"})
BETA = storage_class("old", **{"storageclass.beta.kubernetes.io/is-default-class": "true"})
NOT_DEFAULT = storage_class("slow", **{"storageclass.kubernetes.io/is-default-class": "false"})
CLAIM = {"claim": "tempo", "option": "tempo_storage_class"}


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ([DEFAULT], ""),
        ([BETA, NOT_DEFAULT], ""),
        ([DEFAULT, BETA], ""),
        ([NOT_DEFAULT], "slow"),
        ([], "-"),
    ],
)
def test_storage_that_will_do(look: Any, there: list[dict[str, Any]], wanted: str) -> None:
    result = look({CLASSES: answer({"items": there})}, storage=[{**CLAIM, "storage_class": wanted}])
    assert (result["problems"], result["unknown"]) == ([], [])


@pytest.mark.parametrize(
    ("there", "wanted", "message"),
    [
        (
            [DEFAULT, NOT_DEFAULT],
            "fast",
            "There is no storage class 'fast' for the volume of tempo. There are: slow, standard.",
        ),
        (
            [NOT_DEFAULT],
            "",
            "The volume of tempo names no storage class, and the cluster has no default one. There are: slow.",
        ),
        (
            [],
            "",
            "The volume of tempo names no storage class, and the cluster has no default one. There is none at all.",
        ),
    ],
)
def test_storage_that_is_missing(look: Any, there: list[dict[str, Any]], wanted: str, message: str) -> None:
    result = look({CLASSES: answer({"items": there})}, storage=[{**CLAIM, "storage_class": wanted}])
    assert messages(result) == [message]
    assert "in tempo_storage_class" in result["problems"][0]["fix"]


def test_bound_volumes_need_no_class(look: Any) -> None:
    bound = {"metadata": {"name": "data-tempo-0"}, "spec": {}, "status": {"phase": "Bound"}}
    answers = {CLASSES: answer({"items": []}), f"{INSIDE}/persistentvolumeclaims": answer({"items": [bound]})}
    assert look(answers, storage=[CLAIM], release_names=["tempo"])["problems"] == []
    assert len(look(answers, storage=[{**CLAIM, "replicas": 2}], release_names=["tempo"])["problems"]) == 1


def test_storage_classes_that_may_not_be_read_are_unknown(look: Any) -> None:
    result = look({CLASSES: FORBIDDEN}, storage=[CLAIM])
    assert (result["problems"], result["unknown"]) == ([], ["storage classes: this user may not read that."])


# Releases


SERVICES = [
    {"name": "tempo", "namespace": "store", "option": "alloy_tempo_endpoint", "address": "tempo.store.svc:4317"},
    {"name": "tempo", "namespace": "there", "option": "alloy_exporters", "address": "tempo.there.svc:4317"},
]


@pytest.mark.case("F1")
def test_services_that_are_not_there_are_told_with_the_setting(look: Any) -> None:
    there = {"/api/v1/namespaces/there/services/tempo": answer({"metadata": {"name": "tempo"}})}
    assert messages(look(there, services=SERVICES)) == [
        "alloy_tempo_endpoint leads to tempo.store.svc:4317, and there is no Service tempo in namespace store, nor "
        "does this run make one."
    ]


@pytest.mark.case("F1")
def test_services_that_may_not_be_read_may_be_there(look: Any) -> None:
    found = look(
        {f"/api/v1/namespaces/{one['namespace']}/services/tempo": FORBIDDEN for one in SERVICES}, services=SERVICES
    )
    assert found["problems"] == []
    assert "Service tempo in namespace store: this user may not read that." in found["unknown"]


NAMED = [
    {"name": "storage", "keys": ["id", "key"], "option": "tempo_storage_secret"},
    {"name": "registry", "namespace": "there", "keys": [], "option": "tempo_image_pull_secrets"},
]
STORAGE, REGISTRY = "/api/v1/namespaces/tracing/secrets/storage", "/api/v1/namespaces/there/secrets/registry"
FIX = "k8s_tracing_secret_wait says how long it is waited for."


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({}, ["storage in namespace tracing, which tempo_storage_secret names, "
              "is not there (it needs the keys id and key)",
              "registry in namespace there, which tempo_image_pull_secrets names, is not there"]),
        ({STORAGE: {"data": {"id": "eA=="}}, REGISTRY: {}},
         ["storage in namespace tracing, which tempo_storage_secret names, lacks the key key"]),
        ({STORAGE: {"data": None}, REGISTRY: {}},
         ["storage in namespace tracing, which tempo_storage_secret names, lacks the keys id and key"]),
        ({STORAGE: {"data": {"id": "eA==", "key": "eA==", "more": "eA=="}}, REGISTRY: {"data": {}}}, []),
    ],
)  # fmt: skip
def test_named_secrets_and_their_keys_have_to_be_there(look: Any, there: dict[str, Any], told: list[str]) -> None:
    found = look({path: answer(item) for path, item in there.items()}, named_secrets=NAMED)
    assert messages(found) == [f"Secret {text}." for text in told]
    assert all(one["fix"].endswith(FIX) for one in found["problems"])
    assert "eA==" not in json.dumps(found)


def test_named_secrets_that_may_not_be_read_may_be_there(look: Any) -> None:
    found = look({STORAGE: FORBIDDEN, REGISTRY: FORBIDDEN}, named_secrets=NAMED)
    assert found["problems"] == []
    assert "Secret storage in namespace tracing: this user may not read that." in found["unknown"]


def record(release: str, chart: str, version: int = 1, status: str = "deployed") -> dict[str, Any]:
    packed = gzip.compress(json.dumps({"chart": {"metadata": {"name": chart}}}).encode())
    data = base64.b64encode(base64.b64encode(packed)).decode()
    return {
        "metadata": {
            "name": f"sh.helm.release.v1.{release}.v{version}",
            "labels": {"name": release, "owner": "helm", "status": status, "version": str(version)},
        },
        "data": {"release": data},
    }


ONLY_ONE = {"chart": "tempo", "release_name": "tempo", "reason": "both would write ConfigMap tempo"}


def with_records(*records: dict[str, Any]) -> dict[str, Response]:
    return {f"{INSIDE}/secrets": answer({"items": list(records)})}


def test_another_release_of_the_chart_is_refused(cluster: Any) -> None:
    ask, fake = cluster(with_records(record("x", "tempo"), record("grafana", "grafana"), record("tempo", "tempo")))
    result = ask(exclusive=[ONLY_ONE])
    assert messages(result) == [
        "Namespace tracing already has release 'x' of chart tempo (both would write ConfigMap tempo)."
    ]
    assert result["problems"][0]["fix"] == "Use another namespace, or set tempo_release_name: x to take it over."
    asked = [params for _method, path, params, _body in fake.asked if path == f"{INSIDE}/secrets"]
    assert asked == [{"labelSelector": "owner=helm,status!=superseded"}]


def test_the_variable_of_a_release_can_be_named(look: Any) -> None:
    one = {"chart": "k6-trace", "release_name": "k6", "option": "generator_name"}
    result = look(with_records(record("x", "k6-trace")), exclusive=[one])
    assert messages(result) == ["Namespace tracing already has release 'x' of chart k6-trace."]
    assert "generator_name: x" in result["problems"][0]["fix"]
    plain = look(with_records(record("x", "k6-trace")), exclusive=[{**one, "option": ""}])
    assert "k6_trace_release_name: x" in plain["problems"][0]["fix"]


@pytest.mark.parametrize("status", ["failed", "pending-install", "pending-upgrade", "pending-rollback"])
def test_releases_that_are_not_well_count_too(look: Any, status: str) -> None:
    assert len(look(with_records(record("x", "tempo", status=status)), exclusive=[ONLY_ONE])["problems"]) == 1


@pytest.mark.parametrize("status", ["uninstalled", "uninstalling"])
def test_only_the_newest_record_counts(look: Any, status: str) -> None:
    records = [record("x", "tempo", 10, status), record("x", "tempo", 9, "failed")]
    assert look(with_records(*records), exclusive=[ONLY_ONE])["problems"] == []


@pytest.mark.parametrize("data", [{}, {"release": "bm8="}, {"release": ""}])
def test_a_record_that_cannot_be_read_is_unknown(look: Any, data: dict[str, str]) -> None:
    result = look(with_records({**record("x", "tempo"), "data": data}), exclusive=[ONLY_ONE])
    assert result["problems"] == []
    assert result["unknown"] == ["Helm record sh.helm.release.v1.x.v1: it is not in a form that is known."]


def test_records_in_config_maps_are_read(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_DRIVER", "configmap")
    one = record("x", "tempo")
    one["data"]["release"] = base64.b64decode(one["data"]["release"]).decode()
    assert len(look({f"{INSIDE}/configmaps": answer({"items": [one]})}, exclusive=[ONLY_ONE])["problems"]) == 1


def test_records_outside_of_the_cluster_are_unknown(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_DRIVER", "sql")
    result = look(with_records(record("x", "tempo")), exclusive=[ONLY_ONE])
    assert (result["problems"], len(result["unknown"])) == ([], 1)
    assert "HELM_DRIVER=sql" in result["unknown"][0]


# As a whole


def test_all_problems_are_told_at_once_a_line_each(cluster: Any) -> None:
    ask, _fake = cluster({"/version": answer({"gitVersion": "v1.20.0"})}, allowed=lambda _asked: False)
    result = ask(min_version="1.25", permissions=RIGHTS[2:3], crds=[MONITORS])
    with pytest.raises(TracingError) as caught:
        refuse(result)
    assert caught.value.kind == "preflight"
    lines = str(caught.value).splitlines()
    assert len(lines) == len(result["problems"]) == 3
    assert lines == [f"{one['message']} {one['fix']}" for one in result["problems"]]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"/version": answer({"message": "who are you"}, 401)}, "unauthorized"),
        ({"/version": TracingError("connection_refused", "No.", retryable=True)}, "connection_refused"),
        ({SLICES: answer({"message": "busy"}, 503)}, "kubernetes_api"),
        ({INSIDE: TracingError("timeout", "Slow.", retryable=True)}, "timeout"),
    ],
)
def test_a_broken_cluster_is_one_error(look: Any, answers: dict[str, Any], kind: str) -> None:
    with pytest.raises(TracingError) as caught:
        look(answers, permissions=RIGHTS)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"namespace": "No Such"}, "namespace"),
        ({"request_timeout": 0.0}, "request_timeout"),
        ({"min_version": "v1.25"}, "min_version"),
        ({"min_version": "new"}, "min_version"),
        ({"min_version": "1.3"}, "min_version: '1.3' is older than any cluster. Write it in quotes, such as '1.30'"),
        ({"min_version": "\uff11.\uff13\uff11"}, "min_version"),
        ({"min_version": "1." + "3" * 5000}, "min_version"),
        ({"crds": [{"name": "servicemonitors"}]}, "crds"),
        ({"crds": [{"name": "a/b.example.com"}]}, "crds"),
        ({"storage": [{"claim": "tempo", "size": "10GB"}]}, "storage: tempo: size"),
        ({"storage": [{"claim": "tempo", "replicas": -1}]}, "storage: tempo: replicas"),
        ({"pods": [{"name": "tempo", "requests": {"cpu": "lots"}}]}, "pods: tempo: requests.cpu"),
        ({"pods": [{"name": "tempo", "limits": {"memory": "-1"}}]}, "pods: tempo: limits.memory"),
        ({"pods": [{"name": "tempo", "replicas": -1}]}, "pods: tempo: replicas"),
        ({"pods": [{"name": "tempo", "containers": 0}]}, "pods: tempo: containers"),
        ({"release_names": ["a,b)"]}, "release_names"),
    ],
)
def test_bad_options_are_refused_before_anything_is_asked(cluster: Any, given: dict[str, Any], names: str) -> None:
    ask, fake = cluster()
    with pytest.raises(TracingError, match=names) as caught:
        ask(**given)
    assert (caught.value.kind, fake.asked) == ("invalid_option", [])


# The module


def run_module(capsys: pytest.CaptureFixture[str], **args: Any) -> dict[str, Any]:
    with patch_module_args(args), pytest.raises(SystemExit):
        importlib.import_module(MODULE).main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_module_passes(cluster: Any, capsys: pytest.CaptureFixture[str], check_mode: bool) -> None:
    cluster()
    result = run_module(capsys, min_version="1.25", release_name="tempo", _ansible_check_mode=check_mode)
    assert (result.get("failed"), result["changed"], result["problems"]) == (None, False, [])


def test_the_module_fails_with_everything_that_it_saw(cluster: Any, capsys: pytest.CaptureFixture[str]) -> None:
    cluster()
    result = run_module(capsys, min_version="1.99")
    assert (result["failed"], result["error"]["kind"], len(result["problems"])) == (True, "preflight", 1)
    assert result["api_server_addresses"] == ["172.18.0.2", "172.18.0.3"]
    assert result["msg"].endswith("Upgrade it, or use another context.")
    documented = yaml.safe_load(importlib.import_module(MODULE).RETURN)
    assert result.keys() - {"failed", "msg", "invocation", "changed"} == documented.keys()


def test_the_module_without_a_cluster(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    result = run_module(capsys, kubeconfig=str(tmp_path / "none"))
    assert (result["failed"], result["error"]["kind"]) == (True, "kubeconfig_missing")
    assert "problems" not in result


def agree(options: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    assert options.keys() == spec.keys()
    for name, argument in spec.items():
        assert options[name]["description"]
        for key in ("type", "default", "choices", "elements", "required", "aliases"):
            assert options[name].get(key) == argument.get(key), f"{name}: {key}"
        if "options" in argument:
            agree(options[name]["suboptions"], argument["options"])


def test_documentation_and_arguments_agree() -> None:
    agree(documentation("cluster_preflight")["options"], ARGUMENTS)


def test_examples_are_options_that_there_are(cluster: Any) -> None:
    ask, _fake = cluster(KINDS)
    tasks = yaml.safe_load(importlib.import_module(MODULE).EXAMPLES)
    own = [task["tracelab.k8s_tracing.cluster_preflight"] for task in tasks if "ansible.builtin.debug" not in task]
    assert len(own) == 3
    for given in own:
        assert (given or {}).keys() <= ARGUMENTS.keys()
        assert ask(**(given or {}))["namespace_exists"] is True
