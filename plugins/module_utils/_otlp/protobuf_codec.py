# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OTLP's trace messages in protobuf, both ways. The numbers are those of opentelemetry-proto's trace/v1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import counted
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import KIND_BY_NUMBER, STATUS_BY_NUMBER

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
from .wire import (
    delimited,
    double,
    fields,
    fixed32,
    fixed64,
    integer,
    read_double,
    signed,
)

T = TypeVar("T")
_KIND_NUMBER = {name: number for number, name in KIND_BY_NUMBER.items()}
_STATUS_NUMBER = {name: number for number, name in STATUS_BY_NUMBER.items()}


def encode_request(groups: Iterable[ResourceSpans]) -> bytes:
    """An ExportTraceServiceRequest; TracesData, which Tempo stores, is the same on the wire."""
    return b"".join(delimited(1, _group(group)) for group in groups)


def decode_request(data: bytes) -> list[ResourceSpans]:
    return [_read_group(_raw(value)) for number, value in fields(data) if number == 1]


def decode_rejected(data: bytes) -> tuple[int, str]:
    """How many spans an ExportTraceServiceResponse says were not taken, and why."""
    partial = _Message(data).message(1)
    return counted(signed(partial.number(1))), partial.text(2)


def _group(group: ResourceSpans) -> bytes:
    scopes = b"".join(delimited(2, _scope_spans(scope)) for scope in group.scopes)
    return delimited(1, _attributes(1, group.resource)) + scopes


def _scope_spans(item: ScopeSpans) -> bytes:
    scope = _text(1, item.scope.name) + _text(2, item.scope.version) + _attributes(3, item.scope.attributes)
    return delimited(1, scope) + b"".join(delimited(2, _span(span)) for span in item.spans)


def _span(span: Span) -> bytes:
    status = _text(2, span.status_message) + _number(3, _STATUS_NUMBER[span.status])
    return b"".join(
        (
            _id(1, span.trace_id),
            _id(2, span.span_id),
            _text(3, span.trace_state),
            _id(4, span.parent_span_id),
            _text(5, span.name),
            _number(6, _KIND_NUMBER[span.kind]),
            fixed64(7, span.start_unix_nano),
            fixed64(8, span.end_unix_nano),
            _attributes(9, span.attributes),
            _number(10, span.dropped_attributes_count),
            *(delimited(11, _event(event)) for event in span.events),
            _number(12, span.dropped_events_count),
            *(delimited(13, _link(link)) for link in span.links),
            _number(14, span.dropped_links_count),
            delimited(15, status),
            fixed32(16, span.flags) if span.flags else b"",
        )
    )


def _event(event: Event) -> bytes:
    head = fixed64(1, event.time_unix_nano) + _text(2, event.name)
    return head + _attributes(3, event.attributes) + _number(4, event.dropped_attributes_count)


def _link(link: Link) -> bytes:
    ids = _id(1, link.trace_id) + _id(2, link.span_id) + _text(3, link.trace_state)
    rest = _attributes(4, link.attributes) + _number(5, link.dropped_attributes_count)
    return ids + rest + (fixed32(6, link.flags) if link.flags else b"")


def _text(number: int, value: str) -> bytes:
    return delimited(number, value.encode()) if value else b""


def _id(number: int, value: str) -> bytes:
    return delimited(number, bytes.fromhex(value)) if value else b""


def _number(number: int, value: int) -> bytes:
    return integer(number, value) if value else b""


def _attributes(number: int, attributes: Attributes) -> bytes:
    return b"".join(delimited(number, _key_value(key, value)) for key, value in attributes.items())


def _key_value(key: str, value: Value) -> bytes:
    return _text(1, key) + delimited(2, _any(value))


