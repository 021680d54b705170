# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles make of a release: its options, its values, its Secrets and what is wrong with them.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def setting_problems(settings: Any, rules: str) -> list[str]:
    """What is wrong with settings of a role together."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.rules import problems

    if not isinstance(settings, Mapping):
        raise AnsibleFilterError("setting_problems takes a dictionary of settings.")
    return raised_as(lambda: problems(rules, settings), AnsibleFilterError)


def release_problems(release: Any) -> list[str]:
    """What is wrong with a release, before a cluster is asked."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.release_problems import problems

    if not isinstance(release, Mapping):
        raise AnsibleFilterError("release_problems takes a dictionary.")
    return problems(release)


def release_options(content: Any, release: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """The options by which a release is planned."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import options

    if not isinstance(content, Mapping):
        raise AnsibleFilterError("release_options takes a dictionary.")
    return raised_as(lambda: options.release_options(content, release, run), AnsibleFilterError)


# The second one goes from kubernetes.core after January 2027.
NAMES = ("release_values", "values")


def release_values(info: object) -> dict[str, Any]:
    """The values of a release, from what kubernetes.core.helm_info returns in its various versions."""
    if not isinstance(info, Mapping):
        raise AnsibleFilterError(f"release_values takes a result of helm_info, not {type(info).__name__}.")
    status = info.get("status")
    if not status:
        return {}
    if not isinstance(status, Mapping):
        raise AnsibleFilterError(f"release_values: status is {type(status).__name__}, and no release of helm_info.")
    name = next((name for name in NAMES if name in status), "")
    if not name:
        raise AnsibleFilterError(
            f"helm_info returned no values of release {status.get('name', '')}, neither as {' nor as '.join(NAMES)}: "
            "use a version of kubernetes.core that this collection knows, see its README."
        )
    values = status[name] or {}
    if not isinstance(values, Mapping):
        raise AnsibleFilterError(f"release_values: {name} is {type(values).__name__}, but must be names with values.")
    return dict(values)


def fixed_values(user: Any, own: Mapping[str, Any], table: Mapping[str, Any], name: str = "values") -> list[str]:
    """Say which values of a user contradict what a role relies on."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.fixed_values import contradictions

    if not isinstance(user, Mapping):
        raise AnsibleFilterError("fixed_values takes a dictionary of values.")
    return contradictions(user, own, table, name)


def platform_problems(values: Any, platform: str, name: str) -> list[str]:
    """What values set and a platform refuses."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import platforms

    if not isinstance(values, Mapping):
        raise AnsibleFilterError("platform_problems takes a dictionary of values.")
    return platforms.platform_problems(platform, values, name)


def pod_resources(resources: Any, platform: str) -> dict[str, Any]:
    """The resources of a container as a platform takes them."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import platforms

    if not isinstance(resources, Mapping):
        raise AnsibleFilterError("pod_resources takes a dictionary with requests and limits.")
    try:
        return platforms.pod_resources(resources, platform)
    except ValueError as error:
        raise AnsibleFilterError(f"pod_resources: {error}.") from error


def named_secrets(value: Any, option: str, keys: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Secrets that an option names."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.named_secrets import (
        named_secrets as named,
    )

    return named(value, option, keys)


def local_object_references(names: Any) -> list[dict[str, str]]:
    """Refer to objects of the same namespace, as pull secrets are."""
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name for name in names):
        raise AnsibleFilterError(f"local_object_references takes a list of names, not {names!r}.")
    return [{"name": str(name)} for name in names]


def awaited_secrets(releases: Sequence[Mapping[str, Any]], wait: Any) -> list[dict[str, Any]]:
    """Secrets that are waited for."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import named_secrets

    return raised_as(lambda: named_secrets.awaited_secrets(releases, wait), AnsibleFilterError)


def from_helm_yaml(text: str, name: str = "The values") -> dict[str, Any]:
    """Values as Helm reads them."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import load_map

    return raised_as(lambda: load_map(text, name), AnsibleFilterError)


def to_helm_json(values: dict[str, Any]) -> str:
    """Values for Helm to read."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import raised_as
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import to_json

    return raised_as(lambda: to_json(values), AnsibleFilterError)


def helm_failure(words: str) -> str:
    """The kind of a failure, by what Helm said."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import failure_kind

    return failure_kind(words)


def helm_words(result: Any) -> str:
    """What Helm said when a task that ran it failed."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import failure_words

    if not isinstance(result, Mapping):
        raise AnsibleFilterError("helm_words takes the result of a task.")
    return failure_words(result)


Rows = Iterable[Mapping[str, Any]]


def stack_links(links: Rows, records: Rows, cluster: str) -> dict[str, list[Any]]:
    """Where the settings of a role lead to in the cluster."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import leading

    return leading(links, records, cluster)


def with_part(records: Iterable[Mapping[str, Any]], new: Mapping[str, Any] | list[Mapping[str, Any]]) -> list[Any]:
    """The parts of the stack that a run knows, with one more."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import with_record

    found = list(records)
    for record in [new] if isinstance(new, Mapping) else new:
        found = with_record(found, record)
    return found


def connection_environment(
    connections: Any, role: str, kubeconfig: str | None = "", context: str | None = ""
) -> Mapping[str, str]:
    """Variables that lead everything in a task to the cluster that a role has looked at."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import environment_of

    if not isinstance(connections, Mapping):
        raise AnsibleFilterError("connection_environment takes the connections by role.")
    return environment_of(connections, role, kubeconfig or "", context or "")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "setting_problems": setting_problems,
            "release_problems": release_problems,
            "release_options": release_options,
            "release_values": release_values,
            "fixed_values": fixed_values,
            "platform_problems": platform_problems,
            "pod_resources": pod_resources,
            "named_secrets": named_secrets,
            "local_object_references": local_object_references,
            "awaited_secrets": awaited_secrets,
            "from_helm_yaml": from_helm_yaml,
            "to_helm_json": to_helm_json,
            "helm_failure": helm_failure,
            "helm_words": helm_words,
            "stack_links": stack_links,
            "with_part": with_part,
            "connection_environment": connection_environment,
        }
