# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan refuses although Helm would begin with it: a Helm that its module can't drive, a step back that the data
does not allow, and objects that belong to a release of another namespace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import Object, name_of, objects
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import Record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import name_and_tag

# The first version of kubernetes.core that drives Helm 4 and can tell it which side of a conflict wins.
DRIVES_HELM_4 = (6, 5, 0)
OWNER_NAME, OWNER_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
# Objects of the whole cluster that charts make: two releases in two namespaces may meet in one.
CLUSTER_WIDE = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "IngressClass": "/apis/networking.k8s.io/v1/ingressclasses",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
}


def version_of(text: str) -> tuple[int, ...]:
    """Empty when there is none in the text."""
    found = _VERSION.search(text)
    return tuple(int(part) for part in found.groups()) if found else ()


def refuse_helm(helm: tuple[int, ...], core: str) -> None:
    """``core`` is the version of kubernetes.core; empty when nobody knows."""
    drives = version_of(core)
    if helm and drives and helm[0] >= 4 and drives < DRIVES_HELM_4:
        shown, least = (".".join(str(part) for part in version) for version in (helm, DRIVES_HELM_4))
        raise TracingError(
            "helm_version",
            f"Helm {shown} does not work with kubernetes.core {core}: Helm 4 takes {least} or newer.",
            f"Install a newer one, ansible-galaxy collection install 'kubernetes.core:>={least}' --upgrade, or set "
            "k8s_tracing_helm_binary to a Helm 3.",
        )


def installed_version(record: Record, image: str) -> str:
    """The tag of the image whose repository ends in this name, else the version that the chart is made for."""
    for text in images(objects(record.manifests)):
        name, tag = name_and_tag(text)
        if name == image and major_of(tag) is not None:
            return tag
    return str(record.metadata.get("appVersion") or "")


def images(node: Any) -> Iterable[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "image" and isinstance(value, str):
                yield value
            else:
                yield from images(value)
    elif isinstance(node, list):
        for part in node:
            yield from images(part)


def major_of(tag: str) -> int | None:
    found = re.match(r"v?(\d+)(?=[.@-]|$)", tag)
    return int(found[1]) if found else None


def refuse_downgrade(now: str, then: str, part: str, how: str) -> None:
    """``now`` and ``then`` are tags, or majors alone; where one tells no major nothing is known."""
    before, after = major_of(now), major_of(then)
    if before is not None and after is not None and after < before:
        raise TracingError(
            "downgrade",
            f"{how} would take {part} back from {now} to {then}: {part} {after} does not read what {part} {before} has "
            "written.",
            f"Stay with {part} {before}, or remove the release with its data first and install anew.",
        )


def refuse_foreign(api: KubeApi, made: Sequence[Object], release: str, namespace: str) -> None:
    """To take ownership of such an object would take it away from a stack that works."""
    for item in made:
        owner = understood(partial(_owner, api, item))
        if owner and owner[1] != namespace:
            raise TracingError(
                "helm_ownership",
                f"{name_of(item)} belongs to release {owner[0]} in namespace {owner[1]}, and release {release} in "
                f"namespace {namespace} would take it away.",
                "Give this release another name.",
            )


def _owner(api: KubeApi, item: Object) -> tuple[str, str] | None:
    path = CLUSTER_WIDE.get(str(item.get("kind", "")))
    if path is None:
        return None
    try:
        there = api.get(f"{path}/{(item.get('metadata') or {}).get('name', '')}") or {}
    except TracingError as error:
        if error.kind != "forbidden":
            raise
        return None
    notes = (there.get("metadata") or {}).get("annotations") or {}
    return (str(notes.get(OWNER_NAME, "")), str(notes[OWNER_NAMESPACE])) if OWNER_NAMESPACE in notes else None
