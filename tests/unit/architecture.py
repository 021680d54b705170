# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages of plugins/module_utils and which of them imports which. `make architecture` prints it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

UTILS = Path(__file__).resolve().parents[2] / "plugins" / "module_utils"
PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins.module_utils."
# A package imports packages of lower levels only. The files beside the packages are the lowest level.
ROOT = "(root)"
LEVELS = {
    ROOT: 0,
    "_generator": 1,
    "_stack": 1,
    "_transport": 2,
    "_sizing": 2,
    "_validation": 2,
    "_k8s": 3,
    "_tempo": 3,
    "_helm": 4,
    "_otlp": 4,
    "_pipeline": 4,
    "_grafana": 4,
    "_report": 4,
    "_preflight": 5,
    "_bundle": 5,
    "_probe": 5,
    "_check": 5,
    "_contract": 5,
    "_roles": 5,
    "_upgrade": 5,
    "_release": 6,
}
MOST_ARROWS = 60


def files() -> Iterator[tuple[str, Path]]:
    """Each file with its package."""
    for file in sorted(UTILS.rglob("*.py")):
        relative = file.relative_to(UTILS)
        yield (relative.parts[0] if len(relative.parts) > 1 else ROOT), file


def imports(file: Path) -> Iterator[str]:
    """The packages of module_utils that a file imports from, its own one aside."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            package = (node.module or "").removeprefix(PREFIX).partition(".")[0]
            yield package if (UTILS / package).is_dir() else ROOT


def arrows() -> dict[tuple[str, str], list[str]]:
    """Who imports whom, with the files that do so."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for package, file in files():
        for target in sorted(set(imports(file)) - {package}):
            found[package, target].append(str(file.relative_to(UTILS)))
    return dict(found)


def main() -> None:
    found = arrows()
    sizes: dict[str, list[int]] = defaultdict(list)
    for package, file in files():
        sizes[package].append(len(file.read_text(encoding="utf-8").splitlines()))
    for package, level in sorted(LEVELS.items(), key=lambda item: (item[1], item[0])):
        targets = sorted((target for source, target in found if source == package), key=lambda name: LEVELS[name])
        size = f"{len(sizes[package]):>3} files {sum(sizes[package]):>5} lines"
        print(f"{level}  {package:<12} {size} -> {', '.join(targets)}")
    between = [pair for pair in found if ROOT not in pair]
    print(f"{len(between)} arrows between packages, {len(found)} with those to {ROOT}")


if __name__ == "__main__":
    main()