def _any(value: Value) -> bytes:
    """One of several fields: written even when it is zero, because its presence is the type."""
    if value is None:
        return b""
    if isinstance(value, str):
        return delimited(1, value.encode())
    if isinstance(value, bool):
        return integer(2, value)
    if isinstance(value, int):
        return integer(3, value)
    if isinstance(value, float):
        return double(4, value)
    if isinstance(value, list):
        return delimited(5, b"".join(delimited(1, _any(item)) for item in value))
    if isinstance(value, dict):
        return delimited(6, _attributes(1, value))
    return delimited(7, value)


class _Message:
    """The fields of one message by number; what is absent reads as zero."""

    def __init__(self, data: bytes) -> None:
        self._fields = list(fields(data))

    def all(self, number: int) -> Iterator[int | bytes]:
        return (value for found, value in self._fields if found == number)

    def number(self, number: int) -> int:
        value = 0
        for found in self.all(number):  # the last one counts
            value = _whole(found)
        return value

    def bytes(self, number: int) -> bytes:
        value = b""
        for found in self.all(number):
            value = _raw(found)
        return value

    def text(self, number: int) -> str:
        return _utf8(self.bytes(number))

    def hex(self, number: int) -> str:
        return self.bytes(number).hex()

    def message(self, number: int) -> _Message:
        return _Message(self.bytes(number))

    def each(self, number: int, read: Callable[[_Message], T]) -> tuple[T, ...]:
        return tuple(read(_Message(_raw(value))) for value in self.all(number))

    def attributes(self, number: int) -> dict[str, Value]:
        return dict(self.each(number, lambda pair: (pair.text(1), _read_any(pair.bytes(2)))))


def _read_group(data: bytes) -> ResourceSpans:
    group = _Message(data)
    return ResourceSpans(group.message(1).attributes(1), group.each(2, _read_scope_spans))


def _read_scope_spans(item: _Message) -> ScopeSpans:
    scope = item.message(1)
    return ScopeSpans(Scope(scope.text(1), scope.text(2), scope.attributes(3)), item.each(2, _read_span))


def _read_span(span: _Message) -> Span:
    status = span.message(15)
    return Span(
        trace_id=span.hex(1),
        span_id=span.hex(2),
        trace_state=span.text(3),
        parent_span_id=span.hex(4),
        name=span.text(5),
        kind=KIND_BY_NUMBER.get(span.number(6), str(span.number(6))),
        start_unix_nano=span.number(7),
        end_unix_nano=span.number(8),
        attributes=span.attributes(9),
        dropped_attributes_count=span.number(10),
        events=span.each(11, lambda e: Event(e.number(1), e.text(2), e.attributes(3), e.number(4))),
        dropped_events_count=span.number(12),
        links=span.each(13, _read_link),
        dropped_links_count=span.number(14),
        status=STATUS_BY_NUMBER.get(status.number(3), str(status.number(3))),
        status_message=status.text(2),
        flags=span.number(16),
    )


def _read_link(link: _Message) -> Link:
    return Link(link.hex(1), link.hex(2), link.text(3), link.attributes(4), link.number(5), link.number(6))


def _read_any(data: bytes) -> Value:
    value: Value = None
    for number, raw in fields(data):
        if number in _READERS:
            value = _READERS[number](raw)
    return value


def _raw(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TracingError("damaged", "A protobuf message holds a number where bytes belong.")
    return value


def _whole(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise TracingError("damaged", "A protobuf message holds bytes where a number belongs.")
    return value


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise TracingError("damaged", f"A protobuf message holds text that is not UTF-8 ({error.reason}).") from error


_READERS: dict[int, Callable[[Any], Value]] = {
    1: lambda raw: _utf8(_raw(raw)),
    2: lambda raw: bool(_whole(raw)),
    3: lambda raw: signed(_whole(raw)),
    4: lambda raw: read_double(_whole(raw)),
    5: lambda raw: [_read_any(_raw(item)) for number, item in fields(_raw(raw)) if number == 1],
    6: lambda raw: _Message(_raw(raw)).attributes(1),
    7: _raw,
}
