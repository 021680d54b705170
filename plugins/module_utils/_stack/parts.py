# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which part of the stack another one means: that of this run, that which a setting names, or that beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import certain_service, service_of

# A role's own default for its namespace: whoever sees this text sees what nobody has set.
UNSET_NAMESPACE = "{{ k8s_tracing_namespace | default('tracing') }}"
RELEASE_NAMES = {
    "alloy": "alloy",
    "grafana": "grafana",
    "k6_trace_generator": "k6-traces",
    "prometheus": "prometheus",
    "tempo": "tempo",
    "tempo_vulture": "tempo-vulture",
}

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Asker:
    """Who asks for another part, and what it was told of it."""

    namespace: str
    cluster: str
    # What a setting says of the other part; empty where nobody has set it.
    stated_namespace: str = ""
    stated_release: str = ""
    # The namespace of the whole stack; empty where nobody has set it.
    stack: str = ""


@dataclass(frozen=True)
class Answer:
    """The record of the part that is meant; without one, the namespace to look for it in."""

    record: Record | None
    namespace: str
    problem: str = ""


def find(part: str, records: Iterable[Record], asker: Asker) -> Answer:
    """The part that ``asker`` means, of those that this run has recorded."""
    known = [one for one in records if one["part"] == part and one["cluster"] == asker.cluster]
    if not known:
        return Answer(None, asker.stated_namespace or asker.stack or asker.namespace)
    meant = _in_namespace(known, asker)
    if asker.stated_release:
        meant = [one for one in meant if one["release_name"] == asker.stated_release]
    elif len(meant) > 1:
        meant = [one for one in meant if one["release_name"] == RELEASE_NAMES[part]] or meant
    if len(meant) == 1:
        return Answer(meant[0], meant[0]["namespace"])
    guess = (meant or known)[-1]
    return Answer(guess, guess["namespace"], _unclear(part, known, asker))


def _in_namespace(known: Sequence[Record], asker: Asker) -> list[Record]:
    """What a setting names; else what is beside the asker, in the stack's namespace, or anywhere, in this order."""
    if asker.stated_namespace:
        return [one for one in known if one["namespace"] == asker.stated_namespace]
    for namespace in (asker.namespace, asker.stack):
        if found := [one for one in known if one["namespace"] == namespace]:
            return found
    return list(known)


def _unclear(part: str, known: Sequence[Record], asker: Asker) -> str:
    places = ", ".join(f"{one['release_name']} in namespace {one['namespace']}" for one in known)
    stated = [
        f"{part}_{name} is '{value}'"
        for name, value in (("namespace", asker.stated_namespace), ("release_name", asker.stated_release))
        if value
    ]
    told = f"{' and '.join(stated)} here" if stated else "no setting says which is meant"
    return f"this run has {part} as {places}, and {told}"


def pod_namespaces(part: Record) -> list[str]:
    """Where pods of a part may be: in its namespace, and in that of a Service which the settings name instead."""
    _name, by_address = service_of(str(part.get("url", "")))
    listed = [one["namespace"] for one in part.get("listed", [])]
    stated = [part["namespace"], part.get("sidecar_namespace", ""), by_address, *listed]
    return list(dict.fromkeys(filter(None, stated)))


def with_record(records: Iterable[Record], record: Record) -> list[Record]:
    """The records with one more. A part is known once, as it was recorded last; one that is to go is not known, and a
    canary of a list is known from the list.
    """
    same = ("part", "cluster", "namespace", "release_name")
    others = [one for one in records if any(one[name] != record[name] for name in same)]
    before = [one for one in records if one not in others]
    if record["state"] == "absent" or record.get("is_listed"):
        return others
    planned = record["planned"] or any(one["planned"] for one in before)
    # What is for the part's own role alone may be secret, and facts are shown.
    known = {name: value for name, value in record.items() if name != "own"}
    return [*others, {**known, "planned": planned}]


def leading(links: Iterable[Mapping[str, Any]], records: Iterable[Record], cluster: str) -> dict[str, list[Any]]:
    """The Services that links lead to and that this run does not make; and a sentence for each unclear link."""
    made = {
        (service, one["namespace"])
        for one in records
        if one["planned"] and one["cluster"] == cluster
        for service in one["services"]
    }
    services: list[dict[str, str]] = []
    unclear: list[str] = []
    for link, address in _addresses(links):
        name, namespace = certain_service(address)
        if not name:
            continue
        if _is_guess(link.get("part"), name, namespace):
            unclear.append(_sentence(link))
        elif (name, namespace) not in made:
            service = {"name": name, "namespace": namespace}
            services.append({**service, "option": link["option"], "address": address})
    return {"services": services, "unclear": unclear}


def _addresses(links: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for link in links:
        given = link["address"]
        yield from ((link, str(one)) for one in ([given] if isinstance(given, str) else given))


def _is_guess(part: Record | None, service: str, namespace: str) -> bool:
    """Whether an address is the role's own guess among several parts, and no word of the user's."""
    return bool(part and part["problem"] and part["namespace"] == namespace and service in part["services"])


def _sentence(link: Mapping[str, Any]) -> str:
    part = link["part"]
    return (
        f"{link['option']} has no clear target: {part['problem']}. Set {part['part']}_namespace and "
        f"{part['part']}_release_name where this role is called, or {link['option']} itself."
    )
