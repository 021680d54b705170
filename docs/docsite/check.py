"""Checks the built site: no link leads nowhere, and a search for a word of the field finds its page first.

The search is Sphinx's own, of searchtools.js, done again in Python: titles, index entries, and words of the text.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from snowballstemmer import stemmer

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/tracelab/k8s_tracing/blob/main/"
FIRST = {
    "retention": "production",
    "air gap": "air-gap",
    "offline": "air-gap",
    "tls": "production",
    "multi tenant": "production",
    "volume full": "runbooks/TracingVolumeFilling",
    "rbac": "minimal-role",
    "upgrade": "settings",
    "sizing": "sizing",
    "troubleshooting": "troubleshooting",
}
# As searchtools.js scores what it finds.
TITLE, PARTIAL_TITLE, TERM, PARTIAL_TERM, INDEX = 15, 7, 5, 2, 100


class Page(HTMLParser):
    """Links of a page, and what a link can lead to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {value for name in ("id", "name") if (value := given.get(name))}
        self.links += [value for name in ("href", "src") if (value := given.get(name))]


def dead_links(site: Path, repository: Path = ROOT) -> Iterator[str]:
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            if not leads_somewhere(path, link, pages, repository):
                yield f"{path.relative_to(site.resolve())}: {link} leads nowhere"


def leads_somewhere(path: Path, link: str, pages: Mapping[Path, Page], repository: Path) -> bool:
    if link.startswith(REPOSITORY):
        return (repository / unquote(urlsplit(link).path.split("/blob/main/", 1)[1])).exists()
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not parts.fragment or goal not in pages:
        return goal.is_file()
    return unquote(parts.fragment) in pages[goal].ids


def read_index(site: Path) -> dict[str, Any]:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    return found


def search(index: Mapping[str, Any], query: str) -> list[str]:
    """Names of pages, the best first."""
    found = [*by_title(index, query), *by_entry(index, query), *by_words(index, query)]
    ordered = sorted(found, key=lambda one: (-one[0], one[1].lower()))
    return list(dict.fromkeys(index["docnames"][number] for _score, _title, number in ordered))


Found = Iterator[tuple[int, str, int]]


def by_title(index: Mapping[str, Any], query: str) -> Found:
    for title, places in index["alltitles"].items():
        if query in title.lower() and len(query) >= len(title) / 2:
            for number, _anchor in places:
                own = index["titles"][number] == title
                score = round(TITLE * len(query) / len(title)) + own
                yield score, title if own else f"{index['titles'][number]} > {title}", number


def by_entry(index: Mapping[str, Any], query: str) -> Found:
    for entry, places in index["indexentries"].items():
        if query in entry and len(query) >= len(entry) / 2:
            for number, _anchor, is_main in places:
                if is_main:
                    yield round(INDEX * len(query) / len(entry)), index["titles"][number], number


def by_words(index: Mapping[str, Any], query: str) -> Found:
    words = {stemmer("porter").stemWord(word) for word in re.findall(r"\w+", query)}
    scores: dict[int, dict[str, int]] = {}
    for word in words:
        for number, score in word_scores(index, word):
            scores.setdefault(number, {})[word] = score
    for number, by_word in scores.items():
        if len(by_word) in (len(words), sum(len(word) > 2 for word in words)):
            yield max(by_word.values()), index["titles"][number], number


def word_scores(index: Mapping[str, Any], word: str) -> Iterator[tuple[int, int]]:
    """A later one counts, as there: whole words of the text, of titles, then parts of them."""
    kinds = (("terms", TERM, PARTIAL_TERM), ("titleterms", TITLE, PARTIAL_TITLE))
    for kind, whole, _partial in kinds:
        yield from ((number, whole) for number in numbers(index[kind].get(word, [])))
    for kind, _whole, partial in kinds:
        if len(word) > 2 and word not in index[kind]:
            parts = [places for term, places in index[kind].items() if word in term]
            yield from ((number, partial) for places in parts for number in numbers(places))


def numbers(places: int | Sequence[int]) -> Sequence[int]:
    return [places] if isinstance(places, int) else places


def misplaced(index: Mapping[str, Any]) -> Iterator[str]:
    for query, page in FIRST.items():
        found = search(index, query)
        if found[:1] != [page]:
            yield f"a search for {query} finds {', '.join(found[:3]) or 'nothing'} first, and not {page}"


def main(site: Path) -> int:
    problems = [*dead_links(site), *misplaced(read_index(site))]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
