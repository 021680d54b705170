# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the stack should be there and is not: each part against its workloads, pods and volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED

Item = Mapping[str, Any]
INSTANCE = "app.kubernetes.io/instance"
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")


def missing(
    parts: Iterable[Item], pods: Sequence[Item], objects: Sequence[Item], unread: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """A name and what is missing of it, for each part without a workload and each workload that wants no pod.

    A generator is not expected: one that is bounded goes when it is done.
    """
    found: list[tuple[str, str]] = []
    for part in parts:
        if part["state"] == "absent":
            continue
        workloads = [one for one in objects if one.get("kind") in WORKLOADS and belongs(one, part)]
        if part["services"] and not workloads and not any(belongs(pod, part) for pod in pods):
            what = "not known, since not all could be listed" if part["namespace"] in unread else "not found"
            found.append((str(part["part"]), f"{what} in namespace {part['namespace']}"))
        found += [(str(one["metadata"]["name"]), "scaled to 0 replicas") for one in workloads if not _wanted(one)]
    return found


def belongs(item: Item, part: Item) -> bool:
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    return bool(metadata.get("namespace") == part["namespace"] and labels.get(INSTANCE) == part["release_name"])


def _wanted(workload: Item) -> bool:
    """A DaemonSet has as many pods as nodes suit it."""
    replicas = (workload.get("spec") or {}).get("replicas", 1)
    return bool(workload["kind"] == "DaemonSet" or replicas != 0)


def volumes(objects: Iterable[Item], samples: Iterable[Item]) -> list[dict[str, Any]]:
    """The claims with their size, and what is used of them where kubelets are scraped."""
    used = {
        sample["metric"].get("persistentvolumeclaim", ""): float(sample["value"][1])
        for sample in samples
        if sample["metric"].get("figure") == "volume"
    }
    return [_volume(one, used) for one in objects if one.get("kind") == "PersistentVolumeClaim"]


def _volume(claim: Item, used: Mapping[str, float]) -> dict[str, Any]:
    metadata, status = claim["metadata"], claim.get("status") or {}
    asked = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage", "")
    return {
        "name": str(metadata["name"]),
        "namespace": str(metadata.get("namespace", "")),
        "phase": str(status.get("phase", "")),
        "size": str((status.get("capacity") or {}).get("storage") or asked),
        "used_bytes": used.get(metadata["name"]),
    }


def age_seconds(pods: Iterable[Item], now: float) -> float | None:
    """Of the oldest."""
    ages = [now - stamp for pod in pods if (stamp := _stamp(pod["metadata"].get("creationTimestamp"))) is not None]
    return max(ages, default=None)


def _stamp(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except UNSHAPED:
        return None


def age(seconds: float | None) -> str:
    """As kubectl shows it, in the unit that fits."""
    if seconds is None:
        return "-"
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)}{unit}"
    return f"{max(int(seconds), 0)}s"


def problems(rows: Iterable[Item], absent: Iterable[tuple[str, str]], account: Item, lost: str) -> Iterator[str]:
    """A sentence for each thing that is not as it should be."""
    yield from (f"{name} is {what}." for name, what in absent)
    yield from (f"{row['name']} {row['version']}: {row['health']}." for row in rows if row["ready"] < row["wanted"])
    if lost not in ("0", "unread"):
        yield f"Spans lost: {lost}."
    unread = [name for name, key in (("Alloy", "accepted"), ("Tempo", "received")) if account.get(key) is None]
    if unread:
        yield f"Not read: the counters of {' and '.join(unread)}."
