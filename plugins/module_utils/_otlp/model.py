# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spans as OTLP has them, with nothing left out: what is sent and what comes back can be compared field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Union

# The types of OTLP's AnyValue are told apart by Python's own: bool is no int here, and int no float.
Value = Union[None, str, bool, int, float, bytes, "list[Value]", "dict[str, Value]"]
Attributes = Mapping[str, Value]


@dataclass(frozen=True)
class Event:
    time_unix_nano: int
    name: str
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0


@dataclass(frozen=True)
class Link:
    """Ids are in hex, as everywhere."""

    trace_id: str
    span_id: str
    trace_state: str = ""
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    flags: int = 0


@dataclass(frozen=True)
class Scope:
    name: str = ""
    version: str = ""
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    trace_id: str
    span_id: str
    parent_span_id: str = ""
    trace_state: str = ""
    flags: int = 0
    name: str = ""
    kind: str = "unspecified"
    start_unix_nano: int = 0
    end_unix_nano: int = 0
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    events: tuple[Event, ...] = ()
    dropped_events_count: int = 0
    links: tuple[Link, ...] = ()
    dropped_links_count: int = 0
    status: str = "unset"
    status_message: str = ""


@dataclass(frozen=True)
class ScopeSpans:
    scope: Scope
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class ResourceSpans:
    resource: Attributes
    scopes: tuple[ScopeSpans, ...]


@dataclass(frozen=True)
class PlacedSpan:
    """One span together with what stands around it."""

    span: Span
    scope: Scope
    resource: Attributes


def placed(groups: Iterable[ResourceSpans]) -> list[PlacedSpan]:
    return [
        PlacedSpan(span, scope.scope, group.resource)
        for group in groups
        for scope in group.scopes
        for span in scope.spans
    ]
