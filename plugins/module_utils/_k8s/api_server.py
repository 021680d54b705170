# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of the API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

from .api import KubeApi

_SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


_ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes"


def api_server_addresses(api: KubeApi) -> list[str]:
    """The addresses behind the Service ``kubernetes``, in which network policies are told who the API server is."""
    try:
        slices = api.items(_SLICES, [("labelSelector", "kubernetes.io/service-name=kubernetes")])
    except TracingError as error:
        if error.kind != "forbidden":
            raise
        return _from_endpoints(api.get(_ENDPOINTS) or {})
    found = [address for item in slices for one in item.get("endpoints") or [] for address in one.get("addresses", [])]
    return sorted(set(found))


def _from_endpoints(endpoints: Mapping[str, Any]) -> list[str]:
    subsets = endpoints.get("subsets") or []
    return sorted({address["ip"] for subset in subsets for address in subset.get("addresses") or []})
