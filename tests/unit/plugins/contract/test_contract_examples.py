# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contracts of examples/: one for the application there, and one for the shop that the generator plays."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.findings import view
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.judge import judge
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.model import Contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.parse import parse_contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.topology import compile_topology
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.asked import asked_for
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span, Trace, make_trace
from fakes import EPOCH

ROOT = Path(__file__).resolve().parents[4]
FILES = ["examples/contracts/shop.yml", "examples/app/tracing-contract.yml"]
SENT = "00000000000000ee"


def contract(name: str) -> Contract:
    return parse_contract((ROOT / name).read_bytes(), name)


@pytest.mark.parametrize("name", FILES)
def test_the_schema_takes_it(name: str) -> None:
    schema = json.loads((ROOT / "docs" / "tracing-contract.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load((ROOT / name).read_text()))
    assert len(contract(name).cases) >= 4


def made(template: Sequence[Mapping[str, Any]], seed: int, parent: str = "") -> Trace:
    """A trace of spans whose parents are places in the list; what fails, fails up to the root."""
    chance = random.Random(seed)
    ids = [f"{chance.getrandbits(63) + 1:016x}" for _ in template]
    failed = [chance.random() < span.get("errorRate", 0) for span in template]
    for place in range(len(template) - 1, 0, -1):
        above = template[place]["parent"]
        failed[above] = failed[above] or failed[place]
    spans = []
    for place, span in enumerate(template):
        above = span["parent"]
        start = int(EPOCH) * 10**9 + place * 10**6
        attributes = dict(span["attributes"])
        if "http.request.method" in attributes:
            attributes["http.response.status_code"] = 500 if failed[place] else 200
        spans.append(
            Span(
                trace_id=f"{seed + 1:032x}",
                span_id=ids[place],
                parent_span_id=ids[above] if above >= 0 else parent,
                name=span["name"],
                service=span["service"],
                kind=span["kind"],
                status=span.get("status") or ("error" if failed[place] else "unset"),
                status_message="",
                start_unix_nano=start,
                end_unix_nano=start + (len(template) - place) * 3 * 10**6,
                attributes=attributes,
                resource={"service.name": span["service"]},
            )
        )
    return make_trace(f"{seed + 1:032x}", spans)


def test_traces_of_the_generator_are_as_the_contract_of_the_shop_says() -> None:
    defaults = yaml.safe_load((ROOT / "roles" / "k6_trace_generator" / "defaults" / "main.yml").read_text())
    flows = compile_topology(defaults["k6_trace_generator_topology"])["flows"]
    judged = 0
    for case in contract(FILES[0]).cases:
        assert case.find
        asked = asked_for(query="", attributes=case.find.attributes)
        for flow in flows:
            for seed in range(30):
                trace = made(flow["spans"], seed)
                if asked.met_by(trace):
                    judged += 1
                    assert [str(finding) for finding in judge(case, view(trace))] == [], case.name
    assert judged == 30 * 6


# What OpenTelemetry's instrumentation of WSGI, urllib and sqlite3 makes of an order.
WSGI = {"http.method": "GET", "http.target": "/book", "http.scheme": "http", "http.status_code": 200}
CALL = {"http.method": "POST", "http.url": "http://stock:8080/book", "http.status_code": 200}
ANSWER = {**WSGI, "http.method": "POST"}
SQL = {"db.system": "sqlite", "db.name": "", "db.statement": "UPDATE stock SET pieces = pieces - 1 WHERE item = ?"}
READ = {**SQL, "db.statement": "SELECT pieces FROM stock WHERE item = ?"}
ORDER = [
    {"service": "shop", "name": "GET /book", "kind": "server", "parent": -1, "attributes": WSGI},
    {"service": "shop", "name": "POST", "kind": "client", "parent": 0, "attributes": CALL},
    {"service": "stock", "name": "POST /book", "kind": "server", "parent": 1, "attributes": ANSWER},
    {"service": "stock", "name": "UPDATE", "kind": "client", "parent": 2, "attributes": SQL},
    {"service": "stock", "name": "SELECT", "kind": "client", "parent": 2, "attributes": READ},
]  # fmt: skip


def test_an_order_is_as_the_contract_of_the_application_says() -> None:
    order = made(ORDER, 1, SENT)
    refused = [dict(span) for span in ORDER]
    refused[1] |= {"status": "error", "attributes": {**CALL, "http.status_code": 409}}
    for case in contract(FILES[1]).cases:
        assert case.request
        trace = made(refused, 2, SENT) if case.request.target == "/unicorn" else order
        assert [str(finding) for finding in judge(case, view(trace, SENT))] == [], case.name


def test_an_order_without_propagation_is_noticed() -> None:
    broken = made(ORDER[:2], 1, SENT)
    names = [case.name for case in contract(FILES[1]).cases if judge(case, view(broken, SENT))]
    assert names[:2] == ["An order is one trace of both services", "An order reaches the database"]
