# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Grafana's settings may not be together, and which of them look like secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems

NO_LOGIN = {"grafana_token": "", "grafana_token_secret": "", "grafana_admin_password": ""}
SETTINGS: dict[str, Any] = {
    "mode": "chart",
    "provisioning": "api",
    "url": "",
    "tempo_url": "http://tempo.tracing.svc:3200",
    "tempo_tls_skip_verify": False,
    "tempo_tls_ca_secret": "",
    "datasources": [],
    "datasources_extra": [],
    "ini": {},
    "route": {},
    "logins": NO_LOGIN,
}
EXISTING = {"mode": "existing", "url": "https://grafana.example.com"}
SIDECAR = {"mode": "existing", "provisioning": "sidecar"}
NO_TLS = (
    "grafana_tempo_url is 'http://tempo.tracing.svc:3200', which has no TLS: begin it with https://, or leave out "
    "grafana_tempo_tls_ca_secret and grafana_tempo_tls_skip_verify."
)
NO_GATEWAY = (
    "grafana_route is enabled without a host or without a gateway: give grafana_route.host and grafana_route.gateway."
)
NO_UID = "grafana_datasources_extra: each entry needs name, uid and type."


def problems(**given: Any) -> list[str]:
    return setting_problems({**SETTINGS, **given}, "grafana")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ""),
        ({"tempo_url": "https://tempo:3200", "tempo_tls_ca_secret": "ca"}, ""),
        ({"tempo_tls_ca_secret": "ca"}, NO_TLS),
        ({"tempo_tls_skip_verify": True}, NO_TLS),
        ({"datasources_extra": [{"name": "a", "uid": "a", "type": "a"}]}, ""),
        ({"datasources_extra": [{"name": "a", "uid": "a"}]}, NO_UID),
        ({"datasources_extra": [{"type": "a", "uid": "a"}]}, NO_UID),
        ({"datasources_extra": [{"type": "a", "name": "a"}]}, NO_UID),
        (
            {"datasources_extra": [{"name": "a", "uid": "loki", "type": "a"}]},
            "grafana_datasources_extra repeats a uid (tempo, prometheus, loki, pyroscope, loki; tempo, prometheus, "
            "loki and pyroscope are this role's own): give each data source its own.",
        ),
        (
            {
                "datasources": [{"uid": "tempo-team-a"}, {"uid": "tempo-team-a"}],
                "datasources_extra": [{"name": "a", "uid": "tempo-team-a", "type": "a"}],
            },
            "grafana_datasources_extra repeats a uid (tempo, prometheus, loki, pyroscope, tempo-team-a, tempo-team-a; "
            "tempo, prometheus, loki and pyroscope are this role's own): give each data source its own.",
        ),
        ({"route": {"enabled": True, "host": "h", "gateway": "g"}}, ""),
        ({"route": {"enabled": True, "host": "h"}}, NO_GATEWAY),
        ({"route": {"enabled": True, "gateway": "g"}}, NO_GATEWAY),
        ({**EXISTING, "route": {"enabled": True}}, ""),
        ({**EXISTING, "logins": {**NO_LOGIN, "grafana_token": "x"}}, ""),
        (
            {**EXISTING, "logins": {**NO_LOGIN, "grafana_token": "x", "grafana_admin_password": "y"}},
            "grafana_token, grafana_token_secret and grafana_admin_password are ways to log in: give one of them.",
        ),
        (
            {
                **EXISTING,
                "url": "http://grafana.monitoring.svc:80",
                "logins": {**NO_LOGIN, "grafana_admin_password": "y"},
            },
            "",
        ),
        (
            {
                **EXISTING,
                "url": "http://grafana.monitoring.svc:80",
                "logins": {**NO_LOGIN, "grafana_token_secret": "y"},
            },
            "grafana_url is 'http://grafana.monitoring.svc:80', a Service that is asked through the API server, "
            "which passes "
            "no token on: log in with grafana_admin_secret, or give an address that leads to Grafana without the "
            "API server.",
        ),
    ],
)
def test_settings(given: Mapping[str, Any], expected: str) -> None:
    assert problems(**given) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("admin_password", "hunter2", True),
        ("CLIENT_SECRET", "hunter2", True),
        ("auth_token", 12345, True),
        ("account_key", "k", True),
        ("password", "", False),
        ("password", None, False),
        ("password", 0, False),
        ("disable_initial_admin_password", True, False),
        ("password", "$__env{PASSWORD}", False),
        ("password", "$__file{/etc/p}", False),
        ("password", "$__vault{p}", False),
        ("password", "${PASSWORD}", False),
        ("password", "$__else{PASSWORD}", True),
        ("password_policy", "strict", False),
        ("url", "postgres://grafana:hunter2@db/grafana", True),
        ("url", "redis://:hunter2@cache", True),
        ("url", "postgres://grafana:${PASSWORD}@db/grafana", False),
        ("url", "http://user@db:80/a", False),
        ("url", "https://db:80/a@b", False),
    ],
)
def test_secrets_of_grafana_ini(key: str, value: Any, secret: bool) -> None:
    said = (
        f"grafana_ini holds what looks like a secret in section.{key}: put it into a Secret, name that in "
        "grafana_env_secrets, and refer to its key as $__env{NAME}."
    )
    assert problems(ini={"section": {key: value}, "app_mode": "x"}) == ([said] if secret else [])
    assert problems(ini={"section": {key: value}}, **EXISTING) == []


