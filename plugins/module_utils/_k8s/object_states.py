# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of what releases are made of, as one short text an object: it differs when somebody changed the object."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import kube_connection

from .api import KubeApi
from .companion_objects import (
    KINDS,
    MANAGED_BY,
    MANAGER,
    essence,
)
from .rollout import PATHS, Status, judge

# What Helm made carries its label, and what stands beside a release ours: others' objects don't matter.
_OURS = [("labelSelector", f"{MANAGED_BY} in (Helm,{MANAGER})")]
_FORBIDDEN = "may not be listed"
# A Job whose pod has just ended is neither at work nor done, for about two seconds: a second's pause for so many times.
_PAUSES = 4


@dataclass(frozen=True)
class _Kind:
    """``required``: without it nothing can be said. ``whole``: what is in an object counts, not its metadata alone."""

    version: str
    plural: str
    required: bool = False
    whole: bool = True
    ours: bool = True
    cluster: bool = False

    def path(self, namespace: str) -> str:
        root = f"{'/apis' if '/' in self.version else '/api'}/{self.version}"
        return f"{root}/{self.plural}" if self.cluster else f"{root}/namespaces/{namespace}/{self.plural}"


_WORKLOADS = {path.split("/")[-2]: kind for kind, path in PATHS.items()}
_NAMESPACED = (
    # Helm's records among them, and those of users that pods read: whoever changes one makes a new version of it.
    _Kind("v1", "secrets", required=True, whole=False, ours=False),
    _Kind("v1", "persistentvolumeclaims", ours=False),
    _Kind("apps/v1", "deployments", required=True),
    _Kind("apps/v1", "statefulsets", required=True),
    _Kind("apps/v1", "daemonsets", required=True),
    _Kind("batch/v1", "jobs", required=True),
    _Kind("batch/v1", "cronjobs"),
    _Kind("v1", "services"),
    _Kind("v1", "serviceaccounts"),
    _Kind("networking.k8s.io/v1", "ingresses"),
    _Kind("policy/v1", "poddisruptionbudgets"),
    _Kind("autoscaling/v2", "horizontalpodautoscalers"),
    _Kind("rbac.authorization.k8s.io/v1", "roles"),
    _Kind("rbac.authorization.k8s.io/v1", "rolebindings"),
    *(_Kind(version, plural) for version, plural in KINDS.values()),
)
_CLUSTER = (
    _Kind("rbac.authorization.k8s.io/v1", "clusterroles", cluster=True),
    _Kind("rbac.authorization.k8s.io/v1", "clusterrolebindings", cluster=True),
)


def look(
    params: Mapping[str, Any], api: KubeApi | None = None, sleep: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """``objects``: state by name. ``unready``: names of the workloads that are not rolled out."""
    more_than_zero(params["request_timeout"], "request_timeout")
    namespaces = [kubernetes_name(name, "namespaces") for name in params["namespaces"]]
    if not namespaces:
        raise invalid("namespaces is empty.", "Name the namespaces of the releases.")
    api = api or KubeApi(kube_connection(params), params["request_timeout"])
    objects, unready = _look_once(api, namespaces)
    for _pause in range(_PAUSES):
        if not unready or any(status.hopeless for status in unready.values()):
            break
        sleep(1)
        objects, unready = _look_once(api, namespaces)
    return {"objects": objects, "unready": list(unready)}


def _look_once(api: KubeApi, namespaces: list[str]) -> tuple[dict[str, str], dict[str, Status]]:
    objects: dict[str, str] = {}
    unready: dict[str, Status] = {}
    for kind, namespace in _places(namespaces):
        for item in _listed(api, kind, namespace, objects):
            name = f"{kind.plural} {namespace}/{item['metadata']['name']}".replace(" /", " ")
            objects[name] = _state(kind, item)
            if kind.plural in _WORKLOADS and not (status := judge(_WORKLOADS[kind.plural], item)).done:
                unready[name] = status
    return objects, unready


def _places(namespaces: list[str]) -> Iterator[tuple[_Kind, str]]:
    yield from ((kind, namespace) for namespace in namespaces for kind in _NAMESPACED)
    yield from ((kind, "") for kind in _CLUSTER)


def _listed(api: KubeApi, kind: _Kind, namespace: str, objects: dict[str, str]) -> list[dict[str, Any]]:
    try:
        read = api.items if kind.whole else api.metadata
        return read(kind.path(namespace), _OURS if kind.ours else ())
    except TracingError as error:
        if error.kind != "forbidden" or kind.required:
            raise
        objects[f"{kind.plural} {namespace}".strip()] = _FORBIDDEN
        return []


def _state(kind: _Kind, item: Mapping[str, Any]) -> str:
    metadata = item["metadata"]
    if not kind.whole:
        return f"{metadata['uid']} {metadata['resourceVersion']}"
    content = json.dumps(essence(item), sort_keys=True)
    return f"{metadata['uid']} {hashlib.sha256(content.encode()).hexdigest()}"
