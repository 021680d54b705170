"""Copies the guides to where Sphinx reads them, with the roles' READMEs, CONTRIBUTING.md and the changelog beside them.

On the repository's pages a link such as ../examples/app/site.yml leads to the file. The site has no such page: there it
leads to the repository.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REPOSITORY = "https://github.com/tracelab/k8s_tracing/blob/main/"
# Users don't get the pictures, so pages name them by their address. The site has them.
RAW = "https://raw.githubusercontent.com/tracelab/k8s_tracing/main/"
# Pages of Ansible's documentation that the reference names, by their labels.
ANSIBLE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
# One that is there in dark too, which the site is not.
PICTURE = re.compile(r'<picture>.*?<img alt="([^"]*)" src="([^"]*)">\s*</picture>', re.DOTALL)
LINK = re.compile(r"(?<=\]\()([^)#:\s]+)")
# Markup of Ansible's documentation, such as V(true) and O(tempo_mode=distributed).
MARKUP = re.compile(r"\b([A-Z]+)\(([^()]*)\)")
# A default that is longer is on the page of all options.
LONGEST = 40
INTERNAL_ROLES = ("common", "helm_release")
# Words that people search for, where the title is another one, or longer. Sphinx's search puts such a page first.
KEYWORDS = {
    "air-gap": ["air gap", "air-gapped", "offline", "mirror"],
    "ci-gate": ["CI", "pipeline gate", "JUnit"],
    "clusters": ["kind", "minikube", "Docker Desktop", "k3s", "k3d", "EKS", "GKE", "AKS"],
    "execution-environment": ["ansible-navigator", "AWX"],
    "from-helm": ["migrate"],
    "gitops": ["GitOps", "Argo CD", "Flux", "Kustomize", "manifests"],
    "minimal-role": ["RBAC", "permissions"],
    "platforms": ["OpenShift", "Autopilot", "IRSA", "workload identity"],
    "production": [
        "retention",
        "TLS",
        "multi tenant",
        "multi-tenancy",
        "object storage",
        "S3",
        "ingress",
        "autoscaling",
    ],
    "quick-start": ["install"],
    "runbooks/README": ["alert"],
    "runbooks/TracingVolumeFilling": ["volume full", "disk full"],
    "security": ["network policy", "secrets"],
    "settings": ["rollback"],
    "sizing": ["sizing", "memory", "CPU"],
    "trace-contracts": ["contract", "semantic conventions", "traceparent"],
    "tutorial": ["slow", "service graph", "TraceQL"],
    "upgrade": ["downgrade", "Tempo 3"],
}


def main(target: Path) -> None:
    for path in sorted(DOCS.rglob("*")):
        relative = path.relative_to(DOCS)
        if path.is_dir() or relative.parts[0] == "docsite":
            continue
        goal = target / relative
        goal.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            goal.write_text(keywords(relative.with_suffix("").as_posix()) + outward(path), encoding="utf-8")
        else:
            shutil.copyfile(path, goal)
    (target / "roles").mkdir(exist_ok=True)
    for path in sorted(ROOT.glob("roles/*/README.md")):
        role = path.parent.name
        if role not in INTERNAL_ROLES:
            more = f"\nAll options in full: {{doc}}`/reference/{role}_role`\n"
            (target / "roles" / f"{role}.md").write_text(outward(path) + more + options(role), encoding="utf-8")
    (target / "index.md").write_text(index(), encoding="utf-8")
    (target / "contributing.md").write_text(outward(ROOT / "CONTRIBUTING.md"), encoding="utf-8")
    shutil.copyfile(ROOT / "CHANGELOG.md", target / "changelog.md")
    (target.parent / "ansible.inv").write_bytes(inventory())


def index() -> str:
    """The first page: how README opens, guides in the site's own order, and behind them those of folders."""
    pages = [path.relative_to(DOCS).with_suffix("").as_posix() for path in sorted(DOCS.glob("*/*.md"))]
    further = [page for page in pages if not page.startswith("docsite/")]
    frame = (DOCS / "docsite" / "index.md").read_text(encoding="utf-8")
    return frame.replace("OPENING", opening()).replace("FURTHER\n", "".join(f"{page}\n" for page in further))


