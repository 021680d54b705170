"""What the machine itself must have: Debian packages and a running Docker Engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from testbed import paths
from testbed.errors import TestbedError, UsageError
from testbed.files import runc_bounded
from testbed.shell import Result, attempt, run

# A command that source mode calls, and the Debian package that brings it.
NEEDED = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "zstd": "zstd",
    "gcc": "gcc libc6-dev",
    "unshare": "util-linux",
    "tar": "tar",
    # Pushes images into the cluster's registry.
    "skopeo": "skopeo",
}
RUNTIME = "runc-bounded"
DAEMON_JSON = Path("/etc/docker/daemon.json")
FREE_GIB = 10
START_SECONDS = 60


def require_space(gib: int = FREE_GIB) -> None:
    """Refuse early when the cache's disk cannot hold what will be made."""
    paths.cache().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(paths.cache()).free // 2**30
    if free < gib:
        raise UsageError(f"{paths.cache()} has {free} GiB free, {gib} GiB are needed; free some, or set XDG_CACHE_HOME")


def missing_packages() -> list[str]:
    """The packages whose command is not there."""
    absent = [package for command, package in NEEDED.items() if shutil.which(command) is None]
    return [name for packages in absent for name in packages.split()]


def install_packages() -> list[str]:
    """Install what is missing; returns the names of the packages."""
    missing = missing_packages()
    if not missing:
        return []
    if shutil.which("apt-get") is None:
        raise UsageError(f"no apt-get here; install by hand what provides: {', '.join(missing)}")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if attempt(command, env=env).code != 0:
        run(["apt-get", "update", "-qq"], env=env)
        run(command, env=env)
    return missing


def ask_docker() -> Result:
    """What Docker says to a question that it answers when it runs and lets us in."""
    return attempt(["docker", "info", "--format", "{{.ServerVersion}}"], timeout=10)


def docker_answers() -> bool:
    """Whether a Docker Engine is running and lets us in."""
    return ask_docker().code == 0


def lacks_capabilities() -> bool:
    """Whether a privileged container would ask for a capability that cannot be had here."""
    return bool(runc_bounded.missing_capabilities(runc_bounded.own_bounding_set()))


def daemon_config(existing: dict[str, Any], runtime: Path | None) -> dict[str, Any]:
    """The machine's own engine configuration, with our runtime as the default where needed."""
    config = dict(existing)
    if runtime is not None:
        config["runtimes"] = {**existing.get("runtimes", {}), RUNTIME: {"path": str(runtime)}}
        config["default-runtime"] = RUNTIME
    return config


def _install_runtime() -> Path:
    target = paths.cache() / "runtime" / RUNTIME
    text = (paths.FILES / "runc_bounded.py").read_text(encoding="utf-8")
    paths.write_atomically(target, text, 0o755)
    return target


def start_docker() -> str:
    """Start the engine in the background unless it runs; returns what was done."""
    bounded = lacks_capabilities()
    runtime = _install_runtime() if bounded else None
    if docker_answers():
        _check_runtime(bounded)
        return "already running"
    existing = json.loads(DAEMON_JSON.read_text(encoding="utf-8")) if DAEMON_JSON.is_file() else {}
    config = paths.cache() / "docker" / "daemon.json"
    paths.write_atomically(config, json.dumps(daemon_config(existing, runtime), indent=2) + "\n")
    log = config.with_name("dockerd.log")
    with open(log, "ab") as output:
        daemon = subprocess.Popen(
            ["dockerd", "--config-file", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if docker_answers():
            return "started" + (f", default runtime {RUNTIME}" if bounded else "")
        if daemon.poll() is not None:
            break
        time.sleep(0.3)
    raise TestbedError(f"dockerd does not come up; the end of {log}:\n{_tail(log)}")


def _check_runtime(bounded: bool) -> None:
    """An engine that others started must be able to start a privileged container."""
    default = run(["docker", "info", "--format", "{{.DefaultRuntime}}"]).strip()
    if bounded and default != RUNTIME:
        raise UsageError(
            f"the running Docker uses the runtime {default}, which cannot start privileged containers here "
            "(capabilities are missing); stop that dockerd, the next run starts it with a runtime that can"
        )


def _tail(path: Path, lines: int = 15) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
