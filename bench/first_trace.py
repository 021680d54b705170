"""From an empty namespace to the first proven trace: site.yml against Helm by hand, in turn, in one run.

By hand is what a walk-through says: one `helm upgrade --install --wait` after the other, with the few values that such
a page sets (bench/by_hand), and then the generator. Both ways end when their commands have ended and a trace is found
by search. Charts and images are the same: those of the test bed's inventory, with upstream's own charts when
CHARTS_DIR names them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("prometheus", "tempo", "grafana", "alloy")
# The keys under which each chart takes the tag of its image.
TAGS = {"prometheus": "server.image.tag", "tempo": "tempo.tag", "grafana": "image.tag", "alloy": "image.tag"}
LIMIT = 400.0
RATE, DURATION = 5, "60s"


@dataclass(frozen=True)
class Bed:
    """Where the cluster, the charts and Helm are, as the test bed's inventory says."""

    settings: dict[str, str]

    @classmethod
    def read(cls) -> Bed:
        file = ROOT / ".testbed" / "inventory" / "hosts.yml"
        if not file.is_file():
            raise SystemExit(f"There is no {file}: bring the cluster up with `make cluster`.")
        return cls(yaml.safe_load(file.read_text())["all"]["hosts"]["localhost"])

    def get(self, name: str, default: str = "") -> str:
        return str(self.settings.get(name, default))

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["kubectl", "--kubeconfig", self.get("k8s_tracing_kubeconfig"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def helm(self, namespace: str, release: str, chart: str, *arguments: str) -> None:
        helm = self.get("k8s_tracing_helm_binary", "helm")
        where = ["--kubeconfig", self.get("k8s_tracing_kubeconfig"), "--namespace", namespace]
        run([helm, *where, "upgrade", "--install", release, chart, "--create-namespace", "--wait", *arguments])


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:6])} ... failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def by_hand(bed: Bed, namespace: str) -> None:
    bed.kubectl("create", "namespace", namespace)
    login = ("--from-literal=admin-user=admin", "--from-literal=admin-password=by-hand")
    bed.kubectl("--namespace", namespace, "create", "secret", "generic", "grafana-login", *login)
    for part in PARTS:
        chart = bed.get(f"{part}_chart_ref", part)
        repository = ["--repo", bed.get(f"{part}_chart_repo_url")] if bed.get(f"{part}_chart_repo_url") else []
        tag = ["--set-string", f"{TAGS[part]}={bed.get(f'{part}_image_tag')}"] if bed.get(f"{part}_image_tag") else []
        bed.helm(namespace, part, chart, "--values", str(ROOT / f"bench/by_hand/{part}.yml"), *repository, *tag)
    generator(bed, namespace)


def generator(bed: Bed, namespace: str) -> None:
    """The role's own generator on both sides: it is not what is measured."""
    settings = {"k6_trace_generator_rate": RATE, "k6_trace_generator_duration": DURATION}
    play(bed, namespace, ["bench/generator.yml"], settings)


def by_site(bed: Bed, namespace: str) -> None:
    settings = {"k6_trace_generator_rate": RATE, "k6_trace_generator_duration": DURATION}
    play(bed, namespace, ["site.yml"], settings)


def play(bed: Bed, namespace: str, playbooks: list[str], settings: dict[str, object]) -> None:
    given = {"k8s_tracing_namespace": namespace, **settings}
    ansible = str(Path(sys.executable).with_name("ansible-playbook"))
    run([ansible, "--inventory", ".testbed/inventory", "--extra-vars", json.dumps(given), *playbooks])


def seen(api: str, namespace: str) -> bool:
    """Whether Tempo's search finds a trace."""
    path = f"/api/v1/namespaces/{namespace}/services/tempo:3200/proxy/api/search?q=%7B%7D&limit=1"
    try:
        with urlopen(api + path, timeout=5) as answer:
            return bool(json.load(answer).get("traces"))
    except (OSError, ValueError):
        return False


def measure(bed: Bed, name: str, way: Callable[[Bed, str], None]) -> dict[str, float]:
    """Seconds until the way's commands have ended, until the first trace is found, and until both."""
    namespace = f"bench-{name}"
    gone(bed, namespace)
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
        gone(bed, namespace)
    if not found:
        raise SystemExit(f"{name}: no trace was found within {LIMIT:.0f} s after the commands had ended.")
    return {"commands": round(ended, 1), "trace": round(found[0], 1), "proven": round(max(ended, found[0]), 1)}


def watch(bed: Bed, namespace: str, start: float, found: list[float], over: threading.Event) -> None:
    # One proxy for all questions: a kubectl each would take a good part of a small machine from what is measured.
    command = ["kubectl", "--kubeconfig", bed.get("k8s_tracing_kubeconfig"), "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout
        api = "http://" + proxy.stdout.readline().rpartition(" ")[2].strip()
        while not over.wait(0.5):
            if seen(api, namespace):
                found.append(time.monotonic() - start)
                break
        proxy.terminate()


def gone(bed: Bed, namespace: str) -> None:
    bed.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait", "--timeout=180s")


def main() -> None:
    bed = Bed.read()
    rounds = int(os.environ.get("BENCH_ROUNDS", "2"))
    ways = {"by-hand": by_hand, "site": by_site}
    results: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            results[name].append(measure(bed, name, way))
            print(f"round {number}, {name}: {results[name][-1]}", flush=True)
    hand, site = (median(one["proven"] for one in results[name]) for name in ways)
    ratios = [b["proven"] / a["proven"] for a, b in zip(results["by-hand"], results["site"], strict=True)]
    summary = {"first_trace": {"rounds": results, "ratio": round(median(ratios), 3), "ratios": ratios}}
    out = ROOT / ".testbed" / "bench.json"
    out.write_text(json.dumps(summary, indent=2) + "\n")
    print(f"first proven trace: by hand {hand:.1f} s, site.yml {site:.1f} s, ratio {median(ratios):.2f} (aim: 0.40)")
    print(f"figures: {out}")


if __name__ == "__main__":
    main()
