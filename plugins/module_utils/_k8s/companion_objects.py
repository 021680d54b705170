# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that belong to a release but that its chart does not make, such as network policies.

They are found again by their labels, so that one which is no longer wanted is removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import diff_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import connection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
)

from .api import KubeApi, object_name, understood
from .api_server import api_server_addresses

MANAGER = "tracelab.k8s_tracing"
MANAGED_BY = "app.kubernetes.io/managed-by"
RELEASE = "app.kubernetes.io/instance"
# What may stand beside a release: kind, the group and version of its API, and its name in a path.
KINDS: dict[str, tuple[str, str]] = {
    "ConfigMap": ("v1", "configmaps"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "PrometheusRule": ("monitoring.coreos.com/v1", "prometheusrules"),
    "Service": ("v1", "services"),
    "ServiceMonitor": ("monitoring.coreos.com/v1", "servicemonitors"),
}
# Stands for the API servers as a peer in a network policy, which knows them by their addresses only.
API_SERVER = "apiServer"
# The API server's own notes on an object, which say nothing about what it is.
_NOTES = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")

ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    "release_name": {"type": "str", "required": True},
    "objects": {"type": "list", "elements": "dict", "default": [], "no_log": True},
}


@dataclass(frozen=True)
class Change:
    """One object before and after; None where there is none."""

    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def changed(self) -> bool:
        return essence(self.before) != essence(self.after)

    def to_diff(self) -> dict[str, str]:
        return diff_of(self.name, essence(self.before), essence(self.after))


def settle(params: Mapping[str, Any], check_mode: bool, api: KubeApi | None = None) -> list[Change]:
    """Make the release's objects those that are given, and no others. The changes, in the order they were made."""
    namespace, release = _names(params)
    wanted = [_complete(item, namespace, release) for item in params["objects"]]
    asked = api or KubeApi(kube_connection(params), params["request_timeout"])
    return understood(lambda: _settle(asked, wanted, namespace, release, check_mode))


def _settle(api: KubeApi, wanted: list[dict[str, Any]], namespace: str, release: str, check_mode: bool) -> list[Change]:
    wanted = _with_api_servers(api, wanted)
    changes = [_apply(api, item, check_mode) for item in wanted]
    keep = {(item["kind"], item["metadata"]["name"]) for item in wanted}
    changes += [_remove(api, kind, item, check_mode) for kind, item in _left(api, namespace, release, keep)]
    return [change for change in changes if change.changed]


def without_cluster(items: Sequence[Mapping[str, Any]], namespace: str, release: str) -> list[dict[str, Any]]:
    """The objects as ``settle`` would make them, where nobody knows the addresses of the API servers."""
    return [_with_blocks(_complete(item, namespace, release), []) for item in items]


def names_api_servers(items: Sequence[Mapping[str, Any]]) -> bool:
    return any(API_SERVER in peer for item in items for rule in _rules(item) for peer in rule.get("from") or [])


def _names(params: Mapping[str, Any]) -> tuple[str, str]:
    more_than_zero(params["request_timeout"], "request_timeout")
    return kubernetes_name(params["namespace"], "namespace"), object_name(params["release_name"], "release_name")


def _complete(item: Mapping[str, Any], namespace: str, release: str) -> dict[str, Any]:
    """An object with its API version, its namespace and the labels by which it is found again."""
    kind = str(item.get("kind", ""))
    if kind not in KINDS:
        raise invalid(f"objects: {kind or 'an object without a kind'} is none of {', '.join(KINDS)}.")
    metadata = _map(kind, "metadata", item.get("metadata"))
    object_name(str(metadata.get("name", "")), f"objects: name of a {kind}")
    if metadata.get("namespace", namespace) != namespace:
        raise invalid(f"objects: {kind} {metadata['name']} lies outside namespace {namespace}.")
    labels = {**_map(kind, "labels", metadata.get("labels")), MANAGED_BY: MANAGER, RELEASE: release}
    _check_peers(kind, item)
    return {**item, "apiVersion": KINDS[kind][0], "metadata": {**metadata, "namespace": namespace, "labels": labels}}


def _map(kind: str, field: str, value: Any) -> dict[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise invalid(f"objects: {field} of a {kind} is {value!r:.40}, but must be names with values.")
    return dict(value or {})


def _check_peers(kind: str, item: Mapping[str, Any]) -> None:
    """What is looked into here; the API server judges the rest."""
    if kind != "NetworkPolicy":
        return
    rules = _map(kind, "spec", item.get("spec")).get("ingress") or []
    if not _are_maps(rules) or not all(_are_maps(rule.get("from") or []) for rule in rules):
        raise invalid("objects: ingress of a NetworkPolicy is not a list of rules with lists of peers.")


def _are_maps(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, Mapping) for item in items)


