# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of a release, as a plan tells them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.versions import history, versions
from test_helm_plan import stored

POD = (
    "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: 'docker.io/grafana/tempo:2.9.0'}, {image: busybox}]}\n"
)


def test_what_a_chart_says_and_its_objects_name() -> None:
    image = {"spec": {"containers": [{"image": "b:1"}, {"image": "a:1"}, {"image": "b:1"}]}}
    assert versions({"name": "tempo", "version": "2.2.4", "appVersion": 2.1}, [image]) == {
        "chart": "tempo",
        "chart_version": "2.2.4",
        "app_version": "2.1",
        "images": ["a:1", "b:1"],
    }
    assert versions({}) == {"chart": "", "chart_version": "", "app_version": "", "images": []}


def deployed(number: int, at: str, **more: Any) -> dict[str, Any]:
    return stored(number, **{"info": {"status": "deployed", "last_deployed": at}, **more})


def test_the_revisions_that_can_be_read_are_told_in_order() -> None:
    broken = deployed(2, "2026-01-01T00:00:00Z")
    broken["data"] = {"release": "AAAA"}
    records = [deployed(10, "2026-01-02T00:00:00.123456789+01:00", manifest=POD), broken, deployed(3, "nonsense")]
    assert history(records, "tempo") == [
        {"revision": 3, "status": "deployed", "version": "", "deployed": None},
        {"revision": 10, "status": "deployed", "version": "2.9.0", "deployed": 1767308400.0},
    ]


@pytest.mark.parametrize("at", ["2026-01-02T00:00:00Z", "2026-01-02T00:00:00.5Z", "2026-01-02T02:00:00+02:00"])
def test_times_as_helm_writes_them(at: str) -> None:
    assert history([deployed(1, at)], "tempo")[0]["deployed"] == 1767312000.0
