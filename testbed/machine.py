"""What follows from the kind of machine: which cluster it can make, and how Docker is started on it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

from testbed.errors import UsageError
from testbed.shell import Result

NOT_FOUND = 127
OR_ANOTHER = "Or use a cluster that is there: make demo CONTEXT=NAME"
# What is done where Docker is there and gives no answer, by the name of the system.
START = {
    "Darwin": "start Docker Desktop (`open -a Docker`), Colima or OrbStack, and wait until `docker info` answers",
    "WSL": "start Docker Desktop on Windows and switch on its WSL integration for this distribution",
    "Linux": "start Docker Engine (`systemctl start docker`) or Docker Desktop",
}
INSTALL = {
    "Darwin": "install Docker Desktop (`brew install --cask docker`) and start it",
    "WSL": "install Docker Desktop on Windows and switch on its WSL integration for this distribution",
    "Linux": "install Docker Engine (https://docs.docker.com/engine/install) or Docker Desktop",
}
MEMBER = "have your user added to the group `docker` and log in again, or use rootless Docker"


@dataclass(frozen=True)
class Machine:
    """The system and the user, as far as anything is decided by them."""

    system: str  # a key of START, or another name of `platform.system()`
    root: bool

    @property
    def can_build(self) -> bool:
        """Source mode runs an engine, writes firewall rules and makes a root filesystem."""
        return self.system in ("Linux", "WSL") and self.root


def this() -> Machine:
    """The machine that this runs on."""
    return Machine(name(platform.system(), platform.release()), root=os.geteuid() == 0)


def name(system: str, release: str) -> str:
    """Linux under Windows is told by its kernel's name."""
    return "WSL" if system == "Linux" and "microsoft" in release.lower() else system


def require_build(machine: Machine) -> None:
    """Refuse source mode where it cannot work."""
    if not machine.can_build:
        raise UsageError(
            "TESTBED=source runs an engine of its own and writes firewall rules: it needs Linux and root. "
            "TESTBED=pull needs neither, but a Docker that answers"
        )


def docker_help(machine: Machine, asked: Result) -> str:
    """Why `docker info` failed, and what to do about it on this machine."""
    known = machine.system if machine.system in START else "Linux"
    if asked.code == NOT_FOUND:
        why, fix = "there is no `docker` on the PATH", INSTALL[known]
    elif "permission denied" in asked.err.lower() and known != "Darwin":
        why, fix = "Docker refuses this user", MEMBER
    else:
        why, fix = "Docker does not answer", START[known]
    return f"{why}: {fix}. {OR_ANOTHER}"
