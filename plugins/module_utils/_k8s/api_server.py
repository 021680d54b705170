# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of the API server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
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
    return _addresses(found)


def _from_endpoints(endpoints: Mapping[str, Any]) -> list[str]:
    subsets = endpoints.get("subsets") or []
    return _addresses(address["ip"] for subset in subsets for address in subset.get("addresses") or [])


def _addresses(found: Iterable[Any]) -> list[str]:
    """Network policies let these in: a host name, or a range of addresses, is none."""
    return sorted({text for text in map(str, found) if _is_address(text)})


def _is_address(text: str) -> bool:
    try:
        return not ip_address(text).is_unspecified and "%" not in text
    except ValueError:
        return False
