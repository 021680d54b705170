"""The page about upgrades: its ways from one Tempo to another are those that block formats allow."""

from __future__ import annotations

import itertools
import re

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.block_formats import (
    TEMPOS,
    known,
    unreadable,
)
from docs_pages import ROOT

SECTION = (ROOT / "docs" / "upgrade.md").read_text(encoding="utf-8").partition("## Block formats")[2]
FORMATS, WAYS = (
    [[cell.strip() for cell in row.strip("|").split("|")] for row in table.strip().splitlines()[2:]]
    for table in re.findall(r"(?:^\|.*\n)+", SECTION, re.MULTILINE)[:2]
)
STARTS = {start: [start, *re.findall(r"[\d.]+", by), to] for one, by, to in WAYS for start in one.split(", ")}


def writes(version: str) -> str:
    row = known(version)
    assert row
    return row.writes


@pytest.mark.parametrize("start", STARTS)
def test_each_step_reads_what_the_one_before_writes(start: str) -> None:
    for source, target in itertools.pairwise(STARTS[start]):
        assert unreadable([writes(source)], target) == [], f"{source} to {target}"


@pytest.mark.parametrize("start", STARTS)
def test_no_version_of_a_way_can_be_left_out(start: str) -> None:
    way = STARTS[start]
    for left_out in range(1, len(way) - 1):
        assert unreadable([writes(way[left_out - 1])], way[left_out + 1]), f"{way[left_out]} is not needed"


def test_every_tempo_2_that_has_to_wait_is_told() -> None:
    names = {".".join(map(str, one.since)) for one in TEMPOS if one.since[0] == 2 and unreadable([one.writes], "3.0")}
    assert names == set(STARTS)


def test_the_table_of_formats_is_that_of_the_code() -> None:
    for name, wrote, reads in FORMATS:
        row = known(name.split(" to ")[0])
        assert row and (row.writes, row.reads) == (wrote, tuple(reads.split(", "))), name
