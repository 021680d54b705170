# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what Alloy and Tempo count about spans: one sample of the pipeline at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import tempo_error
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport

from .prometheus_text import (
    Sample,
    read,
    select,
    shows,
    total,
    total_by,
    whole,
)

DISCARDED = "discarded:"
# When the process behind a counter began: after a restart it counts from zero again.
STARTED_AT = "started_at"
# These go up and down; all others only ever grow while a process lives.
GAUGES = frozenset(
    {"queued", "queue_capacity", "balancing", "config_loaded", "live_traces", "blocks_waiting", STARTED_AT}
)

_ALLOY = {
    "accepted": "otelcol_receiver_accepted_spans",
    "refused": "otelcol_receiver_refused_spans",
    "sent": "otelcol_exporter_sent_spans",
    "send_failed": "otelcol_exporter_send_failed_spans",
    "enqueue_failed": "otelcol_exporter_enqueue_failed_spans",
    "queued": "otelcol_exporter_queue_size",
    "queue_capacity": "otelcol_exporter_queue_capacity",
}
_CONFIG_LOADED = "alloy_config_last_load_successful"
_STARTED = "process_start_time_seconds"
# The components of the role `alloy` by which spans come in and go out to Tempo. An Alloy may have others: exporters to
# further backends, and a tier in between that hands each trace to one pod, where every span is counted a second time.
_OUTER = {
    "otelcol_receiver_": frozenset(f"otelcol.receiver.otlp.{name}" for name in ("in", "outside", "proxied")),
    "otelcol_exporter_": frozenset({"otelcol.exporter.otlp.tempo", "otelcol.exporter.otlphttp.tempo"}),
}
# Instead of the exporter to Tempo there may be one for each route of the role.
_ROUTES = ("otelcol.exporter.otlp.route_", "otelcol.exporter.otlphttp.route_")
_BALANCER = "otelcol.exporter.loadbalancing."
_BALANCED = "otelcol.receiver.otlp."
_TEMPO = {
    "received": "tempo_distributor_spans_received",
    "receiver_refused": "tempo_receiver_refused_spans",
}
# A distributor that writes to Kafka counts as received what it could not write, each time that Alloy sends it again. So
# the receiver is asked there, which counts what was taken.
_KAFKA_WRITER = "tempo_distributor_buffered_produce_bytes_limit"
_TEMPO_ON_KAFKA = {
    **_TEMPO,
    "received": "tempo_receiver_accepted_spans",
    "kafka_failed": "tempo_distributor_produce_failures",
}
# The same facts under the names of Tempo 2.x and 3.x.
_TEMPO_KEPT = {
    "traces_created": ("tempo_ingester_traces_created", "tempo_live_store_traces_created"),
    "live_traces": ("tempo_ingester_live_traces", "tempo_live_store_live_traces"),
    # How far one process is in handing its blocks over to the object store.
    "blocks_waiting": ("tempo_ingester_flush_queue_length", "tempo_live_store_complete_queue_length"),
    "blocks_completed": ("tempo_live_store_blocks_completed",),
    "blocks_flushed": ("tempo_live_store_local_blocks_flushed",),
    STARTED_AT: (_STARTED,),
}
_DISCARDED = "tempo_discarded_spans"


@dataclass(frozen=True)
class ComponentSample:
    """The counters of one component, by instance (pod or address), or why they could not be read.

    With several instances some may be read and others not: then there are counters and an error.
    """

    where: str
    instances: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    error_kind: str = ""
    error: str = ""

    @property
    def readable(self) -> bool:
        return bool(self.instances)

    def value(self, name: str) -> float | None:
        values = [counters[name] for counters in self.instances.values() if name in counters]
        return sum(values) if values else None

    def to_dict(self) -> dict[str, Any]:
        instances = {name: dict(counters) for name, counters in self.instances.items()}
        totals = {name: self.value(name) for name in sorted({n for c in instances.values() for n in c} - {STARTED_AT})}
        return {
            "where": self.where,
            "instances": instances,
            "totals": totals,
            "error_kind": self.error_kind,
            "error": self.error,
        }


@dataclass(frozen=True)
class PipelineSample:
    """Both components at one moment, and generators that go on; None for what was not looked at."""

    taken_at: float
    alloy: ComponentSample | None
    tempo: ComponentSample | None
    generators: ComponentSample | None = None
    # Seconds from the first counter that was read to the last.
    took: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "taken_at": self.taken_at,
            "alloy": self.alloy.to_dict() if self.alloy else None,
            "tempo": self.tempo.to_dict() if self.tempo else None,
            "generators": self.generators.to_dict() if self.generators else None,
            "took": self.took,
        }


def sample_from_dict(data: Mapping[str, Any]) -> PipelineSample:
    """The way back, for a snapshot that came through a playbook variable."""
    try:
        return PipelineSample(
            _number(data["taken_at"]),
            _component_from_dict(data["alloy"]),
            _component_from_dict(data["tempo"]),
            _component_from_dict(data.get("generators")),
            _number(data.get("took", 0)),
        )
    except UNSHAPED as error:
        raise invalid(
            f"baseline is not a snapshot ({type(error).__name__}: {error}).",
            "Pass the snapshot that tracing_pipeline_info returned.",
        ) from error


