"""What it costs to run site.yml again when nothing is to be changed, against five bare kubernetes.core.helm tasks."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from statistics import median

from bench.bed import RESULTS, Bed, keep

NAMESPACE = "bench-rerun"
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
        # Endless, so that the generator is unchanged too.
        endless: dict[str, object] = {"k6_trace_generator_rate": 1, "k6_trace_generator_duration": "endless"}
        bed.play(NAMESPACE, ["site.yml"], endless)
        values = write_values(bed)
        pairs = []
        for number in range(rounds + 1):
            site = seconds(lambda: bed.play(NAMESPACE, ["site.yml"], endless))
            bare = seconds(lambda: bed.play(NAMESPACE, ["bench/bare.yml"], {"bench_values": values}))
            if number:  # the first of each warms the caches
                pairs.append((round(site, 1), round(bare, 1)))
                print(f"  round {number}: site.yml {site:.1f} s, five helm tasks {bare:.1f} s", flush=True)
        profile = bed.profile(NAMESPACE, ["site.yml"], endless)
        (RESULTS / "rerun-profile.txt").write_text(profile)
        print("  where an unchanged site.yml spends its time:\n" + "\n".join(profile.splitlines()[:8]), flush=True)
    finally:
        bed.remove(NAMESPACE)
    ratios = [site / bare for site, bare in pairs]
    keep("rerun", {"rounds": pairs, "ratio": round(median(ratios), 3), "ratios": ratios})
    print(f"  unchanged re-run: ratio {median(ratios):.2f} (aim: 0.80)")