def _with_api_servers(api: KubeApi, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Network policies in which the peer ``apiServer`` has become the addresses of the API servers."""
    if not names_api_servers(wanted):
        return wanted
    try:
        addresses = api_server_addresses(api)
    except TracingError as error:
        if error.kind != "forbidden":
            raise
        addresses = []  # who may not know them leaves the API servers out
    blocks = [{"ipBlock": {"cidr": f"{address}/{128 if ':' in address else 32}"}} for address in addresses]
    return [_with_blocks(item, blocks) for item in wanted]


def _rules(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((item.get("spec") or {}).get("ingress") or []) if item["kind"] == "NetworkPolicy" else []


def _with_blocks(item: dict[str, Any], blocks: list[dict[str, Any]]) -> dict[str, Any]:
    rules = [
        {**rule, "from": [one for peer in rule["from"] for one in (blocks if API_SERVER in peer else [peer])]}
        if rule.get("from")
        else rule
        for rule in _rules(item)
    ]
    # A rule without peers lets everybody in: one whose only peer is not known goes.
    rules = [new for new, old in zip(rules, _rules(item), strict=True) if new.get("from") or not old.get("from")]
    return {**item, "spec": {**item["spec"], "ingress": rules}} if rules or _rules(item) else item


def _path(kind: str, namespace: str, name: str = "") -> str:
    version, plural = KINDS[kind]
    root = "/apis" if "/" in version else "/api"
    return f"{root}/{version}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


def _apply(api: KubeApi, item: Mapping[str, Any], check_mode: bool) -> Change:
    metadata = item["metadata"]
    path = _path(item["kind"], metadata["namespace"], metadata["name"])
    name = f"{item['kind']} {metadata['namespace']}/{metadata['name']}"
    before = api.get(path)
    try:
        after: Mapping[str, Any] = api.apply(path, item, MANAGER, dry_run=check_mode)
    except TracingError as error:
        # In check mode the namespace, or the kind, may be what an earlier task would have made.
        if not (check_mode and error.status == 404):
            raise
        after = item
    return Change(name, before, after)


def _left(
    api: KubeApi, namespace: str, release: str, keep: set[tuple[str, str]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of ours that nobody wants any more."""
    selector = [("labelSelector", f"{MANAGED_BY}={MANAGER},{RELEASE}={release}")]
    for kind in KINDS:
        try:
            found = api.items(_path(kind, namespace), selector)
        except TracingError as error:
            if error.kind != "forbidden":
                raise
            continue  # who may not list them did not make them
        ours = [item for item in found if _is_ours(item, namespace, release)]
        yield from ((kind, item) for item in ours if (kind, item["metadata"]["name"]) not in keep)


def _is_ours(item: Mapping[str, Any], namespace: str, release: str) -> bool:
    """Whether an object is one that was asked for. Others are never deleted, whatever stands before the API server."""
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    owned = (labels.get(MANAGED_BY), labels.get(RELEASE)) == (MANAGER, release)
    return owned and metadata["namespace"] == namespace and bool(object_name(str(metadata["name"]), "objects"))


def _remove(api: KubeApi, kind: str, item: Mapping[str, Any], check_mode: bool) -> Change:
    metadata = item["metadata"]
    if not check_mode:
        api.delete(_path(kind, metadata["namespace"], metadata["name"]), metadata["uid"])
    return Change(f"{kind} {metadata['namespace']}/{metadata['name']}", item, None)


def essence(item: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An object without its status and without what the API server notes on it."""
    if item is None:
        return None
    metadata = {key: value for key, value in item["metadata"].items() if key not in _NOTES}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def run(params: Mapping[str, Any], check_mode: bool, with_diff: bool) -> dict[str, Any]:
    namespace, release = _names(params)
    for item in params["objects"]:
        _complete(item, namespace, release)
    kube = kube_connection(params)
    cluster = connection(kube.way)
    changes = settle(params, check_mode, KubeApi(kube, params["request_timeout"]))
    return {**to_result(changes, with_diff), "connection": cluster}


def to_result(changes: Sequence[Change], with_diff: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"changed": bool(changes), "objects": [change.name for change in changes]}
    return {**result, "diff": [change.to_diff() for change in changes]} if with_diff else result
