# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of the Kubernetes API: what is there, what is not, and what the API server refuses."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._kube_api import KubeApi
from fakes import FakeApiConnection, answer

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


def test_a_created_object_is_sent_as_json() -> None:
    connection = FakeApiConnection({PATH: answer({"kind": "Secret"}, 201)})
    assert KubeApi(connection).create(PATH, {"kind": "Secret"}) == {"kind": "Secret"}
    assert connection.asked == [("POST", PATH, {}, {"kind": "Secret"})]


def test_one_that_exists_is_not_created_again() -> None:
    assert api(answer({"message": "already exists"}, 409)).create(PATH, {}) is None


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
