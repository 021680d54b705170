# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canary: its flags, and what its settings may not be together, and with those of Alloy and Tempo.

tempo-vulture derives each trace from a moment, and so knows what it must look like when it is read. Over OTLP it can
show neither a login nor a certificate, and it trusts the authorities of its image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import Address, parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import seconds
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.route_samples import takers

# The first version whose answers to TraceQL metrics have no field `promLabels`, which the canary refuses.
_READABLE_METRICS = (2, 9)
# Since the second version half of its resources have a random text of their own in each of these.
_RANDOM_SINCE = (3, 0)
_RANDOM = ("cluster", "namespace", "pod", "container", *(f"k8s.{of}.name" for of in ("namespace", "cluster", "pod")))
_TO_TEMPO = "send to Tempo itself with tempo_vulture_push_url, such as http://tempo.tracing.svc:4317"


def flags(
    *,
    tenant: str,
    write_interval: str,
    long_write_interval: str,
    read_interval: str,
    search_interval: str,
    metrics_interval: str,
    recent: str,
    retention: str,
) -> list[str]:
    """Its command line beside what the chart puts there. Every version since 2.9 knows these flags."""
    found = {
        "tempo-org-id": tenant,
        "tempo-write-backoff-duration": write_interval,
        "tempo-long-write-backoff-duration": long_write_interval,
        "tempo-read-backoff-duration": read_interval,
        "tempo-search-backoff-duration": search_interval,
        "tempo-metrics-backoff-duration": metrics_interval,
        "tempo-recent-traces-backoff-duration": recent,
        "tempo-retention-duration": f"{int(_readable(retention, recent))}s",
    }
    return [f"-{name}={value}" for name, value in found.items() if value]


def _readable(retention: str, recent: str) -> float:
    """How far back it looks, in seconds. It counts from the end of the recent time, and a block goes as a whole."""
    return max(_seconds(retention) - 2 * _seconds(recent), 0)


def _seconds(duration: str) -> float:
    """Unlike an option of a module, it may be no time at all."""
    return seconds(duration, "duration") if any(digit in duration for digit in "123456789") else 0


def problems(
    *,
    push_url: str,
    query_url: str,
    tenant: str,
    sender: Mapping[str, Any],
    read_interval: str,
    search_interval: str,
    metrics_interval: str,
    recent: str,
    retention: str,
    alloy: Mapping[str, Any],
    tempo: Mapping[str, Any],
) -> list[str]:
    """``alloy`` and ``tempo`` are what is known of those parts of the stack; ``sender`` is the canary's own pod."""
    to, asked = parse(push_url), parse(query_url)
    found = [*_endpoint(push_url, to), *_times(read_interval, search_interval, metrics_interval, recent, retention)]
    if to.service == (alloy["release_name"], alloy["namespace"]):
        found += [*_of_receiver(to, alloy), *_of_route(read_interval, alloy), *_of_tenant(tenant, sender, alloy)]
    if asked.service == (tempo["query_service"], tempo["namespace"]):
        found += _of_tempo(tenant, metrics_interval, tempo)
        found += _of_list(tenant, sender, tempo)
    return found


def list_problems(*, tenants: Sequence[Mapping[str, Any]], own_namespace: str) -> list[str]:
    """Of canaries of tenants; ``own_namespace`` is that of the one beside them, empty where there is none."""
    places = [str(one["namespace"]) for one in tenants]
    found = [
        f"k8s_tracing_tempo_vulture_tenants has the namespace '{place}' twice: give each canary its own."
        for place in sorted({place for place in places if places.count(place) > 1})
    ]
    if own_namespace in places:
        found.append(
            f"k8s_tracing_tempo_vulture_enabled is true, and puts a canary into namespace '{own_namespace}', as does "
            "k8s_tracing_tempo_vulture_tenants: leave one of them out."
        )
    return found


