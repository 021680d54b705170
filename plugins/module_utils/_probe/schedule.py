# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work with due times, done by a few threads."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock

Work = Callable[[], None]

# Work that another thread adds must not wait long for a thread that sleeps.
LONGEST_NAP = 0.02


class Schedule:
    """What is due first comes first, but urgent work that is due comes before all other.

    So a look that measures a latency does not stand in line behind what has still to be sent.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._urgent: list[tuple[float, int, Work]] = []
        self._other: list[tuple[float, int, Work]] = []
        self._order = itertools.count()
        self._running = 0
        self._error: BaseException | None = None

    def add(self, due: float, work: Work, *, urgent: bool) -> None:
        with self._lock:
            heapq.heappush(self._urgent if urgent else self._other, (due, next(self._order), work))

    def run(self, threads: int) -> None:
        """Until nothing is left. The first error ends it: what runs is finished, the rest is dropped."""
        helpers = [threading.Thread(target=self._work, daemon=True) for _helper in range(threads - 1)]
        for helper in helpers:
            helper.start()
        self._work()
        for helper in helpers:
            helper.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while True:
            work, wait = self._next()
            if work is not None:
                self._do(work)
            elif wait is None:
                return
            else:
                self._clock.sleep(min(wait, LONGEST_NAP))

    def _next(self) -> tuple[Work | None, float | None]:
        """Something to do, or how long to wait for it; neither when all is done."""
        now = self._clock.monotonic()
        with self._lock:
            for heap in (self._urgent, self._other):
                if heap and heap[0][0] <= now:
                    self._running += 1
                    return heapq.heappop(heap)[2], None
            dues = [heap[0][0] for heap in (self._urgent, self._other) if heap]
            if dues:
                return None, min(dues) - now
            # What runs may still add more.
            return None, LONGEST_NAP if self._running else None

    def _do(self, work: Work) -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as caught:  # pylint: disable=broad-exception-caught
            error = caught  # raised again by run, in the thread that asked
        with self._lock:
            self._running -= 1
            if error is not None:
                self._error = self._error or error
                self._urgent.clear()
                self._other.clear()
