# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas on the number of objects."""

from __future__ import annotations

from typing import Any

import pytest
from test_preflight import INSIDE, messages
from test_preflight_capacity import items, look, quota

pytestmark = pytest.mark.case("D4")
QUOTAS = f"{INSIDE}/resourcequotas"
RIGHTS = [
    {"group": "", "resource": "secrets", "verbs": ["get", "create"]},
    {"group": "", "resource": "services", "verbs": ["create"]},
    {"group": "", "resource": "services/proxy", "verbs": ["create"]},
    {"group": "", "resource": "configmaps", "verbs": ["get"]},
    {"group": "apps", "resource": "statefulsets", "verbs": ["create"]},
    {"group": "rbac.authorization.k8s.io", "resource": "clusterroles", "verbs": ["create"], "namespace": ""},
]


def asked(monkeypatch: pytest.MonkeyPatch, hard: dict[str, str], used: dict[str, str], **more: Any) -> list[str]:
    options = {"permissions": RIGHTS, "new_workloads": ["StatefulSet", "StatefulSet"], **more}
    return messages(look(monkeypatch, {QUOTAS: items(quota(hard, used))}, **options))


@pytest.mark.parametrize(
    ("hard", "used", "told"),
    [
        ({"count/statefulsets.apps": "0"}, {}, "at least 2 statefulsets.apps are to be made"),
        ({"count/statefulsets.apps": "5"}, {"count/statefulsets.apps": "4"}, "has 1 of 5 left"),
        ({"count/secrets": "3"}, {"count/secrets": "3"}, "count/secrets has 0 of 3 left"),
        ({"services": "0"}, {}, "and services has 0 of 0 left"),
        ({"count/controllerrevisions.apps": "1"}, {}, "at least 2 controllerrevisions.apps"),
        ({"count/endpointslices.discovery.k8s.io": "0"}, {}, "at least 1 endpointslices.discovery.k8s.io"),
    ],
)
def test_a_full_quota_is_told_before_the_first_installation(
    monkeypatch: pytest.MonkeyPatch, hard: dict[str, str], used: dict[str, str], told: str
) -> None:
    (said,) = asked(monkeypatch, hard, used)
    assert said.startswith("ResourceQuota small of namespace tracing leaves no room: ")
    assert told in said


@pytest.mark.parametrize(
    "hard",
    [
        {"count/statefulsets.apps": "2", "count/secrets": "1", "services": "1"},
        {"count/configmaps": "0", "count/clusterroles.rbac.authorization.k8s.io": "0", "count/deployments.apps": "0"},
    ],
)
def test_what_fits_and_what_is_not_made_is_no_problem(monkeypatch: pytest.MonkeyPatch, hard: dict[str, str]) -> None:
    assert asked(monkeypatch, hard, {}) == []


def test_a_release_that_is_there_has_its_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    full = {"count/statefulsets.apps": "2"}
    assert asked(monkeypatch, full, full, new_workloads=None) == []
