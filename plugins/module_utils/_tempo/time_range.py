# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What part of time a query is about, from options."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import search_start

DEFAULT_SINCE = "15m"

RANGE_ARGUMENTS: dict[str, dict[str, Any]] = {
    "since": {"type": "str"},
    "start": {"type": "str"},
    "end": {"type": "str"},
}


def time_range(params: Mapping[str, Any], now: float) -> tuple[int, int]:
    """Start and end in Unix seconds, whole ones that hold the range."""
    if params["since"] is not None and params["start"] is not None:
        raise invalid("since and start exclude each other.", "Give one of them.")
    end = now if params["end"] is None else moment(params["end"], "end")
    if params["start"] is not None:
        start = moment(params["start"], "start")
    else:
        start = search_start(params["since"] or DEFAULT_SINCE, end)
    if start >= end:
        raise invalid("start does not lie before end.", "Both are moments; a length of time goes into since.")
    return math.floor(start), math.ceil(end)


def moment(text: str, option: str) -> float:
    """Unix seconds, or a date and time in ISO 8601, which counts as UTC when it names no zone."""
    cleaned = text.strip()
    try:
        value = float(cleaned)
    except ValueError:
        value = _iso(cleaned, option)
    if not 0 < value < 2**40:
        raise _no_moment(text, option)
    return value


def _iso(text: str, option: str) -> float:
    try:
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise _no_moment(text, option) from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _no_moment(text: str, option: str) -> TracingError:
    return invalid(f"{option}: {text!r} is not a moment.", "Write for example 1763856000 or 2025-11-23T00:00:00Z.")
