# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a workload is rolled out, by what the object itself says. No request is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments/{}",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets/{}",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets/{}",
    "Job": "/apis/batch/v1/namespaces/{}/jobs/{}",
}


@dataclass(frozen=True)
class Status:
    """``ready`` counts pods of the newest version. ``hopeless`` says why waiting cannot help, and
    ``remedy`` what kubectl does about it, with the kind and name behind it.
    """

    wanted: int = 0
    ready: int = 0
    done: bool = False
    hopeless: str = ""
    remedy: str = ""
    note: str = ""


def judge(kind: str, item: Mapping[str, Any], running: int = 0) -> Status:
    """``running`` is how many pods of a Job are in the phase Running: its own status does not tell."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    if kind == "Job":
        return _job(spec, status, running)
    seen = _number(status, "observedGeneration") >= _number(item.get("metadata") or {}, "generation")
    if kind == "DaemonSet":
        return _daemon_set(spec, status, seen)
    wanted = _whole(spec.get("replicas", 1))
    if wanted == 0:
        return Status(hopeless="is scaled to 0: give it a replica, or leave it out of workloads")
    if not seen:
        return _unseen(wanted)
    return (_deployment if kind == "Deployment" else _stateful_set)(spec, status, wanted)


def _unseen(wanted: int) -> Status:
    return Status(wanted, note="its controller has not taken up the newest version yet")


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any], wanted: int) -> Status:
    total, updated = _number(status, "replicas"), _number(status, "updatedReplicas")
    ready = _ready(spec, status, "readyReplicas", "availableReplicas")
    done = updated == total == ready == wanted
    paused = bool(spec.get("paused")) and updated < wanted
    return Status(
        wanted,
        wanted if done else _newest(ready, total, updated, wanted),
        done,
        hopeless="is paused" if paused else "",
        remedy="rollout resume" if paused else "",
    )


def _stateful_set(spec: Mapping[str, Any], status: Mapping[str, Any], wanted: int) -> Status:
    total = _number(status, "replicas")
    same = status.get("updateRevision") == status.get("currentRevision")
    updated = total if same else _number(status, "updatedReplicas")
    strategy = spec.get("updateStrategy") or {}
    # Pods below the partition keep their version on purpose.
    kept = min(wanted, int((strategy.get("rollingUpdate") or {}).get("partition") or 0))
    ready = _ready(spec, status, "readyReplicas", "availableReplicas")
    done = updated >= wanted - kept and total == ready == wanted
    return Status(
        wanted,
        wanted if done else _newest(ready, total, min(total, updated + kept), wanted),
        done,
        hopeless=_on_delete(strategy, total == wanted and updated < wanted),
    )


def _daemon_set(spec: Mapping[str, Any], status: Mapping[str, Any], seen: bool) -> Status:
    wanted = _number(status, "desiredNumberScheduled")
    if not seen:
        return _unseen(wanted)
    updated = _number(status, "updatedNumberScheduled")
    ready = _ready(spec, status, "numberReady", "numberAvailable")
    done = 0 < wanted == updated == ready
    return Status(
        wanted,
        wanted if done else _newest(ready, _number(status, "currentNumberScheduled"), updated, wanted),
        done,
        hopeless=_on_delete(
            spec.get("updateStrategy") or {}, _number(status, "currentNumberScheduled") == wanted > updated
        ),
        note="" if wanted else "no node suits it: check its nodeSelector, affinity and tolerations",
    )


def _job(spec: Mapping[str, Any], status: Mapping[str, Any], running: int) -> Status:
    """A Job counts as up when it is at work or has done its work."""
    failed = next((one for one in status.get("conditions") or [] if _holds(one, "Failed")), None)
    if failed:
        said = ": ".join(str(failed[name]) for name in ("reason", "message") if failed.get(name))
        return Status(1, hopeless=f"has failed{f' ({said})' if said else ''}")
    if spec.get("suspend"):
        return Status(1, hopeless="is suspended: set suspend to false")
    started = _number(status, "succeeded") or _number(status, "ready") or running
    return Status(1, 1 if started else 0, bool(started))


def _holds(condition: Mapping[str, Any], kind: str) -> bool:
    return condition.get("type") == kind and condition.get("status") == "True"


def _number(status: Mapping[str, Any], name: str) -> int:
    return _whole(status.get(name) or 0)


def _whole(value: Any) -> int:
    """``TypeError`` for what is no count: a text or true in its place must not make a workload ready."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a count is no number")
    return value


def _ready(spec: Mapping[str, Any], status: Mapping[str, Any], ready: str, available: str) -> int:
    """With minReadySeconds, a pod counts when it stayed ready that long."""
    return _number(status, available if spec.get("minReadySeconds") else ready)


def _newest(ready: int, total: int, updated: int, wanted: int) -> int:
    """How many ready pods must be of the newest version, when the old ones are ready too."""
    return min(wanted, max(0, ready - (total - updated)))


def _on_delete(strategy: Mapping[str, Any], old_pods: bool) -> str:
    if strategy.get("type") != "OnDelete" or not old_pods:
        return ""
    return "keeps its old pods until somebody deletes them (updateStrategy OnDelete)"
