"""Links inside of README, guides and examples lead somewhere, and every guide is found from the README."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_pages import LINK, PICTURES, REPOSITORY, ROOT, anchors, pages, prose


def inner_links(page: Path) -> list[str]:
    """Links to files of the repository, also those by its address."""
    links = [link.replace(REPOSITORY, "/").replace(PICTURES, "/docs/images/") for link in LINK.findall(prose(page))]
    return [link for link in links if "://" not in link and not link.startswith("mailto:")]


def goal_of(page: Path, link: str) -> Path:
    target = link.partition("#")[0]
    if not target:
        return page
    return (ROOT / target[1:] if target.startswith("/") else page.parent / target).resolve()


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_inner_link_leads_somewhere(page: Path) -> None:
    for link in inner_links(page):
        goal, anchor = goal_of(page, link), link.partition("#")[2]
        assert goal.exists(), f"{page.relative_to(ROOT)}: {link}"
        assert goal.is_relative_to(ROOT), f"{page.relative_to(ROOT)}: {link} leads out of the repository"
        assert not anchor or anchor in anchors(goal), f"{page.relative_to(ROOT)}: {link} names no heading"


@pytest.mark.case("F3")
def test_the_page_that_galaxy_shows_has_addresses_only() -> None:
    """It is shown alone there: a path would lead nowhere."""
    links = LINK.findall(prose(ROOT / "README.md"))
    assert links
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.case("F3")
def test_the_readme_has_the_sections_of_a_collection() -> None:
    text = prose(ROOT / "README.md")
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "Description", "Requirements", "Installation", "Use cases", "Testing", "Support", "Release notes", "Licence",
    ]  # fmt: skip


def test_every_guide_is_found_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        todo += [goal_of(page, link) for link in inner_links(page)]
    assert set(pages()) <= seen, set(pages()) - seen
