# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a release that needs no Helm needs anything else.

Its workloads are to be ready, its Secrets there, and its companion objects in place.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.companion_objects import settle
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.rollout import PATHS, judge


def is_up_to_date(params: Mapping[str, Any], api: KubeApi) -> bool:
    """One look, no waiting. Where nobody says what belongs to the release, that can't be known."""
    if params["workloads"] is None or params["objects"] is None:
        return False
    namespace, workloads = params["namespace"], params["workloads"]
    ready = understood(lambda: all(_ready(api, namespace, one) for one in workloads))
    # What an option names, somebody else makes.
    made = [one for one in params["secrets"] if not one.get("option")]
    stocked = ready and understood(lambda: all(_has_content(api, namespace, one) for one in made))
    return stocked and not settle(params, True, api)


def _ready(api: KubeApi, namespace: str, workload: Mapping[str, str]) -> bool:
    item = api.get(PATHS[workload["kind"]].format(namespace, workload["name"]))
    return item is not None and judge(workload["kind"], item).done


def _has_content(api: KubeApi, namespace: str, secret: Mapping[str, Any]) -> bool:
    """Who may not read it can't know, and lets the role look."""
    try:
        found = api.get(f"/api/v1/namespaces/{namespace}/secrets/{secret['name']}")
    except TracingError as error:
        if error.kind != "forbidden":
            raise
        return False
    data = (found or {}).get("data") or {}
    wanted = {key: base64.b64encode(str(value).encode()).decode() for key, value in secret.get("values", {}).items()}
    return found is not None and set(secret["keys"]) <= data.keys() and wanted.items() <= data.items()
