# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the stack on one screen: what runs, what flows, and where to look. Pure text from what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import main_image, name_and_tag
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity, show_quantity

from .stack_state import age, age_seconds, missing, problems, volumes

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
GENERATOR = "k6-trace-generator"
HEADINGS = ("COMPONENT", "VERSION", "HEALTH", "AGE", "CPU (REQUESTED)", "MEMORY (LIMIT)")
UNREAD = "unread"
_SHOWN_ONLY = ("cpu_text", "memory_text")
_LOST = {
    "refused": "refused by Alloy",
    "send_failed": "given up",
    "enqueue_failed": "no room in the queue",
    "receiver_refused": "refused by Tempo",
    "discarded_total": "discarded by Tempo",
}
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """All that was read of a stack. ``account`` is that of ``period`` seconds; ``samples`` are those of Prometheus, by
    ``figure`` and ``job``; ``objects`` are its workloads and volume claims.
    """

    pods: Sequence[Item]
    account: Item
    period: float
    samples: Sequence[Item]
    parts: Sequence[Item] = ()
    objects: Sequence[Item] = ()
    # Namespaces of which not everything could be listed.
    unread: Sequence[str] = ()
    now: float = 0.0

    @property
    def absent(self) -> list[tuple[str, str]]:
        return missing(self.parts, self.pods, self.objects, self.unread)


def screen(read: Read, addresses: Sequence[str]) -> list[str]:
    """For people."""
    figures = read_figures(read.samples)
    rows = [_cells(row, _rate_of(row, read)) for row in components(read, figures)]
    rows += [(name, "-", what, "-", "-", "-") for name, what in read.absent]
    lines = table([HEADINGS, *sorted(rows)]) if rows else ["No pod of the stack runs here."]
    lines += [_volume_line(one) for one in volumes(read.objects, read.samples)]
    return [*lines, "", *flow(read.account, read.period, figures), "", *addresses]


def state(read: Read, place: Item, addresses: Sequence[str]) -> dict[str, Any]:
    """The same for programs: ages in seconds, sizes in bytes, processor time in cores; None is what was not read."""
    figures = read_figures(read.samples)
    absent = read.absent
    rows = list(components(read, figures))
    found = list(problems(rows, absent, read.account, lost(read.account)))
    stations = {"background": "generators", "accepted": "alloy_in", "sent": "alloy_out", "received": "tempo_in"}
    rates = {name: _per_second(read.account.get(key), read.period) for key, name in stations.items()}
    return {
        "schema_version": 1,
        "place": dict(place),
        "ok": not found,
        "problems": found,
        "components": [{name: value for name, value in row.items() if name not in _SHOWN_ONLY} for row in rows],
        "missing": [{"name": name, "what": what} for name, what in absent],
        "volumes": volumes(read.objects, read.samples),
        "spans": {"seconds": read.period, "per_second": rates, "lost": _lost_count(read.account)},
        "queue": {"waiting": read.account.get("queued"), "fill": figures.get(("queue", ""))},
        "tempo_push_seconds_p95": figures.get(("latency", "")),
        "kafka_lag_seconds": _behind(figures),
        "addresses": list(addresses),
    }


def _cells(row: Item, sends: str) -> tuple[str, ...]:
    health = row["health"] + sends
    return (row["name"], row["version"], health, age(row["age_seconds"]), row["cpu_text"], row["memory_text"])


def _rate_of(row: Item, read: Read) -> str:
    """What generators that run send, by their own count."""
    traces = read.account.get("background_traces")
    if row["name"] != GENERATOR or not row["ready"] or traces is None:
        return ""
    return f", {rate(traces, read.period)} traces a second"


def _volume_line(volume: Item) -> str:
    used = volume["used_bytes"]
    of_it = "use not known" if used is None else f"{show_quantity(Decimal(used), 'storage')} used"
    return f"Volume {volume['name']}: {volume['size']}, {volume['phase'] or 'unknown'}, {of_it}"


def _per_second(count: float | None, period: float) -> float | None:
    return None if count is None else round(count / period, 3)


