# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a release of Tempo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def tempo_components(
    rows: Sequence[Mapping[str, Any]], release_name: str, resources: Mapping[str, Any], common: Mapping[str, Any]
) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.tempo_components import components

    return components(rows, release_name, resources, common)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"tempo_components": tempo_components}
