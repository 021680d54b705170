# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of a cluster without what each cluster, and whoever applied them, adds: what is left can be compared.

As a program it takes the list that ``kubectl get -o json`` writes, and writes them by kind and name.
"""

from __future__ import annotations

import json
import sys
from typing import Any

# What Helm, kubectl and controllers write into objects about themselves.
NOTES = (
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
)
FIELDS = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")
# Addresses, volumes, and the mark by which a Job knows its pods.
OF_SPEC = {
    "Service": ("clusterIP", "clusterIPs"),
    "PersistentVolumeClaim": ("volumeName",),
    "Job": ("selector",),
}
OF_JOBS = ("controller-uid", "batch.kubernetes.io/controller-uid")


def without(content: dict[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in (content or {}).items() if key not in names}


def essence(item: dict[str, Any]) -> dict[str, Any]:
    metadata = without(item["metadata"], FIELDS)
    metadata["annotations"] = without(metadata.get("annotations"), NOTES)
    metadata["labels"] = without(metadata.get("labels"), OF_JOBS)
    # Helm adds it where a chart does not.
    if metadata["labels"].get("app.kubernetes.io/managed-by") == "Helm":
        del metadata["labels"]["app.kubernetes.io/managed-by"]
    rest = without(item, ("metadata", "status"))
    if "spec" in item:
        rest["spec"] = without(item["spec"], OF_SPEC.get(item["kind"], ()))
    if item["kind"] == "Job":
        template = rest["spec"]["template"]
        labels = without(template["metadata"]["labels"], OF_JOBS)
        rest["spec"]["template"] = {**template, "metadata": {**template["metadata"], "labels": labels}}
    return {**rest, "metadata": metadata}


def is_stacks(item: dict[str, Any], namespace: str) -> bool:
    """Of the objects of the whole cluster those named after the namespace; in it, all but what nobody has made."""
    name: str = item["metadata"]["name"]
    if "namespace" not in item["metadata"]:
        return name.startswith(namespace)
    return name not in ("kube-root-ca.crt", "default")


def essences(items: list[dict[str, Any]], namespace: str) -> dict[str, dict[str, Any]]:
    return {f"{item['kind']}/{item['metadata']['name']}": essence(item) for item in items if is_stacks(item, namespace)}


if __name__ == "__main__":
    json.dump(essences(json.load(sys.stdin)["items"], sys.argv[1]), sys.stdout, sort_keys=True)
