# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards as they are described, and as Grafana takes them."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import grafana_dashboard
from ansible_collections.tracelab.k8s_tracing.plugins.filter.texts import quantity_bytes
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.dashboards import WIDTH, build

ROOT = Path(__file__).resolve().parents[4]
FILES = sorted((ROOT / "roles" / "grafana" / "files" / "dashboards").glob("*.yml"))
RUNBOOKS = "https://runbooks.example.com"
SMALL: dict[str, Any] = {
    "uid": "small",
    "title": "Small",
    "description": "One panel.",
    "rows": [
        {
            "title": "Row",
            "panels": [
                {
                    "title": "Rate",
                    "description": "What comes.",
                    "unit": "cps",
                    "see": "pipeline",
                    "queries": [{"expr": "sum(\n  rate(a[$__rate_interval]))"}],
                }
            ],
        }
    ],
}


def description(file: Path) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def written_anew(file: Path) -> str:
    """By the script that writes the JSON, which no package of the tests' has."""
    made: str = runpy.run_path(str(ROOT / "release" / "dashboards.py"))["text"](file)
    return made


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def changed(**panel: Any) -> dict[str, Any]:
    """The small dashboard with another panel; what is None is left out."""
    made = copy.deepcopy(SMALL)
    given = {**made["rows"][0]["panels"][0], **panel}
    made["rows"][0]["panels"] = [{key: value for key, value in given.items() if value is not None}]
    return made


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_our_dashboards_are_whole(file: Path) -> None:
    board = build(description(file), RUNBOOKS)
    assert board["uid"] == f"k8s-tracing-{file.stem}"
    assert board["schemaVersion"] <= 38 and board["tags"] == ["k8s-tracing"]
    shown = panels(board)
    assert len({panel["title"] for panel in shown}) == len(shown) >= 5
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(panel["description"].endswith(".") for panel in shown)
    for panel in [panel for panel in shown if panel["type"] != "dashlist"]:
        assert panel["fieldConfig"]["defaults"]["unit"] and panel["links"]
        assert all(target["datasource"]["uid"] in ("tempo", "prometheus") for target in panel["targets"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_link_leads_somewhere(file: Path) -> None:
    names = {other.stem for other in FILES}
    for row in description(file)["rows"]:
        for panel in row["panels"]:
            assert panel.get("see", "pipeline") in names - {file.stem} or "see" not in panel, panel["title"]
            runbook = panel.get("runbook")
            assert runbook is None or (ROOT / "docs" / "runbooks" / f"{runbook}.md").is_file(), panel["title"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_stand_beside_each_other_and_not_on_each_other(file: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in build(description(file))["panels"]:
        place = panel["gridPos"]
        cells = {(x + place["x"], y + place["y"]) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= WIDTH
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_variables_of_a_query_are_those_of_its_dashboard() -> None:
    for file in FILES:
        given = description(file)
        for name in ("namespace", "tenant", "service", "run"):
            used = any(
                f"${name}" in str(query)
                for row in given["rows"]
                for panel in row["panels"]
                for query in panel.get("queries", [])
            )
            assert used == (name in given["variables"]), f"{file.stem}: {name}"


def test_a_query_is_one_line_and_a_stat_asks_for_now_only() -> None:
    (target,) = panels(build(changed()))[0]["targets"]
    assert (target["expr"], target["range"]) == ("sum( rate(a[$__rate_interval]))", True)
    (target,) = panels(build(changed(type="stat")))[0]["targets"]
    assert (target["instant"], target["range"]) == (True, False)


def test_thresholds_begin_below_all_figures() -> None:
    steps = panels(build(changed(thresholds={0.8: "red", 0.5: "orange"})))[0]["fieldConfig"]["defaults"]["thresholds"][
        "steps"
    ]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "green"), (0.5, "orange"), (0.8, "red")]
    steps = panels(build(changed(thresholds={0: "red", 1: "green"})))[0]["fieldConfig"]["defaults"]["thresholds"][
        "steps"
    ]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "red"), (1, "green")]


def test_a_value_may_stand_for_words() -> None:
    defaults = panels(build(changed(texts={0: "no canary", -1: "none"})))[0]["fieldConfig"]["defaults"]
    options = {"0": {"text": "no canary", "index": 0}, "-1": {"text": "none", "index": 1}}
    assert defaults["mappings"] == [{"type": "value", "options": options}]
    assert "mappings" not in panels(build(changed()))[0]["fieldConfig"]["defaults"]


def test_the_columns_of_a_table_have_names_for_people() -> None:
    given = changed(type="table", columns={"service": "Service", "Value": "p95"})
    (made,) = panels(build(given))[0]["transformations"]
    assert made["id"] == "organize"
    assert made["options"] == {
        "excludeByName": {"Time": True},
        "indexByName": {"service": 0, "Value": 1},
        "renameByName": {"service": "Service", "Value": "p95"},
    }
    assert "transformations" not in panels(build(changed()))[0]


def test_links_lead_to_runbooks_where_there_is_an_address() -> None:
    given = changed(runbook="TracingNoTraces")
    assert [link["title"] for link in panels(build(given, RUNBOOKS))[0]["links"]] == [
        "Dashboard pipeline",
        "What to do",
    ]
    assert [link["title"] for link in panels(build(given))[0]["links"]] == ["Dashboard pipeline"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({**SMALL, "rowz": []}, "rowz"),
        ({**SMALL, "variables": ["pod"]}, "no variable pod"),
        (changed(units="s"), "Panel Rate has units"),
        (changed(unit=None, description=None), "lacks description, unit"),
        (changed(type="pie"), "is a pie"),
        (changed(see=None), "leads nowhere"),
        (changed(queries=[{"expression": "a"}]), "A query of Panel Rate has expression"),
    ],
)
def test_a_slip_of_the_pen_is_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=says):
        grafana_dashboard(given)


