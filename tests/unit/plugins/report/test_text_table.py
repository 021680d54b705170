# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as lines that people can read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import text_table


def test_columns_are_below_each_other() -> None:
    rows = [["host", "namespace", "outcome"], ["a-long-name", "a", "the stack runs"], ["b", "tracing", 1]]
    assert text_table(rows) == [
        "host         namespace  outcome",
        "a-long-name  a          the stack runs",
        "b            tracing    1",
    ]
    assert text_table([]) == []


@pytest.mark.parametrize("rows", ["text", None, [["a"], ["a", "b"]], [["a"], "b"], {"a": "b"}])
def test_what_is_no_table_is_refused(rows: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="as many cells each"):
        text_table(rows)
