"""The checks of the built site, and what the site is made of. `make docs` builds it, and runs the checks on it."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs_pages import ROOT

pytestmark = pytest.mark.case("F17")

SITE = ROOT / "docs" / "docsite"
BUILT = ROOT / "build" / "docs" / "html"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


check, pages = module("check"), module("pages")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    made = tmp_path / "html"
    (made / "runbooks").mkdir(parents=True)
    (made / "index.html").write_text('<h1 id="top">a</h1><a href="runbooks/one.html#cause">b</a>')
    (made / "runbooks" / "one.html").write_text('<h2 id="cause">c</h2><a href="../index.html#top">d</a>')
    return made


def test_a_site_whose_links_lead_somewhere(site: Path) -> None:
    assert list(check.dead_links(site)) == []


@pytest.mark.parametrize(
    "link", ["two.html", "#effect", "../index.html#bottom", "../../index.html", f"{check.REPOSITORY}docs/none.md"]
)
def test_a_link_that_leads_nowhere(site: Path, link: str) -> None:
    (site / "runbooks" / "one.html").write_text(f'<h2 id="cause">c</h2><a href="{link}">d</a>')
    assert list(check.dead_links(site)) == [f"runbooks/one.html: {link} leads nowhere"]


@pytest.mark.parametrize(
    "link", ["https://example.com/a#b", "mailto:a@example.com", f"{check.REPOSITORY}README.md#use"]
)
def test_a_link_that_leads_out_of_the_site(site: Path, link: str) -> None:
    (site / "runbooks" / "one.html").write_text(f'<h2 id="cause">c</h2><a href="{link}">d</a>')
    assert list(check.dead_links(site)) == []


INDEX: Mapping[str, Any] = {
    "docnames": ["guide", "other", "title"],
    "titles": ["Guide", "Other", "Retention"],
    "alltitles": {
        "Guide": [[0, None]],
        "Other": [[1, None]],
        "Retention": [[2, None]],
        "Set the retention": [[1, "set"]],
    },
    "indexentries": {"keep traces": [[0, "index-0", True]]},
    "terms": {"retent": [0, 1, 2], "keep": 0, "trace": [0, 1], "volum": [1, 2]},
    "titleterms": {"retent": [1, 2], "guid": 0},
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("retention", ["title", "other", "guide"]),
        ("keep traces", ["guide"]),
        ("volume", ["other", "title"]),
        ("guid", ["guide"]),
        ("tenant", []),
        ("keep volumes", []),
    ],
)
def test_the_search_is_that_of_sphinx(query: str, found: list[str]) -> None:
    assert check.search(INDEX, query) == found


def test_a_page_that_is_not_first_is_told() -> None:
    told = list(check.misplaced(INDEX))
    assert told[0] == "a search for retention finds title, other, guide first, and not production"
    assert len(told) == len(check.FIRST)


def test_the_index_is_read(tmp_path: Path) -> None:
    (tmp_path / "searchindex.js").write_text(f"Search.setIndex({json.dumps(INDEX)})")
    assert check.read_index(tmp_path) == INDEX


def test_each_role_has_a_page_with_an_example_in_a_group() -> None:
    groups = (SITE / "index.md").read_text()
    roles = {path.parent.name for path in ROOT.glob("roles/*/README.md")} - set(pages.INTERNAL_ROLES)
    assert set(re.findall(r"^roles/(\w+)$", groups, re.MULTILINE)) == roles
    for role in roles:
        text = (ROOT / "roles" / role / "README.md").read_text()
        assert "```yaml" in text and f"tracelab.k8s_tracing.{role}" in text


def test_words_are_those_of_pages() -> None:
    guides = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(pages.KEYWORDS) <= guides
    assert pages.keywords("production").startswith("```{index} ! retention\n```\n") and pages.keywords("glossary") == ""


@pytest.mark.parametrize(
    ("page", "link", "leads"),
    [
        ("docs/runbooks/README.md", "../settings.md", "../settings.md"),
        ("docs/runbooks/README.md", "../../roles/verify/README.md", "../roles/verify.md"),
        ("docs/architecture.md", "../roles/common/README.md", f"{check.REPOSITORY}roles/common/README.md"),
        ("roles/tempo/README.md", "../../docs/production.md", "../production.md"),
        ("roles/tempo/README.md", "meta/argument_specs.yml", f"{check.REPOSITORY}roles/tempo/meta/argument_specs.yml"),
        ("CONTRIBUTING.md", "docs/clusters.md", "clusters.md"),
    ],
)
def test_where_a_link_leads_on_the_site(monkeypatch: pytest.MonkeyPatch, page: str, link: str, leads: str) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_arguments, **_options: f"[a]({link}#b)")
    assert pages.outward(ROOT / page) == f"[a]({leads}#b)"


def test_code_has_a_button_to_copy_it() -> None:
    assert '"sphinx_copybutton"' in (SITE / "conf.py").read_text()


@pytest.mark.skipif(not (BUILT / "searchindex.js").exists(), reason="the site is not built: make docs")
def test_the_built_site() -> None:
    assert [*check.dead_links(BUILT), *check.misplaced(check.read_index(BUILT))] == []
