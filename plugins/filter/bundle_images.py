# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the images that a bundle takes along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def bundle_images(found: Any, extra: Any = (), source: str = "", from_folder: bool = False) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.collected import wanted_images
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

    if not isinstance(found, (list, tuple)) or not isinstance(extra, (list, tuple)):
        raise AnsibleFilterError("bundle_images takes a list of images that charts name, and a list of further images.")
    try:
        return wanted_images(found, extra, source, from_folder)
    except TracingError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"bundle_images": bundle_images}
