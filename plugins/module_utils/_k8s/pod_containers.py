# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of a pod's containers is the one that it is there for: others may be injected, such as a mesh's proxy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

K6 = "k6"
# Kubernetes' own convention, by which kubectl chooses too.
_DEFAULT = "kubectl.kubernetes.io/default-container"
_PART_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/component")
# Where the container is not named after the part.
_NAMES = {"k6-trace-generator": K6, "prometheus": "prometheus-server"}

Item = Mapping[str, Any]


def main_container(pod: Item) -> Item:
    """By the name of the part, then by the pod's own annotation; else the first."""
    containers: list[Item] = (pod.get("spec") or {}).get("containers") or []
    metadata = pod.get("metadata") or {}
    parts = [str((metadata.get("labels") or {}).get(label, "")) for label in _PART_LABELS]
    chosen = str((metadata.get("annotations") or {}).get(_DEFAULT, ""))
    for name in filter(None, [*(_NAMES.get(part, part) for part in parts), *parts, chosen]):
        for container in containers:
            if container.get("name") == name:
                return container
    return containers[0] if containers else {}


def main_image(pod: Item) -> str:
    return str(main_container(pod).get("image", ""))


def name_and_tag(image: str) -> tuple[str, str]:
    """The last part of an image's name, and its tag. Without one, the tag is empty; a digest is left out."""
    name, _colon, tag = image.rsplit("/", 1)[-1].partition("@")[0].partition(":")
    return name, tag


def k6_run(pods: Iterable[Item]) -> dict[str, list[str]]:
    """Names of pods in which k6 has ended well, has failed, and takes requests. Pods that are going count for nothing.

    A pod whose other containers never end is neither Succeeded nor Failed: only the container k6 tells.
    """
    found: dict[str, list[str]] = {"ended": [], "failed": [], "ready": []}
    for pod in pods:
        metadata = pod.get("metadata") or {}
        state = "" if metadata.get("deletionTimestamp") else _k6_state(pod.get("status") or {})
        if state:
            found[state].append(str(metadata.get("name", "")))
    return found


def _k6_state(status: Item) -> str:
    k6: Item = next((one for one in status.get("containerStatuses") or [] if one.get("name") == K6), {})
    ended = (k6.get("state") or {}).get("terminated")
    if ended:
        return "failed" if ended.get("exitCode") else "ended"
    # Evicted or past its deadline: there may be no container left to tell.
    if status.get("phase") == "Failed":
        return "failed"
    return "ready" if k6.get("ready") else ""
