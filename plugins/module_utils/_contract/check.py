# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of a contract: rounds of requests, searches and reads that all cases share, until each case is decided.

What costs is asked once: one search for all cases with the same ``find``, and each trace is read once a round for all
cases that judge it, and not again when it is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._parallel import each
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.asked import asked_for, contradiction
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import (
    CLOCK_SKEW_SECONDS,
    SearchRange,
    TempoClient,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search import Search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import build
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import FIX, Sight, clock_time
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import COULD_NOT_LOOK
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .model import Case, Request
from .result import Checked
from .send import Requests, Sent
from .settings import Counted, Settings
from .state import SKIPPED, Outlook, Searched, State
from .watch import Watched

# A search lists so many traces, of which a case judges a few.
SEARCH_LIMIT = 200
# All of them are held at the same time; each takes about 6 KB.
MAX_SPANS_HELD = 30_000


class ContractCheck:
    def __init__(self, settings: Settings, tempo: Transport, requests: Requests, clock: Clock | None = None) -> None:
        self._settings = settings
        self._requests = requests
        self._clock = clock or Clock()
        # With a time limit of zero there is one look, which may still take as long as a request may.
        self._deadline = Deadline(settings.timeout or settings.request_timeout, self._clock)
        self._began = self._clock.wall()
        self._transport = Counted(tempo)
        self._client = TempoClient(self._transport, self._deadline, settings.request_timeout)
        self._searcher = Search(self._client)
        self._sight: Sight | None = None
        self._searched: dict[str, Searched] = {}
        self._traces: dict[str, Watched] = {}
        self._states = [self._state(case) for case in settings.contract.cases]

    def _state(self, case: Case) -> State:
        settings = self._settings
        if case.request and settings.check_mode and not case.request.only_reads:
            return State(case, outlook=Outlook(SKIPPED, ends=True))
        if case.request:
            return State(case)
        if settings.trace_ids:
            self._watch(settings.trace_ids)
            return State(case, trace_ids=list(settings.trace_ids))
        return State(case, build(attributes=case.find.attributes) if case.find else "")

    def run(self) -> dict[str, Any]:
        settings = self._settings
        once = settings.timeout == 0
        poll(self._round, self._deadline, settings.poll_interval, self._clock, once=once)
        return self._checked().to_dict()

    def partial(self) -> dict[str, Any]:
        """What is known when an error ended the check: of what was not decided, nothing."""
        for state in self._states:
            if not state.outlook.ends:
                state.outlook = Outlook(COULD_NOT_LOOK, state.outlook.problems)
        return {**self._checked().to_dict(), "satisfied": False, "verdict": COULD_NOT_LOOK}

    def _checked(self) -> Checked:
        return Checked(
            self._settings.contract.name,
            self._states,
            self._traces,
            self._transport.requests,
            self._deadline.elapsed(),
            [self._sight.note] if self._sight and self._sight.note else [],
        )

    def _round(self) -> tuple[bool, None]:
        self._send()
        self._search()
        self._read()
        ends = [
            state.look(self._traces, self._settings.settle, self._searched.get(state.query)) for state in self._states
        ]
        for state, ended in zip(self._states, ends, strict=True):
            if ended and state.seconds is None:
                state.seconds = self._deadline.elapsed()
        return all(ends), None

    def _open(self) -> list[State]:
        return [state for state in self._states if not state.outlook.ends]

    def _send(self) -> None:
        asked = [(state, state.case.request) for state in self._open() if not state.sent or state.sent.again]
        waiting = [(state, request) for state, request in asked if request]
        for (state, _request), answer in zip(waiting, each(self._sent, waiting), strict=True):
            if isinstance(answer, TracingError):
                # An attempt that the deadline cut short says nothing new.
                keeps = answer.kind == "deadline" and (state.sent or state.send_error)
                state.send_error = state.send_error if keeps else answer
                continue
            state.sent, state.send_error, state.trace_ids = answer, None, [answer.trace_id]
            sent_at = self._deadline.elapsed()
            self._traces[answer.trace_id] = Watched(answer.trace_id, answer.span_id, changed_at=sent_at)

    def _sent(self, waiting: tuple[State, Request]) -> Sent:
        return self._requests.send(waiting[1], self._deadline.request_timeout(self._settings.request_timeout))

    def _search(self) -> None:
        waiting = [state for state in self._open() if state.waits_for_traces or state.contradictions]
        queries = list(dict.fromkeys(state.query for state in waiting))
        for query, searched in zip(queries, each(self._ask, queries), strict=True):
            self._searched[query] = self._newest(query, searched)
        lacking = False
        for state in waiting:
            self._choose(state)
            lacking = lacking or state.waits_for_traces
        if lacking and self._sight is None:
            (sight,) = each(lambda _none: self._client.sight(), [None])
            self._sight = _answer(sight) or self._sight
            for searched in self._searched.values():
                searched.hidden = self._hidden(self._client.now())

    def _newest(self, query: str, searched: Searched | TracingError) -> Searched:
        answer = _answer(searched)
        if answer is None and isinstance(searched, TracingError):
            before = self._searched.get(query)
            return before if before and searched.kind == "deadline" else Searched(error=searched)
        return answer or Searched()

    def _ask(self, query: str) -> Searched:
        asked_at, start = self._client.now(), self._settings.start
        hidden = self._hidden(asked_at)
        if self._sight and self._sight.hidden and self._sight.until(asked_at) <= start:
            return Searched(hidden=hidden, found=None)  # it would be answered with older traces
        limit = max([SEARCH_LIMIT, *(state.case.min_traces for state in self._states if state.query == query)])
        end = int(self._clock.wall()) + CLOCK_SKEW_SECONDS
        return Searched(self._searcher.ask(query, SearchRange(start, end, limit)), hidden=hidden)

    def _hidden(self, asked_at: float) -> str:
        sight = self._sight
        if sight is None or not sight.hidden or sight.until(asked_at) >= self._began:
            return ""
        seen = f"what came after {clock_time(sight.until(asked_at))} could not be seen"
        return f"{sight.described}: {seen}. Raise timeout above {sight.hidden:g} s, or {FIX}"

    def _choose(self, state: State) -> None:
        """The newest traces. Once there are enough they stay, since in live traffic the newest one always grows."""
        found = self._searched[state.query].found
        if found is None:
            return
        newest = sorted(found.lines, key=lambda one: (-found.lines[one].trace.start_unix_nano, one))
        state.found = len(newest)
        state.trace_ids = [] if state.waits_for_traces else newest[: state.case.sample]
        self._watch(state.trace_ids)

    def _watch(self, trace_ids: Sequence[str]) -> None:
        for trace_id in trace_ids:
            self._traces.setdefault(trace_id, Watched(trace_id))

    def _read(self) -> None:
        settle = self._settings.settle
        wanted = dict.fromkeys(
            trace_id
            for state in self._open()
            for trace_id in state.trace_ids
            if not self._traces[trace_id].settled(settle, state.findings(self._traces[trace_id]))
            or trace_id in state.contradictions
        )
        ids = list(wanted)
        for trace_id, trace in zip(ids, each(self._client.trace, ids), strict=True):
            watched = self._traces[trace_id]
            if not isinstance(trace, TracingError):
                watched.take(trace, self._deadline.elapsed(), self._client.now())
            elif trace.kind != "deadline" or watched.read_at is None:
                if trace.kind != "trace_too_large":
                    _answer(trace)
                watched.error = trace
        held = sum(len(one.seen.trace.spans) for one in self._traces.values() if one.seen)
        if held > MAX_SPANS_HELD:
            raise TracingError(
                "too_large",
                f"The traces to judge have {held} spans together, and {MAX_SPANS_HELD} are held at the same time.",
                "Lower sample, or split the contract.",
            )
        self._compare()

    def _compare(self) -> None:
        """What search told of a trace against the trace itself."""
        end = self._clock.wall() + CLOCK_SKEW_SECONDS
        for state in self._open():
            found = self._searched[state.query].found if state.query in self._searched else None
            state.contradictions.clear()
            if found is None or state.case.find is None:
                continue
            asked = asked_for(query="", attributes=state.case.find.attributes)
            for trace_id in state.trace_ids:
                watched, line = self._traces[trace_id], found.lines.get(trace_id)
                if line is None or watched.error or watched.read_at is None:
                    continue
                trace = watched.seen.trace if watched.seen else None
                told = contradiction(line.trace, trace, asked, self._settings.start, end)
                if told:
                    state.contradictions[trace_id] = told


def _answer(answer: Any) -> Any:
    """None for an error that may pass; any other one ends the check."""
    if not isinstance(answer, TracingError):
        return answer
    if not answer.retryable:
        raise answer
    return None
