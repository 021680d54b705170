# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TraceQL: what is built, and that values never become syntax."""

from __future__ import annotations

import re

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import (
    build,
    comparison,
    quote,
    resource_conditions,
)
from hypothesis import given
from hypothesis import strategies as st

ESCAPE = re.compile(r'\\(u[0-9a-f]{4}|U[0-9a-f]{8}|["\\])')


def unquote(literal: str) -> str:
    """What Go's strconv.Unquote makes of it, for the escapes in use."""
    return ESCAPE.sub(lambda m: m[1] if m[1] in '"\\' else chr(int(m[1][1:], 16)), literal[1:-1])


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_quoting_is_reversible_and_closed(text: str) -> None:
    literal = quote(text)
    assert literal.isascii() and literal.isprintable()
    assert unquote(literal) == text
    assert '"' not in ESCAPE.sub("", literal[1:-1])


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(TracingError, match="U\\+D800"):
        quote("\ud800")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("resource.k8s.namespace.name", "x", 'resource.k8s.namespace.name = "x"'),
        ("k8s.pod", "x", '.k8s.pod = "x"'),
        (".k8s.pod", "x", '.k8s.pod = "x"'),
        ("span.http.status_code", 500, "span.http.status_code = 500"),
        ("span.http.status_code", "500", 'span.http.status_code = "500"'),
        ("span.ok", True, "span.ok = true"),
        ("span.ratio", 1.5, "span.ratio = 1.5"),
        ("span.odd name", "x", 'span."odd name" = "x"'),
        ('span.a" = "b" || true', "x", 'span."a\\" = \\"b\\" || true" = "x"'),
        ("name", "GET /", 'name = "GET /"'),
        ("status", "error", "status = error"),
        ("kind", "server", "kind = server"),
    ],
)
def test_comparisons(name: str, value: object, expected: str) -> None:
    assert comparison(name, value) == expected


@pytest.mark.parametrize(
    ("name", "value"), [("status", "error || true"), ("kind", 3), ("resource.", "x"), ("", "x"), ("x", float("nan"))]
)
def test_what_cannot_be_compared_is_refused(name: str, value: object) -> None:
    with pytest.raises(TracingError) as caught:
        comparison(name, value)
    assert caught.value.kind == "invalid_option"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "{ }"),
        ({"query": "  { true } "}, "{ true }"),
        ({"run_id": "r"}, '{ resource.tracing.run.id = "r" }'),
        ({"run_id": "r", "run_id_attribute": "run"}, '{ resource.run = "r" }'),
        ({"run_id": "r", "services": ["a"]}, '{ resource.tracing.run.id = "r" }'),
        ({"run_id": "r", "query": "{ a } | count() > 1"}, '{ resource.tracing.run.id = "r" } | { a } | count() > 1'),
        ({"services": ["a", "b"]}, '{ resource.service.name = "a" || resource.service.name = "b" }'),
        ({"attributes": {"b": 1, "a": "x"}}, '{ .a = "x" && .b = 1 }'),
        ({"run_id": '" } || { true'}, '{ resource.tracing.run.id = "\\" } || { true" }'),
    ],
)
def test_queries(options: dict[str, object], expected: str) -> None:
    assert build(**options) == expected


def test_conditions_that_can_be_counted_here() -> None:
    shared = {"run_id_attribute": "tracing.run.id"}
    assert resource_conditions(query="", run_id="r", attributes={"resource.a": 1}, **shared) == {
        "tracing.run.id": "r",
        "a": 1,
    }
    assert resource_conditions(query="{ }", run_id="r", attributes={}, **shared) is None
    assert resource_conditions(query="", run_id="r", attributes={"span.a": 1}, **shared) is None
