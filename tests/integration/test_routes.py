# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of a real Alloy, as the role configures it, to receivers that say what each was sent."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fake_server import Answer, Asked, Wire, serving
from gateway import counters, eventually, gateway, places, send
from stack import Stack

NAME = re.compile(rb"[a-z]+-of-[a-z]+-\d{4}")


@dataclass
class Receiver:
    """Takes spans by OTLP/HTTP, or is away: it answers 503, or not at all."""

    mode: str = "there"
    taken: list[Asked] = field(default_factory=list)

    def play(self, asked: Asked) -> Answer | Wire:
        if self.mode == "silent":
            return [3600.0]
        if self.mode == "away":
            return Answer(status=503)
        self.taken.append(asked)
        return Answer()

    @property
    def tenants(self) -> set[str]:
        return {asked.headers.get("x-scope-orgid", "") for asked in self.taken}

    @property
    def spans(self) -> list[str]:
        """Their names; one that came twice is there twice."""
        bodies = b"".join(gzip.decompress(asked.body) for asked in self.taken)
        return sorted(name.decode() for name in NAME.findall(bodies))


@dataclass(frozen=True)
class Routed:
    alloy: Stack
    a: Receiver
    b: Receiver
    c: Receiver
    rest: Receiver


@pytest.fixture
def routed(tmp_path: Path) -> Iterator[Routed]:
    receivers = {name: Receiver() for name in ("a", "b", "c", "rest")}
    with ExitStack() as running:
        urls = {name: running.enter_context(serving(one.play)).url for name, one in receivers.items()}
        places_of = {name: {"protocol": "http", "endpoint": url} for name, url in urls.items()}
        options = {
            # The default route leads to Tempo as it is set for all.
            "alloy_tempo_protocol": "http",
            "alloy_tempo_endpoint": urls["rest"],
            "alloy_tempo_tenant": "everybody",
            "alloy_routes": [
                {"name": "a", "attribute": "k8s.namespace.name", "values": ["a", "a2"], "tenant": "team-a",
                 **places_of["a"]},
                {"name": "rest", "default": True},
                # It matches the namespace a2 as well, which the first has taken.
                {"name": "b", "attribute": "k8s.namespace.name", "matches": "^(a2|b.*)$", "tenant": "team-b",
                 "queue_limit": "64KiB", **places_of["b"]},
                {"name": "c", "attribute": "team", "values": ["c"], "tenant": "team-c", **places_of["c"]},
            ],
            "alloy_retry_initial_interval": "100ms",
            "alloy_retry_max_interval": "500ms",
        }  # fmt: skip
        yield Routed(running.enter_context(gateway(tmp_path, options, places())), **receivers)


def resource(spans: list[str], **attributes: str | int) -> dict[str, Any]:
    named = [
        {"key": key.replace("_", "."), "value": {"intValue" if isinstance(value, int) else "stringValue": value}}
        for key, value in attributes.items()
    ]
    made = [
        {"traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}", "name": name,
         "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
        for number, name in enumerate(spans)
    ]  # fmt: skip
    return {"resource": {"attributes": named}, "scopeSpans": [{"spans": made}]}


def names(word: str, whose: str, count: int) -> list[str]:
    return [f"{word}-of-{whose}-{number:04}" for number in range(count)]


def give(made: Stack, *resources: dict[str, Any]) -> None:
    assert send(made, "traces", {"resourceSpans": list(resources)}) == 200


def lost(made: Stack, route: str) -> float:
    component = f"otelcol.exporter.otlphttp.route_{route}"
    found = (
        counters(made, f"otelcol_exporter_{how}_failed_spans_total", component, "component_id")
        for how in ("enqueue", "send")
    )
    return sum(value for counted in found for value in counted.values())


def test_each_span_goes_one_way(routed: Routed) -> None:
    give(
        routed.alloy,
        resource(names("first", "a", 3), k8s_namespace_name="a"),
        resource(names("second", "a", 2), k8s_namespace_name="a2", team="c"),
        resource(names("first", "b", 4), k8s_namespace_name="b-shop"),
        resource(names("first", "c", 2), team="c"),
        resource(names("first", "d", 2), k8s_namespace_name="d"),
        # No attribute at all, and one that is no text.
        resource(names("second", "d", 1)),
        resource(names("third", "d", 1), k8s_namespace_name=5),
    )
    wanted = {
        "a": names("first", "a", 3) + names("second", "a", 2),
        "b": names("first", "b", 4),
        "c": names("first", "c", 2),
        "rest": names("first", "d", 2) + names("second", "d", 1) + names("third", "d", 1),
    }
    eventually(lambda: {name: getattr(routed, name).spans for name in wanted}, lambda seen: seen == wanted)
    assert [one.tenants for one in (routed.a, routed.b, routed.c, routed.rest)] == [
        {"team-a"}, {"team-b"}, {"team-c"}, {"everybody"}
    ]  # fmt: skip


def test_one_that_is_away_and_flooded_holds_up_no_other(routed: Routed) -> None:
    routed.b.mode, routed.c.mode = "silent", "away"
    flood = names("flood", "b", 100)
    waits: list[float] = []
    for number in range(20):
        for _ in range(3):
            give(routed.alloy, resource(flood, k8s_namespace_name="b"))
        begun, mine = time.monotonic(), f"probe-of-a-{number:04}"
        give(routed.alloy, resource([mine], k8s_namespace_name="a"), resource([f"probe-of-c-{number:04}"], team="c"),
             resource([f"probe-of-d-{number:04}"]))  # fmt: skip
        eventually(lambda: routed.a.spans, lambda seen, mine=mine: mine in seen)
        waits.append(time.monotonic() - begun)
    eventually(lambda: lost(routed.alloy, "b"), lambda seen: seen > 0)
    eventually(lambda: routed.rest.spans, lambda seen: seen == names("probe", "d", 20))
    assert routed.a.spans == names("probe", "a", 20)
    assert (routed.b.taken, routed.c.taken) == ([], [])
    assert [lost(routed.alloy, route) for route in ("a", "c", "rest")] == [0, 0, 0]
    # A batch takes 200 ms; a request to one that is silent would take half a minute.
    assert sorted(waits)[len(waits) // 2] < 5, waits
    routed.c.mode = "there"
    eventually(lambda: routed.c.spans, lambda seen: seen == names("probe", "c", 20))
