# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for an autoscaler, with defaults filled in, whichever role's it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def problems(option: str, autoscaler: Mapping[str, Any], requests: Mapping[str, Any], resources: str) -> Iterator[str]:
    """``option`` is what the autoscaler is set by, and ``resources`` the option that has the ``requests``."""
    fewest, most = autoscaler["min_replicas"], autoscaler["max_replicas"]
    targets = {name: int(autoscaler[f"{name}_percent"]) for name in ("cpu", "memory")}
    if not 0 < int(fewest) <= int(most):
        yield (
            f"{option} has min_replicas {fewest} and max_replicas {most}: the first must be 1 or more, "
            "and no more than the second."
        )
    if sum(targets.values()) <= 0:
        yield f"{option} has no target: set cpu_percent or memory_percent above 0."
    for name, percent in targets.items():
        if percent and name not in requests:
            yield (f"{option} has the target {name}_percent, and {resources} requests no {name}: set requests.{name}.")
