"""The digests of the images that the roles pin, as their registries have them now: `make image-digests`.

One table for each role, roles/ROLE/vars/main/digests.yml, with a row for each image that it may install by default.
What is no longer pinned leaves the table, and nothing is written unless every image has been found.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from release.pins import ROOT, pins_of

HEAD = """\
---
# Of the images that this role pins, as their registries had them. Written by `make image-digests`, not by hand.
"""


def ask(images: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The digest of each, by its reference; empty where the registry tells none."""
    _AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.skopeo import Skopeo
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done

    def run(command: Sequence[str], given: str, environment: Mapping[str, str]) -> Done:
        done = subprocess.run(
            command, input=given.encode(), env={**os.environ, **environment}, capture_output=True, timeout=120
        )
        if done.returncode:
            print(done.stderr.decode("utf-8", "replace").strip(), file=sys.stderr)
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    skopeo = Skopeo(run, "", "", True)
    return {reference(image): skopeo.digest(f"docker://{reference(image)}") for image in images}


def reference(image: Mapping[str, str]) -> str:
    return f"{image['registry']}/{image['repository']}:{image['tag']}"


def tables(images: Sequence[Mapping[str, str]], found: Mapping[str, str]) -> dict[str, str]:
    """The text of each role's table."""
    rows: dict[str, dict[str, str]] = {}
    for image in images:
        rows.setdefault(image["role"], {})[f"{image['repository']}:{image['tag']}"] = found[reference(image)]
    return {role: HEAD + _table(f"_{role}_digests", table) for role, table in rows.items()}


def _table(name: str, rows: Mapping[str, str]) -> str:
    return f"{name}:\n" + "".join(f"  {image}: {digest}\n" for image, digest in sorted(rows.items()))


def main(roles: Path = ROOT / "roles") -> None:
    images: list[dict[str, Any]] = pins_of(roles, ROOT / ".collections")["images"]
    found = ask(images)
    missing = [name for name, digest in found.items() if not digest]
    if missing:
        sys.exit(
            f"No digest of {', '.join(missing)}: nothing is written. Where registries can be reached, run it again."
        )
    for role, text in tables(images, found).items():
        (roles / role / "vars" / "main" / "digests.yml").write_text(text, encoding="utf-8")
        print(f"roles/{role}/vars/main/digests.yml")


if __name__ == "__main__":
    main()
