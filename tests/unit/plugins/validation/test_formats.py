# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Formats by themselves: the last value that is right and the first that is not, on each side of a bound."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.formats import form, is_text

RIGHT: list[tuple[str, Any]] = [
    *(("1..65535", value) for value in (1, 65535, "1", 1.0)),
    *((">0..100", value) for value in (0.001, 100, "100")),
    *(("0..", value) for value in (0, 10**12)),
    *(("-5..5", value) for value in (-5, 5)),
    *(("quantity", value) for value in ("1m", "1", 1, 0.5, "10Gi")),
    *(("name?", value) for value in ("", "tempo")),
    *(("labels", value) for value in ({}, {"app": "tempo", "example.com/team": ""})),
    *(("object", value) for value in ({}, {"anything": [1]})),
    *(("ini", value) for value in ({}, {"server": {"root_url": "http://g", "port": 3000, "off": False, "none": None}})),
    *(("remote_write", value) for value in ({"url": "http://p/api/v1/write"}, {"url": "https://p", "name": "x"})),
    *(("targets", value) for value in ({}, {"tempo": "tempo:3200"})),
    *(("toleration", value) for value in ({}, {"key": "", "operator": "Exists", "tolerationSeconds": 0})),
    *(("environment", value) for value in ({"name": "A", "value": ""}, {"name": "A", "valueFrom": {"fieldRef": {}}})),
    *(("slow", value) for value in ({"rate": 0, "factor": 1}, {"rate": 1, "factor": 99})),
    *(("digests", value) for value in ({}, {"grafana/tempo:2.10.8": "sha256:" + "0a" * 32})),
    ("resources", {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}),
    ("resources", {"requests": {"cpu": "1"}}),
    ("resources", {"limits": {"memory": "1Gi"}}),
    ("peer", {"ipBlock": {"cidr": "10.0.0.0/8"}}),
    ("annotations", {"a": "yes"}),
]
WRONG: list[tuple[str, Any, str]] = [
    *(("1..65535", value, "") for value in (0, 65536, "0", True, None, "x", float("nan"), [], {})),
    *((">0..100", value, "") for value in (0, "0", -1, 100.001)),
    *(("0..", value, "") for value in (-0.001, float("inf"))),
    *(("-5..5", value, "") for value in (-5.001, 5.001)),
    *(("quantity", value, "") for value in (0, "0", "0Mi", "-1", " 1", "1 ", True, False, "much", None, [], {})),
    *(("name?", value, "") for value in ("-x", " ", True, None)),
    *(("labels", value, "") for value in ("text", [], None, 1)),
    ("labels", {"app": "-"}, ".app"),
    ("labels", {"no key!": "x"}, ""),
    *(("object", value, "") for value in ("text", [], None, 1)),
    *(("ini", value, "") for value in ("text", [], None)),
    ("ini", {"server": "text"}, ".server"),
    ("ini", {"server": {"root_url": "{{ x }}"}}, ".server.root_url"),
    ("ini", {"server": {"root_url": "a\nb = c"}}, ".server.root_url"),
    ("remote_write", {}, ""),
    ("remote_write", "http://p", ""),
    ("remote_write", {"url": "p:9090"}, ".url"),
    ("targets", {"tempo": "http://tempo:3200"}, ".tempo"),
    ("toleration", {"operator": "Is"}, ".operator"),
    ("toleration", {"tolerationSeconds": -1}, ".tolerationSeconds"),
    ("environment", {"value": "x"}, ""),
    ("environment", {"name": "1A"}, ".name"),
    ("slow", {"rate": 1.001, "factor": 1}, ".rate"),
    ("slow", {"rate": 1, "factor": 0.999}, ".factor"),
    ("resources", {"requests": {"cpu": "1001m"}, "limits": {"cpu": "1"}}, ".requests.cpu"),
    ("resources", "small", ""),
    ("peer", {"ipBlock": {}}, ".ipBlock"),
    ("annotations", {"a": True}, ".a"),
    ("annotations", {"a": 1}, ".a"),
]


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_right(name: str, value: Any) -> None:
    assert list(form(name)(value)) == []


@pytest.mark.parametrize(("name", "value", "place"), WRONG)
def test_wrong(name: str, value: Any, place: str) -> None:
    """One finding that says where, and how to put it right."""
    (found,) = form(name)(value)
    assert found.place == place
    assert found.fix


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("1..65535", "give 1 to 65535"),
        (">0..100", "give more than 0, and no more than 100"),
        ("0..", "give 0 or more"),
        (">0..", "give more than 0"),
    ],
)
def test_a_range_is_said_in_words(name: str, fix: str) -> None:
    assert next(form(name)("x")).fix == fix


@pytest.mark.parametrize("name", ["nothing", "", "..5"])
def test_a_format_that_is_none(name: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        form(name)


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1.0), ("1.5", 1.5), (True, None), ("inf", None), ("nan", None), (None, None), ([], None)]
)
def test_numbers(value: Any, number: float | None) -> None:
    assert finite(value) == number


@pytest.mark.parametrize(("value", "text"), [("a", True), (1, True), (1.1, False), (True, False), (None, False)])
def test_texts(value: Any, text: bool) -> None:
    assert is_text(value) is text
