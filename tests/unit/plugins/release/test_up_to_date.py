# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nothing at all has to be done about a release."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.up_to_date import is_up_to_date
from fakes import FakeApiConnection, answer

SECRETS = "/api/v1/namespaces/tracing/secrets"
DEPLOYMENT = "/apis/apps/v1/namespaces/tracing/deployments/alloy"
POLICY = "/apis/networking.k8s.io/v1/namespaces/tracing/networkpolicies/alloy"
WORKLOADS = [{"kind": "Deployment", "name": "alloy"}]
OBJECTS = [{"kind": "NetworkPolicy", "metadata": {"name": "alloy"}, "spec": {}}]


def deployment(ready: int) -> dict[str, Any]:
    counts = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": ready, "availableReplicas": ready}
    return {
        "metadata": {"generation": 1},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 1, **counts},
    }


def policy(**spec: Any) -> dict[str, Any]:
    return {"kind": "NetworkPolicy", "metadata": {"name": "alloy"}, "spec": spec}


def look(answers: dict[str, Any], **options: Any) -> bool:
    params = {"namespace": "tracing", "release_name": "alloy", "request_timeout": 1.0}
    given = {"workloads": WORKLOADS, "objects": OBJECTS, "secrets": [], **options}
    return is_up_to_date({**params, **given}, KubeApi(FakeApiConnection(answers)))


def test_ready_and_in_place_is_up_to_date() -> None:
    assert look({DEPLOYMENT: answer(deployment(1)), POLICY: answer(policy())})


@pytest.mark.parametrize(
    "answers",
    [
        {POLICY: answer(policy())},
        {DEPLOYMENT: answer(deployment(0)), POLICY: answer(policy())},
        {DEPLOYMENT: answer(deployment(1)), POLICY: [answer(policy()), answer(policy(changed=True))]},
        {DEPLOYMENT: answer(deployment(1)), POLICY: [answer({}, 404), answer(policy())]},
    ],
    ids=["workload missing", "workload not ready", "policy differs", "policy missing"],
)
def test_anything_else_is_not(answers: dict[str, Any]) -> None:
    assert not look(answers)


@pytest.mark.parametrize("option", ["workloads", "objects"])
def test_what_is_not_said_is_not_up_to_date(option: str) -> None:
    assert not look({DEPLOYMENT: answer(deployment(1)), POLICY: answer(policy())}, **{option: None})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (answer({"data": {"user": "eA==", "more": ""}}), True),
        (answer({"data": {}}), False),
        (answer({}), False),
        (answer({}, 404), False),
        (answer({"message": "no"}, 403), False),
    ],
    ids=["there", "without the key", "empty", "missing", "forbidden"],
)
def test_a_secret_must_be_there_with_its_keys(found: Any, expected: bool) -> None:
    answers = {DEPLOYMENT: answer(deployment(1)), POLICY: answer(policy()), f"{SECRETS}/login": found}
    assert look(answers, secrets=[{"name": "login", "keys": ["user"]}]) is expected


@pytest.mark.case("F15")
@pytest.mark.parametrize(("given", "expected"), [("new", False), ("old", True), ("ol", False)])
def test_a_secret_must_hold_what_is_given(given: str, expected: bool) -> None:
    login = answer({"data": {"user": "eA==", "password": "b2xk"}})
    answers = {DEPLOYMENT: answer(deployment(1)), POLICY: answer(policy()), f"{SECRETS}/login": login}
    assert look(answers, secrets=[{"name": "login", "keys": ["user"], "values": {"password": given}}]) is expected


def test_an_error_of_the_server_is_no_missing_secret() -> None:
    with pytest.raises(TracingError, match="500"):
        look(
            {DEPLOYMENT: answer(deployment(1)), f"{SECRETS}/login": answer({}, 500)},
            secrets=[{"name": "login", "keys": []}],
        )
