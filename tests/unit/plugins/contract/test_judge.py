# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces held against cases: each seeded fault fails its own case and no other, and good runs fail none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.findings import view
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.judge import difference, judge
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.model import Case
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.parse import parse_contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.shape import shape_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import from_otlp
from contract_traces import CONTRACT, FAULTS, MILLISECOND, Run, good_run, otlp_of

SHOP = parse_contract(CONTRACT, "shop")


def case(text: str) -> Case:
    """A case out of its rules."""
    indented = "".join(f"    {line}\n" for line in text.strip().splitlines())
    return parse_contract(f"version: 1\nfind: {{service: shop}}\ncases:\n  - name: one\n{indented}", "x").cases[0]


def problems(text: str, run: Run, sent: str = "") -> list[str]:
    return [str(finding) for finding in judge(case(text), view(run.trace(), sent))]


def failing(run: Run) -> list[str]:
    return [one.name for one in SHOP.cases if judge(one, view(run.trace()))]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_its_own_case_and_no_other(fault: str) -> None:
    for seed in range(10):
        run = good_run(seed)
        FAULTS[fault](run)
        assert failing(run) == [fault]


def test_no_false_alarm_over_200_good_runs() -> None:
    assert [seed for seed in range(200) if failing(good_run(seed))] == []


def test_every_case_has_its_fault() -> None:
    assert [one.name for one in SHOP.cases] == list(FAULTS) and len(FAULTS) == 12


def test_the_shape_of_200_good_runs_is_one_and_a_fault_of_the_tree_changes_it() -> None:
    shapes = {shape_of(good_run(seed).trace()) for seed in range(200)}
    (shape,) = shapes
    assert shape[0] == "shop: GET /book (server)" and len(shape) == 10
    text = "strict: shape\nshape: |\n" + "".join(f"  {line}\n" for line in shape)
    assert problems(text, good_run(7)) == []
    for fault in ("no propagation", "missing child", "wrong parent", "retried span", "extra service", "renamed span"):
        run = good_run(7)
        FAULTS[fault](run)
        assert len(problems(text, run)) == 1, fault


def test_a_trace_read_from_tempo_is_judged_as_the_one_that_was_sent() -> None:
    trace = good_run(3).trace()
    read = from_otlp(trace.trace_id, otlp_of(trace))
    assert [judge(one, view(read)) for one in SHOP.cases] == [[]] * 12
    assert read.spans[-1].links == trace.spans[-1].links and from_otlp(trace.trace_id, otlp_of(trace)) == read


def test_a_finding_names_the_span_and_both_sides() -> None:
    run = good_run(1)
    FAULTS["wrong attribute type"](run)
    (told,) = problems(
        "spans:\n  - select: {service: payment, kind: server}\n    attributes: {payment.amount: 42}", run
    )
    assert told == ('payment: pay.Payment/Charge (server): expected attribute payment.amount 42, found is "42"')


