# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A password that is given for a Grafana of our own, on a real API server and with a Grafana that is played."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from api_server import ApiServer
from live_plays import Plays
from service_proxy import Asked, service_proxy

pytestmark = pytest.mark.case("F15")

FIRST, SECOND, THIRD = "the-first-password", "the-second-password", "the-third-password"


class Grafana:
    """Its login, and the change of its password."""

    def __init__(self) -> None:
        self.password = FIRST
        self.is_up = True
        self.asked: list[str] = []

    def __call__(self, asked: Asked) -> tuple[int, Mapping[str, str], bytes] | None:
        if asked.name != "grafana":
            return None
        self.asked.append(f"{asked.method} {asked.path}")
        sent = json.loads(asked.body or b"{}")
        headers = {"Content-Type": "application/json"}
        if not self.is_up:
            return 502, headers, b'{"message": "starting"}'
        if asked.path == "/login" and sent["password"] == self.password:
            return 200, {**headers, "Set-Cookie": "grafana_session=abc; Path=/"}, b'{"message": "Logged in"}'
        if asked.path == "/api/user/password" and asked.headers.get("cookie") == "grafana_session=abc":
            assert sent["oldPassword"] == self.password
            self.password = sent["newPassword"]
            return 200, headers, b'{"message": "User password changed"}'
        return 401, headers, b'{"message": "Invalid username or password"}'


@pytest.fixture
def grafana() -> Grafana:
    return Grafana()


@pytest.fixture
def kubeconfig(cluster: ApiServer, plays: Plays, grafana: Grafana) -> Iterator[str]:
    with service_proxy(cluster, grafana) as url:
        parts = {"server": url, "certificate-authority": str(cluster.ca)}
        yield str(cluster.write_kubeconfig(plays.folder / "front", cluster=parts))


def test_a_password_that_is_given(
    plays: Plays, cluster: ApiServer, namespace: str, kubeconfig: str, grafana: Grafana
) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets/grafana-admin"

    def role(password: str, **more: Any) -> Any:
        given = {"grafana_namespace": namespace, "k8s_tracing_kubeconfig": kubeconfig}
        arguments = more.pop("arguments", ())
        return plays.role("grafana", {**given, "grafana_admin_password": password, **more}, arguments=arguments)

    def held() -> str:
        data = cluster.ask("GET", path).content["data"]
        return base64.b64decode(data["admin-password"]).decode()

    first = role(FIRST, arguments=["-vvv", "--diff"]).assert_ok()
    assert (held(), grafana.asked) == (FIRST, [])
    assert FIRST not in first.text + json.dumps(first.tasks), "it is in no output"
    records = cluster.ask("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner=helm").content["items"]
    for record in records:
        release = gzip.decompress(base64.b64decode(base64.b64decode(record["data"]["release"])))
        assert FIRST.encode() not in release, "it is in no value"
    assert role(FIRST).assert_ok().changed == 0

    assert role(SECOND, arguments=["--check"]).assert_ok().changed == 1
    assert (held(), grafana.password) == (FIRST, FIRST)
    changed = role(SECOND, arguments=["-vvv", "--diff"]).assert_ok()
    assert (changed.changed, held(), grafana.password) == (1, SECOND, SECOND)
    assert SECOND not in changed.text + json.dumps(changed.tasks)
    assert role(SECOND).assert_ok().changed == 0
    assert role("").assert_ok().changed == 0, "without it, whatever is there stays"

    # Grafana has it, and the Secret not yet: a run was interrupted.
    grafana.password = THIRD
    assert role(THIRD).assert_ok().changed == 1
    assert held() == THIRD

    secret = cluster.ask("GET", path).content
    secret["metadata"]["labels"] = {}
    cluster.ask("PUT", path, secret)
    outcome = role(FIRST)
    assert "was not made by this collection" in outcome.failures[-1]
    assert (outcome.changed, held(), grafana.password) == (0, THIRD, THIRD)
