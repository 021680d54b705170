# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods as components of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def pod_components(pods: Any) -> list[dict[str, str]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verification import components

    if not isinstance(pods, Sequence) or isinstance(pods, str):
        raise AnsibleFilterError("pod_components takes a list of pods.")
    names = ("name", "version", "image", "status")
    return [{name: one[name] for name in names} for one in components(pods)]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        return {"pod_components": pod_components}
