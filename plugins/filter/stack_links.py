# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the settings of a role lead to in the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Rows = Iterable[Mapping[str, Any]]


def stack_links(links: Rows, records: Rows, cluster: str) -> dict[str, list[Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import leading

    return leading(links, records, cluster)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, list[Any]]]]:
        return {"stack_links": stack_links}
