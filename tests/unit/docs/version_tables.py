"""The tables of docs/versions.md, as roles, test bed and release/tested.yml have them: `make versions` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pinned import ROOT, parts, pins, tried
from sizing_tables import table

PAGE = ROOT / "docs" / "versions.md"
NONE = "\N{EN DASH}"


def installed_table() -> str:
    rows = [
        [
            part.name,
            ", ".join(f"`{name}` {version}" for name, version in part.charts) or "in the role",
            f"`{part.image}:{part.tag}`",
            ", ".join(pins.load().pin(name).version for name in part.programs) or NONE,
        ]
        for part in parts()
    ]
    return table(["part", "chart", "image", "in the test bed"], rows)


def controller_table() -> str:
    rows = [
        [one["core"], one["kubernetes_core"], f"`ansible=={one['package']}`", ", ".join(one["python"])]
        for one in tried()["ansible"]
    ]
    return table(["ansible-core", "kubernetes.core", "package with both", "Python"], rows)


def cluster_table() -> str:
    core = {one["package"]: one for one in tried()["ansible"]}
    rows = [
        [one["kubernetes"].removeprefix("v"), one["helm"].removeprefix("v"), core[one["ansible"]]["kubernetes_core"]]
        for one in tried()["cluster"]
    ]
    own = pins.load()
    core_of_make = tried()["ansible"][0]["kubernetes_core"]
    rows.append([f"{own.kubernetes.removeprefix('v')}, built from source", own.pin("helm").version, core_of_make])
    return table(["Kubernetes", "Helm", "kubernetes.core"], rows)


TABLES = {"installed": installed_table, "controller": controller_table, "cluster": cluster_table}


def with_tables(text: str) -> str:
    for name, make in TABLES.items():
        frame = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(frame[0])
        text = f"{before}{frame[0]}\n{make()}\n{frame[1]}{rest.partition(frame[1])[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
