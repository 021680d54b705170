"""How much the pipeline carries without loss, how late a span is seen, and what an outage of Tempo costs."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

from bench.bed import RESULTS, Bed, keep
from bench.first_trace import install
from bench.load import NAMESPACE, STACK, UNLIMITED, Load, carried, cores_of, losses, send

# Where spans go in: through our Alloy, straight to Tempo, and through an Alloy with a walk-through's settings.
ENTRIES = {"alloy": "alloy", "direct": "tempo", "upstream": "alloy-plain"}
# Requests a second, of a hundred spans each: more than a small machine carries, so that k6 is held back.
RATES = (200, 300)
NOTHING: dict[str, Any] = {"spans_per_second": 0, "cpu_per_million": {}, "memory": {}}
LATENCY_RATES = (1, 10, 100, 1000)
MARKS = ("p50", "p95", "p99")
OUTAGE = 60
# Thousands of spans a second where the bench of rates has not run; half of what it found where it has.
OUTAGE_RATE = 5


def prepare(bed: Bed, **settings: object) -> None:
    """The pipeline in an empty namespace."""
    bed.remove(NAMESPACE)
    configure(bed, **settings)


def configure(bed: Bed, **settings: object) -> None:
    """Its settings, with limits and memory that are not what is measured."""
    memory = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "6Gi"}}
    bed.play(
        NAMESPACE, ["bench/stack.yml"], {**STACK, "tempo_limits": UNLIMITED, "tempo_resources": memory, **settings}
    )


def install_plain_alloy(bed: Bed) -> None:
    """An Alloy with a walk-through's settings, beside ours."""
    install(bed, NAMESPACE, "alloy", "alloy-plain", "--set", "fullnameOverride=alloy-plain")


def rates(bed: Bed, rounds: int) -> None:
    """The highest rate without loss by each entry."""
    prepare(bed)
    install_plain_alloy(bed)
    for service in ENTRIES.values():
        send(bed, Load(RATES[0], 12, to=service))  # the first requests to a fresh part are slow
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ENTRIES}
    for _round in range(rounds):
        best = dict.fromkeys(ENTRIES, NOTHING)
        for requests in RATES:
            for name, service in ENTRIES.items():
                one = send(bed, Load(requests, 25, to=service, alloy=service if service != "tempo" else "alloy"))
                lost, rate = losses(one), carried(one)
                print(
                    f"    {name}: {requests * 100} spans/s wanted, {rate:.0f} sent, {lost or 'all there'}", flush=True
                )
                if not lost and rate > best[name]["spans_per_second"]:
                    best[name] = cost(one)
        for name, one in best.items():
            found[name].append(one)
            print(
                f"  {name}: {one['spans_per_second']} spans/s, CPU seconds a million {one['cpu_per_million']}",
                flush=True,
            )
    ratio = {
        name: median(a["spans_per_second"] / b["spans_per_second"] for a, b in zip(runs, found["direct"], strict=True))
        for name, runs in found.items()
    }
    keep("rates", {"runs": found, "ratio_to_direct": {name: round(one, 3) for name, one in ratio.items()}})
    print(f"  zero-loss rate against straight to Tempo: {ratio} (aim: alloy at least 0.90)")
    bed.remove(NAMESPACE)


def cost(found: dict[str, Any]) -> dict[str, Any]:
    """What a rate takes: CPU seconds for a million spans, and memory in MiB."""
    rate = carried(found)
    cores = {part: cores_of(marks) for part, marks in found["used"]["cpu"].items()}
    cores["alloy"] = cores.get("alloy", 0.0) + cores.pop("alloy-plain", 0.0)  # one of them has nothing to do
    per_million = {part: round(share / rate * 1e6, 1) for part, share in cores.items()}
    return {"spans_per_second": round(rate), "cpu_per_million": per_million, "memory": found["used"]["memory"]}


def latency(bed: Bed, rounds: int) -> None:
    """Seconds until a trace is seen, by its id and by search, while others are sent."""
    prepare(bed)
    results: list[dict[str, Any]] = []
    for number in range(rounds):
        for rate in LATENCY_RATES:
            for name in ("alloy", "direct"):
                # Small requests, as applications send them: a trace each, ten for the highest rate.
                traces = 10 if rate >= 1000 else 1
                load = Load(rate / traces, 30, ENTRIES[name], traces=traces, spans=6, probes=60)
                probe = send(bed, load)["probe"]
                one = {
                    "round": number,
                    "traces_per_second": rate,
                    "entry": name,
                    "satisfied": probe.get("satisfied"),
                    **quantiles(probe),
                }
                results.append(one)
                print(f"  {rate} traces/s, {name}: by id {one['by_id']}, by search {one['by_search']}", flush=True)
    keep("latency", {"runs": results})
    bed.remove(NAMESPACE)


def quantiles(probe: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Seconds until its traces were seen, by each way."""
    return {way: {mark: probe[way][mark] for mark in MARKS} for way in ("by_id", "by_search")}


def outages(bed: Bed, rounds: int) -> None:
    """A minute without Tempo, with and without a queue on a volume."""
    results = []
    durable = {"alloy_mode": "statefulset", "alloy_durable_queue_enabled": True, "alloy_durable_queue_size": "5Gi"}
    # Traces of a thousand spans, so that one search can count them all.
    load = Load(half_rate(), seconds=OUTAGE + 60, traces=1, spans=1000, outage=OUTAGE)
    for number in range(rounds):
        for name, settings in {"in memory": {}, "durable": durable}.items():
            prepare(bed, alloy_retry_max_interval="5s", **settings)
            results.append({"round": number, "queue": name, **outcome(send(bed, load))})
            print(f"  {load.spans_per_second:.0f} spans/s, queue {name}: {results[-1]}", flush=True)
    keep("outage", {"spans_per_second": load.spans_per_second, "runs": results})
    bed.remove(NAMESPACE)


def half_rate() -> int:
    """In thousands of spans a second."""
    file = RESULTS / "rates.json"
    if not file.is_file():
        return OUTAGE_RATE
    runs: list[dict[str, float]] = json.loads(file.read_text())["runs"]["alloy"]
    return max(1, round(median(run["spans_per_second"] for run in runs) / 2000))


def outcome(found: dict[str, Any]) -> dict[str, Any]:
    """What was lost, the fullest that the queue was, and how long it took to empty after that."""
    run, account, queue = found["run"], found["account"], found["used"]["queue"]
    peak = max(queue, key=lambda sample: sample[1], default=(0.0, 0.0))
    floor = min((size for _at, size in queue), default=0.0)
    emptied = next((at for at, size in queue if at > peak[0] and size <= floor), None)
    return {
        "sent": run["spans_sent"],
        "refused": run["spans_failed"],
        "stored": found["stored"],
        "given_up": (account["send_failed"] or 0) + (account["enqueue_failed"] or 0),
        "peak_queue": peak[1],
        "seconds_to_empty": round(emptied - peak[0], 1) if emptied else None,
    }
