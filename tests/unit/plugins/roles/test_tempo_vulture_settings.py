# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canary's flags, and what its settings may not be together, and with those of Alloy and Tempo."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import vulture_flags
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import setting_problems

ALLOY: dict[str, Any] = {
    "release_name": "alloy",
    "namespace": "tracing",
    "tls_secret": "",
    "client_ca_secret": "",
    "auth": "none",
    "tenant": "",
    "rules": [],
    "pod_attributes": {},
    "sampling": [],
    "rewriting": [],
}
TEMPO: dict[str, Any] = {
    "query_service": "tempo",
    "version": "",
    "namespace": "tracing",
    "planned": True,
    "multitenancy": False,
    "traceql_metrics_enabled": True,
}
SENDER: dict[str, Any] = {
    "namespace": "shop",
    "release_name": "tempo-vulture",
    "image_tag": "3.0.3",
    "pod_labels": {"team": "a"},
    "pod_annotations": {},
    "is_listed": False,
}
SETTINGS: dict[str, Any] = {
    "push_url": "http://alloy.tracing.svc:4317",
    "query_url": "http://tempo.tracing.svc:3200",
    "tenant": "",
    "sender": SENDER,
    "read_interval": "30s",
    "search_interval": "1m",
    "metrics_interval": "1m",
    "recent": "14m",
    "retention": "48h",
    "alloy": ALLOY,
    "tempo": TEMPO,
}
DIRECT = {"push_url": "http://tempo.tracing.svc:4317"}
FLAGS = {
    "tenant": "",
    "write_interval": "15s",
    "long_write_interval": "1m",
    "read_interval": "30s",
    "search_interval": "1m",
    "metrics_interval": "0s",
    "recent": "14m",
    "retention": "2d",
}


def alloy(**changed: Any) -> dict[str, Any]:
    return {"alloy": {**ALLOY, **changed}}


def tempo(**changed: Any) -> dict[str, Any]:
    return {"tempo": {**TEMPO, **changed}}


def problems(**given: Any) -> list[str]:
    found: list[str] = setting_problems({**SETTINGS, **given}, "tempo_vulture")
    return found


@pytest.mark.parametrize(
    "given",
    [
        {},
        DIRECT,
        {"push_url": "https://alloy.tracing.svc:4317", **alloy(tls_secret="alloy-tls")},
        # What Alloy does to a span is none of Tempo's business.
        {**DIRECT, **alloy(auth="basic", client_ca_secret="ca", sampling=["a"], rewriting=["b"], tenant="shop")},
        {"read_interval": "0s", **alloy(rewriting=["alloy_k8s_attributes_enabled"])},
        {"tenant": "shop", **alloy(tenant="shop"), **tempo(multitenancy=True)},
        # An Alloy that this run does not install may have a tenant that nobody told.
        {"tenant": "shop"},
        {"metrics_interval": "0s", **tempo(traceql_metrics_enabled=False)},
        tempo(planned=False, traceql_metrics_enabled=False),
        {"query_url": "http://query.example.com", **tempo(multitenancy=True, traceql_metrics_enabled=False)},
        {"retention": "29m"},
        *(tempo(version=version) for version in ("2.9.0", "v2.10.8", "3.0.3", "latest", "2", "2026-01-01")),
        {"metrics_interval": "0s", **tempo(version="2.8.0")},
    ],
)
def test_what_goes_together_is_taken(given: dict[str, Any]) -> None:
    assert problems(**given) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"push_url": "http://alloy.tracing.svc:4318"}, "4318 is the port of OTLP/HTTP"),
        ({"push_url": "http://alloy.tracing.svc:4317/v1/traces"}, "leave the path out"),
        ({"read_interval": "0s", "search_interval": "0s", "metrics_interval": "0ms"}, "are all 0s"),
        ({"retention": "28m"}, "let tempo_vulture_recent be shorter"),
        (alloy(tls_secret="alloy-tls"), "let tempo_vulture_push_url begin with https://"),
        (alloy(client_ca_secret="ca"), "alloy_client_ca_secret is 'ca'"),
        (alloy(auth="basic"), "alloy_receiver_auth has type basic"),
        (alloy(sampling=["alloy_drop_spans"]), "alloy_drop_spans takes spans out"),
        (alloy(rewriting=["a", "b"]), "a, b changes spans on their way"),
        (alloy(tenant="shop"), "Alloy sends as alloy_tempo_tenant 'shop'"),
        (tempo(multitenancy=True), "Tempo answers no query without a tenant"),
        (tempo(traceql_metrics_enabled=False), "tempo_traceql_metrics_enabled is false"),
        (tempo(version="v2.8.2-arm64"), "tempo_image_tag is v2.8.2-arm64, and TraceQL metrics of a Tempo before 2.9"),
    ],
)
def test_what_does_not_is_told_once(given: dict[str, Any], words: str) -> None:
    (told,) = problems(**given)
    assert words in told


