# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in some namespaces: pods, their workloads and their volume claims, by one request for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import connection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
)

from .api import KubeApi, understood

PATHS = {
    "Pod": "/api/v1/namespaces/{}/pods",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    "namespaces": {"type": "list", "elements": "str", "default": []},
    "label_selector": {"type": "str", "default": ""},
}


def run(params: Mapping[str, Any]) -> dict[str, Any]:
    more_than_zero(params["request_timeout"], "request_timeout")
    spaces = [kubernetes_name(name, "namespaces") for name in params["namespaces"]]
    kubernetes_name(params["namespace"], "namespace")
    kube = kube_connection(params)
    cluster = connection(kube.way)
    api = KubeApi(kube, params["request_timeout"])
    found = look(api, list(dict.fromkeys(spaces or [params["namespace"]])), params["label_selector"])
    return {**found, "connection": cluster}


def look(api: KubeApi, namespaces: list[str], selector: str) -> dict[str, Any]:
    """Objects, and the namespaces in which this user may not list all of them."""
    query = [("labelSelector", selector)] if selector else []
    resources: list[dict[str, Any]] = []
    unread: dict[str, str] = {}
    for namespace in namespaces:
        for kind, path in PATHS.items():
            try:
                listed = api.items(path.format(namespace), query)
            except TracingError as error:
                # The server is a Kubernetes and answers, and can't or won't list this kind.
                if error.kind != "forbidden" and (error.status or 0) < 429:
                    raise
                unread.setdefault(namespace, error.message)
            else:
                resources += [_shown(kind, item, namespace) for item in listed]
    return {"resources": resources, "unread": unread}


def _shown(kind: str, item: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """With its kind, which a list has once, and without the larger half, which says who set which field."""
    metadata = understood(lambda: dict(item["metadata"]))
    metadata.pop("managedFields", None)
    return {**item, "kind": kind, "metadata": {**metadata, "namespace": namespace}}
