"""The page about versions shows what is pinned."""

from __future__ import annotations

from version_tables import PAGE, with_tables


def test_the_tables_are_those_of_the_pins() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text) == text, "make versions writes them anew"
