# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the stack on one screen: what runs, what flows, and where to look. Pure text from what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import isnan
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import main_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity, show_quantity

NAME = "app.kubernetes.io/name"
HEADINGS = ("COMPONENT", "VERSION", "HEALTH", "CPU (REQUESTED)", "MEMORY (LIMIT)")
UNREAD = "unread"


def screen(
    pods: Sequence[Mapping[str, Any]],
    account: Mapping[str, Any] | None,
    period: float,
    samples: Sequence[Mapping[str, Any]],
    addresses: Sequence[str],
) -> list[str]:
    """``account`` is that of ``period`` seconds; ``samples`` are those of Prometheus, by ``figure`` and ``job``."""
    figures = read_figures(samples)
    rows = [HEADINGS, *components(pods, figures)]
    lines = table(rows) if len(rows) > 1 else ["No pod of the stack runs here."]
    return [*lines, "", *flow(account or {}, period, figures), "", *addresses]


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


def components(
    pods: Sequence[Mapping[str, Any]], figures: Mapping[tuple[str, str], float]
) -> Iterator[tuple[str, ...]]:
    """A row for each component and version; the pods of one are counted together."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pod in pods:
        name = (pod["metadata"].get("labels") or {}).get(NAME, pod["metadata"]["name"])
        groups.setdefault((name, version(pod)), []).append(pod)
    for (name, tag), members in sorted(groups.items()):
        yield (
            name,
            tag,
            health(members),
            used(figures.get(("cpu", name)), "cpu", asked(members, "requests", "cpu")),
            used(figures.get(("memory", name)), "memory", asked(members, "limits", "memory")),
        )


def version(pod: Mapping[str, Any]) -> str:
    image = main_image(pod).rsplit("/", 1)[-1].split("@")[0]
    return image.partition(":")[2] or "latest"


def health(pods: Sequence[Mapping[str, Any]]) -> str:
    """How many are ready, or done; how often they were started again; and what keeps the others."""
    states = [state for pod in pods for state in pod.get("status", {}).get("containerStatuses") or []]
    done = sum(pod.get("status", {}).get("phase") == "Succeeded" for pod in pods)
    ready = sum(is_ready(pod) for pod in pods)
    parts = [f"{ready}/{len(pods) - done} ready"] if len(pods) > done else []
    parts += [f"{done} done"] if done else []
    restarts = sum(state.get("restartCount", 0) for state in states)
    parts += [f"{restarts} restarts"] if restarts else []
    reasons = {(state.get("state") or {}).get("waiting", {}).get("reason", "") for state in states} - {""}
    return ", ".join([*parts, *sorted(reasons)])


def is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def asked(pods: Sequence[Mapping[str, Any]], kind: str, resource: str) -> str:
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


def rate(count: float | None, period: float) -> str:
    return UNREAD if count is None else f"{count / period:.1f}"


def lost(account: Mapping[str, Any]) -> str:
    places = {
        "refused": "refused by Alloy",
        "send_failed": "given up",
        "enqueue_failed": "no room in the queue",
        "receiver_refused": "refused by Tempo",
        "discarded_total": "discarded by Tempo",
    }
    counts = {words: account[key] for key, words in places.items() if account.get(key)}
    if all(account.get(key) is None for key in places):
        return UNREAD
    found = f"{sum(counts.values())} ({', '.join(f'{count} {words}' for words, count in counts.items())})"
    unread = [words for key, words in places.items() if key in account and account[key] is None]
    return (found if counts else "0") + (f", and unread: {', '.join(unread)}" if unread else "")
