# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the container images of rendered objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def container_images(manifest: Any, also: Any = ()) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.images import images_in, parse
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

    if not isinstance(manifest, str) or not isinstance(also, (list, tuple)):
        raise AnsibleFilterError("container_images takes rendered objects as text, and a list of images.")
    try:
        found = images_in(manifest)
        extra = {parse(str(image)): ["settings"] for image in also}
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error
    return [
        {"reference": str(image), "registry": image.registry, "path": image.path, "file": image.file, "used_by": users}
        for image, users in {**extra, **found}.items()
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"container_images": container_images}
