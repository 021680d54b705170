# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helm releases of the same chart in the same namespace, which would overwrite each other's objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import decode, labels, revision

from .findings import Problem

# Superseded records are many and large, and say nothing about now.
SELECTOR = "owner=helm,status!=superseded"
_LIVE = ("deployed", "failed", "pending-install", "pending-upgrade", "pending-rollback")


@dataclass(frozen=True)
class Exclusive:
    """A chart of which a namespace holds one release only."""

    chart: str
    release_name: str
    reason: str
    option: str


def wanted_exclusives(options: Iterable[Mapping[str, Any]]) -> list[Exclusive]:
    return [Exclusive(one["chart"], one["release_name"], one["reason"], _option(one)) for one in options]


def _option(one: Mapping[str, Any]) -> str:
    return str(one["option"] or f"{one['chart'].replace('-', '_')}_release_name")


def live_releases(records: Iterable[Mapping[str, Any]], skip: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Names of releases with their charts, without those to skip; and names of the records that can't be read."""
    charts: dict[str, str] = {}
    unreadable: list[str] = []
    for release, record in _newest(records).items():
        if release in set(skip) or labels(record).get("status") not in _LIVE:
            continue
        try:
            charts[release] = str(decode(record["data"]["release"])["chart"]["metadata"]["name"])
        except (TracingError, KeyError, TypeError):
            unreadable.append(str(record["metadata"]["name"]))
    return charts, unreadable


def _newest(records: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for record in sorted(records, key=revision):
        found[str(labels(record).get("name", ""))] = record
    return found


def release_problems(
    namespace: str, wanted: Iterable[Exclusive], records: Iterable[Mapping[str, Any]]
) -> tuple[list[Problem], list[str]]:
    """Other releases of the same charts, and what remains unknown."""
    wanted = list(wanted)
    charts, unreadable = live_releases(records, [one.release_name for one in wanted])
    problems = [
        _taken(namespace, one, release) for one in wanted for release, chart in charts.items() if chart == one.chart
    ]
    return problems, [f"Helm record {name}: it is not in a form that is known." for name in unreadable]


def _taken(namespace: str, one: Exclusive, release: str) -> Problem:
    reason = f" ({one.reason})" if one.reason else ""
    message = f"Namespace {namespace} already has release {release!r} of chart {one.chart}{reason}."
    return Problem("exclusive", message, f"Use another namespace, or set {one.option}: {release} to take it over.")
