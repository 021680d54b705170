# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a dashboard of Grafana from a short description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def grafana_dashboard(description: Any, runbook_url: str = "") -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.dashboards import DashboardError, build

    if not isinstance(description, Mapping):
        raise AnsibleFilterError("grafana_dashboard takes a dictionary.")
    try:
        return build(description, runbook_url)
    except DashboardError as error:
        raise AnsibleFilterError(f"{description.get('uid', 'A dashboard')}: {error}") from error
    except UNSHAPED as error:
        name, why = description.get("uid", "A dashboard"), f"{type(error).__name__}: {error}"
        raise AnsibleFilterError(f"{name} is not described as it has to be ({why}).") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"grafana_dashboard": grafana_dashboard}
