# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods, workloads and volume claims of some namespaces, by few requests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s import workloads_info
from fakes import FakeApiConnection, answer

KINDS = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "PersistentVolumeClaim"]


def item(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "managedFields": [{"manager": "helm"}]}, "spec": {}}


def server(*namespaces: str, **answers: Any) -> FakeApiConnection:
    paths = workloads_info.PATHS.items()
    usual = {path.format(one): answer({"items": [item(kind.lower())]}) for one in namespaces for kind, path in paths}
    return FakeApiConnection({**usual, **answers})


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(connection: FakeApiConnection, **more: Any) -> dict[str, Any]:
        monkeypatch.setattr(workloads_info, "kube_connection", lambda _params: connection)
        usual = {"namespace": "tracing", "namespaces": [], "label_selector": "", "request_timeout": 5.0}
        return workloads_info.run({**usual, **more})

    return run


def test_one_request_for_each_kind_and_namespace(look: Any) -> None:
    connection = server("tracing", "shop")
    found = look(connection, namespaces=["tracing", "shop", "tracing"], label_selector="a in (b)")
    assert len(connection.asked) == 2 * len(KINDS)
    assert {params["labelSelector"] for _method, _path, params, _body in connection.asked} == {"a in (b)"}
    assert [(one["kind"], one["metadata"]["namespace"]) for one in found["resources"]] == [
        (kind, namespace) for namespace in ("tracing", "shop") for kind in KINDS
    ]
    assert not any("managedFields" in one["metadata"] for one in found["resources"])
    assert (found["unread"], found["connection"]["server"]) == ({}, "https://one.test:6443")


@pytest.mark.parametrize(("status", "words"), [(403, "does not let this user read"), (503, "refused to read")])
def test_what_is_not_listed_is_named(look: Any, status: int, words: str) -> None:
    path = workloads_info.PATHS["StatefulSet"].format("tracing")
    refusal = answer({"kind": "Status", "status": "Failure", "message": "no"}, status)
    found = look(server("tracing", **{path: refusal}))
    assert [one["kind"] for one in found["resources"]] == [kind for kind in KINDS if kind != "StatefulSet"]
    assert words in found["unread"]["tracing"] and path in found["unread"]["tracing"]


@pytest.mark.parametrize("status", [401, 200])
def test_no_cluster_is_an_error(look: Any, status: int) -> None:
    with pytest.raises(TracingError):
        look(server("tracing", **{workloads_info.PATHS["Pod"].format("tracing"): answer([], status)}))


@pytest.mark.parametrize("wrong", [{"namespaces": ["No"]}, {"namespace": "a/b"}, {"request_timeout": 0.0}])
def test_bad_options_are_refused_before_anything_is_asked(look: Any, wrong: dict[str, Any]) -> None:
    connection = server("tracing")
    with pytest.raises(TracingError):
        look(connection, **wrong)
    assert connection.asked == []


def test_an_object_without_a_name_is_an_error(look: Any) -> None:
    with pytest.raises(TracingError):
        look(server("tracing", **{workloads_info.PATHS["Pod"].format("tracing"): answer({"items": [{"spec": {}}]})}))
