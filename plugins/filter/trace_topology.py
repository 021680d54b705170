# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile the topology that the trace generator plays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def trace_topology(
    flows: Any, edges: Any = None, services: Any = None, resource_attributes: Any = None
) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.topology import compile_topology

    return compile_topology(flows, edges, services, resource_attributes)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"trace_topology": trace_topology}
