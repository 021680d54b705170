"""What a proof costs as Tempo holds more: verify.yml, and one check of a run of known size, among ever more traces.

A single check is a search of Tempo, which reads what it holds of the last minutes; it is a small part of a proof.
"""

from __future__ import annotations

import json
from statistics import median

from bench.bed import RESULTS, Bed, keep
from bench.load import NAMESPACE, STACK, Load, send
from bench.rerun import seconds
from bench.throughput import prepare

SIZES = (1_000, 10_000, 100_000)
LOOKS, WARMING, PROOFS = 21, 6, 2


def measure_all(bed: Bed, _rounds: int) -> None:
    prepare(bed)
    stored, results = 0, []
    for size in SIZES:
        lasts = 20 if size < 50_000 else 60
        send(bed, Load((size - stored) / lasts / 10, lasts, traces=10, spans=6))
        stored = size
        file = RESULTS / "looks.json"
        given = {"bench_result": str(file), "bench_looks": LOOKS, **STACK}
        bed.play(NAMESPACE, ["bench/check_loop.yml"], given)
        looks = json.loads(file.read_text())[WARMING:]
        proofs = [seconds(lambda: prove(bed)) for _proof in range(PROOFS)]
        figures = {"check": median(looks), "verify": median(proofs), "checks": looks, "proofs": proofs}
        results.append({"stored": size, **figures})
        print(f"  {size} traces: a check {figures['check']:.3f} s, verify.yml {figures['verify']:.1f} s", flush=True)
    ratio = {way: round(results[-1][way] / results[0][way], 3) for way in ("check", "verify")}
    keep("verify_cost", {"runs": results, "ratio": ratio})
    print(f"  among 100 000 against among 1000: {ratio} (aim for verify.yml: 0.90 to 1.10)")
    bed.remove(NAMESPACE)


def prove(bed: Bed) -> None:
    bed.play(NAMESPACE, ["playbooks/verify.yml"], {**STACK, "k8s_tracing_report_dir": str(RESULTS / "tracing-report")})
