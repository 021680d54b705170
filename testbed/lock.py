"""One run at a time: the cluster's name and the cache are the machine's, not the checkout's."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from testbed import paths
from testbed.errors import UsageError

# As long as the longest build takes, so that two runs started together both end well.
PATIENCE = 1800.0


@contextmanager
def only_run(patience: float | None = None) -> Iterator[None]:
    """Hold the lock, once it is free; the kernel lets go of it however the run ends."""
    paths.cache().mkdir(parents=True, exist_ok=True)
    with open(paths.cache() / "lock", "a+", encoding="ascii") as file:
        _take(file, PATIENCE if patience is None else patience)
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file: IO[str], patience: float) -> None:
    end = time.monotonic() + patience
    told = False
    while not _taken(file):
        file.seek(0)
        owner = file.read().strip() or "unknown"
        if time.monotonic() >= end:
            raise UsageError(f"another run (process {owner}) is at work; wait for it to end")
        if not told:
            print(f"another run (process {owner}) is at work; waiting for it to end", file=sys.stderr, flush=True)
            told = True
        time.sleep(min(1.0, patience))


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
