# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Secret that is created once: what is sent, what is left alone, and that no value comes back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s import (
    generated_secret as generated_secret_utils,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.generated_secret import (
    MANAGED_BY,
    OURS,
    SECRET_ARGUMENTS,
    Found,
    no_secrets,
    provide,
    random_value,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.modules import generated_secret
from documented import documentation
from fakes import WITH_INVOCATION, FakeApiConnection, answer

NAMESPACE = "/api/v1/namespaces/tracing"
SECRETS = f"{NAMESPACE}/secrets"
SECRET = f"{SECRETS}/grafana-admin"
MISSING = answer({"message": "not found"}, 404)
CREATED = answer({"kind": "Secret", "metadata": {"name": "grafana-admin"}}, 201)
CREATED_NAMESPACE = answer({"kind": "Namespace", "metadata": {"name": "tracing"}}, 201)
TAKEN = answer({"message": "already exists"}, 409)
KEYS = ["admin-password", "admin-user"]


def secret(*keys: str, labels: dict[str, str] | None = None) -> Response:
    metadata = {"uid": "u-1", "labels": {MANAGED_BY: OURS} if labels is None else labels}
    return answer({"metadata": metadata, "data": dict.fromkeys(keys, "eA==")})


def options(**given: Any) -> dict[str, Any]:
    defaults = {name: argument.get("default") for name, argument in SECRET_ARGUMENTS.items()}
    some = {"name": "grafana-admin", "data": {"admin-user": "admin"}, "generate": ["admin-password"]}
    return {**defaults, **some, **given}


def run(answers: dict[str, Any], *, check: bool = False, **given: Any) -> tuple[Found, FakeApiConnection]:
    connection = FakeApiConnection(answers)
    return provide(options(**given), check, KubeApi(connection)), connection


def refused(answers: dict[str, Any], **given: Any) -> TracingError:
    with pytest.raises(TracingError) as caught:
        run(answers, **given)
    return caught.value


def writes(connection: FakeApiConnection) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _params, _body in connection.asked if method != "GET"]


def test_a_missing_secret_is_created_with_given_and_generated_values() -> None:
    found, connection = run({SECRET: MISSING, SECRETS: CREATED}, data={"admin-user": "admin", "port": 80})
    assert (found.created, found.namespace_created, found.after) == (True, False, (*KEYS, "port"))
    body = connection.asked[-1][3]
    assert body["metadata"] == {"name": "grafana-admin", "namespace": "tracing", "labels": {MANAGED_BY: OURS}}
    values = {key: base64.b64decode(value).decode() for key, value in body["data"].items()}
    assert (values["admin-user"], values["port"]) == ("admin", "80")
    assert len(values["admin-password"]) == 32 and values["admin-password"].isalnum()
    result = json.dumps(found.to_result(with_diff=True))
    assert not any(value in result for value in (values["admin-password"], body["data"]["admin-password"]))


def test_generated_values_differ_and_are_as_long_as_asked() -> None:
    _found, connection = run({SECRET: MISSING, SECRETS: CREATED}, generate=["a", "b"], length=16)
    data = connection.asked[-1][3]["data"]
    assert data["a"] != data["b"]
    assert {len(base64.b64decode(data[key])) for key in "ab"} == {16}
    assert random_value(20, lambda letters: letters[-1]) == "9" * 20


def test_one_that_exists_is_left_alone() -> None:
    found, connection = run({SECRET: secret(*KEYS, "more", labels={})}, required_keys=KEYS)
    assert found.to_result(with_diff=False) == {
        "changed": False, "created": False, "namespace_created": False, "key_names": [*KEYS, "more"], "exists": True,
        "kept": False,
    }  # fmt: skip
    assert writes(connection) == []


@pytest.mark.parametrize("check", [False, True])
def test_one_that_lacks_a_key_is_refused(check: bool) -> None:
    error = refused({SECRET: secret("admin-user")}, required_keys=KEYS, check=check)
    assert error.kind == "secret_lacks_key"
    assert str(error) == "Secret tracing/grafana-admin lacks key admin-password: add it or name another Secret."
    assert "admin-password" in str(refused({SECRET: answer({"data": None})}, required_keys=KEYS))


def test_whoever_comes_second_takes_what_is_there() -> None:
    found, connection = run({SECRET: [MISSING, secret(*KEYS)], SECRETS: TAKEN})
    assert (found.to_result(with_diff=False)["changed"], found.created, found.after) == (False, False, tuple(KEYS))
    assert [method for method, *_rest in connection.asked] == ["GET", "POST", "GET"]
    assert refused({SECRET: [MISSING, secret("other")], SECRETS: TAKEN}, required_keys=KEYS).kind == "secret_lacks_key"
    assert refused({SECRET: MISSING, SECRETS: TAKEN}).kind == "secret_changing"


