# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module that plans has to know about a release, from what its role says of it.

A role gives two dictionaries: the release, which each step takes and Ansible validates, and its content, which is the
chart's values and what goes with them. Ansible would fill in all of the content once more to validate it, and that
takes longer than to apply it. So it is validated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._merge import merged
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.platforms import platform_kinds

# What a role says of the content of its release, with what stands for it where a role has none.
REQUIRED = ("requirements", "network_policy", "role_values", "user_values", "values_files", "fixed_values")
OPTIONAL: Mapping[str, Any] = {
    "objects": [],
    "open_values": [],
    "fresh_values": {},
    "secrets": [],
    "forward_only": None,
    "size_option": "",
}
_POLICY_PERMISSIONS = {
    "group": "networking.k8s.io",
    "resource": "networkpolicies",
    "verbs": ["get", "list", "create", "patch", "delete"],
}


def release_options(content: Mapping[str, Any], release: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """The options of helm_release_plan for one release.

    ``run`` is what only this run knows: ``chart`` (ref, repo_url, version), ``user_values`` (of the option and of
    files) and ``user_values_name`` (what a sentence calls them), ``services`` (those that must be there),
    ``platform`` (k8s_tracing_platform), ``least_requirements`` and ``permissions`` (what each release needs of the
    cluster), ``render`` (whether what changes is shown) and ``kubernetes_core`` (its version).
    ``TracingError`` for a content that lacks a key, or has one that nothing reads.
    """
    _validate(content, str(release["role"]))
    given = {name: content.get(name, default) for name, default in OPTIONAL.items()}
    user_values = run["user_values"]
    policy = content["network_policy"]
    return {
        "id": release["id"],
        "release_name": release["name"],
        "namespace": release["namespace"],
        "kubeconfig": release["kubeconfig"] or None,
        "context": release["kube_context"] or None,
        "binary_path": release["helm_binary"],
        "chart_ref": run["chart"]["ref"],
        "chart_repo_url": run["chart"]["repo_url"],
        "chart_version": str(run["chart"]["version"]),
        "values": merged([content["role_values"], user_values]),
        # Not those that a user has set.
        "fresh_values": {name: value for name, value in given["fresh_values"].items() if name not in user_values},
        "user_values": user_values,
        "user_values_name": run["user_values_name"],
        "open_values": given["open_values"],
        "workloads": release["workloads"],
        "objects": [*([_policy_object(release, policy)] if policy else []), *given["objects"]],
        "secrets": [one for one in given["secrets"] if one["name"]],
        "take_ownership": release["adopt"],
        "render": run["render"],
        "find_immutable": True,
        "kubernetes_core": run["kubernetes_core"],
        "roll_back": release["state"] == "rolled_back",
        "revision": int(release["revision"] or 0),
        "forward_only": given["forward_only"],
        "size_option": given["size_option"],
        "preflight": _preflight(content["requirements"], release, run, with_policy=bool(policy)),
    }


def _validate(content: Mapping[str, Any], role: str) -> None:
    lacking = [name for name in REQUIRED if name not in content]
    unknown = [name for name in content if name not in REQUIRED and name not in OPTIONAL]
    if lacking:
        raise invalid(f"The content of the release of role {role} lacks {', '.join(lacking)}.", "Add it.")
    if unknown:
        known = ", ".join([*REQUIRED, *OPTIONAL])
        raise invalid(f"The content of the release of role {role} has {', '.join(unknown)}.", f"It takes {known}.")


def _policy_object(release: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "NetworkPolicy", "metadata": {"name": release["name"]}, "spec": spec}


def _preflight(
    requirements: Mapping[str, Any], release: Mapping[str, Any], run: Mapping[str, Any], *, with_policy: bool
) -> dict[str, Any]:
    """What the cluster must have: what the role says of its release, and what every release needs."""
    found = {**run["least_requirements"], **requirements}
    shared = [*run["permissions"], *([_POLICY_PERMISSIONS] if with_policy else [])]
    return {
        **found,
        "release_name": release["name"],
        "permissions": [*found["permissions"], *shared],
        "crds": [*found["crds"], *platform_kinds(run["platform"])],
        "services": [*found.get("services", []), *run["services"]],
    }
