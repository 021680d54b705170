"""The Python packages of the application image: pinned wheels, unpacked once and cached."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from testbed import paths
from testbed.shell import run

REQUIREMENTS = paths.FILES / "app_requirements.txt"
# Debian bookworm's Python, whatever Python runs this.
PYTHON = "3.11"
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")


def folder() -> Path:
    """Where they lie; it depends on what is asked for alone."""
    return paths.cache() / "wheels" / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]


def ensure() -> Path:
    """Fetch what is missing, each wheel's hash checked; returns the folder."""
    target = folder()
    if not target.is_dir():
        with paths.scratch("wheels") as scratch:
            run([*command(), "--target", scratch / "site"])
            target.parent.mkdir(parents=True, exist_ok=True)
            (scratch / "site").rename(target)
    return target


def command() -> list[str]:
    """The call of pip: exactly the pins, nothing compiled, nothing of this machine's own settings of Python."""
    platforms = [f"--platform={name}" for name in PLATFORMS]
    return [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps",
        "--require-hashes", "--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}", *platforms,
        "-r", str(REQUIREMENTS),
    ]  # fmt: skip