def test_a_missing_namespace_is_created_first() -> None:
    answers = {
        SECRET: MISSING,
        SECRETS: [MISSING, CREATED],
        "/api/v1/namespaces": CREATED_NAMESPACE,
    }
    found, connection = run(answers, create_namespace=True, namespace_labels={"team": "a"})
    assert (found.created, found.namespace_created) == (True, True)
    posts = [(path, body["metadata"]) for method, path, _params, body in connection.asked if method == "POST"]
    assert [path for path, _metadata in posts] == [SECRETS, "/api/v1/namespaces", SECRETS]
    assert posts[1][1] == {"name": "tracing", "labels": {"team": "a"}}
    generated = [body["data"] for _method, path, _params, body in connection.asked if body and path == SECRETS]
    assert generated[0] == generated[1]


def test_a_namespace_that_somebody_else_creates_at_the_same_time_is_taken() -> None:
    found, _connection = run(
        {SECRET: MISSING, SECRETS: [MISSING, CREATED], "/api/v1/namespaces": TAKEN}, create_namespace=True
    )
    assert (found.created, found.namespace_created) == (True, False)
    answers = {SECRET: [MISSING, secret(*KEYS)], SECRETS: [MISSING, TAKEN], "/api/v1/namespaces": CREATED_NAMESPACE}
    found, _connection = run(answers, create_namespace=True)
    assert found.to_result(with_diff=False)["changed"] is True and not found.created and found.namespace_created


def test_a_missing_namespace_is_an_error_unless_it_may_be_created() -> None:
    for check in (False, True):
        error = refused({SECRET: MISSING, SECRETS: MISSING, NAMESPACE: MISSING}, check=check)
        assert error.kind == "namespace_not_found" and "create_namespace" in error.fix


def test_a_namespace_that_is_being_deleted_is_named() -> None:
    refusal = answer(
        {"message": "unable to create new content in namespace tracing because it is being terminated"}, 403
    )
    assert refused({SECRET: MISSING, SECRETS: refusal}).kind == "namespace_terminating"
    assert refused({SECRET: MISSING, SECRETS: answer({"message": "no"}, 403)}).kind == "forbidden"
    terminating = answer({"status": {"phase": "Terminating"}})
    assert refused({SECRET: MISSING, NAMESPACE: terminating}, check=True).kind == "namespace_terminating"


@pytest.mark.parametrize(
    ("namespace", "created"),
    [(MISSING, True), (answer({"status": {"phase": "Active"}}), False), (answer({"message": "no"}, 403), False)],
)
def test_check_mode_tells_and_sends_nothing(namespace: Response, created: bool) -> None:
    found, connection = run({SECRET: MISSING, NAMESPACE: namespace}, check=True, create_namespace=True)
    result = found.to_result(with_diff=False)
    assert (result["changed"], result["created"], result["key_names"]) == (True, True, KEYS)
    assert result["namespace_created"] is created
    assert writes(connection) == []


def test_check_mode_does_not_hide_that_the_server_is_gone() -> None:
    assert refused({SECRET: MISSING, NAMESPACE: answer({"message": "no"}, 500)}, check=True).kind == "kubernetes_api"


@pytest.mark.parametrize("check", [False, True])
def test_our_own_is_removed(check: bool) -> None:
    found, connection = run({SECRET: [secret(*KEYS), answer({"status": "Success"})]}, state="absent", check=check)
    result = found.to_result(with_diff=True)
    assert (result["changed"], result["exists"], result["kept"], result["key_names"]) == (True, False, False, [])
    assert (result["diff"]["before"], result["diff"]["after"]) == (
        "admin-password: (hidden)\nadmin-user: (hidden)\n",
        "",
    )
    assert writes(connection) == ([] if check else [("DELETE", SECRET)])
    assert check or connection.asked[-1][3] == {"preconditions": {"uid": "u-1"}}


def test_what_is_not_ours_is_kept() -> None:
    for labels in ({}, {MANAGED_BY: "Helm"}):
        found, connection = run({SECRET: secret(*KEYS, labels=labels)}, state="absent")
        result = found.to_result(with_diff=False)
        assert (result["changed"], result["exists"], result["kept"], result["key_names"]) == (False, True, True, KEYS)
        assert writes(connection) == []


