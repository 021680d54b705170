# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a release that needs no Helm needs anything else: its workloads ready, and what stands beside it in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.companion_objects import settle
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.rollout import PATHS, judge


def is_settled(params: Mapping[str, Any], api: KubeApi) -> bool:
    """One look, no waiting. Where nobody says what belongs to the release, that can't be known."""
    if params["workloads"] is None or params["objects"] is None:
        return False
    namespace, workloads = params["namespace"], params["workloads"]
    ready = understood(lambda: all(_ready(api, namespace, one) for one in workloads))
    return ready and not settle(params, True, api)


def _ready(api: KubeApi, namespace: str, workload: Mapping[str, str]) -> bool:
    item = api.get(PATHS[workload["kind"]].format(namespace, workload["name"]))
    return item is not None and judge(workload["kind"], item).done
