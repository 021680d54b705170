# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trace in one shape, whatever version and endpoint of Tempo it came from."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import word

TRACE_ID_DIGITS = 32
SPAN_ID_DIGITS = 16
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
STATUS_BY_NUMBER = {0: "unset", 1: "ok", 2: "error"}
KIND_BY_NUMBER = {0: "unspecified", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def pad_trace_id(text: str) -> str:
    """Tempo's search strips leading zeros from trace ids; 32 digits is the only form that compares."""
    return text.lower().rjust(TRACE_ID_DIGITS, "0")


def stored_trace_id(text: str) -> str:
    """A trace id that a backend names. ``ValueError`` for what is none: it would go into the next URL as it is."""
    if not isinstance(text, str) or not _HEX.match(text) or len(text) > TRACE_ID_DIGITS or not int(text, 16):
        raise ValueError(f"{str(text)[:40]!r} is not a trace id")
    return pad_trace_id(text)


def parse_trace_id(text: str, option: str = "trace_ids") -> str:
    """A trace id that a user typed."""
    cleaned = text.strip()
    if not _HEX.match(cleaned) or len(cleaned) > TRACE_ID_DIGITS or not int(cleaned, 16):
        raise invalid(
            f"{option}: {text!r} is not a trace id.", "Give up to 32 hexadecimal digits, not all of them zero."
        )
    return pad_trace_id(cleaned)


def decode_id(text: str, digits: int) -> str:
    """An id as JSON carries it: base64 of 8 or 16 bytes from Tempo, hexadecimal from OTLP/JSON.

    Sixteen bytes in base64 are 24 characters and eight are 12, so that the length tells them apart.
    """
    if not text:
        return ""
    if len(text) == digits and _HEX.match(text):
        return text.lower()
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        told = f"A trace holds the id {text[:40]!r}, which is neither base64 nor hex."
        raise TracingError("not_tempo", told) from error
    if len(raw) * 2 > digits:
        raise TracingError("not_tempo", f"A trace holds an id of {len(raw)} bytes, where {digits // 2} are the most.")
    return raw.hex().rjust(digits, "0")


def scopes_of(group: Mapping[str, Any]) -> Sequence[Any]:
    """The spans of one resource by scope; older versions name them otherwise."""
    found: Sequence[Any] = group.get("scopeSpans") or group.get("instrumentationLibrarySpans") or []
    return found


def other_trace(resource_spans: Iterable[Mapping[str, Any]], trace_id: str) -> str:
    """The id of another trace in the answer to a question for this one; empty when there is none."""
    same = {trace_id}
    for group in resource_spans:
        for scope in scopes_of(group):
            for span in scope.get("spans") or []:
                told = span.get("traceId")
                if told and told not in same:
                    other = decode_id(told, TRACE_ID_DIGITS)
                    if other != trace_id:
                        return other
                    same.add(told)
    return ""


@dataclass(frozen=True)
class Event:
    name: str
    time_unix_nano: int
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """From a span to another one, mostly of another trace."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    service: str
    kind: str
    status: str
    status_message: str
    start_unix_nano: int
    end_unix_nano: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def duration_nanos(self) -> int:
        return max(0, self.end_unix_nano - self.start_unix_nano)

    def to_dict(self) -> dict[str, Any]:
        return {
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_span_id": self.parent_span_id,
            "name": self.name,
            "service": self.service,
            "kind": self.kind,
            "status": self.status,
            "status_message": self.status_message,
            "start_unix_nano": self.start_unix_nano,
            "end_unix_nano": self.end_unix_nano,
            "duration_nanos": self.duration_nanos,
            "attributes": dict(self.attributes),
            "resource": dict(self.resource),
            "events": [
                {"name": e.name, "time_unix_nano": e.time_unix_nano, "attributes": dict(e.attributes)}
                for e in self.events
            ],
            "links": [
                {"trace_id": link.trace_id, "span_id": link.span_id, "attributes": dict(link.attributes)}
                for link in self.links
            ],
        }


@dataclass(frozen=True)
class Visit:
    """A span on the way through a trace."""

    span: Span
    depth: int
    # Whether another span with the same parent follows.
    more: bool
    orphan: bool
    children: Sequence[Span]


@dataclass(frozen=True)
class Trace:
    """Spans ordered by start time. ``partial`` is set when Tempo said it left spans out."""

    trace_id: str
    spans: tuple[Span, ...]
    partial: bool = False
    _by_id: Mapping[str, Span] = field(default_factory=dict, repr=False, compare=False)

    @property
    def services(self) -> list[str]:
        return sorted({span.service for span in self.spans if span.service})

    @cached_property
    def roots(self) -> list[Span]:
        """Spans without a parent in this trace; one whose parent was never stored counts too.

        Of spans that are each above the other, the first one counts: all spans hang below a root.
        """
        roots = [span for span in self.spans if span.parent_span_id not in self._by_id]
        below = self.children()
        reached: set[str] = set()
        _reach(roots, below, reached)
        for span in self.spans:
            if span.span_id not in reached:
                roots.append(span)
                _reach([span], below, reached)
        return roots

    def walk(self) -> Iterator[Visit]:
        """Depth first, without recursion: a trace can be deeper than Python's stack.

        Each span comes once, in whatever circle it stands and whoever has the same id.
        """
        below = self.children()
        seen: set[int] = set()
        stack = [(span, 0, False) for span in reversed(self.roots)]
        while stack:
            span, depth, more = stack.pop()
            if id(span) in seen:
                continue
            seen.add(id(span))
            children = below.get(span.span_id, []) if span.span_id else []
            yield Visit(span, depth, more, self.is_orphan(span), children)
            stack += [(child, depth + 1, position > 0) for position, child in enumerate(reversed(children))]

    def is_orphan(self, span: Span) -> bool:
        """Whether its parent is not stored."""
        return bool(span.parent_span_id) and span.parent_span_id not in self._by_id

    @property
    def root(self) -> Span | None:
        roots = sorted(self.roots, key=lambda span: bool(span.parent_span_id))
        return roots[0] if roots else None

    @property
    def duration_nanos(self) -> int:
        if not self.spans:
            return 0
        return max(s.end_unix_nano for s in self.spans) - min(s.start_unix_nano for s in self.spans)

    @property
    def has_error(self) -> bool:
        return any(span.status == "error" for span in self.spans)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Calls from one service into another, seen as a span whose parent lies in another service."""
        pairs = ((self._by_id.get(span.parent_span_id), span) for span in self.spans)
        return sorted(
            {(p.service, c.service) for p, c in pairs if p and p.service and c.service and p.service != c.service}
        )

    @property
    def orphan_count(self) -> int:
        return sum(map(self.is_orphan, self.spans))

    def children(self) -> dict[str, list[Span]]:
        """The spans below each span id."""
        below: dict[str, list[Span]] = {}
        for span in self.spans:
            below.setdefault(span.parent_span_id, []).append(span)
        return below

    def to_dict(self) -> dict[str, Any]:
        root = self.root
        return {
            "trace_id": self.trace_id,
            "root_service": root.service if root else "",
            "root_name": root.name if root else "",
            "duration_nanos": self.duration_nanos,
            "span_count": len(self.spans),
            "services": self.services,
            "edges": [edge_text(edge) for edge in self.edges],
            "partial": self.partial,
            "spans": [span.to_dict() for span in self.spans],
        }


def _reach(spans: Sequence[Span], below: Mapping[str, Sequence[Span]], reached: set[str]) -> None:
    """Add the ids of these spans and of all below them."""
    stack = list(spans)
    while stack:
        span = stack.pop()
        if span.span_id not in reached:
            reached.add(span.span_id)
            stack += below.get(span.span_id, ()) if span.span_id else ()


def edge_text(edge: tuple[str, str]) -> str:
    return f"{edge[0]} -> {edge[1]}"


def make_trace(trace_id: str, spans: Iterable[Span], *, partial: bool = False) -> Trace:
    """A trace of distinct spans: Tempo may hold one span twice when a client sent it again.

    As in Tempo, spans of one id but of different kinds are two: in traces of Zipkin both sides of a call share an id.
    """
    distinct: dict[tuple[str, str], Span] = {}
    by_id: dict[str, Span] = {}
    for span in sorted(spans, key=lambda s: (s.start_unix_nano, s.span_id)):
        distinct.setdefault((span.span_id, span.kind), span)
        by_id.setdefault(span.span_id, span)
    return Trace(trace_id, tuple(distinct.values()), partial, by_id)


def from_otlp(trace_id: str, resource_spans: Iterable[Mapping[str, Any]], *, partial: bool = False) -> Trace:
    """A trace out of OTLP's JSON tree, as ``batches`` (v1) or ``resourceSpans`` (v2)."""
    return make_trace(trace_id, _spans(trace_id, resource_spans), partial=partial)


def from_dict(data: Mapping[str, Any]) -> Trace:
    """The way back from ``to_dict``, for a trace that came through a playbook variable."""
    spans = [_span_from_dict(span) for span in data["spans"]]
    return make_trace(str(data["trace_id"]), spans, partial=bool(data.get("partial", False)))


def _span_from_dict(data: Mapping[str, Any]) -> Span:
    events = tuple(
        Event(str(e.get("name", "")), word(e.get("time_unix_nano")), e.get("attributes", {}))
        for e in data.get("events", ())
    )
    links = tuple(
        Link(str(link.get("trace_id", "")), str(link.get("span_id", "")), link.get("attributes", {}))
        for link in data.get("links", ())
    )
    return Span(
        trace_id=str(data.get("trace_id", "")),
        span_id=str(data["span_id"]),
        parent_span_id=str(data.get("parent_span_id", "")),
        name=str(data.get("name", "")),
        service=str(data.get("service", "")),
        kind=str(data.get("kind", "unspecified")),
        status=str(data.get("status", "unset")),
        status_message=str(data.get("status_message", "")),
        start_unix_nano=word(data["start_unix_nano"]),
        end_unix_nano=word(data["end_unix_nano"]),
        attributes=data.get("attributes", {}),
        resource=data.get("resource", {}),
        events=events,
        links=links,
    )


def _spans(trace_id: str, resource_spans: Iterable[Mapping[str, Any]]) -> Iterator[Span]:
    for group in resource_spans:
        resource = attributes((group.get("resource") or {}).get("attributes"))
        for scope in scopes_of(group):
            for span in scope.get("spans") or []:
                yield _span(trace_id, span, resource)


def _span(trace_id: str, data: Mapping[str, Any], resource: Mapping[str, Any]) -> Span:
    status = data.get("status") or {}
    return Span(
        trace_id=trace_id,
        span_id=decode_id(data.get("spanId") or "", SPAN_ID_DIGITS),
        parent_span_id=parent_id(data),
        name=text(data.get("name")),
        service=str(resource.get("service.name", "")),
        kind=enum_name(data.get("kind", 0), KIND_BY_NUMBER, "SPAN_KIND_"),
        status=enum_name(status.get("code", 0), STATUS_BY_NUMBER, "STATUS_CODE_"),
        status_message=text(status.get("message")),
        start_unix_nano=word(data.get("startTimeUnixNano")),
        end_unix_nano=word(data.get("endTimeUnixNano")),
        attributes=attributes(data.get("attributes")),
        resource=resource,
        events=tuple(
            Event(text(e.get("name")), word(e.get("timeUnixNano")), attributes(e.get("attributes")))
            for e in data.get("events") or []
        ),
        links=tuple(
            Link(
                decode_id(link.get("traceId") or "", TRACE_ID_DIGITS),
                decode_id(link.get("spanId") or "", SPAN_ID_DIGITS),
                attributes(link.get("attributes")),
            )
            for link in data.get("links") or []
        ),
    )


def text(value: Any) -> str:
    """A text, which is left out where it is empty. ``TypeError`` for anything else."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} stands in the place of a text")
    return value or ""


def parent_id(data: Mapping[str, Any]) -> str:
    parent = decode_id(data.get("parentSpanId") or "", SPAN_ID_DIGITS)
    return "" if parent == "0" * SPAN_ID_DIGITS else parent


def enum_name(value: Any, by_number: Mapping[int, str], prefix: str) -> str:
    """Tempo writes enums as names, OTLP/JSON as numbers."""
    if isinstance(value, int):
        return by_number.get(value, str(value))
    return str(value)[len(prefix) :].lower() if str(value).startswith(prefix) else str(value).lower()


def attributes(items: Any) -> dict[str, Any]:
    return {str(item.get("key", "")): attribute_value(item.get("value") or {}) for item in items or []}


def attribute_value(value: Mapping[str, Any]) -> Any:
    """An OTLP AnyValue as plain Python. 64-bit integers come as text in JSON."""
    if "intValue" in value:
        return word(value["intValue"])
    if "arrayValue" in value:
        return [attribute_value(item) for item in (value["arrayValue"] or {}).get("values") or []]
    if "kvlistValue" in value:
        return attributes((value["kvlistValue"] or {}).get("values"))
    if "doubleValue" in value:
        number = value["doubleValue"]
        # JSON has one kind of number: 5.0 comes as 5.
        return float(number) if isinstance(number, int) and not isinstance(number, bool) else number
    for key in ("stringValue", "boolValue", "bytesValue"):
        if key in value:
            return value[key]
    return None