def _endpoint(push_url: str, to: Address) -> Iterator[str]:
    if to.path or to.query:
        yield f"tempo_vulture_push_url is '{push_url}': leave the path out, since OTLP/gRPC has none."
    if to.port == 4318:
        yield (
            f"tempo_vulture_push_url is '{push_url}', but 4318 is the port of OTLP/HTTP: give that of OTLP/gRPC, 4317."
        )


def _times(read: str, search: str, metrics: str, recent: str, retention: str) -> Iterator[str]:
    if not any(map(_seconds, (read, search, metrics))):
        yield (
            "tempo_vulture_read_interval, tempo_vulture_search_interval and tempo_vulture_metrics_interval are all 0s, "
            "so that nothing is read: give one of them a length of time, such as 30s."
        )
    if _seconds(retention) <= 2 * _seconds(recent):
        yield (
            f"tempo_vulture_retention is {retention}, no more than twice tempo_vulture_recent ({recent}), so that no "
            "trace becomes old: let tempo_vulture_recent be shorter."
        )


def _of_receiver(to: Address, alloy: Mapping[str, Any]) -> Iterator[str]:
    """What Alloy's receiver wants of who sends to it."""
    if alloy["tls_secret"] and to.scheme != "https":
        yield (
            f"alloy_tls_secret is '{alloy['tls_secret']}', so that Alloy speaks TLS only: let tempo_vulture_push_url "
            "begin with https://."
        )
    if alloy["client_ca_secret"]:
        yield (
            f"alloy_client_ca_secret is '{alloy['client_ca_secret']}', so that Alloy asks for a client certificate, "
            f"and tempo-vulture has none: {_TO_TEMPO}."
        )
    if alloy["auth"] != "none":
        yield (
            f"alloy_receiver_auth has type {alloy['auth']}, and tempo-vulture sends no Authorization, so that Alloy "
            f"would refuse all of its spans: {_TO_TEMPO}."
        )


def _of_route(read_interval: str, alloy: Mapping[str, Any]) -> Iterator[str]:
    """What happens to a span in Alloy. A trace that is read by id is compared with the one that was sent."""
    if sampling := _joined(alloy["sampling"]):
        yield f"{sampling} takes spans out, which the canary would call missing: {_TO_TEMPO}."
    rewriting = _joined(alloy["rewriting"])
    if rewriting and _seconds(read_interval):
        yield (
            f"{rewriting} changes spans on their way, so that none is read as it was sent: set "
            f"tempo_vulture_read_interval to 0s, which leaves search and TraceQL metrics, or {_TO_TEMPO}."
        )


def _of_tenant(tenant: str, sender: Mapping[str, Any], alloy: Mapping[str, Any]) -> Iterator[str]:
    if alloy["rules"]:
        yield from _of_rules(tenant, sender, alloy)
    elif alloy["tenant"] and tenant != alloy["tenant"]:
        yield (
            f"{_named(tenant, sender)}, but Alloy sends as alloy_tempo_tenant '{alloy['tenant']}', so that "
            "the canary would find nothing: let both be the same."
        )


