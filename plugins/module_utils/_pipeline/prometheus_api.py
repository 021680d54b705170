# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus' HTTP API: what it answers to a path, and how many series an expression has."""

from __future__ import annotations

from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json, shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import decimal
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import decode, short_body
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import mismatch

# The label in which an answer carries its question: a proxy or cache may give that to another one.
ASKED = "asked"
WRONG_STATUS = "prometheus_error"


def data(prometheus: Transport, path: str, params: Params = (), *, timeout: float) -> Any:
    """What Prometheus answers, without its envelope."""
    where = prometheus.where
    response = prometheus.get(path, params, timeout=timeout)
    if response.status != 200:
        raise TracingError(
            WRONG_STATUS,
            f"{where} answered {response.status} to {path}: {short_body(response)}.",
            "Check that this is Prometheus, and the login.",
            retryable=response.status >= 500,
            status=response.status,
        )
    return shaped(lambda: parse_json(decode(response, where))["data"], lambda _error: not_prometheus(where))


def count(prometheus: Transport, of: str, *, timeout: float) -> int:
    """How many series there are. The answer repeats in a label what it is about, and is never empty."""
    where, query = prometheus.where, f'label_replace(count({of}) or vector(0), "{ASKED}", "{of}", "", "")'
    found = data(prometheus, "/api/v1/query", [("query", query)], timeout=timeout)
    value, told = shaped(lambda: _value(found["result"]), lambda _error: not_prometheus(where))
    if told != of:
        raise mismatch(f"{where} was asked about {of}, and its answer is about {told or 'nothing'}.")
    return value


def _value(result: Any) -> tuple[int, str]:
    """The number in the answer to an instant query, and what it says that it is about."""
    if result == []:
        return 0, ""
    found = int(decimal(result[0]["value"][1]))
    if found < 0:
        raise ValueError("a count below zero")
    return found, str(result[0]["metric"].get(ASKED, ""))


def not_prometheus(where: str) -> TracingError:
    return TracingError(
        "not_prometheus", f"{where} does not answer as Prometheus does.", "Check prometheus_service or prometheus_url."
    )
