"""The programs' cache: filled from the seed folder where that fits the pins, else by building."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from testbed import gobuild, paths
from testbed.pins import Pin, Pins
from testbed.progress import Progress
from testbed.shell import attempt, run

SUMS = "SHA256SUMS"


def cached_path(pin: Pin) -> Path:
    """Where a program lies once it is there."""
    return paths.cache() / "programs" / pin.name / pin.version / pin.name


def is_cached(pin: Pin) -> bool:
    """Programs are renamed into place whole, so being there is enough."""
    return cached_path(pin).is_file()


def checksums(text: str) -> dict[str, str]:
    """Read a SHA256SUMS file: file name to hash."""
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {name.strip().lstrip("*"): digest for digest, name in pairs}


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fits(pin: Pin, build_info: str) -> bool:
    """Whether `go version -m` of a binary shows the pinned module, version and hash.

    A program that is its module's own command must also name that command; one built from
    our few lines has the module among its dependencies.
    """
    rows = [line.split("\t")[1:] for line in build_info.splitlines() if line.startswith("\t")]
    kind = "dep" if pin.how == "main" else "mod"
    module = [kind, pin.module, pin.module_version]
    if not any(row[:3] == module and (len(row) < 4 or row[3] == pin.sum) for row in rows):
        return False
    return pin.how == "main" or ["path", pin.package] in [row[:2] for row in rows]


def seed_archive(pin: Pin) -> Path | None:
    """The seed archive that may hold the program, when it is there and intact."""
    archive = paths.seed() / f"{pin.seed}.tar.zst"
    sums = paths.seed() / SUMS
    if not pin.seed or not archive.is_file() or not sums.is_file():
        return None
    expected = checksums(sums.read_text(encoding="utf-8")).get(archive.name)
    return archive if expected == sha256(archive) else None


def unpack_seed(archive: Path, names: Iterable[str], folder: Path) -> None:
    """Unpack some members of a seed archive; a member that is missing is no error here."""
    plain = folder / "archive.tar"
    run(["zstd", "-q", "-d", "--long=31", "-o", plain, archive])
    attempt(["tar", "-x", "-f", plain, "-C", folder, "--no-same-owner", *names])
    plain.unlink()


def install(program: Path, pin: Pin) -> Path:
    """Move a finished program into the cache, in one step."""
    target = cached_path(pin)
    target.parent.mkdir(parents=True, exist_ok=True)
    program.chmod(0o755)
    os.replace(program, target)
    return target


def from_seed(pins: list[Pin]) -> list[str]:
    """Fill the cache from the seed folder as far as that fits; returns the names taken."""
    taken: list[str] = []
    if shutil.which("zstd") is None or shutil.which("go") is None:
        return taken
    for archive_name in sorted({pin.seed for pin in pins if pin.seed}):
        wanted = [pin for pin in pins if pin.seed == archive_name]
        archive = seed_archive(wanted[0])
        if archive is None:
            continue
        with paths.scratch("seed") as folder:
            unpack_seed(archive, [pin.name for pin in wanted], folder)
            for pin in wanted:
                program = folder / pin.name
                info = attempt(["go", "version", "-m", program])
                if program.is_file() and info.code == 0 and fits(pin, info.out):
                    install(program, pin)
                    taken.append(pin.name)
    return taken


def from_source(pin: Pin, pins: Pins) -> None:
    """Build one program and put it into the cache."""
    with paths.scratch(f"out-{pin.name}") as folder:
        program = folder / pin.name
        gobuild.build(pin, pins, program)
        install(program, pin)


def ensure(names: list[str], pins: Pins, progress: Progress) -> None:
    """See to it that the named programs are in the cache."""
    missing = [pins.pin(name) for name in names if not is_cached(pins.pin(name))]
    progress.skip(len(names) - len(missing))
    archives = {pin.seed for pin in missing if pin.seed}
    progress.skip(-1 if archives else 0)
    taken: list[str] = []
    if archives:
        with progress.step(f"programs ready-made in {paths.seed()}") as step:
            taken = from_seed(missing)
            progress.skip(len(taken))
            step.note(f"from seed: {', '.join(taken)}" if taken else "none that fits")
    for pin in missing:
        if pin.name not in taken:
            with progress.step(f"{pin.name} {pin.version}") as step:
                from_source(pin, pins)
                step.note("built from source")
