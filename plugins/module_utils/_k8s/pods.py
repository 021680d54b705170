# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps the pods of a workload from becoming ready. No request is sent here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]

MANY_RESTARTS = 3
# An image may appear, a missing ConfigMap may come, a quota may be freed by an old pod that goes.
PATIENCE = 20.0
SHOWN_CHARACTERS = 300
# Pod Security names every field that it misses.
REFUSAL_CHARACTERS = 600
_IMAGE = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull")
_CONFIG = ("CreateContainerConfigError", "CreateContainerError")
_POLICY = "violates PodSecurity"
_QUOTA = "exceeded quota"
_ANSI_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ERROR_WORDS = re.compile(
    r"error|fatal|panic|fail|exception|cannot|can't|could not|unable|denied|invalid|refused|no such|not found|missing",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Trouble:
    """One reason. ``patience`` is how long it may last before waiting is over; None means until the deadline.

    ``rank`` orders reasons by how much they explain. ``container`` of ``pod`` is whose log has the last words.
    """

    key: str
    text: str
    see: str
    rank: int
    patience: float | None = None
    pod: str = ""
    container: str = ""
    previous: bool = False
    advice: str = ""


def pod_troubles(pod: Item, events: Sequence[Item] = (), claims: Sequence[Item] = ()) -> list[Trouble]:
    """What is wrong with one pod, the reason that explains most first."""
    if is_ready(pod) or _phase(pod) == "Succeeded" or leaving(pod):
        return []
    found = [trouble for status in _containers(pod) if (trouble := _container_trouble(pod, status))]
    found += _unscheduled(pod, claims) + _evicted(pod)
    if not found:
        found = [_waits(pod, events)]
    return sorted(found, key=lambda trouble: trouble.rank)


def name(item: Item) -> str:
    return str((item.get("metadata") or {}).get("name", ""))


def uid(item: Item) -> str:
    return str((item.get("metadata") or {}).get("uid", ""))


def leaving(pod: Item) -> bool:
    return bool((pod.get("metadata") or {}).get("deletionTimestamp"))


def failed(pod: Item) -> bool:
    return _phase(pod) == "Failed"


def is_ready(pod: Item) -> bool:
    return _condition(pod, "Ready").get("status") == "True"


def _phase(pod: Item) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def _condition(item: Item, kind: str) -> Item:
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one.get("type") == kind), {})


def _containers(pod: Item) -> Iterator[Item]:
    status = pod.get("status") or {}
    for key, kind in (("initContainerStatuses", "init container"), ("containerStatuses", "container")):
        yield from ({**one, "called": f"{kind} {one.get('name')}"} for one in status.get(key) or [])


def _container_trouble(pod: Item, status: Item) -> Trouble | None:
    state = status.get("state") or {}
    waiting = state.get("waiting") or {}
    reason = str(waiting.get("reason", ""))
    if reason in _IMAGE or reason in _CONFIG:
        return _not_started(pod, status, reason, str(waiting.get("message", "")))
    last = state.get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
    if status.get("ready") or not (reason == "CrashLoopBackOff" or last.get("exitCode")):
        return None
    return _crashed(pod, status, reason, last)


def _not_started(pod: Item, status: Item, reason: str, said: str) -> Trouble:
    container = str(status.get("name"))
    text = f"{reason} of {status.get('image')}" if reason in _IMAGE else reason
    return Trouble(
        f"{uid(pod)}/{container}/start",
        f"Pod {name(pod)} {status['called']}: {text}{f', {plain(said)}' if said else ''}",
        f"describe pod {name(pod)}",
        rank=1,
        patience=PATIENCE,
        pod=name(pod),
    )


def _crashed(pod: Item, status: Item, reason: str, last: Item) -> Trouble:
    container, restarts = str(status.get("name")), int(status.get("restartCount") or 0)
    ended = [f"exit code {last['exitCode']}"] if "exitCode" in last else []
    ended += [f"{restarts} restart{'s' * (restarts > 1)}"] if restarts else []
    ended += ["it took more memory than its limit allows"] if last.get("reason") == "OOMKilled" else []
    previous = bool(restarts) and not (status.get("state") or {}).get("terminated")
    return Trouble(
        f"{uid(pod)}/{container}/crash",
        f"Pod {name(pod)} {status['called']}: {reason or last.get('reason') or 'Error'}"
        + (f" ({', '.join(ended)})" if ended else ""),
        f"logs {name(pod)} -c {container}{' --previous' if previous else ''}",
        rank=0,
        patience=0.0 if reason == "CrashLoopBackOff" and restarts >= MANY_RESTARTS else None,
        pod=name(pod),
        container=container,
        previous=previous,
    )


