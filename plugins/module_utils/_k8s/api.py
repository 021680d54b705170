# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of the Kubernetes API itself, by path. No discovery and no generated classes: one call is one request."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json, shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import (
    KubeConnection,
    Way,
    not_an_object,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Params, Response

T = TypeVar("T")
MAX_TEXT_BYTES = 1024 * 1024
_JSON = {"Content-Type": "application/json"}
# What a path of an object is made of: names may come from the API server, and must not lead elsewhere.
_PATH = re.compile(r"(/(?!\.{1,2}(/|\Z))[^/?#%\s\x00-\x1f]+)+\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")


def understood(read: Callable[[], T]) -> T:
    """What ``read`` makes of objects; ``TracingError`` where they are not as Kubernetes has them."""
    return shaped(read, not_an_object)


def object_name(value: str, option: str) -> str:
    """A name that most kinds of objects may have: with dots, other than that of a namespace or a Service."""
    if len(value) > 253 or not _SUBDOMAIN.match(value):
        raise invalid(
            f"{option}: {value!r} is not a name that Kubernetes knows.", "Use a-z, 0-9, '-' and '.', 253 at most."
        )
    return value


def texts_of(secret: Mapping[str, Any], keys: Sequence[str]) -> list[str] | None:
    """What a Secret has under each key; None where one of them is missing. ``UNSHAPED`` for what is no text."""
    data = secret.get("data") or {}
    return [base64.b64decode(data[key]).decode() for key in keys] if set(keys) <= set(data) else None


class KubeApi:
    """Reads, creates, changes and deletes objects as a kubeconfig's user. ``TracingError`` when the server says no."""

    def __init__(self, connection: KubeConnection, timeout: float = 10.0) -> None:
        self._connection = connection
        self._timeout = timeout

    @property
    def host(self) -> str:
        return self._connection.host

    @property
    def way(self) -> Way:
        return self._connection.way

    def get(self, path: str, params: Params = ()) -> dict[str, Any] | None:
        """An object or a list of them; None when there is no such thing."""
        answer = self._ask(path, params, {})
        return None if answer.status == 404 else _content(answer, "read", path)

    def items(self, path: str, params: Params = ()) -> list[dict[str, Any]]:
        """The objects of a list; none when nothing of that kind can exist."""
        return _items(self.get(path, params) or {})

    def secret_texts(self, namespace: str, name: str, keys: Sequence[str]) -> list[str] | None:
        """As ``texts_of``; None where there is no such Secret, too."""
        return texts_of(self.get(f"/api/v1/namespaces/{namespace}/secrets/{name}") or {}, keys)

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object as it was created; None when one of that name is there already."""
        answer = self._ask(path, (), _JSON, json.dumps(body).encode())
        return None if answer.status == 409 else _same(_content(answer, "create", path), body)

    def apply(self, path: str, body: Mapping[str, Any], manager: str, *, dry_run: bool = False) -> dict[str, Any]:
        """The object as it is after a server-side apply; with ``dry_run``, as it would be."""
        params = [("fieldManager", manager), ("force", "true")] + ([("dryRun", "All")] if dry_run else [])
        headers = {"Content-Type": "application/apply-patch+yaml"}
        content = json.dumps(body).encode()
        answer = self._ask(path, params, headers, content, "PATCH")
        return _same(_content(answer, "apply", path), body)

    def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as it is after it was replaced. One that has changed since it was read is refused."""
        answer = self._ask(path, (), _JSON, json.dumps(body).encode(), "PUT")
        return _same(_content(answer, "update", path), body)

    def patch(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """The object as it is after a merge patch; with ``dry_run``, as it would be."""
        params = [("dryRun", "All")] if dry_run else []
        headers = {"Content-Type": "application/merge-patch+json"}
        answer = self._ask(path, params, headers, json.dumps(body).encode(), "PATCH")
        return _same(_content(answer, "patch", path), body)

    def delete(self, path: str, uid: str, *, orphan: bool = False) -> bool:
        """Whether the object was there to delete. Another one that took its name meanwhile is refused.

        With ``orphan``, what it owns stays.
        """
        options = {"preconditions": {"uid": uid}, **({"propagationPolicy": "Orphan"} if orphan else {})}
        answer = self._ask(path, (), _JSON, json.dumps(options).encode(), "DELETE")
        if answer.status != 404:
            _content(answer, "delete", path)
        return answer.status != 404

    def text(self, path: str, params: Params = ()) -> str:
        """What is no object, such as the log of a container; the end of it, where there is much."""
        answer = self._ask(path, params, {"Accept": "*/*"})
        if answer.status >= 300:
            return str(_content(answer, "read", path))
        return answer.body[-MAX_TEXT_BYTES:].decode("utf-8", "replace")

    def _ask(
        self, path: str, params: Params, headers: Mapping[str, str], body: bytes | None = None, method: str = ""
    ) -> Response:
        """What is there, and what is not, only a Kubernetes API can say."""
        if not _PATH.match(path):
            raise not_an_object(ValueError("a name that is a path"))
        named = {"method": method} if method else {}
        answer = self._connection.request(path, params, headers, body, timeout=self._timeout, **named)
        self._connection.demand_kubernetes(answer, timeout=self._timeout)
        return answer


def _items(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = content.get("items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise not_an_object(TypeError("items"))
    return items


def _same(made: dict[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """An object that was made, or changed, is the one that was sent. Reviews have no name."""
    name = (sent.get("metadata") or {}).get("name")
    if name and (not isinstance(made.get("metadata"), dict) or made["metadata"].get("name") != name):
        raise not_an_object(ValueError("another name"))
    return made


def _content(answer: Response, verb: str, path: str) -> dict[str, Any]:
    try:
        content = parse_json(answer.body)
    except ValueError:
        content = None
    failed = isinstance(content, dict) and (content.get("kind"), content.get("status")) == ("Status", "Failure")
    if answer.status < 300 and isinstance(content, dict) and not failed:
        return content
    said = str(content.get("message", "")) if isinstance(content, dict) else ""
    raise _refusal(answer.status, said, verb, path)


def _refusal(status: int, said: str, verb: str, path: str) -> TracingError:
    detail = said or f"it answered {status}"
    if status == 401:
        return TracingError(
            "unauthorized",
            f"The Kubernetes API server does not accept the credentials: {detail}.",
            "Log in again, or check kubeconfig and context.",
            status=status,
        )
    if status == 403:
        return TracingError(
            "forbidden",
            f"The Kubernetes API server does not let this user {verb} {path}: {detail}.",
            "Grant the right, or use another context.",
            status=status,
        )
    return TracingError(
        "kubernetes_api",
        f"The Kubernetes API server refused to {verb} {path}: {detail}.",
        retryable=status >= 500 or status == 429,
        status=status,
    )
