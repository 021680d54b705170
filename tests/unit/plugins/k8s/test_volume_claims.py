# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Claims of a StatefulSet are enlarged, and it is deleted without its pods."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s import volume_claims
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.volume_claims import (
    is_larger,
    requested,
    template_sizes,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeApiConnection, FakeTime, answer

pytestmark = pytest.mark.case("F9")

CLAIMS = "/api/v1/namespaces/tracing/persistentvolumeclaims"
SET = "/apis/apps/v1/namespaces/tracing/statefulsets/tempo"
GONE = answer({"message": "not found"}, 404)


def claim(name: str = "storage-tempo-0", size: str = "10Gi") -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid-{name}"}
    return {"metadata": metadata, "spec": {"resources": {"requests": {"storage": size}}}}


def stateful_set(size: str = "10Gi", **metadata: Any) -> dict[str, Any]:
    spec = {"volumeClaimTemplates": [claim("storage", size)]}
    return {"metadata": {"name": "tempo", "uid": "uid-1", **metadata}, "spec": spec}


def server(
    *claims: dict[str, Any], sets: list[Response] | None = None, patched: Response | None = None
) -> FakeApiConnection:
    found: dict[str, Any] = {f"{CLAIMS}/{one['metadata']['name']}": patched or answer(one) for one in claims}
    answers = [answer(stateful_set()), answer({"status": "Success"}), GONE] if sets is None else sets
    return FakeApiConnection({**found, CLAIMS: answer({"items": list(claims)}), SET: answers})


def run(
    monkeypatch: pytest.MonkeyPatch, connection: FakeApiConnection, *, check_mode: bool = False, **more: Any
) -> dict[str, Any]:
    monkeypatch.setattr(volume_claims, "kube_connection", lambda _params: connection)
    given = {"namespace": "tracing", "request_timeout": 5.0, "timeout": 60.0, "kubeconfig": None, "context": None}
    wanted = {"stateful_sets": [{"name": "tempo", "claims": {"storage": "20Gi"}}]}
    return volume_claims.run({**given, **wanted, **more}, check_mode, True, FakeTime().clock)


def writes(connection: FakeApiConnection) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _params, _body in connection.asked if method != "GET"]


def test_claims_grow_before_the_stateful_set_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    other = claim("storage-tempo-memcached-0")
    connection = server(claim(), claim("storage-tempo-1", "20480Mi"), claim("storage-tempo-2", "30Gi"), other)
    result = run(monkeypatch, connection)
    assert writes(connection) == [("PATCH", f"{CLAIMS}/storage-tempo-0"), ("DELETE", SET)]
    bodies = [body for method, _path, _params, body in connection.asked if method != "GET"]
    assert bodies[0] == {
        "metadata": {"name": "storage-tempo-0", "uid": "uid-storage-tempo-0"},
        "spec": {"resources": {"requests": {"storage": "20Gi"}}},
    }
    assert bodies[1] == {"preconditions": {"uid": "uid-1"}, "propagationPolicy": "Orphan"}
    assert result["claims"] == [{"name": "storage-tempo-0", "before": "10Gi", "after": "20Gi"}]
    assert (result["changed"], result["deleted"]) == (True, ["tempo"])
    assert [diff["before_header"] for diff in result["diff"]] == [
        "PersistentVolumeClaim tracing/storage-tempo-0",
        "StatefulSet tracing/tempo, claim templates",
    ]


def test_check_mode_asks_the_server_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = server(claim())
    result = run(monkeypatch, connection, check_mode=True)
    assert [(method, params) for method, _path, params, _body in connection.asked if method != "GET"] == [
        ("PATCH", {"dryRun": "All"})
    ]
    assert (result["changed"], result["deleted"]) == (True, ["tempo"])


