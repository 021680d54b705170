# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to a Service through the API server, and its answer as a task result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import more_than_zero

from .connection import Response
from .options import CONNECTION_ARGUMENTS, kube_connection, kube_service

SHOWN_CHARACTERS = 300
# All of it becomes a result of a task.
MAX_CONTENT_BYTES = 4 * 1024 * 1024

ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("namespace", "service_scheme", "kubeconfig", "context")},
    "request_timeout": CONNECTION_ARGUMENTS["request_timeout"],
    "service": {"type": "str", "required": True},
    "service_port": {"type": "int", "required": True},
    "path": {"type": "str", "default": "/"},
    "body": {"type": "raw", "no_log": True},
    "method": {"type": "str", "choices": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "status_code": {"type": "list", "elements": "int", "default": [200]},
}


def ask(params: Mapping[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """Send the request that the options describe; ``TracingError`` when no right answer comes.

    Who names a method that is no GET wants a change, which check mode only foretells.
    """
    more_than_zero(params["request_timeout"], "request_timeout")
    if not params["path"].startswith("/") or any(c.isspace() or not c.isprintable() for c in params["path"]):
        raise invalid(f"path: {params['path']!r} is not a path.", "Begin with a slash and escape spaces as %20.")
    method = params["method"] or ""
    changes = method not in ("", "GET")
    if changes and check_mode:
        return {"changed": True}
    transport = kube_service(params, kube_connection(params), scheme=params["service_scheme"])
    body = None if params["body"] is None else json.dumps(params["body"]).encode()
    timeout = params["request_timeout"]
    answer = transport.send(params["path"], headers(params, body), body, timeout=timeout, method=method)
    if answer.status not in params["status_code"]:
        raise wrong_status(transport.where, params["path"], answer)
    return {"changed": changes, **result(answer)}


def headers(params: Mapping[str, Any], body: bytes | None) -> dict[str, str]:
    given = header_values(params["headers"], "headers")
    return given if body is None else {"Content-Type": "application/json", **given}


def says(answer: Response) -> str:
    """What an answer says, short enough for a message."""
    return " ".join(answer.body.decode("utf-8", "replace").split())[:SHOWN_CHARACTERS] or "nothing"


def wrong_status(where: str, asked: str, answer: Response, fix: str = "") -> TracingError:
    return TracingError(
        "wrong_status",
        f"{where} answered {answer.status} to {asked}: {says(answer)}.",
        fix,
        retryable=answer.status >= 500,
        status=answer.status,
    )


def result(answer: Response) -> dict[str, Any]:
    if len(answer.body) > MAX_CONTENT_BYTES:
        raise TracingError(
            "too_large",
            f"The answer has {len(answer.body) // 1024} KiB, and {MAX_CONTENT_BYTES // 1024} KiB are the most.",
            "Ask for less.",
        )
    text = answer.body.decode("utf-8", "replace")
    found: dict[str, Any] = {"status": answer.status, "content": text, "cookie": cookie(answer)}
    with suppress(ValueError, TracingError):  # not JSON, or too much of it: the content says all
        found["json"] = parse_json(text)
    return found


def cookie(answer: Response) -> str:
    """The names and values of the cookies that an answer sets, without their attributes."""
    try:
        jars = [SimpleCookie(line) for line in answer.headers.get("set-cookie", "").splitlines()]
    except CookieError:
        return ""
    return "; ".join(f"{morsel.key}={morsel.value}" for jar in jars for morsel in jar.values())
