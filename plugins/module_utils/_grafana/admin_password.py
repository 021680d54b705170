# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The password of Grafana's administrator, and the Secret that holds it, changed together.

Grafana reads the Secret at its first start alone. After that, its database has a password of its own, which only its
HTTP API changes. So Grafana is changed first and the Secret last: whatever interrupts it, one of the two passwords logs
in, and the next run goes on.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, object_name, texts_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import understood as understood_objects
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.generated_secret import MANAGED_BY, OURS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    at_least,
    kubernetes_name,
    more_than_zero,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import diff_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import (
    CONNECTION_ARGUMENTS,
    kube_connection,
    kube_service,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import cookie, wrong_status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .session import GRAFANA_ARGUMENTS

PASSWORD_ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "kubeconfig", "context", "request_timeout")},
    **{name: GRAFANA_ARGUMENTS[name] for name in ("service", "service_port", "service_scheme", "service_path")},
    "login_secret": {**GRAFANA_ARGUMENTS["login_secret"], "required": True},
    "password": {"type": "str", "no_log": True, "required": True},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 1.0},
}
_JSON = {"Content-Type": "application/json"}


class AdminPassword:
    def __init__(
        self, params: Mapping[str, Any], api: KubeApi, service: KubeProxyTransport, clock: Clock | None = None
    ) -> None:
        at_least(params["timeout"], 0, "timeout")
        for option in ("poll_interval", "request_timeout"):
            more_than_zero(params[option], option)
        secret = params["login_secret"]
        self._namespace = kubernetes_name(params["namespace"], "namespace")
        self._name = object_name(secret["name"], "login_secret.name")
        self._keys = secret["user_key"], secret["password_key"]
        self._wanted = _not_empty(params["password"])
        self._timeout, self._interval = params["timeout"], params["poll_interval"]
        self._limit = params["request_timeout"]
        self._api, self._service = api, service
        self._clock = clock or Clock()

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> AdminPassword:
        connection = kube_connection(params)
        path, scheme = params["service_path"], params["service_scheme"]
        service = kube_service(params, connection, scheme=scheme, path=path)
        return cls(params, KubeApi(connection, params["request_timeout"]), service)

    def run(self, *, check_mode: bool, with_diff: bool) -> dict[str, Any]:
        secret = self._api.get(self._path)
        if secret is None and check_mode:
            return self._result(changed=False, in_grafana=False, with_diff=False)  # it would have been made before
        user, now = understood_objects(lambda: self._login_in(secret or {}))
        if now == self._wanted:
            return self._result(changed=False, in_grafana=False, with_diff=False)
        understood_objects(lambda: self._demand_ours(secret or {}))
        if check_mode:
            return self._result(changed=True, in_grafana=True, with_diff=with_diff)
        in_grafana = self._change(user, now)
        self._keep(secret or {})
        return self._result(changed=True, in_grafana=in_grafana, with_diff=with_diff)

    @property
    def _path(self) -> str:
        return f"/api/v1/namespaces/{self._namespace}/secrets/{self._name}"

    @property
    def _where(self) -> str:
        return f"Secret {self._name} in namespace {self._namespace}"

    def _login_in(self, secret: Mapping[str, Any]) -> tuple[str, str]:
        texts = texts_of(secret, self._keys)
        if texts is None:
            raise invalid(
                f"There is no Secret {self._name} with the keys {' and '.join(self._keys)} in namespace "
                f"{self._namespace}.",
                "Give the Secret that Grafana's login was taken from.",
            )
        user, password = texts
        return user, password

    def _demand_ours(self, secret: Mapping[str, Any]) -> None:
        labels = secret["metadata"].get("labels") or {}
        if labels.get(MANAGED_BY) != OURS:
            raise TracingError(
                "secret_not_ours",
                f"{self._where} was not made by this collection, and holds another password than is given.",
                "Leave the password out (in the role: grafana_admin_password), so that the one in the Secret counts.",
            )

    def _change(self, user: str, now: str) -> bool:
        """Whether it was Grafana's to change: an earlier run may have come this far."""
        deadline = Deadline(self._timeout or self._limit, self._clock)
        outcome = poll(
            lambda: (True, self._open(user, now)), deadline, self._interval, self._clock, once=self._timeout == 0
        )
        if outcome.value is None:
            raise self._no_answer(outcome.last_error)
        session, with_old = outcome.value
        if with_old:
            self._put(session, now)
        return with_old

    def _no_answer(self, error: TracingError | None) -> TracingError:
        said = f" {error.message}" if error else ""
        return TracingError(
            "no_answer",
            f"Grafana does not answer, and only a Grafana that runs can change its password.{said} {self._where} is "
            "left as it was.",
            "Run again when it is ready, or leave the password as it was until then.",
            retryable=True,
        )

    def _open(self, user: str, now: str) -> tuple[str, bool]:
        """The cookie of a session, and whether it is the password in the Secret that has opened it."""
        for password in (now, self._wanted):
            answer = self._send("/login", {}, {"user": user, "password": password}, "POST")
            if answer.status == 200 and cookie(answer):
                return cookie(answer), password == now
            if answer.status != 401:
                raise wrong_status("Grafana", "the login", answer, "Look into its log.")
        raise TracingError(
            "wrong_login",
            f"Grafana takes neither the password in {self._where} nor the one that is given: somebody has changed it "
            "there.",
            "Give the password that Grafana has, or set it there: grafana cli admin reset-admin-password.",
            status=401,
        )

    def _put(self, session: str, now: str) -> None:
        body = {"oldPassword": now, "newPassword": self._wanted, "confirmNew": self._wanted}
        answer = self._send("/api/user/password", {"Cookie": session}, body, "PUT")
        if answer.status != 200 or answer.is_page:
            fix = f"{self._where} is left as it was. Give a password that Grafana takes."
            raise wrong_status("Grafana", "a change of the administrator's password", answer, fix)

    def _send(self, path: str, headers: Mapping[str, str], body: Mapping[str, str], method: str) -> Response:
        for name in ("password", "oldPassword", "newPassword"):
            if name in body:
                SENT.add(body[name])  # an answer that repeats it must not show it
        data = json.dumps(body).encode()
        return self._service.send(path, {**_JSON, **headers}, data, timeout=self._limit, method=method)

    def _keep(self, secret: Mapping[str, Any]) -> None:
        packed = base64.b64encode(self._wanted.encode()).decode()
        SENT.add(packed)
        self._api.replace(self._path, {**secret, "data": {**secret["data"], self._keys[1]: packed}})

    def _result(self, *, changed: bool, in_grafana: bool, with_diff: bool) -> dict[str, Any]:
        result: dict[str, Any] = {"changed": changed, "changed_in_grafana": in_grafana}
        if not with_diff:
            return result
        before, after = {self._keys[1]: "(hidden, the old one)"}, {self._keys[1]: "(hidden, the new one)"}
        return {**result, "diff": diff_of(f"Secret {self._namespace}/{self._name}", before, after)}


def _not_empty(password: str) -> str:
    if not password:
        raise invalid("password is empty.", "Give one.")
    return password
