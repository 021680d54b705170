#!/usr/bin/env python3
"""An OCI runtime: runc, less the capabilities that this machine's bounding set lacks.

A privileged container asks for every capability, and runc fails when the kernel refuses one.
On a machine whose bounding set is cut, dropping what cannot be had is what makes it start.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

# In the order of their bits.
# fmt: off
NAMES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)
# fmt: on


def missing_capabilities(bounding_set: int) -> set[str]:
    """The known capabilities whose bit is not set."""
    return {f"CAP_{name}" for bit, name in enumerate(NAMES) if not bounding_set >> bit & 1}


def own_bounding_set() -> int:
    """This process's bounding set, as the kernel reports it."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("CapBnd:"):
                return int(line.split()[1], 16)
    raise OSError("/proc/self/status has no CapBnd line")


def without(process: dict[str, Any], missing: set[str]) -> None:
    """Take the missing capabilities out of an OCI process description."""
    capabilities = process.get("capabilities") or {}
    for kind, names in capabilities.items():
        capabilities[kind] = [name for name in names or [] if name not in missing]


def option(arguments: list[str], *names: str) -> str | None:
    """The value that follows one of the named options, or is joined to it by '='."""
    for index, argument in enumerate(arguments):
        if argument in names and index + 1 < len(arguments):
            return arguments[index + 1]
        name, equals, value = argument.partition("=")
        if equals and name in names:
            return value
    return None


def rewrite(path: str, pick: Callable[[dict[str, Any]], dict[str, Any]], missing: set[str]) -> None:
    """Rewrite the description in one file."""
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    without(pick(content), missing)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


def main(arguments: list[str]) -> None:
    """Adapt what runc will read, then become runc."""
    missing = missing_capabilities(own_bounding_set())
    if "create" in arguments or "run" in arguments:
        bundle = option(arguments, "--bundle", "-b") or "."
        rewrite(os.path.join(bundle, "config.json"), lambda spec: spec["process"], missing)
    elif "exec" in arguments:
        path = option(arguments, "--process", "-p")
        if path:
            rewrite(path, lambda process: process, missing)
    os.execvp("runc", ["runc", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
