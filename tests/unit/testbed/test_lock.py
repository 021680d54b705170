"""Two runs on one machine: the second waits, says so, and gives up with the name of the first."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from testbed import lock, paths
from testbed.errors import UsageError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "cache", lambda: tmp_path)


def test_a_second_run_is_told_who_is_at_work() -> None:
    with lock.only_run(), pytest.raises(UsageError, match=f"process {os.getpid()}"), lock.only_run(patience=0):
        pass


def test_a_second_run_waits_for_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    held, done = threading.Event(), threading.Event()

    def first() -> None:
        with lock.only_run():
            held.set()
            done.wait(10)

    other = threading.Thread(target=first)
    other.start()
    assert held.wait(10)
    threading.Timer(0.2, done.set).start()
    with lock.only_run(patience=30):
        assert done.is_set()
    other.join()
    assert "waiting for it to end" in capsys.readouterr().err
