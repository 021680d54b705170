# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the modules ask Grafana's HTTP API: at its address, or its Service through the API server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._connection import Response, UrlSettings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    CONNECTION_ARGUMENTS,
    by_url,
    check_url,
    kube_connection,
    kube_service,
    more_than_zero,
)

_SHARED = ("url", "namespace", "service_scheme", "kubeconfig", "context", "request_timeout", "ca_path")
GRAFANA_ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in (*_SHARED, "validate_certs")},
    "service": {"type": "str", "default": "grafana"},
    "service_port": {"type": "int", "default": 80},
    "headers": {"type": "dict", "default": {}, "no_log": True},
}
SHOWN_CHARACTERS = 300

Ask = Callable[[str, float], Response]


def asker(params: Mapping[str, Any]) -> Ask:
    """How Grafana is asked: at its address, or through the API server."""
    more_than_zero(params["request_timeout"], "request_timeout")
    headers = {str(name): str(value) for name, value in params["headers"].items()}
    if params["url"]:
        to = UrlSettings(
            url=check_url(params["url"], "url"),
            validate_certs=params["validate_certs"],
            ca_path=params["ca_path"] or "",
        )
        address = by_url(to)
        return lambda path, timeout: address.send(path, headers, None, timeout=timeout)
    service = kube_service(params, kube_connection(params), scheme=params["service_scheme"])
    return lambda path, timeout: service.send(path, headers, None, timeout=timeout)


def says(answer: Response) -> str:
    """What an answer says, short enough for a message."""
    return " ".join(answer.body.decode("utf-8", "replace").split())[:SHOWN_CHARACTERS] or "nothing"


def read_json(ask: Ask, path: str, timeout: float) -> Any:
    """What Grafana answers to a GET; ``TracingError`` for another status than 200, and for what is no JSON."""
    answer = ask(path, timeout)
    if answer.status != 200:
        raise TracingError(
            "wrong_status",
            f"Grafana answered {answer.status} to {path}: {says(answer)}.",
            "Check the login, and what is asked.",
            retryable=answer.status >= 500,
            status=answer.status,
        )
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise invalid(f"What answers to {path} is no Grafana.", "Check url or service.") from error
