# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions as Go's package regexp takes them: each row was compiled by it."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.formats import form
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.go_patterns import is_go_pattern

TAKEN = [
    *("^b-", "a|b", "|a", "()", "a*?", "a{0,1000}", "{,5}", "a{,5}", "a{", "}", "]", "[]a]", "[^]a]", "é+"),
    *(r"a\z", r"\.", r"\++", r"\\1", r"\\Z", r"\(?=a", r"\bteam\b", r"\d{2,}", "[*+?]+x", "[(?=]", r"[\[:]"),
    *(r"^\p{Greek}+$", r"\pL", r"\P{^Greek}", r"[\pL\d_-]", "[[:alpha:]]+", r"\x{1F600}", r"\Qa(b\E", r"\Qa(b"),
    *("(?U)a+", "a(?i)b", "(?i:x)", "(?-s:.)", "(?i-s)x", "(?P<n>a)", "(?<n>a)"),
]
REFUSED = [
    *("(", ")", "[", "*", "a**", "[z-a]", "a{3,2}", "\\", r"\q", r"\C", r"[\Z]", r"[\Qa\E]"),
    *("^(?!b)", "a(?=b)", "(?<=a)b", "(?<!a)b", "(?>a)", "(?#c)a", "(?(1)a|b)", "(?x)a", "(?a)x"),
    *(r"(a)\1", "(?P<x>a)(?P=x)", "a++", "a*+", "a?+", "a{2}+", r"a\Z", r"\u0041"),
    *("a{1001}", "a{2,1001}", "a{10000}", "a{1001,}"),
]


@pytest.mark.parametrize("pattern", TAKEN)
def test_what_go_takes_is_taken(pattern: str) -> None:
    assert is_go_pattern(pattern)


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_go_does_not_take_is_refused(pattern: str) -> None:
    assert not is_go_pattern(pattern)


def test_one_error_says_what_is_wrong() -> None:
    assert list(form("go_pattern")("^a$")) == list(form("go_pattern")(5)) == []
    [syntax], [kind] = list(form("go_pattern")("(?!a)")), list(form("go_pattern")("a\n"))
    assert "Go's syntax" in syntax.fix
    assert "one line" in kind.fix
