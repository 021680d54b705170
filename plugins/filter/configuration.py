# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration of Alloy, Tempo, Prometheus, Grafana and the canary, made of settings.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def alloy_routes(
    routes: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    tempo: Mapping[str, Any],
    memory: str,
    volume: str = "",
) -> list[dict[str, Any]]:
    """Where Alloy's routes lead to."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.alloy_routes import outputs

    return outputs(routes, defaults, tempo, memory, volume)


Rows = Sequence[Mapping[str, Any]]


def alloy_secrets(
    outputs: Rows, logins: Mapping[str, Mapping[str, Any]], files: Mapping[str, str], folder: str
) -> dict[str, list[dict[str, Any]]]:
    """How Alloy's pods get at Secrets."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.alloy_secrets import pod_secrets

    return pod_secrets(logins, files, outputs, folder)


def tempo_components(
    rows: Sequence[Mapping[str, Any]],
    release_name: str,
    resources: Mapping[str, Any],
    common: Mapping[str, Any],
    spread: str = "required",
) -> dict[str, Any]:
    """The parts of a release of Tempo."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.tempo_components import components

    return components(rows, release_name, resources, common, spread=spread)


def prometheus_jobs(
    targets: Mapping[str, str],
    extra: Sequence[Mapping[str, Any]],
    namespace: str,
    canaries: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Scrape jobs for Prometheus, as text."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.prometheus_configuration import jobs

    return jobs(targets, extra, namespace, canaries)


def prometheus_remote_write(receivers: Sequence[Mapping[str, Any]], folder: str) -> dict[str, list[dict[str, Any]]]:
    """Where Prometheus forwards metrics to."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles import (
        prometheus_configuration as configuration,
    )

    return {
        "remote_write": configuration.remote_write(receivers, folder),
        "mounts": configuration.secret_mounts(receivers, folder),
    }


def prometheus_rules(
    recording: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    volumes: Mapping[str, Mapping[str, Any]],
    labels: Mapping[str, Any],
    runbook_url: str = "",
    targets: Mapping[str, str] | None = None,
    namespace: str = "",
) -> list[dict[str, Any]]:
    """Recording rules and alerts for Prometheus."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.prometheus_rules import groups

    return groups(recording, alerts, settings, volumes, labels, runbook_url, targets or {}, namespace)


def grafana_dashboard(description: Any, runbook_url: str = "") -> dict[str, Any]:
    """Make a dashboard of Grafana from a short description."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.dashboards import DashboardError, build

    if not isinstance(description, Mapping):
        raise AnsibleFilterError("grafana_dashboard takes a dictionary.")
    try:
        return build(description, runbook_url)
    except DashboardError as error:
        raise AnsibleFilterError(f"{description.get('uid', 'A dashboard')}: {error}") from error
    except UNSHAPED as error:
        name, why = description.get("uid", "A dashboard"), f"{type(error).__name__}: {error}"
        raise AnsibleFilterError(f"{name} is not described as it has to be ({why}).") from error


def grafana_path(server: Any) -> str:
    """Say below which path a Grafana answers."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import path_of

    if not isinstance(server, Mapping):
        raise AnsibleFilterError("grafana_path takes the section server of grafana.ini.")
    serves = str(server.get("serve_from_sub_path", "")).lower() in ("true", "1", "yes", "on")
    return path_of(str(server.get("root_url") or "")) if serves else ""


def tenant_datasources(tenants: Any, source: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A data source of Grafana for each tenant of Tempo."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana import tenants as made

    if isinstance(tenants, str) or not isinstance(tenants, Sequence):
        raise AnsibleFilterError("tenant_datasources takes a list of tenants.")
    return made.tenant_datasources([str(tenant) for tenant in tenants], source)


def vulture_flags(settings: Mapping[str, str]) -> list[str]:
    """The command line of tempo-vulture."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._roles.tempo_vulture import flags

    try:
        return flags(**settings)
    except (TracingError, TypeError) as error:
        raise AnsibleFilterError(f"vulture_flags takes the settings of tempo-vulture: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "alloy_routes": alloy_routes,
            "alloy_secrets": alloy_secrets,
            "tempo_components": tempo_components,
            "prometheus_jobs": prometheus_jobs,
            "prometheus_remote_write": prometheus_remote_write,
            "prometheus_rules": prometheus_rules,
            "grafana_dashboard": grafana_dashboard,
            "grafana_path": grafana_path,
            "tenant_datasources": tenant_datasources,
            "vulture_flags": vulture_flags,
        }
