# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which part of the stack is meant, and where links lead. How the roles use it is in tests/contract/test_links.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import (
    RELEASE_NAMES,
    UNSET_NAMESPACE,
    Asker,
    find,
    leading,
    pod_namespaces,
    with_record,
)

ROLES = Path(__file__).resolve().parents[4] / "roles"
HERE = "|"


def tempo(namespace: str, release: str = "tempo", **more: Any) -> dict[str, Any]:
    usual = {
        "part": "tempo",
        "cluster": HERE,
        "state": "present",
        "planned": True,
        "services": [release],
        "problem": "",
    }
    return {**usual, "namespace": namespace, "release_name": release, **more}


@pytest.mark.parametrize("role", RELEASE_NAMES)
def test_what_nobody_has_set_is_known_by_the_roles_own_defaults(role: str) -> None:
    defaults = yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text())
    assert defaults[f"{role}_namespace"] == UNSET_NAMESPACE
    assert defaults[f"{role}_release_name"] == RELEASE_NAMES[role]


@pytest.mark.case("F1")
@pytest.mark.parametrize(
    ("asker", "namespace"),
    [
        (Asker("own", HERE), "own"),
        (Asker("own", HERE, stack="stack"), "stack"),
        (Asker("own", HERE, stated_namespace="stated", stack="stack"), "stated"),
    ],
)
def test_a_part_that_did_not_run_is_looked_for_by_settings(asker: Asker, namespace: str) -> None:
    answer = find("tempo", [], asker)
    assert (answer.record, answer.namespace, answer.problem) == (None, namespace, "")


@pytest.mark.case("F1")
@pytest.mark.parametrize(
    ("records", "asker", "meant"),
    [
        ([tempo("a")], Asker("b", HERE), ("a", "tempo")),
        ([tempo("a"), tempo("b")], Asker("b", HERE), ("b", "tempo")),
        ([tempo("a"), tempo("b")], Asker("c", HERE, stack="a"), ("a", "tempo")),
        ([tempo("a"), tempo("b")], Asker("b", HERE, stated_namespace="a"), ("a", "tempo")),
        ([tempo("a", "one"), tempo("a", "two")], Asker("a", HERE, stated_release="two"), ("a", "two")),
        ([tempo("a", "one"), tempo("a")], Asker("a", HERE), ("a", "tempo")),
    ],
)
def test_the_part_that_ran_is_meant(records: list[dict[str, Any]], asker: Asker, meant: tuple[str, str]) -> None:
    answer = find("tempo", records, asker)
    assert answer.record is not None
    assert (answer.record["namespace"], answer.record["release_name"], answer.problem) == (*meant, "")


@pytest.mark.case("F1")
@pytest.mark.parametrize("cluster", ["", "|a", "|other", "|z"])
def test_a_part_of_another_cluster_is_not_meant(cluster: str) -> None:
    assert find("tempo", [tempo("a", cluster=cluster)], Asker("b", "|m")).namespace == "b"


@pytest.mark.case("F1")
@pytest.mark.parametrize(
    ("records", "asker"),
    [
        ([tempo("a"), tempo("b")], Asker("c", HERE)),
        ([tempo("a")], Asker("a", HERE, stated_namespace="b")),
        ([tempo("a")], Asker("a", HERE, stated_release="other")),
        ([tempo("a", "one"), tempo("a", "two")], Asker("a", HERE)),
    ],
)
def test_what_may_mean_several_is_no_answer(records: list[dict[str, Any]], asker: Asker) -> None:
    part = find("tempo", records, asker)
    assert part.problem
    assert part.record is not None
    found = {**part.record, "problem": part.problem}
    guessed = f"{found['services'][0]}.{found['namespace']}.svc:4317"
    links = [{"option": "alloy_tempo_endpoint", "address": guessed, "part": found}]
    assert len(leading(links, records, HERE)["unclear"]) == 1
    # An address of the user's own is followed.
    links[0]["address"] = "tempo.mine.svc:4317"
    assert leading(links, records, HERE)["unclear"] == []


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("tempo.a.svc:4317", ("tempo", "a")),
        ("http://tempo.a.svc.cluster.local:3200/x", ("tempo", "a")),
        ("https://tempo.a.svc", ("tempo", "a")),
        ("tempo:4317", None),
        ("https://tempo.example.com", None),
        ("tempo.a.svcs:4317", None),
        ("broker-0.kafka.a.svc:9092", ("kafka", "a")),
        ("", None),
    ],
)
def test_only_services_of_the_cluster_are_looked_for(address: str, service: tuple[str, str] | None) -> None:
    found = leading([{"option": "o", "address": [address]}], [], HERE)["services"]
    assert [(one["name"], one["namespace"]) for one in found] == ([service] if service else [])


@pytest.mark.case("F1")
def test_a_planned_service_need_not_be_there() -> None:
    links = [{"option": "o", "address": "tempo.a.svc:4317"}]
    assert leading(links, [tempo("a")], HERE)["services"] == []
    for other in (tempo("a", planned=False), tempo("b"), tempo("a", cluster="|other")):
        assert len(leading(links, [other], HERE)["services"]) == 1


def test_a_record_takes_the_place_of_the_one_before() -> None:
    records = with_record(with_record([tempo("b")], tempo("a")), tempo("a", planned=False, services=["new"]))
    assert records == [tempo("b"), tempo("a", services=["new"])]
    assert with_record(records, tempo("a", state="absent")) == [tempo("b")]
    # What a list has is known from the list.
    assert with_record(records, tempo("c", is_listed=True)) == records


@pytest.mark.parametrize(
    ("part", "namespaces"),
    [
        ({"namespace": "a"}, ["a"]),
        ({"namespace": "a", "url": "https://prometheus.example.com"}, ["a"]),
        ({"namespace": "a", "url": "http://prometheus-operated.metrics.svc.cluster.local:9090/x"}, ["a", "metrics"]),
        ({"namespace": "a", "url": "http://grafana.a.svc", "sidecar_namespace": "boards"}, ["a", "boards"]),
        ({"namespace": "a", "listed": [{"namespace": "shop"}, {"namespace": "a"}]}, ["a", "shop"]),
    ],
)
def test_pods_are_in_the_namespaces_that_settings_name(part: dict[str, Any], namespaces: list[str]) -> None:
    assert pod_namespaces(part) == namespaces
