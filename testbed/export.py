"""Writes one image of the cluster as an archive, to be pushed to a registry or loaded elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

from testbed import archive, images, kafka, paths, programs, rootfs
from testbed.errors import UsageError
from testbed.image import Image
from testbed.pins import Pins
from testbed.progress import Progress


def find(pins: Pins, tree: Path, name: str) -> Image:
    """The image of that name; without its registry's name it is taken for Docker Hub's, as engines do."""
    # Those that no node has are no part of what names the node's image.
    made = [*images.components(pins, tree), *images.on_demand(pins, tree), kafka.image(tree)]
    known = {image.name: image for image in made}
    for full in (name, f"docker.io/{name}", f"docker.io/library/{name}"):
        if full in known:
            return known[full]
    raise UsageError(f"unknown image {name!r}; known are: {', '.join(sorted(known))}")


def check_target(target: Path) -> None:
    """Refuse a file that cannot be written, before anything is built for it."""
    if target.is_dir():
        raise UsageError(f"{target} is a folder; name the archive to write")
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent} is no folder; make it first")


def write(pins: Pins, name: str, target: Path, progress: Progress) -> str:
    """Write the image in the format of `docker save`, from what is cached; returns its full name."""
    program = find(pins, Path(), name).program
    needed = [program] if program else []
    progress.total += len(needed)
    programs.ensure(needed, pins, progress)
    with progress.step("root filesystem") as step:
        step.note(rootfs.ensure(pins.suite))
    with paths.scratch("image") as folder, progress.step(f"archive {target}"):
        tree = folder / "tree"
        rootfs.unpack(pins.suite, tree)
        image = find(pins, tree, name)
        written = folder / "image.tar"
        archive.write_image(written, image.name, image.config, image.entries())
        shutil.move(written, target)
    return image.name
