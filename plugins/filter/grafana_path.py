# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say below which path a Grafana answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def grafana_path(server: Any) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import path_of

    if not isinstance(server, Mapping):
        raise AnsibleFilterError("grafana_path takes the section server of grafana.ini.")
    serves = str(server.get("serve_from_sub_path", "")).lower() in ("true", "1", "yes", "on")
    return path_of(str(server.get("root_url") or "")) if serves else ""


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"grafana_path": grafana_path}
