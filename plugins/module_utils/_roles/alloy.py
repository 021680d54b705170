# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Alloy's settings may not be together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import alloy_outputs, alloy_outside, alloy_policies, alloy_routes, alloy_scaling


def problems(
    *,
    autoscaler: Mapping[str, Any],
    mode: str,
    requests: Mapping[str, Any],
    outputs: Sequence[Mapping[str, Any]],
    policies: Sequence[Mapping[str, Any]],
    policy_types: alloy_policies.Types,
    policy_needs: alloy_policies.Needs,
    routes: Sequence[Mapping[str, Any]],
    memory: str,
    volume: str,
    outside: Mapping[str, Any],
) -> list[str]:
    return [
        *alloy_scaling.problems(autoscaler, mode, requests),
        *alloy_outside.problems(**outside),
        *alloy_outputs.problems(outputs),
        *alloy_routes.problems(routes, [one["queue_bytes"] for one in outputs], memory, volume),
        *alloy_policies.problems(policies, policy_types, policy_needs),
    ]
