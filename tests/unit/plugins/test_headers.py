# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Headers out of options: sent as they are, or refused without being shown."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.session import GRAFANA_ARGUMENTS, asker
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import basic, bearer, header_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import UrlSettings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.url import UrlTransport

SECRET = "S3CR3T"
UNSENDABLE = [SECRET + more for more in ("\nX-Admin: yes", "\r\n\r\nGET /", "\x00", "\u20ac", "\x1b[2J")]


@pytest.mark.parametrize("token", [SECRET, f"{SECRET}\n", f" {SECRET}\r\n", f"{SECRET}\n\n"])
def test_white_space_around_a_token_goes(token: str) -> None:
    assert bearer(token, "bearer_token") == f"Bearer {SECRET}"


@pytest.mark.parametrize("value", UNSENDABLE, ids=ascii)
def test_what_cannot_be_sent_is_named_and_not_shown(value: str) -> None:
    with pytest.raises(TracingError) as caught:
        header_values({"X-Token": value}, "headers")
    assert caught.value.kind == "invalid_option"
    assert "headers: the value of X-Token" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a\n", "a:", "\u00e9", f"X-{SECRET}\n"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(TracingError, match="headers: one name"):
        header_values({name: "1"}, "headers")


def test_a_login_may_hold_any_character() -> None:
    assert base64.b64decode(basic("ü", "a\nb").removeprefix("Basic ")).decode() == "ü:a\nb"


@pytest.mark.parametrize("value", UNSENDABLE, ids=ascii)
@pytest.mark.parametrize("setting", ["bearer_token", "tenant"])
def test_no_request_is_made_with_such_a_value(setting: str, value: str) -> None:
    transport = UrlTransport(UrlSettings("http://127.0.0.1:1", **{setting: value}))
    with pytest.raises(TracingError) as caught:
        transport.get("/ready", timeout=5)
    assert caught.value.kind == "invalid_option"
    assert setting in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_token_that_ends_in_a_newline_is_sent() -> None:
    """What ``slurp`` and ``b64decode`` give. Nothing listens there, so that the request itself was made."""
    transport = UrlTransport(UrlSettings("http://127.0.0.1:1", bearer_token=f"{SECRET}\n"))
    with pytest.raises(TracingError) as caught:
        transport.get("/ready", timeout=5)
    assert caught.value.kind == "connection_refused"


def test_grafanas_headers_are_checked_before_a_request() -> None:
    params = {name: spec.get("default") for name, spec in GRAFANA_ARGUMENTS.items()}
    with pytest.raises(TracingError) as caught:
        asker({**params, "url": "http://127.0.0.1:1", "headers": {"Authorization": f"{SECRET}\nx"}})
    assert SECRET not in str(caught.value)
