# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a release may be named: what its objects are named after it has limits of its own, below Helm's 53."""

from __future__ import annotations

from dataclasses import dataclass

HELM = 53


@dataclass(frozen=True)
class Limit:
    characters: int
    why: str


# A StatefulSet gives its pods the label controller-revision-hash: its name, a dash and a hash of up to ten characters.
# Of a workload of another kind only the hash is in a label.
LIMITS = {
    "StatefulSet": Limit(52, "the label controller-revision-hash of its pods"),
    "Service": Limit(63, "DNS"),
    "Deployment": Limit(253, "its own name"),
    "DaemonSet": Limit(253, "its own name"),
}
_SERVER = (("Service", ""),)
_DISTRIBUTED = (
    *(("StatefulSet", part) for part in ("backend-scheduler", "backend-worker", "block-builder", "live-store")),
    *(("Deployment", part) for part in ("distributor", "metrics-generator", "querier", "query-frontend")),
    *(
        ("Service", part)
        for part in (
            "backend-scheduler",
            "backend-worker",
            "block-builder",
            "distributor",
            "distributor-discovery",
            "gossip-ring",
            "live-store",
            "metrics-generator",
            "metrics-generator-discovery",
            "querier",
            "query-frontend",
            "query-frontend-discovery",
        )
    ),
)
_GATEWAY = (*_SERVER, ("Service", "peers"), ("Service", "outside"), ("Service", "proxied"))
# By role and mode: the kind, and what follows the name of the release.
DERIVED: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("tempo", "monolithic"): (("StatefulSet", ""), *_SERVER),
    ("tempo", "distributed"): _DISTRIBUTED,
    ("alloy", "deployment"): (("Deployment", ""), *_GATEWAY),
    ("alloy", "statefulset"): (("StatefulSet", ""), *_GATEWAY),
    ("alloy", "daemonset"): (("DaemonSet", ""), *_GATEWAY),
    ("grafana", "chart"): (("Deployment", ""), *_SERVER),
    ("prometheus", "chart"): (("Deployment", "server"), ("Service", "server")),
    ("k6_trace_generator", ""): (("Deployment", ""),),
    ("tempo_vulture", ""): (("Deployment", ""), *_SERVER),
}


def derived(role: str, mode: str) -> tuple[tuple[str, str], ...]:
    return DERIVED.get((role, mode), ())


def longest(role: str, mode: str) -> tuple[int, str]:
    """How many characters the release may have, and why."""
    found = [(HELM, "Helm takes no more")]
    for kind, part in derived(role, mode):
        limit, rest = LIMITS[kind], f"-{part}" if part else ""
        why = f"{kind} RELEASE{rest} may have {limit.characters}, because of {limit.why}"
        found.append((limit.characters - len(rest), why))
    return min(found, key=lambda one: one[0])


def name_problems(release: str, role: str, mode: str) -> list[str]:
    limit, why = longest(role, mode)
    if len(release) <= limit:
        return []
    where = f" with {role}_mode {mode}" if role in ("alloy", "tempo") else ""
    what = f"{role}_release_name is '{release}', which has {len(release)} characters"
    return [f"{what}: use {limit} at most{where}, since {why}."]
