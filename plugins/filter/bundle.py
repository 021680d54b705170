# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle for clusters without internet: its charts and images.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def bundle_contents(
    charts: Any,
    images: Sequence[Mapping[str, Any]] = (),
    copied: Sequence[Mapping[str, Any]] = (),
    collection: str = "",
    platform: str = "",
    folder: str = "",
    check_mode: bool = False,
) -> dict[str, Any]:
    """Write down what a bundle holds."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import collected as bundle

    if not isinstance(charts, (list, tuple)) or len(images) != len(copied):
        raise AnsibleFilterError("bundle_contents takes a list of charts, and a result for each image.")
    pairs = [{"image": image, "result": result} for image, result in zip(images, copied, strict=True)]
    found = bundle.contents(collection, platform, charts, pairs)
    return {
        "manifest": bundle.manifest(found),
        "sums": bundle.sums(found),
        "files": bundle.files(found),
        "lines": bundle.lines(found, folder, check_mode),
    }


def bundle_images(found: Any, extra: Any = (), source: str = "", from_folder: bool = False) -> list[dict[str, Any]]:
    """List the images that a bundle takes along."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.collected import wanted_images
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as

    if not isinstance(found, (list, tuple)) or not isinstance(extra, (list, tuple)):
        raise AnsibleFilterError("bundle_images takes a list of images that charts name, and a list of further images.")
    return raised_as(lambda: wanted_images(found, extra, source, from_folder), AnsibleFilterError)


def bundled_chart(archive: Any, role: str) -> dict[str, Any]:
    """A chart as the contents of a bundle list it."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.collected import chart_entry

    if not isinstance(archive, Mapping):
        raise AnsibleFilterError("bundled_chart takes the result of chart_archive.")
    return chart_entry(archive, role)


def container_images(manifest: Any, also: Any = ()) -> list[dict[str, Any]]:
    """List the container images of rendered objects."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.images import images_in, parse
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as

    if not isinstance(manifest, str) or not isinstance(also, (list, tuple)):
        raise AnsibleFilterError("container_images takes rendered objects as text, and a list of images.")
    found = raised_as(lambda: images_in(manifest), AnsibleFilterError)
    extra = raised_as(lambda: {parse(str(image)): ["settings"] for image in also}, AnsibleFilterError)
    return [
        {"reference": str(image), "registry": image.registry, "path": image.path, "file": image.file, "used_by": users}
        for image, users in {**extra, **found}.items()
    ]


def release_images(rendered: Any, moved: str, registry: str, role: str) -> list[dict[str, Any]]:
    """The images that a release runs."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.collected import (
        release_images as images_of_release,
    )
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as

    if not isinstance(rendered, str):
        raise AnsibleFilterError("release_images takes rendered objects as text.")
    return raised_as(lambda: images_of_release(rendered, moved, registry, role), AnsibleFilterError)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "bundle_contents": bundle_contents,
            "bundle_images": bundle_images,
            "bundled_chart": bundled_chart,
            "container_images": container_images,
            "release_images": release_images,
        }
