# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting with a deadline: a monotonic clock, growing pauses, and nothing that sleeps in tests."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

T = TypeVar("T")

# A pause grows up to this many times the first one: a long wait should not cost a request each second.
MAX_GROWTH = 5.0
GROWTH = 1.25
JITTER = 0.1
# No request is worth sending with less time than this.
MIN_REQUEST_SECONDS = 0.05
# A shorter pause is none: float arithmetic could repeat it for ever.
MIN_PAUSE_SECONDS = 0.001
# The least time that is kept for the last attempt.
LAST_ATTEMPT_SECONDS = 0.2


@dataclass(frozen=True)
class Clock:
    """Everything that time-dependent code may ask of the outside."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], float] = time.time
    random: Callable[[], float] = random.random


class Deadline:
    """A moment on the monotonic clock. Steps of the wall clock do not move it."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock = clock
        self.seconds = seconds
        self.started = clock.monotonic()

    def elapsed(self) -> float:
        return self._clock.monotonic() - self.started

    def wall(self) -> float:
        """The Unix time now."""
        return self._clock.wall()

    def extend(self, seconds: float) -> None:
        self.seconds += seconds

    def remaining(self) -> float:
        return max(0.0, self.seconds - self.elapsed())

    def request_timeout(self, limit: float) -> float:
        """The time one request may take: its own limit, but never past the deadline."""
        remaining = self.remaining()
        if remaining < MIN_REQUEST_SECONDS:
            raise TracingError("deadline", f"The time limit of {self.seconds:g} s is used up.", retryable=True)
        return min(limit, remaining)


@dataclass
class Outcome(Generic[T]):
    """How a wait ended. ``last_error`` is the newest retryable failure since the last answer."""

    value: T | None = None
    done: bool = False
    attempts: int = 0
    last_error: TracingError | None = None


def pauses(interval: float, clock: Clock, longest: float = float("inf")) -> Callable[[], float]:
    """Pauses that start at the interval, grow slowly, and are spread so that hosts do not poll in step.

    They do not grow beyond ``longest``, but an interval that is longer holds.
    """
    current = interval
    most = max(interval, min(interval * MAX_GROWTH, longest))

    def following() -> float:
        nonlocal current
        pause = current * (1.0 + JITTER * (2.0 * clock.random() - 1.0))
        current = min(current * GROWTH, most)
        return pause

    return following


def poll(
    step: Callable[[], tuple[bool, T]],
    deadline: Deadline,
    interval: float,
    clock: Clock,
    *,
    once: bool = False,
    spared: Callable[[], float] = float,
) -> Outcome[T]:
    """Call ``step`` until it says it is done or the deadline passes. Fatal errors are raised at once.

    The last pause is cut so that one attempt still fits before the deadline. ``spared`` tells how many seconds of the
    last attempt the next one will not take.
    """
    outcome: Outcome[T] = Outcome()
    following = pauses(interval, clock)
    while True:
        outcome.attempts += 1
        began = deadline.elapsed()
        try:
            outcome.done, outcome.value = step()
            outcome.last_error = None
        except TracingError as error:
            if not error.retryable:
                raise
            # An attempt that the deadline cut short says nothing new about the far side.
            if outcome.attempts == 1 or deadline.remaining() >= MIN_REQUEST_SECONDS:
                outcome.last_error = error.kept()
        if outcome.done or once:
            return outcome
        # The next attempt will take about as long as this one, and gets twice the time.
        takes = deadline.elapsed() - began - spared()
        usable = deadline.remaining() - max(LAST_ATTEMPT_SECONDS, 2 * takes)
        if usable < MIN_PAUSE_SECONDS:
            return outcome
        clock.sleep(min(following(), usable))
