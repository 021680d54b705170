"""Copies the guides to where Sphinx reads them, with the roles' READMEs, CONTRIBUTING.md and the changelog beside them.

On the repository's pages a link such as ../examples/app/site.yml leads to the file. The site has no such page: there it
leads to the repository.
"""

from __future__ import annotations

import os
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
INTERNAL_ROLES = ("common", "helm_release")
# Words that people search for, which the page's own title does not begin with. Sphinx's search puts such a page first.
KEYWORDS = {
    "air-gap": ["air gap", "air-gapped", "offline", "mirror"],
    "ci-gate": ["CI", "pipeline gate", "JUnit"],
    "clusters": ["kind", "minikube", "Docker Desktop", "k3s", "k3d", "EKS", "GKE", "AKS", "OpenShift"],
    "execution-environment": ["ansible-navigator", "AWX"],
    "from-helm": ["migrate"],
    "gitops": ["GitOps", "Argo CD", "Flux", "Kustomize", "manifests"],
    "minimal-role": ["RBAC", "permissions"],
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
    "settings": ["upgrade", "rollback"],
    "sizing": ["memory", "CPU"],
    "trace-contracts": ["contract", "semantic conventions", "traceparent"],
    "tutorial": ["slow", "service graph", "TraceQL"],
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
            more = f"\nAll options: {{doc}}`/reference/{role}_role`\n"
            (target / "roles" / f"{role}.md").write_text(outward(path) + more, encoding="utf-8")
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


def keywords(page: str) -> str:
    """The page's entries in the index, which are searched too."""
    words = KEYWORDS.get(page, [])
    return "".join(f"```{{index}} ! {word}\n```\n" for word in words) + ("\n" if words else "")


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

    def lead(found: re.Match[str]) -> str:
        goal = (page.parent / found.group(1)).resolve()
        there = place(goal)
        return os.path.relpath(there, Path(here).parent) if there else REPOSITORY + goal.relative_to(ROOT).as_posix()

    return LINK.sub(lead, page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
