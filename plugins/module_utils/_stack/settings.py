# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the settings of a part of the stack say of it, for its own role and for the others.

A role is described before its defaults are known, by another role: each default that counts stands here once more, and
tests hold it against the role's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._merge import merged

from .route_samples import sample


class Settings(Protocol):
    """The settings as they are seen from where somebody asks."""

    def get(self, name: str, default: Any = "") -> Any:
        """A setting with its templates filled in; ``default`` where nobody has set it."""

    def files(self, name: str) -> list[Mapping[str, Any]]:
        """What is in the values files that a setting names."""


def described(part: str, namespace: str, settings: Settings) -> dict[str, Any]:
    """A part that is in ``namespace``. ``own`` is for its role alone, since it may hold values of the user's."""
    state = settings.get(f"{part}_state", "present")
    return {"part": part, "namespace": namespace, "state": state, "own": {}, **_DESCRIBED[part](namespace, settings)}


# Components of Tempo, with the end of the name of the Service that leads to each pod. Queriers have none such.
_COMPONENTS = {
    "distributor": "-discovery",
    "query-frontend": "-discovery",
    "querier": "",
    "live-store": "",
    "block-builder": "",
    "backend-scheduler": "",
    "backend-worker": "",
    "metrics-generator": "-discovery",
}


def _tempo(namespace: str, settings: Settings) -> dict[str, Any]:
    name = settings.get("tempo_release_name", "tempo")
    mode = settings.get("tempo_mode", "monolithic")
    distributed = mode == "distributed"
    services = [f"{name}-query-frontend", f"{name}-distributor"] if distributed else [name]
    local = settings.get("tempo_storage_backend", "local") == "local"
    stored = local and _switch(settings.get("tempo_persistence_enabled", True))
    return {
        "release_name": name,
        "mode": mode,
        # Empty where it is the role's own default.
        "version": str(settings.get("tempo_image_tag", "")),
        "query_service": services[0],
        "otlp_service": services[-1],
        "services": services,
        "metrics": _metrics(f"{name}-{{}}.{namespace}.svc:3200", settings)
        if distributed
        else {"tempo": f"{name}.{namespace}.svc:3200"},
        # Not every proxy lets streams through: only where this run or a setting says so.
        "streaming_enabled": _switch(settings.get("tempo_streaming_enabled", False)),
        "traceql_metrics_enabled": _switch(settings.get("tempo_traceql_metrics_enabled", False)),
        "multitenancy": _switch(settings.get("tempo_multitenancy_enabled", False)),
        "tls_secret": settings.get("tempo_tls_secret"),
        "retention": settings.get("tempo_retention", "48h"),
        # Of a local store; empty where there is none.
        "volume_size": settings.get("tempo_persistence_size", "10Gi") if stored else "",
    }


def _metrics(address: str, settings: Settings) -> dict[str, str]:
    """Where the metrics of each component are, by the names of its job: behind a Service all pods."""
    generator = _switch(settings.get("tempo_metrics_generator_enabled", True))
    present = {name: ending for name, ending in _COMPONENTS.items() if generator or name != "metrics-generator"}
    return {f"tempo-{name}": f"dns+{address.format(name + ending)}" for name, ending in present.items()}


def _alloy(namespace: str, settings: Settings) -> dict[str, Any]:
    name = settings.get("alloy_release_name", "alloy")
    auth = settings.get("alloy_receiver_auth", {"type": "none"})
    return {
        "release_name": name,
        "services": [name],
        "metrics": {"alloy": f"{name}.{namespace}.svc:12345"},
        "tls_secret": settings.get("alloy_tls_secret"),
        "client_ca_secret": settings.get("alloy_client_ca_secret"),
        "auth": auth.get("type", "none") if isinstance(auth, Mapping) else "none",
        "tenant": _default_tenant(settings),
        "routes": list(_tenant_routes(settings)),
        "rules": list(_rules(settings)),
        "pod_attributes": _pod_attributes(settings),
        "sampling": _sampling(settings),
        "rewriting": _rewriting(settings),
    }


def _rows(settings: Settings, name: str) -> list[Mapping[str, Any]]:
    """Of a list that nobody has checked yet."""
    given = settings.get(name, [])
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def _default_tenant(settings: Settings) -> str:
    """Whose the spans are of a sender that nothing is said of."""
    defaults = [one for one in _rows(settings, "alloy_routes") if one.get("default")]
    stated = defaults[0].get("tenant") if len(defaults) == 1 else ""
    return str(stated or settings.get("alloy_tempo_tenant"))


