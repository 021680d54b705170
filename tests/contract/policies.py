"""What a NetworkPolicy lets in, as Kubernetes judges it, without a network that would enforce it.

A pod that a policy for ingress selects takes only what one of its rules allows; rules add up; a pod that no policy
selects takes everything. Selectors within one peer (pods and namespaces) must both fit.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Every namespace has its own name as a label.
NAMESPACE_NAME = "kubernetes.io/metadata.name"
Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Peer:
    """Who talks, or is talked to: a pod, or an address outside the pods' network."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    @property
    def all_namespace_labels(self) -> Mapping[str, str]:
        return {**self.namespace_labels, NAMESPACE_NAME: self.namespace}


def admits(policies: Sequence[Policy], target: Peer, source: Peer, port: int, protocol: str = "TCP") -> bool:
    """Whether ``source`` may reach a port of ``target``. Each policy is a whole object in a namespace."""
    judging = [policy for policy in policies if selects(policy, target)]
    return not judging or any(
        rule_admits(rule, policy["metadata"]["namespace"], source, port, protocol)
        for policy in judging
        for rule in policy["spec"].get("ingress") or []
    )


def selects(policy: Policy, pod: Peer) -> bool:
    spec = policy["spec"]
    return (
        pod.namespace == policy["metadata"]["namespace"]
        and "Ingress" in spec.get("policyTypes", ["Ingress"])
        and fits(spec["podSelector"], pod.labels)
    )


def rule_admits(rule: Mapping[str, Any], namespace: str, source: Peer, port: int, protocol: str) -> bool:
    """A rule without ports is for every port, and one without peers for everybody."""
    ports, peers = rule.get("ports") or [], rule.get("from") or []
    by_port = not ports or any(port_fits(entry, port, protocol) for entry in ports)
    return by_port and (not peers or any(peer_fits(entry, namespace, source) for entry in peers))


def port_fits(entry: Mapping[str, Any], port: int, protocol: str) -> bool:
    if entry.get("protocol", "TCP") != protocol:
        return False
    first = entry.get("port")
    if first is None:
        return True
    assert isinstance(first, int), f"{first!r}: ports by name depend on the pod"
    return first <= port <= int(entry.get("endPort", first))


def peer_fits(entry: Mapping[str, Any], namespace: str, source: Peer) -> bool:
    assert set(entry) <= {"podSelector", "namespaceSelector", "ipBlock"}, f"{entry} is no peer"
    if "ipBlock" in entry:
        assert set(entry) == {"ipBlock"}, f"{entry}: an address has no labels"
        return bool(source.address) and address_fits(entry["ipBlock"], source.address)
    assert entry, "a peer without selectors"
    if source.address:
        return False
    if "namespaceSelector" in entry:
        inside = fits(entry["namespaceSelector"], source.all_namespace_labels)
    else:
        inside = source.namespace == namespace
    return inside and fits(entry.get("podSelector") or {}, source.labels)


def address_fits(block: Mapping[str, Any], address: str) -> bool:
    inside = ipaddress.ip_address(address) in ipaddress.ip_network(block["cidr"])
    return inside and not any(
        ipaddress.ip_address(address) in ipaddress.ip_network(left_out) for left_out in block.get("except") or []
    )


def fits(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """An empty selector fits everything."""
    assert set(selector) <= {"matchLabels", "matchExpressions"}, f"{selector} is no selector"
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items()) and all(
        expression_fits(expression, labels) for expression in selector.get("matchExpressions") or []
    )


def expression_fits(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    raise AssertionError(f"{expression['operator']} is no operator")
