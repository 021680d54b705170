"""What it costs to run site.yml again when nothing is to be changed, against five bare kubernetes.core.helm tasks."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from statistics import median

from bench.bed import RESULTS, Bed, keep

NAMESPACE = "bench-rerun"
# Longer than the bench takes: the generator runs in each round, as it does by default, and still ends by itself.
LOAD: dict[str, object] = {"k6_trace_generator_rate": 1, "k6_trace_generator_duration": "2h"}
RELEASES = ("prometheus", "tempo", "alloy", "grafana", "k6-traces")


def seconds(do: Callable[[], object]) -> float:
    start = time.monotonic()
    do()
    return time.monotonic() - start


def write_values(bed: Bed) -> str:
    """The values that each release has, for the bare tasks: they have nothing to change either."""
    folder = RESULTS / "values"
    folder.mkdir(parents=True, exist_ok=True)
    helm = [bed.get("k8s_tracing_helm_binary", "helm"), "--kubeconfig", bed.get("k8s_tracing_kubeconfig")]
    for release in RELEASES:
        command = [*helm, "--namespace", NAMESPACE, "get", "values", release, "--output", "json"]
        (folder / f"{release}.json").write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    return str(folder)


def measure_all(bed: Bed, rounds: int) -> None:
    bed.remove(NAMESPACE)
    try:
        bed.play(NAMESPACE, ["site.yml"], LOAD)
        values = write_values(bed)
        measured = []
        for number in range(rounds + 1):
            round_ = measure(bed, values)
            if number:  # the first of each warms the caches
                measured.append(round_)
                print(f"  round {number}: {round_}", flush=True)
        profile = bed.profile(NAMESPACE, ["site.yml"], LOAD)
        (RESULTS / "rerun-profile.txt").write_text(profile)
        print("  where a whole site.yml spends its time:\n" + "\n".join(profile.splitlines()[:8]), flush=True)
    finally:
        bed.remove(NAMESPACE)
    ratio = round(median(one["site"] / one["bare"] for one in measured), 3)
    keep("rerun", {"rounds": measured, "ratio": ratio})
    print(f"  unchanged re-run: ratio {ratio:.2f} (aim: 1.50)")


def measure(bed: Bed, values: str) -> dict[str, float]:
    """Seconds for a whole run that changes nothing, and for five bare tasks."""
    said: list[str] = []
    site = seconds(lambda: said.append(bed.play(NAMESPACE, ["site.yml"], LOAD)))
    bare = seconds(lambda: bed.play(NAMESPACE, ["bench/bare.yml"], {"bench_values": values}))
    if "changed=0" not in said[0]:
        raise SystemExit(f"site.yml changed something though nothing was to be changed:\n{said[0]}")
    return {"site": round(site, 1), "bare": round(bare, 1)}
