# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plans of several Helm releases in one go: one client for each cluster, and one list of what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.record import labels
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import connection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import kube_connection

from .plan import RELEASE_ARGUMENTS, check_options, plan_release

_OPTIONAL = {name: {"type": RELEASE_ARGUMENTS[name]["type"]} for name in ("release_name", "chart_ref")}
PLAN_ARGUMENTS: dict[str, dict[str, Any]] = {
    **RELEASE_ARGUMENTS,
    **_OPTIONAL,
    "releases": {"type": "list", "elements": "dict", "no_log": True},
}
# One release, or several.
_WHERE = ("kubeconfig", "context")
_KEEP = (
    "Keep the settings behind these fields as they were (persistence, mode, names), or remove the release first; its "
    "volume claims stay."
)
_EACH = {**RELEASE_ARGUMENTS, "id": {"type": "str"}}


class SharedApi(KubeApi):
    """Reads for several releases: a list by the name of one is read for all of them at once, and divided here."""

    def __init__(self, connection: KubeConnection, timeout: float, names: Sequence[str]) -> None:
        super().__init__(connection, timeout)
        self._names = sorted(set(names))
        self._lists: dict[tuple[str, str, str], list[dict[str, Any]]] = {}

    def items(self, path: str, params: Params = ()) -> list[dict[str, Any]]:
        wider, _comma, last = dict(params).get("labelSelector", "").rpartition(",")
        label, _equals, name = last.partition("=")
        if len(self._names) < 2 or name not in self._names:
            return super().items(path, params)
        key = (path, wider, label)
        if key not in self._lists:
            selector = f"{wider},{label} in ({','.join(self._names)})"
            self._lists[key] = super().items(path, [("labelSelector", selector)])
        return [one for one in self._lists[key] if labels(one).get(label) == name]


def plan(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """The plan that the options describe, of one release or of several.

    What belongs together is checked here: Ansible would show the options as they were given, logins in addresses too.
    """
    if (params["release_name"] is None) == (params["releases"] is None):
        raise invalid("One of release_name and releases is needed, and not both.", "Give one of them.")
    if params["releases"] is None:
        if params["chart_ref"] is None:
            raise invalid("release_name is given without chart_ref.", "Give the chart of that release.")
        check_options(params)
        kube = kube_connection(params)
        return plan_release(params, run, KubeApi(kube, params["request_timeout"]), connection(kube.way))
    releases = [_checked(one, params) for one in params["releases"]]
    plans: dict[str, dict[str, Any]] = {}
    refused: list[TracingError] = []
    for cluster in _by_cluster(releases):
        kube = kube_connection(cluster[0])
        found = connection(kube.way)
        api = SharedApi(kube, params["request_timeout"], [one["release_name"] for one in cluster])
        for one in cluster:
            try:
                plans[one["id"]] = plan_release(one, run, api, found)
            except TracingError as error:
                refused.append(error)
    if refused:
        raise _together(refused)
    return _result({one["id"]: one for one in releases}, plans)


def _checked(options: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The options of one release, with their defaults; ``TracingError`` for what can't be right."""
    # What is not given is what the environment says.
    stated = {name: value for name, value in options.items() if name not in _WHERE or value}
    given = {"request_timeout": params["request_timeout"], **stated}
    outcome = ArgumentSpecValidator(_EACH).validate(given)
    if outcome.error_messages:
        name = options.get("release_name") or "a release without a name"
        raise invalid(f"releases: {name}: {'; '.join(outcome.error_messages)}.", "See the options for one release.")
    found: dict[str, Any] = outcome.validated_parameters
    check_options(found)
    asked = [options.get(name) or "" for name in _WHERE]
    return {**found, "asked": asked, "id": found["id"] or f"{found['namespace']}/{found['release_name']}"}


def _by_cluster(releases: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Those that name the same connection together, in the order of the first of each."""
    found: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for one in releases:
        found.setdefault((one["kubeconfig"], one["context"]), []).append(one)
    return list(found.values())


def _together(refused: Sequence[TracingError]) -> TracingError:
    """All refusals as one error. The same one, such as of a cluster that does not answer, counts once."""
    texts = list(dict.fromkeys(str(error) for error in refused))
    return refused[0] if len(texts) == 1 else TracingError(refused[0].kind, "\n".join(texts))


def _immutable(title: str, found: Mapping[str, Any]) -> list[str]:
    fields = ", ".join(found["immutable"])
    return [f"{title.capitalize()} cannot be changed in place: {fields}. {_KEEP}"] if fields else []


def _result(releases: Mapping[str, Mapping[str, Any]], plans: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    titles = {name: f"release {one['release_name']} in namespace {one['namespace']}" for name, one in releases.items()}
    return {
        "changed": any(found["changed"] for found in plans.values()),
        "releases": {name: {key: found[key] for key in found if key != "diff"} for name, found in plans.items()},
        "connections": {
            name: {**found["connection"], "asked": releases[name]["asked"]} for name, found in plans.items()
        },
        "problems": [
            text
            for name, found in plans.items()
            for text in [*_immutable(titles[name], found), *found["storage_problems"]]
        ],
        "summary": [
            f"{found['action']} {titles[name]}: {', '.join(found['reasons'])}"
            for name, found in plans.items()
            if found["action"] != "none"
        ],
        "diff": [found["diff"] for found in plans.values() if "diff" in found],
    }
