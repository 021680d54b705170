# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written as YAML is read again as the same, by the rules of Go's reader."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import dump, load

TEXTS = [
    *(
        "",
        " ",
        "a",
        "1e3",
        "0o17",
        "0b1",
        "1_000",
        "12:30",
        "12:30:45",
        "2026-01-31",
        "y",
        "n",
        "on",
        "Off",
        "~",
        "null",
    ),
    *("=", "<<", "- a", "# a", "a: b", "{a}", "'", '"', "\\", "%", "@", "`", "!a", "&a", "*a", "|", ">"),
    *(
        "a\nb",
        "a\nb\n",
        "a\n\n",
        "\na",
        " a\n b",
        "\ta\n",
        "a \nb",
        "a\n ",
        "---\na",
        "...\n",
        "\u2028",
        "a\u2028b\n",
        "\x85",
    ),
    *(
        "\ufeffa",
        "é",
        "日本\n語",
        "\U0001f600",
        "x" * 2000,
        "x " * 1000,
        "0x1F",
        "+.inf",
        ".5",
        "1.",
        "-",
        "?",
        "a\tb",
        "\x7f",
    ),
]


@pytest.mark.parametrize(
    "value", [*TEXTS, 1, -1, 2**40, 1.5, 1e20, True, None, [], {}, [[]], [{}], {"a": []}], ids=repr
)
def test_a_value_stays_what_it_is(value: Any) -> None:
    content = {"key": value, "list": [value], "map": {"x": {"y": value}}}
    assert load(dump(content), "It") == content


@pytest.mark.parametrize("text", [one for one in TEXTS if one], ids=repr)
def test_a_key_stays_what_it_is(text: str) -> None:
    assert load(dump({text: {text: 1}}), "It") == {text: {text: 1}}
