"""Alloy and Tempo as processes on loopback, with the configuration that the roles render: no cluster is needed.

Nothing but them, k6 and a probe runs. Each measurement gets fresh ones: blocks of one are not finished in another.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import yaml

from bench.bed import ROOT
from bench.load import UNLIMITED, Load

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "integration")]

import stack  # noqa: E402
from loopback import free_ports, opener  # noqa: E402

Stack = stack.Stack
PROGRAMS = ("k6", "alloy", "tempo")
LIMIT = 60
NOT_FROM_OUTSIDE = {
    "alloy_outside_service": {"type": "none"},
    "alloy_outside_tls": {},
    "alloy_outside_auth": {"type": "none"},
}
MORE_PORTS = ("behind", "behind_grpc", "behind_http")
COUNTERS = {
    "cpu": re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE),
    "memory": re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE),
    "received": re.compile(r"^tempo_distributor_spans_received_total\{.*\} (\S+)$", re.MULTILINE),
}


@dataclass(frozen=True)
class Way:
    """A way in: the port that k6 sends to, and what is set of the role alloy.

    `in_http` is our Alloy, `otlp_http` Tempo itself, and `behind_http` an Alloy with a walk-through's settings that
    hands on to ours by gRPC, as one beside an application does.
    """

    to: str = "in_http"
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def measure_ways(
    ways: Mapping[str, Way], rounds: int, measure: Callable[[Way], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Of each way what was measured, by round: all in turn, so that a change of the machine's speed meets each."""
    if missing := stack.missing_programs(PROGRAMS):
        raise SystemExit(f"Some programs are missing: `python3 -m testbed programs {' '.join(missing)}` makes them.")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            found[name].append(measure(way))
            print(f"  round {number}, {name}: {found[name][-1]}", flush=True)
    return found


@contextmanager
def started(way: Way, loads: Mapping[str, Load]) -> Iterator[Stack]:
    """What the way needs. ``loads`` are what k6 may be asked to send, by name."""
    with TemporaryDirectory(prefix="bench.loopback.") as name, ExitStack() as processes:
        made = prepared(Path(name), way, loads)
        processes.enter_context(stack.tempo(made))
        if way.to != "otlp_http":
            processes.enter_context(stack.alloy(made))
        if way.to == "behind_http":
            processes.enter_context(plain_alloy(made))
        yield made


def prepared(folder: Path, way: Way, loads: Mapping[str, Load]) -> Stack:
    names = (*stack.PORTS, *MORE_PORTS)
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    generators = {name: generator(load, ports[way.to]) for name, load in loads.items()}
    options = {"alloy": {**NOT_FROM_OUTSIDE, **way.options}, "tempo": {"tempo_limits": UNLIMITED}}
    values = stack.rendered(folder, ports, generators, options)
    return Stack(folder, ports, {name: str(stack.program(name)) for name in PROGRAMS}, values)


def generator(load: Load, port: int) -> dict[str, Any]:
    """Options of the role k6_trace_generator."""
    return {
        "k6_trace_generator_script_file": str(ROOT / "bench/files" / load.script),
        "k6_trace_generator_otlp_http_endpoint": f"http://127.0.0.1:{port}",
        "k6_trace_generator_rate": load.requests,
        "k6_trace_generator_duration": f"{load.seconds}s",
        "k6_trace_generator_remote_write_url": "",
        "k6_trace_generator_env": {"TRACES": str(load.traces), "SPANS": str(load.spans)},
    }


@contextmanager
def plain_alloy(made: Stack) -> Iterator[None]:
    values = yaml.safe_load((ROOT / "bench/helm_baseline/alloy.yml").read_text())
    text: str = values["alloy"]["configMap"]["content"]
    for given, port in (("0.0.0.0:4317", "behind_grpc"), ("0.0.0.0:4318", "behind_http"), ("tempo:4317", "in_grpc")):
        text = text.replace(given, f"127.0.0.1:{made.ports[port]}")
    with stack.running_alloy(made, "behind", text):
        yield


@contextmanager
def sending(made: Stack, name: str) -> Iterator[dict[str, Any]]:
    """A load while the block runs, and until it has ended; what k6 tells of it is there then."""
    command, environment, _status = stack.k6_run(made, name)
    told: dict[str, Any] = {}
    with (
        (made.folder / f"{name}.log").open("w") as log,
        subprocess.Popen(
            command, cwd=made.folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as k6,
    ):
        yield told
        output = k6.communicate(timeout=LIMIT)[0]
    found = re.search(r"k8s-tracing-summary (\{.*\})", output)
    if not found:
        raise SystemExit(f"k6 told nothing of load {name}:\n{output[-2000:]}")
    told |= json.loads(found[1])


def sent(made: Stack, name: str) -> dict[str, Any]:
    """A whole load; what k6 tells of it."""
    with sending(made, name) as told:
        pass
    return told


def wait_until_received(made: Stack, spans: int) -> None:
    until = time.monotonic() + LIMIT
    while (received := read(made, "tempo", "received")) < spans:
        if time.monotonic() > until:
            raise SystemExit(f"Tempo received {received:.0f} of {spans} spans in {LIMIT} s.")
        time.sleep(0.2)


def read(made: Stack, part: str, what: str) -> float:
    with opener().open(made.url(part, "/metrics"), timeout=10) as answer:
        return sum(float(value) for value in COUNTERS[what].findall(answer.read().decode()))


def cpu_seconds(made: Stack, parts: Sequence[str]) -> dict[str, float]:
    """What each has used since its start."""
    return {part: read(made, part, "cpu") for part in parts}


def cpu_per_million(before: Mapping[str, float], after: Mapping[str, float], spans: int) -> dict[str, float]:
    """CPU seconds for a million spans."""
    return {part: round((after[part] - used) / spans * 1e6, 2) for part, used in before.items()}


def probe(made: Stack, way: Way, traces: int, rate: float) -> dict[str, Any]:
    """Single traces by the collection's own module, each timed until it is found by its id and by search."""
    options = {"url": made.url("tempo"), "otlp_url": made.url(way.to), "traces": traces, "rate": rate, "timeout": 120}
    command = [sys.executable, str(ROOT / "tests/large/run_module.py"), "otlp_trace_probe"]
    done = subprocess.run(
        [*command, json.dumps({**options, "search_interval": 0.5})],
        capture_output=True,
        text=True,
        check=False,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    if result.get("failed") or done.returncode:
        raise SystemExit(f"The probe failed: {result.get('msg')}")
    return result
