# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say which values of a user a newer Tempo no longer has, and what stands in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def retired_values(sources: Any, chart: str, version: str) -> list[str]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.retired_values import problems

    if not isinstance(sources, Mapping) or not all(isinstance(values, Mapping) for values in sources.values()):
        raise AnsibleFilterError("retired_values takes dictionaries of values, by where they were set.")
    return problems(sources, chart, str(version))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"retired_values": retired_values}