# Of Alloy as the settings describe it: see test_part_settings.py.
BY_NAMESPACE = {"name": "a", "attribute": "k8s.namespace.name", "values": ["shop"], "tenant": "team-a"}
BY_LABEL = {"name": "b", "attribute": "tracing.namespace", "values": ["shop"], "tenant": "team-a"}
ELSEWHERE = {"name": "vendor", "attribute": "tracing.namespace", "matches": "^pay", "tenant": None}
REST = {"name": "rest", "default": True, "tenant": "rest"}
ATTRIBUTES = {
    "k8s.namespace.name": "k8s.namespace.name",
    "tracing.namespace": "namespace label kubernetes.io/metadata.name",
    "tier": "namespace label tier",
    "team": "pod label team",
    "owner": "pod annotation owner",
    "k8s.deployment.name": "k8s.deployment.name",
}


def routed(*rules: dict[str, Any], tenant: str = "team-a", known: bool = True, **sender: Any) -> dict[str, Any]:
    settings = alloy(rules=[*rules, REST], tenant="rest", pod_attributes=ATTRIBUTES if known else {})
    return {"tenant": tenant, "sender": {**SENDER, **sender}, **settings, **tempo(multitenancy=True)}


def rule(attribute: str, *values: str) -> dict[str, Any]:
    return {"name": "c", "attribute": attribute, "values": list(values), "tenant": "team-a"}


@pytest.mark.parametrize(
    "given",
    [
        routed(BY_LABEL),
        routed(BY_LABEL, is_listed=True),
        routed(BY_LABEL, tenant="rest", namespace="tracing"),
        routed(BY_NAMESPACE, image_tag="2.10.8"),
        # Nobody knows what another image does.
        routed(BY_NAMESPACE, image_tag="own"),
        # A random name of a namespace takes the default route too.
        routed(BY_NAMESPACE, tenant="rest", namespace="tracing"),
        routed(rule("service.name", "tempo-vulture"), known=False),
        routed(rule("team", "a", "b")),
        routed(rule("k8s.deployment.name", "tempo-vulture")),
        # What somebody else has written to the namespace may be what the route takes, or not.
        routed(rule("tier", "gold")),
        routed(rule("tier", "gold"), tenant="rest"),
        # Whoever has no tenant may have it from elsewhere.
        routed({**BY_LABEL, "tenant": ""}),
        # A default that comes first takes what is left all the same.
        {**routed(), **alloy(rules=[REST, BY_LABEL], tenant="rest", pod_attributes=ATTRIBUTES)},
    ],
)
def test_a_canary_whose_spans_take_a_route_to_its_tenant_is_taken(given: dict[str, Any]) -> None:
    assert problems(**given) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            routed(BY_LABEL, tenant="team-b"),
            "to which no route of alloy_routes leads: use one of rest, team-a",
        ),
        (routed(BY_LABEL, namespace="pay"), "spans of the canary in namespace 'pay' take route 'rest' of alloy_routes"),
        (routed(ELSEWHERE, BY_LABEL, namespace="pay"), "take route 'vendor' of alloy_routes"),
        (
            routed(BY_LABEL, known=False),
            "looks at tracing.namespace, and see that alloy_k8s_attributes_enabled",
        ),
        (routed(BY_LABEL, tenant="rest"), "in namespace 'shop' take route 'b' of alloy_routes"),
        (routed(rule("service.name", "checkout")), "take route 'rest' of alloy_routes"),
        (routed(rule("team", "b")), "which looks at team"),
        (routed(rule("owner", "a")), "which looks at owner"),
        (routed(BY_NAMESPACE), "tempo-vulture names a random k8s.namespace.name in half of its resources"),
        # It takes all that has a namespace, which only the random ones have.
        (
            routed({**BY_NAMESPACE, "matches": ".*", "values": []}, tenant="rest", known=False),
            "tempo_vulture_image_tag is 3.0.3",
        ),
        (
            {**routed(BY_LABEL, is_listed=True), **tempo()},
            "has tenant 'team-a', but tempo_multitenancy_enabled is false",
        ),
    ],
)
def test_a_canary_that_would_find_nothing_is_refused(given: dict[str, Any], words: str) -> None:
    (told,) = problems(**given)
    assert words in told