def _tenant_routes(settings: Settings) -> Iterator[dict[str, Any]]:
    """Of the routes that lead to Tempo, the tenant and what a resource must have to take it; nothing for the default.
    ``None`` where no text is known that the route takes.
    """
    routes = _rows(settings, "alloy_routes")
    for number, route in enumerate(routes):
        tenant = str(route.get("tenant") or settings.get("alloy_tempo_tenant"))
        if tenant and not route.get("endpoint"):
            yield {"name": str(route.get("name", "")), "tenant": tenant, "attributes": sample(route, routes[:number])}


def _rules(settings: Settings) -> Iterator[dict[str, Any]]:
    """Of every route what it takes, and the tenant of Tempo that it leads to: ``None`` of another backend's."""
    for route in _rows(settings, "alloy_routes"):
        tenant = None if route.get("endpoint") else str(route.get("tenant") or settings.get("alloy_tempo_tenant"))
        taken = {name: route[name] for name in ("default", "attribute", "values", "matches") if name in route}
        yield {**taken, "name": str(route.get("name", "")), "tenant": tenant}


# The role's own default.
_POD_METADATA = [
    "k8s.namespace.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
    "k8s.node.name",
    "k8s.pod.name",
    "k8s.pod.uid",
]


def _pod_attributes(settings: Settings) -> dict[str, str]:
    """What of its pod Alloy adds to a resource, by the attributes that have it then."""
    if not _switch(settings.get("alloy_k8s_attributes_enabled", False)):
        return {}
    metadata = settings.get("alloy_k8s_attributes_metadata", _POD_METADATA)
    found = {str(name): str(name) for name in metadata} if isinstance(metadata, list) else {}
    for kind in ("label", "annotation"):
        for field in _rows(settings, f"alloy_k8s_attributes_{kind}s"):
            found[str(field.get("attribute"))] = f"{field.get('from', 'pod')} {kind} {field.get('key')}"
    return found


def _sampling(settings: Settings) -> list[str]:
    """The settings that take spans out on purpose: not all that is sent can arrive then."""
    head = settings.get("alloy_head_sampling_percentage", 100)
    tail = settings.get("alloy_tail_sampling_policies", [])
    kinds = {policy.get("type") for policy in tail if isinstance(policy, Mapping)}
    found = {
        "alloy_head_sampling_percentage": _number(head) < 100,
        "alloy_drop_spans": bool(settings.get("alloy_drop_spans", [])),
        "alloy_tail_sampling_policies": bool(tail) and ("drop" in kinds or "always_sample" not in kinds),
    }
    return [name for name, takes_out in found.items() if takes_out]


# Settings that change spans on their way, with what they are where nothing is changed.
_REWRITING: Mapping[str, Any] = {
    "alloy_resource_detection": [],
    "alloy_resource_attributes": {},
    "alloy_redact_attributes": [],
    "alloy_hash_attributes": [],
    "alloy_mask_patterns": [],
}


def _rewriting(settings: Settings) -> list[str]:
    """The settings by which what arrives is not what was sent."""
    found = [name for name, unset in _REWRITING.items() if settings.get(name, unset)]
    metadata = "alloy_k8s_attributes_enabled"
    return [*([metadata] if _switch(settings.get(metadata, False)) else []), *found]


def _switch(value: Any) -> bool:
    """Whether it is on; ``-e`` gives texts. What is neither on nor off is refused by the role whose setting it is."""
    return boolean(value, strict=False) if isinstance(value, (str, int)) else bool(value)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0


def _generator(_namespace: str, settings: Settings) -> dict[str, Any]:
    return {"release_name": settings.get("k6_trace_generator_release_name", "k6-traces"), "services": []}


