# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The volume claims of StatefulSets, made larger.

A volume can grow and never shrink, and the claim templates of a StatefulSet are immutable. So the
claims are enlarged one by one. A StatefulSet whose templates request another size is deleted, and its pods stay:
whoever applies it next makes it anew, and it takes the pods over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import diff_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import shell_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import connection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .api import KubeApi, object_name, understood
from .rollout import PATHS

ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    "stateful_sets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, "claims": {"type": "dict", "required": True}},
    },
    "timeout": {"type": "float", "default": 60.0},
}
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Wish:
    """What the claims of one StatefulSet should request, by the name of the claim template."""

    name: str
    sizes: Mapping[str, str]


@dataclass(frozen=True)
class Growth:
    """A claim that requests less than it should."""

    claim: Mapping[str, Any]
    size: str

    @property
    def name(self) -> str:
        return str(self.claim["metadata"]["name"])

    @property
    def before(self) -> str:
        return requested(self.claim)


def claims_path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"


def list_claims(api: KubeApi, namespace: str) -> list[dict[str, Any]]:
    """All claims of a namespace. An answer without a list is none: a claim that is not seen would stay small."""
    found = api.get(claims_path(namespace))
    return [] if found is None else list(found["items"] or [])


def size_of(text: object) -> Decimal | None:
    """The number of bytes; None for what is no size."""
    with suppress(ValueError):
        return parse_quantity(text)
    return None


def requested(claim: Any) -> str:
    """The storage that a claim, or a template of one, requests; empty when it requests none."""
    for key in ("spec", "resources", "requests", "storage"):
        claim = claim.get(key) if isinstance(claim, Mapping) else None
    return "" if claim is None else str(claim)


def template_sizes(stateful_set: Mapping[str, Any]) -> dict[str, str]:
    """What each claim template requests, by its name."""
    spec = stateful_set.get("spec")
    templates = spec.get("volumeClaimTemplates") if isinstance(spec, Mapping) else None
    found = [one for one in templates if isinstance(one, Mapping)] if isinstance(templates, list) else []
    named = [(one["metadata"].get("name"), one) for one in found if isinstance(one.get("metadata"), Mapping)]
    return {str(name): requested(one) for name, one in named}


def is_larger(new: str, old: str) -> bool:
    """Whether both are sizes, and the new one is the larger."""
    one, other = size_of(new), size_of(old)
    return one is not None and other is not None and one > other


def claims_of(claims: Iterable[Mapping[str, Any]], stateful_set: str, template: str) -> Iterator[Mapping[str, Any]]:
    """Those that Kubernetes has made from a template, one for each pod, those of pods that are gone too."""
    made = re.compile(rf"{re.escape(template)}-{re.escape(stateful_set)}-[0-9]+\Z")
    return (one for one in claims if made.match(str(one["metadata"]["name"])))


def growth(claims: Sequence[Mapping[str, Any]], wish: Wish) -> list[Growth]:
    """The claims of a StatefulSet that are smaller than they should be. A larger one stays as it is."""
    return [
        Growth(claim, size)
        for template, size in wish.sizes.items()
        for claim in claims_of(claims, wish.name, template)
        if is_larger(size, requested(claim))
    ]


def has_other_sizes(stateful_set: Mapping[str, Any], wish: Wish) -> bool:
    """Whether its templates request other sizes, whatever the unit that they are written in."""
    there = template_sizes(stateful_set)
    return any(size_of(there.get(name, "")) != size_of(size) for name, size in wish.sizes.items())


def wishes(params: Mapping[str, Any]) -> list[Wish]:
    """The options, checked."""
    more_than_zero(params["request_timeout"], "request_timeout")
    more_than_zero(params["timeout"], "timeout")
    kubernetes_name(params["namespace"], "namespace")
    return [_wish(one) for one in params["stateful_sets"]]


def _wish(one: Mapping[str, Any]) -> Wish:
    name = object_name(one["name"], "stateful_sets: name")
    for template, size in one["claims"].items():
        object_name(str(template), f"stateful_sets: {name}: claims")
        if not is_larger(str(size), "0"):
            raise invalid(
                f"stateful_sets: {name}: claims: {template}: {size!r:.40} is not a size.", "Write it as in 20Gi."
            )
    return Wish(name, {str(template): str(size) for template, size in one["claims"].items()})


