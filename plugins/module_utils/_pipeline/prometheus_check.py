# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a Prometheus serves the pipeline: it answers, takes remote write, keeps exemplars and scrapes the parts.

The options that messages name are those of the role prometheus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_value
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, object_name, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    at_least,
    check_url,
    kubernetes_name,
    more_than_zero,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    ServiceSettings,
    Transport,
    UrlSettings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    by_url,
    kube_connection,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .prometheus_api import WRONG_STATUS, count, data, not_prometheus

_SHARED = ("kubeconfig", "context", "request_timeout", "validate_certs", "ca_path")
ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in _SHARED},
    "prometheus_url": {"type": "str", "default": ""},
    "prometheus_namespace": {"type": "str", "default": "tracing"},
    # The Secret and its keys are named, and no secrets themselves.
    "prometheus_auth": {"type": "str", "choices": ["none", "basic", "bearer"], "default": "none"},
    "prometheus_auth_secret": {"type": "str", "default": "", "no_log": False},
    "prometheus_auth_username_key": {"type": "str", "default": "username", "no_log": False},
    "prometheus_auth_password_key": {"type": "str", "default": "password", "no_log": False},
    "prometheus_auth_token_key": {"type": "str", "default": "token", "no_log": False},
    "remote_write": {"type": "bool", "default": True},
    "exemplars": {"type": "str", "choices": ["required", "wanted", "ignored"], "default": "wanted"},
    "flags_message": {"type": "str", "default": ""},
    "scraped": {"type": "list", "elements": "str", "default": []},
    "prometheus_service_monitors_enabled": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 2.0},
}
_LOGIN = "Set prometheus_auth and prometheus_auth_secret."
_KEYS = {"basic": ("username", "password"), "bearer": ("token",)}

_OTHER = "which is no Prometheus, or has it below another path: it answers 404."
_OTHER_FIX = "Correct the path. An endpoint that only takes remote write, such as Mimir, is for prometheus_mode remote."
_RECEIVER_OFF = (
    "prometheus_url is {url}, whose remote-write receiver is off, so that {url}/api/v1/write would answer 404 to "
    "Tempo's metrics. Switch it on: with the chart kube-prometheus-stack set prometheus.prometheusSpec."
    "enableRemoteWriteReceiver to true and prometheus.prometheusSpec.enableFeatures to [exemplar-storage]; with the "
    "chart prometheus add web.enable-remote-write-receiver and enable-feature=exemplar-storage to server.extraFlags; "
    "else start it with --web.enable-remote-write-receiver --enable-feature=exemplar-storage."
)
_NO_EXEMPLARS = (
    "The Prometheus at {url} keeps no exemplars, so that no metric leads to a trace. Start it with "
    "--enable-feature=exemplar-storage (kube-prometheus-stack: prometheus.prometheusSpec.enableFeatures)."
)
_NOT_SCRAPED = (
    "The Prometheus at {url} has no metrics of {part}. Where the Prometheus operator runs it, set "
    "prometheus_service_monitors_enabled to true; else add the target to its own configuration."
)
_MONITOR_IGNORED = (
    "The Prometheus at {url} has no metrics of {part}, although there is a ServiceMonitor k8s-tracing-{part} in "
    "namespace {namespace}. Its operator selects ServiceMonitors by label and namespace: set "
    "prometheus_service_monitor_labels, such as release=kube-prometheus-stack."
)


