# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a release as its role describes it: its name, the check of its chart, the pin of its image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .derived_names import name_problems


def problems(release: Mapping[str, Any]) -> list[str]:
    role = str(release["role"])
    return [
        *name_problems(str(release["name"]), role, str(release["mode"])),
        *_keyring(role, release["chart"]),
        *_digest(role, release["image"]),
    ]


def _keyring(role: str, chart: Mapping[str, Any]) -> Iterator[str]:
    if chart.get("verify") and not chart.get("keyring"):
        yield (
            f"{role}_chart_verify is true, and {role}_chart_keyring is empty: set it, or k8s_tracing_chart_keyring, to "
            "a file with the public keys of who signs the chart."
        )


def _digest(role: str, image: Mapping[str, Any]) -> Iterator[str]:
    tag = str(image["tag"])
    if image["pinned"] and not image["digest"] and "@" not in tag:
        name = f"{image['repository']}:{tag}"
        yield (
            f"{role}_pin_image_digest is true, and no digest of {name} is known: put sha256: and what this prints into "
            f"k8s_tracing_image_digests: skopeo inspect --raw docker://{image['registry']}/{name} | sha256sum"
        )
