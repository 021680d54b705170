# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON and YAML from servers, and what hides in them."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import (
    MAX_JSON_VALUES,
    MAX_YAML_CHARACTERS,
    parse_json,
    parse_yaml,
    refuse_large,
)
from hypothesis import given
from hypothesis import strategies as st

ORDINARY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(ORDINARY)
def test_ordinary_json_is_read_as_it_is(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999", "-1e999", "[" * 100_000, '{"a":' * 50_000, "9" * 5000, "", "{"],
    ids=lambda text: text[:20],
)
def test_what_no_number_and_no_stack_can_hold_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize("item", ["[]", "{}", "0", '{"a":[]}'])
def test_more_values_than_memory_should_hold_are_refused_before_they_are_made(item: str) -> None:
    text = "[" + ",".join([item] * (MAX_JSON_VALUES + 1)) + "]"
    tracemalloc.start()
    with pytest.raises(TracingError, match="more than is read") as raised:
        parse_json(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raised.value.kind == "too_large"
    assert peak < 1_000_000
    assert len(parse_json("[" + ",".join(["0"] * MAX_JSON_VALUES) + "]")) == MAX_JSON_VALUES


@pytest.mark.parametrize(("letter", "most"), [("a", 50), ("\u00e9", 18), ("\u4e00", 12), ("\U0001f600", 6)], ids=ascii)
def test_one_wide_character_makes_a_text_take_more_memory(letter: str, most: int) -> None:
    """``most`` is how many million such characters are read, and not one in ten more."""
    fits = f'["{letter * (most * 1_000_000)}"]'
    refuse_large(fits.encode())
    with pytest.raises(TracingError, match="more than is read"):
        refuse_large(f'["{letter * (most * 1_150_000)}"]'.encode())


def test_a_single_wide_character_in_a_long_text_counts() -> None:
    refuse_large(b"[" + b" " * 40_000_000 + b"]")
    for text in ("[" + " " * 40_000_000 + '"\U0001f600"]', ("[" + " " * 40_000_000 + '"\U0001f600"]').encode()):
        with pytest.raises(TracingError, match="more than is read"):
            refuse_large(text)


@given(st.binary() | st.text())
def test_any_bytes_are_json_or_a_value_error(content: bytes | str) -> None:
    try:
        value = parse_json(content)
    except ValueError:
        return
    assert not isinstance(value, float) or math.isfinite(value)


@given(ORDINARY)
def test_ordinary_yaml_is_read_as_it_is(value: Any) -> None:
    text = yaml.safe_dump(value, default_flow_style=True)
    assert parse_yaml(text) == yaml.safe_load(text)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    "text",
    ["a: &a [*a]", BOMB, "[" * 200, "- " * 200 + "a", "a: " + "x" * MAX_YAML_CHARACTERS, "!!python/none 1", "a: b: c"],
    ids=["itself", "bomb", "flow", "block", "size", "tag", "damaged"],
)
def test_yaml_that_grows_or_breaks_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_yaml(text)


@given(st.text())
def test_any_text_is_yaml_or_a_value_error(text: str) -> None:
    try:
        parse_yaml(text)
    except ValueError as error:
        assert str(error)