def _of_rules(tenant: str, sender: Mapping[str, Any], alloy: Mapping[str, Any]) -> Iterator[str]:
    """Which route takes its spans, and all of them."""
    rules, resource = alloy["rules"], _resource(sender, alloy["pod_attributes"])
    leading = [rule for rule in rules if rule["tenant"] in (tenant, "")]
    taking = takers(rules, resource)
    partly = takers(rules, {**resource, **dict.fromkeys(_RANDOM, "")})
    version = _version(sender["image_tag"])
    if not leading:
        known = ", ".join(sorted({rule["tenant"] for rule in rules if rule["tenant"]}))
        fix = f"use one of {known}" if known else "leave the canary out, since all lead to other backends"
        yield f"{_named(tenant, sender)}, to which no route of alloy_routes leads: {fix}."
    elif not any(rule in leading for rule in taking):
        looked_at = ", ".join(dict.fromkeys(str(rule.get("attribute", "anything")) for rule in leading))
        yield (
            f"{_named(tenant, sender)}, but spans of the canary in namespace '{sender['namespace']}' take "
            f"route '{taking[-1]['name'] if taking else ''}' of alloy_routes: give it a namespace that a route to this "
            f"tenant takes, which looks at {looked_at}, and see that alloy_k8s_attributes_enabled adds that."
        )
    elif version and version >= _RANDOM_SINCE and not any(rule in leading for rule in partly):
        asked = {str(rule.get("attribute")) for rule in [*taking, *partly]}
        looked_at = ", ".join(sorted(asked.intersection(_RANDOM)))
        yield (
            f"tempo_vulture_image_tag is {sender['image_tag']}, and since 3.0 tempo-vulture names a random {looked_at} "
            f"in half of its resources, which Alloy leaves as it is, so that they miss their route: let alloy_routes "
            "look at an attribute of alloy_k8s_attributes_labels, such as the namespace's label "
            "kubernetes.io/metadata.name, or set tempo_vulture_image_tag to one before 3.0."
        )


def _named(tenant: str, sender: Mapping[str, Any]) -> str:
    """By the setting that a user has given it in."""
    if sender["is_listed"]:
        return f"k8s_tracing_tempo_vulture_tenants has tenant '{tenant}'"
    return f"tempo_vulture_tenant is '{tenant}'"


def _resource(sender: Mapping[str, Any], pod_attributes: Mapping[str, str]) -> dict[str, str | None]:
    """What of its resource is known when it comes to the routes. ``None`` is what somebody else decides."""
    known = {
        "k8s.namespace.name": sender["namespace"],
        "namespace label kubernetes.io/metadata.name": sender["namespace"],
        "k8s.deployment.name": sender["release_name"],
        **{f"pod label {name}": str(value) for name, value in sender["pod_labels"].items()},
        **{f"pod annotation {name}": str(value) for name, value in sender["pod_annotations"].items()},
    }
    found = {
        attribute: known.get(source)
        for attribute, source in pod_attributes.items()
        if source in known or not source.startswith(("pod label ", "pod annotation "))
    }
    return {**found, "service.name": "tempo-vulture"}


def _of_tempo(tenant: str, metrics_interval: str, tempo: Mapping[str, Any]) -> Iterator[str]:
    if tempo["multitenancy"] and not tenant:
        yield (
            "tempo_multitenancy_enabled is true, and Tempo answers no query without a tenant: set "
            "tempo_vulture_tenant, or k8s_tracing_tenant."
        )
    # Of a Tempo that this run does not install, nobody knows it for sure.
    if tempo.get("planned") and not tempo["traceql_metrics_enabled"] and _seconds(metrics_interval):
        yield (
            f"tempo_vulture_metrics_interval is {metrics_interval}, but tempo_traceql_metrics_enabled is false: set "
            "the first to 0s, or the second to true."
        )
    version = _version(tempo["version"])
    if version and version < _READABLE_METRICS and _seconds(metrics_interval):
        yield (
            f"tempo_image_tag is {tempo['version']}, and TraceQL metrics of a Tempo before 2.9 have a field that the "
            "canary does not read: set tempo_vulture_metrics_interval to 0s, or take a newer Tempo."
        )


def _of_list(tenant: str, sender: Mapping[str, Any], tempo: Mapping[str, Any]) -> Iterator[str]:
    if sender["is_listed"] and tempo.get("planned") and not tempo["multitenancy"]:
        yield (
            f"{_named(tenant, sender)}, but tempo_multitenancy_enabled is false, so "
            "that Tempo keeps all traces as one tenant's: set it to true."
        )


def _version(tag: str) -> tuple[int, int] | None:
    """The minor version of an image tag; of another text nobody knows."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})(?:\D|\Z)", tag, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names)
