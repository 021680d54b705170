"""From an empty namespace to the first proven trace: site.yml against Helm by hand, in turn, in one run.

By hand is what a walk-through says: one `helm upgrade --install --wait` after the other, with the few values that such
a page sets (bench/helm_baseline), and then the generator. Both ways end when their commands have ended and a trace is
found by search. Charts and images are the same: those of the test bed's inventory, with upstream's own charts when
CHARTS_DIR names them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from statistics import median

from bench.bed import LIMIT, ROOT, Api, Bed, keep, processor_time

PARTS = ("prometheus", "tempo", "grafana", "alloy")
# The keys under which each chart takes the tag of its image.
TAGS = {"prometheus": "server.image.tag", "tempo": "tempo.tag", "grafana": "image.tag", "alloy": "image.tag"}
LOAD = {"k6_trace_generator_rate": 5, "k6_trace_generator_duration": "60s"}


def by_helm_alone(bed: Bed, namespace: str) -> None:
    bed.kubectl("create", "namespace", namespace)
    login = ("--from-literal=admin-user=admin", "--from-literal=admin-password=by-hand")
    bed.kubectl("--namespace", namespace, "create", "secret", "generic", "grafana-login", *login)
    for part in PARTS:
        install(bed, namespace, part)
    # The role's own generator on both sides: it is not what is measured.
    bed.play(namespace, ["bench/generator.yml"], dict(LOAD))


def install(bed: Bed, namespace: str, part: str, release: str = "", *more: str) -> None:
    """One chart with the values of a walk-through."""
    chart = bed.get(f"{part}_chart_ref", part)
    repository = ["--repo", bed.get(f"{part}_chart_repo_url")] if bed.get(f"{part}_chart_repo_url") else []
    tag = ["--set-string", f"{TAGS[part]}={bed.get(f'{part}_image_tag')}"] if bed.get(f"{part}_image_tag") else []
    values = ["--values", str(ROOT / f"bench/helm_baseline/{part}.yml")]
    bed.helm(namespace, release or part, chart, *values, *repository, *tag, *more)


def by_site(bed: Bed, namespace: str) -> None:
    bed.play(namespace, ["site.yml"], dict(LOAD))


def seen(api: Api, namespace: str) -> bool:
    """Whether Tempo's search finds a trace."""
    path = f"/api/v1/namespaces/{namespace}/services/tempo:3200/proxy/api/search?q=%7B%7D&limit=1"
    try:
        return bool(api.json(path).get("traces"))
    except (OSError, ValueError):
        return False


def measure(bed: Bed, name: str, way: Callable[[Bed, str], None]) -> dict[str, float]:
    """Seconds until the way's commands have ended, until the first trace is found, and until both.

    With them, the share of processor time that the machine's host gave to others.
    """
    namespace = f"bench-{name}"
    bed.remove(namespace)
    before = processor_time()
    start = time.monotonic()
    found: list[float] = []
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=(bed, namespace, start, found, over))
    watcher.start()
    try:
        way(bed, namespace)
        ended = time.monotonic() - start
        watcher.join(LIMIT)
    finally:
        over.set()
        watcher.join()
        bed.remove(namespace)
    if not found:
        raise SystemExit(f"{name}: no trace was found within {LIMIT:.0f} s after the commands had ended.")
    spent, stolen = (now - then for now, then in zip(processor_time(), before, strict=True))
    return {
        "commands": round(ended, 1),
        "trace": round(found[0], 1),
        "proven": round(max(ended, found[0]), 1),
        "stolen_percent": round(100 * stolen / spent, 1),
    }


def watch(bed: Bed, namespace: str, start: float, found: list[float], over: threading.Event) -> None:
    with bed.api() as api:
        while not over.wait(0.5):
            if seen(api, namespace):
                found.append(time.monotonic() - start)
                return


def measure_all(bed: Bed, rounds: int) -> None:
    ways = {"by-hand": by_helm_alone, "site": by_site}
    results: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            results[name].append(measure(bed, name, way))
            print(f"  round {number}, {name}: {results[name][-1]}", flush=True)
    ratios = {
        key: [b[key] / a[key] for a, b in zip(results["by-hand"], results["site"], strict=True)]
        for key in ("trace", "proven")
    }
    keep("first_trace", {"rounds": results, "ratio": {key: round(median(all_), 3) for key, all_ in ratios.items()}})
    trace, proven = (median(ratios[key]) for key in ("trace", "proven"))
    print(f"  first trace {trace:.2f} (aim: 0.25), with all commands ended {proven:.2f} (aim: 0.30)")
