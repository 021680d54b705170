# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Alloy alone on loopback, as the role configures it, and a sender of OTLP/JSON."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from loopback import ROOT, free_ports, opener, required
from stack import PORTS, Stack, alloy, render_hosts

Seen = TypeVar("Seen")
SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)$", re.MULTILINE)


def places() -> dict[str, int]:
    return dict(zip(PORTS, free_ports(len(PORTS)), strict=True))


@contextmanager
def gateway(folder: Path, options: Mapping[str, Any], ports: Mapping[str, int]) -> Iterator[Stack]:
    """With the values of a Prometheus, which a test may start beside it."""
    (folder / "roles").mkdir(parents=True)
    roles = {"alloy": options, "prometheus": {"prometheus_scrape_interval": "1s"}}
    values = render_hosts(ROOT, {role: (role, chosen) for role, chosen in roles.items()}, folder / "roles")
    programs = {name: required(name) for name in ("alloy", "prometheus")}
    made = Stack(folder, dict(ports), programs, {role: dict(one.values) for role, one in values.items()})
    with alloy(made):
        yield made


def send(made: Stack, signal: str, message: Mapping[str, Any]) -> int:
    body, kind = json.dumps(message).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(made.url("in_http", f"/v1/{signal}"), body, kind)
    with opener().open(request, timeout=10) as answer:
        assert json.loads(answer.read())["partialSuccess"] == {}
        return int(answer.status)


def counters(made: Stack, name: str, component: str, label: str) -> dict[str, float]:
    """Of one of Alloy's components, by a label."""
    with opener().open(made.url("alloy", "/metrics"), timeout=10) as answer:
        page = answer.read().decode()
    rows = [
        (dict(re.findall(r'(\w+)="([^"]*)"', labels)), value)
        for found, labels, value in SAMPLE.findall(page)
        if found == name
    ]
    return {labels[label]: float(value) for labels, value in rows if labels["component_id"] == component}


def eventually(look: Callable[[], Seen], wanted: Callable[[Seen], bool], seconds: float = 60) -> Seen:
    end = time.monotonic() + seconds
    while not wanted(seen := look()) and time.monotonic() < end:
        time.sleep(0.1)
    assert wanted(seen), seen
    return seen
