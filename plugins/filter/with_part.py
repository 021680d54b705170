# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the stack that a run knows, with one more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def with_part(records: Iterable[Mapping[str, Any]], new: Mapping[str, Any] | list[Mapping[str, Any]]) -> list[Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import with_record

    found = list(records)
    for record in [new] if isinstance(new, Mapping) else new:
        found = with_record(found, record)
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[Any]]]:
        return {"with_part": with_part}
