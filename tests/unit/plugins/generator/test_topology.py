# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The topology of the generator: what is refused, and the spans that come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.filter.generator import trace_topology

compile_topology = trace_topology
DEFAULTS = Path(__file__).resolve().parents[4] / "roles" / "k6_trace_generator" / "defaults" / "main.yml"


def span(key: str, parent: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": key, "service": f"{key}-service", "name": f"GET /{key}", "parent": parent, **fields}


def flow(*spans: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "buy", "spans": list(spans), **fields}


def problems(flows: Any, **more: Any) -> list[str]:
    return list(compile_topology(flows, **more)["problems"])


def spans_of(*spans: dict[str, Any]) -> list[dict[str, Any]]:
    done = compile_topology([flow(*spans)])
    assert done["problems"] == []
    return list(done["flows"][0]["spans"])


def kinds(spans: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(one["service"], one["kind"], one["parent"]) for one in spans]


def test_a_call_to_another_service_is_two_spans() -> None:
    made = spans_of(span("a"), span("b", "a", attributes={"x": 1}))
    assert kinds(made) == [("a-service", "server", -1), ("a-service", "client", 0), ("b-service", "server", 1)]
    assert made[1]["attributes"] == {"x": 1, "peer.service": "b-service"}
    assert made[2]["attributes"] == {"x": 1}


def test_a_call_inside_a_service_a_database_and_a_message() -> None:
    made = spans_of(
        span("a"),
        span("in", "a", service="a-service", kind="internal"),
        span("db", "a", service="a-service", kind="database"),
        span("mail", "a", kind="consumer"),
    )
    assert kinds(made) == [
        ("a-service", "server", -1),
        ("a-service", "internal", 0),
        ("a-service", "client", 0),
        ("a-service", "producer", 0),
        ("mail-service", "consumer", 3),
    ]
    assert made[2]["attributes"] == {"db.system": "other_sql"}


def test_a_message_to_the_own_service_goes_through_a_queue_too() -> None:
    made = spans_of(span("a"), span("later", "a", service="a-service", kind="consumer"))
    assert [kind for _service, kind, _parent in kinds(made)] == ["server", "producer", "consumer"]


def test_numbers_may_come_as_text() -> None:
    made = spans_of(span("a", self_ms=["1", "2.5"], error_rate="0.5", slow={"rate": "0.1", "factor": "3"}))[0]
    assert (made["selfMs"], made["errorRate"], made["slow"]) == ([1, 2.5], 0.5, {"rate": 0.1, "factor": 3})


def test_what_is_left_out_has_a_default() -> None:
    made = spans_of({**span("a"), "self_ms": None, "error_rate": None, "kind": None, "attributes": None})[0]
    assert (made["selfMs"], made["errorRate"], made["kind"], made["attributes"]) == ([1, 10], 0, "server", {})
    assert "slow" not in made


def test_weights_become_shares() -> None:
    flows = [flow(span("a"), name="one", weight=3), flow(span("a"), name="two")]
    assert [one["upTo"] for one in compile_topology(flows)["flows"]] == [0.75, 1]


def test_the_default_topology_is_right() -> None:
    done = compile_topology(yaml.safe_load(DEFAULTS.read_text())["k6_trace_generator_topology"])
    assert done["problems"] == []
    assert set(done["resources"]) == {"frontend", "catalog", "auth", "cart", "inventory", "payment"}


@pytest.mark.parametrize(
    ("flows", "says"),
    [
        ([], "no flow"),
        ("shop", "no flow"),
        ([{"spans": [span("a")]}], "Flow number 1 has no name"),
        (["x"], "Flow number 1 has no name"),
        ([flow(span("a")), flow(span("a"))], "Flow 'buy' is there twice"),
        ([flow(span("a"), weight=0)], "Flow 'buy' has weight 0"),
        ([flow(span("a"), weight=-1)], "Flow 'buy' has weight -1"),
        ([flow(span("a"), weight="much")], "Flow 'buy' has weight much"),
        ([flow()], "Flow 'buy' has no spans"),
        ([flow(*[span(f"s{n}") for n in range(501)])], "501 spans: 500 is the most"),
        ([flow({"service": "a", "name": "b"})], "span number 1 has no id"),
        ([flow(span("a"), span("a", "a"))], "span 'a': the id is there twice"),
        ([flow(span("a")) | {"name": ["x"]}, flow(span("a"))], "Flow number 1 has no name"),
        ([flow(span("a"), span("b") | {"parent": ["a"]})], "span 'b': its parent is no text"),
        ([flow(span("a"), span("b", "c"))], "span 'b': its parent 'c' is no span of this flow"),
        ([flow(span("a"), span("c", "b"), span("b", "a"))], "span 'c' stands before its parent 'b'"),
        ([flow(span("a"), span("b"))], "span 'b' has no parent, but the root is 'a'"),
        ([flow(span("a", "a"))], "span 'a': the calls go round in a circle (a <- a)"),
        ([flow(span("a", "b"), span("b", "a"))], "span 'a': the calls go round in a circle (a <- b <- a)"),
        ([flow(span("r"), span("a", "b"), span("b", "c"), span("c", "b"))], "span 'b': the calls go round"),
        ([flow(span("a", kind="database"), span("b", "a"))], "'a' is a database call, which calls nobody"),
        ([flow(span("a", service=""))], "span 'a': its service is empty"),
        ([flow(span("a", name=" "))], "span 'a': its name is empty"),
        ([flow(span("a", kind="cloud"))], "kind 'cloud' is unknown; use server, internal, database or consumer"),
        ([flow(span("a", self_ms=[20, 5]))], "self_ms is [20, 5]; the shorter time comes first: [5, 20]"),
        ([flow(span("a", self_ms=[-1, 5]))], "self_ms is [-1, 5]; no work takes less than 0 ms"),
        ([flow(span("a", self_ms=[5]))], "self_ms is [5]; give the shortest and the longest"),
        ([flow(span("a", self_ms=["a", 5]))], "give the shortest and the longest"),
        ([flow(span("a", self_ms=5))], "give the shortest and the longest"),
        ([flow(span("a", error_rate=1.1))], "error_rate is 1.1; give a share between 0 and 1"),
        ([flow(span("a", error_rate=-0.1))], "error_rate is -0.1"),
        ([flow(span("a", error_rate=True))], "error_rate is True"),
        ([flow(span("a", error_rate="nan"))], "error_rate is nan"),
        ([flow(span("a", slow={"rate": 2, "factor": 2}))], "slow.rate is 2"),
        ([flow(span("a", slow={"rate": 0.1, "factor": 0.5}))], "slow.factor is 0.5"),
        ([flow(span("a", slow={"rate": 0.1}))], "give both rate and factor"),
        ([flow(span("a", slow=3))], "give both rate and factor"),
        ([flow(span("a", attributes=["x"]))], "attributes must be names with values"),
        ([flow(span("a", attributes={"x": {"y": 1}}))], "attribute x is {'y': 1}"),
        ([flow(span("a", attributes={"x": None}))], "attribute x is None"),
        ([flow(span("a", attributes={"": 1}))], "attribute  is 1"),
    ],
)
def test_a_bad_topology_is_refused_with_its_place(flows: Any, says: str) -> None:
    found = problems(flows)
    assert any(says in line for line in found), found
    assert compile_topology(flows)["flows"] == []


def test_all_problems_are_told_at_once() -> None:
    assert len(problems([flow(span("a", error_rate=2), span("b", "x", self_ms=[3, 1]))])) == 3


def test_resource_attributes_are_of_all_services_or_of_one() -> None:
    done = compile_topology(
        [flow(span("a"), span("b", "a"))],
        services={"b-service": {"service.version": "2", "service.namespace": "pay"}},
        resource_attributes={"service.namespace": "shop"},
    )
    assert done["resources"] == {
        "a-service": {"service.name": "a-service", "service.namespace": "shop"},
        "b-service": {"service.name": "b-service", "service.namespace": "pay", "service.version": "2"},
    }


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"services": {"x": {}}}, "Service 'x' has attributes, but is in no flow; the services are a-service."),
        ({"services": {"a-service": {"service.name": "b"}}}, "attribute service.name is the generator's own"),
        ({"services": {"a-service": {"k": {}}}}, "Service 'a-service': attribute k is {}"),
        ({"resource_attributes": {"tracing.run.id": "b"}}, "attribute tracing.run.id is the generator's own"),
    ],
)
def test_bad_resource_attributes_are_refused(more: dict[str, Any], says: str) -> None:
    found = problems([flow(span("a"))], **more)
    assert any(says in line for line in found), found


