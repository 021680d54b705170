# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of trace_contract_record: find a trace, wait until it is whole, and write the contract that it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered, plural
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    at_least,
    more_than_zero,
    search_start,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.files import (
    changes,
    check_writable,
    set_mode,
    write,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.asked import asked_for, contradiction
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import (
    CLOCK_SKEW_SECONDS,
    SearchRange,
    TempoClient,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search import Search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace, parse_trace_id
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import tempo_transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .record import record
from .watch import Watched

RECORD_ARGUMENTS: dict[str, dict[str, Any]] = {
    "dest": {"type": "path", "required": True},
    "name": {"type": "str"},
    "trace_id": {"type": "str"},
    "query": {"type": "str"},
    "since": {"type": "str", "default": "15m"},
    "settle": {"type": "float", "default": 6.0},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 1.0},
}
# The newest of these is recorded.
_LIMIT = 20
_LONGEST_NAME = 200
# It is kept beside the code of the application, and holds nothing secret.
_MODE = 0o644
Put = Callable[[Path, bytes], None]


def record_contract(params: Mapping[str, Any], put: Put | None, *, with_diff: bool = False) -> dict[str, Any]:
    return Recording(params, tempo_transport(params), put).run(with_diff=with_diff)


class Recording:
    """``put`` writes a file, and is None in check mode."""

    def __init__(
        self, params: Mapping[str, Any], tempo: Transport, put: Put | None, clock: Clock | None = None
    ) -> None:
        self._params = params
        self._put = put
        self._clock = clock or Clock()
        self._check_options()
        self._dest = Path(params["dest"])
        self._start = search_start(params["since"], self._clock.wall())
        self._deadline = Deadline(params["timeout"] or params["request_timeout"], self._clock)
        self._client = TempoClient(tempo, self._deadline, params["request_timeout"])
        self._search = Search(self._client)
        self._watched = (
            Watched(parse_trace_id(params["trace_id"], "trace_id")) if params["trace_id"] is not None else None
        )

    def _check_options(self) -> None:
        params = self._params
        if (params["trace_id"] is None) == (params["query"] is None):
            raise invalid("Either trace_id or query must be given.", "Name the trace to record in trace_id.")
        at_least(params["timeout"], 0, "timeout")
        at_least(params["settle"], 0, "settle")
        more_than_zero(params["poll_interval"], "poll_interval")
        name = params["name"]
        if name is not None and not (name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
            raise invalid(f"name is {name[:60]!r}, but must be one line of up to {_LONGEST_NAME} characters.")

    def run(self, *, with_diff: bool = False) -> dict[str, Any]:
        params = self._params
        check_writable(self._dest.parent)
        if self._dest.is_dir():
            raise invalid(f"dest {self._dest} is a directory.", "Name the file, such as tracing-contract.yml.")
        trace = self._whole_trace()
        text = record(trace, (params["name"] or "").strip())
        changed = changes(self._dest.parent, {self._dest.name: text})
        if changed and self._put:
            is_new = not self._dest.exists()
            write(self._dest.parent, changed, self._put, _MODE)
            if is_new:
                set_mode([self._dest], _MODE)
        result = {
            "changed": bool(changed),
            "dest": str(self._dest),
            "contract": text,
            "trace_id": trace.trace_id,
            "span_count": len(trace.spans),
            "services": trace.services,
            "notes": self._notes(trace),
        }
        return {**result, "diff": [one.to_diff() for one in changed]} if with_diff else result

    def _whole_trace(self) -> Trace:
        once = self._params["timeout"] == 0
        outcome = poll(self._look, self._deadline, self._params["poll_interval"], self._clock, once=once)
        watched = self._watched
        if outcome.last_error and not outcome.done:
            raise outcome.last_error
        if watched is None or watched.seen is None:
            raise self._not_found(watched)
        if not outcome.done:
            raise TracingError(
                "trace_incomplete",
                f"Trace {watched.trace_id} is not known to be whole: spans came until the end of the time limit, or "
                "Tempo gives only a part of it.",
                "Raise timeout, or name an older trace.",
                retryable=True,
            )
        return watched.seen.trace

    def _look(self) -> tuple[bool, None]:
        if self._watched is None:
            self._watched = self._newest()
        if self._watched is not None:
            watched = self._watched
            watched.take(self._client.trace(watched.trace_id), self._deadline.elapsed(), self._client.now())
            return watched.settled(self._params["settle"], []), None
        return False, None

    def _newest(self) -> Watched | None:
        query = self._params["query"].strip() or "{ }"
        end = int(self._clock.wall()) + CLOCK_SKEW_SECONDS
        found = self._search.ask(query, SearchRange(self._start, end, _LIMIT))
        if not found.lines:
            return None
        line = max(found.lines.values(), key=lambda one: (one.trace.start_unix_nano, one.trace.trace_id)).trace
        told = contradiction(line, self._client.trace(line.trace_id), asked_for(query=query), self._start, end)
        if told:
            raise self._client.unfit(told)
        return Watched(line.trace_id)

    def _not_found(self, watched: Watched | None) -> TracingError:
        if watched is not None:
            told = f"{self._client.where} holds no trace {watched.trace_id}."
            return TracingError("trace_not_found", told, "Check trace_id and tenant.", retryable=True)
        sight = self._client.sight()
        hidden = f" {sight.described}." if sight.hidden else ""
        return TracingError(
            "trace_not_found",
            f"{self._client.where} finds no trace for {self._params['query']} since then.{hidden}",
            "Correct query, or go further back with since.",
            retryable=True,
        )

    def _notes(self, trace: Trace) -> list[str]:
        errors = sum(span.status == "error" for span in trace.spans)
        have = f"{numbered(errors, 'span')} of the trace {plural(errors, 'has', 'have')}"
        return [f"{have} the status error, which the contract now demands."] if errors else []