def source(uid: str = "shop", **secrets: Any) -> dict[str, Any]:
    return {"uid": uid, "secureJsonData": secrets}


PLAIN = (
    "secureJsonData of {0} would stand in a ConfigMap: put it into a Secret, name that in grafana_env_secrets, "
    "and refer to "
    "its key as $__env{{NAME}}."
)
REFERRED = (
    "secureJsonData of {0} refers to a variable or a file, which Grafana's HTTP API does not expand: give the "
    "value itself, "
    "from a vault."
)


@pytest.mark.parametrize("given", [{}, SIDECAR])
def test_secrets_in_a_configmap(given: Mapping[str, Any]) -> None:
    def of(*sources: Mapping[str, Any], **more: Any) -> list[str]:
        return problems(datasources=sources, **{**given, **more})

    assert of({"uid": "a"}, {"uid": "b", "secureJsonData": None}, source(tlsCACert="x")) == []
    assert of(source(password="$__env{P}"), source(password="$PASSWORD"), source(password="$$PASSWORD")) == []
    assert of(source(password="hunter2", other="x${P}")) == [PLAIN.format("shop.password shop.other")]
    tenant = source("tempo", httpHeaderValue2="shop")
    assert of({**tenant, "jsonData": {"httpHeaderName2": "X-Scope-OrgID"}}) == []
    assert of({**tenant, "jsonData": {"httpHeaderName2": "Authorization"}}) == [PLAIN.format("tempo.httpHeaderValue2")]
    assert of(tenant) == [PLAIN.format("tempo.httpHeaderValue2")]


def test_references_that_the_api_does_not_expand() -> None:
    def of(*sources: Mapping[str, Any], **more: Any) -> list[str]:
        return problems(datasources=sources, **{**EXISTING, **more})

    assert of(source(password="hunter2")) == []
    assert of(source(password="$__env{P}"), source("b", tlsCACert="$__file{/ca}")) == [
        REFERRED.format("shop.password b.tlsCACert")
    ]
    https = {"tempo_url": "https://tempo:3200"}
    assert of(source(tlsCACert="$__file{/ca}"), tempo_tls_ca_secret="ca", **https) == []


def test_no_value_is_shown() -> None:
    said = problems(
        ini={"database": {"password": "hunter2"}}, datasources=[source(password="hunter2")], logins=NO_LOGIN
    )
    assert len(said) == 2
    assert "hunter2" not in " ".join(said)
