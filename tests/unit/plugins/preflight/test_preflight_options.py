# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option of the preflight can refuse a cluster: none is described, read and then judged by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.options import ARGUMENTS
from fakes import answer
from test_preflight import CLASSES, INSIDE, MONITORS, ONLY_ONE, REVIEWS, RIGHTS, SERVICES, record, with_records
from test_preflight_capacity import NODES, items, look, node, pod

# Where to look, and what only says how much of the other options counts.
REFUSES_NOTHING = {"namespace", "kubeconfig", "context", "request_timeout", "release_names", "new_workloads"}
# By option: a cluster that will not do, and what is asked of it.
REFUSED: dict[str, tuple[dict[str, Any], Any]] = {
    "min_version": ({"/version": answer({"gitVersion": "v1.9.1"})}, "1.25"),
    "permissions": ({REVIEWS: answer({"status": {"allowed": False}}, 201)}, RIGHTS[:1]),
    "storage": ({CLASSES: items()}, [{"claim": "tempo"}]),
    "crds": ({}, [MONITORS]),
    "pods": ({NODES: items(node({"cpu": "1", "memory": "1Gi"}))}, [pod(requests={"cpu": "2"})]),
    "exclusive": (with_records(record("x", "tempo")), [ONLY_ONE]),
    "services": ({}, SERVICES[:1]),
    "named_secrets": ({}, [{"name": "login", "option": "tempo_storage_secret"}]),
    "pod_security": (
        {INSIDE: answer({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})},
        "privileged",
    ),
}


def test_every_option_has_a_cluster_that_it_refuses() -> None:
    lacking = ARGUMENTS.keys() - REFUSES_NOTHING - REFUSED.keys()
    assert not lacking, f"add a cluster that {', '.join(sorted(lacking))} refuses to REFUSED in {__file__}"


@pytest.mark.parametrize("option", REFUSED)
def test_an_option_refuses_a_cluster(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    answers, given = REFUSED[option]
    problems = look(monkeypatch, answers, **{option: given})["problems"]
    assert [one["check"] for one in problems] == [option], f"{option} is not judged: is it in preflight.py?"
    assert look(monkeypatch, answers)["problems"] == []
