# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sizes of volumes that a release asks for, held against the claims that are there.

A volume grows where its storage class lets it, and never shrinks. A claim that is an object of the chart is enlarged by
Helm. Those of a StatefulSet are not: see volume_claims. What can't be had is said in one sentence, before Helm is
half-way through.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import Object
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.rollout import PATHS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.volume_claims import (
    Growth,
    Wish,
    claims_path,
    growth,
    has_other_sizes,
    is_larger,
    list_claims,
    requested,
    size_of,
    template_sizes,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell

CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
# What making a StatefulSet anew takes, beyond what its role needs at any rate.
PERMISSIONS = (
    {"group": "", "resource": "persistentvolumeclaims", "verbs": ["list", "patch"]},
    {"group": "apps", "resource": "statefulsets", "verbs": ["get", "delete"]},
)
ONLY_LARGER = "a volume can only be enlarged"
REMOVAL = ", or remove the release with its data first"
ALLOW = "-p '{\"allowVolumeExpansion\": true}'"


@dataclass
class Storage:
    """What becomes of the volumes of a release."""

    # As volume_claims takes them.
    stateful_sets: list[dict[str, Any]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a release is, and how to name what its user has set."""

    namespace: str
    # The user's option for the size of the volume; empty when nobody knows.
    option: str
    shell: Shell
    # The revision that a roll-back leads to; 0 where there is none.
    revision: int = 0

    def back_to(self, size: str) -> str:
        if self.revision:
            return f"Go back to another revision than {self.revision}, one that asks for {size}"
        return f"Set {self.option} to {size}" if self.option else f"Ask for {size} again"


def compare_storage(api: KubeApi, place: Place, old: Sequence[Object], new: Sequence[Object]) -> Storage:
    """What ``new``, which is to be applied, asks for. ``old`` is what Helm has recorded."""
    return _Comparison(api, place, old).of(new)


def smaller_claims(api: KubeApi, place: Place, wanted: Sequence[Object]) -> list[str]:
    """A sentence for each claim of the chart that Helm would fail to make smaller."""
    return _Comparison(api, place, []).shrinking(wanted)


def resized_sets(api: KubeApi, namespace: str, wanted: Iterable[Object]) -> list[dict[str, Any]]:
    """StatefulSets whose claim templates request another size than those that are to be applied, a smaller one too."""
    return [_option(wish) for wish, there in _sets(api, namespace, wanted) if there and has_other_sizes(there, wish)]


def _sets(api: KubeApi, namespace: str, wanted: Iterable[Object]) -> Iterator[tuple[Wish, dict[str, Any] | None]]:
    """Each StatefulSet with claims, and the one that is there. Templates that this one lacks are left out."""
    for item in _own(wanted, "StatefulSet", namespace):
        sizes = {name: size for name, size in template_sizes(item).items() if size_of(size) is not None}
        if not sizes:
            continue
        name = str(item["metadata"]["name"])
        there = api.get(PATHS["StatefulSet"].format(namespace, name))
        known = sizes if there is None else template_sizes(there)
        yield Wish(name, {key: size for key, size in sizes.items() if key in known}), there


def _own(items: Iterable[Object], kind: str, namespace: str) -> Iterator[Object]:
    """Objects of this kind in the namespace of the release."""
    for item in items:
        metadata = item.get("metadata") or {}
        if item.get("kind") == kind and metadata.get("name") and metadata.get("namespace") in (None, "", namespace):
            yield item


def _option(wish: Wish) -> dict[str, Any]:
    return {"name": wish.name, "claims": dict(wish.sizes)}


class _Comparison:
    def __init__(self, api: KubeApi, place: Place, old: Sequence[Object]) -> None:
        self._api = api
        self._place = place
        self._old = old
        self._found = Storage()

    def of(self, new: Sequence[Object]) -> Storage:
        namespace = self._place.namespace
        for wish, there in _sets(self._api, namespace, new):
            # An interrupted run may have deleted it. Then Helm's record tells what it was.
            before = template_sizes(there) if there else self._recorded(wish.name)
            self._compare_set(wish, before, is_there=there is not None)
        for item in _own(new, "PersistentVolumeClaim", namespace):
            name, size = str(item["metadata"]["name"]), requested(item)
            claim = self._claim(name)
            self._refuse_smaller(name, claim, size)
            if claim and is_larger(size, requested(claim)):
                self._grow([Growth(claim, size)])
        return Storage(problems=self._found.problems) if self._found.problems else self._found

    def shrinking(self, wanted: Sequence[Object]) -> list[str]:
        for item in _own(wanted, "PersistentVolumeClaim", self._place.namespace):
            name = str(item["metadata"]["name"])
            self._refuse_smaller(name, self._claim(name), requested(item))
        return self._found.problems

    def _recorded(self, name: str) -> dict[str, str]:
        sets = _own(self._old, "StatefulSet", self._place.namespace)
        return next((template_sizes(item) for item in sets if item["metadata"]["name"] == name), {})

    def _compare_set(self, wish: Wish, before: Mapping[str, str], *, is_there: bool) -> None:
        changed = {
            name: size for name, size in wish.sizes.items() if name in before and size_of(before[name]) != size_of(size)
        }
        smaller = [name for name, size in changed.items() if is_larger(before[name], size)]
        for name in smaller:
            what = f"Volume claims {name} of StatefulSet {wish.name}"
            self._refuse(what, "shrink", before[name], changed[name], ONLY_LARGER, REMOVAL)
        if smaller or not changed:
            return
        growing = self._growing(Wish(wish.name, changed), before)
        if growing is None:
            return
        self._grow(growing)
        if is_there:
            self._found.changes.append(f"StatefulSet {wish.name} is made anew around its pods, which stay")
        self._found.stateful_sets.append(_option(Wish(wish.name, changed)))

    def _growing(self, wish: Wish, before: Mapping[str, str]) -> list[Growth] | None:
        """None when this user can't know which."""
        try:
            return growth(list_claims(self._api, self._place.namespace), wish)
        except TracingError as error:
            if error.kind != "forbidden":
                raise
        name, size = next(iter(wish.sizes.items()))
        what, why = f"Volume claims {name} of StatefulSet {wish.name}", "this user may not list volume claims"
        grant = ", or grant list and patch of persistentvolumeclaims in this namespace"
        self._refuse(what, "grow", before[name], size, why, grant)
        return None

    def _claim(self, name: str) -> dict[str, Any] | None:
        try:
            return self._api.get(f"{claims_path(self._place.namespace)}/{quote(name, safe='')}")
        except TracingError as error:
            if error.kind != "forbidden":
                raise
            return None  # Helm will see

    def _refuse_smaller(self, name: str, claim: Mapping[str, Any] | None, size: str) -> None:
        if claim and is_larger(requested(claim), size):
            self._refuse(f"Volume claim {name}", "shrink", requested(claim), size, ONLY_LARGER, REMOVAL)

    def _grow(self, growing: Sequence[Growth]) -> None:
        unbound = [one for one in growing if (one.claim.get("status") or {}).get("phase") != "Bound"]
        ready = [one for one in growing if one not in unbound]
        self._found.changes += [f"volume claim {one.name} grows from {one.before} to {one.size}" for one in growing]
        if unbound:
            self._refuse_growth(unbound, "only a volume that is bound can be enlarged", REMOVAL)
        for name in sorted({_class(one) for one in ready}):
            self._judge_class(name, [one for one in ready if _class(one) == name])

    def _judge_class(self, name: str, growing: Sequence[Growth]) -> None:
        if not name:
            self._refuse_growth(growing, "it has no storage class, so that nothing can enlarge it", REMOVAL)
            return
        try:
            found = self._api.get(f"{CLASSES}/{quote(name, safe='')}")
        except TracingError as error:
            if error.kind != "forbidden":
                raise
            why = f"this user may not read storage class {name}, which says whether its volumes can be enlarged"
            grant = ", or grant get of storageclasses in storage.k8s.io, as docs/minimal-role.md has it"
            self._refuse_growth(growing, why, grant)
            return
        if found is None:
            self._refuse_growth(growing, f"there is no storage class {name} any more", REMOVAL)
        elif found.get("allowVolumeExpansion") is not True:
            why = f"storage class {name} does not have allowVolumeExpansion: true"
            allow = self._place.shell.kubectl(f"patch storageclass {shlex.quote(name)} {ALLOW}")
            self._refuse_growth(growing, why, f", or, if its driver can enlarge volumes, let it: {allow}", end="")

    def _refuse_growth(self, growing: Sequence[Growth], why: str, otherwise: str, end: str = ".") -> None:
        names = ", ".join(one.name for one in growing)
        what = f"Volume claim{'s' if len(growing) > 1 else ''} {names}"
        self._refuse(what, "grow", growing[0].before, growing[0].size, why, otherwise, end)

    def _refuse(self, what: str, how: str, before: str, size: str, why: str, otherwise: str, end: str = ".") -> None:
        fix = f"{self._place.back_to(before)}{otherwise}{end}"
        where = f"in namespace {self._place.namespace}"
        self._found.problems.append(f"{what} {where} cannot {how} from {before} to {size}: {why}. {fix}")


def _class(one: Growth) -> str:
    return str(one.claim["spec"].get("storageClassName") or "")
