# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts as a secret: by name, by look, and in an address."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login, logins_in, without_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import (
    HIDDEN,
    is_secret,
    masked_text,
    secrets_in,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import (
    _Sent as Sent,
)
from hypothesis import given
from hypothesis import strategies as st

S = "S3CR3Tw0rd"


SECRET_NAMES = """
authorization http.request.header.authorization Proxy-Authorization token access_token accessToken X-Auth-Token password
db.password userPassword passwd PASSPHRASE secret client_secret clientSecret api_key apiKey X-API-Key apikey APIKEY
http.request.header.cookie Set-Cookie cookies credential credentials private_key privateKey aws.secret_access_key
Pass-Word account-key jwt password.value token_string secret2 API_TOKEN
"""
OTHER_NAMES = """
name http.method token_count gen_ai.usage.input_tokens tokenExpirationSeconds secretName secretKeyRef password_file
passwordPath existingSecret imagePullSecrets tls_secret public_key primary_key key keys monkey authentication auth.type
session.id k8s.pod.uid service.name messaging.kafka.message.key cookie_secure tokenizer secretary passed
"""


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["", *OTHER_NAMES.split()])
def test_names_of_what_is_none(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {S}", f"Bearer {HIDDEN}"),
        ("bearer nodigits", f"bearer {HIDDEN}"),
        (f"got header Authorization: Bearer {S}, and more", f"got header Authorization: Bearer {HIDDEN}, and more"),
        ("Basic dXNlcjpwYXNz", f"Basic {HIDDEN}"),
        ("Authorization: Basic dXNlcjpwYXNzMQ==", f"Authorization: {HIDDEN}"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", HIDDEN),
        ("id=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln end", f"id={HIDDEN} end"),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----",
         f"-----BEGIN RSA PRIVATE KEY-----{HIDDEN}-----END RSA PRIVATE KEY-----"),
        ("AKIAIOSFODNN7EXAMPLE", HIDDEN),
        ("use ghp_0123456789abcdefghij0123456789abcdef now", f"use {HIDDEN} now"),
        ("glpat-0123456789abcdefghij", HIDDEN),
        (f"https://u:{S}@h.test/p", "https://***@h.test/p"),
        (f"https://h.test/p?access_token={S}&a=1", f"https://h.test/p?access_token={HIDDEN}&a=1"),
        (f"Server=a;User=b;Password={S};Pool=1", f"Server=a;User=b;Password={HIDDEN};Pool=1"),
        (f"SELECT 1 WHERE token = '{S}' AND a = 1", f"SELECT 1 WHERE token = {HIDDEN} AND a = 1"),
        (f'{{"user": "a", "password": "{S}\\"x", "b": 1}}', f'{{"user": "a", "password": {HIDDEN}, "b": 1}}'),
        (f"[auth]\nclient_secret = {S}\nother = 1", f"[auth]\nclient_secret = {HIDDEN}\nother = 1"),
        (f"auth:\n  - password: {S} and more\n    user: a", f"auth:\n  - password: {HIDDEN}\n    user: a"),
        # Nothing to hide.
        ("Basic authentication failed", "Basic authentication failed"),
        ("the bearer of this", "the bearer of this"),
        ("invalid token: expired", "invalid token: expired"),
        ("secretKeyRef:\n  name: a\n  key: password", "secretKeyRef:\n  name: a\n  key: password"),
        ("token_file = /etc/token", "token_file = /etc/token"),
        ("tokens: 12", "tokens: 12"),
        ("GET /cart", "GET /cart"),
        ("https://h.test/@user/page", "https://h.test/@user/page"),
        ("grafana/tempo:2.8.0@sha256:abcdef", "grafana/tempo:2.8.0@sha256:abcdef"),
        ("password:\n  valueFrom: x", "password:\n  valueFrom: x"),
    ],
)  # fmt: skip
def test_texts(text: str, shown: str) -> None:
    assert masked_text(text) == shown
    assert masked_text(shown) == shown, "once is enough"


@given(st.text(alphabet="abeyJ.-_=:@/ \n\"'{}Bearpsowdtkn0", max_size=60))
def test_any_text_can_be_masked(text: str) -> None:
    masked_text(text)
    without_login(text)
    logins_in(text)


@pytest.mark.parametrize(
    "part",
    ["eyJa", "eyJ-", "://a:b", "://a@b:", "password=", 'token="', '"token": "', "a.", "bearer ", "ghp_", "glpat-",
     "xoxb-", "-----BEGIN PRIVATE KEY-----", "a:b@", "token:", "\ntoken: ", "basic 0"],
)  # fmt: skip
def test_hostile_texts_take_no_time(part: str) -> None:
    """A quarter of a megabyte each: a second would be a pattern that backtracks."""
    began = time.process_time()
    masked_text(part * (250_000 // len(part)))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"http://u:{S}@h.test:3200/p", "http://***@h.test:3200/p"),
        (f"http://{S}@h.test", "http://***@h.test"),
        (f"http://u:{S}/x?y#z@h.test/p", "http://***@h.test/p"),
        (f"http://u:p@{S}@h.test", "http://***@h.test"),
        (f"http://u:{S}@[::1]:3200", "http://***@[::1]:3200"),
        (f"u:{S}@h.test:3200", "***@h.test:3200"),
        (f"socks5://u:{S}@h.test", "socks5://***@h.test"),
        (f"no route to 'http://u:{S}@h.test', and \"https://u:{S}@i.test\"",
         "no route to 'http://***@h.test', and \"https://***@i.test\""),
    ],
)  # fmt: skip
def test_logins_in_addresses(text: str, shown: str) -> None:
    assert without_login(text) == shown
    assert has_login(text) and not has_login(shown.replace("***@", ""))
    assert any(S in login for login in logins_in(text))


def test_a_password_is_known_as_it_is_written_and_as_it_is_meant() -> None:
    assert logins_in("http://u:a%40b@h.test") == {"u:a%40b", "u:a@b", "a%40b", "a@b"}


@pytest.mark.parametrize("text", ["http://h.test:3200", "h.test:3200", "http://h.test/a@b", "a@b", "host:80/a@b", ""])
def test_addresses_without_a_login(text: str) -> None:
    assert not has_login(text) and logins_in(text) == set()


@pytest.mark.parametrize("before", ["", "B", "Be", "Bearer ", "user:", "\u20ac "])
@pytest.mark.parametrize("behind", ["", ":", "\r\n"])
def test_a_credential_is_known_in_base64(before: str, behind: str) -> None:
    sent = Sent()
    sent.add(S)
    packed = base64.b64encode(f"{before}{S}{behind}".encode()).decode()
    assert any(text in packed for text in sent.texts)


def test_secrets_in_values() -> None:
    values: dict[str, Any] = {
        "auth": {"password": S + "1", "user": "admin", "existingSecret": "by-name"},
        "env": [{"name": "API_TOKEN", "value": S + "2"}, {"name": "LEVEL", "value": "debug"}],
        "extraArgs": [f"--header=Authorization: Bearer {S}3"],
        "config": f"remote_write:\n  password: {S}4\n",
        "tokens": ["plain"],
        "cookies": [S + "5"],
        "port": 3200,
    }
    assert sorted(secrets_in(values)) == [S + str(number) for number in range(1, 6)]
