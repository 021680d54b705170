"""Checks the built site: no link leads nowhere, and a search for a word of the field finds its page first.

The search is the site's own: search.js asks its code and its index, in Node.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/tracelab/k8s_tracing/blob/main/"
# What people search for, and the page that has to come first.
FIRST = {
    "retention": "production",
    "air gap": "air-gap",
    "offline": "air-gap",
    "tls": "production",
    "multi tenant": "production",
    "volume full": "runbooks/TracingVolumeFilling",
    "alert": "runbooks/README",
    "awx": "execution-environment",
    "eks": "clusters",
    "gke": "clusters",
    "aks": "clusters",
    "ingress": "production",
    "install": "quick-start",
    "k3s": "clusters",
    "kind": "clusters",
    "minikube": "clusters",
    "openshift": "platforms",
    "autopilot": "platforms",
    "rbac": "minimal-role",
    "gitops": "gitops",
    "service graph": "tutorial",
    "sizing": "sizing",
    "slow": "tutorial",
    "traceql": "tutorial",
    "troubleshooting": "troubleshooting",
    "tutorial": "tutorial",
    "upgrade": "upgrade",
}


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


def search(site: Path, queries: Iterable[str]) -> dict[str, list[str]]:
    """What each query finds: names of pages, the best first."""
    command = ["node", str(Path(__file__).with_name("search.js")), str(site), *queries]
    found: dict[str, list[str]] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return found


def misplaced(found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for query, page in FIRST.items():
        if found[query][:1] != [page]:
            yield f"a search for {query} finds {', '.join(found[query][:3]) or 'nothing'} first, and not {page}"


def problems(site: Path) -> list[str]:
    if not shutil.which("node"):
        print("SKIPPED: searches of the built site, since Node is not on the PATH", file=sys.stderr)
        return list(dead_links(site))
    return [*dead_links(site), *misplaced(search(site, FIRST))]


def main(site: Path) -> int:
    found = problems(site)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