@pytest.mark.parametrize(
    ("listed", "named"),
    [(True, "k8s_tracing_tempo_vulture_tenants has tenant 'team-b', "), (False, "tempo_vulture_tenant is 'team-b', ")],
)
def test_the_tenant_is_named_by_the_setting_that_has_it(listed: bool, named: str) -> None:
    (unknown,) = problems(**routed(BY_LABEL, tenant="team-b", is_listed=listed))
    (other,) = problems(**routed(BY_LABEL, {**ELSEWHERE, "tenant": "team-b"}, tenant="team-b", is_listed=listed))
    (single,) = problems(
        tenant="team-b", sender={**SENDER, "is_listed": listed}, **alloy(tenant="a"), tempo={**TEMPO, "planned": False}
    )
    assert all(told.startswith(named) for told in (unknown, other, single))


def test_where_all_routes_lead_elsewhere_there_is_no_tenant_to_name() -> None:
    (told,) = problems(**{**routed(BY_LABEL), **alloy(rules=[ELSEWHERE, {**REST, "tenant": None}])})
    assert told.endswith("no route of alloy_routes leads: leave the canary out, since all lead to other backends.")


@pytest.mark.parametrize(
    ("tenants", "own", "words"),
    [
        ([], "", []),
        ([], "tracing", []),
        ([{"tenant": "a", "namespace": "x"}, {"tenant": "a", "namespace": "y"}], "tracing", []),
        ([{"tenant": "a", "namespace": "x"}, {"tenant": "b", "namespace": "x"}], "", ["has the namespace 'x' twice"]),
        ([{"tenant": "a", "namespace": "x"}], "x", ["puts a canary into namespace 'x', as does"]),
    ],
)
def test_each_canary_has_a_namespace_of_its_own(tenants: list[dict[str, str]], own: str, words: list[str]) -> None:
    told = setting_problems({"tenants": tenants, "own_namespace": own}, "canaries")
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))


def test_flags_are_those_of_the_settings() -> None:
    assert vulture_flags({**FLAGS, "tenant": "shop"}) == [
        "-tempo-org-id=shop",
        "-tempo-write-backoff-duration=15s",
        "-tempo-long-write-backoff-duration=1m",
        "-tempo-read-backoff-duration=30s",
        "-tempo-search-backoff-duration=1m",
        "-tempo-metrics-backoff-duration=0s",
        "-tempo-recent-traces-backoff-duration=14m",
        "-tempo-retention-duration=171120s",
    ]


def test_without_a_tenant_there_is_no_flag_for_one() -> None:
    assert not any("org-id" in flag for flag in vulture_flags(FLAGS))


@pytest.mark.parametrize("given", [{}, {**FLAGS, "retention": "9 lives"}, {**FLAGS, "stranger": "1"}])
def test_other_settings_are_refused_by_name(given: dict[str, str]) -> None:
    with pytest.raises(AnsibleFilterError, match="vulture_flags takes the settings of tempo-vulture"):
        vulture_flags(given)
