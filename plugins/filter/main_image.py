# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image of the container that a pod is there for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def main_image(pod: object) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import main_image as image_of

    if not isinstance(pod, Mapping):
        raise AnsibleFilterError(
            f"main_image takes a pod, not {type(pod).__name__}: pass one of the resources of k8s_info."
        )
    return shaped(lambda: image_of(pod), _not_a_pod)


def _not_a_pod(error: Exception) -> AnsibleFilterError:
    return AnsibleFilterError(f"main_image was given a pod that is not as Kubernetes has it ({type(error).__name__}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"main_image": main_image}
