# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in nested data."""

from __future__ import annotations

from ansible_collections.tracelab.k8s_tracing.plugins.filter.replace_texts import FilterModule

replace_texts = FilterModule().filters()["replace_texts"]


def test_every_text_at_every_depth() -> None:
    data = {"$$a": ["$$b", {"c": "d$$$$"}], "n": 1, "t": True, "z": None}
    assert replace_texts(data, "$$", "$") == {"$a": ["$b", {"c": "d$$"}], "n": 1, "t": True, "z": None}
    assert data["$$a"] == ["$$b", {"c": "d$$$$"}]


def test_a_tuple_is_a_list() -> None:
    assert replace_texts(("x", 2), "x", "y") == ["y", 2]
