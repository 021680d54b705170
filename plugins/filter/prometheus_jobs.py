# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scrape jobs for Prometheus, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def prometheus_jobs(targets: Mapping[str, str], extra: Sequence[Mapping[str, Any]], namespace: str) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.prometheus_configuration import jobs

    return jobs(targets, extra, namespace)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"prometheus_jobs": prometheus_jobs}
