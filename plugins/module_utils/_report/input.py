# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report is made from: the results of other tasks in one typed shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace, from_dict
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import looked

from .values import (
    count,
    items,
    mapping,
    number,
    text,
    texts,
    whole,
)

Edge = tuple[str, str]


@dataclass(frozen=True)
class Generator:
    run_id: str
    traces_sent: int | None
    spans_sent: int | None
    spans_failed: int
    dropped_iterations: int
    seconds: float | None

    @property
    def spans_made(self) -> int | None:
        return None if self.spans_sent is None else self.spans_sent + self.spans_failed


@dataclass(frozen=True)
class Latency:
    """How long something took, many times over; any part may be missing."""

    values: tuple[float, ...]
    p50: float | None
    p95: float | None
    max: float | None


@dataclass(frozen=True)
class Probe:
    """``traces`` were sent; the other counts are of spans. ``problems`` is what the probe itself calls wrong."""

    traces: int | None
    problems: tuple[str, ...]
    lost: int
    duplicated: int
    altered: int
    by_id: Latency | None
    by_search: Latency | None


@dataclass(frozen=True)
class Component:
    name: str
    version: str
    image: str
    status: str


@dataclass(frozen=True)
class Place:
    """Where the run was: whoever finds a report, perhaps much later, knows of what it speaks."""

    server: str = ""
    context: str = ""
    namespace: str = ""
    kubernetes_version: str = ""
    collection_version: str = ""

    def __str__(self) -> str:
        named = (("namespace", self.namespace), ("context", self.context), ("API server", self.server))
        return ", ".join(f"{name} {value}" for name, value in named if value)


@dataclass(frozen=True)
class Demanded:
    """What the verification asked for, as far as it is known here."""

    traces: int | None = None
    spans: int | None = None
    services: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    title: str
    generated_at: str
    check: Mapping[str, Any]
    account: Mapping[str, Any]
    diagnosis: Mapping[str, Any]
    generator: Generator | None
    probe: Probe | None
    components: tuple[Component, ...]
    demanded: Demanded
    balance_required: bool
    # Why the account can't balance, where it need not.
    balance_obstacle: str
    place: Place
    # Whether all that was sent has to be found: with sampling, only what was demanded has.
    all_required: bool
    metrics: Mapping[str, Any]
    sample: Trace | None
    traces: tuple[Trace, ...]

    @property
    def satisfied(self) -> bool:
        return self.check.get("satisfied") is True

    @property
    def looked(self) -> bool:
        """Whether Tempo was looked into: else nothing is known of what is there, which is not zero."""
        return looked(text(self.check.get("verdict"))) and not self.check.get("error")

    @property
    def spans_made(self) -> int | None:
        made = self.generator.spans_made if self.generator else None
        return made if made is not None else whole(self.account.get("generated"))

    @property
    def spans_found(self) -> int | None:
        return whole(self.check.get("span_count")) if self.looked else None

    @property
    def traces_found(self) -> int | None:
        return whole(self.check.get("trace_count")) if self.looked else None

    @property
    def background(self) -> int | None:
        """Spans that other generators sent meanwhile, by their own count."""
        return whole(self.account.get("background"))

    @property
    def tolerance(self) -> int:
        """How many of them may have been on their way."""
        return whole(self.account.get("tolerance")) or 0

    @property
    def others_accepted(self) -> int | None:
        """Spans of others that Alloy took in meanwhile: all beyond those of the run and of generators that count."""
        if self.background is not None:
            return whole(self.account.get("others"))
        accepted = whole(self.account.get("accepted"))
        sent = self.generator.spans_sent if self.generator else None
        if self.balance_required or accepted is None or sent is None:
            return None
        return max(accepted - sent, 0)

    @property
    def stage(self) -> str:
        return text(self.diagnosis.get("stage"))


