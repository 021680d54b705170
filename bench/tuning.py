"""What a single setting does to the rate that is carried, its cost and the latency, each against what the roles ship.

On loopback, where nothing but the programs takes part of the processors.
"""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from bench.bed import keep
from bench.load import Load
from bench.loopback_stack import (
    Way,
    cpu_per_million,
    cpu_seconds,
    measure_ways,
    probe,
    sending,
    sent,
    started,
    wait_until_received,
)
from bench.throughput import quantiles

SHIPPED = "as shipped"
SETTINGS: dict[str, Way] = {
    SHIPPED: Way(),
    "compression gzip": Way(options={"alloy_tempo_compression": "gzip"}),
    "no compression": Way(options={"alloy_tempo_compression": "none"}),
    "batches of 500": Way(options={"alloy_batch_size": 500, "alloy_batch_max_size": 500}),
    "batches of 8000": Way(options={"alloy_batch_size": 8000, "alloy_batch_max_size": 8000}),
    "batches after 50 ms": Way(options={"alloy_batch_timeout": "50ms"}),
    "batches after 1 s": Way(options={"alloy_batch_timeout": "1s"}),
    "2 consumers of the queue": Way(options={"alloy_queue_consumers": 2}),
}
# Senders by gRPC are told to connect anew after that time. The sender here is another Alloy, as beside an application.
BEHIND = "behind another Alloy"
AGES: dict[str, Way] = {
    BEHIND: Way(to="behind_http"),
    "connections of 5 s": Way(to="behind_http", options={"alloy_max_connection_age": "5s"}),
    "connections of 1 h": Way(to="behind_http", options={"alloy_max_connection_age": "1h"}),
}
# More than two processors carry, so that k6 is held back; and a hundred small traces a second, for the latency.
LOADS = {"most": Load(600, 15), "small": Load(100, 15, traces=1, spans=6)}
PROBES, PROBE_RATE = 60, 5
PARTS = ("alloy", "tempo")


def measure_all(_bed: object, rounds: int) -> None:
    found = measure_ways(SETTINGS | AGES, rounds, measure)
    base = {name: BEHIND if name in AGES else SHIPPED for name in found if name not in (SHIPPED, BEHIND)}
    ratio = {name: ratios(found[name], found[against]) for name, against in base.items()}
    keep("tuning", {"runs": found, "base": base, "ratio": ratio})


def measure(way: Way) -> dict[str, Any]:
    """The latency at a hundred small traces a second; then, at overload, how many spans arrive, and what they cost."""
    with started(way, LOADS) as made:
        with sending(made, "small") as small:
            timed = probe(made, way, PROBES, PROBE_RATE)
        before = cpu_seconds(made, PARTS)
        start = time.monotonic()
        most = sent(made, "most")
        wait_until_received(made, small["spans_sent"] + timed["spans"] + most["spans_sent"])
        seconds_until_received = time.monotonic() - start
        used = cpu_per_million(before, cpu_seconds(made, PARTS), most["spans_sent"])
    return {
        "spans_per_second": round(most["spans_sent"] / seconds_until_received),
        "refused": most["spans_failed"],
        "cpu_per_million": used,
        **quantiles(timed),
    }


def ratios(runs: list[dict[str, Any]], base: list[dict[str, Any]]) -> dict[str, float]:
    """Round by round."""
    pairs = list(zip(runs, base, strict=True))
    return {
        "rate": round(median(one["spans_per_second"] / other["spans_per_second"] for one, other in pairs), 3),
        "cost": round(median(pipeline_cost(one) / pipeline_cost(other) for one, other in pairs), 3),
        "p95": round(median(one["by_id"]["p95"] / other["by_id"]["p95"] for one, other in pairs), 3),
    }


def pipeline_cost(run: dict[str, Any]) -> float:
    return float(sum(run["cpu_per_million"].values()))
