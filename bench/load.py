"""What the pipeline carries: one run of the generator after another, each accounted for, with what the parts used.

A run counts as without loss when nobody refused a span and Tempo took in as many as were sent. Requests carry many
spans, so that k6, which shares the machine, is not what is measured.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from bench.bed import RESULTS, Api, Bed

NAMESPACE = "bench-load"
# A walk-through's Alloy, installed beside ours, fits no stricter Pod Security level.
STACK: dict[str, object] = {"k8s_tracing_network_policy_enabled": False, "k8s_tracing_pod_security": "baseline"}
# Limits of Tempo that no load reaches: they are not what is measured.
UNLIMITED: dict[str, object] = {
    "ingestion": {"rate_limit_bytes": 2_000_000_000, "burst_size_bytes": 2_000_000_000, "max_traces_per_user": 0},
}
QUEUE = re.compile(r"^otelcol_exporter_queue_size\{.*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Load:
    """One run: requests a second to the Service `to`, each of `traces` traces of `spans` spans."""

    requests: float
    seconds: int = 12
    to: str = "alloy"
    alloy: str = "alloy"
    traces: int = 10
    spans: int = 10
    probes: int = 0
    probe_rate: float = 5
    outage: int = 0
    # A script of the bench, or that of an engine of the role: a request is a whole trace there.
    script: str = "load.js"
    engine: str = "otlp-http"

    @property
    def spans_per_second(self) -> float:
        return self.requests * self.traces * self.spans


@dataclass
class Used:
    """Of each part while a run lasted: when it had used how many CPU seconds, and the most memory (MiB). And how full
    Alloy's queue was when."""

    cpu: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    queue: list[tuple[float, float]] = field(default_factory=list)


def send(bed: Bed, load: Load) -> dict[str, Any]:
    """Run it; what the generator says, the account of its spans, and what it took."""
    file = RESULTS / "run.json"
    RESULTS.mkdir(parents=True, exist_ok=True)
    settings = {"bench_load": asdict(load), "bench_result": str(file), **STACK}
    with bed.api() as api, sampled(api, load.alloy) as used:
        bed.play(NAMESPACE, ["bench/load.yml"], settings)
    found: dict[str, Any] = json.loads(file.read_text())
    return {**found, "load": asdict(load), "used": asdict(used)}


def losses(found: dict[str, Any]) -> str:
    """Why the run does not count as carried without loss; empty when it does."""
    run, account = found["run"], found["account"]
    reasons = {
        f"{run['spans_failed']} spans refused": run["spans_failed"] > 0,
        f"{account['received']} of {run['spans_sent']} spans reached Tempo": account["received"] < run["spans_sent"],
        f"Tempo discarded {account['discarded_total']} spans": (account["discarded_total"] or 0) > 0,
    }
    return ", ".join(reason for reason, holds in reasons.items() if holds)


def carried(found: dict[str, Any]) -> float:
    """Spans a second that were taken in: fewer than asked for where the pipeline, or the machine, holds k6 back."""
    return float(found["run"]["spans_sent"] / found["run"]["seconds"])


@contextmanager
def sampled(api: Api, alloy: str) -> Iterator[Used]:
    used, over = Used(), threading.Event()
    sampler = threading.Thread(target=sample, args=(api, alloy, used, over))
    sampler.start()
    try:
        yield used
    finally:
        over.set()
        sampler.join()


def sample(api: Api, alloy: str, used: Used, over: threading.Event) -> None:
    """Every two seconds, from the kubelet and from Alloy's own metrics."""
    while not over.wait(2):
        try:
            for part, at, cpu, memory in pods(api):
                marks = used.cpu.setdefault(part, [])
                if (at, cpu) not in marks:
                    marks.append((at, cpu))
                used.memory[part] = max(used.memory.get(part, 0.0), round(memory, 1))
            metrics = api.text(f"/api/v1/namespaces/{NAMESPACE}/services/{alloy}:12345/proxy/metrics")
            used.queue.append((round(time.time(), 1), sum(float(size) for size in QUEUE.findall(metrics))))
        except (OSError, KeyError, ValueError):
            continue  # a part is away, as in an outage


def pods(api: Api) -> Iterator[tuple[str, float, float, float]]:
    """The part a pod belongs to, when the kubelet looked at it, CPU seconds since its start, memory in MiB."""
    for node in api.json("/api/v1/nodes")["items"]:
        for pod in api.json(f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary")["pods"]:
            name = pod["podRef"]["name"]
            if pod["podRef"]["namespace"] == NAMESPACE and "usageCoreNanoSeconds" in pod.get("cpu", {}):
                at = datetime.fromisoformat(pod["cpu"]["time"]).timestamp()
                memory = pod.get("memory", {}).get("workingSetBytes", 0)
                yield part_of(name), at, pod["cpu"]["usageCoreNanoSeconds"] / 1e9, memory / 2**20


def cores_of(marks: list[tuple[float, float]]) -> float:
    """The cores a part used on average, by the marks that lie in its busy time: the kubelet looks every ten seconds."""
    spans = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]
    rates = [used / seconds for seconds, used in spans if seconds > 0 and used >= 0]
    busy = [rate for rate in rates if rate >= max(rates) / 2]
    return sum(busy) / len(busy) if busy else 0.0


def part_of(pod: str) -> str:
    return next((part for part in ("alloy-plain", "alloy", "tempo", "prometheus", "k6") if pod.startswith(part)), pod)
