# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Tempo 3 over HTTP on loopback that hides, clamps and refuses as the real 3.0.3 does."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import fake_server
from fake_server import Asked, serving
from fakes import b64, otlp_group, otlp_span

NANOS = 1_000_000_000
BACKEND_AFTER = 900.0

CONFIG = """\
GET /status/config
---
target: all
query_frontend:
    max_outstanding_per_tenant: 2000
    search:
        default_result_limit: 20
        max_result_limit: {most}
        max_duration: {longest:g}s
        query_backend_after: 15m0s
    max_query_expression_size_bytes: 131072
{cutoff}{waits}metrics_generator:
    processor: {{}}
"""


@dataclass
class Held:
    trace_id: str
    start: float
    services: tuple[str, ...]
    failed: bool = False
    duration_ms: int = 9
    # What search says of the start instead of the truth, where a test wants a lie; None leaves it out.
    told: float | None = 0.0

    def line(self) -> dict[str, Any]:
        stats: dict[str, dict[str, int]] = {name: {"spanCount": 1} for name in self.services}
        if self.failed:
            stats[self.services[-1]]["errorCount"] = 1
        told = self.start if self.told == 0.0 else self.told
        dated = {} if told is None else {"startTimeUnixNano": str(int(told * NANOS))}
        return {
            "traceID": self.trace_id.lstrip("0"),
            "rootServiceName": self.services[0],
            "rootTraceName": "GET /",
            **dated,
            "durationMs": self.duration_ms,
            "spanSets": [{"spans": [{"spanID": "0000000000000001"}], "matched": len(self.services)}],
            "serviceStats": stats,
        }

    def groups(self) -> list[dict[str, Any]]:
        spans = []
        for number, name in enumerate(self.services, 1):
            parent = f"{number - 1:016x}" if number > 1 else ""
            times = {"startTimeUnixNano": str(int(self.start * NANOS)),
                     "endTimeUnixNano": str(int(self.start * NANOS) + self.duration_ms * 1_000_000)}  # fmt: skip
            spans.append(otlp_group(name, [otlp_span(f"{number:016x}", parent, **times)]))
        text = json.dumps(spans).replace(b64("00ab8423191c1287bf0140d289f90fe3"), b64(self.trace_id))
        return list(json.loads(text))


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Tempo3:
    """What it holds, its settings, and what it was asked. ``instead`` may answer in its place."""

    cutoff: float = 30.0
    most: int = 262_144
    longest: float = 168 * 3600.0
    behind: float = 0.0
    # Traces of the last seconds are not in search yet, though nothing hides them.
    lag: float = 0.0
    shows_config: bool = True
    version: str = "3.0.3"
    held: list[Held] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    instead: Callable[[str, dict[str, str]], Answer | None] = lambda path, params: None
    url: str = ""

    def now(self) -> float:
        return time.time() - self.behind

    def hold(self, *services: str, ago: float = 0.0, count: int = 1, **more: Any) -> list[str]:
        """Traces that started so many seconds ago."""
        made = [Held(uuid.uuid4().hex, time.time() - ago, services, **more) for _each in range(count)]
        self.held += made
        return [one.trace_id for one in made]

    def searches(self) -> list[dict[str, str]]:
        return [params for path, params in self.asked if path == "/api/search"]

    def answer(self, path: str, params: dict[str, str]) -> Answer:
        self.asked.append((path, params))
        other = self.instead(path, params)
        if other is not None:
            return other
        pages = {
            "/ready": lambda: _text("ready\n"),
            "/api/echo": lambda: _text("echo"),
            "/api/status/buildinfo": lambda: _json({"version": self.version}),
            "/status/config": self._config,
            "/status/services": lambda: _text(""),
            "/status/runtime_config": lambda: _text("overrides: {}\n"),
            "/metrics": self._metrics,
            "/api/search": lambda: self._search(params),
            "/api/metrics/query": lambda: self._instant(params),
            "/api/metrics/query_range": lambda: self._range(params),
        }
        if path in pages:
            return pages[path]()
        if path.startswith("/api/v2/traces/"):
            found = [one for one in self.held if one.trace_id == path.rsplit("/", 1)[1]]
            return _json({"trace": {"resourceSpans": found[0].groups()} if found else {}, "metrics": {}})
        return _text("404 page not found\n", 404)

    def _config(self) -> Answer:
        if not self.shows_config:
            return _text("404 page not found\n", 404)
        # Written only where it is not zero.
        cutoff = f"    query_end_cutoff: {self.cutoff:g}s\n" if self.cutoff else ""
        half = f"{self.lag / 2:g}s"
        waits = f"live_store:\n    flush_check_period: {half}\n    max_trace_idle: {half}\n" if self.lag else ""
        return _text(CONFIG.format(most=self.most, longest=self.longest, cutoff=cutoff, waits=waits))

    def _metrics(self) -> Answer:
        spans = sum(len(one.services) for one in self.held)
        return _text(f'tempo_build_info 1\ntempo_distributor_spans_received_total{{tenant="single-tenant"}} {spans}\n')

    def clamped(self, params: dict[str, str]) -> tuple[float, float] | Answer:
        """As ClampDateRangeReq of pkg/api does it."""
        start, end = params.get("start", ""), params.get("end", "")
        newest = self.now() - self.cutoff
        if not start and not end:
            return self.now() - BACKEND_AFTER, newest
        if not start or not end:
            return _text("only one of start and end provided: must provide both or neither", 400)
        begin, until = float(start), float(end)
        if newest < until:
            until = newest
            if begin > until:
                begin = self.now() - BACKEND_AFTER
        return float(int(begin)), float(int(until))

    def _search(self, params: dict[str, str]) -> Answer:
        limit = int(params.get("limit", "20"))
        if self.most and limit > self.most:
            return _text(f"limit {limit} exceeds max limit {self.most}", 400)
        clamped = self.clamped(params)
        if isinstance(clamped[0], int):
            return clamped  # type: ignore[return-value]
        begin, until = clamped[0], clamped[1]
        if begin >= until:
            said = f"http parameter start must be before end. received start={begin:.0f} end={until:.0f}"
            return _text(said, 400)
        if self.longest and until - begin > self.longest:
            hours = f"{self.longest / 3600:g}h0m0s"
            said = f"range specified by start and end exceeds {hours}. received start={begin:.0f} end={until:.0f}"
            return _text(said, 400)
        lines = [one.line() for one in self._within(begin, until)][:limit]
        metrics = {"metrics": {"totalJobs": 3, "completedJobs": 3}}
        return _json({"traces": lines, **metrics} if lines else metrics)

    def _within(self, begin: float, until: float) -> list[Held]:
        """Traces that overlap the range, and are cut from memory."""
        cut = [one for one in self.held if one.start + one.duration_ms / 1000 <= self.now() - self.lag + self.behind]
        return [one for one in cut if one.start + one.duration_ms / 1000 >= begin and one.start <= until]

    def _instant(self, params: dict[str, str]) -> Answer:
        begin, until = self.clamped(params)[:2]
        found = self._within(begin, until)  # type: ignore[arg-type]
        return _json({"series": [{"labels": [], "value": len(found)}] if found else [], "metrics": {}})

    def _range(self, params: dict[str, str]) -> Answer:
        begin, until = self.clamped(params)[:2]
        samples = [{"timestampMs": str(int(one.start * 1000)), "value": 1} for one in self._within(begin, until)]  # type: ignore[arg-type]
        return _json({"series": [{"labels": [], "samples": samples}] if samples else [], "metrics": {}})


def _text(text: str, status: int = 200) -> Answer:
    return status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode()


def _json(body: Any) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextmanager
def tempo3(**settings: Any) -> Iterator[Tempo3]:
    held = Tempo3(**settings)

    def play(asked: Asked) -> fake_server.Answer:
        status, headers, body = held.answer(asked.path, asked.params)
        return fake_server.Answer(body, status, {"Date": formatdate(held.now(), usegmt=True), **headers})

    with serving(play) as server:
        held.url = server.url
        yield held
