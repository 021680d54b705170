# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that lead everything in a task to the cluster that a role has looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def connection_environment(
    connections: Any, role: str, kubeconfig: str | None = "", context: str | None = ""
) -> Mapping[str, str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import environment_of

    if not isinstance(connections, Mapping):
        raise AnsibleFilterError("connection_environment takes the connections by role.")
    return environment_of(connections, role, kubeconfig or "", context or "")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Mapping[str, str]]]:
        return {"connection_environment": connection_environment}
