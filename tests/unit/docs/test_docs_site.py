"""The checks of the built site, and what the site is made of. `make docs` builds it, and runs the checks on it."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from docs_pages import ROOT

pytestmark = pytest.mark.case("F17")

SITE = ROOT / "docs" / "docsite"
BUILT = ROOT / "build" / "docs" / "html"
needs_node = pytest.mark.skipif(
    not shutil.which("node"), reason="the site's search runs in Node, which is not on the PATH"
)


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


@needs_node
def test_the_search_is_that_of_the_site(tmp_path: Path) -> None:
    """Of a small one: a title, an entry of the index, and words of the text, in this order."""
    texts = {
        "index": "Home\n====\n.. toctree::\n\n   keeping\n   other\n",
        "keeping": ".. index:: ! retention\n\nKeeping\n=======\nFor how many days.\n",
        "other": "Tenants\n=======\nEach has a retention of its own.\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.rst").write_text(text)
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-C", str(tmp_path), str(tmp_path / "html")], check=True)
    assert check.search(tmp_path / "html", ["retention", "TENANTS", "many days", "nothing"]) == {
        "retention": ["keeping", "other"],
        "TENANTS": ["other", "index"],
        "many days": ["keeping"],
        "nothing": [],
    }


def test_a_page_that_is_not_first_is_told() -> None:
    found = {query: [page, "other"] for query, page in check.FIRST.items()}
    assert list(check.misplaced(found)) == []
    found |= {"retention": ["sizing", "production"], "tls": []}
    assert list(check.misplaced(found)) == [
        "a search for retention finds sizing, production first, and not production",
        "a search for tls finds nothing first, and not production",
    ]


def test_each_role_has_a_page_with_an_example_in_a_group() -> None:
    groups = (SITE / "index.md").read_text()
    roles = {path.parent.name for path in ROOT.glob("roles/*/README.md")} - set(pages.INTERNAL_ROLES)
    assert set(re.findall(r"^roles/(\w+)$", groups, re.MULTILINE)) == roles
    for role in roles:
        text = (ROOT / "roles" / role / "README.md").read_text()
        assert "```yaml" in text and f"tracelab.k8s_tracing.{role}" in text


def test_the_first_page_opens_as_the_readme_with_links_into_the_site() -> None:
    text = pages.opening()
    assert "ansible-playbook tracelab.k8s_tracing.site" in text and "\n## " not in text
    assert "](quick-start.md)" in text and "](images/architecture.svg)" in text and pages.REPOSITORY not in text
    assert "](images/report.png)" in text and "<picture" not in text and pages.RAW not in text
    assert pages.index().index("ansible-playbook") < pages.index().index("toctree")


@pytest.mark.parametrize("role", ["alloy", "grafana", "k6_trace_generator", "prometheus", "tempo", "tempo_vulture"])
def test_each_option_is_in_one_group_of_the_page_of_its_role(role: str) -> None:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    shown = pages.options(role)
    told = re.findall(rf"^\| {{ansopt}}`tracelab\.k8s_tracing\.{role}#role:main:(\w+)` \| \S", shown, re.MULTILINE)
    assert sorted(told) == sorted(specs["argument_specs"]["main"]["options"])
    assert len(re.findall(r"^## Options: [a-z]", shown, re.MULTILINE)) >= 5


def test_markup_of_options_is_code_on_a_page() -> None:
    about = {"description": ["Asks as O(x.y.z#role:main:tempo_mode=distributed), or V(1:2), by C(a://b).", "More."]}
    row = pages.row("tempo", "tempo_mode", about)
    assert "| Asks as `tempo_mode=distributed`, or `1:2`, by `a://b`. |  |" in row


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
        ("docs/canary.md", f"{pages.RAW}docs/images/canary.png", "images/canary.png"),
        ("docs/runbooks/README.md", f"{pages.RAW}docs/images/canary.png", "../images/canary.png"),
    ],
)
def test_where_a_link_leads_on_the_site(monkeypatch: pytest.MonkeyPatch, page: str, link: str, leads: str) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_arguments, **_options: f"[a]({link}#b)")
    assert pages.outward(ROOT / page) == f"[a]({leads}#b)"


def test_code_has_a_button_to_copy_it() -> None:
    assert '"sphinx_copybutton"' in (SITE / "conf.py").read_text()


@needs_node
@pytest.mark.skipif(not (BUILT / "searchindex.js").exists(), reason="the site is not built: make docs")
def test_the_built_site() -> None:
    assert check.problems(BUILT) == []
