# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which parts of the stack are there, in the order in which they are upgraded, and what they run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import main_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.stack_state import WORKLOADS, belongs

Item = Mapping[str, Any]
# Whoever takes comes before whoever sends: a newer sender never meets an older taker.
ORDER = ("prometheus", "tempo", "alloy", "grafana", "k6_trace_generator", "tempo_vulture")


def installed(parts: Iterable[Item], objects: Iterable[Item]) -> list[dict[str, Any]]:
    """The parts that have a workload. A generator that ends has none, and is no matter of an upgrade."""
    workloads = [one for one in objects if one.get("kind") in WORKLOADS]
    known = {str(part["part"]): part for part in parts}
    found = []
    for name in filter(known.__contains__, ORDER):
        part = known[name]
        images = sorted({_image(one) for one in workloads if belongs(one, part)} - {""})
        if images and part["state"] != "absent":
            kept = {key: part[key] for key in ("part", "namespace", "release_name", "state")}
            found.append({**kept, "images": images})
    return found


def _image(workload: Item) -> str:
    return main_image((workload.get("spec") or {}).get("template") or {})
