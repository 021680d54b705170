"""The pages that people read, taken apart: fences with their marks, links, headings.

Every fence is marked by a comment on the line before it, which says how it is known to be right:

    <!-- check: playbook -->       plays; the syntax is checked
    <!-- check: tasks -->          tasks of a play; the same
    <!-- check: variables -->      variables; each is an option, and its value fits the option's type
    <!-- check: kubernetes -->     objects of Kubernetes
    <!-- check: yaml -->           other YAML; it is read
    <!-- check: commands -->       commands that are run, or whose target exists: make, ansible-doc
    <!-- check: file PATH -->      a part of that file, word by word
    <!-- check: query LANGUAGE --> PromQL or TraceQL; tests/integration/test_tutorial.py asks it
    <!-- run by: PATH -->          commands that this test or scenario runs
    <!-- needs: WHAT -->           what can't be tried with a checkout alone; its playbooks exist all the same
    <!-- output -->                what a program prints, or a picture
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FENCE = re.compile(r"^( *)(`{3,})([\w{}-]*)[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- (check|run by|needs|output)(?:: (.+?))? -->\s*\Z")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# How a page that users get names a file that they don't get.
REPOSITORY = "https://github.com/tracelab/k8s_tracing/blob/main/"
PICTURES = "https://raw.githubusercontent.com/tracelab/k8s_tracing/main/docs/images/"
GENERATED = {"CHANGELOG.md"}


@dataclass(frozen=True)
class Fence:
    page: Path
    line: int
    language: str
    text: str
    mark: str
    what: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """The pages at the top, the guides, and those beside roles and examples."""
    found = [page for page in ROOT.glob("*.md") if page.name not in GENERATED]
    found += [page for part in ("docs", "examples", "roles") for page in (ROOT / part).rglob("*.md")]
    return sorted(path for path in found if "docsite" not in path.parts)


def fences() -> list[Fence]:
    return [fence for page in pages() for fence in fences_of(page)]


def fences_of(page: Path) -> list[Fence]:
    text = page.read_text(encoding="utf-8")
    found = []
    for one in FENCE.finditer(text):
        mark = MARK.search(text[: one.start()])
        indent = len(one.group(1))
        body = "".join(line[indent:] if line.strip() else line for line in one.group(4).splitlines(keepends=True))
        kind, what = (mark.group(1), mark.group(2) or "") if mark else ("", "")
        found.append(Fence(page, text.count("\n", 0, one.start()) + 1, one.group(3), body, kind, what))
    return found


def prose(page: Path) -> str:
    """The page without its fences and comments."""
    return re.sub(r"<!--.*?-->", "", FENCE.sub("", page.read_text(encoding="utf-8")), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The names of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
