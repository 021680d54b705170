# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recording rules and alerts for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def prometheus_rules(
    recording: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    volumes: Mapping[str, Mapping[str, Any]],
    labels: Mapping[str, Any],
    runbook_url: str = "",
    targets: Mapping[str, str] | None = None,
    namespace: str = "",
) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.prometheus_rules import groups

    return groups(recording, alerts, settings, volumes, labels, runbook_url, targets or {}, namespace)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"prometheus_rules": prometheus_rules}
