# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traces that a probe sends: each unlike the next, with every field and every type of attribute in use.

Flags alone are left at zero: Tempo's blocks (2.x and 3.x) have no place for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import (
    Attributes,
    Event,
    Link,
    PlacedSpan,
    ResourceSpans,
    Scope,
    ScopeSpans,
    Span,
    placed,
)

KINDS = ("server", "client", "internal", "producer", "consumer")
STATUSES = (("unset", ""), ("ok", ""), ("error", "made to fail"))
SCOPE = Scope("tracelab.k8s_tracing.probe", "1.0", {"probe.scope": "yes"})
# Odd, so that nothing that rounds to micro- or milliseconds goes unnoticed.
STEP_NANOS = 100_003
# Each so many traces one has an id that starts with zeros, which some places cut off.
LEADING_ZEROS_EVERY = 4

# Unlike the run id, which several probes may share.
PROBE_ID_ATTRIBUTE = "probe.id"

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True)
class Recipe:
    service: str
    run_id: str
    run_id_attribute: str
    probe_id: str
    spans: int
    # Further attributes of the resource, by which somebody on the way may tell whose the spans are.
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProbeTrace:
    trace_id: str
    groups: tuple[ResourceSpans, ...]

    @property
    def spans(self) -> dict[str, PlacedSpan]:
        return {item.span.span_id: item for item in placed(self.groups)}


def make_trace(recipe: Recipe, index: int, now_nanos: int, random_bytes: RandomBytes) -> ProbeTrace:
    """A tree of spans that has just ended."""
    trace_id = _id(random_bytes, 16, zeros=2 if index % LEADING_ZEROS_EVERY == 0 else 0)
    span_ids = [_id(random_bytes, 8, zeros=1 if number == 1 else 0) for number in range(recipe.spans)]
    begin = now_nanos - 2 * STEP_NANOS * recipe.spans
    spans = tuple(_span(trace_id, span_ids, number, begin, random_bytes) for number in range(recipe.spans))
    return ProbeTrace(trace_id, (ResourceSpans(_resource(recipe, index), (ScopeSpans(SCOPE, spans),)),))


def _id(random_bytes: RandomBytes, size: int, *, zeros: int) -> str:
    """All zero is no id, so the last bit is always set."""
    raw = bytearray(bytes(zeros) + random_bytes(size - zeros))
    raw[-1] |= 1
    return raw.hex()


def _resource(recipe: Recipe, index: int) -> Attributes:
    return {
        **recipe.attributes,
        "service.name": recipe.service,
        recipe.run_id_attribute: recipe.run_id,
        PROBE_ID_ATTRIBUTE: recipe.probe_id,
        "probe.trace": index,
        "probe.zones": ["a", "b"],
    }


def _span(trace_id: str, span_ids: list[str], number: int, begin: int, random_bytes: RandomBytes) -> Span:
    start = begin + number * STEP_NANOS
    status, message = STATUSES[number % len(STATUSES)]
    return Span(
        trace_id=trace_id,
        span_id=span_ids[number],
        parent_span_id=span_ids[(number - 1) // 2] if number else "",
        trace_state="probe=1" if number % 2 else "",
        name=f"probe step {number}",
        kind=KINDS[number % len(KINDS)],
        start_unix_nano=start,
        end_unix_nano=begin + (2 * len(span_ids) - number) * STEP_NANOS,
        attributes=_attributes(number, random_bytes),
        dropped_attributes_count=number % 3,
        events=tuple(_event(start, position) for position in range(number % 3)),
        dropped_events_count=number % 2,
        links=tuple(_link(random_bytes) for _place in range(number % 2)),
        dropped_links_count=number % 4,
        status=status,
        status_message=message,
    )


def _event(start: int, position: int) -> Event:
    attributes: Attributes = {"probe.position": position, "probe.ratio": 0.1, "probe.last": False}
    return Event(start + position + 1, f"event {position}", attributes)


def _link(random_bytes: RandomBytes) -> Link:
    ids = _id(random_bytes, 16, zeros=0), _id(random_bytes, 8, zeros=0)
    return Link(*ids, trace_state="probe=2", attributes={"probe.why": "link"})


def _attributes(number: int, random_bytes: RandomBytes) -> Attributes:
    """Each type that OTLP knows, at its edges."""
    return {
        "probe.text": 'für "{}" \\ \u65e5\u672c \U0001f50d',
        "probe.empty": "",
        "probe.number": number,
        "probe.int64.max": 2**63 - 1,
        "probe.int64.min": -(2**63),
        "probe.double": 0.1 + number,
        "probe.double.whole": 3.0,
        "probe.double.small": 5e-324,
        "probe.true": True,
        "probe.false": False,
        "probe.bytes": random_bytes(8),
        "probe.texts": ["a", "", "b"],
        "probe.numbers": [1, -1, 2**53 + 1],
        "probe.doubles": [0.5, 2.0],
        "probe.bools": [True, False],
        "probe.mixed": ["a", 1, 1.0, True],
        "probe.nested": {"a": 1, "b": {"c": [1.5, "d"], "e": False}},
    }
