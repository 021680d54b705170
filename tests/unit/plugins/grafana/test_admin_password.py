# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The password of Grafana's administrator is changed in Grafana first, and in its Secret last."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana import admin_password
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.admin_password import (
    PASSWORD_ARGUMENTS,
    AdminPassword,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeApiConnection, FakeTime, answer

pytestmark = pytest.mark.case("F15")

SECRET = "/api/v1/namespaces/tracing/secrets/grafana-admin"
OLD, NEW, OTHER = "the-old-password", "the-new-password", "another-password"
OURS = {"app.kubernetes.io/managed-by": "tracelab.k8s_tracing"}
PARAMS: dict[str, Any] = {
    **{name: spec.get("default") for name, spec in PASSWORD_ARGUMENTS.items()},
    "login_secret": {"name": "grafana-admin", "user_key": "admin-user", "password_key": "admin-password"},
    "password": NEW,
}


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(password: str = OLD, **metadata: Any) -> dict[str, Any]:
    named = {"name": "grafana-admin", "resourceVersion": "7", "labels": OURS, **metadata}
    return {"metadata": named, "data": {"admin-user": packed("admin"), "admin-password": packed(password)}}


class Grafana:
    """A Grafana with one user, that answers with each of ``broken`` first."""

    def __init__(self, password: str = OLD, *broken: Response | TracingError, put: Response | None = None) -> None:
        self.password = password
        self.broken = list(broken)
        self.put = put
        self.asked: list[tuple[str, str]] = []

    def send(self, path: str, headers: dict[str, str], body: bytes, *, timeout: float, method: str) -> Response:
        self.asked.append((method, path))
        if self.broken:
            failure = self.broken.pop(0)
            if isinstance(failure, TracingError):
                raise failure
            return failure
        sent = json.loads(body)
        if path == "/login":
            right = sent == {"user": "admin", "password": self.password}
            cookies = {"set-cookie": "grafana_session=abc; Path=/"} if right else {}
            return Response(200 if right else 401, cookies, b"{}")
        assert (method, path, headers["Cookie"]) == ("PUT", "/api/user/password", "grafana_session=abc")
        assert sent == {"oldPassword": self.password, "newPassword": NEW, "confirmNew": NEW}
        if self.put is None:
            self.password = NEW
        return self.put or answer({"message": "User password changed"})


def run(
    grafana: Grafana, found: Any, *, check_mode: bool = False, **options: Any
) -> tuple[dict[str, Any], FakeApiConnection]:
    connection = FakeApiConnection({SECRET: found if isinstance(found, (Response, list)) else answer(found)})
    work = AdminPassword({**PARAMS, **options}, KubeApi(connection), grafana, FakeTime().clock)  # type: ignore[arg-type]
    return work.run(check_mode=check_mode, with_diff=True), connection


def test_it_is_changed_in_grafana_and_then_in_the_secret() -> None:
    grafana = Grafana()
    result, connection = run(grafana, secret())
    assert (result["changed"], result["changed_in_grafana"], grafana.password) == (True, True, NEW)
    assert connection.asked[-1] == ("PUT", SECRET, {}, secret(NEW))
    assert OLD not in json.dumps(result) and NEW not in json.dumps(result)
    assert packed(NEW) not in json.dumps(result)


def test_the_same_password_asks_nobody() -> None:
    grafana = Grafana(NEW)
    result, connection = run(grafana, secret(NEW))
    assert (result, grafana.asked) == ({"changed": False, "changed_in_grafana": False}, [])
    assert [method for method, *_rest in connection.asked] == ["GET"]
    # Nor does it matter who made the Secret.
    assert run(grafana, secret(NEW, labels=None))[0]["changed"] is False


def test_check_mode_reads_the_secret_alone() -> None:
    grafana = Grafana()
    result, connection = run(grafana, secret(), check_mode=True)
    assert (result["changed"], grafana.asked) == (True, [])
    assert [method for method, *_rest in connection.asked] == ["GET"]
    assert run(grafana, answer({}, 404), check_mode=True)[0]["changed"] is False


def test_a_run_that_was_interrupted_in_between_is_gone_on_with() -> None:
    grafana = Grafana(NEW)
    result, connection = run(grafana, secret())
    assert (result["changed"], result["changed_in_grafana"]) == (True, False)
    assert grafana.asked == [("POST", "/login"), ("POST", "/login")]
    assert connection.asked[-1][0] == "PUT"


def test_grafana_is_waited_for() -> None:
    starting = TracingError("no_endpoints", "No pod is ready.", retryable=True)
    grafana = Grafana(OLD, answer("starting", 503), starting)
    assert run(grafana, secret())[0]["changed_in_grafana"] is True


WITHOUT_ANSWER = "Grafana does not answer, and only a Grafana that runs can change its password. Grafana answered 503"


@pytest.mark.parametrize(
    ("grafana", "found", "kind", "words"),
    [
        (Grafana(OLD, *[answer("no", 503)] * 200), secret(), "no_answer", WITHOUT_ANSWER),
        (Grafana(OTHER), secret(), "wrong_login", "takes neither the password in Secret grafana-admin"),
        (Grafana(OLD, answer("no", 403)), secret(), "wrong_status", "Grafana answered 403 to the login"),
        (
            Grafana(put=answer({"message": "New password is too short"}, 400)),
            secret(),
            "wrong_status",
            "New password is too short.* left as it was",
        ),
        (Grafana(put=answer("<html>", 200)), secret(), "wrong_status", "change of the administrator's password"),
        (Grafana(), secret(labels=None), "secret_not_ours", "was not made by this collection, and holds another"),
        (Grafana(), secret(labels={"a": "b"}), "secret_not_ours", "was not made by this collection"),
        (Grafana(), answer({}, 404), "invalid_option", "no Secret grafana-admin with the keys admin-user and admin-p"),
        (Grafana(), {"metadata": {}, "data": {"admin-user": "YQ=="}}, "invalid_option", "no Secret grafana-admin with"),
        (Grafana(), {"data": {"admin-user": "YQ==", "admin-password": 7}}, "kubernetes_api", "."),
    ],
)
def test_what_can_not_be_done_leaves_the_secret(grafana: Grafana, found: Any, kind: str, words: str) -> None:
    connection = FakeApiConnection({SECRET: found if isinstance(found, Response) else answer(found)})
    work = AdminPassword(PARAMS, KubeApi(connection), grafana, FakeTime().clock)  # type: ignore[arg-type]
    with pytest.raises(TracingError, match=words) as caught:
        work.run(check_mode=False, with_diff=False)
    assert caught.value.kind == kind
    assert {method for method, *_rest in connection.asked} == {"GET"}
    assert OLD not in str(caught.value) and NEW not in str(caught.value)


def test_a_secret_that_changed_meanwhile_is_refused() -> None:
    with pytest.raises(TracingError, match=r"refused to update .*the object has been modified"):
        run(Grafana(), [answer(secret()), answer({"message": "the object has been modified"}, 409)])


def test_without_patience_it_is_asked_once() -> None:
    with pytest.raises(TracingError, match="does not answer") as caught:
        run(Grafana(OLD, answer("no", 503), answer("no", 503)), secret(), timeout=0)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("option", "value"),
    [("password", ""), ("timeout", -1), ("poll_interval", 0), ("request_timeout", 0), ("namespace", "A")],
)
def test_options_that_can_not_be_right(option: str, value: Any) -> None:
    with pytest.raises(TracingError, match=option):
        run(Grafana(), secret(), **{option: value})


def test_it_asks_a_service_through_the_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = FakeApiConnection({SECRET: answer(secret(NEW))})
    monkeypatch.setattr(admin_password, "kube_connection", lambda _params: connection)
    assert AdminPassword.from_params(PARAMS).run(check_mode=False, with_diff=False)["changed"] is False
