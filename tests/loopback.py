# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the test bed as processes on loopback, which end with the test."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
PORTS = range(20000, 30000)
# Not that of `random`, which tests seed.
_CHANCE = random.SystemRandom()
_given: set[int] = set()
# For Tempo 2. Traces are cut after a second, so that search sees them soon, and the compactor waits for no other one.
TEMPO_2 = """\
usage_report: {{reporting_enabled: false}}
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {http}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {grpc}
  log_level: warn
distributor:
  receivers: {{otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{otlp}"}}}}}}}}
  ring: {{instance_addr: 127.0.0.1, kvstore: {{store: inmemory}}}}
ingester:
  trace_idle_period: 1s
  flush_check_period: 1s
  lifecycler:
    address: 127.0.0.1
    min_ready_duration: 0s
    ring: {{kvstore: {{store: inmemory}}, replication_factor: 1}}
compactor:
  ring: {{instance_addr: 127.0.0.1, kvstore: {{store: inmemory}}, wait_stability_min_duration: 0s}}
memberlist: {{bind_addr: [127.0.0.1], bind_port: {gossip}}}
querier: {{frontend_worker: {{frontend_address: "127.0.0.1:{grpc}"}}}}
storage: {{trace: {{backend: local, local: {{path: {data}/blocks}}, wal: {{path: {data}/wal}}}}}}
"""


def program(name: str) -> str | None:
    """A program of the test bed's cache; ``NAME_BINARY`` in the environment names another one."""
    given = os.environ.get(f"{name.upper()}_BINARY")
    if given:
        assert os.access(given, os.X_OK), f"{name.upper()}_BINARY={given} is not a program"
        return given
    command = [sys.executable, "-m", "testbed", "path", name]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    path = asked.stdout.strip()
    return path if asked.returncode == 0 and os.access(path, os.X_OK) else None


def required(name: str) -> str:
    """The same, or a skip that says how to get it."""
    found = program(name)
    if found is None:
        pytest.skip(f"{name} is not in the cache: run `python3 -m testbed programs {name}`")
    return found


def free_ports(count: int) -> list[int]:
    """Not of those that the system gives to outgoing connections: one of them could take it before the program does.
    None is given twice: programs may start long after all have got their ports.
    """
    sockets: list[socket.socket] = []
    while len(sockets) < count:
        port = _CHANCE.choice(PORTS)
        if port not in _given:
            _given.add(port)
            with suppress(OSError):
                sockets.append(socket.create_server(("127.0.0.1", port)))
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    ready: str,
    environment: Mapping[str, str] = os.environ,
    starts: int = 1,
    ready_with: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """A program, from the answer of its page ``ready`` until the block ends; ``starts`` is how often it may try.

    ``ready_with`` looks in another way than by that page.
    """
    process = started(command, log, ready_with or (lambda: answers(ready)), environment, starts)
    try:
        yield
    finally:
        end(process)


def started(
    command: Sequence[str], log: Path, ready: Callable[[], bool], environment: Mapping[str, str], starts: int
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=log.parent,
            preexec_fn=_end_with_parent,
        )
    try:
        wait_until_ready(process, ready, log)
    except BaseException as failure:
        end(process)
        if isinstance(failure, AssertionError) and starts > 1:
            return started(command, log, ready, environment, starts - 1)
        raise
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _end_with_parent() -> None:
    """A test run that is killed takes its programs with it, where the system can do that (Linux, PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def wait_until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    name = log.stem
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"{name} ended: {log.read_text()[-2000:]}"
        if ready():
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} was not ready in {START_SECONDS} s: {log.read_text()[-2000:]}")


def answers(url: str) -> bool:
    try:
        with opener().open(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def opener() -> urllib.request.OpenerDirector:
    """No proxy of the environment: all of this is on loopback."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
