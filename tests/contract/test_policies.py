"""The evaluator of network policies itself: what the proof of the roles' policies stands on."""

from __future__ import annotations

from typing import Any

import pytest
from policies import Peer, admits

TARGET = Peer("here", {"app": "target"})
NEAR, FAR = Peer("here", {"app": "a"}), Peer("there", {"app": "a"}, {"team": "shop"})
OUTSIDE = Peer(address="10.1.2.3")


def policy(*rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": "target"}}
    own = {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": list(rules), **spec}
    return {"metadata": {"namespace": "here"}, "spec": own}


def by_label(operator: str, *values: str) -> dict[str, Any]:
    expression = {"key": "app", "operator": operator, **({"values": list(values)} if values else {})}
    return {"podSelector": {"matchExpressions": [expression]}}


def allowed(*rules: dict[str, Any], source: Peer = NEAR, port: int = 80, protocol: str = "TCP") -> bool:
    return admits([policy(*rules)], TARGET, source, port, protocol)


def test_a_pod_that_nothing_selects_takes_everything() -> None:
    assert admits([], TARGET, FAR, 80)
    assert admits([policy()], Peer("here", {"app": "other"}), FAR, 80)
    assert admits([policy()], Peer("there", {"app": "target"}), FAR, 80)
    assert admits([policy(policyTypes=["Egress"])], TARGET, FAR, 80)


def test_a_selected_pod_takes_what_a_rule_allows_and_rules_add_up() -> None:
    assert not allowed()
    assert allowed({})
    assert allowed({"ports": [{"port": 1}]}, {"ports": [{"port": 80}]})
    assert admits([policy(), policy({})], TARGET, FAR, 80)


@pytest.mark.parametrize(
    ("entry", "fits"),
    [({"port": 80}, True), ({"port": 81}, False), ({"port": 80, "protocol": "UDP"}, False), ({"protocol": "TCP"}, True),
     ({"port": 70, "endPort": 90}, True), ({"port": 70, "endPort": 79}, False)],
)  # fmt: skip
def test_ports(entry: dict[str, Any], fits: bool) -> None:
    assert allowed({"ports": [entry]}) is fits


@pytest.mark.parametrize(
    ("peer", "near", "far", "outside"),
    [
        ({"podSelector": {}}, True, False, False),
        ({"podSelector": {"matchLabels": {"app": "b"}}}, False, False, False),
        ({"namespaceSelector": {}}, True, True, False),
        ({"namespaceSelector": {"matchLabels": {"team": "shop"}}}, False, True, False),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "here"}}}, True, False, False),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "b"}}}, False, False, False),
        (
            by_label("In", "a"),
            True,
            False,
            False,
        ),
        (
            by_label("NotIn", "a"),
            False,
            False,
            False,
        ),
        (by_label("Exists"), True, False, False),
        (by_label("DoesNotExist"), False, False, False),
        ({"ipBlock": {"cidr": "10.0.0.0/8"}}, False, False, True),
        ({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, False, False, False),
    ],
)
def test_peers(peer: dict[str, Any], near: bool, far: bool, outside: bool) -> None:
    assert [allowed({"from": [peer]}, source=source) for source in (NEAR, FAR, OUTSIDE)] == [near, far, outside]


def test_what_is_no_policy_is_told() -> None:
    for wrong in ({"pods": {}}, {"podSelector": {"labels": {}}}, {}):
        with pytest.raises(AssertionError):
            allowed({"from": [wrong]})