def edge(source: str | None, target: str, **fields: Any) -> dict[str, Any]:
    return {"to": target, **({"from": source} if source else {}), **fields}


def test_edges_become_a_flow_for_each_request_from_outside() -> None:
    done = compile_topology(
        [flow(span("unused"))],
        edges=[
            edge(None, "web", latency_ms=[5, 20], weight=3),
            edge(None, "admin"),
            edge("web", "cart", calls=2, error_rate=0.01, name="GET /cart"),
            edge("admin", "cart"),
            edge("cart", "stock", kind="database"),
        ],
    )
    assert done["problems"] == []
    web, admin = done["flows"]
    assert (web["name"], web["upTo"], admin["name"]) == ("web", 0.75, "admin")
    assert [(one["service"], one["kind"]) for one in web["spans"]] == [
        ("web", "server"),
        *[("web", "client"), ("cart", "server"), ("cart", "client")] * 2,
    ]
    assert [one["parent"] for one in web["spans"]] == [-1, 0, 1, 2, 0, 4, 5]
    assert web["spans"][0]["selfMs"] == [5, 20]
    assert (web["spans"][2]["name"], web["spans"][2]["errorRate"]) == ("GET /cart", 0.01)
    assert web["spans"][3]["attributes"] == {"db.system": "other_sql", "db.name": "stock"}
    assert set(done["resources"]) == {"web", "cart", "admin"}


