# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that an option names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def named_secrets(value: Any, option: str, keys: Sequence[str] = ()) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.named_secrets import (
        named_secrets as named,
    )

    return named(value, option, keys)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"named_secrets": named_secrets}
