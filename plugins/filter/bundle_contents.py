# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write down what a bundle holds."""

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


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"bundle_contents": bundle_contents}
