"""Running other programs: bounded, never interactive, with errors that say what failed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError

TAIL_LINES = 15


@dataclass(frozen=True)
class Result:
    """What a finished program said."""

    code: int
    out: str
    err: str


def _end(process: subprocess.Popen[str]) -> None:
    """End a child and everything it started, and wait for it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=5)
            return
        except subprocess.TimeoutExpired:
            continue


def attempt(
    command: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> Result:
    """Run a program and return what it said, whatever its exit code.

    The child gets a process group of its own, so that an interrupt ends all that it started.
    A program that cannot be found counts as exit code 127, one that takes too long as 124.
    """
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            start_new_session=True,
        )
    except FileNotFoundError:
        return Result(127, "", f"{words[0]}: not found")
    except PermissionError:
        return Result(126, "", f"{words[0]}: not executable")
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        _end(process)
        return Result(124, "", f"{words[0]}: no answer within {timeout:g} s")
    except BaseException:
        _end(process)
        raise
    return Result(process.returncode, out, err)


def run(
    command: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Run a program that must succeed and return its output."""
    result = attempt(command, stdin=stdin, env=env, cwd=cwd, timeout=timeout)
    if result.code != 0:
        raise TestbedError(failure(command, result))
    return result.out


def failure(command: Sequence[str | Path], result: Result) -> str:
    """A message with the command and the end of what it said."""
    said = (result.err.strip() or result.out.strip()).splitlines()[-TAIL_LINES:]
    shown = " ".join(str(word) for word in command)
    if len(shown) > 300:
        shown = shown[:300] + " ..."
    return "\n  ".join([f"failed (exit {result.code}): {shown}", *said])