def _unscheduled(pod: Item, claims: Sequence[Item]) -> list[Trouble]:
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return []
    pending = [claim for claim in _claims_of(pod, claims) if _phase(claim) == "Pending"]
    # What the scheduler thinks of preemption helps nobody.
    message = str(scheduled.get("message", ""))
    reason = plain(message.partition(" preemption: ")[0].partition(" no new claims ")[0])
    said = f"Pod {name(pod)} finds no node: {reason}"
    for claim in pending:
        wants = (claim.get("spec") or {}).get("storageClassName")
        of_class = f" of storage class {wants}" if wants else " without a storage class"
        said += f". Volume claim {name(claim)}{of_class} is not bound"
    see = f"describe pvc {name(pending[0])}" if pending else f"describe pod {name(pod)}"
    return [Trouble(f"{uid(pod)}/unscheduled", said, see, rank=2, pod=name(pod))]


def _claims_of(pod: Item, claims: Sequence[Item]) -> list[Item]:
    volumes = (pod.get("spec") or {}).get("volumes") or []
    used = {(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes}
    return [claim for claim in claims if name(claim) in used]


def _evicted(pod: Item) -> list[Trouble]:
    status = pod.get("status") or {}
    if not failed(pod) or not status.get("reason"):
        return []
    said = plain(f"{status['reason']}, {status.get('message', '')}".strip(", "))
    see = f"describe pod {name(pod)}"
    return [Trouble(f"{uid(pod)}/failed", f"Pod {name(pod)}: {said}", see, rank=3, pod=name(pod))]


def _waits(pod: Item, events: Sequence[Item]) -> Trouble:
    """Nothing has gone wrong in the pod's own words: the newest warning about it may tell more."""
    state = next((text for status in _containers(pod) if (text := _state(status))), "is not ready")
    warning = newest([event for event in events if _about(event).get("uid") == uid(pod)])
    if warning:
        state += f": {plain(str(warning.get('message', '')))}"
    running = next((str(status["name"]) for status in _containers(pod) if _unready_but_running(status)), "")
    return Trouble(
        f"{uid(pod)}/waits",
        f"Pod {name(pod)} {state}",
        f"describe pod {name(pod)}",
        rank=4 if warning else 5,
        pod=name(pod),
        container=running,
    )


def _unready_but_running(status: Item) -> bool:
    return "running" in (status.get("state") or {}) and not status.get("ready")


def _state(status: Item) -> str:
    waiting = (status.get("state") or {}).get("waiting")
    if waiting:
        return f"{status['called']}: {waiting.get('reason', 'waiting')}"
    return f"{status['called']} runs but is not ready" if _unready_but_running(status) else ""


def refusals(maker: str, events: Sequence[Item], recurring: bool) -> list[Trouble]:
    """Why no pod could be made: the newest refusal of whoever makes them, by its uid.

    Only one that came up while somebody waited (``recurring``) ends the wait: an older one may be mended by now.
    """
    event = newest([one for one in events if one.get("reason") == "FailedCreate" and _about(one).get("uid") == maker])
    if event is None:
        return []
    said = str(event.get("message", ""))
    patience = 0.0 if _POLICY in said else PATIENCE if _QUOTA in said else None
    kind, about = str(_about(event).get("kind")), str(_about(event).get("name"))
    return [
        Trouble(
            f"{_about(event).get('uid')}/refused",
            f"No pod may be created: {plain(_refused(said), REFUSAL_CHARACTERS)}",
            f"describe {kind.lower()} {about}",
            rank=0,
            patience=patience if recurring else None,
        )
    ]


def _refused(said: str) -> str:
    """Without the controller's own preface and the made-up name of a pod that never was."""
    return said.split(" is forbidden: ", 1)[-1].removeprefix("Error creating: ")


def _about(event: Item) -> Item:
    about: Item = event.get("involvedObject") or {}
    return about


def newest(events: Sequence[Item]) -> Item | None:
    return max(events, key=stamp, default=None)


def stamp(event: Item) -> tuple[str, int]:
    """When an event came up last, and how often so far."""
    series = event.get("series") or {}
    moments = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(moment) for moment in moments if moment), ""), int(series.get("count") or event.get("count") or 1)


def plain(text: str, longest: int = SHOWN_CHARACTERS) -> str:
    """One line of bounded length, without colours and without a stop at its end."""
    line = " ".join(_ANSI_CODES.sub("", text).split())
    line = "".join(character for character in line if character.isprintable()).rstrip(".")
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def last_words(log: str, *, only_errors: bool = False) -> str:
    """The last line that looks like an error, else the last one that says anything."""
    lines = [line for raw in log.splitlines() if (line := plain(raw))]
    errors = [line for line in lines if _ERROR_WORDS.search(line)]
    return (errors or ([] if only_errors else lines) or [""])[-1]
