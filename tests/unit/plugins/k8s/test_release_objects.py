# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects beside a release: applied, left alone, removed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.companion_objects import settle, to_result
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeApiConnection, answer

POLICIES = "/apis/networking.k8s.io/v1/namespaces/tracing/networkpolicies"
MONITORS = "/apis/monitoring.coreos.com/v1/namespaces/tracing/servicemonitors"
LABELS = {"app.kubernetes.io/managed-by": "tracelab.k8s_tracing", "app.kubernetes.io/instance": "tempo"}


def policy(name: str = "tempo", **more: Any) -> dict[str, Any]:
    return {"kind": "NetworkPolicy", "metadata": {"name": name}, "spec": {"podSelector": {}}, **more}


def live(name: str = "tempo", version: str = "1", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "tracing", "labels": LABELS, "resourceVersion": version, "uid": "u-1"}
    return {"kind": "NetworkPolicy", "metadata": metadata, "spec": {"podSelector": {}, **spec}}


def params(*objects: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {"namespace": "tracing", "release_name": "tempo", "objects": list(objects), "request_timeout": 1.0}
    return {**given, **more}


def run(
    connection: FakeApiConnection, *objects: dict[str, Any], check_mode: bool = False, **more: Any
) -> dict[str, Any]:
    return to_result(settle(params(*objects, **more), check_mode, KubeApi(connection)), with_diff=True)


def test_a_missing_object_is_applied_with_its_labels() -> None:
    connection = FakeApiConnection(
        {f"{POLICIES}/tempo": [answer({}, 404), answer(live())], POLICIES: answer({"items": [live()]})}
    )
    result = run(connection, policy())
    assert (result["changed"], result["objects"]) == (True, ["NetworkPolicy tracing/tempo"])
    [sent] = [body for method, _path, _params, body in connection.asked if method == "PATCH"]
    assert sent["apiVersion"] == "networking.k8s.io/v1"
    assert sent["metadata"] == {"name": "tempo", "namespace": "tracing", "labels": LABELS}


def test_a_service_is_one_of_the_core_api() -> None:
    path = "/api/v1/namespaces/tracing/services"
    service = {**live("canary"), "kind": "Service"}
    connection = FakeApiConnection({f"{path}/canary": [answer({}, 404), answer(service)], path: answer({"items": []})})
    result = run(connection, {"kind": "Service", "metadata": {"name": "canary"}, "spec": {"ports": [{"port": 8080}]}})
    assert result["objects"] == ["Service tracing/canary"]
    [sent] = [body for method, _path, _params, body in connection.asked if method == "PATCH"]
    assert (sent["apiVersion"], sent["kind"]) == ("v1", "Service")


def test_an_object_that_stays_as_it_is_is_no_change() -> None:
    answers = [answer(live(version="1")), answer(live(version="2"))]
    result = run(FakeApiConnection({f"{POLICIES}/tempo": answers}), policy())
    assert result == {"changed": False, "objects": [], "diff": []}


def test_a_change_is_shown_before_and_after() -> None:
    answers = [answer(live()), answer(live(policyTypes=["Ingress"]))]
    [diff] = run(FakeApiConnection({f"{POLICIES}/tempo": answers}), policy())["diff"]
    assert "policyTypes" in diff["after"] and "policyTypes" not in diff["before"]
    assert "resourceVersion" not in diff["after"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": None},
        {"labels": {**LABELS, "app.kubernetes.io/instance": "other"}},
        {"namespace": "kube-system"},
    ],
)
def test_what_was_not_asked_for_is_never_deleted(metadata: dict[str, Any]) -> None:
    foreign = live("old")
    foreign["metadata"] |= metadata
    connection = FakeApiConnection({POLICIES: answer({"items": [foreign]})})
    assert run(connection)["changed"] is False
    assert "DELETE" not in {method for method, *_rest in connection.asked}


@pytest.mark.parametrize("name", ["", "../../../../api/v1/namespaces/tracing", "a/b", "a?b", None])
def test_a_name_that_leads_elsewhere_is_never_deleted(name: Any) -> None:
    connection = FakeApiConnection({POLICIES: answer({"items": [live(name)]})})
    with pytest.raises(TracingError):
        run(connection)
    assert "DELETE" not in {method for method, *_rest in connection.asked}


def test_what_is_no_longer_wanted_is_removed() -> None:
    connection = FakeApiConnection(
        {POLICIES: answer({"items": [live("old")]}), f"{POLICIES}/old": answer({"status": "Success"})}
    )
    result = run(connection)
    assert result["objects"] == ["NetworkPolicy tracing/old"]
    assert ("DELETE", f"{POLICIES}/old", {}, {"preconditions": {"uid": "u-1"}}) in connection.asked
    selector = {"labelSelector": "app.kubernetes.io/managed-by=tracelab.k8s_tracing,app.kubernetes.io/instance=tempo"}
    assert ("GET", POLICIES, selector, None) in connection.asked