RULES: list[tuple[str, dict[str, Any], str]] = [
    ("services: [nobody]", {}, "service nobody"),
    ("absent_services: [stock]", {}, "no service stock"),
    ("calls: [stock -> shop]", {}, "a call stock -> shop"),
    ("only_calls: [shop -> stock, shop -> payment]", {}, "no call shop -> mail"),
    ("duration: {max: 1ms}", {}, "the trace to take at most 1.00 ms"),
    ("duration: {min: 1h}", {}, "the trace to take at least 3600.00 s"),
    ("root: {name: {matches: 'POST.*'}}", {}, "a root span with name a text that matches"),
    ("spans: [{select: {name: SELECT}, parent: none}]", {}, "no parent"),
    ("spans: [{select: {name: GET /book}, parent: {service: shop}}]", {}, "a parent with service"),
    ("spans: [{select: {service: stock}, count: {max: 2}}]", {}, "at most 2"),
    ("spans: [{select: {service: stock}, count: 0}]", {}, ": 0, found 3"),
    ("spans: [{select: {service: {any_of: [a, b]}}}]", {}, "at least 1"),
    ("spans: [{select: {kind: internal}, status: ok}]", {}, "status ok, found unset"),
    ("spans: [{select: {name: charge card}, duration: {min: 1h}}]", {}, "a duration of at least"),
    ("spans: [{select: {name: charge card}, events: [{name: ready, count: 0}]}]", {}, "events with name \"ready\": 0"),
    ("spans: [{select: {name: charge card}, events: [{name: ready, attributes: {a: 1}}]}]", {}, "a 1: at least 1"),
    ("spans: [{select: {service: mail}, links: [{trace: same}]}]", {}, "links to the same trace"),
    ("spans: [{select: {service: mail}, links: [{trace: other, count: 2}]}]", {}, "links to another trace: 2"),
    ("spans: [{select: {name: SELECT}, resource: {service.name: shop}}]", {}, "resource attribute service.name"),
    ("spans: [{select: {name: SELECT}, attributes: {db.query.text: {matches: 'INSERT.*'}}}]", {}, "matches"),
    ("spans: [{select: {name: SELECT}, attributes: {db.query.text: {present: false}}}]", {}, "absent, found is there"),
    ("spans: [{select: {kind: server, service: stock}, attributes: {http.response.status_code: '200'}}]", {}, '"200"'),
    ("spans: [{select: {service: payment, kind: server}, attributes: {payment.amount: {max: 41}}}]", {}, "at most 41"),
    ("spans: [{select: {service: payment, kind: server}, attributes: {payment.amount: {any_of: [1]}}}]", {}, "is 42"),
    ("spans: [{select: {service: payment, kind: server}, attributes: {nothing: {}}}]", {}, ""),
    ("semconv: [http]", {"http.response.status_code": "200"}, "of the type int"),
    ("semconv: [http]", {"http.response.status_code": 503}, "status error with status code 503"),
    ("semconv: [http]", {"http.request.method": "get"}, "a method of HTTP in capitals"),
    ("semconv: [db]", {"db.statement": "x"}, "kind client or internal"),
    ("semconv: [rpc]", {"rpc.method": "x"}, "attribute rpc.system.name or rpc.system"),
    ("semconv: [messaging]", {"messaging.destination.name": "x"}, "attribute messaging.system"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "more", "expected"), [row for row in RULES if row[2]], ids=lambda value: str(value)[:70]
)
def test_a_rule_that_is_not_met_is_told(text: str, more: dict[str, Any], expected: str) -> None:
    run = good_run(5)
    run.change("root", attributes={**run.spans["root"].attributes, **more})
    found = problems(text, run)
    assert found and any(expected in one for one in found), found


CONVENTIONS: list[tuple[str, str, dict[str, Any], str]] = [
    ("http", "root", {"http.request.method": "GET", "http.response.status_code": 700, "url.path": "/"}, "100 to 599"),
    ("http", "root", {"http.request.method": "GET"}, "attribute url.path or"),
    ("http", "call", {"http.request.method": "GET", "url.full": "http://a"}, "attribute server.address"),
    ("http", "call", {"http.method": "GET", "http.url": "http://a", "http.status_code": 404}, "status error with"),
    ("http", "card", {"http.method": "GET"}, "kind client or server"),
    ("db", "select", {"db.statement": "x"}, "attribute db.system.name or db.system"),
    ("db", "select", {"db.system": "x", "db.connection_string": "pg://u:pw@h/d"}, "without a login"),
    ("db", "select", {"db.system": "x", "server.port": "5432"}, "attribute server.port of the type int"),
    ("messaging", "mail", {"messaging.system": "kafka", "messaging.operation": "send"}, "kind producer for"),
    ("messaging", "publish", {"messaging.system": "x", "messaging.operation.type": "process"}, "kind consumer"),
    ("messaging", "publish", {"messaging.system": "kafka"}, "attribute messaging.operation.name or"),
    ("rpc", "pay", {"rpc.system": "grpc", "rpc.grpc.status_code": 14}, "status error with the gRPC code 14"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "key", "attributes", "expected"), CONVENTIONS, ids=lambda value: str(value)[:40])
def test_a_semantic_convention_that_is_not_kept_is_told(
    name: str, key: str, attributes: dict[str, Any], expected: str
) -> None:
    run = good_run(5)
    run.change(key, attributes=attributes)
    (told,) = problems(f"semconv: [{name}]", run)
    assert expected in told


HELD = [
    "services: [shop, stock]\nabsent_services: [legacy]\ncalls: [shop -> stock]",
    "only_calls: [shop -> stock, shop -> payment, shop -> mail]",
    "semconv: [http, db, messaging, rpc]",
    "spans: [{select: {service: mail}, links: [{trace: other}]}]",
    "spans: [{select: {service: {matches: 'sto.*'}}, count: 3}]",
    "spans: [{select: {kind: server, service: stock}, attributes: {http.response.status_code: 200.0}}]",
    "spans: [{select: {name: SELECT}, attributes: {db.system.name: {any_of: [sqlite, mysql], type: string}}}]",
    "spans: [{select: {name: SELECT}, resource: {deployment.environment.name: test, host.name: {present: false}}}]",
    "spans: [{select: {name: nothing}, count: 0}]",
    "spans: [{select: {}, count: 10}]",
    "duration: {min: 1ms, max: 10s}",
]


