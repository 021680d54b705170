# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OTLP in protobuf and JSON, both ways, with everything that a span may hold."""

from __future__ import annotations

import json
import math

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp import json_codec, protobuf_codec
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import (
    Event,
    Link,
    ResourceSpans,
    Scope,
    ScopeSpans,
    Span,
    Value,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.protobuf_codec import (
    decode_request,
    encode_request,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.wire import (
    delimited,
    fields,
    fixed64,
    integer,
    signed,
    varint,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.compare import differences
from fakes import b64
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=12)
int64 = st.integers(-(2**63), 2**63 - 1)
uint32 = st.integers(0, 2**32 - 1)
nanos = st.integers(0, 2**64 - 1)
scalars = st.none() | texts | st.booleans() | int64 | st.floats() | st.binary(max_size=9)
values: st.SearchStrategy[Value] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
attributes = st.dictionaries(texts, values, max_size=4)


def ids(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).filter(any).map(bytes.hex)


events = st.builds(Event, nanos, texts, attributes, uint32)
links = st.builds(Link, ids(16), ids(8), texts, attributes, uint32, uint32)
spans = st.builds(
    Span,
    trace_id=ids(16),
    span_id=ids(8),
    parent_span_id=ids(8) | st.just(""),
    trace_state=texts,
    flags=uint32,
    name=texts,
    kind=st.sampled_from(("unspecified", "internal", "server", "client", "producer", "consumer")),
    start_unix_nano=nanos,
    end_unix_nano=nanos,
    attributes=attributes,
    dropped_attributes_count=uint32,
    events=st.lists(events, max_size=2).map(tuple),
    dropped_events_count=uint32,
    links=st.lists(links, max_size=2).map(tuple),
    dropped_links_count=uint32,
    status=st.sampled_from(("unset", "ok", "error")),
    status_message=texts,
)
scope_spans = st.builds(ScopeSpans, st.builds(Scope, texts, texts, attributes), st.lists(spans, max_size=2).map(tuple))
groups = st.lists(st.builds(ResourceSpans, attributes, st.lists(scope_spans, max_size=2).map(tuple)), max_size=2)


def same(one: object, other: object) -> bool:
    """Field by field, because not a number is no equal of itself."""
    return not list(differences(one, other))


@given(groups)
def test_protobuf_both_ways(sent: list[ResourceSpans]) -> None:
    assert same(decode_request(encode_request(sent)), sent)


@given(groups)
def test_json_both_ways(sent: list[ResourceSpans]) -> None:
    read = json.loads(json_codec.encode_request(sent))
    assert same(json_codec.decode_groups(read["resourceSpans"]), sent)


@given(st.integers(0, 2**64 - 1))
def test_varints(number: int) -> None:
    encoded = varint(number)
    assert list(fields(b"\x08" + encoded)) == [(1, number)]
    assert len(encoded) == max(1, math.ceil(number.bit_length() / 7))


@given(int64)
def test_signed_varints(number: int) -> None:
    ((_number, value),) = fields(integer(1, number))
    assert isinstance(value, int) and signed(value) == number


@given(st.binary(max_size=60))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        decode_request(data)
    except TracingError as error:
        assert error.kind == "damaged"


@given(spans, st.floats(0, 1, exclude_max=True))
def test_a_message_cut_short_is_no_crash(span: Span, share: float) -> None:
    whole = encode_request([ResourceSpans({}, (ScopeSpans(Scope(), (span,)),))])
    cut = whole[: int(share * len(whole))]
    try:
        decode_request(cut)
    except TracingError as error:
        assert error.kind == "damaged"


def test_bytes_as_every_protobuf_library_writes_them() -> None:
    """Worked out by hand from the field numbers of opentelemetry-proto."""
    span = Span("0102" + "00" * 14, "03" + "00" * 7, name="a", kind="server", start_unix_nano=1, attributes={"k": -1})
    wanted = bytes.fromhex(
        "0a10" + "0102" + "00" * 14  # trace_id = 1
        + "1208" + "03" + "00" * 7  # span_id = 2
        + "2a0161"  # name = 5
        + "3002"  # kind = 6
        + "390100000000000000"  # start = 7, fixed64
        + "410000000000000000"  # end = 8
        + "4a10" + "0a016b" + "120b" + "18ffffffffffffffffff01"  # attributes = 9: k = int64 -1
        + "7a00"  # status = 15
    )  # fmt: skip
    sent = encode_request([ResourceSpans({}, (ScopeSpans(Scope(), (span,)),))])
    assert wanted in sent


def test_fields_that_nobody_knows_are_skipped() -> None:
    later = integer(90, 7) + fixed64(91, 7) + delimited(92, b"x")
    known = ResourceSpans({"a": 1}, ())
    assert decode_request(encode_request([known]) + later) == [known]


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",  # a length is missing
        b"\x0a\x05a",  # less than announced
        b"\x0b",  # a group, which is gone for long
        b"\x00\x01",  # field number zero
        b"\x08" + b"\xff" * 11,  # a number that does not end
        b"\x09\x01",  # a fixed64 cut short
        b"\x08\x01",  # a number where a message belongs
        delimited(1, delimited(2, delimited(2, delimited(5, b"\xff")))),  # a name that is not UTF-8
        delimited(1, delimited(2, delimited(2, delimited(7, b"x")))),  # bytes where a number belongs
    ],
)
def test_damaged_messages(data: bytes) -> None:
    with pytest.raises(TracingError) as caught:
        decode_request(data)
    assert caught.value.kind == "damaged"


