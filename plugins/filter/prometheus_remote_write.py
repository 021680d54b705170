# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Prometheus forwards metrics to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def prometheus_remote_write(receivers: Sequence[Mapping[str, Any]], folder: str) -> dict[str, list[dict[str, Any]]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import (
        prometheus_configuration as configuration,
    )

    return {
        "remote_write": configuration.remote_write(receivers, folder),
        "mounts": configuration.secret_mounts(receivers, folder),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, list[dict[str, Any]]]]]:
        return {"prometheus_remote_write": prometheus_remote_write}
