"""Which of the two kinds of test cluster to make, and why."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from testbed import host, machine, paths
from testbed.errors import UsageError
from testbed.machine import Machine
from testbed.shell import Result, attempt

SOURCE = "source"
PULL = "pull"
PROBE_SECONDS = 8.0
# What kind v0.33.0 runs by default, without its digest: only its manifest is asked for.
PROBE_IMAGE = "docker.io/kindest/node:v1.37.0"
NO_REGISTRY = f"Docker is running, but got no answer from the image registry in {PROBE_SECONDS:g} s"


@dataclass(frozen=True)
class Mode:
    """The mode and the reason for it."""

    name: str
    reason: str

    @property
    def is_source(self) -> bool:
        """Whether everything is built here."""
        return self.name == SOURCE


def decide(
    requested: str,
    recorded: str,
    here: Machine,
    docker: Callable[[], Result],
    can_pull: Callable[[], bool],
) -> Mode:
    """The request decides, then the last run of this checkout, then what the machine can do."""
    if requested:
        if requested not in (SOURCE, PULL):
            raise UsageError(f"TESTBED={requested} is not known; use {SOURCE} or {PULL}, or leave it unset")
        return _possible(Mode(requested, "TESTBED says so"), here)
    if recorded in (SOURCE, PULL):
        return _possible(Mode(recorded, "as before; `clean` forgets it"), here)
    asked = docker()
    if asked.code != 0:
        if not here.can_build:
            raise UsageError(machine.docker_help(here, asked))
        return Mode(SOURCE, "no Docker is running")
    if can_pull():
        return Mode(PULL, "Docker is running and reaches the image registry")
    if not here.can_build:
        raise UsageError(f"{NO_REGISTRY}: set the proxy or the mirror that Docker needs. {machine.OR_ANOTHER}")
    return Mode(SOURCE, NO_REGISTRY)


def _possible(mode: Mode, here: Machine) -> Mode:
    if mode.is_source:
        machine.require_build(here)
    return mode


def can_pull() -> bool:
    """Whether the engine can see kind's node image; bounded."""
    command = ["docker", "manifest", "inspect", PROBE_IMAGE]
    return attempt(command, timeout=PROBE_SECONDS, env={"DOCKER_CLI_EXPERIMENTAL": "enabled"}).code == 0


def recorded() -> str:
    """The mode of the last run of this checkout, if any."""
    return paths.MODE_FILE.read_text(encoding="utf-8").strip() if paths.MODE_FILE.is_file() else ""


def record(mode: Mode) -> None:
    """Remember the mode for the next run, and for whoever reads the file."""
    paths.write_atomically(paths.MODE_FILE, mode.name + "\n")


def current() -> Mode:
    """The mode of this run."""
    return decide(os.environ.get("TESTBED", ""), recorded(), machine.this(), host.ask_docker, can_pull)
