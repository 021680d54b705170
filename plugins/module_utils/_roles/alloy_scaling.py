# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for alloy_autoscaling, with defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def problems(autoscaler: Mapping[str, Any], mode: str, requests: Mapping[str, Any]) -> list[str]:
    return list(_problems(autoscaler, mode, requests)) if autoscaler["enabled"] else []


def _problems(autoscaler: Mapping[str, Any], mode: str, requests: Mapping[str, Any]) -> Iterator[str]:
    fewest, most = autoscaler["min_replicas"], autoscaler["max_replicas"]
    targets = {name: int(autoscaler[f"{name}_percent"]) for name in ("cpu", "memory")}
    if mode == "daemonset":
        yield "alloy_autoscaling is enabled with alloy_mode daemonset: use deployment or statefulset, or switch it off."
    if not 0 < int(fewest) <= int(most):
        yield (
            f"alloy_autoscaling has min_replicas {fewest} and max_replicas {most}: the first must be 1 or more, "
            "and no more than the second."
        )
    if sum(targets.values()) <= 0:
        yield "alloy_autoscaling has no target: set cpu_percent or memory_percent above 0."
    for name, percent in targets.items():
        if percent and name not in requests:
            yield (
                f"alloy_autoscaling has the target {name}_percent, and alloy_resources requests no {name}: "
                f"set requests.{name}."
            )
