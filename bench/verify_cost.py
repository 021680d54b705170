"""What a proof costs as Tempo holds more: a run of known size is looked for among ever more traces."""

from __future__ import annotations

import json
from statistics import median

from bench.bed import RESULTS, Bed, keep
from bench.carry import prepare
from bench.load import NAMESPACE, STACK, Load, send

SIZES = (1_000, 10_000, 100_000)
LOOKS, WARMING = 21, 6


def measure_all(bed: Bed, _rounds: int) -> None:
    prepare(bed)
    stored, results = 0, []
    for size in SIZES:
        seconds = 20 if size < 50_000 else 60
        send(bed, Load((size - stored) / seconds / 10, seconds, traces=10, spans=6))
        stored = size
        file = RESULTS / "looks.json"
        given = {"bench_result": str(file), "bench_looks": LOOKS, **STACK}
        bed.play(NAMESPACE, ["bench/looks.yml"], given)
        looks = json.loads(file.read_text())[WARMING:]
        results.append({"stored": size, "seconds": round(median(looks), 3), "all": looks})
        print(f"  {size} traces stored: a check takes {results[-1]['seconds']} s", flush=True)
    ratio = round(results[-1]["seconds"] / results[0]["seconds"], 3)
    keep("verify_cost", {"runs": results, "ratio": ratio})
    print(f"  check among 100 000 against among 1000: {ratio} (aim: 0.90 to 1.10)")
    bed.remove(NAMESPACE)