@pytest.mark.parametrize("answers", [[MISSING], [secret(*KEYS), MISSING]])
def test_what_is_gone_needs_no_removing(answers: list[Response]) -> None:
    found, _connection = run({SECRET: answers}, state="absent", data={}, generate=[])
    assert found.to_result(with_diff=False)["changed"] is False and found.after is None and not found.kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "Grafana_Admin"}, "name: 'Grafana_Admin'"),
        ({"namespace": "a/b"}, "namespace: 'a/b'"),
        ({"data": {"a b": "x"}}, "data: 'a b'"),
        ({"generate": ["..a"]}, "generate: '..a'"),
        ({"generate": ["."]}, "generate: '.'"),
        ({"required_keys": [""]}, "required_keys: ''"),
        ({"generate": ["admin-user"]}, "generate: admin-user is in data too"),
        ({"length": 15}, "length is 15"),
        ({"length": 1025}, "length is 1025"),
        ({"data": {"a": ["s3cret-word"]}}, "data: the value of a is neither"),
        ({"data": {"a": True}}, "data: the value of a is neither"),
        ({"data": {}, "generate": []}, "The Secret would be empty"),
        ({"required_keys": ["token"]}, "required_keys: token would be missing"),
        ({"labels": {"a b": "c"}}, "labels: a b=c"),
        ({"labels": {"a": "-"}}, "labels: a=-"),
        ({"namespace_labels": {"Up.per/a": "c"}}, "namespace_labels: 'Up.per'"),
        ({"request_timeout": 0}, "request_timeout is 0"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(given: dict[str, Any], said: str) -> None:
    connection = FakeApiConnection({})
    with pytest.raises(TracingError) as caught:
        provide(options(**given), False, KubeApi(connection))
    assert caught.value.kind == "invalid_option" and str(caught.value).startswith(said)
    assert "s3cret-word" not in str(caught.value) and connection.asked == []


def test_a_length_without_generated_keys_and_an_empty_label_are_fine() -> None:
    found, _connection = run({SECRET: secret("a")}, generate=[], length=1, labels={"a.b/c": ""})
    assert found.after == ("a",)


def test_values_that_are_part_of_a_name_are_not_blotted_out() -> None:
    assert no_secrets({"admin", "s3cret-word"}, options(data={"admin-user": "admin", "a": "s3cret-word"})) == {
        "s3cret-word"
    }


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The module as Ansible runs it, against a scripted API server."""

    def call(answers: dict[str, Any], **args: Any) -> tuple[dict[str, Any], str]:
        monkeypatch.setattr(generated_secret_utils, "kube_connection", lambda params: FakeApiConnection(answers))
        with patch_module_args(args), pytest.raises(SystemExit):
            generated_secret.main()
        printed = capsys.readouterr().out
        result: dict[str, Any] = json.loads(printed)
        return result, printed

    return call


def test_the_module_returns_names_and_no_values(module: Any) -> None:
    data = {"admin-user": "admin", "token": "s3cret-word"}
    args = {
        "name": "grafana-admin",
        "data": data,
        "generate": ["admin-password"],
        "_ansible_diff": True,
        **WITH_INVOCATION,
    }
    result, printed = module({SECRET: MISSING, SECRETS: CREATED}, **args)
    assert (result["changed"], result["key_names"]) == (True, [*KEYS, "token"])
    assert result["diff"]["after"] == "admin-password: (hidden)\nadmin-user: (hidden)\ntoken: (hidden)\n"
    assert set(result["invocation"]["module_args"]["data"].values()) == {generated_secret_utils.HIDDEN}
    assert "s3cret-word" not in printed and '"admin"' not in printed
    assert set(result) - {"changed", "diff", "invocation"} == set(yaml.safe_load(generated_secret.RETURN)) - {"error"}


def test_the_module_names_what_is_wrong(module: Any) -> None:
    answers = {SECRET: answer({"message": "because of s3cret-word"}, 422)}
    result, printed = module(answers, name="grafana-admin", data={"a": "s3cret-word"})
    assert (result["failed"], result["error"]["kind"]) == (True, "kubernetes_api")
    assert "because of" in result["msg"] and "s3cret-word" not in printed
    result, _printed = module({SECRET: secret("admin-user")}, name="grafana-admin", data={"admin-user": "admin"},
                              generate=["admin-password"], required_keys=KEYS)  # fmt: skip
    assert "lacks key admin-password" in result["msg"]


def test_options_are_those_that_are_documented() -> None:
    documented = documentation("generated_secret")["options"]
    assert documented.keys() == SECRET_ARGUMENTS.keys()
    for name, spec in SECRET_ARGUMENTS.items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert documented[name].get(key) == spec.get(key), f"{name}: {key}"
    for task in yaml.safe_load(generated_secret.EXAMPLES):
        assert task["tracelab.k8s_tracing.generated_secret"].keys() <= SECRET_ARGUMENTS.keys()
