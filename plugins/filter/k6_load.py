# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile a load profile to options of k6."""

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
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.load_profile import compile_load

    if not isinstance(settings, Mapping) or set(settings) != SETTINGS:
        raise AnsibleFilterError(f"k6_load takes a dictionary with {', '.join(sorted(SETTINGS))}.")
    return compile_load(settings)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"k6_load": k6_load}
