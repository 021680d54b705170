# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets: contracts that people write, and traces of others that are judged by them or recorded."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.findings import view
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.judge import difference, judge
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.junit import render_junit
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.options import (
    CONTRACT_ARGUMENTS,
    load_contract,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.parse import parse_contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.record import record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.send import make_requests
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import from_otlp
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import build
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from fakes import TRACE_ID, attribute, otlp_group, otlp_span, two_services
from source import Source
from target import options, target

CONTRACT = """\
version: 1
find: {service: shop, attributes: {a: 1}}
cases:
  - name: one
    request: {path: /a, method: POST, headers: {a: b}, body: {a: [1]}, status: 200}
    services: [shop]
    calls: [shop -> cart]
  - name: two
    spans:
      - select: {service: cart, name: {matches: "op-.*"}}
        count: {min: 1, max: 2}
        parent: {kind: server}
        attributes: {a: {type: int, min: 1}, b: {present: false}, c: {any_of: [1, x]}}
        status: [unset, ok]
        duration: {max: 250ms}
        events: [{name: exception, count: 0}]
        links: [{trace: other, count: 0}]
    only_services: [shop, cart]
    root: {service: shop}
    duration: {min: 1ms, max: 1h}
    absent_attributes: [user.email]
    no_orphans: true
    propagation: unbroken
    max_clock_skew: 50ms
    semconv: [http, db, messaging, rpc]
  - name: three
    strict: shape
    shape: |
      shop: op-1 (server)
        cart: op-2 (server)
"""
FOLDER = Path(tempfile.mkdtemp(prefix="k8s-tracing-contract."))


@target()
def contracts(source: Source) -> Any:
    path = FOLDER / "tracing-contract.yml"
    content = source.raw(CONTRACT.encode(), b'{"version": 1, "cases": [{"name": "a", "find": {"name": "b"}}]}')
    path.write_bytes(content)
    contract = load_contract(options(CONTRACT_ARGUMENTS, src=str(path)))
    trace = view(from_otlp(TRACE_ID, two_services()))
    found = []
    for case in contract.cases:
        findings = judge(case, trace)
        found += [str(finding) for finding in findings] + difference(case, trace, findings)
        if case.find:
            assert "\n" not in build(attributes=case.find.attributes)
    return found


@target()
def judged_traces(source: Source) -> Any:
    """Whatever a span carries: it is judged, shown in one line each, and goes into XML."""
    call = {
        "http.url": "http://cart:80/a", "http.status_code": 500, "db.system": "x", "messaging.operation": "send",
        "rpc.method": "m", "rpc.grpc.status_code": 2, "server.address": "cart",
    }  # fmt: skip
    values = [
        attribute(key, {"stringValue": value} if isinstance(value, str) else {"intValue": value})
        for key, value in call.items()
    ]
    first, second = otlp_span("01" * 8, kind="SPAN_KIND_CLIENT"), otlp_span("02" * 8, "01" * 8)
    first |= {"attributes": values, "links": [{"traceId": TRACE_ID, "spanId": "01" * 8}], "events": [{"name": "x"}]}
    groups = source.document([otlp_group("shop", [first]), otlp_group("cart", [second])])
    try:
        trace = from_otlp(TRACE_ID, groups)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    if not trace.spans:
        return None
    lines = []
    for case in parse_contract(CONTRACT, "contract").cases:
        findings = judge(case, view(trace, "01" * 8))
        diff = difference(case, view(trace), findings)
        assert all("\n" not in line for line in diff)
        told = {
            "name": case.name,
            "verdict": "unmet",
            "problems": [str(f) for f in findings],
            "diff": diff,
            "seconds": 0.0,
        }
        assert render_junit({"name": "x", "cases": [told], "elapsed_seconds": 0.0})
        lines += diff
    text = record(trace, "")
    assert all(not judge(case, view(trace)) for case in parse_contract(text, "recorded").cases)
    return [*lines, text]


@target()
def contract_requests(source: Source) -> Any:
    """The address that a request goes to."""
    text = source.text("http://shop.example:8080/a?b=c", "https://[::1]:1/x", "http://a.b.svc:80/", "http://a")
    contract = parse_contract(CONTRACT, "contract")
    params = options({**TEMPO_ARGUMENTS, **CONTRACT_ARGUMENTS}, request_url=text, headers={"a": "b"})
    requests = make_requests(params, contract)
    way, target_ = requests._ways(text)
    assert way and target_.startswith("/")
    return target_
