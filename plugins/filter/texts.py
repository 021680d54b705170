# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, durations, quantities and commands as texts.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def address(text: Any) -> dict[str, Any]:
    """Take an address apart."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as

    if not isinstance(text, str):
        raise AnsibleFilterError("address takes a text.")
    found = raised_as(lambda: parse_optional(text), AnsibleFilterError)
    service, namespace = found.service
    return {
        "url": found.url,
        "scheme": found.scheme,
        "host": found.host,
        "port": found.port,
        "path": found.path,
        "service": service,
        "namespace": namespace,
        "in_cluster": service != "",
    }


def go_duration(duration: object) -> str:
    """A length of time as Go reads it, and with it Tempo."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.texts import in_hours

    return in_hours(str(duration))


def kubectl_command(namespace: str, kubeconfig: str = "", context: str = "", program: str = "kubectl") -> str:
    """kubectl, or helm, with the cluster and the namespace of a role."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import PROGRAMS, Shell

    if program not in PROGRAMS:
        raise AnsibleFilterError(f"kubectl_command: program is {program!r}; write one of {', '.join(PROGRAMS)}.")
    return Shell(kubeconfig, context).command(program, namespace=namespace)


def quantity_bytes(quantity: object) -> int:
    """A quantity of Kubernetes as a number."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity

    try:
        return int(parse_quantity(quantity))
    except ValueError as error:
        raise AnsibleFilterError(f"quantity_bytes: {error}.") from error


def replace_texts(data: Any, old: str, new: str) -> Any:
    """Replace a piece of every text in nested data."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import texts

    return texts.replace_texts(data, old, new)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "address": address,
            "go_duration": go_duration,
            "kubectl_command": kubectl_command,
            "quantity_bytes": quantity_bytes,
            "replace_texts": replace_texts,
        }
