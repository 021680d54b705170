# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: deadlines, pauses and errors, on a clock that never really runs."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Deadline, poll
from fakes import FakeTime


def error(kind: str, *, retryable: bool) -> TracingError:
    return TracingError(kind, kind, retryable=retryable)


def test_stops_at_the_first_done() -> None:
    time = FakeTime()
    looks = iter([(False, 1), (False, 2), (True, 3)])
    outcome = poll(lambda: next(looks), Deadline(60, time.clock), 1.0, time.clock)
    assert (outcome.done, outcome.value, outcome.attempts) == (True, 3, 3)
    assert time.slept == [1.0, 1.25]


def test_pauses_grow_to_five_times_the_first_and_use_the_time_up() -> None:
    time = FakeTime()
    outcome = poll(lambda: (False, None), Deadline(60, time.clock), 1.0, time.clock)
    assert not outcome.done
    assert max(time.slept) == 5.0
    assert time.now == pytest.approx(59.8)


def test_a_long_interval_still_gets_a_last_look() -> None:
    time = FakeTime()
    outcome = poll(lambda: (False, None), Deadline(15, time.clock), 10.0, time.clock)
    assert outcome.attempts == 3
    assert time.now == pytest.approx(14.8)


def test_slow_looks_do_not_overrun_the_deadline() -> None:
    time = FakeTime()

    def look() -> tuple[bool, None]:
        time.now += 4.0
        return False, None

    poll(look, Deadline(10, time.clock), 1.0, time.clock)
    assert time.now <= 10.0


def test_jitter_spreads_by_a_tenth() -> None:
    low, high = FakeTime(), FakeTime()
    for time, draw in ((low, 0.0), (high, 1.0)):
        clock = time.clock
        spread = type(clock)(clock.monotonic, clock.sleep, clock.wall, lambda draw=draw: draw)
        poll(lambda: (False, None), Deadline(2, clock), 1.0, spread)
    assert (low.slept[0], high.slept[0]) == (pytest.approx(0.9), pytest.approx(1.1))


def test_fatal_errors_end_it_at_once() -> None:
    time = FakeTime()

    def look() -> tuple[bool, None]:
        raise error("forbidden", retryable=False)

    with pytest.raises(TracingError, match="forbidden"):
        poll(look, Deadline(60, time.clock), 1.0, time.clock)
    assert time.slept == []


def test_a_retryable_error_is_forgotten_once_it_is_over() -> None:
    time = FakeTime()
    looks = iter([error("refused", retryable=True), (True, "seen")])

    def look() -> tuple[bool, str]:
        step = next(looks)
        if isinstance(step, TracingError):
            raise step
        return step

    outcome = poll(look, Deadline(60, time.clock), 1.0, time.clock)
    assert (outcome.done, outcome.last_error, outcome.attempts) == (True, None, 2)


def test_the_last_retryable_error_is_kept() -> None:
    time = FakeTime()

    def look() -> tuple[bool, None]:
        try:
            raise ValueError("an answer of 50 MB")
        except ValueError as cause:
            raise error("refused", retryable=True) from cause

    outcome = poll(look, Deadline(3, time.clock), 1.0, time.clock)
    kept = outcome.last_error
    assert kept is not None and kept.kind == "refused"
    # Its frames would hold what their variables hold.
    assert (kept.__traceback__, kept.__cause__, kept.__context__) == (None, None, None)


def test_an_attempt_cut_by_the_deadline_does_not_hide_earlier_answers() -> None:
    time = FakeTime()

    def look() -> tuple[bool, None]:
        if time.slept:
            time.now = 10.0
            raise error("timeout", retryable=True)
        return False, None

    assert poll(look, Deadline(10, time.clock), 1.0, time.clock).last_error is None


def test_once_looks_once() -> None:
    time = FakeTime()
    outcome = poll(lambda: (False, None), Deadline(60, time.clock), 1.0, time.clock, once=True)
    assert (outcome.attempts, time.slept) == (1, [])


def test_a_request_never_gets_more_than_what_remains() -> None:
    time = FakeTime()
    deadline = Deadline(10, time.clock)
    assert deadline.request_timeout(4) == 4
    time.now = 8
    assert deadline.request_timeout(4) == 2
    time.now = 10
    with pytest.raises(TracingError) as caught:
        deadline.request_timeout(4)
    assert caught.value.kind == "deadline"
