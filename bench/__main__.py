"""`python -m bench [PART ...]`: measures on the test bed's cluster, and writes figures, a table and plots.

Parts are run in the order given, by default all of them; `tuning`, `cost` and `clusters` need no test bed.
BENCH_ROUNDS repeats each (3); figures are medians.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import clusters, cost, first_trace, generator_cost, report, rerun, throughput, tuning, verify_cost
from bench.bed import RESULTS, Bed

PARTS: dict[str, Callable[[Any, int], None]] = {
    "first_trace": first_trace.measure_all,
    "rerun": rerun.measure_all,
    "latency": throughput.latency,
    "rates": throughput.rates,
    "tuning": tuning.measure_all,
    "outage": throughput.outages,
    "generator": generator_cost.measure_all,
    "verify_cost": verify_cost.measure_all,
    "cost": cost.measure_all,
    "clusters": clusters.measure_all,
}
WITHOUT_BED = {"clusters", "cost", "tuning"}


def rounds_asked() -> int:
    """None at all would measure nothing."""
    given = os.environ.get("BENCH_ROUNDS", "3")
    if not given.isdecimal() or int(given) < 1:
        raise SystemExit(f"BENCH_ROUNDS is '{given}': set it to a whole number from 1.")
    return int(given)


def main() -> None:
    asked = sys.argv[1:] or list(PARTS)
    unknown = [part for part in asked if part not in PARTS]
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}: use {', '.join(PARTS)}.")
    rounds = rounds_asked()
    bed = Bed.read() if set(asked) - WITHOUT_BED else None
    for part in asked:
        start = time.monotonic()
        print(f"bench {part} ...", flush=True)
        PARTS[part](bed, rounds)
        print(f"bench {part}: {time.monotonic() - start:.0f} s", flush=True)
    report.write()
    print(f"figures, table and plots: {RESULTS}")


if __name__ == "__main__":
    main()
