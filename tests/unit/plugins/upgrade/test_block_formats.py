# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Tempo reads the blocks of which, and the way between two that do not fit."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.app_versions import parse, shown
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.block_formats import (
    TEMPOS,
    bridge,
    known,
    unreadable,
)


def test_the_table_is_in_order_and_each_reads_what_it_writes() -> None:
    assert [row.since for row in TEMPOS] == sorted({row.since for row in TEMPOS})
    assert [row.name for row in TEMPOS if row.writes not in row.reads] == []


@pytest.mark.parametrize(
    ("version", "since"),
    [
        ("2.8.0", (2, 6)),
        ("v2.10.8@sha256:00", (2, 10)),
        ("2.9", (2, 9)),
        ("2", (2, 10)),
        ("3.7.0", (3, 0)),
        ("1.5.0", (1, 0)),
    ],
)
def test_the_row_of_a_version(version: str, since: tuple[int, int]) -> None:
    row = known(version)
    assert row and row.since == since


@pytest.mark.parametrize("version", ["latest", "", "0.7.0", "main-1234567"])
def test_a_version_without_a_row(version: str) -> None:
    assert known(version) is None
    assert unreadable(["v2"], version) == []


@pytest.mark.parametrize(
    ("formats", "target", "left"),
    [
        (["vParquet4"], "3.0.3", []),
        (["vParquet3", "vParquet4"], "3.0.3", ["vParquet3"]),
        (["vParquet2"], "2.10.8", ["vParquet2"]),
        (["vParquet2"], "2.9.0", []),
        (["vParquet5"], "2.9.0", ["vParquet5"]),
        (["vParquet4"], "2.4.0", ["vParquet4"]),
        (["v2"], "2.1.0", ["v2"]),
        (["v2"], "2.0.1", []),
    ],
)
def test_what_a_version_does_not_read(formats: list[str], target: str, left: list[str]) -> None:
    assert unreadable(formats, target) == left


@pytest.mark.parametrize(
    ("formats", "source", "target", "way"),
    [
        (["vParquet3"], "2.5.0", "3.0.3", (2, 10)),
        (["vParquet2"], "2.3.1", "2.10.8", (2, 9)),
        (["v2"], "1.5.0", "2.10.8", None),
        (["v2"], "1.5.0", "2.4.0", (2, 0)),
        (["vParquet4"], "2.6.0", "2.4.0", None),
        (["vParquet3"], "latest", "3.0.3", None),
    ],
)
def test_the_way_between(formats: list[str], source: str, target: str, way: tuple[int, int] | None) -> None:
    row = bridge(formats, source, target)
    assert (row and row.since) == way


def test_versions() -> None:
    assert parse("v2.10.8@sha256:00") == (2, 10, 8) and parse("3.0.3+testbed") == (3, 0, 3)
    assert parse("2") > parse("2.10") > parse("2.10.8")
    assert parse("latest") == parse("") == parse("20260101123456") == ()
    assert shown("2.8.0@sha256:00") == "2.8.0"
