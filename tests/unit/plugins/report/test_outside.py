# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof by the address for senders outside the cluster: one sentence for each way to fail."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import verification_outside

GRPC = {"option": "k8s_tracing_otlp_grpc_url", "protocol": "grpc", "url": "https://otlp.example.com:4317"}
HTTP = {"option": "k8s_tracing_otlp_http_url", "protocol": "http_protobuf", "url": "https://otlp.example.com:4318"}
PLAIN = {**HTTP, "url": "http://otlp.example.com:4318"}
FOUND = {"satisfied": True, "traces": 20, "lost": 0, "altered": 0}
ENDS = "k8s_tracing_otlp_http_url is https://otlp.example.com:4318, which "
LOGIN = {"username": "", "password": "", "token": ""}


def outside(results: Any, addresses: Any) -> dict[str, Any]:
    return verification_outside(results, addresses)


def failed(kind: str, message: str = "It said so.") -> dict[str, Any]:
    return {"failed": True, "msg": f"{message} And so on.", "error": {"kind": kind, "message": message}}


def test_what_was_proven() -> None:
    assert outside([FOUND, {**FOUND, "traces": 3}], [GRPC, HTTP]) == {
        "problem": "",
        "proof": [
            "From outside by https://otlp.example.com:4317 (grpc): 20 traces, 0 spans lost, 0 altered.",
            "From outside by https://otlp.example.com:4318 (http_protobuf): 3 traces, 0 spans lost, 0 altered.",
        ],
    }


@pytest.mark.parametrize(
    ("kind", "message", "says"),
    [
        ("unauthorized", "401", "refuses the login: check k8s_tracing_otlp_username and k8s_tracing_otlp_password"),
        ("connection_refused", "no", "refuses the connection, so that nothing listens there: check host and port"),
        ("unknown_host", "no", "has a host name that is not known here: check the spelling"),
        ("timeout", "no", "does not answer: check the address"),
        ("unreachable", "no", "cannot be reached: check the address"),
        ("not_otlp", "404", "answers, but not as OTLP: check host and port"),
        ("not_http", "no", "answers, but not as OTLP: check host and port"),
        ("redirect", "no", "answers with a redirect: give the final address"),
        ("connection_closed", "no", "closes the connection: check host and port"),
        ("tls", "CERTIFICATE_VERIFY_FAILED", "shows a certificate that is not trusted here: set k8s_tracing_otlp_ca"),
        ("tls", "certificate is not valid for 'a'", "shows a certificate for another name: use a name"),
        ("tls", "[SSL: WRONG_VERSION_NUMBER] wrong version number", "speaks no TLS, and the address begins with https://"),
        ("tls", "EOF occurred in violation of protocol (_ssl.c:2393)", "closes the connection: check host and port"),
        ("tls", "[SSL: UNEXPECTED_EOF_WHILE_READING] unexpected eof", "closes the connection: check host and port"),
        ("tls", "tlsv1 alert no application protocol", "answers, but not as OTLP: check host and port"),
    ],
)  # fmt: skip
def test_each_way_to_fail_is_named_with_the_setting_that_mends_it(kind: str, message: str, says: str) -> None:
    told = outside([FOUND, failed(kind, message)], [GRPC, HTTP])
    assert told["problem"].startswith(f"{ENDS}{says}") and told["problem"].endswith(f"({message}.)")
    assert told["proof"] == []


@pytest.mark.parametrize("kind", ["tls", "connection_closed"])
def test_plain_text_to_a_port_with_tls(kind: str) -> None:
    told = outside([failed(kind)], [PLAIN])["problem"]
    assert "which speaks TLS, and the address begins with http://: begin it with https://." in told


def test_whatever_else_goes_wrong_is_told_as_it_is() -> None:
    assert outside([failed("invalid_option", "No.")], [HTTP])["problem"] == "No. And so on."
    lost = {"satisfied": False, "msg": "The probe failed: 2 spans are lost."}
    assert (
        outside([lost], [HTTP])["problem"]
        == f"{ENDS}takes spans, but they are not in Tempo as they were sent. {lost['msg']}"
    )
    assert outside([{}], [HTTP])["problem"].endswith("The probe has no result.")


@pytest.mark.parametrize("given", [(None, []), ([FOUND], []), (["x"], [HTTP])])
def test_what_is_no_result(given: tuple[Any, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="a result of otlp_trace_probe for each address"):
        outside(*given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, ""),
        ({"login": {**LOGIN, "token": "t"}}, ""),
        ({"login": {**LOGIN, "username": "u", "password": "p"}}, ""),
        ({"addresses": [PLAIN]}, ""),
        ({"addresses": []}, "no address is given: set k8s_tracing_otlp_grpc_url, k8s_tracing_otlp_http_url or both."),
        ({"traces": 0}, "nothing would be sent: give 1 or more."),
        ({"sampling": ["alloy_drop_spans"]}, "alloy_drop_spans may drop what is sent"),
        ({"login": {**LOGIN, "username": "u"}}, "belong together"),
        ({"login": {"username": "u", "password": "p", "token": "t"}}, "two ways to log in"),
        ({"addresses": [PLAIN], "login": {**LOGIN, "token": "t"}}, "a login would pass in the clear"),
    ],
)
def test_settings_that_prove_nothing(given: dict[str, Any], says: str) -> None:
    settings = {"addresses": [GRPC, HTTP], "login": LOGIN, "traces": 20, "sampling": [], **given}
    told = setting_problems(settings, "verify")
    assert len(told) == (1 if says else 0) and all(says in line for line in told)
