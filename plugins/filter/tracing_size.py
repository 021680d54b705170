# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Size the stack for a rate of spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def tracing_size(load: Any, **more: Any) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.plan import plan
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.sheet import sheet

    if not isinstance(load, Mapping):
        raise AnsibleFilterError(f"tracing_size takes a dictionary such as {{'spans_per_second': 1000}}, not {load!r}.")
    try:
        size = plan({**load, **more})
    except ValueError as error:
        # Ansible would tell the cause a second time.
        raise AnsibleFilterError(f"tracing_size: {error}.") from None
    return {**size, "summary": sheet(size)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"tracing_size": tracing_size}
