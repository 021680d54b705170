# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nothing at all has to be done about a release."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.up_to_date import is_settled
from fakes import FakeApiConnection, answer

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
    given = {"workloads": WORKLOADS, "objects": OBJECTS, **options}
    return is_settled({**params, **given}, KubeApi(FakeApiConnection(answers)))


def test_ready_and_in_place_is_settled() -> None:
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
def test_what_is_not_said_is_not_settled(option: str) -> None:
    assert not look({DEPLOYMENT: answer(deployment(1)), POLICY: answer(policy())}, **{option: None})
