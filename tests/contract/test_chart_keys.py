"""Lists of the charts' keys: read, and written from a chart."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from chart_keys import (
    Contract,
    contract_of_chart,
    leaves,
    list_of,
    parents,
    parse,
    read_contract,
    unknown_keys,
    write_list,
    wrong_types,
)

ROOT = Path(__file__).resolve().parents[2]
TEXT = (
    "replicas\tint\n"
    "labels\tdict\t(open map)\n"
    "env\tlist\t(list)\n"
    "image.tag\tnull\n"
    "image.name\tstr\n"
    "persistence.enabled\tbool\n"
    "grafana.ini.paths.data\tstr\n"
    "files.prometheus.yml.rule_files\tlist\t(list)\n"
)


@pytest.fixture
def contract() -> Contract:
    return parse(TEXT)


def test_types_and_open_paths(contract: Contract) -> None:
    assert contract.types["replicas"] == "int"
    assert contract.open_paths == {"labels"}


@pytest.mark.parametrize("text", ["replicas", "a\tb\tc\td"])
def test_a_malformed_line_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="not a line of a list of keys"):
        parse(text)


def test_blank_lines_are_no_keys() -> None:
    assert parse("\nreplicas\tint\n\n").types == {"replicas": "int"}


def test_parents_of_a_path() -> None:
    assert list(parents("a.b.c")) == ["a", "a.b"]


def test_a_list_is_one_leaf_and_an_empty_map_too() -> None:
    values = {"a": {"b": 1, "c": [{"d": 2}]}, "e": {}}
    assert list(leaves(values)) == [("a.b", 1), ("a.c", [{"d": 2}]), ("e", {})]


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": 2},
        {"labels": {"any.thing/at-all": {"deep": "x"}}},
        {"labels": {}},
        {"env": [{"name": "A"}]},
        {"image": {"tag": "1"}},
        {"image": {}},
        {"grafana.ini": {"paths": {"data": "/x"}}},
        {"files": {"prometheus.yml": {"rule_files": []}}},
    ],
)
def test_known_keys_pass(contract: Contract, values: dict[str, object]) -> None:
    assert unknown_keys(values, contract) == []


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"replica": 2}, "replica"),
        ({"image": {"tagg": "1"}}, "image.tagg"),
        ({"image": "x"}, "image"),
        ({"image": None}, "image"),
        ({"replicas": {"min": 1}}, "replicas.min"),
        ({"label": {}}, "label"),
        ({"env": {"A": "b"}}, "env.A"),
        ({"labelsX": {"a": 1}}, "labelsX.a"),
        ({"grafana.ini": {"log": {"mode": "x"}}}, "grafana.ini.log.mode"),
    ],
)
def test_unknown_keys_are_named(contract: Contract, values: dict[str, object], path: str) -> None:
    assert unknown_keys(values, contract) == [path]


def test_a_path_can_be_opened(contract: Contract) -> None:
    opened = contract.also_open(["grafana.ini", "persistence.storageClassName"])
    values = {"grafana.ini": {"log": {"mode": "x"}}, "persistence": {"storageClassName": "fast", "class": "y"}}
    assert unknown_keys(values, opened) == ["persistence.class"]


@pytest.mark.parametrize(
    "values",
    [
        {"persistence": {"enabled": "True"}},
        {"replicas": True},
        {"replicas": "1"},
        {"image": {"name": 1.5}},
        {"env": "A=b"},
        {"labels": "a=b"},
    ],
)
def test_wrong_types_are_named(contract: Contract, values: dict[str, object]) -> None:
    assert unknown_keys(values, contract) == []
    assert len(wrong_types(values, contract)) == 1


@pytest.mark.parametrize(
    "values", [{"persistence": {"enabled": False}}, {"replicas": 1}, {"image": {"tag": 3, "name": None}}, {"other": 1}]
)
def test_right_types_null_and_untyped_keys_pass(contract: Contract, values: dict[str, object]) -> None:
    assert wrong_types(values, contract) == []


def test_a_missing_contract_file_names_chart_and_version(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"chart tempo 9\.9\.9 has no list of keys"):
        read_contract(tmp_path, "tempo", "9.9.9")


def test_a_contract_file_is_found_by_chart_and_version(tmp_path: Path) -> None:
    (tmp_path / "tempo-2.2.4.keys.tsv").write_text("replicas\tint\n", encoding="utf-8")
    assert read_contract(tmp_path, "tempo", "2.2.4").types == {"replicas": "int"}


def test_a_contract_is_read_from_a_charts_own_values() -> None:
    made = contract_of_chart({"replicas": 2, "labels": {}, "env": [], "image": {"tag": None, "name": "a"}})
    assert made.types == {"replicas": "int", "labels": "dict", "env": "list", "image.tag": "null", "image.name": "str"}
    assert made.open_paths == {"labels"}


def test_a_list_is_written_from_a_chart(tmp_path: Path) -> None:
    chart, lists = tmp_path / "chart", tmp_path / "lists"
    chart.mkdir()
    lists.mkdir()
    (lists / "tempo-2.2.3.keys.tsv").write_text("gone\tint\n", encoding="utf-8")
    for other in ("tempo-distributed-2.2.3", "tempo-3.1.1"):
        (lists / f"{other}.keys.tsv").write_text("stays\tint\n", encoding="utf-8")
    (chart / "Chart.yaml").write_text("{name: tempo, version: 2.2.4}", encoding="utf-8")
    (chart / "values.yaml").write_text("{image: {tag: null, pull: [a]}, labels: {}, replicas: 1}", encoding="utf-8")
    assert write_list(chart, lists).name == "tempo-2.2.4.keys.tsv"
    there = {file.name.removesuffix(".keys.tsv") for file in lists.iterdir()}
    assert there == {"tempo-2.2.4", "tempo-3.1.1", "tempo-distributed-2.2.3"}
    assert read_contract(lists, "tempo", "2.2.4") == parse(
        "image.pull\tlist\t(list)\nimage.tag\tnull\nlabels\tdict\t(open map)\nreplicas\tint\n"
    )


# Charts that nobody has made a list of yet. Whoever has the chart: make chart-keys CHART=/folder/of/it
NOT_AT_HAND: dict[str, set[str]] = {"alloy": set(), "grafana": set(), "prometheus": set(), "tempo": {"tempo-3.1.1"}}


@pytest.mark.parametrize("role", NOT_AT_HAND)
def test_the_pinned_versions_have_lists(role: str) -> None:
    """A pin that moves without its list would be tested against the keys of the older chart."""
    table = ROOT / f"roles/{role}" / ("vars/main/majors.yml" if role == "tempo" else "defaults/main.yml")
    values = yaml.safe_load(table.read_text(encoding="utf-8"))
    if role == "tempo":
        pinned = [pin for major in values["_tempo_majors"].values() for pin in major["charts"].items()]
    else:
        pinned = [(role, values[f"{role}_chart_version"])]
    missing = {f"{chart}-{version}" for chart, version in pinned if not list_of(chart, version).is_file()}
    assert missing == NOT_AT_HAND[role]
