# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of an object changes when somebody changed it, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.object_states import look
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeApiConnection, answer

DEPLOYMENTS = "/apis/apps/v1/namespaces/tracing/deployments"
SECRETS = "/api/v1/namespaces/tracing/secrets"
SERVICES = "/api/v1/namespaces/tracing/services"
CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
NAME = "deployments tracing/alloy"


def deployment(ready: int = 1, *, version: str = "1", uid: str = "u-1", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "alloy", "uid": uid, "generation": 1, "resourceVersion": version},
        "spec": {"replicas": 1, **spec},
        "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": ready},
    }


def secret(version: str = "1") -> dict[str, Any]:
    return {"metadata": {"name": "login", "uid": "u-2", "resourceVersion": version}}


def run(answers: dict[str, Response], namespaces: list[str] | None = None) -> dict[str, Any]:
    params = {"namespaces": ["tracing"] if namespaces is None else namespaces, "request_timeout": 1.0}
    return look(params, KubeApi(FakeApiConnection(answers)), sleep=lambda _seconds: None)


def state(item: dict[str, Any]) -> str:
    found: str = run({DEPLOYMENTS: answer({"items": [item]})})["objects"][NAME]
    return found


def test_what_an_object_says_of_itself_is_no_change() -> None:
    assert state(deployment()) == state(deployment(version="2", ready=0))


@pytest.mark.parametrize("changed", [deployment(paused=True), deployment(uid="u-9")])
def test_a_change_and_a_new_object_of_the_same_name_are_changes(changed: dict[str, Any]) -> None:
    assert state(deployment()) != state(changed)


def test_a_workload_that_is_not_rolled_out_is_named() -> None:
    assert run({DEPLOYMENTS: answer({"items": [deployment(ready=0)]})})["unready"] == [NAME]
    assert run({DEPLOYMENTS: answer({"items": [deployment()]})})["unready"] == []


def test_what_is_not_ready_for_a_moment_is_looked_at_again() -> None:
    answers = [answer({"items": [deployment(ready=ready)]}) for ready in (0, 0, 1)]
    pauses: list[float] = []
    params = {"namespaces": ["tracing"], "request_timeout": 1.0}
    assert look(params, KubeApi(FakeApiConnection({DEPLOYMENTS: answers})), pauses.append)["unready"] == []
    assert pauses == [1, 1]


@pytest.mark.parametrize(("item", "pauses"), [(deployment(ready=0), 4), (deployment(replicas=0), 0), (deployment(), 0)])
def test_waiting_ends_and_is_left_out_where_it_can_not_help(item: dict[str, Any], pauses: int) -> None:
    asked: list[float] = []
    params = {"namespaces": ["tracing"], "request_timeout": 1.0}
    look(params, KubeApi(FakeApiConnection({DEPLOYMENTS: answer({"items": [item]})})), asked.append)
    assert len(asked) == pauses


def test_of_a_secret_its_metadata_alone_is_read() -> None:
    connection = FakeApiConnection({SECRETS: answer({"items": [secret("7")]})})
    found = look({"namespaces": ["tracing"], "request_timeout": 1.0}, KubeApi(connection))
    assert found["objects"] == {"secrets tracing/login": "u-2 7"}
    [headers] = [headers for path, headers in connection.headers if path == SECRETS]
    assert "as=PartialObjectMetadataList" in headers["Accept"]


def test_only_objects_of_releases_are_asked_for_but_for_secrets_and_claims() -> None:
    connection = FakeApiConnection({})
    look({"namespaces": ["a", "b"], "request_timeout": 1.0}, KubeApi(connection))
    asked = {path: params.get("labelSelector", "") for _method, path, params, _body in connection.asked}
    anyones = {path.rsplit("/", 1)[-1] for path, selector in asked.items() if not selector}
    assert anyones == {"secrets", "persistentvolumeclaims"}
    assert asked[CLUSTER_ROLES] == "app.kubernetes.io/managed-by in (Helm,tracelab.k8s_tracing)"
    assert {path.split("/namespaces/")[1][0] for path in asked if "/namespaces/" in path} == {"a", "b"}


def test_a_kind_that_may_not_be_listed_is_as_it_was() -> None:
    objects = run({SERVICES: answer({"message": "no"}, 403), CLUSTER_ROLES: answer({"message": "no"}, 403)})["objects"]
    assert objects == {"services tracing": "may not be listed", "clusterroles": "may not be listed"}


@pytest.mark.parametrize("path", [SECRETS, DEPLOYMENTS])
def test_without_the_kinds_that_matter_nothing_is_said(path: str) -> None:
    with pytest.raises(TracingError) as caught:
        run({path: answer({"message": "no"}, 403)})
    assert caught.value.kind == "forbidden"


@pytest.mark.parametrize("namespaces", [[], ["Tracing"], ["a b"]])
def test_a_namespace_that_can_not_be_is_refused(namespaces: list[str]) -> None:
    with pytest.raises(TracingError, match="namespaces"):
        run({}, namespaces)
