# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several questions at the same time, each answered or failed by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

T = TypeVar("T")
R = TypeVar("R")
# So many requests are under way at the same time: each may bring an answer of tens of megabytes.
MOST_AT_ONCE = 4


def each(work: Callable[[T], R], items: Sequence[T]) -> list[R | TracingError]:
    """The results in the order of the items. Every request bounds its own time, so that this ends."""

    def one(item: T) -> R | TracingError:
        try:
            return work(item)
        except TracingError as error:
            return error.kept()

    if len(items) < 2:
        return [one(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, len(items))) as pool:
        return list(pool.map(one, items))
