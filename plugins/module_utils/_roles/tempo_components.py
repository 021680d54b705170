# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a release of Tempo: one process, or a workload for each component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Settings = Mapping[str, Any]


def components(
    rows: Sequence[Settings], release_name: str, resources: Settings, common: Settings
) -> dict[str, list[dict[str, Any]] | dict[str, Any]]:
    """``workloads`` and ``pods`` of a release, and the chart's ``values`` for each component that has a section there.

    ``common`` are values of all components.
    """
    names = ["-".join(filter(None, (release_name, row["name"]))) for row in rows]
    claims = {kind: resources.get(kind) or {} for kind in ("requests", "limits")}
    return {
        "workloads": [{"kind": row["kind"], "name": name} for row, name in zip(rows, names, strict=True)],
        "pods": [{"name": name, "replicas": row["replicas"], **claims} for row, name in zip(rows, names, strict=True)],
        "values": {row["section"]: _values(row, common) for row in rows if "section" in row},
    }


def _values(row: Settings, common: Settings) -> dict[str, Any]:
    return {**common, **({} if row.get("single") else {"replicas": row["replicas"]})}
