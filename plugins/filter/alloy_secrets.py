# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Alloy's pods get at Secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def alloy_secrets(
    outputs: Rows, logins: Mapping[str, Mapping[str, Any]], files: Mapping[str, str], folder: str
) -> dict[str, list[dict[str, Any]]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.alloy_secrets import pod_secrets

    return pod_secrets(logins, files, outputs, folder)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, list[dict[str, Any]]]]]:
        return {"alloy_secrets": alloy_secrets}
