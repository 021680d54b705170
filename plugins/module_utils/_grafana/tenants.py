# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data source for each tenant of Tempo."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import TENANT_HEADER

# What Grafana takes as a uid.
_LONGEST = 40
_NO_UID = re.compile(r"[^a-zA-Z0-9_-]")


def tenant_datasources(tenants: Iterable[str], source: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The data source of Tempo once more for each tenant, as a provisioning file takes it: ``$$`` stands for ``$``."""
    return [_of_tenant(tenant, source) for tenant in tenants]


def _of_tenant(tenant: str, source: Mapping[str, Any]) -> dict[str, Any]:
    settings, secrets = dict(source.get("jsonData") or {}), dict(source.get("secureJsonData") or {})
    number = _header(settings)
    text = tenant.replace("$", "$$")
    return {
        **source,
        "name": f"{source['name']} ({text})",
        "uid": uid(str(source["uid"]), tenant),
        "isDefault": False,
        "jsonData": {**settings, f"httpHeaderName{number}": TENANT_HEADER, "tenant": text},
        "secureJsonData": {**secrets, f"httpHeaderValue{number}": text},
    }


def _header(settings: Mapping[str, Any]) -> int:
    """The number of the header that names the tenant, or the first that is free."""
    number = 1
    while settings.get(f"httpHeaderName{number}", TENANT_HEADER) != TENANT_HEADER:
        number += 1
    return number


def uid(prefix: str, tenant: str) -> str:
    """As the tenant is called where Grafana takes that; else with a hash, so that no two are the same."""
    plain = f"{prefix}-{_NO_UID.sub('-', tenant)}"
    if plain == f"{prefix}-{tenant}" and len(plain) <= _LONGEST:
        return plain
    mark = hashlib.sha256(tenant.encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST - len(mark) - 1]}-{mark}"
