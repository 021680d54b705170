# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which pods k6 runs, has ended or has failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def k6_run(pods: object) -> dict[str, list[str]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import k6_run as judge

    if not isinstance(pods, list) or not all(isinstance(pod, Mapping) for pod in pods):
        raise AnsibleFilterError(f"k6_run takes a list of pods, not {type(pods).__name__}: pass resources of k8s_info.")
    return shaped(lambda: judge(pods), _not_pods)


def _not_pods(error: Exception) -> AnsibleFilterError:
    return AnsibleFilterError(f"k6_run was given pods that are not as Kubernetes has them ({type(error).__name__}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"k6_run": k6_run}
