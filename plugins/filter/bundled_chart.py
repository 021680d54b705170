# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chart as the contents of a bundle list it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def bundled_chart(archive: Any, role: str) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.collected import chart_entry

    if not isinstance(archive, Mapping):
        raise AnsibleFilterError("bundled_chart takes the result of chart_archive.")
    return chart_entry(archive, role)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"bundled_chart": bundled_chart}