def test_what_was_rejected() -> None:
    partial = delimited(1, integer(1, 3) + delimited(2, b"too old"))
    assert protobuf_codec.decode_rejected(partial) == (3, "too old")
    assert protobuf_codec.decode_rejected(b"\n\x00") == (0, "")  # as Tempo answers
    assert json_codec.decode_rejected({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "no"}}) == (3, "no")
    assert json_codec.decode_rejected({"partialSuccess": {}}) == (0, "")
    with pytest.raises(ValueError):
        json_codec.decode_rejected({"partialSuccess": {"rejectedSpans": "-3"}})


def test_json_as_tempo_writes_it() -> None:
    """Ids in base64, enums by name, whole doubles without a point: recorded from 2.8.0 and 3.0.3, which agree."""
    span = {
        "traceId": b64("00" * 15 + "01"),
        "spanId": b64("00" * 7 + "02"),
        "traceState": "probe=1",
        "name": "n",
        "kind": "SPAN_KIND_CONSUMER",
        "startTimeUnixNano": "1795399811062807950",
        "endTimeUnixNano": "1795399811064407998",
        "attributes": [
            {"key": "d", "value": {"doubleValue": 3}},
            {"key": "big", "value": {"intValue": "9223372036854775807"}},
            {"key": "raw", "value": {"bytesValue": "AP8="}},
            {"key": "empty", "value": {"arrayValue": {}}},
        ],
        "droppedAttributesCount": 1,
        "links": [{"traceId": b64("00" * 15 + "03"), "spanId": b64("00" * 7 + "04")}],
        "status": {"message": "made to fail", "code": "STATUS_CODE_ERROR"},
    }
    (group,) = json_codec.decode_groups([{"resource": {}, "scopeSpans": [{"scope": {}, "spans": [span]}]}])
    (read,) = group.scopes[0].spans
    assert (read.trace_id, read.span_id, read.kind, read.status) == (
        "0" * 31 + "1",
        "0" * 15 + "2",
        "consumer",
        "error",
    )
    assert same(dict(read.attributes), {"d": 3.0, "big": 2**63 - 1, "raw": b"\x00\xff", "empty": []})
    assert (read.dropped_attributes_count, read.links) == (1, (Link("0" * 31 + "3", "0" * 15 + "4"),))


def test_numbers_that_json_lacks() -> None:
    sent = [ResourceSpans({"n": math.nan, "p": math.inf, "m": -math.inf}, ())]
    assert b'"NaN"' in json_codec.encode_request(sent)
    assert same(json_codec.decode_groups(json.loads(json_codec.encode_request(sent))["resourceSpans"]), sent)