def _vulture(namespace: str, settings: Settings) -> dict[str, Any]:
    name = settings.get("tempo_vulture_release_name", "tempo-vulture")
    intervals = {
        "id": settings.get("tempo_vulture_read_interval", "30s"),
        "search": settings.get("tempo_vulture_search_interval", "1m"),
    }
    never = [by for by, interval in intervals.items() if not re.search("[1-9]", str(interval))]
    rows = _rows(settings, "k8s_tracing_tempo_vulture_tenants")
    listed = [{key: str(one.get(key, "")) for key in ("tenant", "namespace")} for one in rows]
    return {
        "release_name": name,
        "services": [name],
        "never_reads": never,
        # Those of tenants, and whether this is one of them.
        "listed": [{**one, "metrics": f"{name}.{one['namespace']}.svc:8080"} for one in listed],
        "is_listed": namespace in [one["namespace"] for one in listed],
        # Whether the settings ask for any: this one, or those of tenants.
        "wanted": _switch(settings.get("k8s_tracing_tempo_vulture_enabled", False)) or listed != [],
    }


def _grafana(namespace: str, settings: Settings) -> dict[str, Any]:
    name = settings.get("grafana_release_name", "grafana")
    # The release's own names, which values of the user's may change.
    values = _user_values("grafana", settings)
    fullname = values.get("fullnameOverride", name)
    return {
        "release_name": name,
        "fullname": fullname,
        "metrics": {"grafana": f"{fullname}.{namespace}.svc:80"},
        "services": [fullname] if settings.get("grafana_mode", "chart") == "chart" else [],
        "url": settings.get("grafana_url"),
        "sidecar_namespace": settings.get("grafana_sidecar_namespace", namespace),
        "own": {"values": values},
    }


def _prometheus(namespace: str, settings: Settings) -> dict[str, Any]:
    name = settings.get("prometheus_release_name", "prometheus")
    mode = settings.get("prometheus_mode", "chart")
    # The release's own names, which values of the user's may change.
    values = _user_values("prometheus", settings)
    server = {"fullnameOverride": f"{name}-server", **_section(values, "server", "prometheus_values")}
    port = _section(server, "service", "prometheus_values.server").get("servicePort", 80)
    # Below which everything is served.
    prefix = str(server.get("prefixURL") or "").strip("/")
    path = f"/{prefix}" if prefix else ""
    url = settings.get("prometheus_url")
    query_url = f"http://{server['fullnameOverride']}.{namespace}.svc:{port}{path}" if mode == "chart" else _url(url)
    stated = settings.get("prometheus_remote_write_url") if mode != "chart" else ""
    auth = settings.get("prometheus_auth", "none")
    return {
        "release_name": name,
        "mode": mode,
        "services": [server["fullnameOverride"]] if mode == "chart" else [],
        "endpoint": _endpoint(query_url, auth),
        "url": url,
        "query_url": query_url,
        "write_url": stated or f"{query_url}/api/v1/write",
        "auth": auth,
        "auth_secret": settings.get("prometheus_auth_secret"),
        "username_key": settings.get("prometheus_auth_username_key", "username"),
        "password_key": settings.get("prometheus_auth_password_key", "password"),
        "token_key": settings.get("prometheus_auth_token_key", "token"),
        "own": {"values": values, "server": server, "port": port, "path": path},
    }


def _endpoint(url: str, auth: str) -> dict[str, Any]:
    """Where it is asked, as options of a module; empty where nobody can ask, or only with a login from outside."""
    if not url:
        return {}
    address = parse(url)
    service, namespace = address.service
    if not service:
        return {"prometheus_url": address.url} if auth == "none" else {}
    return {
        "prometheus_namespace": namespace,
        "prometheus_service": service,
        "prometheus_service_port": address.port,
        "prometheus_service_scheme": address.scheme,
        "prometheus_service_path": address.path,
    }


_DESCRIBED: dict[str, Callable[[str, Settings], dict[str, Any]]] = {
    "alloy": _alloy,
    "grafana": _grafana,
    "k6_trace_generator": _generator,
    "prometheus": _prometheus,
    "tempo": _tempo,
    "tempo_vulture": _vulture,
}


def _user_values(part: str, settings: Settings) -> dict[str, Any]:
    """The user's values in the order in which Helm gets them."""
    return merged([settings.get(f"{part}_values", {}), *settings.files(f"{part}_values_files")])


def _section(values: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = values.get(name) or {}
    if not isinstance(found, Mapping):
        raise invalid(f"{where}.{name} is {found!r}.", "Give names with their values.")
    return found


def _url(text: Any) -> str:
    if not isinstance(text, str):
        raise invalid(f"prometheus_url is {text!r}.", "Give a text.")
    return parse(text).url if text.strip() else ""
