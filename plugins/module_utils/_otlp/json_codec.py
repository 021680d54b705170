# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OTLP's trace messages in JSON: written as OTLP/HTTP wants them, read as Tempo writes them too.

OTLP has ids in hex and enums as numbers, Tempo has ids in base64 and enums by name. Both write 64-bit whole numbers
as text and leave out what is zero.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import counted, word
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    KIND_BY_NUMBER,
    SPAN_ID_DIGITS,
    STATUS_BY_NUMBER,
    TRACE_ID_DIGITS,
    decode_id,
    enum_name,
    parent_id,
    scopes_of,
    text,
)

from .model import (
    Attributes,
    Event,
    Link,
    ResourceSpans,
    Scope,
    ScopeSpans,
    Span,
    Value,
)

_KIND_NUMBER = {name: number for number, name in KIND_BY_NUMBER.items()}
_STATUS_NUMBER = {name: number for number, name in STATUS_BY_NUMBER.items()}


def encode_request(groups: Iterable[ResourceSpans]) -> bytes:
    return json.dumps({"resourceSpans": [_group(group) for group in groups]}, allow_nan=False).encode()


def decode_groups(groups: Iterable[Mapping[str, Any]]) -> list[ResourceSpans]:
    """``resourceSpans``, or ``batches`` as Tempo's older endpoint calls them."""
    return [_read_group(group) for group in groups]


def decode_rejected(answer: Mapping[str, Any]) -> tuple[int, str]:
    """How many spans an ExportTraceServiceResponse says were not taken, and why."""
    partial = answer.get("partialSuccess") or {}
    return counted(word(partial.get("rejectedSpans"))), str(partial.get("errorMessage") or "")


def _group(group: ResourceSpans) -> dict[str, Any]:
    return {
        "resource": {"attributes": _attributes(group.resource)},
        "scopeSpans": [
            {
                "scope": {
                    "name": item.scope.name,
                    "version": item.scope.version,
                    "attributes": _attributes(item.scope.attributes),
                },
                "spans": [_span(span) for span in item.spans],
            }
            for item in group.scopes
        ],
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_span_id,
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": _KIND_NUMBER[span.kind],
        "startTimeUnixNano": str(span.start_unix_nano),
        "endTimeUnixNano": str(span.end_unix_nano),
        "attributes": _attributes(span.attributes),
        "droppedAttributesCount": span.dropped_attributes_count,
        "events": [_event(event) for event in span.events],
        "droppedEventsCount": span.dropped_events_count,
        "links": [_link(link) for link in span.links],
        "droppedLinksCount": span.dropped_links_count,
        "status": {"code": _STATUS_NUMBER[span.status], "message": span.status_message},
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "timeUnixNano": str(event.time_unix_nano),
        "name": event.name,
        "attributes": _attributes(event.attributes),
        "droppedAttributesCount": event.dropped_attributes_count,
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "traceId": link.trace_id,
        "spanId": link.span_id,
        "traceState": link.trace_state,
        "attributes": _attributes(link.attributes),
        "droppedAttributesCount": link.dropped_attributes_count,
        "flags": link.flags,
    }


def _attributes(attributes: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any(value)} for key, value in attributes.items()]


def _any(value: Value) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": _number(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _attributes(value)}}
    return {"bytesValue": base64.b64encode(value).decode()}


def _number(value: float) -> float | str:
    """JSON knows no infinity; protobuf's JSON has names for what it lacks."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _read_group(group: Mapping[str, Any]) -> ResourceSpans:
    resource = read_attributes((group.get("resource") or {}).get("attributes"))
    return ResourceSpans(resource, tuple(_read_scope_spans(item) for item in scopes_of(group)))


def _read_scope_spans(item: Mapping[str, Any]) -> ScopeSpans:
    scope = item.get("scope") or item.get("instrumentationLibrary") or {}
    return ScopeSpans(
        Scope(text(scope.get("name")), text(scope.get("version")), read_attributes(scope.get("attributes"))),
        tuple(_read_span(span) for span in item.get("spans") or []),
    )


def _read_span(data: Mapping[str, Any]) -> Span:
    status = data.get("status") or {}
    return Span(
        trace_id=decode_id(data.get("traceId") or "", TRACE_ID_DIGITS),
        span_id=decode_id(data.get("spanId") or "", SPAN_ID_DIGITS),
        parent_span_id=parent_id(data),
        trace_state=text(data.get("traceState")),
        flags=word(data.get("flags")),
        name=text(data.get("name")),
        kind=enum_name(data.get("kind", 0), KIND_BY_NUMBER, "SPAN_KIND_"),
        start_unix_nano=word(data.get("startTimeUnixNano")),
        end_unix_nano=word(data.get("endTimeUnixNano")),
        attributes=read_attributes(data.get("attributes")),
        dropped_attributes_count=word(data.get("droppedAttributesCount")),
        events=tuple(_read_event(event) for event in data.get("events") or []),
        dropped_events_count=word(data.get("droppedEventsCount")),
        links=tuple(_read_link(link) for link in data.get("links") or []),
        dropped_links_count=word(data.get("droppedLinksCount")),
        status=enum_name(status.get("code", 0), STATUS_BY_NUMBER, "STATUS_CODE_"),
        status_message=text(status.get("message")),
    )


def _read_event(event: Mapping[str, Any]) -> Event:
    return Event(
        word(event.get("timeUnixNano")),
        text(event.get("name")),
        read_attributes(event.get("attributes")),
        word(event.get("droppedAttributesCount")),
    )


def _read_link(link: Mapping[str, Any]) -> Link:
    return Link(
        decode_id(link.get("traceId") or "", TRACE_ID_DIGITS),
        decode_id(link.get("spanId") or "", SPAN_ID_DIGITS),
        text(link.get("traceState")),
        read_attributes(link.get("attributes")),
        word(link.get("droppedAttributesCount")),
        word(link.get("flags")),
    )


def read_attributes(items: Any) -> dict[str, Value]:
    return {str(item.get("key", "")): read_any(item.get("value") or {}) for item in items or []}


def read_any(value: Mapping[str, Any]) -> Value:
    if "stringValue" in value:
        return str(value["stringValue"])
    if "boolValue" in value:
        return bool(value["boolValue"])
    if "intValue" in value:
        return word(value["intValue"])
    if "doubleValue" in value:
        return float(value["doubleValue"])  # a whole one comes without its point, and some as text
    if "arrayValue" in value:
        return [read_any(item) for item in (value["arrayValue"] or {}).get("values") or []]
    if "kvlistValue" in value:
        return read_attributes((value["kvlistValue"] or {}).get("values"))
    if "bytesValue" in value:
        return base64.b64decode(value["bytesValue"] or "")
    return None