def test_home_lists_the_other_dashboards() -> None:
    board = build(description(next(file for file in FILES if file.stem == "home")))
    (listed,) = [panel for panel in board["panels"] if panel["type"] == "dashlist"]
    assert listed["options"]["tags"] == board["tags"] and "targets" not in listed
    assert board["time"] == {"from": "now-24h", "to": "now"}
    assert {panel["type"] for panel in board["panels"]} > {"nodeGraph", "table", "stat"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_json_for_any_grafana_is_that_of_the_description(file: Path) -> None:
    written = ROOT / "examples" / "dashboards" / f"{file.stem}.json"
    assert written.read_text(encoding="utf-8") == written_anew(file), "make dashboards"


def test_the_json_asks_for_the_data_sources_that_it_needs() -> None:
    assert {path.stem for path in (ROOT / "examples" / "dashboards").glob("*.json")} == {file.stem for file in FILES}
    given = json.loads((ROOT / "examples" / "dashboards" / "home.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["pluginId"]) for one in given["__inputs"]] == [
        ("DS_PROMETHEUS", "prometheus"),
        ("DS_TEMPO", "tempo"),
    ]
    uids = {target["datasource"]["uid"] for panel in given["panels"] for target in panel.get("targets", [])}
    assert uids == {"${DS_PROMETHEUS}", "${DS_TEMPO}"} and given["uid"] == "k8s-tracing-home"
    only = json.loads((ROOT / "examples" / "dashboards" / "generator.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in only["__inputs"]] == ["DS_PROMETHEUS"]


def test_filters_are_known_and_refuse_what_is_none() -> None:
    assert grafana_dashboard(SMALL)["uid"] == "small"
    with pytest.raises(AnsibleFilterError, match="takes a dictionary"):
        grafana_dashboard("text")


def test_quantities_become_bytes() -> None:
    assert quantity_bytes("8Gi") == 8 * 1024**3
    with pytest.raises(AnsibleFilterError, match="8Gb"):
        quantity_bytes("8Gb")
