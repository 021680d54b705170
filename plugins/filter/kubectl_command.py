# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kubectl, or helm, with the cluster and the namespace of a role."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError


def kubectl_command(namespace: str, kubeconfig: str = "", context: str = "", program: str = "kubectl") -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import PROGRAMS, Shell

    if program not in PROGRAMS:
        raise AnsibleFilterError(f"kubectl_command: program is {program!r}; write one of {', '.join(PROGRAMS)}.")
    return Shell(kubeconfig, context).command(program, namespace=namespace)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"kubectl_command": kubectl_command}
