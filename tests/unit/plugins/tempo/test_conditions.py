# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TraceQL read back: what can be held against a trace in hand, and what is left to Tempo."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.conditions import (
    Condition,
    condition,
    conditions_of,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import build
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", []),
        ("{ }", []),
        ('{ name = "GET /" }', [Condition("field", "name", "GET /")]),
        ("{status=error}", [Condition("field", "status", "error")]),
        ("{ span:kind = server }", [Condition("field", "kind", "server")]),
        ("{ duration > 1m1.5s }", [Condition("field", "duration", 61_500_000_000, ">")]),
        ("{ traceDuration >= 2ms }", [Condition("trace", "duration", 2_000_000, ">=")]),
        ('{ rootServiceName = "a" }', [Condition("trace", "root_service", "a")]),
        ("{ span.http.status_code >= 500 }", [Condition("span", "http.status_code", 500, ">=")]),
        ("{ .ratio < -0.5 }", [Condition("any", "ratio", -0.5, "<")]),
        ("{ span.cached = true }", [Condition("span", "cached", True)]),
        ('{ resource."odd name" = "x" }', [Condition("resource", "odd name", "x")]),
        ('{ span.a = `b"c` }', [Condition("span", "a", 'b"c')]),
        (r'{ span.a = "\"\\\n\t\u00fc\U0001f600" }', [Condition("span", "a", '"\\\n\tü\U0001f600')]),
        ('{ span.a = "} || {" && event.b = 1 }', [Condition("span", "a", "} || {"), Condition("event", "b", 1)]),
        ('{ span.a = "b" } | count() > 3', [Condition("span", "a", "b")]),
        ('{ span.a = "b" } with (most_recent=true)', [Condition("span", "a", "b")]),
        # Passed over, with the rest held all the same.
        ('{ span.a != "b" && span.c = 1 }', [Condition("span", "c", 1)]),
        ('{ span.a =~ "b.*" && span.c = 1 }', [Condition("span", "c", 1)]),
        ("{ span.a = nil && span.c = 1 }", [Condition("span", "c", 1)]),
        ("{ span.a = span.b && span.c = 1 }", [Condition("span", "c", 1)]),
        (r'{ span.a = "\x41" && span.c = 1 }', [Condition("span", "c", 1)]),
        (r'{ span.a = "\Uffffffff" && span.c = 1 }', [Condition("span", "c", 1)]),
        ("{ traceDuration < 2ms && span.c = 1 }", [Condition("span", "c", 1)]),
        ("{ duration > 5 && span.c = 1 }", [Condition("span", "c", 1)]),
        ("{ nestedSetParent < 0 && span.c = 1 }", [Condition("span", "c", 1)]),
        ('{ trace:id = "1" && link.a = 1 && instrumentation.b = 1 && parent.c = 1 && span.c = 1 }',
         [Condition("span", "c", 1)]),
        # Left to Tempo altogether.
        ("{ span.a = 1 || span.b = 1 }", []),
        ("{ !(span.a = 1) }", []),
        ("{ (span.a = 1) }", []),
        ("{ span.a = 1 + 2 }", []),
        ("{ 1 = span.a }", []),
        ("{ true }", []),
        ("{ span.a = 1e9 }", []),
        ("{ span.a = 1 } && { span.b = 1 }", []),
        ("{ span.a = 1 } >> { span.b = 1 }", []),
        ("({ span.a = 1 })", []),
        ("{ span.a = ", []),
        ("{ span.a", []),
        ('{ span.a = "b', []),
        ("}", []),
    ],
)  # fmt: skip
def test_what_is_read_of_a_query(query: str, read: list[Condition]) -> None:
    assert conditions_of(query) == read


NAMES = st.sampled_from(["resource.service.name", "span.http.method", "event.x", ".any", "plain", "span.odd name",
                         'resource.q"uote', "name", "status", "rootName"])  # fmt: skip
VALUES = st.text(st.characters(exclude_categories=("Cs",))) | st.booleans() | st.integers(-(2**63), 2**63 - 1)


@given(st.dictionaries(NAMES, VALUES, min_size=1))
def test_what_is_built_is_read_back(attributes: dict[str, Any]) -> None:
    if "status" in attributes:
        attributes["status"] = "error"
    attributes |= {name: str(attributes[name]) for name in ("name", "rootName") if name in attributes}
    built = build(attributes=attributes)
    assert conditions_of(built) == [condition(name, value) for name, value in sorted(attributes.items())]
    assert "{ " + " && ".join(map(str, conditions_of(built))) + " }" == built.replace("{ plain", "{ .plain")


@given(st.text(alphabet='{}&|=<>!".\\`a1 -', max_size=40))
def test_no_query_is_too_odd(query: str) -> None:
    conditions_of(query)
