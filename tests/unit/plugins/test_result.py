# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results that hold what anybody may have sent."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import printable, printable_text
from hypothesis import given
from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ü, \N{SNOWMAN}", "plain, ü, \N{SNOWMAN}"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb", "a\\x0db"),
        ("\x9b31m", "\\x9b31m"),
        ("left \u202e right", "left \\u202e right"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_texts_are_safe_on_a_terminal(text: str, shown: str) -> None:
    assert printable_text(text) == shown


def test_keys_that_ansible_keeps_for_itself_become_ordinary_ones() -> None:
    result = printable({"attributes": {"__ansible_type": "datetime", "__ansible_unsafe": "x", "a": 1}})
    assert result == {"attributes": {"\\__ansible_type": "datetime", "\\__ansible_unsafe": "x", "a": 1}}


def test_what_json_has_no_number_for_is_null() -> None:
    assert printable({"a": [float("inf"), float("nan"), 1.5]}) == {"a": [None, None, 1.5]}


def test_what_yaml_knows_and_json_does_not_is_text() -> None:
    day = date(2026, 1, 31)
    result = printable({"a": day, "b": b"\0\xff", "c": {7}, "d": {day: 1, ("x", 2): 1, 3: 1, None: 1, 1.5: 1}})
    assert result == {
        "a": "2026-01-31",
        "b": "\\x00\\xff",
        "c": [7],
        "d": {"2026-01-31": 1, "('x', 2)": 1, 3: 1, None: 1, "1.5": 1},
    }
    json.dumps(result)


def test_a_deep_result_is_cut() -> None:
    deep: Any = "end"
    for _level in range(5000):
        deep = [deep]
    assert "nested too deep" in json.dumps(printable({"a": deep}))


@given(st.dictionaries(st.text(), ANYTHING, max_size=4))
def test_any_result_can_be_written_and_shown(value: dict[str, Any]) -> None:
    clean = printable(value)
    json.dumps(clean, allow_nan=False, ensure_ascii=False).encode()
    assert not CONTROL.search("".join(_texts(clean)))
    assert printable(clean) == clean


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (*_texts(key), *_texts(item))]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []
