# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace a piece of every text in nested data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def replace_texts(data: Any, old: str, new: str) -> Any:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import texts

    return texts.replace_texts(data, old, new)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replace_texts": replace_texts}
