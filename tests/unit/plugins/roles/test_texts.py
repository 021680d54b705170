# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in nested data, and lengths of time as text."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.filter.texts import go_duration, replace_texts
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation.formats import form


def test_every_text_at_every_depth() -> None:
    data = {"$$a": ["$$b", {"c": "d$$$$"}], "n": 1, "t": True, "z": None}
    assert replace_texts(data, "$$", "$") == {"$a": ["$b", {"c": "d$$"}], "n": 1, "t": True, "z": None}
    assert data["$$a"] == ["$$b", {"c": "d$$$$"}]


def test_a_tuple_is_a_list() -> None:
    assert replace_texts(("x", 2), "x", "y") == ["y", 2]


@pytest.mark.case("F15")
@pytest.mark.parametrize(
    ("given", "hours"),
    [("14d", "336h"), ("1d12h", "36h"), ("1d30m", "24h30m"), ("48h", "48h"), ("1h30m", "1h30m"), ("1.5h", "1.5h")],
)
def test_days_are_hours_for_go(given: str, hours: str) -> None:
    assert go_duration(given) == hours


@pytest.mark.case("F15")
def test_what_is_kept_may_be_told_in_days() -> None:
    look = form("duration_in_days")
    assert [text for text in ("14d", "1d12h", "48h", "90m") if list(look(text))] == []
    assert [text for text in ("0d", "", "d", "2w", "14", "1h2d") if not list(look(text))] == []
