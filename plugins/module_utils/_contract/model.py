# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a contract says, as values that were checked. Lengths of time are in nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import Scalar

# Type names of OpenTelemetry, and what Python makes of them.
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "bool": (bool,), "int": (int,), "double": (float,), "array": (list,), "map": (dict,),
}  # fmt: skip
SEMCONV = ("http", "db", "messaging", "rpc")
KINDS = ("client", "consumer", "internal", "producer", "server", "unspecified")
STATUSES = ("error", "ok", "unset")


@dataclass(frozen=True)
class Range:
    """From ``least`` to ``most``, both allowed; None where there is no bound."""

    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass(frozen=True)
class Condition:
    """What a value must be; all that is set must hold. ``present`` is False for what must not be there."""

    any_of: tuple[Any, ...] = ()
    pattern: re.Pattern[str] | None = None
    type: str = ""
    range: Range = Range()
    present: bool = True


Conditions = Mapping[str, Condition]


@dataclass(frozen=True)
class Selector:
    """Which spans: all that is set must hold. Without anything, every span."""

    service: Condition | None = None
    name: Condition | None = None
    kind: str = ""
    status: str = ""
    attributes: Conditions = field(default_factory=dict)
    resource: Conditions = field(default_factory=dict)


@dataclass(frozen=True)
class EventRule:
    """Events of a span: those with this name and these attributes are counted."""

    name: Condition | None
    attributes: Conditions
    count: Range


@dataclass(frozen=True)
class LinkRule:
    """Links of a span. ``trace`` is ``same``, ``other`` or empty for both."""

    trace: str
    attributes: Conditions
    count: Range


@dataclass(frozen=True)
class SpanRule:
    """What selected spans must be like. ``root`` says that they have no parent; ``parent`` selects it."""

    select: Selector
    count: Range
    line: int
    parent: Selector | None = None
    root: bool = False
    attributes: Conditions = field(default_factory=dict)
    resource: Conditions = field(default_factory=dict)
    statuses: tuple[str, ...] = ()
    duration: Range = Range()
    events: tuple[EventRule, ...] = ()
    links: tuple[LinkRule, ...] = ()


@dataclass(frozen=True)
class Request:
    """An HTTP request of a case. ``target`` is a URL, or a path below the module's ``request_url``."""

    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    # Empty for every status below 400.
    statuses: tuple[int, ...] = ()

    @property
    def only_reads(self) -> bool:
        return self.method in ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Find:
    """Which traces to search for: one span at least must have all of these. Names are those of TraceQL."""

    attributes: Mapping[str, Scalar]


@dataclass(frozen=True)
class Case:
    """One case. Either ``request`` or ``find`` says which traces it is about; both are None with given trace ids."""

    name: str
    line: int
    request: Request | None = None
    find: Find | None = None
    min_traces: int = 1
    sample: int = 5
    services: tuple[str, ...] = ()
    only_services: tuple[str, ...] | None = None
    absent_services: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    only_calls: tuple[tuple[str, str], ...] | None = None
    root: Selector | None = None
    spans: tuple[SpanRule, ...] = ()
    duration: Range = Range()
    absent_attributes: tuple[str, ...] = ()
    orphans_allowed: bool = True
    propagation: bool = False
    max_clock_skew: int | None = None
    semconv: tuple[str, ...] = ()
    shape: tuple[str, ...] | None = None

    @property
    def named_services(self) -> frozenset[str]:
        """The services that the case speaks of: calls to these are expected to be traced."""
        of_calls = (name for call in (*self.calls, *(self.only_calls or ())) for name in call)
        of_spans = (text for rule in self.spans for text in _texts(rule.select.service))
        return frozenset((*self.services, *(self.only_services or ()), *of_calls, *of_spans))


@dataclass(frozen=True)
class Contract:
    name: str
    cases: tuple[Case, ...]


def _texts(condition: Condition | None) -> tuple[str, ...]:
    return tuple(value for value in condition.any_of if isinstance(value, str)) if condition else ()
