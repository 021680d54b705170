"""What a million spans cost Alloy and Tempo in processor time, on loopback.

Of each way in, the same spans by k6: a hundred in a request of JSON. What a program itself says it has used is read
before, and again when Tempo has received all: CPU seconds of the way in, without what blocks cost later.
"""

from __future__ import annotations

from statistics import median

from bench.bed import keep
from bench.load import Load
from bench.loopback_stack import Way, read, require_programs, sent, started, wait_until_received

LOADS = {"load": Load(200, 20)}
DIRECT = "straight to Tempo"
WAYS = {
    "as shipped": Way(),
    DIRECT: Way(to="tempo_http"),
    "GOGC 100, Go's default": Way(options={"alloy_extra_env": [{"name": "GOGC", "value": "100"}]}),
    "GOGC 400": Way(options={"alloy_extra_env": [{"name": "GOGC", "value": "400"}]}),
}


def measure_all(_bed: object, rounds: int) -> None:
    require_programs()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for number in range(1, rounds + 1):
        for name, way in WAYS.items():
            found[name].append(measure(way))
            print(f"  round {number}, {name}: {found[name][-1]}", flush=True)
    pairs = {name: zip(runs, found[DIRECT], strict=True) for name, runs in found.items()}
    ratio = {name: round(median(a["both"] / b["both"] for a, b in both), 3) for name, both in pairs.items()}
    keep("cost", {"runs": found, "ratio_to_direct": ratio})
    print(f"  Alloy and Tempo together, against straight to Tempo: {ratio} (aim: as shipped at most 0.75)")


def measure(way: Way) -> dict[str, float]:
    """CPU seconds for a million spans of each program and of both, and the memory that each has at the end (MiB)."""
    parts = ("tempo",) if way.to == "tempo_http" else ("alloy", "tempo")
    with started(way, LOADS) as made:
        before = {part: read(made, part, "cpu") for part in parts}
        run = sent(made, "load")
        if run["spans_failed"]:
            raise SystemExit(f"{run['spans_failed']} spans were refused: the machine is too busy to measure on.")
        wait_until_received(made, run["spans_sent"])
        used = {part: (read(made, part, "cpu") - before[part]) / run["spans_sent"] * 1e6 for part in parts}
        memory = {f"{part} MiB": round(read(made, part, "memory") / 2**20) for part in parts}
    return {
        **{part: round(seconds, 2) for part, seconds in used.items()},
        "both": round(sum(used.values()), 2),
        **memory,
    }
