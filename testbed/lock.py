"""One run at a time: the cluster's name and the cache are the machine's, not the checkout's."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from testbed import paths
from testbed.errors import UsageError


@contextmanager
def only_run() -> Iterator[None]:
    """Hold the lock; the kernel lets go of it however the run ends."""
    paths.cache().mkdir(parents=True, exist_ok=True)
    path = paths.cache() / "lock"
    with open(path, "a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise UsageError(f"another run (process {owner}) is at work; wait for it to end") from error
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
