# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the connection."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
    transports,
)

URL = "http://tempo.test:3200"


def connect(**given: Any) -> tuple[Any, Any]:
    return transports({**{name: spec.get("default") for name, spec in CONNECTION_ARGUMENTS.items()}, **given})


def test_the_service_proxy_is_the_default() -> None:
    tempo, alloy = connect()
    assert (tempo.where, alloy.where) == ("service tracing/tempo:3200", "service tracing/alloy:12345")


def test_alloy_follows_the_namespace_unless_it_has_its_own() -> None:
    assert connect(namespace="a")[1].where == "service a/alloy:12345"
    assert (
        connect(namespace="a", alloy_namespace="b", alloy_service="c", alloy_service_port=1)[1].where == "service b/c:1"
    )
    assert connect(alloy_url="http://alloy.test:12345/")[1].where == "http://alloy.test:12345"


def test_with_a_url_alloy_is_looked_at_only_by_url() -> None:
    assert (connect(url=URL + "/")[0].where, connect(url=URL)[1]) == (URL, None)
    assert connect(url=URL, alloy_url="http://alloy.test")[1].where == "http://alloy.test"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"url": "tempo:3200"}, "url"),
        ({"url": "ftp://tempo"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://tempo:port"}, "url"),
        ({"url": "http://tempo:99999"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "http://tempo/?a=b"}, "url"),
        ({"url": "http://tem po/"}, "url"),
        ({"url": "http://u:p@tempo/"}, "url_username"),
        ({"url": URL, "alloy_url": "alloy"}, "alloy_url"),
        ({"alloy_url": "alloy"}, "alloy_url"),
        ({"url": URL, "url_password": "p"}, "url_username"),
        ({"url": URL, "url_username": "u", "bearer_token": "t"}, "bearer_token"),
        ({"url": URL, "client_key": "k"}, "client_cert"),
        ({"url": URL, "tenant": "a\nb"}, "tenant"),
        ({"url": URL, "tenant": "ä"}, "tenant"),
        ({"bearer_token": "t"}, "bearer_token"),
        ({"url_username": "u"}, "url_username"),
        ({"request_timeout": 0.0}, "request_timeout"),
        ({"request_timeout": float("nan")}, "request_timeout"),
        ({"namespace": "A"}, "namespace"),
        ({"namespace": "a/../b"}, "namespace"),
        ({"service": ""}, "service"),
        ({"service_port": 0}, "service_port"),
        ({"alloy_service": "x" * 64}, "alloy_service"),
        ({"alloy_service_port": 70000}, "alloy_service_port"),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(TracingError) as caught:
        connect(**given)
    assert caught.value.kind == "invalid_option"
    assert named in str(caught.value)
    assert "p@" not in str(caught.value), "a password in a URL is not repeated"


# Some modules have no url, and for some the API server is for another service than the one with a url.
@pytest.mark.parametrize(("url", "offered"), [({"url": None}, True), ({}, False), ({"url": URL}, False)])
def test_a_url_is_offered_only_where_it_would_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: dict[str, Any], offered: bool
) -> None:
    params = {"kubeconfig": str(tmp_path / "gone"), "context": None, **url}
    with pytest.raises(TracingError) as caught:
        kube_connection(params).get("/version", (), {}, timeout=5)
    assert caught.value.kind == "kubeconfig_missing"
    assert ("give url" in str(caught.value)) is offered
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(TracingError) as caught:
        kube_connection(params)
    assert caught.value.kind == "missing_library"
    assert ("give url" in str(caught.value)) is offered