def read_inputs(params: Mapping[str, Any], generated_at: str) -> Inputs:
    check = mapping(params.get("check"))
    sample = read_trace(check.get("sample_trace"))
    others = [read_trace(trace) for trace in items(params.get("traces"))]
    by_id = {trace.trace_id: trace for trace in (sample, *others) if trace is not None}
    return Inputs(
        title=text(params.get("title")),
        generated_at=generated_at,
        check=check,
        account=mapping(params.get("account")) or mapping(check.get("account")),
        diagnosis=_diagnosis(check, mapping(params.get("diagnosis"))),
        generator=_generator(mapping(params.get("generator"))),
        probe=_probe(mapping(params.get("probe"))),
        components=tuple(_component(mapping(item)) for item in items(params.get("components"))),
        demanded=_demanded(mapping(params.get("demands"))),
        balance_required=params.get("balance_required") is not False,
        balance_obstacle=text(params.get("balance_obstacle")) or "other spans pass through the same pipeline",
        place=read_place(params),
        all_required=params.get("all_required") is not False,
        metrics={} if mapping(params.get("metrics")).get("skipped") else mapping(params.get("metrics")),
        sample=sample,
        traces=tuple(by_id.values()),
    )


def read_trace(value: Any) -> Trace | None:
    """A whole trace; one that cannot be read is left out of the pictures, which need it only as an example."""
    if not mapping(value):
        return None
    try:
        return from_dict(value)
    except UNSHAPED:
        return None


def _diagnosis(check: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Any]:
    """The check's own diagnosis saw the moment of the failure; the later one may see no loss any more."""
    own = mapping(check.get("diagnosis"))
    return own if text(own.get("stage")) not in ("", "none", "unknown") else after or own


def _generator(data: Mapping[str, Any]) -> Generator | None:
    if not data:
        return None
    return Generator(
        run_id=text(data.get("run_id")),
        traces_sent=whole(data.get("traces_sent")),
        spans_sent=whole(data.get("spans_sent")),
        spans_failed=whole(data.get("spans_failed")) or 0,
        dropped_iterations=whole(data.get("dropped_iterations")) or 0,
        seconds=number(data.get("seconds")),
    )


def _probe(data: Mapping[str, Any]) -> Probe | None:
    if not data or data.get("skipped"):
        return None
    return Probe(
        traces=count(data.get("traces")),
        problems=_problems(data),
        lost=count(data.get("lost")) or 0,
        duplicated=count(data.get("duplicated")) or 0,
        altered=count(data.get("altered")) or 0,
        by_id=_latency(mapping(data.get("by_id"))),
        by_search=_latency(mapping(data.get("by_search"))),
    )


def _problems(data: Mapping[str, Any]) -> tuple[str, ...]:
    """In words. A probe that ended with an error measured nothing, which is no success either."""
    told = texts(data.get("problems"))
    bad = data.get("satisfied") is False or data.get("failed") is True or data.get("error")
    if told or not bad:
        return tuple(told)
    return (text(data.get("msg")) or "the probe failed",)


def _latency(data: Mapping[str, Any]) -> Latency | None:
    values = sorted(value for value in map(number, items(data.get("samples"))) if value is not None)
    marks = [number(data.get(name)) for name in ("p50", "p95", "max")]
    if not values and all(mark is None for mark in marks):
        return None
    return Latency(tuple(values), *marks)


def _component(data: Mapping[str, Any]) -> Component:
    return Component(*(text(data.get(name)) for name in ("name", "version", "image", "status")))


def read_place(params: Mapping[str, Any]) -> Place:
    data = mapping(params.get("place"))
    return Place(*(text(data.get(field.name)) for field in fields(Place)))


def _demanded(data: Mapping[str, Any]) -> Demanded:
    return Demanded(
        traces=whole(data.get("traces")),
        spans=whole(data.get("spans")),
        services=tuple(texts(data.get("services"))),
        edges=tuple(texts(data.get("edges"))),
    )