class PrometheusCheck:
    """Asks until Prometheus answers and scrapes what it must, or the time is over; nobody without a transport."""

    def __init__(self, params: Mapping[str, Any], prometheus: Transport | None, clock: Clock | None = None) -> None:
        self._params = params
        self._prometheus = prometheus
        self._clock = clock or Clock()
        self._deadline = Deadline(params["timeout"] or params["request_timeout"], self._clock)
        self._remote_write: bool | None = None
        self._exemplars: bool | None = None
        self._scraped = dict.fromkeys(params["scraped"], False)

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> PrometheusCheck:
        return cls(params, transport(params))

    def run(self) -> dict[str, Any]:
        unanswered = self._wait(self._prometheus) if self._prometheus else ""
        problems = [unanswered] if unanswered else [*self._flag_problems(), *self._unscraped(required=True)]
        result = {
            "satisfied": not problems,
            "reachable": self._prometheus is not None and not unanswered,
            "remote_write": self._remote_write,
            "exemplars": self._exemplars,
            "scraped": dict(self._scraped),
            "problems": problems,
            "warnings": [] if unanswered else [*self._flag_warnings(), *self._unscraped(required=False)],
            "elapsed_seconds": round(self._deadline.elapsed(), 3),
        }
        return {**result, "msg": " ".join(problems)} if problems else result

    def _wait(self, prometheus: Transport) -> str:
        """What is wrong with the answers; an empty text where there is nothing."""
        once, interval = self._params["timeout"] == 0, self._params["poll_interval"]
        try:
            outcome = poll(lambda: self._look(prometheus), self._deadline, interval, self._clock, once=once)
            error = None if outcome.done else outcome.last_error
        except TracingError as fatal:
            error = fatal
        if error is None:
            return ""
        # The API server says 404 too, where there is no such Service.
        if error.kind == WRONG_STATUS and error.status == 404:
            return f"prometheus_url is {self._url}, {_OTHER} {_OTHER_FIX}"
        return f"prometheus_url is {self._url}, and no Prometheus answers there: {error}"

    def _look(self, prometheus: Transport) -> tuple[bool, None]:
        if self._params["remote_write"] or self._params["exemplars"] != "ignored":
            self._read_flags(prometheus)
        elif not self._scraped:
            # The least that whatever takes queries can answer.
            count(prometheus, "vector(1)", timeout=self._request_timeout())
        for part in self._scraped:
            self._scraped[part] = count(prometheus, f"{part}_build_info", timeout=self._request_timeout()) > 0
        return not list(self._unscraped(required=True)), None

    def _read_flags(self, prometheus: Transport) -> None:
        flags = data(prometheus, "/api/v1/status/flags", timeout=self._request_timeout())
        receiver, features = shaped(
            lambda: (str(flags.get("web.enable-remote-write-receiver")), str(flags.get("enable-feature"))),
            lambda _error: not_prometheus(prometheus.where),
        )
        self._remote_write = receiver == "true" or "remote-write-receiver" in features
        self._exemplars = "exemplar-storage" in features

    @property
    def _url(self) -> str:
        return parse(self._params["prometheus_url"]).url

    def _request_timeout(self) -> float:
        return self._deadline.request_timeout(self._params["request_timeout"])

    def _flag_problems(self) -> Iterator[str]:
        found = []
        if self._params["remote_write"] and self._remote_write is False:
            found.append(_RECEIVER_OFF.format(url=self._url))
        if self._params["exemplars"] == "required" and self._exemplars is False:
            found.append(_NO_EXEMPLARS.format(url=self._url))
        yield from [self._params["flags_message"]] if found and self._params["flags_message"] else found

    def _flag_warnings(self) -> Iterator[str]:
        if self._params["exemplars"] == "wanted" and self._exemplars is False:
            yield _NO_EXEMPLARS.format(url=self._url)

    def _unscraped(self, *, required: bool) -> Iterator[str]:
        """For each part whose metrics are missing, what is to be done. A ServiceMonitor must be heeded."""
        if required == self._params["prometheus_service_monitors_enabled"]:
            text = _MONITOR_IGNORED if required else _NOT_SCRAPED
            for part in [part for part, there in self._scraped.items() if not there]:
                yield text.format(url=self._url, part=part, namespace=self._params["prometheus_namespace"])


def transport(params: Mapping[str, Any]) -> Transport | None:
    """The way to Prometheus, with the login of the Secret; a Service of the cluster is asked through the API server."""
    _check_options(params)
    found = login(params, kube_connection(params)) if params["prometheus_auth"] != "none" else {}
    if not params["prometheus_url"]:
        return None
    address = parse(params["prometheus_url"])
    name, namespace = address.service
    if name:
        to = ServiceSettings(namespace, name, address.port, address.scheme, path=address.path)
        return KubeProxyTransport(kube_connection(params), to)
    verify, ca = params["validate_certs"], params["ca_path"] or ""
    return by_url(UrlSettings(address.url, validate_certs=verify, ca_path=ca, **found))


def _check_options(params: Mapping[str, Any]) -> None:
    at_least(params["timeout"], 0, "timeout")
    more_than_zero(params["poll_interval"], "poll_interval")
    more_than_zero(params["request_timeout"], "request_timeout")
    kubernetes_name(params["prometheus_namespace"], "prometheus_namespace")
    if params["prometheus_url"]:
        check_url(params["prometheus_url"], "prometheus_url", _LOGIN)
    elif params["prometheus_auth"] == "none":
        raise invalid("prometheus_url is empty.", "Give an address, or a prometheus_auth to check its Secret.")
    if unfit := [part for part in params["scraped"] if not re.fullmatch(r"[a-z][a-z0-9_]*", part)]:
        raise invalid(f"scraped: {unfit[0]!r} is not how a metric begins.", "Give for example tempo or alloy.")


def login(params: Mapping[str, Any], connection: KubeConnection) -> dict[str, str]:
    """The credentials out of the Secret, as ``UrlSettings`` takes them."""
    auth, namespace = params["prometheus_auth"], params["prometheus_namespace"]
    name = object_name(params["prometheus_auth_secret"], "prometheus_auth_secret")
    keys = [params[f"prometheus_auth_{key}_key"] for key in _KEYS[auth]]
    api = KubeApi(connection, params["request_timeout"])
    values = understood(lambda: api.secret_texts(namespace, name, keys))
    if values is None:
        raise invalid(
            f"prometheus_auth_secret is {name}, and in namespace {namespace} there is no Secret of that name with the "
            f"keys {' and '.join(keys)}, which prometheus_auth {auth} needs: create it."
        )
    SENT.add(values[-1])
    if auth == "basic":
        return {"username": values[0], "password": values[1]}
    return {"bearer_token": header_value(values[0], "prometheus_auth_secret")}