def read_figures(samples: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """Of an instant query's result: the value of each figure of each job. What is no number is left out."""
    found = {}
    for sample in samples:
        value = float(sample["value"][1])
        if not isnan(value):
            found[sample["metric"].get("figure", ""), sample["metric"].get("job", "")] = value
    return found


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def components(read: Read, figures: Mapping[tuple[str, str], float]) -> Iterator[dict[str, Any]]:
    """A row for each component and version; the pods of one are counted together."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for pod in read.pods:
        groups.setdefault((_name(pod), version(pod)), []).append(pod)
    for (name, tag), members in sorted(groups.items()):
        cpu, memory = figures.get(("cpu", name)), figures.get(("memory", name))
        yield {
            "name": name,
            "version": tag,
            "health": health(members),
            "ready": sum(is_ready(pod) for pod in members),
            "wanted": len(members) - sum(is_done(pod) for pod in members),
            "age_seconds": age_seconds(members, read.now),
            "cpu_cores": cpu,
            "memory_bytes": memory,
            "cpu_text": used(cpu, "cpu", asked(members, "requests", "cpu")),
            "memory_text": used(memory, "memory", asked(members, "limits", "memory")),
        }


def _name(pod: Item) -> str:
    """Of a Tempo in components each is a row of its own, and has its job's name."""
    labels = pod["metadata"].get("labels") or {}
    name, component = str(labels.get(NAME, pod["metadata"]["name"])), labels.get(COMPONENT)
    return f"{name}-{component}" if name == "tempo" and component else name


def version(pod: Item) -> str:
    return name_and_tag(main_image(pod))[1] or "latest"


def health(pods: Sequence[Item]) -> str:
    """How many are ready, or done; how often they were started again; and what keeps the others."""
    states = [state for pod in pods for state in pod.get("status", {}).get("containerStatuses") or []]
    done = sum(is_done(pod) for pod in pods)
    ready = sum(is_ready(pod) for pod in pods)
    parts = [f"{ready}/{len(pods) - done} ready"] if len(pods) > done else []
    parts += [f"{done} done"] if done else []
    restarts = sum(state.get("restartCount", 0) for state in states)
    parts += [numbered(restarts, "restart")] if restarts else []
    reasons = {(state.get("state") or {}).get("waiting", {}).get("reason", "") for state in states} - {""}
    return ", ".join([*parts, *sorted(reasons)])


def is_done(pod: Item) -> bool:
    return bool(pod.get("status", {}).get("phase") == "Succeeded")


def is_ready(pod: Item) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def asked(pods: Sequence[Item], kind: str, resource: str) -> str:
    """The requests, or limits, of all pods together; empty where there are none."""
    containers = [container for pod in pods for container in pod["spec"]["containers"]]
    given = [((container.get("resources") or {}).get(kind) or {}).get(resource) for container in containers]
    total = sum((parse_quantity(item) for item in given if item is not None), Decimal(0))
    return show_quantity(total, resource) if total else ""


def used(value: float | None, resource: str, limit: str) -> str:
    text = "-" if value is None else show_quantity(Decimal(value), resource)
    return f"{text} ({limit})" if limit else text


def flow(account: Mapping[str, Any], period: float, figures: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """Spans a second at each station, what was lost, and how full and how slow it is."""
    stations = {"into Alloy": "accepted", "out of Alloy": "sent", "into Tempo": "received"}
    rates = [f"{name} {rate(account.get(key), period)}" for name, key in stations.items()]
    yield f"Spans a second over {period:g} s: {', '.join(rates)}; lost {lost(account)}"
    fill, latency = figures.get(("queue", "")), figures.get(("latency", ""))
    waiting = account.get("queued")
    queue = UNREAD if waiting is None else f"{waiting} waiting"
    percent = "" if fill is None else f" ({fill:.0%} full)"
    took = UNREAD if latency is None else f"{latency * 1000:.0f} ms for 95 of 100 batches"
    yield f"Queue of Alloy: {queue}{percent}. Ingestion by Tempo: {took}."
    behind = [f"{job} {seconds:.0f} s" for job, seconds in _behind(figures).items()]
    yield from [f"Behind Kafka: {', '.join(behind)}."] if behind else []


def _behind(figures: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Seconds, by component; only a Tempo in components reads from a Kafka."""
    return {job: seconds for (figure, job), seconds in sorted(figures.items()) if figure == "lag"}


def rate(count: float | None, period: float) -> str:
    return UNREAD if count is None else f"{count / period:.1f}"


def lost(account: Mapping[str, Any]) -> str:
    counts = {words: account[key] for key, words in _LOST.items() if account.get(key)}
    total = _lost_count(account)
    if total is None:
        return UNREAD
    found = f"{total} ({', '.join(f'{count} {words}' for words, count in counts.items())})"
    unread = [words for key, words in _LOST.items() if key in account and account[key] is None]
    return (found if counts else "0") + (f", and unread: {', '.join(unread)}" if unread else "")


def _lost_count(account: Mapping[str, Any]) -> int | None:
    known = [account[key] for key in _LOST if account.get(key) is not None]
    return sum(known) if known else None
