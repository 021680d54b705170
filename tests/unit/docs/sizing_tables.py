"""The tables of docs/sizing.md, as the filter and its figures give them.

Run as a program, it writes them into the page: after a figure has changed, or was measured.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "sizing.md"
RATES = (100, 1_000, 5_000, 20_000, 33_333, 33_334, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000)
NONE = "\N{EN DASH}"


FORMULAS = Path(__file__).with_name("sizing_formulas.yml")


def sizes_table() -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.plan import plan

    heads = ["spans/s", "MB/s", "mode", "pods", "CPU", "memory", "Tempo's volume", "object store", "PUT", "GET"]
    rows = [size_row(plan({"spans_per_second": rate})) for rate in RATES]
    return table([*heads, "Kafka partitions", "Kafka disk"], rows)


def size_row(size: dict[str, Any]) -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.sheet import amount

    ingest, total, store, kafka = size["ingest"], size["total"], size["object_store"], size["kafka"]
    return [
        f"{ingest['spans_per_second']:,.0f}".replace(",", " "),
        f"{ingest['megabytes_per_second']:.4g}",
        size["mode"],
        str(total["pods"]),
        f"{total['cpu']:.4g}",
        f"{amount(total['memory_bytes'])}B",
        f"{amount(size['volume']['bytes'])}B" if size["volume"] else NONE,
        f"{amount(store['bytes'])}B" if store else NONE,
        amount(store["put_requests_per_month"]) if store else NONE,
        amount(store["get_requests_per_month"]) if store else NONE,
        str(kafka["partitions"]) if kafka else NONE,
        f"{amount(kafka['disk_bytes'])}B" if kafka else NONE,
    ]


def formulas_table() -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.figures import FIGURES, figure

    values = {name: figure(name) for name in FIGURES}
    formulas = yaml.safe_load(FORMULAS.read_text(encoding="utf-8"))
    return table(["what", "how"], [[what, how.format_map(values)] for what, how in formulas.items()])


def figures_table() -> str:
    """Names without underscores: they are none of the roles' variables."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.figures import FIGURES, known

    rows = []
    for name in FIGURES:
        one = known(name)
        source = re.sub(r"https://\S+?(?=[;,]?(?: |$))", lambda found: f"[page]({found[0]})", one.source)
        rows.append([name.replace("_", " "), f"{one.value:.10g} {one.unit}".strip(), one.kind, source])
    return table(["figure", "value", "how it is known", "where from"], rows)


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


TABLES = {"sizes": sizes_table, "formulas": formulas_table, "figures": figures_table}


def shown(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"docs/sizing.md has no {name}"
    return found[1].strip("\n") + "\n"


def write() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        frame = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(frame[0])
        text = f"{before}{frame[0]}\n{make()}\n{frame[1]}{rest.partition(frame[1])[2]}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    import conftest  # noqa: F401 - makes the checkout importable

    write()
