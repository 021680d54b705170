# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP request that a case may send of its own."""

from __future__ import annotations

import json

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import header_values

from . import fields
from .document import Node
from .model import Request

REQUEST_KEYS = frozenset({"url", "path", "method", "headers", "body", "status"})
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_OWN_HEADERS = ("traceparent", "tracestate")


def read_request(node: Node) -> Request:
    given = fields.entries(node, "request", REQUEST_KEYS)
    if ("url" in given) == ("path" in given):
        raise node.wrong("request takes either url or path.", "path is for the module's request_url.")
    target = _path(given["path"]) if "path" in given else _url(given["url"])
    method = fields.choice(given["method"], "method", _METHODS) if "method" in given else "GET"
    headers, body = _headers(given), _body(given)
    if body is not None and not isinstance(given["body"].value, str):
        headers = {"Content-Type": "application/json", **headers}
    statuses = _statuses(given["status"]) if "status" in given else ()
    return Request(target, method, headers, body, statuses)


def _path(node: Node) -> str:
    path = fields.text(node, "path")
    if not path.startswith("/") or any(c.isspace() or not c.isprintable() or ord(c) > 126 for c in path):
        raise node.wrong(f"path is {path[:60]!r}, which is no path.", "Begin with a slash, and escape spaces as %20.")
    return path


def _url(node: Node) -> str:
    url = fields.text(node, "url").strip()
    if has_login(url):
        raise node.wrong("url holds credentials.", "Give them in headers of the module, with request_url and path.")
    if not url.startswith(("http://", "https://")) or any(c.isspace() or not 32 < ord(c) < 127 for c in url):
        raise node.wrong(f"url is {url[:60]!r}, which is no http or https URL.", "Write http://shop.example:8080/book.")
    return url


def _headers(given: dict[str, Node]) -> dict[str, str]:
    if "headers" not in given:
        return {}
    node = given["headers"]
    if not isinstance(node.value, dict):
        raise node.wrong("headers is no mapping.", "Write name: value.")
    values = {name: fields.text(value, f"the header {name}") for name, value in node.value.items()}
    own = [name for name in values if name.lower() in _OWN_HEADERS]
    if own:
        raise node.wrong_key(own[0], f"{own[0]} is set by the case itself.", "Leave it out.")
    try:
        return header_values(values, "headers")
    except TracingError as error:
        raise node.wrong(error.message, error.fix) from error


def _body(given: dict[str, Node]) -> bytes | None:
    """A text as it is; anything else as JSON."""
    if "body" not in given:
        return None
    plain = given["body"].plain
    return (plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)).encode()


def _statuses(node: Node) -> tuple[int, ...]:
    items = node.value if isinstance(node.value, list) else [node]
    return tuple(fields.whole(item, "status of request", 100, 599) for item in items)
