# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that options name: in what forms, and which are waited for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import awaited_secrets, named_secrets
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.alloy_secrets import pod_secrets


@pytest.mark.parametrize(
    ("value", "keys", "found"),
    [
        ("", ["k"], []),
        ("a", ["k"], [("a", ["k"])]),
        ([], [], []),
        (["a", "b"], [], [("a", []), ("b", [])]),
        ([{"name": "X", "secret": "a", "key": "k"}], [], [("a", ["k"])]),
        ([{"name": "X", "secret": "", "key": "k"}], [], []),
    ],
)
def test_the_forms_in_which_an_option_names_secrets(value: Any, keys: list[str], found: list[Any]) -> None:
    assert named_secrets(value, "o", keys) == [{"name": name, "keys": read, "option": "o"} for name, read in found]


MADE = {"name": "made", "keys": ["p"], "values": {"p": "x"}}
NAMED = {"name": "named", "keys": ["k"], "option": "o"}


def release(namespace: str, *secrets: dict[str, Any], **where: Any) -> dict[str, Any]:
    return {"namespace": namespace, "kubeconfig": None, "context": None, "secrets": list(secrets), **where}


def test_what_options_name_is_waited_for_by_cluster() -> None:
    releases = [release("a", MADE, NAMED), release("b"), release("c", NAMED, kubeconfig="/k"), release("d", NAMED)]
    one = {"name": "named", "keys": ["k"], "option": "o"}
    assert awaited_secrets(releases, 300) == [
        {"kubeconfig": "", "context": "", "named_secrets": [{**one, "namespace": name} for name in ("a", "d")]},
        {"kubeconfig": "/k", "context": "", "named_secrets": [{**one, "namespace": "c"}]},
    ]


def test_a_secret_may_be_elsewhere() -> None:
    (found,) = awaited_secrets([release("a", {**NAMED, "namespace": "monitoring"})], "5")
    assert [one["namespace"] for one in found["named_secrets"]] == ["monitoring"]


@pytest.mark.parametrize("wait", [0, "0", " 0 "])
def test_nothing_is_waited_for_by_default(wait: Any) -> None:
    assert awaited_secrets([release("a", NAMED)], wait) == []


@pytest.mark.parametrize("wait", ["5m", "", -1, True, 1.5, None, 86401, "9" * 5000, "²"])
def test_a_wait_that_is_no_number_of_seconds(wait: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"k8s_tracing_secret_wait is .*a number of seconds"):
        awaited_secrets([], wait)


def output(name: str, auth: dict[str, Any], *, ca: str = "", client: str = "") -> dict[str, Any]:
    login = {"username_key": "username", "password_key": "password", "token_key": "token", "secret": "", **auth}
    tls = {"ca_secret": ca, "ca_key": "ca.crt", "client_secret": client}
    option = f"alloy_{name}_" if name != "other" else ""
    return {"name": name, "option": option, "auth": login, "tls": tls, "header_secrets": []}


def test_alloy_names_its_secrets_with_the_keys_that_are_read() -> None:
    headers = {"header_secrets": [{"name": "X", "secret": "h", "key": "x"}]}
    outputs = [
        output("tempo", {"type": "basic", "secret": "t"}, ca="c"),
        {**output("other", {"type": "bearer", "secret": "b"}, client="d"), **headers},
        {**output("shop", {"type": "bearer", "secret": "r"}), "option": "alloy_routes, route 'shop': "},
    ]
    login = {"type": "basic", "secret": "users", "htpasswd_key": "htpasswd", "token_key": "token"}
    found = pod_secrets({"alloy_receiver_auth": login}, {"tls": "own", "client-ca": ""}, outputs, "/x")
    rows = [(one["option"], one["name"], key) for one in found["named"] for key in one["keys"]]
    assert rows == [
        ("alloy_tls_secret", "own", "tls.crt"),
        ("alloy_tls_secret", "own", "tls.key"),
        ("alloy_receiver_auth", "users", "htpasswd"),
        ("alloy_tempo_auth", "t", "username"),
        ("alloy_tempo_auth", "t", "password"),
        ("alloy_tempo_tls", "c", "ca.crt"),
        ("alloy_exporters", "b", "token"),
        ("alloy_exporters", "h", "x"),
        ("alloy_exporters", "d", "tls.crt"),
        ("alloy_exporters", "d", "tls.key"),
        ("alloy_routes", "r", "token"),
    ]
    # All that the pod refers to is named.
    pod = {row["valueFrom"]["secretKeyRef"]["name"] for row in found["env"]}
    pod |= {row["secret"]["secretName"] for row in found["volumes"]}
    assert pod == {name for _option, name, _key in rows}
