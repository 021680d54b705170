# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images that a release runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def release_images(rendered: Any, moved: str, registry: str, role: str) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.collected import (
        release_images as images_of_release,
    )
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

    if not isinstance(rendered, str):
        raise AnsibleFilterError("release_images takes rendered objects as text.")
    try:
        return images_of_release(rendered, moved, registry, role)
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"release_images": release_images}