def test_two_requests_to_one_service_are_two_flows() -> None:
    done = compile_topology([], edges=[edge(None, "web"), edge(None, "web", name="POST /")])
    assert [(one["name"], one["spans"][0]["name"]) for one in done["flows"]] == [("web-1", "web"), ("web-2", "POST /")]


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        ("web", "must be a list of calls"),
        ([edge(None, "")], "Edge number 1 has an empty `to`"),
        ([edge(None, "a"), edge("a", "b", calls=0)], "Edge 'a -> b': calls is 0"),
        ([edge(None, "a"), edge("a", "b", calls=1.5)], "calls is 1.5; give a whole number"),
        ([edge(None, "a", weight=0)], "Edge '(outside) -> a': weight is 0"),
        ([edge(None, "a", latency_ms=[9, 1])], "latency_ms is [9, 1]; the shorter time comes first"),
        ([edge(None, "a", error_rate=3)], "error_rate is 3"),
        ([edge(None, "a", kind="x")], "kind 'x' is unknown"),
        ([edge("a", "b")], "No edge is a request from outside"),
        ([edge(None, "a"), edge("a", "b"), edge("b", "a")], "in a circle (a -> b -> a)"),
        ([edge(None, "a"), edge("a", "a")], "in a circle (a -> a)"),
        ([edge(None, "a"), edge("x", "b")], "Nobody calls 'x'"),
        ([edge(None, "a"), edge("a", "d", kind="database"), edge("d", "b")], "'d' is called as a database"),
        (
            [edge(None, "s0"), *[edge(f"s{n}", f"s{n + 1}", calls=10) for n in range(30)]],
            "A request to 's0' would make 1111111111111111111111111111111 operations",
        ),
    ],
)
def test_bad_edges_are_refused(edges: Any, says: str) -> None:
    found = problems([], edges=edges)
    assert any(says in line for line in found), found