def test_check_mode_asks_the_server_and_changes_nothing() -> None:
    connection = FakeApiConnection(
        {
            f"{POLICIES}/tempo": [answer({}, 404), answer(live())],
            POLICIES: answer({"items": [live("old")]}),
        }
    )
    result = run(connection, policy(), check_mode=True)
    assert result["objects"] == ["NetworkPolicy tracing/tempo", "NetworkPolicy tracing/old"]
    assert next(params for method, _p, params, _b in connection.asked if method == "PATCH")["dryRun"] == "All"
    assert "DELETE" not in {method for method, *_rest in connection.asked}


def test_check_mode_foretells_objects_of_a_namespace_that_is_not_there_yet() -> None:
    assert run(FakeApiConnection({}), policy(), check_mode=True)["changed"] is True


def test_outside_check_mode_a_missing_namespace_is_an_error() -> None:
    with pytest.raises(TracingError, match="no answer for"):
        run(FakeApiConnection({}), policy())


def test_a_kind_that_may_not_be_listed_has_no_objects() -> None:
    refused = answer({"message": "no"}, 403)
    assert run(FakeApiConnection({MONITORS: refused}))["changed"] is False


def test_another_error_while_listing_is_told() -> None:
    broken: Response = answer({"message": "etcd is away"}, 500)
    with pytest.raises(TracingError, match="etcd is away"):
        run(FakeApiConnection({MONITORS: broken}))


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"kind": "Secret", "metadata": {"name": "x"}}, "Secret is none of"),
        ({"metadata": {"name": "x"}}, "without a kind"),
        ({"kind": "ConfigMap"}, "name of a ConfigMap"),
        ({"kind": "ConfigMap", "metadata": {"name": "A b"}}, "name of a ConfigMap"),
        ({"kind": "ConfigMap", "metadata": {"name": "x", "namespace": "else"}}, "outside namespace tracing"),
    ],
)
def test_objects_that_cannot_stand_beside_a_release_are_refused(item: dict[str, Any], says: str) -> None:
    connection = FakeApiConnection({})
    with pytest.raises(TracingError, match=says):
        run(connection, item)
    assert connection.asked == []


SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes"
PEER = {"podSelector": {"matchLabels": {"app": "x"}}}


def sent_rules(rules: list[dict[str, Any]], **answers: Response) -> list[dict[str, Any]]:
    item = policy(spec={"podSelector": {}, "ingress": rules})
    connection = FakeApiConnection({f"{POLICIES}/tempo": answer(live()), **answers})
    run(connection, item)
    [sent] = [body for method, _path, _params, body in connection.asked if method == "PATCH"]
    return list(sent["spec"]["ingress"])


def test_the_api_servers_are_known_by_their_addresses() -> None:
    slices = answer({"items": [{"endpoints": [{"addresses": ["10.0.0.2"]}, {"addresses": ["fd00::2"]}]}]})
    rules = sent_rules([{"ports": [{"port": 1}], "from": [PEER, {"apiServer": {}}]}, {"from": []}], **{SLICES: slices})
    blocks = [{"ipBlock": {"cidr": "10.0.0.2/32"}}, {"ipBlock": {"cidr": "fd00::2/128"}}]
    assert rules == [{"ports": [{"port": 1}], "from": [PEER, *blocks]}, {"from": []}]


def test_unknown_api_servers_open_no_door() -> None:
    refused = answer({"message": "no"}, 403)
    rules = sent_rules(
        [{"from": [{"apiServer": {}}]}, {"from": [PEER, {"apiServer": {}}]}], **{SLICES: refused, ENDPOINTS: refused}
    )
    assert rules == [{"from": [PEER]}]


def test_other_errors_on_the_way_to_the_addresses_are_told() -> None:
    with pytest.raises(TracingError, match="etcd is away"):
        sent_rules([{"from": [{"apiServer": {}}]}], **{SLICES: answer({"message": "etcd is away"}, 500)})


@pytest.mark.parametrize("ingress", [[{"from": True}], [{"from": {"a": 1}}], [{"from": ["a"]}], ["a"], {"from": []}, 7])
def test_rules_of_another_shape_are_refused(ingress: Any) -> None:
    with pytest.raises(TracingError, match="not a list of rules with lists of peers"):
        run(FakeApiConnection({}), {**policy(), "spec": {"ingress": ingress}})
