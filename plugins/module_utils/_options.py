# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as users write them, checked and made into what the logic works with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid

_NUMBER, _UNIT = r"[0-9]++(?:\.[0-9]++)?", "ms|s|m|h|d"
_DURATION = re.compile(rf"(?:{_NUMBER}(?:{_UNIT}))+")
_PART = re.compile(rf"({_NUMBER})({_UNIT})")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
# From here on a number is a moment (2001) and no longer a length of time.
_EPOCH_FROM = 1_000_000_000


def seconds(text: str, option: str) -> float:
    """A length of time: a number of seconds, or numbers with units such as ``1h30m``."""
    cleaned = text.strip()
    try:
        value = float(cleaned)
    except ValueError:
        if not _DURATION.fullmatch(cleaned):
            raise invalid(f"{option}: {text!r} is not a duration.", "Write for example 90, 15m or 1h30m.") from None
        value = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(cleaned))
    if not 0 < value < float("inf"):
        raise invalid(f"{option}: {text!r} must be more than zero.")
    return value


def search_start(since: str, now: float) -> int:
    """The Unix time from which to search: ``since`` is a duration back from now, or a moment itself."""
    value = seconds(since, "since")
    start = value if value >= _EPOCH_FROM else now - value
    if start > now:
        raise invalid(f"since: {since!r} lies in the future.")
    return int(start)


def parse_edge(text: str) -> tuple[str, str]:
    parts = tuple(part.strip() for part in text.split("->"))
    if len(parts) != 2 or not all(parts):
        raise invalid(f"expect_edges: {text!r} is not an edge.", 'Write "parent -> child" with two service names.')
    if parts[0] == parts[1]:
        raise invalid(f"expect_edges: {text!r} leads back to the same service.", "An edge joins two services.")
    return parts[0], parts[1]


def names(values: Sequence[str] | None, option: str) -> tuple[str, ...]:
    given = tuple(values or ())
    if any(not value.strip() for value in given):
        raise invalid(f"{option} holds an empty service name.")
    return given


def at_least(value: float | None, least: float, option: str) -> None:
    if value is not None and not least <= value < float("inf"):
        raise invalid(f"{option} is {value:g}, but must be at least {least:g}.")


def more_than_zero(value: float, option: str) -> None:
    if not 0 < value < float("inf"):
        raise invalid(f"{option} is {value:g}, but must be more than zero.")


# Where an option of headers takes a login; its name goes into the text.
HEADER_LOGIN = "Give them as the header Authorization in {}, which is kept out of logs."


def check_url(url: str, option: str, login: str = "Leave them out: it is asked without any.") -> str:
    """A base URL; a path in it is a prefix. ``login`` says where credentials go instead."""
    example = "Write for example http://tempo.example.com:3200."
    if has_login(url):
        raise invalid(f"{option} holds credentials.", login)
    # What follows a question mark may be a token.
    shown = re.split("[?#]", url)[0]
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise invalid(f"{option}: {shown!r} is not a URL ({error}).", example) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise invalid(f"{option}: {shown!r} is not an http or https URL.", example)
    if parts.query or parts.fragment or any(c.isspace() or not c.isprintable() for c in url.strip()):
        raise invalid(f"{option}: {shown!r} holds more than scheme, host, port and prefix.", example)
    return url.strip()


def path_prefix(value: str, option: str) -> str:
    """A path that stands in front of others."""
    path = value.rstrip("/")
    if path and (not path.startswith("/") or any(c.isspace() or not c.isprintable() or c in "?#" for c in path)):
        raise invalid(f"{option}: {value!r} is no path.", "Begin with a slash, such as /prometheus.")
    return path


def kubernetes_name(value: str, option: str) -> str:
    if not _DNS_LABEL.match(value):
        raise invalid(f"{option}: {value!r} is not a name that Kubernetes knows.", "Use a-z, 0-9 and '-', 63 at most.")
    return value


def port(value: int, option: str) -> int:
    if not 1 <= value <= 65535:
        raise invalid(f"{option} is {value}, but must be a port from 1 to 65535.")
    return value
