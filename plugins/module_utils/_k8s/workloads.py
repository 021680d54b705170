# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what belongs to a workload, its pods, events, volume claims and logs, and finds what keeps it from being ready.

What the user may not read is left out: an explanation is worth having with gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

from .api import KubeApi
from .pods import (
    PATIENCE,
    Item,
    Trouble,
    failed,
    is_ready,
    last_words,
    leaving,
    pod_troubles,
    refusals,
    stamp,
    uid,
)

_LOG_LINES = "50"
_REVISION = "deployment.kubernetes.io/revision"
_OLD_POD = "It is of the old version, and the update waits for it to become ready: delete it"
Stamps = dict[str, tuple[str, int]]


@dataclass(frozen=True)
class Seen:
    """What was found about one workload."""

    troubles: list[Trouble] = field(default_factory=list)
    unready: int = 0
    old_pods_serve: bool = False
    # Pods of an older version whose readiness the update of a StatefulSet waits for.
    blocking: list[str] = field(default_factory=list)


class Look:
    """One look at a namespace. Lists that several workloads need are read once."""

    def __init__(self, api: KubeApi, namespace: str) -> None:
        self._api = api
        self._core = f"/api/v1/namespaces/{namespace}"
        self._apps = f"/apis/apps/v1/namespaces/{namespace}"

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return self._list(f"{self._core}/events", [("fieldSelector", "type=Warning")])

    @cached_property
    def claims(self) -> list[dict[str, Any]]:
        return self._list(f"{self._core}/persistentvolumeclaims")

    def refusals(self) -> Stamps:
        """When each controller was last refused a pod."""
        newest: Stamps = {}
        for event in self.events:
            if event.get("reason") == "FailedCreate":
                about = str((event.get("involvedObject") or {}).get("uid"))
                newest[about] = max(newest.get(about, ("", 0)), stamp(event))
        return newest

    def running(self, job: Item) -> int:
        """How many pods of a Job are at work. One whose containers all wait for a restart is not."""
        return sum(1 for pod in self._pods(job, [uid(job)]) if _works(pod))

    def at(self, kind: str, item: Item, wanted: int, before: Stamps, *, early: bool) -> Seen:
        """What keeps a workload from being ready. An early look spares the reads that only explain."""
        maker, new, old = self._family(kind, item)
        alive = [pod for pod in new if not failed(pod)]
        # One that was evicted stays listed beside the pod in its place. Those of a Job are never replaced in silence.
        told = alive if alive and kind != "Job" else new
        found = self._troubles(told, early)
        held = [_of_old_pod(trouble) for trouble in self._troubles(old, early)] if kind == "StatefulSet" else []
        found += held
        if len(alive) < wanted:
            found += refusals(maker, self.events, self.refusals().get(maker) != before.get(maker))
        unready = sum(1 for pod in alive if not is_ready(pod))
        # A pod of the newest version that is not ready holds the update up itself.
        blocking = [] if unready else sorted({trouble.pod for trouble in held})
        return Seen(found, unready, any(is_ready(pod) for pod in old), blocking)

    def _family(self, kind: str, item: Item) -> tuple[str, list[Item], list[Item]]:
        """Who makes the pods of the newest version, these pods, and those of older versions."""
        owners = [uid(item)]
        hashes = _newest_hash(kind, item)
        if kind == "Deployment":
            sets = self._replica_sets(item)
            owners = [uid(one) for one in sets]
            hashes = {"pod-template-hash": _labels(sets[-1]).get("pod-template-hash", "")} if sets else {}
        pods = [pod for pod in self._pods(item, owners) if not leaving(pod)]
        new = [pod for pod in pods if all(_labels(pod).get(key) == value for key, value in hashes.items())]
        return owners[-1] if owners else "", new, [pod for pod in pods if pod not in new]

    def _troubles(self, pods: Sequence[Item], early: bool) -> list[Trouble]:
        events, claims = ([], []) if early else (self.events, self.claims)
        return [trouble for pod in pods for trouble in pod_troubles(pod, events, claims)]

    def words(self, trouble: Trouble) -> str:
        """The last words of the container that a trouble is about; of one that still runs, only what looks bad."""
        if not trouble.container:
            return ""
        path = f"{self._core}/pods/{trouble.pod}/log"
        params = [("container", trouble.container), ("tailLines", _LOG_LINES)]
        for previous in ("true", "false") if trouble.previous else ("false",):
            try:
                log = self._api.text(path, [*params, ("previous", previous)])
            except TracingError:
                continue
            return last_words(log, only_errors=trouble.rank > 0)
        return ""

    def no_namespace(self) -> bool:
        try:
            return self._api.get(self._core) is None
        except TracingError:
            return False

    def _replica_sets(self, deployment: Item) -> list[dict[str, Any]]:
        """Those of a Deployment, the newest last."""
        params = [("labelSelector", selector((deployment.get("spec") or {}).get("selector") or {}))]
        sets = [one for one in self._list(f"{self._apps}/replicasets", params) if uid(deployment) in _owners(one)]
        return sorted(sets, key=_revision)

    def _pods(self, item: Item, owners: Sequence[str]) -> list[Item]:
        """By the selector, which other workloads may match too: an owner that is known must be the right one."""
        params = [("labelSelector", selector((item.get("spec") or {}).get("selector") or {}))]
        pods: list[Item] = [*self._list(f"{self._core}/pods", params)]
        return [pod for pod in pods if set(_owners(pod)) & set(owners)] if owners else pods

    def _list(self, path: str, params: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
        try:
            return self._api.items(path, params)
        except TracingError:
            return []


def selector(given: Mapping[str, Any]) -> str:
    """A label selector of an object as a request takes it."""
    terms = [f"{key}={value}" for key, value in (given.get("matchLabels") or {}).items()]
    for term in given.get("matchExpressions") or []:
        key, values = term["key"], ",".join(term.get("values") or [])
        terms.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }[term["operator"]]
        )
    return ",".join(terms)


