# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Alloy's routes lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def alloy_routes(
    routes: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    tempo: Mapping[str, Any],
    memory: str,
    volume: str = "",
) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.alloy_routes import outputs

    return outputs(routes, defaults, tempo, memory, volume)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"alloy_routes": alloy_routes}
