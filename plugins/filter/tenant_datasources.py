# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data source of Grafana for each tenant of Tempo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def tenant_datasources(tenants: Any, source: Mapping[str, Any]) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana import tenants as made

    if isinstance(tenants, str) or not isinstance(tenants, Sequence):
        raise AnsibleFilterError("tenant_datasources takes a list of tenants.")
    return made.tenant_datasources([str(tenant) for tenant in tenants], source)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"tenant_datasources": tenant_datasources}
