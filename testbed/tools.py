"""kind and helm of a cluster whose images are pulled: those on the PATH where they fit, else the pinned ones."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import UsageError
from testbed.gobuild import GO
from testbed.pins import Pins
from testbed.programs import cached_path, is_cached
from testbed.shell import attempt

PATH = "PATH"
CACHE = "cache"
BUILD = "build"
Version = tuple[int, ...]
VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Need:
    """The versions that fit, how a program is asked for its own, and where it is to be had."""

    lowest: Version
    below: Version
    ask: tuple[str, ...]
    install: str

    def __str__(self) -> str:
        return f"{_text(self.lowest)} or newer, below {_text(self.below)}"

    def fits(self, version: Version) -> bool:
        """Whether a version is in the range."""
        return self.lowest <= version < self.below


NEEDS = {
    # The first that runs Kubernetes 1.32 by default, the oldest release that CI tries.
    "kind": Need((0, 27), (1,), ("version",), "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"),
    # The first with `--dry-run=server`, by which charts are rendered. Helm 4 needs kubernetes.core 6.5.0.
    "helm": Need((3, 13), (5,), ("version", "--short"), "https://helm.sh/docs/intro/install"),
}


@dataclass(frozen=True)
class Found:
    """A program on the PATH and what it says its version is; no version where it says none."""

    path: Path
    version: Version = ()


def version_in(text: str) -> Version:
    """The first version in what a program printed."""
    found = VERSION.search(text)
    return tuple(int(part) for part in found.groups()) if found else ()


def decide(name: str, found: Found | None, *, cached: bool, go: bool) -> tuple[str, str]:
    """Where a program comes from, and why; from nowhere, "", when it has to be installed first."""
    need = NEEDS[name]
    if found and found.version and need.fits(found.version):
        return PATH, f"{name} {_text(found.version)} of {found.path}"
    if found is None:
        why = f"{name}: none on the PATH, needed {need}"
    else:
        why = f"{name}: found {_text(found.version) or 'no version'} at {found.path}, needed {need}"
    if cached:
        return CACHE, f"{why}; the pinned one is in the cache"
    if go:
        return BUILD, f"{why}; the pinned one is built"
    return "", f"{why} ({need.install})"


def look(name: str) -> Found | None:
    """The program on the PATH, asked for its version."""
    path = shutil.which(name)
    if path is None:
        return None
    return Found(Path(path), version_in(attempt([path, *NEEDS[name].ask], timeout=20).out))


def choose(names: list[str], pins: Pins) -> dict[str, tuple[str, str]]:
    """For each program where it comes from and why; one message for all that have to be installed."""
    go = shutil.which("go") is not None
    choices = {name: decide(name, look(name), cached=is_cached(pins.pin(name)), go=go) for name in names}
    missing = [why for where, why in choices.values() if not where]
    if missing:
        raise UsageError("; ".join(missing) + f". Install what is named, or Go {GO} or later to have it built")
    return choices


def own_helm() -> str:
    """What TESTBED_HELM asks for: a program of the pins by its name, such as helm-4, or any other Helm by its path."""
    return os.environ.get("TESTBED_HELM", "")


def pinned_helm(pins: Pins) -> list[str]:
    """The same, where it is in the cache or is built into it."""
    return [name for name in [own_helm()] if name in pins.programs]


def locate(name: str, pins: Pins, *, source: bool) -> Path:
    """The program's file. Source mode takes the pinned one alone."""
    if name == "helm" and own_helm():
        return cached_path(pins.pin(own_helm())) if pinned_helm(pins) else Path(own_helm())
    found = None if source else look(name)
    if found and found.version and NEEDS[name].fits(found.version):
        return found.path
    return cached_path(pins.pin(name))


def wanted() -> list[str]:
    """What a cluster of pulled images takes; TESTBED_HELM names a Helm that is taken as it is."""
    return ["kind"] if own_helm() else ["kind", "helm"]


def _text(version: Version) -> str:
    return ".".join(str(part) for part in version)