@pytest.mark.parametrize("there", [answer(stateful_set("20480Mi")), GONE])
def test_what_is_as_it_should_be_is_left_alone(monkeypatch: pytest.MonkeyPatch, there: Response) -> None:
    connection = server(claim(size="20Gi"), sets=[there])
    assert run(monkeypatch, connection)["changed"] is False
    assert writes(connection) == []


def test_templates_may_become_smaller_and_claims_never_do(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = server(claim(size="40Gi"), sets=[answer(stateful_set("40Gi")), answer({}), GONE])
    assert run(monkeypatch, connection)["claims"] == []
    assert writes(connection) == [("DELETE", SET)]


def test_a_claim_that_is_refused_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = server(claim(), patched=answer({"message": "exceeded quota"}, 403))
    with pytest.raises(TracingError, match="exceeded quota"):
        run(monkeypatch, connection)
    assert writes(connection) == [("PATCH", f"{CLAIMS}/storage-tempo-0")]


def test_one_that_is_being_deleted_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    going = answer(stateful_set(deletionTimestamp="2026-01-01T00:00:00Z"))
    connection = server(claim(size="20Gi"), sets=[going, going, GONE])
    assert run(monkeypatch, connection)["deleted"] == ["tempo"]
    assert writes(connection) == []
    with pytest.raises(TracingError, match="still being deleted after 60 s") as error:
        run(monkeypatch, server(claim(size="20Gi"), sets=[going]))
    assert error.value.retryable


def test_another_one_of_the_name_is_no_longer_the_one_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    new = answer(stateful_set("20Gi", uid="uid-2"))
    connection = server(claim(size="20Gi"), sets=[answer(stateful_set()), answer({}), new])
    assert run(monkeypatch, connection)["deleted"] == ["tempo"]


def test_a_template_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [{"name": "tempo", "claims": {"data": "20Gi"}}]
    connection = server(claim(), sets=[answer(stateful_set())])
    with pytest.raises(TracingError, match=r"StatefulSet tempo has no claim template data\."):
        run(monkeypatch, connection, stateful_sets=wanted)
    assert writes(connection) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"stateful_sets": [{"name": "A", "claims": {}}]}, "stateful_sets: name: 'A'"),
        ({"stateful_sets": [{"name": "a", "claims": {"x/y": "1Gi"}}]}, "stateful_sets: a: claims: 'x/y'"),
        ({"stateful_sets": [{"name": "a", "claims": {"b": "much"}}]}, "stateful_sets: a: claims: b: 'much' is not a"),
        ({"stateful_sets": [{"name": "a", "claims": {"b": "-1Gi"}}]}, "stateful_sets: a: claims: b: '-1Gi' is not a"),
        ({"timeout": 0}, "timeout"),
        ({"namespace": "A"}, "namespace"),
    ],
)
def test_options_that_can_not_be_right(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], words: str) -> None:
    connection = server()
    with pytest.raises(TracingError, match=words):
        run(monkeypatch, connection, **given)
    assert connection.asked == []


def test_an_answer_without_a_list_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = FakeApiConnection({CLAIMS: answer({"kind": "Status"}), SET: answer(stateful_set())})
    with pytest.raises(TracingError, match="not as Kubernetes has it"):
        run(monkeypatch, connection)
    assert writes(connection) == []


def test_nothing_asked_for_is_nothing_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = server()
    assert run(monkeypatch, connection, stateful_sets=[])["changed"] is False
    assert connection.asked == []


@pytest.mark.parametrize("shape", [None, 1, "a", [], {}, {"spec": None}, {"spec": {"volumeClaimTemplates": [1, {}]}}])
def test_what_is_no_stateful_set_has_no_templates(shape: Any) -> None:
    assert requested(shape) == ""
    if isinstance(shape, dict):
        assert template_sizes(shape) == {}


def test_sizes_are_compared_by_what_they_stand_for() -> None:
    assert is_larger("1Gi", "1000M") and not is_larger("1Gi", "1024Mi")
    assert not is_larger("1Gi", "") and not is_larger("much", "1Gi")
