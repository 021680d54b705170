"""What a million spans cost Alloy and Tempo in processor time, on loopback.

Of each way in, the same spans by k6: a hundred in a request of JSON. What a program itself says it has used is read
before, and again when Tempo has received all: CPU seconds of the way in, without what blocks cost later.
"""

from __future__ import annotations

from statistics import median

from bench.bed import keep
from bench.load import Load
from bench.loopback_stack import (
    Way,
    cpu_per_million,
    cpu_seconds,
    measure_ways,
    read,
    sent,
    started,
    wait_until_received,
)

LOADS = {"load": Load(200, 20)}
DIRECT = "straight to Tempo"
WAYS = {
    "as shipped": Way(),
    DIRECT: Way(to="otlp_http"),
    "GOGC 100, Go's default": Way(options={"alloy_extra_env": [{"name": "GOGC", "value": "100"}]}),
    "GOGC 400": Way(options={"alloy_extra_env": [{"name": "GOGC", "value": "400"}]}),
}


def measure_all(_bed: object, rounds: int) -> None:
    found = measure_ways(WAYS, rounds, measure)
    pairs = {name: zip(runs, found[DIRECT], strict=True) for name, runs in found.items()}
    ratio = {name: round(median(a["both"] / b["both"] for a, b in both), 3) for name, both in pairs.items()}
    keep("cost", {"runs": found, "direct": DIRECT, "ratio_to_direct": ratio})
    print(f"  Alloy and Tempo together, against straight to Tempo: {ratio} (aim: as shipped at most 0.75)")


def measure(way: Way) -> dict[str, float]:
    """CPU seconds for a million spans of each program and of both, and the memory that each has at the end (MiB)."""
    parts = ("tempo",) if way.to == "otlp_http" else ("alloy", "tempo")
    with started(way, LOADS) as made:
        before = cpu_seconds(made, parts)
        run = sent(made, "load")
        if run["spans_failed"]:
            raise SystemExit(f"{run['spans_failed']} spans were refused: the machine is too busy to measure on.")
        wait_until_received(made, run["spans_sent"])
        used = cpu_per_million(before, cpu_seconds(made, parts), run["spans_sent"])
        memory = {f"{part} MiB": round(read(made, part, "memory") / 2**20) for part in parts}
    return {**used, "both": round(sum(used.values()), 2), **memory}