@pytest.mark.parametrize("text", HELD)
def test_a_rule_that_is_met_is_not_told(text: str) -> None:
    assert problems(text, good_run(5)) == []


def test_a_trace_below_a_request_of_our_own_has_its_root_there() -> None:
    sent = "00000000000000ee"
    run = good_run(2)
    run.change("root", parent_span_id=sent)
    rules = "propagation: unbroken\nno_orphans: true\nroot: {service: shop}\nservices: [stock]"
    assert problems(rules, run, sent) == []
    run.change("root", parent_span_id="")
    (told,) = problems(rules, run, sent)
    assert "the trace id was taken over, and the parent was not" in told


def test_a_second_root_and_a_call_that_nobody_answers_break_propagation() -> None:
    run = good_run(2)
    run.change("stock", parent_span_id="")
    told = problems("propagation: unbroken\nservices: [shop, stock]", run)
    assert len(told) == 2 and "expected one root" in told[0] and "a span of stock below this call" in told[1]


def test_a_call_by_a_library_in_a_library_goes_on_below_both() -> None:
    run = good_run(2)
    run.add("inner", "call", parent_span_id=run.spans["call"].span_id)
    run.change("stock", parent_span_id=run.spans["inner"].span_id)
    assert problems("propagation: unbroken\nservices: [shop, stock]", run) == []


def test_a_trace_may_be_deeper_than_any_stack() -> None:
    run = good_run(2)
    for number in range(5000):
        above = f"deep {number - 1}" if number else "root"
        run.add(f"deep {number}", "card", name="deeper", parent_span_id=run.spans[above].span_id)
    lines = shape_of(run.trace())
    assert max(len(line) for line in lines) < 400 and len(problems("no_orphans: true", run)) == 0


def test_a_clock_that_runs_ahead_is_seen_at_the_end_of_a_call() -> None:
    run = good_run(2)
    run.change("stock", end_unix_nano=run.spans["call"].end_unix_nano + 200 * MILLISECOND)
    (told,) = problems("max_clock_skew: 100ms", run)
    assert "an end 200.00 ms after that of the call" in told


def test_the_difference_shows_expected_and_found_in_the_tree() -> None:
    run = good_run(4)
    FAULTS["wrong status"](run)
    one = next(one for one in SHOP.cases if one.name == "wrong status")
    seen = view(run.trace())
    lines = difference(one, seen, judge(one, seen))
    place = lines.index("      payment: pay.Payment/Charge (server)")
    assert lines[place + 1 : place + 3] == ["-       status unset or ok", "+       error (declined)"]
    assert lines[0] == "  shop: GET /book (server)" and len(lines) == 12


def test_the_difference_of_two_shapes_is_that_of_their_trees() -> None:
    shape = shape_of(good_run(1).trace())
    one = case("strict: shape\nshape: |\n" + "".join(f"  {line}\n" for line in shape))
    run = good_run(1)
    FAULTS["missing child"](run)
    seen = view(run.trace())
    lines = difference(one, seen, judge(one, seen))
    assert [line for line in lines if not line.startswith("  ")] == ["-       payment: charge card (internal)"]
    assert len(lines) == 10


def test_a_large_tree_is_cut_to_what_differs() -> None:
    run = good_run(1)
    for number in range(500):
        run.add(f"more {number}", "card", name=f"more {number:02}", parent_span_id=run.spans["root"].span_id)
    run.change("root", status="error")
    one = case("spans: [{select: {name: GET /book}, status: unset}]")
    lines = difference(one, view(run.trace()), judge(one, view(run.trace())))
    assert lines[:3] == ["  shop: GET /book (server)", "-   status unset", "+   error"]
    assert len(lines) < 10 and lines[-1].endswith("lines more)")


def test_a_text_that_would_take_long_to_match_does_not_match() -> None:
    run = good_run(1)
    run.with_attributes("root", long="a" * 5000)
    rule = "spans: [{select: {name: GET /book}, attributes: {long: {matches: '.*a.*b.*c.*d'}}}]"
    assert len(problems(rule, run)) == 1


def test_what_must_not_be_seen_is_not_shown() -> None:
    run = good_run(1)
    FAULTS["personal data"](run)
    told = problems("absent_attributes: [user.email]", run)
    told += problems("spans: [{select: {kind: server}, attributes: {user.email: {present: false}}}]", run)
    assert len(told) == 2 and "ann@" not in str(told)
