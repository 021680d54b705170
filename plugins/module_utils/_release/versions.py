# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of a release: that of its newest record, that of its plan, and those of its other records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import Object
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import read, revision

from .guards import images, installed_version


def versions(metadata: Mapping[str, Any], made: Sequence[Object] = ()) -> dict[str, Any]:
    """What Chart.yaml says, and the images that the objects name."""
    return {
        "chart": str(metadata.get("name") or ""),
        "chart_version": str(metadata.get("version") or ""),
        "app_version": str(metadata.get("appVersion") or ""),
        "images": sorted(set(images(list(made)))),
    }


def history(records: Iterable[Mapping[str, Any]], image: str) -> list[dict[str, Any]]:
    """Which version each revision that can be read ran, oldest first, and when it was deployed."""
    found = list(records)
    return list(_history(found, sorted(set(map(revision, found))), image))


def _history(records: Sequence[Mapping[str, Any]], numbers: Iterable[int], image: str) -> Iterator[dict[str, Any]]:
    for number in numbers:
        try:
            record = read(records, number)
        except TracingError:
            continue  # what it ran nobody knows
        if record is not None:
            deployed = _stamp((record.content.get("info") or {}).get("last_deployed"))
            yield {
                "revision": number,
                "status": record.status,
                "version": installed_version(record, image),
                "deployed": deployed,
            }


def _stamp(text: Any) -> float | None:
    """Helm writes nanoseconds, which Python's dates do not have."""
    whole, _dot, rest = str(text or "").partition(".")
    zone = rest.lstrip("0123456789") if rest else ""
    try:
        return datetime.fromisoformat(f"{whole}{zone}".replace("Z", "+00:00")).timestamp()
    except UNSHAPED:
        return None