def _newest_hash(kind: str, item: Item) -> dict[str, str]:
    """The label by which the pods of the newest version are known; empty where there is none."""
    if kind == "StatefulSet":
        revision = str((item.get("status") or {}).get("updateRevision", ""))
        return {"controller-revision-hash": revision} if revision else {}
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    generation = str(annotations.get("deprecated.daemonset.template.generation", ""))
    return {"pod-template-generation": generation} if kind == "DaemonSet" and generation else {}


def _of_old_pod(trouble: Trouble) -> Trouble:
    """The controller may be about to replace it, so that it has its time in any case."""
    patience = None if trouble.patience is None else PATIENCE
    return replace(trouble, advice=_OLD_POD, patience=patience)


def _works(pod: Item) -> bool:
    status = pod.get("status") or {}
    containers = status.get("containerStatuses") or []
    return status.get("phase") == "Running" and any("running" in (one.get("state") or {}) for one in containers)


def _labels(item: Item) -> Mapping[str, str]:
    return (item.get("metadata") or {}).get("labels") or {}


def _owners(item: Item) -> list[str]:
    return [str(one.get("uid")) for one in (item.get("metadata") or {}).get("ownerReferences") or []]


def _revision(item: Item) -> int:
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    return int(annotations.get(_REVISION) or 0)


def best(troubles: Sequence[Trouble], first: Mapping[str, float], now: float) -> Trouble | None:
    """What to tell of all troubles: one that ends the wait, then the one that explains most."""
    return min(troubles, key=lambda one: (not over(one, first, now), one.rank), default=None)


def over(trouble: Trouble, first: Mapping[str, float], now: float) -> bool:
    """Whether waiting on cannot help; ``first`` tells since when each trouble lasts."""
    return trouble.patience is not None and now - first.get(trouble.key, now) >= trouble.patience
