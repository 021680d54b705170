# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked against what came: a trace in hand, and what search tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.asked import Asked, asked_for, contradiction
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import FoundTrace, found_trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace, from_otlp
from fakes import EPOCH, TRACE_ID, attribute, found, otlp_group, otlp_span, two_services

START, END = EPOCH - 60, EPOCH + 60


def whole(**span: Any) -> Trace:
    """One span of shop, with an attribute of each kind, on itself, on its resource and on an event."""
    own = [
        attribute("text", {"stringValue": "x"}),
        attribute("number", {"intValue": "200"}),
        attribute("ratio", {"doubleValue": 0.5}),
        attribute("yes", {"boolValue": True}),
        attribute("list", {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}}),
    ]
    event = {"name": "cache miss", "attributes": [attribute("told", {"stringValue": "e"})]}
    made = otlp_span("00" * 7 + "01", attributes=own, events=[event], **span)
    return from_otlp(TRACE_ID, [otlp_group("shop", [made])])


@pytest.mark.parametrize(
    ("attributes", "met"),
    [
        ({"resource.service.name": "shop"}, True),
        ({"resource.service.name": "cart"}, False),
        ({"span.text": "x", "span.number": 200}, True),
        ({"span.text": "x", "span.number": 201}, False),
        ({"span.number": 200.0}, True),
        ({"span.number": "200"}, False),
        ({"span.yes": True}, True),
        ({"span.yes": 1}, False),
        ({"span.ratio": 0.5}, True),
        ({"span.list": "b"}, True),
        ({"span.list": "c"}, False),
        ({"resource.text": "x"}, False),
        ({"text": "x"}, True),
        ({".told": "e"}, True),
        ({"event.told": "e"}, True),
        ({"span.told": "e"}, False),
        ({"service.name": "shop"}, True),
        ({"name": "op-1", "kind": "server", "status": "unset"}, True),
        ({"status": "error"}, False),
        ({"rootName": "op-1", "rootServiceName": "shop"}, True),
        ({"rootServiceName": "cart"}, False),
        # Not held against it: no trace that is read here shows them.
        ({"link.x": "y"}, True),
        ({"instrumentation.x": "y"}, True),
    ],
)
def test_attributes(attributes: dict[str, Any], met: bool) -> None:
    assert asked_for(query="", attributes=attributes).met_by(whole()) is met


@pytest.mark.parametrize(
    ("query", "met"),
    [
        ("{ span.number >= 200 && span.number < 201 }", True),
        ("{ span.number > 200 }", False),
        ("{ span.text > 1 }", False),
        ("{ duration = 1us }", True),
        ("{ duration > 1us }", False),
        ("{ traceDuration > 999ns }", True),
        ("{ traceDuration > 1us }", False),
        ("{ span.number = 404 || span.text = `y` }", True),  # left to Tempo
    ],
)
def test_queries(query: str, met: bool) -> None:
    assert asked_for(query=query).met_by(whole()) is met


def test_all_of_it_is_met_by_one_span() -> None:
    trace = from_otlp(TRACE_ID, two_services())
    apart = {"attributes": {"resource.service.name": "shop"}, "query": "{ status = error }"}
    assert asked_for(query=apart["query"]).met_by(trace)
    assert not asked_for(**apart).met_by(trace)
    assert asked_for(query="", services=["none", "cart"]).met_by(trace)
    assert not asked_for(query="", services=["none"]).met_by(trace)
    assert str(asked_for(query="", services=["a", "b"])) == (
        '{ resource.service.name = "a" || resource.service.name = "b" }'
    )


def told(**changed: Any) -> FoundTrace:
    return replace(found_trace(found()), **changed)


def test_a_trace_as_search_told_contradicts_nothing() -> None:
    trace = from_otlp(TRACE_ID, two_services())
    asked = asked_for(query="", run_id="r-1", run_id_attribute="tracing.run.id")
    assert contradiction(told(errors=1), trace, asked, START, END) == ""
    lesser = told(service_spans={"shop": 1}, duration_nanos=0, start_unix_nano=int(EPOCH * 1e9) + 1_000_000)
    assert contradiction(lesser, trace, asked, START, END) == "", "search may know a part"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (told(service_spans={"shop": 1, "payment": 1}), "service 'payment'"),
        (told(root_service="payment"), "service 'payment'"),
        (told(duration_nanos=11_000_000), "a longer duration"),
        (told(start_unix_nano=int(EPOCH * 1e9) + 60_000_000), "another start"),
        (told(start_unix_nano=int(EPOCH * 1e9) - 60_000_000), "another start"),
    ],
)
def test_search_against_the_trace_itself(line: FoundTrace, says: str) -> None:
    assert says in contradiction(line, from_otlp(TRACE_ID, two_services()), Asked(), START, END)


def test_a_trace_that_search_alone_knows() -> None:
    assert "it is not there" in contradiction(told(), None, Asked(), START, END)


def test_an_error_that_search_alone_knows() -> None:
    line = told(service_spans={"shop": 1}, errors=1, duration_nanos=0)
    assert "tells of an error" in contradiction(line, whole(), Asked(), START, END)


def test_a_trace_of_another_time() -> None:
    trace = from_otlp(TRACE_ID, two_services())
    assert "2026-11-18" in contradiction(told(), trace, Asked(), START - 3600, END - 3600)
    assert "which is of" in contradiction(told(), trace, Asked(), START + 3600, END + 3600)
    assert contradiction(told(), trace, Asked(), EPOCH, END) == "", "it began in this very second"


def test_a_part_of_a_trace_is_held_against_nothing() -> None:
    asked = asked_for(query="", run_id="another", run_id_attribute="tracing.run.id")
    trace = from_otlp(TRACE_ID, two_services())
    assert "no such span" in contradiction(told(), trace, asked, START, END)
    assert contradiction(told(), replace(trace, partial=True), asked, START, END) == ""
