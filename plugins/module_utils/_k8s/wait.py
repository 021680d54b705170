# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until workloads are rolled out, and a sentence about each one that is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    at_least,
    kubernetes_name,
    more_than_zero,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import shell_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, Outcome, poll

from .api import KubeApi, object_name, understood
from .pods import Trouble
from .rollout import PATHS, Status, judge
from .workloads import (
    Look,
    Seen,
    Stamps,
    best,
    over,
)

# Pods are looked at less often than the workload itself: that explains, and ends a wait early, but makes nothing ready.
LOOK_EVERY = 2.0
# An explanation takes several requests, after the time is up.
EXPLAIN_REQUEST_SECONDS = 3.0
_SEE, _RUN = "See: ", "Run: "

WORKLOADS_ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    "workloads": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "kind": {"type": "str", "choices": list(PATHS), "required": True},
            "name": {"type": "str", "required": True},
        },
    },
    "timeout": {"type": "float", "default": 300.0},
    "poll_interval": {"type": "float", "default": 0.25},
    "diagnose": {"type": "bool", "default": True},
}


class Workload:
    """One workload, and what is known of it so far."""

    def __init__(self, namespace: str, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name
        self.path = PATHS[kind].format(namespace, name)
        self.item: dict[str, Any] | None = None
        self.status = Status()
        self.seconds = 0.0
        self.seen = Seen()
        self.since: dict[str, float] = {}

    def read(self, api: KubeApi, look: Look, seconds: float) -> None:
        self.item = api.get(self.path)
        self.status = judge(self.kind, self.item) if self.item is not None else Status()
        if self.kind == "Job" and self.item is not None and self._may_run():
            self.status = judge(self.kind, self.item, look.running(self.item))
        self.seconds = seconds

    def _may_run(self) -> bool:
        active = ((self.item or {}).get("status") or {}).get("active")
        return bool(active) and not self.status.done and not self.status.hopeless

    def examine(self, look: Look, before: Stamps, now: float, *, early: bool) -> None:
        """Look for troubles, and remember since when each of them lasts."""
        if self.item is None or self.status.note:
            self.seen = Seen()
        else:
            self.seen = look.at(self.kind, self.item, self.status.wanted, before, early=early)
        self.since = {one.key: self.since.get(one.key, now) for one in self.seen.troubles}

    def hopeless(self, now: float) -> bool:
        return bool(self.status.hopeless) or any(over(one, self.since, now) for one in self.seen.troubles)

    def to_result(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "wanted": self.status.wanted,
            "ready": self.status.ready,
            "seconds": round(self.seconds, 1),
        }


class Wait:
    """All workloads of one task."""

    def __init__(self, params: Mapping[str, Any], connection: KubeConnection, clock: Clock) -> None:
        self._namespace = params["namespace"]
        self._shell = shell_of(params)
        self._limit = params["request_timeout"]
        self._interval = params["poll_interval"]
        self._diagnose = params["diagnose"]
        self._connection = connection
        self._clock = clock
        self._deadline = Deadline(params["timeout"], clock)
        named = dict.fromkeys((one["kind"], one["name"]) for one in params["workloads"])
        self._workloads = [Workload(self._namespace, kind, name) for kind, name in named]
        self._before: Stamps | None = None
        self._next_look = 0.0

    def run(self) -> dict[str, Any]:
        outcome: Outcome[None] = poll(self._step, self._deadline, self._interval, self._clock)
        missing = self._unready()
        result: dict[str, Any] = {"satisfied": not missing, "elapsed": round(self._deadline.elapsed(), 1)}
        result["blocking_pods"] = []
        if missing:
            result["msg"] = "\n".join(self._explain(missing, outcome.last_error))
            if not outcome.last_error:
                result["blocking_pods"] = [pod for one in missing for pod in one.seen.blocking]
        return {**result, "workloads": [one.to_result() for one in self._workloads]}

    def _unready(self) -> list[Workload]:
        return [one for one in self._workloads if not one.status.done]

    def _step(self) -> tuple[bool, None]:
        """Whether to wait no longer."""
        api = KubeApi(self._connection, self._deadline.request_timeout(self._limit))
        look = Look(api, self._namespace)
        for one in self._unready():
            one.read(api, look, self._deadline.elapsed())
        now = self._clock.monotonic()
        if self._diagnose and self._unready() and self._deadline.elapsed() >= self._next_look:
            self._next_look = self._deadline.elapsed() + LOOK_EVERY
            # What was refused before this task began may have been mended since.
            self._before = look.refusals() if self._before is None else self._before
            for one in self._unready():
                one.examine(look, self._before, now, early=True)
        return all(one.status.done for one in self._workloads) or any(
            one.hopeless(now) for one in self._unready()
        ), None

    def _explain(self, missing: Sequence[Workload], error: TracingError | None) -> list[str]:
        """A line for each workload. An API server that does not answer now is not asked for more."""
        if error:
            known = [f"{_head(one)}." for one in missing if one.item is not None]
            return [*known, f"The last request failed: {error}"]
        if not self._diagnose:
            return [_sentences([_head(one), *self._see(one, None)]) for one in missing]
        api = KubeApi(self._connection, min(self._limit, EXPLAIN_REQUEST_SECONDS))
        look = Look(api, self._namespace)
        return [self._line(one, look) for one in missing]

    def _line(self, one: Workload, look: Look) -> str:
        now = self._clock.monotonic()
        one.examine(look, self._before or {}, now, early=False)
        parts = [_head(one)]
        if one.item is None and look.no_namespace():
            parts.append(f"There is no namespace {self._namespace!r} in the cluster")
        trouble = best(one.seen.troubles, one.since, now)
        if trouble:
            parts += [_told(trouble, look.words(trouble))] + [trouble.advice] * bool(trouble.advice)
            more = one.seen.unready - bool(trouble.pod)
            parts += [f"{numbered(more, 'more pod is', 'more pods are')} not ready"] if more > 0 else []
        parts += ["The old pods go on serving"] if one.seen.old_pods_serve else []
        return _sentences([*parts, *self._see(one, trouble)])

    def _see(self, one: Workload, trouble: Trouble | None) -> list[str]:
        """Where to look on. No more than the workload itself, when nothing is known of its pods."""
        if trouble is None and (one.item is None or one.status.hopeless):
            remedy = f"{one.status.remedy} {one.kind.lower()} {one.name}"
            return [f"{_RUN}{self._shell.kubectl(remedy, self._namespace)}"] if one.status.remedy else []
        see = trouble.see if trouble else f"describe {one.kind.lower()} {one.name}"
        return [f"{_SEE}{self._shell.kubectl(see, self._namespace)}"]


def _sentences(parts: Sequence[str]) -> str:
    """Without a stop behind a command, which would be copied with it."""
    text = ". ".join(part.rstrip(".") for part in parts)
    return text if parts[-1].startswith((_SEE, _RUN)) else f"{text}."


def _head(one: Workload) -> str:
    called = f"{one.kind}/{one.name}"
    if one.status.hopeless:
        return f"{called} {one.status.hopeless}"
    if one.item is None:
        return f"{called}: not there after {one.seconds:.0f} s"
    note = f": {one.status.note}" if one.status.note else ""
    return f"{called}: {one.status.ready} of {one.status.wanted} ready after {one.seconds:.0f} s{note}"


def _told(trouble: Trouble, words: str) -> str:
    return f"{trouble.text}, last words: {words}" if words else trouble.text


def wait_for(
    params: Mapping[str, Any], connection: KubeConnection | None = None, clock: Clock | None = None
) -> dict[str, Any]:
    """Wait as the options say. The result tells whether all workloads are ready, and why not."""
    more_than_zero(params["request_timeout"], "request_timeout")
    at_least(params["timeout"], 1, "timeout")
    at_least(params["poll_interval"], 0.1, "poll_interval")
    kubernetes_name(params["namespace"], "namespace")
    for one in params["workloads"]:
        object_name(one["name"], f"workloads: {one['kind']}")
    wait = Wait(params, connection or kube_connection(params), clock or Clock())
    return understood(wait.run)
