# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for alloy_autoscaling, with defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import autoscaling


def problems(autoscaler: Mapping[str, Any], mode: str, requests: Mapping[str, Any]) -> list[str]:
    if not autoscaler["enabled"]:
        return []
    found = list(autoscaling.problems("alloy_autoscaling", autoscaler, requests, "alloy_resources"))
    if mode == "daemonset":
        found.insert(
            0,
            "alloy_autoscaling is enabled with alloy_mode daemonset: use deployment or statefulset, or switch it off.",
        )
    return found
