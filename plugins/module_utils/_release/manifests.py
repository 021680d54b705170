# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What releases are made of, without a cluster and without Secrets: objects of their charts, and those beside them."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.chart import is_local, load_chart
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import (
    SEPARATOR,
    Object,
    name_of,
    objects,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.render import ChartSource, Helm
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.values import refuse_unknown
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import held, to_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.companion_objects import (
    names_api_servers,
    without_cluster,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.secret_references import (
    by_name,
    secret_references,
)

from .guards import CLUSTER_WIDE
from .plan import RELEASE_ARGUMENTS, check_options

# Objects of the whole cluster, which have no namespace.
_NO_NAMESPACE = {*CLUSTER_WIDE, "Namespace", "PersistentVolume", "APIService", "GatewayClass", "RuntimeClass"}
_PART = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?\Z")
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.[0-9]{1,4})?\Z")
# What the roles are for. YAML reads 1.30 without quotes as 1.3.
_OLDEST = (1, 25)
# etcd takes requests of 1.5 MiB.
_MOST_CHARACTERS = 1024 * 1024
_MOST_NODES = 1_000_000
# Without a chart there is no release: only objects beside somebody else's.
_SPEC = {
    **RELEASE_ARGUMENTS,
    "id": {"type": "str", "required": True},
    "chart_ref": {"type": "path", "default": ""},
}


@dataclass(frozen=True)
class Part:
    """One release, or what stands beside one that is somebody else's."""

    name: str
    namespace: str
    has_release: bool
    objects: Sequence[Object]
    # The keys of each Secret that has to be there, by its name; none where nobody says which.
    secrets: Mapping[str, set[str]]
    # Whether a network policy would let the API servers in, whose addresses only a cluster knows.
    lacks_api_servers: bool = False


def part_of(options: Mapping[str, Any], run: Run, target: Sequence[str]) -> Part:
    """What one release is made of; ``options`` are those that helm_release_plan takes for it."""
    params = _checked(options)
    namespace, name = params["namespace"], params["release_name"]
    made, lost = _split(_charted(params, run, target), namespace)
    given = params["objects"] or []
    beside = without_cluster(given, namespace, name)
    stated = [(one["name"], key) for one in params["secrets"] for key in one["keys"] or [""]]
    found = [reference for item in made for reference in secret_references(item)]
    folder = params["id"].partition("/")[0]
    secrets = by_name([*stated, *found, *lost])
    return Part(folder, namespace, bool(params["chart_ref"]), [*made, *beside], secrets, names_api_servers(given))


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    stated = {key: value for key, value in options.items() if value is not None}
    outcome = ArgumentSpecValidator(_SPEC).validate(stated)
    if outcome.error_messages:
        name = options.get("release_name") or "a release without a name"
        raise invalid(f"releases: {name}: {'; '.join(outcome.error_messages)}.", "See the options for one release.")
    found: dict[str, Any] = outcome.validated_parameters
    check_options({**found, "chart_ref": found["chart_ref"] or "none"})
    if not _PART.match(found["id"].partition("/")[0]):
        raise invalid(f"releases: the id {found['id']!r} does not begin with the name of a part.")
    if found["roll_back"]:
        raise invalid(
            f"Release {found['release_name']} is to be rolled back, and only its records in the cluster know to what.",
            "Leave out the state rolled_back: what was rendered before is in the history of your repository.",
        )
    return found


def target_of(kube_version: str, api_versions: Sequence[str]) -> list[str]:
    """What stands for the cluster on Helm's command line."""
    found = _VERSION.match(kube_version)
    if not found:
        raise invalid(f"kube_version: {kube_version!r} is no version of Kubernetes.", "Write it as 1.31 or 1.31.4.")
    if (int(found[1]), int(found[2])) < _OLDEST:
        raise invalid(
            f"kube_version: {kube_version!r} is older than 1.25, the oldest that charts are rendered for.",
            "Write it in quotes, such as '1.30': without them YAML reads 1.30 as 1.3.",
        )
    wrong = [version for version in api_versions if not re.match(r"[a-z0-9][\w./-]*\Z", version, re.ASCII)]
    if wrong:
        raise invalid(f"api_versions: {wrong[0]!r} is none.", "Write it as monitoring.coreos.com/v1.")
    return ["--kube-version", kube_version, *(word for version in api_versions for word in ("--api-versions", version))]


def _charted(params: Mapping[str, Any], run: Run, target: Sequence[str]) -> list[Object]:
    """The objects of the chart, from the very archive that its values were held against."""
    if not params["chart_ref"]:
        return []
    source = ChartSource(params["chart_ref"], params["chart_repo_url"], params["chart_version"])
    helm = Helm(run, params["binary_path"], namespace=params["namespace"])
    with tempfile.TemporaryDirectory(prefix="stack_manifests.") as folder:
        local = ChartSource(source.ref if is_local(source.ref) else helm.pull(source, folder))
        chart = load_chart(local.ref)
        values = _with_fresh(params, chart.files)
        refuse_unknown(params["user_values"], chart, values, params["open_values"], params["user_values_name"])
        text = helm.template(params["release_name"], local, values, target)
    if any(len(part) > _MOST_CHARACTERS for part in SEPARATOR.split(text)):
        raise TracingError("helm_output", f"Chart {source} renders an object that is larger than Kubernetes takes it.")
    made = objects([text])
    _refuse_endless(made, source)
    unreadable = [name_of(item) for item in made if item.get("kind") == "Unreadable"]
    if unreadable:
        raise TracingError("helm_output", f"Chart {source} renders {len(unreadable)} documents that are no YAML.")
    return made


def _refuse_endless(made: Sequence[Object], source: ChartSource) -> None:
    """Aliases of YAML can make more of a small text than any file holds."""
    left, nodes = _MOST_NODES, list[Any](made)
    while nodes:
        node = nodes.pop()
        left -= 1
        nodes += node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
        if left < 0:
            raise TracingError("helm_output", f"Chart {source} renders more than {_MOST_NODES} values.")


def _with_fresh(params: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The values, where those that an installation makes anew each time are made of all the others."""
    values: dict[str, Any] = held(params["values"])
    told = [to_json(values), *(f"{name} {hashlib.sha256(files[name]).hexdigest()}" for name in sorted(files))]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:10]
    return {**values, **dict.fromkeys(params["fresh_values"], f"rendered-{digest}")}


def _split(made: Sequence[Object], namespace: str) -> tuple[list[Object], list[tuple[str, str]]]:
    """The objects to be written, each with its namespace, and the keys of Secrets, which are not."""
    kept = [_placed(item, namespace) for item in made if item.get("kind") != "Secret"]
    secrets = [item for item in made if item.get("kind") == "Secret"]
    return kept, [
        (str((item.get("metadata") or {}).get("name", "")), str(key))
        for item in secrets
        for key in [*(item.get("data") or {}), *(item.get("stringData") or {})] or [""]
    ]


def _placed(item: Object, namespace: str) -> Object:
    metadata = item.get("metadata") or {}
    if item.get("kind") in _NO_NAMESPACE or metadata.get("namespace"):
        return item
    return {**item, "metadata": {**metadata, "namespace": namespace}}
