# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What generators that go on meanwhile count of themselves, by k6's status API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED, parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import kubernetes_name
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import shell_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    ServiceSettings,
    Transport,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import (
    KubeProxyTransport,
    PodTransport,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import kube_connection

from .counters import STARTED_AT, ComponentSample

STATUS_PORT = 6565
# Counters of roles/k6_trace_generator/files/scripts. One that has counted nothing yet is not listed.
_COUNTERS = ("traces_sent", "spans_sent", "spans_failed")

GENERATOR_ARGUMENTS: dict[str, dict[str, Any]] = {
    "generator_namespace": {"type": "str"},
    "generator_pods": {"type": "list", "elements": "str", "default": []},
}


def generator_transports(params: Mapping[str, Any]) -> list[tuple[str, Transport]]:
    """The name of each pod, and the way to its status API. Sends nothing yet."""
    names = [kubernetes_name(name, "generator_pods") for name in params["generator_pods"]]
    if not names:
        return []
    if params["url"]:
        raise invalid(
            "generator_pods are asked through the Kubernetes API server.", "Leave url out, or generator_pods."
        )
    namespace = kubernetes_name(params["generator_namespace"] or params["namespace"], "generator_namespace")
    settings = ServiceSettings(namespace, "k6", STATUS_PORT, shell=shell_of(params))
    service = KubeProxyTransport(kube_connection(params), settings)
    return [(name, PodTransport(service, name, STATUS_PORT)) for name in names]


def read_generators(
    pods: Sequence[tuple[str, Transport]], now: float, request_timeout: Callable[[], float]
) -> ComponentSample:
    """One sample of all, by pod, never failing. Of one that cannot be read nothing is known of all of them."""
    instances: dict[str, dict[str, float]] = {}
    for name, transport in pods:
        try:
            response = transport.get("/v1/metrics", timeout=request_timeout())
            if response.status != 200:
                raise _foreign(name)
            instances[name] = k6_counters(response.body, now)
        except TracingError as error:
            return _unread(name, error)
        except UNSHAPED:
            return _unread(name, _foreign(name))
    return ComponentSample("generators", instances)


def _unread(pod: str, error: TracingError) -> ComponentSample:
    return ComponentSample(f"pod {pod}", {}, error.kind, str(error))


def k6_counters(page: bytes, now: float) -> dict[str, float]:
    """The counts since k6 began, and the Unix time of that. Raises one of ``UNSHAPED`` on anything else."""
    metrics = {str(one["id"]): one["attributes"]["sample"] for one in parse_json(page)["data"]}
    counted = {name: _number(metrics.get(name, {"count": 0})["count"]) for name in _COUNTERS}
    began = _began(metrics.get("iterations", {}), now)
    return counted if began is None else {**counted, STARTED_AT: began}


def _began(iterations: Mapping[str, Any], now: float) -> float | None:
    """k6 tells no time, but its counts also by the second."""
    count, rate = finite(iterations.get("count")), finite(iterations.get("rate"))
    return finite(now - count / rate) if count and rate else None


def _number(value: Any) -> float:
    number = finite(value)
    if number is None or number < 0:
        raise ValueError(f"{value!r:.40} is no count")
    return number


def _foreign(pod: str) -> TracingError:
    return TracingError("not_k6", f"Pod {pod} does not tell k6's counters.", "Check that it is a k6 that runs.")