def _number(value: Any) -> float:
    number = finite(value)
    if number is None:
        raise ValueError(f"{value!r:.40} is no number")
    return number


def _component_from_dict(data: Mapping[str, Any] | None) -> ComponentSample | None:
    if data is None:
        return None
    instances = {
        str(name): {str(key): _number(value) for key, value in counters.items()}
        for name, counters in data["instances"].items()
    }
    return ComponentSample(
        str(data.get("where", "")), instances, str(data.get("error_kind", "")), str(data.get("error", ""))
    )


def read_pipeline(
    now: float, alloy: Transport | None, tempo: Transport | None, request_timeout: Callable[[], float]
) -> PipelineSample:
    return PipelineSample(
        now,
        read_component(alloy, alloy_counters, request_timeout) if alloy else None,
        read_component(tempo, tempo_counters, request_timeout) if tempo else None,
    )


def read_component(
    transport: Transport,
    counters: Callable[[bytes], dict[str, float]],
    request_timeout: Callable[[], float],
) -> ComponentSample:
    """One component, never failing: that it cannot be read is an observation too."""
    instances: dict[str, dict[str, float]] = {}
    try:
        for name, member in transport.members(timeout=request_timeout()):
            instances[name] = counters(_metrics(member, request_timeout()))
    except TracingError as error:
        return ComponentSample(transport.where, instances, error.kind, str(error))
    return ComponentSample(transport.where, instances)


def _metrics(transport: Transport, timeout: float) -> bytes:
    response = transport.get("/metrics", timeout=timeout)
    if response.status != 200:
        raise tempo_error(transport.where, response.status, "")
    return response.body


def alloy_counters(page: bytes) -> dict[str, float]:
    """A counter that Alloy does not show yet has counted nothing: it appears with its first span."""
    if not shows(page, "alloy_", "otelcol_"):
        raise _foreign("Alloy", "alloy_service_port (12345 by default) or alloy_url")
    samples = read(whole(page), (*_ALLOY.values(), _CONFIG_LOADED, _STARTED))
    traces = [sample for sample in samples if _about_traces(sample.labels)]
    outer = [sample for prefix, names in _OUTER.items() for sample in _outer_tier(traces, prefix, names)]
    counted = _counted(outer, _ALLOY)
    optional = {
        "balancing": total(traces, _ALLOY["queued"], lambda labels: _component(labels).startswith(_BALANCER)),
        "config_loaded": total(samples, _CONFIG_LOADED),
        STARTED_AT: total(samples, _STARTED),
    }
    return {**counted, **{key: value for key, value in optional.items() if value is not None}}


def _counted(samples: list[Sample], names: Mapping[str, str]) -> dict[str, float]:
    """A counter that is not shown is zero. One that is shown with a number that no counter can have is not known."""
    values = {key: total(samples, name) for key, name in names.items()}
    return {key: value or 0.0 for key, value in values.items() if value is not None or not select(samples, names[key])}


def _about_traces(labels: Mapping[str, str]) -> bool:
    """Queues of exporters for logs and metrics do not count; older versions have no such label."""
    return labels.get("data_type", "traces") == "traces"


def _outer_tier(samples: list[Sample], prefix: str, names: frozenset[str]) -> list[Sample]:
    """The role's own component where there is one. Of another Alloy all, but for those between its pods."""
    found = [sample for sample in samples if sample.name.startswith(prefix)]
    own = [sample for sample in found if (name := _component(sample.labels)) in names or name.startswith(_ROUTES)]
    between = _between_pods(samples)
    return own or [sample for sample in found if _component(sample.labels) not in between]


def _between_pods(samples: list[Sample]) -> set[str]:
    """Balancing exporters, and the receivers of the same name: a counter is there only after its first span, so that
    a pod may know of the inner tier alone."""
    balancers = {name for sample in samples if (name := _component(sample.labels)).startswith(_BALANCER)}
    return balancers | {_BALANCED + name.removeprefix(_BALANCER) for name in balancers}


def _component(labels: Mapping[str, str]) -> str:
    return labels.get("component_id", "")


def tempo_counters(page: bytes) -> dict[str, float]:
    """Only a process with a distributor counts what came in: for others nothing is known, which is not zero."""
    if not shows(page, "tempo_"):
        raise _foreign("Tempo", "service_port (3200 by default) or url")
    kept = [name for names in _TEMPO_KEPT.values() for name in names]
    received = _TEMPO_ON_KAFKA if shows(page, _KAFKA_WRITER) else _TEMPO
    samples = read(whole(page), (*received.values(), *kept, _DISCARDED))
    counted: dict[str, float] = {}
    if shows(page, "tempo_distributor_"):
        counted = _counted(samples, received)
    for reason, value in total_by(samples, _DISCARDED, "reason").items():
        counted[DISCARDED + (reason or "unknown")] = value
    for key, names in _TEMPO_KEPT.items():
        found = [count for name in names if (count := total(samples, name)) is not None]
        if found:
            counted[key] = sum(found)
    return counted


def _foreign(component: str, options: str) -> TracingError:
    return TracingError(
        f"not_{component.lower()}", f"The metrics there are not those of {component}.", f"Check {options}."
    )
