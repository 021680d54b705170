# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what a run of the generator sends, and its share of the storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def k6_summary(load: Any, topology: Any) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.generator import summary

    if not isinstance(load, Mapping) or not isinstance(topology, Mapping):
        raise AnsibleFilterError("k6_summary takes what k6_load and trace_topology return.")
    return shaped(lambda: summary(load, topology["flows"]), _not_compiled)


def _not_compiled(error: Exception) -> AnsibleFilterError:
    return AnsibleFilterError(f"k6_summary takes what k6_load and trace_topology return ({type(error).__name__}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"k6_summary": k6_summary}
