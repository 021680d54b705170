# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say which values of a user contradict what a role relies on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def fixed_values(user: Any, own: Mapping[str, Any], table: Mapping[str, Any], name: str = "values") -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.fixed_values import contradictions

    if not isinstance(user, Mapping):
        raise AnsibleFilterError("fixed_values takes a dictionary of values.")
    return contradictions(user, own, table, name)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"fixed_values": fixed_values}
