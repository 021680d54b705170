"""How many traces a second a core of the generator makes, by engine."""

from __future__ import annotations

from statistics import median
from typing import Any

from bench.bed import Bed, keep
from bench.load import NAMESPACE, Load, carried, cores_of, losses, send
from bench.throughput import prepare

RATE, SECONDS = 200, 45


def measure_all(bed: Bed, rounds: int) -> None:
    """Each engine that runs here: `k6_trace_generator_engine` of the test bed's inventory says which that is.

    The other, xk6-client-tracing, needs its image; where images can be pulled, both are measured.
    """
    prepare(bed)
    settled = bed.get("k6_trace_generator_engine")
    engines = [settled] if settled else ["otlp-http", "xk6-client-tracing"]
    found: dict[str, list[dict[str, Any]]] = {engine: [] for engine in engines}
    for _round in range(rounds):
        for engine in engines:
            one = send(bed, Load(RATE, SECONDS, script="", engine=engine))
            cores = cores_of(one["used"]["cpu"].get("k6", []))
            rate = one["run"]["traces_sent"] / one["run"]["seconds"]
            figures = {"traces_per_second": round(rate, 1), "cores": round(cores, 3), "spans_per_second": carried(one)}
            found[engine].append({**figures, "lost": losses(one), "memory": one["used"]["memory"].get("k6", 0.0)})
            print(f"  {engine}: {found[engine][-1]}", flush=True)
    each = {
        name: [run["traces_per_second"] / run["cores"] for run in runs if run["cores"]] for name, runs in found.items()
    }
    per_core = {name: round(median(rates)) for name, rates in each.items() if rates}
    keep("generator", {"runs": found, "traces_per_second_per_core": per_core})
    print(f"  traces a second for each core: {per_core}")
    bed.remove(NAMESPACE)
