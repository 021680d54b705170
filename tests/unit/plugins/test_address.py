"""Addresses taken apart, with every part kept."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import grafana_path
from ansible_collections.tracelab.k8s_tracing.plugins.filter.texts import address
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse, without_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.case("C3")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://p.monitoring.svc:9090/prometheus", ("http", "p.monitoring.svc", 9090, "/prometheus")),
        ("http://p.monitoring.svc/prometheus/", ("http", "p.monitoring.svc", 80, "/prometheus")),
        ("https://mon.example/grafana/", ("https", "mon.example", 443, "/grafana")),
        ("HTTPS://Mon.Example", ("https", "mon.example", 443, "")),
        ("http://[2001:DB8::1]:3200/x", ("http", "2001:db8::1", 3200, "/x")),
        ("[::1]:4317", ("", "::1", 4317, "")),
        ("alloy.tracing.svc:4317", ("", "alloy.tracing.svc", 4317, "")),
        ("tempo", ("", "tempo", 0, "")),
        ("http://u:p@host:1/a/b", ("http", "host", 1, "/a/b")),
    ],
)
def test_every_part_is_kept(text: str, parts: tuple[Any, ...]) -> None:
    found = address(text)
    assert (found["scheme"], found["host"], found["port"], found["path"]) == parts


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://p.monitoring.svc:9090/prometheus/", "http://p.monitoring.svc:9090/prometheus"),
        ("HTTP://Host:80//", "http://host:80"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("https://u:p@host/x?y=1", "https://host/x?y=1"),
        ("host:1", "host:1"),
        ("", ""),
    ],
)
def test_the_whole_has_no_login_and_no_slash_at_its_end(text: str, url: str) -> None:
    assert address(text)["url"] == url


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("p.monitoring.svc", ("p", "monitoring")),
        ("p.monitoring.svc.", ("p", "monitoring")),
        ("p.monitoring.svc.cluster.local", ("p", "monitoring")),
        ("p.monitoring.svc.cluster.local.", ("p", "monitoring")),
        ("p.monitoring.svc.k8s.corp.example", ("p", "monitoring")),
        ("prometheus-0.p.monitoring.svc", ("p", "monitoring")),
        ("P.Monitoring", ("p", "monitoring")),
        ("p.monitoring", ("p", "monitoring")),
        ("p.monitoring.", ("", "")),
        ("grafana.com", ("", "")),
        ("prometheus.lan", ("", "")),
        ("mon.example", ("", "")),
        ("mon.de", ("", "")),
        ("a.b.c", ("", "")),
        ("10.1", ("", "")),
        ("10.0.0.1", ("", "")),
        ("localhost", ("", "")),
        ("prometheus", ("", "")),
        ("svc.example.com", ("", "")),
        ("[::1]", ("", "")),
    ],
)
def test_which_service_a_host_is(host: str, service: tuple[str, str]) -> None:
    found = address(f"http://{host}:9090")
    assert (found["service"], found["namespace"]) == service
    assert found["in_cluster"] is (service != ("", ""))


@pytest.mark.parametrize(
    "text",
    [
        "http://", "http://host:x", "http://host:0", "http://[::1", "a b", "http://a b/", "/x",
        # The other bracket is in the login, which Python's own check counts in.
        "http://u:]@[::1", "http://u:]@[::1:3200", "http://[::1]@x]",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AnsibleFilterError, match="is no address"):
        address(text)


def test_what_is_no_text() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a text"):
        address(1)


def test_a_login_is_in_no_message_and_no_repr() -> None:
    found = parse("http://user:sesame@host:1/x")
    assert found.login == "user:sesame"
    assert "sesame" not in repr(found) + found.url
    with pytest.raises(TracingError) as caught:
        parse("http://user:sesame@host:x")
    assert "sesame" not in str(caught.value)
    assert without_login("at http://u:p@h/x") == "at http://***@h/x"


PATHS = st.lists(st.from_regex(r"/[a-z0-9]{1,5}", fullmatch=True), max_size=3).map("".join)
HOSTS = st.from_regex(r"[a-z]([a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.sampled_from(["http", "https"]), HOSTS, st.integers(1, 65535), PATHS)
def test_what_is_taken_apart_can_be_put_together(scheme: str, host: str, port: int, path: str) -> None:
    text = f"{scheme}://{host}:{port}{path}"
    assert address(text)["url"] == text
    assert address(address(text)["url"]) == address(text)


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ({"root_url": "https://mon.example/grafana/", "serve_from_sub_path": True}, "/grafana"),
        ({"root_url": "%(protocol)s://%(domain)s:%(http_port)s/a/b/", "serve_from_sub_path": "true"}, "/a/b"),
        ({"root_url": "https://mon.example/grafana/"}, ""),
        ({"root_url": "https://mon.example/grafana/", "serve_from_sub_path": False}, ""),
        ({"root_url": "https://mon.example", "serve_from_sub_path": True}, ""),
        ({"serve_from_sub_path": True}, ""),
        ({}, ""),
    ],
)
def test_below_which_path_grafana_answers(server: dict[str, Any], path: str) -> None:
    assert grafana_path(server) == path


def test_a_section_that_is_none() -> None:
    with pytest.raises(AnsibleFilterError, match="section server"):
        grafana_path("x")
