# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources of a container as a platform takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def pod_resources(resources: Any, platform: str) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import platforms

    if not isinstance(resources, Mapping):
        raise AnsibleFilterError("pod_resources takes a dictionary with requests and limits.")
    try:
        return platforms.pod_resources(resources, platform)
    except ValueError as error:
        raise AnsibleFilterError(f"pod_resources: {error}.") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"pod_resources": pod_resources}
