# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Tempo's settings may not be together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .autoscaling import problems as autoscaler_problems
from .tempo_components import autoscaler

Settings = Mapping[str, Any]

_STORAGE_NEEDS = {
    "local": (),
    "s3": ("bucket", "endpoint"),
    "gcs": ("bucket_name",),
    "azure": ("container_name", "storage_account_name"),
}
_OVERRIDES = (
    "compaction",
    "cost_attribution",
    "forwarders",
    "global",
    "ingestion",
    "metrics_generator",
    "read",
    "storage",
)
# Of each platform: the store that its identities open, what they look like, and one as an example.
_IDENTITIES = {
    "eks": ("s3", r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[!-~]+\Z", "arn:aws:iam::111122223333:role/tempo"),
    "gke_autopilot": ("gcs", r"[^@\s]+@[^@\s]+\.iam\.gserviceaccount\.com\Z", "tempo@PROJECT.iam.gserviceaccount.com"),
    "aks": ("azure", r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z", "the client id, a UUID"),
}
_CACHES = ("memcached", "redis")


def problems(
    *,
    storage_backend: str,
    storage: Settings,
    storage_secret: str,
    platform: str,
    cloud_identity: str,
    cache: Settings,
    tenant_limits: Mapping[str, Settings],
    multitenancy: bool,
    metrics_generator: bool,
    traceql_metrics: bool,
    traceql_needs_generator: bool,
    app_major: str,
    distributed: bool,
    autoscaling: Mapping[str, Settings],
    replicas: Settings,
    requests: Settings,
) -> list[str]:
    """``storage`` has the settings of the backend."""
    found = [*_storage(storage_backend, storage), *_cache(cache)]
    found += _autoscaling(autoscaling, replicas, requests, distributed=distributed)
    if cloud_identity:
        found += _identity(cloud_identity, platform, storage_backend, storage, storage_secret)
    if traceql_metrics and traceql_needs_generator and not metrics_generator:
        found.append(
            "tempo_traceql_metrics_enabled is true, but tempo_metrics_generator_enabled is false: "
            f"Tempo {app_major} answers TraceQL metrics from the metrics generator only. Switch on both, or neither."
        )
    return found + list(_tenants(tenant_limits, multitenancy))


def _storage(backend: str, given: Settings) -> Iterator[str]:
    missing = [name for name in _STORAGE_NEEDS[backend] if not given.get(name)]
    if missing:
        yield (
            f"tempo_storage_{backend} lacks {' and '.join(missing)}, which tempo_storage_backend={backend} needs: "
            "set it there."
        )


def _autoscaling(
    given: Mapping[str, Settings], replicas: Settings, requests: Settings, *, distributed: bool
) -> Iterator[str]:
    if given and not distributed:
        yield (
            "tempo_autoscaling is set, but tempo_mode is monolithic, where one process does everything: set tempo_mode "
            "to distributed, or leave it out."
        )
        return
    for component, own in given.items():
        option = f"tempo_autoscaling.{component}"
        if component in replicas:
            yield (
                f"{option} and tempo_replicas.{component} are both set: leave the second out, since min_replicas "
                "stands for it."
            )
        yield from autoscaler_problems(option, autoscaler(own), requests, "tempo_resources")


def _identity(given: str, platform: str, backend: str, storage: Settings, secret: str) -> Iterator[str]:
    said = f"tempo_cloud_identity is {given!r}"
    if platform not in _IDENTITIES:
        yield (
            f"{said}, and k8s_tracing_platform is {platform!r}, which has none: set it to {', '.join(_IDENTITIES)}, or "
            "set tempo_service_account_annotations instead."
        )
        return
    store, form, example = _IDENTITIES[platform]
    if not re.match(form, given):
        yield f"{said}, which k8s_tracing_platform={platform} does not know: give it as {example}."
    if backend != store:
        yield f"{said}, which opens {store} alone, but tempo_storage_backend is {backend}: set it to {store}."
    if secret:
        yield f"{said}, but Tempo would take the keys of tempo_storage_secret ({secret}): leave one of them out."
    if storage.get("use_managed_identity"):
        yield f"{said}, but tempo_storage_azure has use_managed_identity: leave one of them out."


def _cache(cache: Settings) -> Iterator[str]:
    if cache and not (cache.get("type") in _CACHES and cache.get("address")):
        yield f"tempo_cache is {cache}: give type (memcached or redis) and address (host:port)."


def _tenants(limits: Mapping[str, Settings], multitenancy: bool) -> Iterator[str]:
    if not multitenancy and set(limits) - {"single-tenant"}:
        yield (
            f"tempo_tenant_limits names {', '.join(limits)}, but tempo_multitenancy_enabled is false, so that all "
            "traces belong to the tenant single-tenant: switch it on, or use tempo_limits."
        )
    sections = dict.fromkeys(section for own in limits.values() for section in own)
    if unknown := [section for section in sections if section not in _OVERRIDES]:
        yield (
            f"tempo_tenant_limits has {', '.join(unknown)}, which is no section of Tempo's overrides: "
            f"use {', '.join(_OVERRIDES)}."
        )
