# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of prometheus.yml: jobs, and where metrics are forwarded to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse_optional
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import to_json

Rows = Sequence[Mapping[str, Any]]
# Before a target: not the name is one, but each address that DNS has for it.
EACH_ADDRESS = "dns+"
CANARY = "tempo-vulture"


def jobs(targets: Mapping[str, str], extra: Rows, namespace: str, canaries: Rows) -> str:
    """A job for each target by its name, then those of the user: as text, which is what the chart takes. ``canaries``
    are those of tenants, further targets of one job.
    """
    found = {job: list(_job(job, target, namespace)) for job, target in targets.items()}
    if canaries:
        found.setdefault(CANARY, list(_head(CANARY))).extend(_of_tenants(canaries))
    known = [line for _job_name, lines in sorted(found.items()) for line in lines]
    lines = [*known, *(line for job in extra for line in _extra_job(job))]
    return "".join(f"{line}\n" for line in lines)


def _job(job: str, target: str, namespace: str) -> Iterator[str]:
    address = parse_optional(target.removeprefix(EACH_ADDRESS))
    label = to_json(address.service[1] or namespace)
    if target.startswith(EACH_ADDRESS):
        yield f"- job_name: {to_json(job)}"
        yield "  dns_sd_configs:"
        yield f"    - {{names: [{to_json(address.host)}], type: A, port: {address.port}, refresh_interval: 15s}}"
        yield f"  relabel_configs: [{{target_label: namespace, replacement: {label}}}]"
        return
    yield from _head(job)
    yield f"    - targets: [{to_json(target)}]"
    yield "      # As a ServiceMonitor's targets have it."
    yield f"      labels: {{namespace: {label}}}"


def _head(job: str) -> Iterator[str]:
    yield f"- job_name: {to_json(job)}"
    yield "  static_configs:"


def _of_tenants(canaries: Rows) -> Iterator[str]:
    for one in canaries:
        yield f"    - targets: [{to_json(one['metrics'])}]"
        yield f"      labels: {{namespace: {to_json(one['namespace'])}, tenant: {to_json(one['tenant'])}}}"


def found_by_name(targets: Mapping[str, str], namespace: str) -> dict[str, str]:
    """The jobs that have no target at all while nothing is behind a name, with their namespaces."""
    named = {
        job: target.removeprefix(EACH_ADDRESS) for job, target in targets.items() if target.startswith(EACH_ADDRESS)
    }
    return {job: parse_optional(target).service[1] or namespace for job, target in named.items()}


def _extra_job(job: Mapping[str, Any]) -> Iterator[str]:
    yield f"- job_name: {to_json(job['job'])}"
    yield f"  metrics_path: {to_json(job.get('path', '/metrics'))}"
    yield f"  scheme: {to_json(job.get('scheme', 'http'))}"
    yield "  static_configs:"
    yield f"    - targets: {to_json(job['targets'])}"


def remote_write(receivers: Rows, folder: str) -> list[dict[str, Any]]:
    """Entries of remote_write. Credentials are read from files: the keys of Secrets that are mounted in ``folder``."""
    return [
        {
            "url": receiver["url"],
            **({"headers": receiver["headers"]} if receiver.get("headers") else {}),
            **_login(receiver, folder),
        }
        for receiver in receivers
    ]


def _login(receiver: Mapping[str, Any], folder: str) -> dict[str, Any]:
    kind, files = receiver.get("auth", "none"), f"{folder}/{receiver.get('secret')}"
    if kind == "basic":
        return {"basic_auth": {"username_file": f"{files}/username", "password_file": f"{files}/password"}}
    if kind == "bearer":
        return {"authorization": {"credentials_file": f"{files}/token"}}
    return {}


def secret_mounts(receivers: Rows, folder: str) -> list[dict[str, Any]]:
    """Each Secret once."""
    return [
        {"name": f"secret-{name}", "secretName": name, "mountPath": f"{folder}/{name}", "readOnly": True}
        for name in dict.fromkeys(_secrets(receivers))
    ]


def _secrets(receivers: Rows) -> Iterator[str]:
    for receiver in receivers:
        if receiver.get("auth", "none") != "none":
            yield receiver["secret"]