class Enlargement:
    """One run: reads all, then enlarges claims, then deletes what has to be made anew."""

    def __init__(self, api: KubeApi, params: Mapping[str, Any], clock: Clock) -> None:
        self._api = api
        self._namespace = params["namespace"]
        self._timeout = params["timeout"]
        self._shell = shell_of(params)
        self._clock = clock

    def run(self, wanted: Sequence[Wish], check_mode: bool) -> dict[str, Any]:
        claims = list_claims(self._api, self._namespace) if wanted else []
        growing = [one for wish in wanted for one in growth(claims, wish)]
        there = [(wish, self._api.get(self._path(wish.name))) for wish in wanted]
        going = [(wish, found) for wish, found in there if found is not None and has_other_sizes(found, wish)]
        for wish, found in going:
            _demand_templates(found, wish)
        for one in growing:
            self._enlarge(one, check_mode)
        for wish, found in going:
            self._delete(wish.name, found["metadata"], check_mode)
        return self._result(growing, going)

    def _path(self, name: str) -> str:
        return PATHS["StatefulSet"].format(self._namespace, name)

    def _enlarge(self, one: Growth, check_mode: bool) -> None:
        """Refused by the API server where the volume can't grow; in check mode too."""
        body = {
            "metadata": {"name": one.name, "uid": one.claim["metadata"]["uid"]},
            "spec": {"resources": {"requests": {"storage": one.size}}},
        }
        self._api.patch(f"{claims_path(self._namespace)}/{one.name}", body, dry_run=check_mode)

    def _delete(self, name: str, metadata: Mapping[str, Any], check_mode: bool) -> None:
        if check_mode:
            return
        path, uid = self._path(name), metadata["uid"]
        if not metadata.get("deletionTimestamp"):
            self._api.delete(path, uid, orphan=True)
        # It goes once Kubernetes has freed its pods. Until then it takes no change.
        gone = poll(partial(self._is_gone, path, uid), Deadline(self._timeout, self._clock), POLL_SECONDS, self._clock)
        if not gone.done:
            see = self._shell.kubectl(f"get statefulset {name} -o yaml", self._namespace)
            raise TracingError(
                "stateful_set_terminating",
                f"StatefulSet {name} in namespace {self._namespace} is still being deleted after {self._timeout:g} s. "
                "Its pods and its volumes stay.",
                f"Run again; what holds it is among its finalizers: {see}",
                retryable=True,
            )

    def _is_gone(self, path: str, uid: str) -> tuple[bool, None]:
        there = self._api.get(path)
        return there is None or there["metadata"]["uid"] != uid, None

    def _result(self, growing: Sequence[Growth], going: Sequence[tuple[Wish, Mapping[str, Any]]]) -> dict[str, Any]:
        where = self._namespace
        diff = [
            diff_of(f"PersistentVolumeClaim {where}/{one.name}", {"storage": one.before}, {"storage": one.size})
            for one in growing
        ]
        diff += [
            diff_of(f"StatefulSet {where}/{wish.name}, claim templates", _of(template_sizes(found), wish), wish.sizes)
            for wish, found in going
        ]
        return {
            "changed": bool(growing or going),
            "claims": [{"name": one.name, "before": one.before, "after": one.size} for one in growing],
            "deleted": [wish.name for wish, _found in going],
            "diff": diff,
        }


def _of(sizes: Mapping[str, str], wish: Wish) -> dict[str, str]:
    return {name: sizes[name] for name in wish.sizes}


def _demand_templates(found: Mapping[str, Any], wish: Wish) -> None:
    lacking = sorted(wish.sizes.keys() - template_sizes(found).keys())
    if lacking:
        raise TracingError(
            "no_claim_template",
            f"StatefulSet {wish.name} has no claim template {', '.join(lacking)}.",
            "Name those that it has in stateful_sets.",
        )


def run(params: Mapping[str, Any], check_mode: bool, with_diff: bool, clock: Clock | None = None) -> dict[str, Any]:
    wanted = wishes(params)
    kube = kube_connection(params)
    cluster = connection(kube.way)
    work = Enlargement(KubeApi(kube, params["request_timeout"]), params, clock or Clock())
    found = understood(lambda: work.run(wanted, check_mode))
    shown = {name: value for name, value in found.items() if with_diff or name != "diff"}
    return {**shown, "connection": cluster}
