# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else has changed what a release made: the settings win, by Helm 3 and, where the server applies, by Helm 4.

HELM_BINARY=$(python3 -m testbed path helm-4) tries the latter, with an Ansible that drives it.
"""

from __future__ import annotations

from typing import Any

import pytest
from api_server import ApiServer
from live_plays import Plays

THEIRS = "docker.io/grafana/tempo:2.0.0-theirs"


def workload(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/statefulsets/tempo"


def container(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["spec"]["template"]["spec"]["containers"][0])


def image(cluster: ApiServer, namespace: str) -> str:
    return str(container(cluster.ask("GET", workload(namespace)).content)["image"])


def by_hand(cluster: ApiServer, namespace: str) -> None:
    """As `kubectl set image` does, which then is the owner of that field."""
    found = cluster.ask("GET", workload(namespace)).content
    found["spec"]["template"]["spec"]["containers"] = [{**container(found), "image": THEIRS}]
    assert cluster.ask("PUT", f"{workload(namespace)}?fieldManager=kubectl-set", found).status == 200
    assert image(cluster, namespace) == THEIRS


@pytest.mark.parametrize("more", [{"tempo_retention": "36h"}, {"tempo_adopt": True, "tempo_retention": "36h"}], ids=str)
def test_a_change_by_hand_does_not_stop_the_next_one_of_the_settings(
    plays: Plays, cluster: ApiServer, namespace: str, more: dict[str, Any]
) -> None:
    plays.role("tempo", {"tempo_namespace": namespace}).assert_ok()
    ours = image(cluster, namespace)
    by_hand(cluster, namespace)
    version = "2.8.0" if not ours.endswith("2.8.0") else "2.9.0"
    plays.role("tempo", {"tempo_namespace": namespace, "tempo_image_tag": version, **more}).assert_ok()
    assert image(cluster, namespace) == f"docker.io/grafana/tempo:{version}"
