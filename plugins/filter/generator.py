# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trace generator: its load, its topology and its pods.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

SETTINGS = {"profile", "rate", "peak_rate", "max_rate", "duration", "instances"} | {
    "ramp_duration",
    "burst_every",
    "burst_duration",
}


def k6_load(settings: Any) -> dict[str, Any]:
    """Compile a load profile to options of k6."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.load_profile import compile_load

    if not isinstance(settings, Mapping) or set(settings) != SETTINGS:
        raise AnsibleFilterError(f"k6_load takes a dictionary with {', '.join(sorted(SETTINGS))}.")
    return compile_load(settings)


def k6_run(pods: object) -> dict[str, list[str]]:
    """In which pods k6 runs, has ended or has failed."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import k6_run as judge

    if not isinstance(pods, list) or not all(isinstance(pod, Mapping) for pod in pods):
        raise AnsibleFilterError(f"k6_run takes a list of pods, not {type(pods).__name__}: pass resources of k8s_info.")
    return shaped(lambda: judge(pods), _not_pods)


def _not_pods(error: Exception) -> AnsibleFilterError:
    return AnsibleFilterError(f"k6_run was given pods that are not as Kubernetes has them ({type(error).__name__}).")


def k6_summary(load: Any, topology: Any) -> str:
    """Say what a run of the generator sends, and its share of the storage."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.generator import summary

    if not isinstance(load, Mapping) or not isinstance(topology, Mapping):
        raise AnsibleFilterError("k6_summary takes what k6_load and trace_topology return.")
    return shaped(lambda: summary(load, topology["flows"]), _not_compiled)


def _not_compiled(error: Exception) -> AnsibleFilterError:
    return AnsibleFilterError(f"k6_summary takes what k6_load and trace_topology return ({type(error).__name__}).")


def trace_topology(
    flows: Any, edges: Any = None, services: Any = None, resource_attributes: Any = None
) -> dict[str, Any]:
    """Compile the topology that the trace generator plays."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.topology import compile_topology

    return compile_topology(flows, edges, services, resource_attributes)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "k6_load": k6_load,
            "k6_run": k6_run,
            "k6_summary": k6_summary,
            "trace_topology": trace_topology,
        }
