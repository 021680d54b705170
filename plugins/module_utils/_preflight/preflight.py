# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at a cluster before anything is touched: everything that would go wrong, told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import connection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import kube_connection

from .counts import count_problems, new_objects
from .findings import Found, Problem
from .namespace import (
    enforced,
    existence_problems,
    security_problems,
)
from .options import (
    ARGUMENTS,
    Wanted,
    wanted,
)
from .pods import existing_pods, node_problems
from .quota import (
    Needs,
    demand_problems,
    quota_problems,
    quotas_of,
)
from .ranges import (
    range_problems,
    ranges_of,
    with_defaults,
)
from .reads import (
    ADDRESSES,
    CLASSES,
    NAMESPACE,
    NODES,
    OWN_CLAIMS,
    OWN_PODS,
    QUOTAS,
    RANGES,
    RELEASES,
    VERSION,
    group_read,
    look,
    review_read,
)
from .releases import release_problems
from .rights import (
    CREATE_NAMESPACES,
    right_problems,
)
from .secrets import secret_problems
from .server import (
    ServerVersion,
    kind_problems,
    server_version,
    version_problems,
)
from .storage import (
    existing_claims,
    storage_problems,
    with_default_class,
)
from .targets import Target, target_problems

Judgement = tuple[list[Problem], list[str]]


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that no module has checked yet, with their defaults; ``TracingError`` for what can't be right."""
    outcome = ArgumentSpecValidator(ARGUMENTS).validate(dict(options))
    if outcome.error_messages:
        raise invalid(f"preflight: {'; '.join(outcome.error_messages)}.", "See the options of cluster_preflight.")
    found: dict[str, Any] = outcome.validated_parameters
    return found


def preflight(params: Mapping[str, Any]) -> dict[str, Any]:
    """The look that the options describe, as a result with its ``problems``."""
    asked = wanted(params)
    kube = kube_connection(params)
    cluster = connection(kube.way)
    return {**judge(asked, look(KubeApi(kube, params["request_timeout"]), asked)), "connection": cluster}


def refuse(result: Mapping[str, Any]) -> None:
    """Raise all problems of a result as one error, a line each."""
    if result["problems"]:
        raise TracingError("preflight", "\n".join(f"{one['message']} {one['fix']}" for one in result["problems"]))


def judge(asked: Wanted, found: Found) -> dict[str, Any]:
    return understood(lambda: _judgement(asked, found))


def _judgement(asked: Wanted, found: Found) -> dict[str, Any]:
    version = server_version(found.values.get(VERSION) or {})
    parts: list[Judgement] = [
        (version_problems(version, asked.version), _unknown_version(version, asked, found)),
        (_rights(asked, found), []),
        (_namespace(asked, found), []),
        (kind_problems(asked.kinds, _known_resources(asked, found)), []),
        _storage(asked, found),
        _nodes(asked, found),
        _use(asked, found),
        (target_problems(_missing(asked, found)), []),
        (secret_problems(asked.secrets, found.values), []),
        release_problems(asked.namespace, asked.exclusives, found.items(RELEASES)),
    ]
    return {
        "problems": [problem.to_dict() for problems, _unknown in parts for problem in problems],
        "unknown": [*found.unknown, *(text for _problems, unknown in parts for text in unknown)],
        "server_version": version.to_dict() if version else {},
        "namespace_exists": found.values[NAMESPACE] is not None if found.known(NAMESPACE) else None,
        "api_server_addresses": found.values.get(ADDRESSES) or [],
        "pod_security_enforced": enforced(found.values.get(NAMESPACE)),
    }


def _unknown_version(version: ServerVersion | None, asked: Wanted, found: Found) -> list[str]:
    """Where it was asked for and answered, with something else."""
    told = version is not None or asked.version is None or not found.known(VERSION)
    return [] if told else ["min_version: the API server does not tell which version it is."]


def _rights(asked: Wanted, found: Found) -> list[Problem]:
    return right_problems(right for right in asked.rights if found.values.get(review_read(right)) is False)


def _namespace(asked: Wanted, found: Found) -> list[Problem]:
    if not found.known(NAMESPACE):
        return []
    namespace = found.values[NAMESPACE]
    may_create = found.values.get(review_read(CREATE_NAMESPACES)) is not False
    return [
        *existence_problems(asked.namespace, namespace, may_create, asked.shell),
        *security_problems(asked.namespace, enforced(namespace), asked.security, asked.shell),
    ]


def _missing(asked: Wanted, found: Found) -> list[Target]:
    """A Service that may not be read may be there."""
    return [one for one in asked.services if found.known(str(one)) and found.values[str(one)] is None]


def _known_resources(asked: Wanted, found: Found) -> dict[str, set[str]]:
    reads = {kind.group: group_read(kind.group) for kind in asked.kinds}
    return {group: found.values[name] for group, name in reads.items() if found.known(name)}


def _storage(asked: Wanted, found: Found) -> Judgement:
    if not found.known(CLASSES):
        return [], []
    return storage_problems(asked.claims, found.items(CLASSES), found.items(OWN_CLAIMS), asked.shell), []


def _nodes(asked: Wanted, found: Found) -> Judgement:
    return node_problems(asked.pods, found.values[NODES]) if found.known(NODES) else ([], [])


def _use(asked: Wanted, found: Found) -> Judgement:
    """Quotas and limit ranges. Without the defaults of the latter, nothing can be said of what pods leave out."""
    quotas, ranges = quotas_of(found.items(QUOTAS)), ranges_of(found.items(RANGES))
    pods = [with_defaults(pod, ranges) for pod in asked.pods]
    claims = with_default_class(asked.claims, found.items(CLASSES))
    problems, unknown = quota_problems(asked.namespace, quotas, Needs(pods, claims), _present(asked, found))
    if asked.new_workloads is not None:
        wanted = new_objects(asked.rights, asked.namespace, asked.new_workloads)
        problems += count_problems(asked.namespace, quotas, wanted)
    if found.known(RANGES):
        problems += demand_problems(asked.namespace, quotas, pods)
        problems += range_problems(asked.namespace, ranges, pods, asked.claims)
    return problems, unknown


def _present(asked: Wanted, found: Found) -> Needs | None:
    """What the release uses now; None when that may not be seen."""
    if asked.releases and not (found.known(OWN_PODS) and found.known(OWN_CLAIMS)):
        return None
    return Needs(existing_pods(found.items(OWN_PODS)), existing_claims(found.items(OWN_CLAIMS)))
