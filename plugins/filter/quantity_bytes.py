# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A quantity of Kubernetes as a number."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError


def quantity_bytes(quantity: object) -> int:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity

    try:
        return int(parse_quantity(quantity))
    except ValueError as error:
        raise AnsibleFilterError(f"quantity_bytes: {error}.") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[[object], int]]:
        return {"quantity_bytes": quantity_bytes}
