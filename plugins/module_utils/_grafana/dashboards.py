# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards of Grafana 10 to 12, made from a short description.

A description says what is shown: rows of panels, each with its queries, unit, thresholds and an explanation. Where a
panel stands, and all that Grafana wants besides, is filled in here, so that no generated JSON has to be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SCHEMA = 38  # Grafana 10.0's; later ones bring it up to date when they load it.
TAG = "k8s-tracing"
WIDTH = 24
# Panel types, with width and height on Grafana's grid of 24 columns.
SIZES = {"stat": (4, 4), "timeseries": (8, 8), "table": (24, 9), "nodeGraph": (24, 12), "dashlist": (8, 9)}
# Those that ask no data source: what they list is Grafana's own.
ASKS_NOTHING = {"dashlist"}
# What a description may say; anything else is a slip of the pen.
DASHBOARD_KEYS = {"uid", "title", "description", "since", "variables", "rows"}
PANEL_KEYS = {
    "title",
    "description",
    "type",
    "unit",
    "thresholds",
    "queries",
    "width",
    "see",
    "runbook",
    "stack",
    "max",
    "texts",
    "columns",
}
QUERY_KEYS = {"expr", "legend", "exemplars", "traceql", "service_map", "instant"}
# Values to choose from: the label, and the metric that has it.
VARIABLES = {
    "namespace": ("Namespace", "{__name__=~'tempo_build_info|alloy_build_info'}", "namespace"),
    "tenant": ("Tenant", "tempo_distributor_spans_received_total", "tenant"),
    "service": ("Service", "traces_spanmetrics_calls_total", "service"),
    "run": ("Run", "k6_iterations_total", "run_id"),
}


class DashboardError(ValueError):
    """A description that is wrong, in words for its author."""


def build(description: Mapping[str, Any], runbook_url: str = "") -> dict[str, Any]:
    """The dashboard as Grafana takes it."""
    _known(description, DASHBOARD_KEYS, "The dashboard")
    return {
        "uid": description["uid"],
        "title": description["title"],
        "description": description["description"],
        "tags": [TAG],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": f"now-{description.get('since', '30m')}", "to": "now"},
        "timezone": "",
        "links": [_tagged()],
        "templating": {"list": [_variable(name) for name in description.get("variables", [])]},
        "annotations": {"list": []},
        "panels": list(_panels(description, runbook_url)),
    }


def _known(given: Mapping[str, Any], keys: set[str], what: str) -> None:
    unknown = sorted(set(given) - keys)
    if unknown:
        raise DashboardError(f"{what} has {', '.join(unknown)}, which is none of {', '.join(sorted(keys))}.")


def _tagged() -> dict[str, Any]:
    """A list of our dashboards at the top of each, which keeps the time and the choices."""
    return {
        "type": "dashboards",
        "title": "Tracing",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }


