# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session that the modules open at Grafana by themselves: one login, by the keys of a Secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana import session as grafana_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.session import GRAFANA_ARGUMENTS, asker
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeApiConnection, answer, b64

SECRET = "/api/v1/namespaces/tracing/secrets/grafana-admin"
LOGIN = {"admin-user": b64("61646d696e"), "admin-password": b64("73336372c3a974")}
DEFAULTS = {name: spec.get("default") for name, spec in GRAFANA_ARGUMENTS.items()}
ASKED = {"name": "grafana-admin", "user_key": "admin-user", "password_key": "admin-password"}


class Service:
    """A Grafana that gives a cookie to a POST at /login, with each status in turn."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.sent: list[tuple[str, dict[str, str], Any]] = []

    def send(self, path: str, headers: dict[str, str], body: bytes | None, *, timeout: float) -> Response:
        self.sent.append((path, headers, body and json.loads(body)))
        if path != "/login":
            return Response(200, {}, b"{}")
        cookies = {"set-cookie": "grafana_session=abc; Path=/; HttpOnly"}
        return Response(self.statuses.pop(0) if self.statuses else 200, cookies, b'{"message": "no"}')


def session(monkeypatch: pytest.MonkeyPatch, service: Service, secret: Response, **options: Any) -> Any:
    monkeypatch.setattr(grafana_utils, "kube_connection", lambda _params: FakeApiConnection({SECRET: secret}))
    monkeypatch.setattr(grafana_utils, "kube_service", lambda *_given, **_more: service)
    return asker({**DEFAULTS, "login_secret": ASKED, **options})


def test_it_logs_in_once_and_sends_the_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    ask = session(monkeypatch, service, answer({"data": LOGIN}), headers={"X-Tenant": "a"})
    ask("/one", 5.0)
    ask("/two", 5.0)
    asked = {"X-Tenant": "a", "Cookie": "grafana_session=abc"}
    assert service.sent[0][::2] == ("/login", {"user": "admin", "password": "s3crét"})
    assert service.sent[1:] == [("/one", asked, None), ("/two", asked, None)]


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (503, True)])
def test_a_refused_login_is_told_and_only_an_outage_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, status: int, retryable: bool
) -> None:
    ask = session(monkeypatch, Service(status), answer({"data": LOGIN}))
    with pytest.raises(TracingError, match=f"answered {status} to the login of Secret grafana-admin") as caught:
        ask("/one", 5.0)
    assert caught.value.retryable is retryable
    assert "s3cr" not in str(caught.value.to_dict())
    assert ask("/one", 5.0).status == 200


@pytest.mark.parametrize("found", [answer({}, 404), answer({"data": {"admin-user": "YQ=="}})])
def test_a_secret_without_the_login_is_named(monkeypatch: pytest.MonkeyPatch, found: Response) -> None:
    ask = session(monkeypatch, Service(), found)
    with pytest.raises(TracingError, match="no Secret grafana-admin with the keys admin-user and admin-password in"):
        ask("/one", 5.0)


def test_an_address_takes_headers_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TracingError, match="login_secret and url exclude each other"):
        session(monkeypatch, Service(), answer({}), url="http://grafana:3000")
