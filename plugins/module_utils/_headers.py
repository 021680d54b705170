# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP headers out of options: checked before anything is sent, and never quoted.

The HTTP client's own error repeats a value that it cannot send, in a form that ``no_log`` does not recognise.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import HIDDEN, SENT

# By it a multi-tenant Tempo, and what stands before it, knows whose a request is.
TENANT_HEADER = "X-Scope-OrgID"
# RFC 9110: a name is a token; a value holds visible characters, spaces and tabs.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")


# What these say is no secret; any other header of a user's may hold one.
_SHOWN = frozenset({
    "accept", "accept-encoding", "accept-language", "cache-control", "content-type", "host", "user-agent",
    "x-grafana-org-id", TENANT_HEADER.lower(),
})  # fmt: skip


def header_value(value: object, option: str) -> str:
    """A value as it can be sent. White space around it goes: what a file held often ends in a newline."""
    text = str(value).strip()
    if not _VALUE.match(text):
        raise invalid(
            f"{option} cannot be sent in an HTTP header: it holds a line break or another character that has no place "
            "there.",
            "Give one line of plain text.",
        )
    return text


def header_values(given: Mapping[Any, Any], option: str) -> dict[str, str]:
    """Headers that a user names. The name stands in messages, the value does not."""
    headers = {}
    for name, value in given.items():
        if not _NAME.match(str(name)):
            raise invalid(f"{option}: one name is not that of an HTTP header.", "Use letters, digits and hyphens.")
        headers[str(name)] = header_value(value, f"{option}: the value of {name}")
        if not _is_shown(name):
            SENT.add(headers[str(name)])
    return headers


def shown_headers(given: Mapping[Any, Any]) -> dict[str, Any]:
    """Headers that a user names, as they can be printed."""
    return {str(name): value if _is_shown(name) else HIDDEN for name, value in given.items()}


def _is_shown(name: Any) -> bool:
    return str(name).lower() in _SHOWN


def bearer(token: str, option: str) -> str:
    """The value of ``Authorization`` for a token."""
    value = f"Bearer {header_value(token, option)}"
    SENT.add(value)
    return value


def basic(username: str, password: str) -> str:
    """The value of ``Authorization`` for a login. Base64 carries any character."""
    value = f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"
    SENT.add(value)
    return value
