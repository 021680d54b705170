# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of the Kubernetes API: what is there, what is not, and what the API server refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import MAX_TEXT_BYTES, KubeApi, object_name
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeApiConnection, answer, http_bytes, sending, tcp_server

PATH = "/api/v1/namespaces/tracing/secrets"


def api(found: Response) -> KubeApi:
    return KubeApi(FakeApiConnection({PATH: found}))


def test_an_object_and_a_list_are_read() -> None:
    connection = FakeApiConnection({PATH: answer({"items": [{"a": 1}]})})
    assert KubeApi(connection).items(PATH, [("labelSelector", "owner=helm")]) == [{"a": 1}]
    assert connection.asked == [("GET", PATH, {"labelSelector": "owner=helm"}, None)]


@pytest.mark.parametrize("found", [answer({"message": "not found"}, 404), answer({"items": None})])
def test_what_is_not_there_is_an_empty_list(found: Response) -> None:
    assert api(found).items(PATH) == []


@pytest.mark.parametrize("name", ["..", "../secrets/login", "a//b", "a?watch=1", "a#", "a%2e", "a b", "", "a\n"])
def test_a_name_that_is_a_path_is_never_asked_for(name: str) -> None:
    connection = FakeApiConnection({})
    with pytest.raises(TracingError):
        KubeApi(connection).text(f"{PATH}/{name}/log")
    assert not connection.asked


def test_a_created_object_is_sent_as_json() -> None:
    connection = FakeApiConnection({PATH: answer({"kind": "Secret"}, 201)})
    assert KubeApi(connection).create(PATH, {"kind": "Secret"}) == {"kind": "Secret"}
    assert connection.asked == [("POST", PATH, {}, {"kind": "Secret"})]


@pytest.mark.parametrize("made", [{}, {"metadata": None}, {"metadata": {"name": "other"}}, {"a": {"b": 7}}])
def test_what_is_answered_in_place_of_the_object_that_was_sent_is_refused(made: Any) -> None:
    sent = {"metadata": {"name": "one"}}
    with pytest.raises(TracingError, match="not as Kubernetes has it"):
        api(answer(made, 201)).create(PATH, sent)
    with pytest.raises(TracingError, match="not as Kubernetes has it"):
        api(answer(made)).apply(PATH, sent, "me")


def test_a_failure_with_the_status_of_a_success_is_none() -> None:
    with pytest.raises(TracingError, match="refused to read"):
        api(answer({"kind": "Status", "status": "Failure", "message": "no"})).get(PATH)


def test_one_that_exists_is_not_created_again() -> None:
    assert api(answer({"message": "already exists"}, 409)).create(PATH, {}) is None


def test_an_object_is_deleted_only_while_it_is_the_same_one() -> None:
    connection = FakeApiConnection({PATH: answer({"status": "Success"})})
    assert KubeApi(connection).delete(PATH, "u-1") is True
    assert connection.asked == [("DELETE", PATH, {}, {"preconditions": {"uid": "u-1"}})]
    assert api(answer({"message": "not found"}, 404)).delete(PATH, "u-1") is False
    with pytest.raises(TracingError, match=r"refused to delete .*the UID in the precondition"):
        api(answer({"message": "the UID in the precondition differs"}, 409)).delete(PATH, "u-1")


def test_what_an_object_owns_may_stay() -> None:
    connection = FakeApiConnection({PATH: answer({"status": "Success"})})
    assert KubeApi(connection).delete(PATH, "u-1", orphan=True) is True
    [(_method, _path, _params, body)] = connection.asked
    assert body == {"preconditions": {"uid": "u-1"}, "propagationPolicy": "Orphan"}


def test_a_patch_is_merged() -> None:
    connection = FakeApiConnection({PATH: answer({"metadata": {"name": "a"}})})
    body = {"metadata": {"name": "a"}, "spec": {"x": 1}}
    KubeApi(connection).patch(PATH, body)
    KubeApi(connection).patch(PATH, body, dry_run=True)
    assert connection.asked == [("PATCH", PATH, {}, body), ("PATCH", PATH, {"dryRun": "All"}, body)]
    assert {headers["Content-Type"] for _path, headers in connection.headers} == {"application/merge-patch+json"}
    with pytest.raises(TracingError, match="does not let this user patch"):
        api(answer({"message": "no"}, 403)).patch(PATH, body)


def test_of_a_long_text_the_end_is_read() -> None:
    text = api(Response(200, {}, b"x" * MAX_TEXT_BYTES + b"end")).text(PATH)
    assert (len(text), text[-3:]) == (MAX_TEXT_BYTES, "end")


def test_text_is_read_as_it_is() -> None:
    assert api(answer("one\ntwo", content_type="text/plain")).text(PATH, [("tailLines", "2")]) == "one\ntwo"
    with pytest.raises(TracingError, match="previous terminated container"):
        api(answer({"message": "previous terminated container not found"}, 400)).text(PATH)


def test_the_method_goes_over_the_wire(tmp_path: Path) -> None:
    seen: list[bytes] = []
    with tcp_server(sending(http_bytes(b'{"status": "Success"}')), seen) as port:
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}
        contexts = [{"name": "c", "context": {"cluster": "c", "user": "u"}}]
        config = {
            "clusters": [cluster],
            "contexts": contexts,
            "current-context": "c",
            "users": [{"name": "u", "user": {}}],
        }
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        assert KubeApi(KubeConnection(str(tmp_path / "kubeconfig"))).delete(PATH, "u-1") is True
    assert seen[0].startswith(f"DELETE {PATH} HTTP/1.1\r\n".encode()) and seen[0].endswith(b'{"uid": "u-1"}}')


def test_names_of_objects() -> None:
    assert object_name("a.b-1", "name") == "a.b-1"
    for wrong in ("", "A", "a_b", "-a", "a.", "a/b", "a\n", "x" * 254):
        with pytest.raises(TracingError, match=r"^name: "):
            object_name(wrong, "name")


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (401, "unauthorized", False),
        (403, "forbidden", False),
        (422, "kubernetes_api", False),
        (429, "kubernetes_api", True),
        (503, "kubernetes_api", True),
    ],
)
def test_a_refusal_is_told_with_the_servers_words(status: int, kind: str, retryable: bool) -> None:
    with pytest.raises(TracingError, match="because of that") as caught:
        api(answer({"message": "because of that"}, status)).get(PATH)
    assert (caught.value.kind, caught.value.retryable, caught.value.status) == (kind, retryable, status)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_what_is_no_object_is_an_error(body: bytes) -> None:
    with pytest.raises(TracingError, match="it answered 200"):
        api(Response(200, {}, body)).get(PATH)


@pytest.mark.parametrize(("dry_run", "more"), [(False, {}), (True, {"dryRun": "All"})])
def test_an_object_is_applied_under_a_manager(dry_run: bool, more: dict[str, str]) -> None:
    connection = FakeApiConnection({PATH: answer({"kind": "ConfigMap"})})
    assert KubeApi(connection).apply(PATH, {"a": 1}, "me", dry_run=dry_run) == {"kind": "ConfigMap"}
    assert connection.asked == [("PATCH", PATH, {"fieldManager": "me", "force": "true", **more}, {"a": 1})]
