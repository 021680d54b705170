# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What values set and a platform refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def platform_problems(values: Any, platform: str, name: str) -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import platforms

    if not isinstance(values, Mapping):
        raise AnsibleFilterError("platform_problems takes a dictionary of values.")
    return platforms.platform_problems(platform, values, name)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"platform_problems": platform_problems}
