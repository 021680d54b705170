# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server with a namespace that is ready for everything, and the Services behind its proxy."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from typing import Any

from cases import as_json, text
from fake_server import Answer, Asked, Play, Wire

NAMESPACE = "/api/v1/namespaces/tracing"
APPS = "/apis/apps/v1/namespaces/tracing"
NODES = "/api/v1/nodes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_PROXIED = re.compile(rf"{NAMESPACE}/services/(?:https?:)?(?P<name>[a-z-]+):\d+/proxy(?P<path>/.*)?")
# The API server marks all that it sends.
MARK = {"Audit-Id": "1"}


def meta(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "tracing", "uid": f"uid-{name}", "resourceVersion": "7", **more}


def listed(*items: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": list(items)}


def record(name: str, revision: int, **content: Any) -> dict[str, Any]:
    """As Helm keeps a revision of a release."""
    release = {
        "name": name,
        "version": revision,
        "info": {"status": "deployed", "description": "Upgrade complete"},
        "chart": {"metadata": {"name": "small", "version": "1.0.0"}, "templates": [], "values": {}},
        "config": {},
        "manifest": "",
        **content,
    }
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
    labels = {"owner": "helm", "name": name, "status": "deployed", "version": str(revision)}
    held = meta(f"sh.helm.release.v1.{name}.v{revision}", labels=labels)
    return {"metadata": held, "type": "helm.sh/release.v1", "data": {"release": packed}}


POD = {
    "metadata": meta(
        "tempo-0",
        labels={"app": "tempo", "controller-revision-hash": "r1"},
        ownerReferences=[{"kind": "StatefulSet", "name": "tempo", "uid": "uid-tempo"}],
    ),
    "spec": {"containers": [{"name": "tempo", "resources": {"requests": {"cpu": "100m"}, "limits": {}}}]},
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [
            {"name": "tempo", "restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
             "lastState": {"terminated": {"exitCode": 1}}, "image": "tempo:1"}
        ],
    },
}  # fmt: skip
STATEFUL_SET = {
    "metadata": meta("tempo", generation=1),
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "tempo"}}},
    "status": {"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
               "currentReplicas": 1, "currentRevision": "r1", "updateRevision": "r1"},
}  # fmt: skip
NODE = {
    "metadata": {"name": "node"},
    "spec": {},
    "status": {
        "allocatable": {"cpu": "4", "memory": "8Gi"},
        "conditions": [{"type": "Ready", "status": "True"}],
    },
}
QUOTA = {
    "metadata": meta("quota"),
    "spec": {"hard": {"requests.cpu": "4"}},
    "status": {"hard": {"requests.cpu": "4"}, "used": {"requests.cpu": "1"}},
}
RANGE = {"metadata": meta("range"), "spec": {"limits": [{"type": "Container", "min": {"cpu": "1m"}}]}}
CLASS = {
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "example.com/none",
}
SLICE = {"endpoints": [{"addresses": ["192.0.2.1"]}], "ports": [{"port": 6443}]}
EVENT = {"metadata": meta("event"), "reason": "FailedCreate", "message": "quota", "count": 1,
         "involvedObject": {"uid": "uid-tempo", "kind": "StatefulSet", "name": "tempo"}}  # fmt: skip
LOGIN = {"admin-user": "YWRtaW4=", "admin-password": "YWRtaW4="}


class KubernetesApi:
    """``services`` answer behind the proxy. ``more`` are further objects and lists, by their path."""

    def __init__(self, services: Mapping[str, Play] | None = None, **more: Any) -> None:
        self._services = services or {}
        self._objects: dict[str, Any] = {
            "/version": {"major": "1", "minor": "31", "gitVersion": "v1.31.0"},
            NAMESPACE: {
                "kind": "Namespace",
                "metadata": {"name": "tracing", "labels": {}},
                "status": {"phase": "Active"},
            },
            NODES: listed(NODE),
            CLASSES: listed(CLASS),
            SLICES: listed(SLICE),
            f"{NAMESPACE}/resourcequotas": listed(QUOTA),
            f"{NAMESPACE}/limitranges": listed(RANGE),
            f"{NAMESPACE}/pods": listed(POD),
            f"{NAMESPACE}/events": listed(EVENT),
            f"{NAMESPACE}/persistentvolumeclaims": listed(),
            f"{NAMESPACE}/secrets": listed(record("tempo", 1)),
            f"{NAMESPACE}/secrets/login": {"kind": "Secret", "metadata": meta("login"), "data": LOGIN},
            f"{NAMESPACE}/services/tempo": {"kind": "Service", "metadata": meta("tempo"), "spec": {}},
            f"{NAMESPACE}/configmaps": listed(),
            f"{APPS}/statefulsets": listed(STATEFUL_SET),
            f"{APPS}/statefulsets/tempo": {"kind": "StatefulSet", **STATEFUL_SET},
            f"{APPS}/deployments": listed(),
            f"{APPS}/daemonsets": listed(),
            "/apis/monitoring.coreos.com": {
                "versions": [{"groupVersion": "monitoring.coreos.com/v1"}],
                "preferredVersion": {"groupVersion": "monitoring.coreos.com/v1"},
            },
            "/apis/monitoring.coreos.com/v1": {"resources": [{"name": "servicemonitors"}]},
            **more,
        }

    def __call__(self, asked: Asked) -> Answer | Wire:
        proxied = _PROXIED.match(asked.target)
        if proxied and proxied["name"] in self._services:
            inner = Asked(asked.method, proxied["path"] or "/", asked.headers, asked.body)
            answer = self._services[proxied["name"]](inner)
            return (
                Answer(answer.body, answer.status, {**MARK, **answer.headers}) if isinstance(answer, Answer) else answer
            )
        if asked.path == REVIEWS:
            return as_json({"kind": "SelfSubjectAccessReview", "status": {"allowed": True}}, 201, **MARK)
        if asked.path.endswith("/log"):
            return Answer(text("error: it fell over\n").body, 200, MARK)
        if asked.method in ("POST", "PATCH") and asked.body:
            made = json.loads(asked.body)
            made["metadata"] = {**made.get("metadata", {}), "uid": "uid-made", "resourceVersion": "8"}
            return as_json(made, 201 if asked.method == "POST" else 200, **MARK)
        if asked.path in self._objects:
            return as_json(self._objects[asked.path], **MARK)
        if asked.path.endswith("s") and not asked.path.startswith(f"{NAMESPACE}/secrets/"):
            return as_json(listed(), **MARK)
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "not found", "code": 404}
        return as_json(status, 404, **MARK)
