# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bundle is made of: its images with where each is taken from, and its list of contents with their checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .images import Reference, images_in, parse
from .manifest import CONTENTS, FORMAT

Item = Mapping[str, Any]
# What a user adds to the images of the charts.
_BY_SETTINGS = ["settings"]


def chart_entry(archive: Item, role: str) -> dict[str, Any]:
    """A chart as the contents list it; ``archive`` is what the module ``chart_archive`` returned."""
    entry = {"role": role, "file": f"charts/{archive['file']}"}
    entry |= {name: archive.get(name, "") for name in ("name", "version", "sha256")}
    entry["size"] = archive.get("size", 0)
    if archive.get("provenance"):
        entry["provenance"] = f"charts/{archive['provenance']}"
        entry["provenance_sha256"] = archive["provenance_sha256"]
    return entry


def release_images(rendered: str, moved: str, registry: str, role: str) -> list[dict[str, Any]]:
    """The images of a release. ``moved`` is what it renders with another ``registry``: who stays follows no setting."""
    elsewhere = {str(image) for image in images_in(moved)}
    return [
        {
            "reference": str(image),
            "path": image.path,
            "file": f"images/{image.file}",
            "follows_registry": f"{registry}/{image.path}" in elsewhere,
            "used_by": [f"{role} {user}" for user in users],
        }
        for image, users in images_in(rendered).items()
    ]


def wanted_images(found: Iterable[Item], extra: Sequence[str], source: str, from_folder: bool) -> list[dict[str, Any]]:
    """Each image once, with all that use it, and where it is copied from.

    ``source`` stands for the images' own registries: another one, or a folder of archives.
    """
    merged: dict[str, dict[str, Any]] = {}
    for one in [*found, *(_extra(parse(str(text))) for text in extra)]:
        known = merged.setdefault(str(one["reference"]), {**one, "used_by": [], "follows_registry": True})
        known["used_by"] = [*known["used_by"], *one["used_by"]]
        known["follows_registry"] = known["follows_registry"] and bool(one["follows_registry"])
    return [{**merged[name], "source": _source(merged[name], source, from_folder)} for name in sorted(merged)]


def _extra(image: Reference) -> dict[str, Any]:
    entry = {"reference": str(image), "path": image.path, "file": f"images/{image.file}"}
    return {**entry, "follows_registry": False, "used_by": _BY_SETTINGS}


def _source(image: Item, source: str, from_folder: bool) -> str:
    if not source:
        return str(image["reference"])
    return f"{source}/{Path(image['file']).name if from_folder else image['path']}"


def contents(collection: str, platform: str, charts: Sequence[Item], copied: Sequence[Item]) -> dict[str, Any]:
    """``copied`` has each image with the result of its copy."""
    return {
        "format": FORMAT,
        "collection": collection,
        "platform": platform,
        "charts": [dict(one) for one in charts],
        "images": [_copied(one["image"], one["result"]) for one in copied],
    }


def _copied(image: Item, result: Item) -> dict[str, Any]:
    entry = {name: value for name, value in image.items() if name != "source"}
    return {
        **entry,
        "digest": result.get("digest", ""),
        "sha256": result.get("sha256", ""),
        "size": result.get("size", 0),
    }


def manifest(found: Item) -> str:
    """The text of the list of contents."""
    return json.dumps(found, indent=4, sort_keys=True) + "\n"


def sums(found: Item) -> str:
    """Checksums of all, as ``sha256sum`` writes them."""
    rows = [(hashlib.sha256(manifest(found).encode()).hexdigest(), CONTENTS)]
    rows += [(one["sha256"], one["file"]) for one in (*found["charts"], *found["images"])]
    rows += [(one["provenance_sha256"], one["provenance"]) for one in found["charts"] if "provenance" in one]
    return "".join(f"{checksum}  {file}\n" for checksum, file in rows)


def files(found: Item) -> list[str]:
    """All that belongs into the folders of charts and images."""
    entries = [*found["charts"], *found["images"]]
    return [one["file"] for one in entries] + [one["provenance"] for one in found["charts"] if "provenance" in one]


def lines(found: Item, folder: str, check_mode: bool) -> list[str]:
    """The contents, for people."""
    told = [f"{'Would be' if check_mode else 'This is'} in {folder}"]
    told += [f"chart {one['name'] or one['role']} {one['version']}" for one in found["charts"]]
    told += [f"image {one['reference']}{_size(one)}" for one in found["images"]]
    return told + [
        f"{one['reference']} does not follow k8s_tracing_image_registry: where it is named "
        f"({', '.join(one['used_by'])}), name your registry"
        for one in found["images"]
        if not one["follows_registry"]
    ]


def _size(image: Item) -> str:
    return f", {image['size'] / 1e6:.0f} MB" if image["size"] else ""
