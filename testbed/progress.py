"""Step names, elapsed times, and a sign of life while a long step runs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

KEEPALIVE_SECONDS = 15.0


class Step:
    """One running step; `note` says how it ended."""

    def __init__(self) -> None:
        self.outcome = "done"

    def note(self, outcome: str) -> None:
        """Say how the step ended, in a few words."""
        self.outcome = outcome


class Progress:
    """Numbers the steps of a run and prints each with its time."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self.total = total
        self.count = 0
        self.started = time.monotonic()
        self.stream = stream or sys.stdout

    def write(self, text: str) -> None:
        """Print at once, without a line end."""
        self.stream.write(text)
        self.stream.flush()

    def skip(self, steps: int) -> None:
        """Leave out steps that turned out to be needless."""
        self.total -= steps

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Print a step's title, a line every few seconds, and its outcome with the time."""
        self.count += 1
        self.write(f"[{self.count:>2}/{self.total}] {title} ... ")
        step = Step()
        finished = threading.Event()
        start = time.monotonic()
        alive = threading.Thread(target=self._keepalive, args=(title, start, finished), daemon=True)
        alive.start()
        try:
            yield step
        except BaseException:
            self._end(finished, alive)
            self.write(f"FAILED ({time.monotonic() - start:.1f} s)\n")
            raise
        self._end(finished, alive)
        self.write(f"{step.outcome} ({time.monotonic() - start:.1f} s)\n")

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started

    def _keepalive(self, title: str, start: float, finished: threading.Event) -> None:
        while not finished.wait(KEEPALIVE_SECONDS):
            self.write(f"\n        still at {title}, {time.monotonic() - start:.0f} s ... ")

    @staticmethod
    def _end(finished: threading.Event, alive: threading.Thread) -> None:
        finished.set()
        alive.join()
