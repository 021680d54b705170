# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the metrics that Tempo makes from spans reach Prometheus, and what stands in their way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import tempo_error
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
    kube_service,
    plain_url,
    transports,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import (
    COULD_NOT_LOOK,
    MISMATCH,
    PROVEN,
    UNMET,
    looked,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, Outcome, poll

from .prometheus_api import count
from .prometheus_text import read, shows, total, whole

STAGE = "tempo_to_prometheus"
FAMILIES = ("traces_spanmetrics_calls_total", "traces_service_graph_request_total")
COUNTERS_SECONDS = 5.0
# Without any of these, what answers is not Tempo's page of metrics.
_OF_TEMPO = ("tempo_", "prometheus_remote_storage_")
_REMOTE_WRITE = tuple(f"prometheus_remote_storage_samples_{name}" for name in ("in", "failed", "retried"))

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION_ARGUMENTS,
    "metrics": {"type": "list", "elements": "str", "default": list(FAMILIES)},
    "fresh_since": {"type": "float"},
    "prometheus_url": {"type": "str"},
    "prometheus_namespace": {"type": "str"},
    "prometheus_service": {"type": "str", "default": "prometheus-server"},
    "prometheus_service_port": {"type": "int", "default": 80},
    "prometheus_service_scheme": {"type": "str", "choices": ["http", "https"], "default": "http"},
    "prometheus_service_path": {"type": "str", "default": ""},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 1.0},
}

_FIX_REFUSED = (
    "Start Prometheus with --web.enable-remote-write-receiver (without it, it answers 404), and check the generator's "
    "remote write URL: it ends in /api/v1/write."
)
_FIX_NOT_MADE = (
    "Enable Tempo's metrics generator and name service-graphs and span-metrics in overrides.defaults.metrics_generator."
    "processors; spans older than 30 s make no metrics."
)
_FIX_ELSEWHERE = "Check that the generator's remote write URL leads to this very Prometheus."


@dataclass(frozen=True)
class Settings:
    """What is asked; ``fresh_since`` is a Unix time before which a sample does not count."""

    metrics: tuple[str, ...]
    fresh_since: float
    timeout: float
    poll_interval: float
    request_timeout: float


def settings(params: Mapping[str, Any], now: float) -> Settings:
    for metric in params["metrics"]:
        if not metric.replace("_", "a").replace(":", "a").isalnum() or metric[0].isdigit():
            raise invalid(f"metrics: {metric!r} is not the name of a metric.", "Give the bare name, without labels.")
    if not params["metrics"]:
        raise invalid("metrics is empty.", "Name at least one metric, or leave it out.")
    at_least(params["timeout"], 0, "timeout")
    more_than_zero(params["poll_interval"], "poll_interval")
    since = now if params["fresh_since"] is None else params["fresh_since"]
    return Settings(
        tuple(params["metrics"]), since, params["timeout"], params["poll_interval"], params["request_timeout"]
    )


def prometheus(params: Mapping[str, Any]) -> Transport:
    if params["prometheus_url"]:
        return plain_url(params, "prometheus_url")
    scheme, path = params["prometheus_service_scheme"], params["prometheus_service_path"]
    return kube_service(params, kube_connection(params), "prometheus_", scheme=scheme, path=path)


class SpanMetrics:
    """Waits until Prometheus holds fresh samples of every metric."""

    def __init__(self, settings: Settings, prometheus: Transport, tempo: Transport, clock: Clock | None = None) -> None:
        self._settings = settings
        self._prometheus = prometheus
        self._tempo = tempo
        self._clock = clock or Clock()
        self._series: dict[str, int] = {}

    @classmethod
    def from_params(cls, params: Mapping[str, Any], now: float) -> SpanMetrics:
        return cls(settings(params, now), prometheus(params), transports(params)[0])

    def run(self) -> dict[str, Any]:
        wanted = self._settings
        # A single look still gets the time that one request may take.
        deadline = Deadline(wanted.timeout or wanted.request_timeout, self._clock)
        outcome = poll(
            lambda: self._look(deadline), deadline, wanted.poll_interval, self._clock, once=wanted.timeout == 0
        )
        verdict = PROVEN if outcome.done else UNMET if outcome.last_error is None else COULD_NOT_LOOK
        if outcome.last_error is not None and outcome.last_error.kind == MISMATCH:
            verdict = MISMATCH
        found: dict[str, Any] = {
            "satisfied": outcome.done,
            "verdict": verdict,
            "series": dict(self._series),
            "attempts": outcome.attempts,
            "elapsed_seconds": round(deadline.elapsed(), 3),
        }
        if outcome.done:
            return found
        diagnosis = self._diagnose(outcome)
        missing = [metric for metric in wanted.metrics if not self._series.get(metric)]
        elapsed = f"{found['elapsed_seconds']:.1f} s"
        asked = f"No fresh samples of {', '.join(missing)} in Prometheus after {elapsed}."
        if not looked(verdict):
            asked = f"The check could not be made (after {elapsed})."
        return {**found, "diagnosis": diagnosis, "msg": f"{asked} {diagnosis['message']} {diagnosis['fix']}"}

    def _look(self, deadline: Deadline) -> tuple[bool, None]:
        for metric in self._settings.metrics:
            # `timestamp` is when the sample was made: an old one may be looked up for five minutes.
            timeout = deadline.request_timeout(self._settings.request_timeout)
            fresh = f"timestamp({metric}) >= {self._settings.fresh_since:.3f}"
            self._series[metric] = count(self._prometheus, fresh, timeout=timeout)
        return all(self._series.values()), None

    def _diagnose(self, outcome: Outcome[None]) -> dict[str, Any]:
        if outcome.last_error is not None:
            message = f"Prometheus could not be asked: {outcome.last_error}"
            return _diagnosis(message, "Bring Prometheus up; see its log.", [])
        counted = self._tempo_counters()
        if isinstance(counted, TracingError):
            return _diagnosis(f"What Tempo wrote could not be read: {counted}", _FIX_ELSEWHERE, [])
        made, failed, waiting = counted
        evidence = [f"Tempo made {made} samples; {failed} were refused for good, and {waiting} wait to be sent again."]
        if failed or waiting:
            return _diagnosis("Prometheus refuses what Tempo writes.", _FIX_REFUSED, evidence)
        if made is None:
            unknown = "Whether Tempo makes metrics from spans is not known: this process of it counts no samples."
            return _diagnosis(unknown, _FIX_NOT_MADE, [])
        if not made:
            return _diagnosis("Tempo makes no metrics from spans.", _FIX_NOT_MADE, evidence)
        return _diagnosis("Tempo writes metrics, and they are not in this Prometheus.", _FIX_ELSEWHERE, evidence)

    def _tempo_counters(self) -> tuple[int | None, int, int] | TracingError:
        """Samples made (None where another process makes them), refused for good, and tried again."""
        try:
            response = self._tempo.get("/metrics", timeout=COUNTERS_SECONDS)
            counted = response.status == 200 and shows(response.body, *_OF_TEMPO)
            samples = read(whole(response.body), _REMOTE_WRITE) if counted else []
        except TracingError as error:
            return error
        if not counted:
            return tempo_error(f"Tempo at {self._tempo.where}", response.status, "no metrics of Tempo")
        made, failed, retried = (total(samples, name) for name in _REMOTE_WRITE)
        return None if made is None else round(made), round(failed or 0), round(retried or 0)


def _diagnosis(message: str, fix: str, evidence: list[str]) -> dict[str, Any]:
    return {"stage": STAGE, "message": message, "fix": fix, "evidence": evidence}
