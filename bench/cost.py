"""What a million spans cost Alloy and Tempo in processor time: the programs alone, as processes on loopback.

Each way in gets a Tempo and an Alloy of its own, with the configuration that the roles render, and the same spans by
k6 (bench/files/load.js, a hundred spans in a request of JSON). What a program itself says it has used is read when it
is ready and again when Tempo has received all: CPU seconds of the way in, without what blocks cost later.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from bench.bed import ROOT, keep

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]

import stack  # noqa: E402
from loopback import free_ports, opener  # noqa: E402

REQUESTS, SECONDS = 200, 20
TRACES, SPANS = 10, 10
LIMIT = 60
UNLIMITED = {"rate_limit_bytes": 2_000_000_000, "burst_size_bytes": 2_000_000_000, "max_traces_per_user": 0}
COUNTERS = {
    "cpu": re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE),
    "memory": re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE),
    "received": re.compile(r"^tempo_distributor_spans_received_total\{.*\} (\S+)$", re.MULTILINE),
}


@dataclass(frozen=True)
class Way:
    """A way in: which port k6 sends to, and what is set of the role alloy."""

    to: str = "in_http"
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


DIRECT = "straight to Tempo"
WAYS = {
    "as shipped": Way(),
    DIRECT: Way(to="tempo_http"),
    "GOGC 100, Go's default": Way(options={"alloy_extra_env": [{"name": "GOGC", "value": "100"}]}),
    "GOGC 400": Way(options={"alloy_extra_env": [{"name": "GOGC", "value": "400"}]}),
}


def measure_all(_bed: object, rounds: int) -> None:
    if missing := stack.missing_programs(("k6", "alloy", "tempo")):
        raise SystemExit(f"Some programs are missing: `python3 -m testbed programs {' '.join(missing)}` makes them.")
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
    with TemporaryDirectory(prefix="bench.cost.") as folder, running(Path(folder), way) as made:
        parts = ("tempo",) if way.to == "tempo_http" else ("alloy", "tempo")
        before = {part: read(made, part, "cpu") for part in parts}
        sent = send(made)
        wait_until_received(made, sent)
        per_million = {part: round((read(made, part, "cpu") - before[part]) / sent * 1e6, 2) for part in parts}
        memory = {f"{part} MiB": round(read(made, part, "memory") / 2**20) for part in parts}
    return {**per_million, "both": round(sum(per_million.values()), 2), **memory}


@contextmanager
def running(folder: Path, way: Way) -> Iterator[stack.Stack]:
    """Tempo, and Alloy where spans go through it."""
    ports = dict(zip((*stack.PORTS, "tempo_http"), free_ports(len(stack.PORTS) + 1), strict=True))
    load = {
        "k6_trace_generator_script_file": str(ROOT / "bench/files/load.js"),
        "k6_trace_generator_otlp_http_endpoint": f"http://127.0.0.1:{ports[way.to]}",
        "k6_trace_generator_rate": REQUESTS,
        "k6_trace_generator_duration": f"{SECONDS}s",
        "k6_trace_generator_remote_write_url": "",
        "k6_trace_generator_env": {"TRACES": str(TRACES), "SPANS": str(SPANS)},
    }
    plain = {"alloy_outside_service": {"type": "none"}, "alloy_outside_tls": {}, "alloy_outside_auth": {"type": "none"}}
    options = {"alloy": {**plain, **way.options}, "tempo": {"tempo_limits": {"ingestion": UNLIMITED}}}
    values = stack.rendered(folder, ports, {"load": load}, options)
    programs = {name: str(stack.program(name)) for name in ("k6", "alloy", "tempo")}
    made = stack.Stack(folder, ports, programs, values)
    with ExitStack() as processes:
        processes.enter_context(stack.tempo(made, distributor(ports["otlp"], ports["tempo_http"])))
        if way.to != "tempo_http":
            processes.enter_context(stack.alloy(made))
        yield made


def distributor(grpc: int, http: int) -> dict[str, Any]:
    """Of Tempo's configuration what lets it take OTLP over HTTP beside gRPC."""
    protocols = {"grpc": {"endpoint": f"127.0.0.1:{grpc}"}, "http": {"endpoint": f"127.0.0.1:{http}"}}
    ring = {"instance_addr": "127.0.0.1", "kvstore": {"store": "inmemory"}}
    return {"distributor": {"receivers": {"otlp": {"protocols": protocols}}, "ring": ring}}


def send(made: stack.Stack) -> int:
    """The number of spans that k6 has sent; ends the bench where one was refused."""
    command, environment, _status = stack.k6_run(made, "load")
    done = subprocess.run(
        command, cwd=made.folder, env=environment, capture_output=True, text=True, check=True, timeout=SECONDS + LIMIT
    )
    told = re.search(r"k8s-tracing-summary (\{.*\})", done.stdout)
    run: dict[str, int] = json.loads(told[1]) if told else {}
    if not run or run["spans_failed"]:
        raise SystemExit(f"Spans were refused, or k6 told nothing:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return run["spans_sent"]


def wait_until_received(made: stack.Stack, sent: int) -> None:
    until = time.monotonic() + LIMIT
    while read(made, "tempo", "received") < sent:
        if time.monotonic() > until:
            raise SystemExit(f"Tempo received {read(made, 'tempo', 'received'):.0f} of {sent} spans in {LIMIT} s.")
        time.sleep(0.2)


def read(made: stack.Stack, part: str, what: str) -> float:
    with opener().open(made.url(part, "/metrics"), timeout=10) as answer:
        return sum(float(value) for value in COUNTERS[what].findall(answer.read().decode()))
