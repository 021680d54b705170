"""The keys that a chart's values.yaml knows, with their types: facts, a list a version of a chart in keys/.

`make chart-keys CHART=/folder/of/the/chart` writes the list of a version, after a pin was changed.

A line is ``path<TAB>type``; a third column marks a map that may hold anything, ``(open map)``, or a ``(list)``.
Paths are joined by dots and nothing is quoted, so a key that has dots itself (``grafana.ini``) looks like several:
paths are compared as whole strings, never part by part.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

LISTS = Path(__file__).parent / "keys"
OPEN_MAP = "(open map)"
# The types of a list, and what they are once YAML is read. A null default says nothing about the type.
PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "list": (list,),
    "dict": (dict,),
}


@dataclass(frozen=True)
class Contract:
    """What one version of a chart accepts."""

    types: Mapping[str, str]
    open_paths: frozenset[str]

    def also_open(self, paths: Iterable[str]) -> Contract:
        return Contract(self.types, self.open_paths | frozenset(paths))

    def accepts(self, path: str, value: object) -> bool:
        if path in self.types or path in self.open_paths or any(parent in self.open_paths for parent in parents(path)):
            return True
        # An empty map sets nothing, so it may stand wherever keys follow.
        return value == {} and any(known.startswith(f"{path}.") for known in self.types)

    def fits(self, path: str, value: object) -> bool:
        """Whether a listed key has its own type: to Helm's templates the text "False" is true."""
        expected = PYTHON_TYPES.get(self.types.get(path, ""))
        if expected is None or value is None:
            return True
        if isinstance(value, bool):
            return bool in expected
        return isinstance(value, expected)


def parents(path: str) -> Iterator[str]:
    for index, character in enumerate(path):
        if character == ".":
            yield path[:index]


def parse(text: str) -> Contract:
    rows = [line.split("\t") for line in text.splitlines() if line]
    malformed = [row for row in rows if len(row) not in (2, 3)]
    if malformed:
        raise ValueError(f"not a line of a list of keys: {malformed[0]}")
    return Contract(
        types={row[0]: row[1] for row in rows},
        open_paths=frozenset(row[0] for row in rows if row[-1] == OPEN_MAP),
    )


def contract_of_chart(values: Mapping[str, object]) -> Contract:
    """The same from a chart's values.yaml, for a chart that has no list."""
    names = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}
    found = dict(leaves(values))
    return Contract(
        types={path: names[type(value)] for path, value in found.items()},
        open_paths=frozenset(path for path, value in found.items() if value == {}),
    )


def leaves(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every path that is set, with its value. A list is one value, as it is to Helm."""
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def unknown_keys(values: Mapping[str, object], contract: Contract) -> list[str]:
    return [path for path, value in leaves(values) if not contract.accepts(path, value)]


def wrong_types(values: Mapping[str, object], contract: Contract) -> list[str]:
    return [
        f"{path}: {value!r} is no {contract.types[path]}"
        for path, value in leaves(values)
        if not contract.fits(path, value)
    ]


def list_of(chart: str, version: str, folder: Path = LISTS) -> Path:
    return folder / f"{chart}-{version}.keys.tsv"


def read_contract(folder: Path, chart: str, version: str) -> Contract:
    file = list_of(chart, version, folder)
    if not file.is_file():
        raise FileNotFoundError(f"chart {chart} {version} has no list of keys: make chart-keys CHART=/folder/of/it")
    return parse(file.read_text(encoding="utf-8"))


def lines_of_chart(values: Mapping[str, object]) -> list[str]:
    """The list of a values.yaml, in the order of its paths."""
    contract = contract_of_chart(values)
    marks = {"list": "\t(list)"}
    return [
        f"{path}\t{kind}{chr(9) + OPEN_MAP if path in contract.open_paths else marks.get(kind, '')}"
        for path, kind in sorted(contract.types.items())
    ]


def write_list(chart: Path, folder: Path = LISTS) -> Path:
    about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    values = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    # One list for each major: two majors of Tempo's charts are in use.
    major = str(about["version"]).partition(".")[0]
    for older in folder.glob(f"{about['name']}-{major}.*.keys.tsv"):
        older.unlink()
    file = list_of(about["name"], about["version"], folder)
    file.write_text("\n".join(lines_of_chart(values)) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "Chart.yaml").is_file():
        sys.exit("Give the folder of a chart: make chart-keys CHART=/folder/with/Chart.yaml")
    print(write_list(Path(sys.argv[1])))
