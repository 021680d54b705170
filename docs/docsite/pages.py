"""Copies the guides to where Sphinx reads them, with CONTRIBUTING.md and the changelog beside them.

On the repository's pages a link such as ../examples/app/site.yml leads to the file. The site has no such page: there it
leads to the repository.
"""

from __future__ import annotations

import re
import shutil
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REPOSITORY = "https://github.com/tracelab/k8s_tracing/blob/main/"
# Pages of Ansible's documentation that the reference names, by their labels.
ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
LINK = re.compile(r"(?<=\]\()([^)#:\s]+)")


def main(target: Path) -> None:
    for path in sorted(DOCS.rglob("*")):
        relative = path.relative_to(DOCS)
        if path.is_dir() or relative.parts[0] == "docsite":
            continue
        goal = target / relative
        goal.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            goal.write_text(outward(path), encoding="utf-8")
        else:
            shutil.copyfile(path, goal)
    (target / "index.md").write_text(index(), encoding="utf-8")
    (target / "contributing.md").write_text(outward(ROOT / "CONTRIBUTING.md"), encoding="utf-8")
    shutil.copyfile(ROOT / "CHANGELOG.md", target / "changelog.md")
    (target.parent / "ansible.inv").write_bytes(inventory())


def index() -> str:
    """The first page: guides in its own order, and behind them those of folders, such as runbooks."""
    pages = [path.relative_to(DOCS).with_suffix("").as_posix() for path in sorted(DOCS.glob("*/*.md"))]
    further = [page for page in pages if not page.startswith("docsite/")]
    frame = (DOCS / "docsite" / "index.md").read_text(encoding="utf-8")
    return frame.replace("FURTHER\n", "".join(f"{page}\n" for page in further))


def inventory() -> bytes:
    """Where these pages are, in the form that Sphinx reads."""
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version: latest\n"
    head += "# The remainder is compressed using zlib.\n"
    lines = [f"{label} std:label -1 {page} {label.replace('_', ' ')}\n" for label, page in sorted(ANSIBLE.items())]
    return head.encode() + zlib.compress("".join(lines).encode())


def outward(page: Path) -> str:
    """The page, with links to what the site does not have leading to the repository."""

    def lead(found: re.Match[str]) -> str:
        goal = (page.parent / found.group(1)).resolve()
        inside = page.is_relative_to(DOCS) and goal.is_relative_to(DOCS)
        return found.group(1) if inside else REPOSITORY + goal.relative_to(ROOT).as_posix()

    return LINK.sub(lead, page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