def opening() -> str:
    """README up to its first section. Galaxy shows it alone, so its links are addresses; here they lead to the site."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n")[2].partition("\n## ")[0].strip()
    for address in (REPOSITORY, RAW):
        text = text.replace(address, "")
    return linked(PICTURE.sub(r"![\1](\2)", text), ROOT, "index.md")


def inventory() -> bytes:
    """Where these pages are, in the form that Sphinx reads."""
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version: latest\n"
    head += "# The remainder is compressed using zlib.\n"
    lines = [f"{label} std:label -1 {page} {label.replace('_', ' ')}\n" for label, page in sorted(ANSIBLE.items())]
    return head.encode() + zlib.compress("".join(lines).encode())


def keywords(page: str) -> str:
    """The page's entries in the index, which are searched too."""
    words = KEYWORDS.get(page, [])
    return "".join(f"```{{index}} ! {word}\n```\n" for word in words) + ("\n" if words else "")


def options(role: str) -> str:
    """The options of a role in the groups of its defaults, where the role's README does not name each of them."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    about = specs["argument_specs"]["main"]["options"]
    readme = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    if all(f"`{name}`" in readme for name in about):
        return ""
    return "".join(
        f"\n## Options: {title}\n\n| option | meaning | default |\n|---|---|---|\n"
        + "".join(row(role, name, about[name]) for name in names)
        for title, names in groups((ROOT / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    )


def groups(defaults: str) -> Iterator[tuple[str, list[str]]]:
    """A comment behind an empty line begins a group; the first one is for the release."""
    for place, part in enumerate(re.split(r"\n\n(?=# )", defaults)):
        title = re.sub(r"[.:].*", "", part.partition("\n")[0].removeprefix("# ")) if place else "state of the release"
        yield title[0].lower() + title[1:], re.findall(r"^([a-z]\w+):", part, re.MULTILINE)


def code(markup: re.Match[str]) -> str:
    """Without what says whose an option is, or of what kind a plugin."""
    kind, text = markup.groups()
    return f"`{text.rpartition(':')[2] if kind == 'O' else text.partition('#')[0]}`"


def row(role: str, name: str, about: Mapping[str, Any]) -> str:
    texts = about["description"]
    said = texts if isinstance(texts, str) else " ".join(texts)
    first = re.split(r"(?<=\.)\s", MARKUP.sub(code, said))[0]
    value = json.dumps(about["default"]) if "default" in about else ""
    shown = f"`{value}`" if 0 < len(value) <= LONGEST else ""
    return f"| {{ansopt}}`tracelab.k8s_tracing.{role}#role:main:{name}` | {first} | {shown} |\n"


def place(path: Path) -> str | None:
    """Where the site has this file of the repository."""
    relative = path.relative_to(ROOT)
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    if relative.match("roles/*/README.md") and relative.parts[1] not in INTERNAL_ROLES:
        return f"roles/{relative.parts[1]}.md"
    return {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}.get(relative.as_posix())


def outward(page: Path) -> str:
    """The page, with links to what the site does not have leading to the repository."""
    here = place(page)
    assert here, page
    text = page.read_text(encoding="utf-8").replace(f"]({RAW}", f"]({os.path.relpath(ROOT, page.parent)}/")
    return linked(text, page.parent, here)


def linked(text: str, folder: Path, here: str) -> str:
    """A text whose links start at a folder of the repository, for a page of the site."""

    def lead(found: re.Match[str]) -> str:
        goal = (folder / found.group(1)).resolve()
        there = place(goal)
        return os.path.relpath(there, Path(here).parent) if there else REPOSITORY + goal.relative_to(ROOT).as_posix()

    return LINK.sub(lead, text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
