# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that ask the Kubernetes API server, and what lies behind its proxy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases import EITHER, OK, REFUSED, Place, as_json
from fake_server import Play
from kubernetes_api import APPS, CLASSES, NAMESPACE, NODES, SLICES, KubernetesApi, listed, meta
from subject import Subject
from subjects.tempo import TRACE, Tempo
from values import NUMBERS, SHAPES, TAGS, TEXTS, WHOLE, Field, other_than

PROXY = f"{NAMESPACE}/services/tempo:3200/proxy"
# An API server says that something is not there by 404, and that all is well by an object.
NOT_THERE = ("404 with escapes",)
# What a page may hold that is handed on as it is.
ANY_CONTENT = (
    "a length that is too small", "no body", "gzip of nothing", "gzip twice", "gzip not announced", "deflate",
    "bytes that are no UTF-8", "escapes alone", "a refresh", "200 with a login page",
    "200 with a login page that calls itself JSON", "200 with the error of a proxy", "50 MB of zeros",
    "a content type with escapes", "no last chunk",
)  # fmt: skip
EMPTY = ("null", "an empty list", "an empty object")
SHAPELESS = other_than(SHAPES, *EMPTY)


# A number without a unit is an amount of processors.
NO_AMOUNTS = {**other_than(SHAPELESS, "a number"), **other_than(NUMBERS, "1.5"), **TEXTS}


def told(result: Mapping[str, Any]) -> bool:
    """What a preflight could not read, or what is wrong with it."""
    return bool(result["problems"] or result["unknown"])


def api() -> Mapping[str, Play]:
    return {"api": KubernetesApi({"tempo": Tempo(), "grafana": lambda asked: as_json({"database": "ok"})})}


def by_kubeconfig(place: Place, listener: str) -> dict[str, Any]:
    return {"kubeconfig": place.kubeconfig(listener), "request_timeout": place.seconds, "namespace": "tracing"}


def preflight(place: Place, listener: str) -> dict[str, Any]:
    return {
        **by_kubeconfig(place, listener),
        "min_version": "1.25",
        "permissions": [{"resource": "secrets", "verbs": ["get"]}],
        "storage": [{"claim": "tempo", "size": "1Gi"}],
        "pods": [{"name": "tempo", "requests": {"cpu": "100m", "memory": "1Gi"}}],
        "crds": [{"name": "servicemonitors.monitoring.coreos.com"}],
        "services": [{"name": "tempo", "namespace": "tracing", "option": "a", "address": "tempo.tracing"}],
        "named_secrets": [{"name": "login", "option": "a"}],
        "release_names": ["tempo"],
        "exclusive": [{"chart": "small", "release_name": "tempo"}],
    }


def ready(place: Place, listener: str) -> dict[str, Any]:
    return {
        **by_kubeconfig(place, listener),
        "workloads": [{"kind": "StatefulSet", "name": "tempo"}],
        "timeout": place.seconds,
        "poll_interval": 0.2,
    }


def secret(place: Place, listener: str, name: str = "made") -> dict[str, Any]:
    return {
        **by_kubeconfig(place, listener),
        "name": name,
        "data": {"admin-user": place.secret},
        "generate": ["password"],
        "required_keys": ["admin-user"],
    }


def objects(place: Place, listener: str) -> dict[str, Any]:
    rule = {"from": [{"apiServer": {}}]}
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "p"}, "spec": {"ingress": [rule]}}
    return {**by_kubeconfig(place, listener), "release_name": "tempo", "objects": [policy]}


CLAIMS = f"{NAMESPACE}/persistentvolumeclaims"


def volume(name: str, size: str) -> dict[str, Any]:
    return {"metadata": meta(name), "spec": {"resources": {"requests": {"storage": size}}}}


def volumes() -> Mapping[str, Play]:
    spec = {"volumeClaimTemplates": [volume("storage", "20Gi")]}
    more = {
        CLAIMS: listed(volume("storage-tempo-0", "10Gi")),
        f"{APPS}/statefulsets/tempo": {"kind": "StatefulSet", "metadata": meta("tempo"), "spec": spec},
    }
    return {"api": KubernetesApi(None, **more)}


def larger(place: Place, listener: str) -> dict[str, Any]:
    wanted = [{"name": "tempo", "claims": {"storage": "20Gi"}}]
    return {**by_kubeconfig(place, listener), "stateful_sets": wanted, "timeout": place.seconds}


K6 = f"{NAMESPACE}/pods/k6-0:6565/proxy/v1/metrics"


def generators() -> Mapping[str, Play]:
    names = ("iterations", "spans_sent", "traces_sent")
    metrics = [{"id": name, "attributes": {"sample": {"count": 9, "rate": 1.5}}} for name in names]
    return {"api": KubernetesApi({"tempo": Tempo()}, **{K6: {"data": metrics}})}


def counted(result: Mapping[str, Any]) -> bool:
    found: bool = result["snapshot"]["generators"]["totals"].get("spans_sent") == 9
    return found


