# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canary and its alerts on a real pipeline: Tempo's search lies, and then it tells the truth again."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from loopback import ROOT, free_ports, opener, required, running
from stack import PORTS, Stack, alloy, prometheus, rendered, tempo

PROXY = ROOT / "molecule" / "canary" / "files" / "lying_search.py"
PROGRAMS = ("alloy", "tempo", "prometheus", "tempo-vulture")
HURRY = {
    **dict.fromkeys(("write_interval", "read_interval", "search_interval"), "1s"),
    "long_write_interval": "5s",  # for how long a trace is left alone, until search has it on a busy machine too
    "metrics_interval": "0s",
    "recent": "30s",
}
WINDOW = 20


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without a canary yet."""
    folder = tmp_path_factory.mktemp("canary")
    programs = {name: required(name) for name in PROGRAMS}
    names = (*PORTS, "canary", "proxy")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    targets = {name: f"127.0.0.1:{ports[name]}" for name in ("tempo", "alloy")}
    watched = {
        "prometheus_scrape_targets": {**targets, "tempo-vulture": f"127.0.0.1:{ports['canary']}"},
        "prometheus_alert_settings": {"for": "3s", "window": f"{WINDOW}s"},
        "k8s_tracing_tempo_vulture_enabled": False,
    }
    canary = {f"tempo_vulture_{name}": value for name, value in HURRY.items()}
    values = rendered(folder, ports, more={"prometheus": watched, "tempo_vulture": canary})
    made = Stack(folder, ports, programs, values)
    with ExitStack() as processes:
        for start in (tempo, alloy, prometheus):
            processes.enter_context(start(made))
        yield made


@contextmanager
def canary(made: Stack, query_url: str) -> Iterator[None]:
    command = [
        made.programs["tempo-vulture"],
        f"-prometheus-listen-address=127.0.0.1:{made.ports['canary']}",
        f"-tempo-push-url={made.url('in_grpc')}",
        f"-tempo-query-url={query_url}",
        *made.values["tempo_vulture"]["extraArgs"],
    ]
    with running(command, made.folder / "canary.log", made.url("canary", "/metrics"), {**os.environ, "no_proxy": "*"}):
        yield


@contextmanager
def lying_search(made: Stack) -> Iterator[str]:
    """Its address."""
    environment = {**os.environ, "TEMPO_URL": made.url("tempo"), "PORT": str(made.ports["proxy"])}
    with running([sys.executable, str(PROXY)], made.folder / "proxy.log", made.url("proxy", "/ready"), environment):
        yield made.url("proxy")


def counted(made: Stack) -> tuple[int, dict[str, int]]:
    """How often it has read, and its errors."""
    with opener().open(made.url("canary", "/metrics"), timeout=10) as answer:
        text = answer.read().decode()
    reads = re.findall(r"^tempo_vulture_trace_total (\S+)$", text, re.M)
    errors = re.findall(r'^tempo_vulture_trace_error_total\{error="(\w+)"\} (\S+)$', text, re.M)
    return int(float(reads[0])), {name: int(float(value)) for name, value in errors if float(value)}


def firing(made: Stack) -> dict[str, str]:
    """The alerts of the canary that fire, and what each says."""
    alerts = made.json("prometheus", "/api/v1/alerts")["data"]["alerts"]
    return {
        alert["labels"]["alertname"]: alert["annotations"]["description"]
        for alert in alerts
        if alert["state"] == "firing" and alert["labels"]["alertname"].startswith("TracingCanary")
    }


def places(made: Stack) -> set[str]:
    return {item["metric"]["place"] for item in made.query("tracing:canary_break:place")}


def unproven(made: Stack) -> dict[str, float]:
    """Since when not all was found, in seconds, by id and by search."""
    found = made.query("time() - tracing:canary_proven_until:time")
    return {item["metric"]["by"]: float(item["value"][1]) for item in found}


def wait(condition: Callable[[], bool], seconds: float, what: Callable[[], object]) -> float:
    """How long it took until the condition held."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, what()
        time.sleep(0.5)
    return time.monotonic() - started


def test_a_search_that_lies_fires_its_alert_and_is_named_and_the_alert_ends_with_it(pipeline: Stack) -> None:
    with canary(pipeline, pipeline.url("tempo")):
        wait(lambda: counted(pipeline)[0] >= 20, 120, lambda: counted(pipeline))
        assert counted(pipeline)[1] == {}
        assert firing(pipeline) == {} and places(pipeline) == set()
        assert unproven(pipeline) == pytest.approx({"id": 0, "search": 0}, abs=5)
    with lying_search(pipeline) as address, canary(pipeline, address):
        took = wait(lambda: "TracingCanaryNotSearchable" in firing(pipeline), 120, lambda: counted(pipeline))
        fired, errors = firing(pipeline), counted(pipeline)[1]
        print(f"fired {took:.0f} s after the fault: {fired}; {errors}")
        assert set(fired) == {"TracingCanaryNotSearchable"}
        assert "Where: in Tempo's search." in fired["TracingCanaryNotSearchable"]
        assert places(pipeline) == {"in Tempo's search"}
        # Traces by id are found all the time.
        assert set(errors) == {"notfound_search", "notfound_traceql"}
        wait(lambda: unproven(pipeline)["search"] > 30, 60, lambda: unproven(pipeline))
        assert unproven(pipeline)["id"] < 5
    with canary(pipeline, pipeline.url("tempo")):
        took = wait(lambda: not firing(pipeline), WINDOW + 60, lambda: firing(pipeline))
        print(f"cleared {took:.0f} s after the fault was gone")
        wait(lambda: counted(pipeline)[0] >= 20, 120, lambda: counted(pipeline))
        assert counted(pipeline)[1] == {} and places(pipeline) == set()
