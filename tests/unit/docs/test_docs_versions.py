"""The page about versions shows what is pinned."""

from __future__ import annotations

import re

from docs_pages import ROOT, pages
from version_tables import PAGE, with_tables


def test_the_tables_are_those_of_the_pins() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text) == text, "make versions writes them anew"


def test_the_lowest_helm_is_the_same_everywhere() -> None:
    """That of the test bed, and that of the module which renders charts."""
    lowest = re.search(r'"helm": Need\(\((\d+), (\d+)\)', (ROOT / "testbed" / "tools.py").read_text(encoding="utf-8"))
    assert lowest
    least = ".".join(lowest.groups())
    places = [*pages(), ROOT / "plugins" / "modules" / "helm_release_plan.py"]
    told = {path: re.findall(r"Helm (3\.\d+) or (?:newer|later)", path.read_text(encoding="utf-8")) for path in places}
    # Only what takes over objects of others needs a newer one.
    adopts = {"settings.md", "versions.md"}
    assert {one for path, found in told.items() for one in found if path.name not in adopts} == {least}
    for page in ("README.md", "docs/quick-start.md", "docs/clusters.md"):
        assert least in told[ROOT / page], page
    assert f"Helm has to be {least} or newer" in (ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