SUBJECTS = [
    Subject(
        "tracing_pipeline_info",
        lambda place, listener: {**by_kubeconfig(place, listener), "generator_pods": ["k6-0"]},
        generators,
        "api",
        K6,
        counted,
        name="a generator: ",
        listener="tls",
        tls=False,
        # What can't be read is told in its place.
        refusal=OK,
        told=lambda result: bool(result["snapshot"]["generators"]["error"]) or counted(result),
    ),
    Subject(
        "service_uri",
        lambda place, listener: {
            **by_kubeconfig(place, listener),
            "service": "grafana",
            "service_port": 80,
            "headers": {"Cookie": f"session={place.secret}"},
        },
        api,
        "api",
        f"{NAMESPACE}/services/grafana:80/proxy",
        lambda result: result["status"] == 200,
        listener="tls",
        every_row=True,
        # It hands on whatever the Service says with the right status: all of it, and as it is.
        ends={
            **dict.fromkeys(ANY_CONTENT, EITHER),
            **{row.name: EITHER for row in WHOLE},
        },
    ),
    Subject(
        "tempo_trace_info",
        lambda place, listener: {**by_kubeconfig(place, listener), "trace_id": TRACE},
        api,
        "api",
        PROXY,
        lambda result: result["found"],
        name="through the API server: ",
        listener="tls",
    ),
    Subject(
        "cluster_preflight",
        preflight,
        api,
        "api",
        "/version",
        lambda result: result["problems"] == [],
        listener="tls",
        # What could not be read is told, and each other demand is judged.
        refusal=EITHER,
        told=told,
        fields=[
            Field("/version", "gitVersion", {**SHAPES, **NUMBERS, **TEXTS, **TAGS}, EITHER),
            Field(NAMESPACE, "metadata", SHAPES, EITHER),
            Field(NODES, "items", SHAPELESS, EITHER, told),
            Field(NODES, "items.0", SHAPES, EITHER, told),
            Field(NODES, "items.0.status", SHAPES, EITHER, told),
            Field(NODES, "items.0.status.allocatable.cpu", NO_AMOUNTS, EITHER, told),
            Field(NODES, "items.0.status.conditions.0", SHAPES, EITHER, told),
            Field(CLASSES, "items.0", SHAPES, EITHER, told),
            Field(CLASSES, "items.0.metadata", SHAPES, EITHER, told),
            Field(SLICES, "items.0.endpoints", SHAPELESS, EITHER),
            Field(f"{NAMESPACE}/pods", "items.0.spec", SHAPES, EITHER),
            Field(f"{NAMESPACE}/resourcequotas", "items.0.status.hard", SHAPES, EITHER),
            Field(f"{NAMESPACE}/limitranges", "items.0.spec.limits", SHAPES, EITHER),
            Field(f"{NAMESPACE}/secrets", "items.0.metadata.labels", SHAPES, EITHER),
            Field(f"{NAMESPACE}/secrets", "items.0.data.release", {**SHAPES, **TEXTS}, EITHER),
        ],
    ),
    Subject(
        "workloads_ready",
        ready,
        api,
        "api",
        f"{APPS}/statefulsets/tempo",
        lambda result: result["satisfied"],
        listener="tls",
        fields=[
            Field(f"{APPS}/statefulsets/tempo", "metadata", SHAPES, EITHER),
            Field(f"{APPS}/statefulsets/tempo", "spec", SHAPES, EITHER),
            Field(f"{APPS}/statefulsets/tempo", "status", SHAPES, REFUSED),
            Field(f"{APPS}/statefulsets/tempo", "status.readyReplicas", {**SHAPES, **NUMBERS}, EITHER),
        ],
    ),
    Subject(
        "generated_secret",
        lambda place, listener: secret(place, listener, "login"),
        api,
        "api",
        f"{NAMESPACE}/secrets/login",
        lambda result: result["exists"],
        listener="tls",
        # What is gone is made; what is there is left alone.
        ends=dict.fromkeys(NOT_THERE, EITHER),
    ),
    Subject(
        "generated_secret",
        secret,
        api,
        "api",
        f"POST {NAMESPACE}/secrets",
        lambda result: result["changed"],
        name="create: ",
        listener="tls",
        tls=False,
    ),
    Subject(
        "release_objects",
        objects,
        api,
        "api",
        "/apis/networking.k8s.io/v1/namespaces/tracing/networkpolicies/p",
        lambda result: result["changed"],
        listener="tls",
    ),
    Subject(
        "workloads_info",
        by_kubeconfig,
        api,
        "api",
        f"{NAMESPACE}/pods",
        lambda result: result["resources"] or result["unread"],
        listener="tls",
        # Nothing may run there, and what is not listed is named.
        ends=dict.fromkeys(
            (*NOT_THERE, "403 with escapes", "429 for ever", "503 for ever", "an object alone", "a type tag alone"),
            EITHER,
        ),
        fields=[
            Field(f"{NAMESPACE}/pods", "items", SHAPELESS, EITHER),
            Field(f"{NAMESPACE}/pods", "items.0", SHAPES, EITHER),
            Field(f"{NAMESPACE}/pods", "items.0.metadata", SHAPES, EITHER),
        ],
    ),
    Subject(
        "volume_claims",
        larger,
        volumes,
        "api",
        CLAIMS,
        lambda result: result["changed"],
        listener="tls",
        # Where there are no claims, there is nothing to enlarge.
        ends=dict.fromkeys(NOT_THERE, EITHER),
        fields=[
            Field(CLAIMS, "items", SHAPELESS, EITHER),
            Field(CLAIMS, "items.0", SHAPES, EITHER),
            Field(CLAIMS, "items.0.metadata", SHAPES, EITHER),
            Field(CLAIMS, "items.0.metadata.name", {**SHAPES, **TEXTS}, EITHER),
            Field(CLAIMS, "items.0.spec.resources.requests.storage", {**SHAPES, **NUMBERS, **TEXTS}, EITHER),
            Field(f"{APPS}/statefulsets/tempo", "metadata", SHAPES, EITHER),
            Field(f"{APPS}/statefulsets/tempo", "spec.volumeClaimTemplates", SHAPES, EITHER),
        ],
    ),
]
