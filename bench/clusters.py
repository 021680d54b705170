"""What a further cluster costs: site.yml on 1, 5 and 20 clusters without nodes, each an API server with its etcd here.

Without nodes nothing becomes ready: nothing is waited for or verified, and what is left is the work of the controller.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.bed import RESULTS, ROOT, keep, run

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "api_server")]

from api_server import ApiServer, missing_programs  # noqa: E402
from live_plays import Plays  # noqa: E402

RUNS = {"site --check": ["--check"], "site": [], "unchanged site": []}
UNCHANGED = "unchanged site"
FORKS = (1, 2, 5, 10)
AIM = 0.5
Figures = dict[str, dict[str, float]]


def measure_all(_bed: object, rounds: int) -> None:
    sizes = sizes_asked()
    if missing := missing_programs():
        raise SystemExit(f"Some programs are missing: `python3 -m testbed programs {' '.join(missing)}` makes them.")
    with clusters(max(sizes)) as servers:
        measured = [
            {str(size): measure(servers[:size], f"round-{number}-of-{size}") for size in sizes}
            for number in range(rounds)
        ]
        few = servers[: sizes[1]]
        forks = {str(number): play(few, f"round-0-of-{len(few)}", number) for number in FORKS}
    further = {name: {str(size): further_costs(measured, name, size) for size in sizes[1:]} for name in RUNS}
    keep("clusters", {"rounds": measured, "forks": forks, "further": further})
    print("\n".join(table(measured[-1], further)), flush=True)
    for number, figures in forks.items():
        print(f"  unchanged site on {len(few)} clusters with {number} forks: {figures['seconds']:.1f} s", flush=True)


def sizes_asked() -> list[int]:
    given = os.environ.get("BENCH_CLUSTERS", "1 5 20")
    sizes = [int(word) for word in given.split() if word.isdecimal()]
    if sizes[:1] != [1] or len(sizes) < 2 or len(sizes) != len(given.split()) or min(sizes) < 1:
        raise SystemExit(f"BENCH_CLUSTERS is '{given}': give numbers of clusters, 1 first, such as '1 5 20'.")
    return sizes


@contextmanager
def clusters(number: int) -> Iterator[list[ApiServer]]:
    """Some 420 MB each."""
    with TemporaryDirectory(prefix="bench.clusters.") as folder, ExitStack() as started:
        servers = [ApiServer(Path(folder) / f"c{one:02}", f"c{one:02}") for one in range(1, number + 1)]
        for server in servers:
            server.start()
            started.callback(server.stop)
        yield servers


def measure(servers: list[ApiServer], namespace: str) -> Figures:
    found = {}
    for name, arguments in RUNS.items():
        # With fewer, hosts wait for each other.
        found[name] = play(servers, namespace, max(5, len(servers)), arguments, unchanged=name == UNCHANGED)
        print(f"  {namespace}: {name}: {found[name]}", flush=True)
    return found


def play(
    servers: list[ApiServer], namespace: str, forks: int, arguments: Sequence[str] = (), *, unchanged: bool = True
) -> dict[str, float]:
    """site.yml on these clusters: seconds, and CPU seconds of Ansible and Helm."""
    inventory = RESULTS / "clusters-inventory.json"
    RESULTS.mkdir(parents=True, exist_ok=True)
    inventory.write_text(json.dumps(inventory_of(servers, namespace)))
    ansible = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(inventory), "site.yml"]
    start, before = time.monotonic(), cpu_seconds()
    said = run([*ansible, "--forks", str(forks), *arguments])
    found = {"seconds": round(time.monotonic() - start, 1), "cpu": round(cpu_seconds() - before, 1)}
    if unchanged and said.count("changed=0") < len(servers):
        raise SystemExit(f"site.yml changed something though nothing was to be changed:\n{said[-3000:]}")
    return found


def inventory_of(servers: list[ApiServer], namespace: str) -> dict[str, Any]:
    shared = Plays(servers[0], RESULTS).settings()
    shared |= {"k8s_tracing_namespace": namespace, "k8s_tracing_allow_missing_targets": False}
    hosts = {server.name: {"k8s_tracing_kubeconfig": str(server.kubeconfig)} for server in servers}
    del shared["k8s_tracing_kubeconfig"]
    # A generator with an end is a Job, which Kubernetes deletes when it is done.
    shared["k6_trace_generator_duration"] = "endless"
    return {"k8s_tracing": {"hosts": hosts, "vars": shared}}


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def further_costs(measured: list[dict[str, Figures]], name: str, size: int) -> dict[str, float]:
    """A further cluster's part of what one costs, median of the rounds."""
    return {
        unit: round(median(further(one["1"][name][unit], one[str(size)][name][unit], size) for one in measured), 3)
        for unit in ("seconds", "cpu")
    }


def further(one: float, many: float, size: int) -> float:
    return (many - one) / (size - 1) / one


def table(figures: dict[str, Figures], costs: dict[str, dict[str, dict[str, float]]]) -> Iterator[str]:
    head = f"  {'clusters':8}  {'run':14}  {'seconds':>8}  {'CPU s':>8}"
    yield f"{head}  a further cluster, of the first (aim: {AIM} of the seconds)"
    for size, runs in figures.items():
        for name, one in runs.items():
            cost = costs[name].get(size)
            told = f"{cost['seconds']:.2f} of the seconds, {cost['cpu']:.2f} of the CPU" if cost else "-"
            yield f"  {size:>8}  {name:14}  {one['seconds']:8.1f}  {one['cpu']:8.1f}  {told}"
