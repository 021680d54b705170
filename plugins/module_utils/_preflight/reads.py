# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests a preflight sends. Each read has the name under which its failure is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import STORAGE
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api_server import api_server_addresses

from .findings import Found, gather
from .options import Wanted
from .pods import usable_nodes
from .releases import SELECTOR
from .rights import (
    CREATE_NAMESPACES,
    EVERYTHING,
    Right,
    may,
)
from .server import resources_of

Reads = dict[str, Callable[[], Any]]
VERSION = "version of the server"
ADDRESSES = "addresses of the API server"
NAMESPACE = "namespace"
CLASSES = "storage classes"
NODES = "nodes"
QUOTAS = "resource quotas"
RANGES = "limit ranges"
OWN_PODS = "pods of the release"
OWN_CLAIMS = "volume claims of the release"
RELEASES = "Helm releases"
_ALL_RIGHTS = "permissions"


def look(api: KubeApi, wanted: Wanted) -> Found:
    """Ask whether there is a cluster at all, then everything at once, then what depends on it."""
    found = gather({VERSION: partial(api.get, "/version")})
    found.add(gather(_reads(api, wanted)))
    found.add(gather(_reviews(api, wanted, found)))
    if wanted.exclusives and _records() is None:
        found.reasons[RELEASES] = (
            f"HELM_DRIVER={os.environ['HELM_DRIVER']} keeps them outside of the cluster's objects."
        )
    return found


def group_read(group: str) -> str:
    return f"API group {group}"


def review_read(right: Right) -> str:
    return f"permission to {right}"


def _records() -> str | None:
    """The kind of object in which Helm keeps its records; None when it keeps them elsewhere."""
    return STORAGE.get(os.environ.get("HELM_DRIVER", "").lower())


def _reads(api: KubeApi, wanted: Wanted) -> Reads:
    inside = f"/api/v1/namespaces/{wanted.namespace}"
    reads: Reads = {NAMESPACE: partial(api.get, inside), ADDRESSES: partial(api_server_addresses, api)}
    if wanted.rights:
        reads[_ALL_RIGHTS] = partial(may, api, EVERYTHING)
    if wanted.claims:
        reads[CLASSES] = partial(api.items, "/apis/storage.k8s.io/v1/storageclasses")
    if wanted.pods:
        reads[NODES] = partial(usable_nodes, api, wanted.pods)
    if wanted.exclusives and (kind := _records()):
        reads[RELEASES] = partial(api.items, f"{inside}/{kind}", [("labelSelector", SELECTOR)])
    reads |= {str(service): partial(api.get, service.path) for service in wanted.services}
    reads |= {str(secret): partial(api.get, secret.path) for secret in wanted.secrets}
    return {**reads, **_reads_of_groups(api, wanted), **_reads_of_use(api, inside, wanted)}


def _reads_of_groups(api: KubeApi, wanted: Wanted) -> Reads:
    resources: dict[str, set[str]] = {}
    for kind in wanted.kinds:
        resources.setdefault(kind.group, set()).add(kind.resource)
    return {group_read(group): partial(resources_of, api, group, names) for group, names in resources.items()}


def _reads_of_use(api: KubeApi, inside: str, wanted: Wanted) -> Reads:
    if not wanted.pods and not wanted.claims and wanted.new_workloads is None:
        return {}
    reads: Reads = {
        QUOTAS: partial(api.items, f"{inside}/resourcequotas"),
        RANGES: partial(api.items, f"{inside}/limitranges"),
    }
    if wanted.releases:
        own = [("labelSelector", f"app.kubernetes.io/instance in ({','.join(wanted.releases)})")]
        reads[OWN_PODS] = partial(api.items, f"{inside}/pods", own)
        reads[OWN_CLAIMS] = partial(api.items, f"{inside}/persistentvolumeclaims", own)
    return reads


def _reviews(api: KubeApi, wanted: Wanted, found: Found) -> Reads:
    """What an administrator need not be asked, and whether a missing namespace could be made."""
    rights = [] if found.values.get(_ALL_RIGHTS) else list(wanted.rights)
    if found.known(NAMESPACE) and found.values[NAMESPACE] is None:
        rights.append(CREATE_NAMESPACES)
    return {review_read(right): partial(may, api, right) for right in rights}
