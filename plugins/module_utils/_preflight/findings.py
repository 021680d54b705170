# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a preflight reads of a cluster, at the same time where it can, and what it finds wrong.

A part that this user may not read is unknown, which is no problem by itself. A cluster that can't be reached is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import understood

# As many as the client keeps connections for on a small machine.
WORKERS = 8
# The server tells at length who may not do what on which path; the name of the read says as much.
NOT_ALLOWED = "this user may not read that."


@dataclass(frozen=True)
class Problem:
    """Something to mend before the release can work."""

    check: str
    message: str
    fix: str

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass
class Found:
    """Values of reads by their names, and why others could not be read."""

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def known(self, name: str) -> bool:
        return name in self.values

    def add(self, more: Found) -> None:
        self.values |= more.values
        self.reasons |= more.reasons

    def items(self, name: str) -> list[dict[str, Any]]:
        """A list that was read; empty as well when it could not be, or did not have to be."""
        return list(self.values.get(name) or [])

    @property
    def unknown(self) -> list[str]:
        return [f"{name}: {reason}" for name, reason in self.reasons.items()]


def gather(reads: Mapping[str, Callable[[], Any]]) -> Found:
    """Do all reads at once. The first one that tells of a broken cluster or connection ends it all."""
    found = Found()
    pool = ThreadPoolExecutor(WORKERS)
    try:
        asked = {name: pool.submit(_attempt, work) for name, work in reads.items()}
        for name, future in asked.items():
            value, error = future.result()
            if error is None:
                found.values[name] = value
            else:
                found.reasons[name] = NOT_ALLOWED if error.kind == "forbidden" else error.message
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _attempt(work: Callable[[], Any]) -> tuple[Any, TracingError | None]:
    try:
        return understood(work), None
    except TracingError as error:
        # The server is there and says no to this one thing.
        if error.kind in ("forbidden", "kubernetes_api", "too_large") and not error.retryable:
            return None, error
        raise