def _variable(name: str) -> dict[str, Any]:
    if name not in VARIABLES:
        raise DashboardError(f"There is no variable {name}: use {', '.join(VARIABLES)}.")
    label, metric, of = VARIABLES[name]
    query = f"label_values({metric}, {of})"
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": _source("prometheus"),
        "definition": query,
        "query": {"query": query, "refId": "variable"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        # Matches what has no such label too, as in a Prometheus that does not say where it scrapes.
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _source(uid: str) -> dict[str, str]:
    return {"type": uid, "uid": uid}


def _panels(description: Mapping[str, Any], runbook_url: str) -> Iterator[dict[str, Any]]:
    """Row after row, each filled from left to right."""
    y, number = 0, 0
    for row in description["rows"]:
        number += 1
        yield _row(row["title"], number, y)
        x, y, tallest = 0, y + 1, 0
        for given in row["panels"]:
            number += 1
            panel = _panel(given, runbook_url)
            width, height = _size(given)
            if x + width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            yield {"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **panel}
            x, tallest = x + width, max(tallest, height)
        y += tallest


def _row(title: str, number: int, y: int) -> dict[str, Any]:
    place = {"x": 0, "y": y, "w": WIDTH, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def _size(given: Mapping[str, Any]) -> tuple[int, int]:
    width, height = SIZES[given.get("type", "timeseries")]
    return given.get("width", width), height


def _panel(given: Mapping[str, Any], runbook_url: str) -> dict[str, Any]:
    what = f"Panel {given.get('title', 'without a title')}"
    _known(given, PANEL_KEYS, what)
    kind = given.get("type", "timeseries")
    if kind not in SIZES:
        raise DashboardError(f"{what} is a {kind}, which is none of {', '.join(SIZES)}.")
    needed = ("title", "description", *(() if kind in ASKS_NOTHING else ("unit", "queries")))
    missing = [key for key in needed if not given.get(key)]
    if missing:
        raise DashboardError(f"{what} lacks {', '.join(missing)}.")
    if kind in ASKS_NOTHING:
        return {"type": kind, "title": given["title"], "description": given["description"], "options": _options(kind)}
    targets = [_target(query, index, kind, what) for index, query in enumerate(given["queries"])]
    return {
        "type": kind,
        "title": given["title"],
        "description": given["description"],
        "datasource": targets[0]["datasource"],
        "targets": targets,
        **({"transformations": [_named_columns(given["columns"])]} if "columns" in given else {}),
        "links": _links(given, what, runbook_url),
        "fieldConfig": {"defaults": _defaults(given, kind), "overrides": []},
        "options": _options(kind),
    }


def _target(query: Mapping[str, Any], index: int, kind: str, what: str) -> dict[str, Any]:
    _known(query, QUERY_KEYS, f"A query of {what}")
    ref = {"refId": chr(ord("A") + index)}
    if "traceql" in query:
        search = {"queryType": "traceql", "query": query["traceql"], "limit": 20, "tableType": "traces"}
        return {**ref, "datasource": _source("tempo"), **search}
    if "service_map" in query:
        return {
            **ref,
            "datasource": _source("tempo"),
            "queryType": "serviceMap",
            "serviceMapQuery": query["service_map"],
        }
    instant = bool(query.get("instant", kind in ("stat", "table")))
    return {
        **ref,
        "datasource": _source("prometheus"),
        "expr": " ".join(query["expr"].split()),
        "legendFormat": query.get("legend", "__auto"),
        "instant": instant,
        "range": not instant,
        "format": "table" if kind == "table" else "time_series",
        "exemplar": bool(query.get("exemplars", False)),
    }


def _links(given: Mapping[str, Any], what: str, runbook_url: str) -> list[dict[str, Any]]:
    """Where to go from here: another dashboard, and what to do when the figure is bad."""
    links: list[dict[str, Any]] = []
    if "see" in given:
        uid = f"{TAG}-{given['see']}"
        links.append({"title": f"Dashboard {given['see']}", "url": f"/d/{uid}?${{__url_time_range}}"})
    if "runbook" in given and runbook_url:
        links.append({"title": "What to do", "url": f"{runbook_url}/{given['runbook']}.md", "targetBlank": True})
    if not {"see", "runbook"} & set(given):
        raise DashboardError(f"{what} leads nowhere: give see (another dashboard) or runbook.")
    return links


def _defaults(given: Mapping[str, Any], kind: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": given["unit"], "thresholds": _thresholds(given.get("thresholds", {}))}
    if given["unit"] != "none" or kind != "table":
        defaults["min"] = 0
    if "max" in given:
        defaults["max"] = given["max"]
    if "texts" in given:
        defaults["mappings"] = [_mapping(given["texts"])]
    if kind == "timeseries":
        stacking = {"mode": "normal" if given.get("stack") else "none", "group": "A"}
        custom: dict[str, Any] = {"drawStyle": "line", "fillOpacity": 10, "showPoints": "never", "stacking": stacking}
        if given.get("thresholds"):
            custom["thresholdsStyle"] = {"mode": "line"}
        defaults["custom"] = custom
    # Colours by name fit the light theme and the dark one.
    coloured = kind == "stat" or kind == "table"
    defaults["color"] = {"mode": "thresholds" if coloured else "palette-classic"}
    return defaults


def _mapping(texts: Mapping[Any, str]) -> dict[str, Any]:
    """Words for values that stand for something else than a figure."""
    numbered = enumerate(texts.items())
    options = {str(value): {"text": text, "index": index} for index, (value, text) in numbered}
    return {"type": "value", "options": options}


def _named_columns(columns: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a table in their order, under words for people. The time of an instant query says nothing."""
    order = {name: index for index, name in enumerate(columns)}
    options = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": dict(columns)}
    return {"id": "organize", "options": options}


def _thresholds(given: Mapping[Any, str]) -> dict[str, Any]:
    """From each value on, its colour; green below."""
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    ordered = sorted((float(value), colour) for value, colour in given.items())
    steps += [{"color": colour, "value": value} for value, colour in ordered if value > 0]
    if ordered and ordered[0][0] <= 0:
        steps[0]["color"] = ordered[0][1]
    return {"mode": "absolute", "steps": steps}


def _options(kind: str) -> dict[str, Any]:
    if kind == "stat":
        reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": reduced, "colorMode": "value", "graphMode": "area", "textMode": "auto"}
    if kind == "timeseries":
        legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if kind == "dashlist":
        wanted = {
            "showSearch": True,
            "tags": [TAG],
            "query": "",
            "maxItems": 20,
            "keepTime": True,
            "includeVars": False,
        }
        return {**wanted, "showHeadings": False, "showRecentlyViewed": False, "showStarred": False}
    return {}
