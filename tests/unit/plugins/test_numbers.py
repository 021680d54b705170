# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers as JSON, protobuf and Prometheus write them, and what only Python takes for one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import (
    counted,
    decimal,
    finite,
    numbered,
    plural,
    word,
)


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1), (1.5, 1.5), ("3", 3), ("1e3", 1000), (" -.5 ", -0.5), ("+2.", 2), ("1E-2", 0.01)]
)
def test_what_is_a_number(value: Any, number: float) -> None:
    assert finite(value) == decimal(value) == number


@pytest.mark.parametrize("value", ["1_000", "\u0663", "", " ", "0x10", "1e", "e1", ".", "--1", "1 2", "\xb2", "nan2"])
def test_what_only_python_or_nobody_takes_for_a_number(value: str) -> None:
    assert finite(value) is None
    with pytest.raises(ValueError):
        decimal(value)


def test_a_long_text_that_is_no_number_takes_no_time() -> None:
    """With one digit that two parts of the pattern could take, this would go on for minutes."""
    assert finite("1" * 300_000 + "x") is None


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "Infinity", "1e999"])
def test_what_no_clock_and_no_counter_holds_is_a_number_that_is_not_finite(value: str) -> None:
    assert finite(value) is None
    assert not math.isfinite(decimal(value))


@pytest.mark.parametrize(("value", "number"), [(None, 0), ("", 0), ("12", 12), (-1, -1), (str(2**64 - 1), 2**64 - 1)])
def test_what_is_a_word_of_64_bits(value: Any, number: int) -> None:
    assert word(value) == number


@pytest.mark.parametrize("value", ["1_0", "\u0663", "1.5", "1e3", "Infinity", str(2**64), 10**400, "x"])
def test_what_is_none(value: Any) -> None:
    with pytest.raises((ValueError, OverflowError)):
        word(value)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_without_end_is_no_word(value: float) -> None:
    with pytest.raises(ValueError, match="no end"):
        word(value)


def test_fewer_than_none_are_no_count() -> None:
    assert counted(0) == 0
    with pytest.raises(ValueError):
        counted(-1)


@pytest.mark.parametrize("number", [0, 2, 1860])
def test_only_one_is_singular(number: int) -> None:
    assert (numbered(1, "span"), numbered(number, "span")) == ("1 span", f"{number} spans")
    assert (plural(1, "is", "are"), plural(number, "is", "are")) == ("is", "are")
