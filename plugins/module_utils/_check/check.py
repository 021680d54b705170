# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check itself: look, compare with what is demanded, wait, look again; then account for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._parallel import each
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.account import Account, make_account
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.counters import (
    PipelineSample,
    read_pipeline,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.diagnosis import NONE, Diagnosis, diagnose
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.asked import Asked, contradiction
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import (
    CLOCK_SKEW_SECONDS,
    FoundTrace,
    SearchRange,
    TempoClient,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search import Found, Search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace, edge_text
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import Sight
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import (
    COULD_NOT_LOOK,
    MISMATCH,
    PROVEN,
    UNMET,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, Outcome, poll

from .expectations import (
    Demands,
    Observed,
    count_matching,
    unmet,
    unmet_bounds,
    unmet_counts,
    unmet_in_traces,
    violated,
)
from .unseen import Look, unseen

# Tempo cuts what it shows to whole seconds, and the last look comes a little before the end.
CUT_SECONDS = 1.5
# How many whole traces one look may read, as evidence and in search of what is missing.
TRACES_PER_LOOK = 20
# After so many failures one look asks for no further trace by id: they are Tempo's, and not those of a trace.
MOST_FAILURES = 10
# Above this many traces an exact count by reading them whole would cost more than it is worth.
MAX_RECOUNTED = 200
# The counters are read beside the check, and must not eat its time.
COUNTERS_SECONDS = 5.0
# Summaries in the result; the ids of the others are there all the same.
MAX_SUMMARIES = 100


@dataclass(frozen=True)
class CheckSettings:
    demands: Demands
    query: str
    search: bool
    start: int
    limit: int
    sample: int
    timeout: float
    poll_interval: float
    request_timeout: float
    # What decides alone which spans match, when spans can be counted here; see traceql.resource_conditions.
    conditions: Mapping[str, Any] | None = None
    # What a whole trace is held against.
    asked: Asked = field(default_factory=Asked)
    baseline: PipelineSample | None = None
    diagnose: bool = True
    generated_spans: int | None = None
    generated_traces: int | None = None


@dataclass
class _Progress:
    """What the looks have brought so far."""

    observed: Observed
    search_seconds: float | None = None
    by_id_seconds: float | None = None
    # How long the last look took to read traces that the next one need not read.
    spared_seconds: float = 0.0
    version: str | None = None
    last_searched_spans: int = -1
    # The newest search: its answer, and when it was asked on the clock of the server.
    searched: Found = field(default_factory=Found)
    searched_at: float | None = None
    sight: Sight | None = None
    notes: list[str] = field(default_factory=list)
    # Traces that could not be read whole, and how the others contradict search or what was asked.
    unreadable: set[str] = field(default_factory=set)
    contradictions: dict[str, str] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)


class Check:
    def __init__(
        self,
        settings: CheckSettings,
        tempo: Transport,
        alloy: Transport | None,
        clock: Clock | None = None,
        counted: Transport | None = None,
    ) -> None:
        """``counted`` leads to where spans are received, if that is not where queries are answered."""
        self._settings = settings
        self._tempo = tempo
        self._alloy = alloy
        self._counted = counted or tempo
        self._clock = clock or Clock()
        # With a time limit of zero there is one look, which may still take as long as a request may.
        self._deadline = Deadline(settings.timeout or settings.request_timeout, self._clock)
        self._began = self._clock.wall()
        self._client = TempoClient(tempo, self._deadline, settings.request_timeout)
        self._searcher = Search(self._client)
        self._progress = _Progress(Observed(settings.search))

    def run(self) -> dict[str, Any]:
        """The result; ``satisfied`` says how it ended, ``msg`` why."""
        settings = self._settings
        start = settings.baseline
        if start is None and settings.diagnose:
            start = self._counters(min(COUNTERS_SECONDS, self._deadline.remaining() / 2))
        once = settings.timeout == 0
        outcome = poll(
            self._look,
            self._deadline,
            settings.poll_interval,
            self._clock,
            once=once,
            spared=lambda: self._progress.spared_seconds,
        )
        problems = unmet(settings.demands, self._progress.observed)
        wrong = self._mismatch(outcome.last_error)
        reasons = [str(wrong)] if wrong else self._unseen(problems, outcome.last_error)
        verdict = MISMATCH if wrong else COULD_NOT_LOOK if reasons else UNMET if problems else PROVEN
        result = {"satisfied": verdict == PROVEN, "verdict": verdict, **self._evidence(outcome)}
        if verdict == PROVEN:
            return result
        diagnosis, account = self._diagnose(start, looked=not reasons) if settings.diagnose else (None, None)
        result["diagnosis"] = diagnosis.to_dict() if diagnosis else None
        result["account"] = account.to_dict() if account else None
        result["msg"] = self._message(problems, reasons, diagnosis)
        result["unmet"] = problems
        return result

    def partial_evidence(self) -> dict[str, Any]:
        """What was seen before a fatal error."""
        return {"satisfied": False, "verdict": COULD_NOT_LOOK, **self._evidence(None)}

    def _look(self) -> tuple[bool, None]:
        """One look: search, then read whole traces for what search cannot tell."""
        demands, progress = self._settings.demands, self._progress
        progress.spared_seconds = 0.0
        if progress.version is None:
            progress.version = self._client.version_if_told()
        # By id first: that way sees a trace earlier, and the time of each is measured.
        self._read_demanded()
        if self._settings.search:
            self._search()
        counts_missing = unmet_counts(demands, progress.observed)
        broken = violated(demands, progress.observed)
        if not broken and (not counts_missing or demands.edges or demands.expressions):
            self._read_samples()
        elif broken or progress.contradictions or not progress.compared:
            self._read_beside()
        if progress.searched.stray:
            self._learn_sight()
        if self._mismatch(None):
            return False, None
        if broken:
            return True, None
        missing = counts_missing or [
            *unmet_in_traces(demands, progress.observed),
            *unmet_bounds(demands, progress.observed),
        ]
        if self._settings.search and (missing or demands.of_all):
            self._learn_sight()
        done = not missing and not demands.only_negative
        return done and self._settled() and not self._unseen([], None), None

    def _search(self) -> None:
        settings, progress = self._settings, self._progress
        progress.searched_at = self._client.now()
        end = int(self._clock.wall()) + CLOCK_SKEW_SECONDS
        seen_until = progress.sight.until(progress.searched_at) if progress.sight else end
        # A range that begins out of sight would be answered with older traces.
        progress.searched = (
            self._searcher.ask(settings.query, SearchRange(settings.start, end, settings.limit))
            if seen_until > settings.start
            else Found()
        )
        observed = progress.observed
        observed.found = {trace_id: line.trace for trace_id, line in progress.searched.lines.items()}
        self._recount_when_stuck()
        met = observed.found and not unmet_counts(settings.demands, observed)
        if met and progress.search_seconds is None:
            progress.search_seconds = self._deadline.elapsed()

    def _learn_sight(self) -> None:
        """What Tempo hides shows later: where something must stay away, that is waited for beyond the time limit."""
        settings, progress = self._settings, self._progress
        if progress.sight is not None:
            return
        progress.sight = self._client.sight()
        if progress.sight.note:
            self._note(progress.sight.note)
        if settings.timeout and (settings.demands.of_absence or settings.demands.only_negative):
            behind = max(0.0, self._clock.wall() - self._client.now())
            late = max(progress.sight.hidden, progress.sight.lag)
            self._deadline.extend(late + behind + CUT_SECONDS if late else 0.0)

    def _settled(self) -> bool:
        """Whether search finds what came before this task: absence is told of nothing less, but by a single look."""
        settings, progress = self._settings, self._progress
        if not settings.search or not settings.demands.of_absence or not settings.timeout:
            return True
        sight, asked_at = progress.sight or Sight(), progress.searched_at
        return asked_at is not None and sight.settled(asked_at) >= self._began

    def _unseen(self, problems: list[str], error: TracingError | None) -> list[str]:
        """Why no verdict can be given; empty when what was looked at decides."""
        if error is not None:
            return [str(error)]
        progress, settings = self._progress, self._settings
        if not settings.search or violated(settings.demands, progress.observed):
            return []
        look = Look(progress.searched, progress.searched_at, progress.sight or Sight(), settings.start, self._began)
        return unseen(look, settings.demands, lacking=bool(problems))

    def _recount_when_stuck(self) -> None:
        """Count spans by reading traces whole when search has stopped short of the demand.

        Tempo's search takes the larger count, not the sum, when the spans of a trace lie in two blocks.
        """
        observed, conditions = self._progress.observed, self._settings.conditions
        searched = sum(trace.matched for trace in observed.found.values())
        stuck = searched == self._progress.last_searched_spans
        self._progress.last_searched_spans = searched
        short = observed.span_count < self._settings.demands.min_spans
        if not stuck or not short or conditions is None or not 0 < len(observed.found) <= MAX_RECOUNTED:
            return
        for trace_id in observed.found:
            trace = self._client.trace(trace_id)
            if trace is not None:
                observed.counted[trace_id] = count_matching(trace, conditions)

    def _read_demanded(self) -> None:
        demands, progress = self._settings.demands, self._progress
        traces = progress.observed.traces
        asked = self._to_read()
        failed: list[TracingError] = []
        began = self._deadline.elapsed()
        answers = each(partial(self._read_unless_failed, failed), asked)
        traces.update({answer.trace_id: answer for answer in answers if isinstance(answer, Trace)})
        if asked:
            took, share = self._deadline.elapsed() - began, len(self._to_read()) / len(asked)
            progress.spared_seconds = took * max(0.0, 1 - share)
        late = [answer for answer in answers if isinstance(answer, TracingError) and answer.kind == "deadline"]
        if failed or late:
            raise self._worst(failed, late, len(asked))
        if demands.trace_ids and all(trace_id in traces for trace_id in demands.trace_ids):
            self._seen_by_id()

    def _read_unless_failed(self, failed: list[TracingError], trace_id: str) -> Trace | None:
        """One of several, unless the others have shown that there is no use in asking."""
        if len(failed) >= MOST_FAILURES or not all(error.retryable for error in failed):
            return None
        try:
            return self._client.trace(trace_id)
        except TracingError as error:
            if error.kind != "deadline":
                failed.append(error)
            raise

    def _to_read(self) -> list[str]:
        """Those that are missing, and those that lack what is demanded while the rest of their spans may still come."""
        demands, observed = self._settings.demands, self._progress.observed
        missing = [trace_id for trace_id in demands.trace_ids if trace_id not in observed.traces]
        if self._settings.search and not (demands.edges or demands.expressions):
            both = observed.found.keys() & observed.traces.keys()
            return missing + [one for one in demands.trace_ids if one in both and self._has_grown(one)]
        if missing and not unmet(replace(demands, trace_ids=(), min_traces=0), observed):
            return missing
        return list(demands.trace_ids)

    def _worst(self, failed: list[TracingError], late: list[TracingError], asked: int) -> TracingError:
        """What no second attempt would mend, else an answer to another question, else that the time was too short for
        all of them, else the first.
        """
        decides = [error for error in failed if not error.retryable] or [e for e in failed if e.kind == MISMATCH]
        if decides or not late or asked == 1 or len(failed) >= MOST_FAILURES:
            return (decides or failed or late)[0]
        return TracingError(
            "deadline",
            f"{asked - len(late)} of {asked} traces could be asked for by id within the time limit of"
            f" {self._deadline.seconds:g} s: raise timeout, or give fewer trace_ids.",
            f"{len(failed)} of them failed: {failed[0]}" if failed else "",
            retryable=True,
        )

    def _mismatch(self, error: TracingError | None) -> TracingError | None:
        """How what came is the answer to another question than was asked."""
        if error is not None:
            return error if error.kind == MISMATCH else None
        progress = self._progress
        told = next(iter(progress.contradictions.values()), "")
        sight = progress.sight or Sight()
        # A Tempo that hides the time in question answers with an earlier one, and says so.
        hidden = sight.note or (progress.searched_at and sight.until(progress.searched_at) <= self._settings.start)
        if not told and progress.searched.stray and not hidden:
            count, example = len(progress.searched.stray), min(progress.searched.stray)
            told = f"a search for a range of time gave {numbered(count, 'trace')} of another time, such as {example}"
        return self._client.unfit(told) if told else None

    def _read_beside(self) -> None:
        """Whole traces only to compare them: without them the verdict is what it is."""
        try:
            self._read_samples()
        except TracingError as error:
            if error.kind == MISMATCH:
                raise

    def _read_samples(self) -> None:
        """Whole traces as evidence, and as many more as what is still missing takes."""
        observed, demands = self._progress.observed, self._settings.demands
        before, self._progress.contradictions = self._progress.contradictions, {}
        newest = sorted(observed.found.values(), key=lambda trace: -trace.start_unix_nano)
        budget = TRACES_PER_LOOK
        seeking, rated = True, demands.max_error_rate is not None
        for position, found in enumerate(newest):
            seeking = seeking and (position < self._settings.sample or self._evidence_missing(demands))
            if budget == 0 or not (seeking or rated):
                break
            if not seeking and observed.has_error(found.trace_id) is not None:
                continue
            if found.trace_id not in observed.traces or self._has_grown(found.trace_id) or found.trace_id in before:
                budget -= 1
                self._read_sample(found.trace_id)
            self._compare(found)

    def _compare(self, found: FoundTrace) -> None:
        """What search told of a trace against the trace itself."""
        progress, settings = self._progress, self._settings
        if found.trace_id in progress.unreadable:
            return
        trace, end = progress.observed.traces.get(found.trace_id), self._clock.wall() + CLOCK_SKEW_SECONDS
        if trace is not None and not trace.partial:
            progress.compared.add(found.trace_id)
        told = contradiction(found, trace, settings.asked, settings.start, end)
        if told:
            progress.contradictions[found.trace_id] = told

    def _evidence_missing(self, demands: Demands) -> bool:
        """Whether one more whole trace could show an edge, or be the one that an expression is true for."""
        observed = self._progress.observed
        if any(edge not in observed.edges for edge in demands.edges):
            return True
        return any(
            not any(verdict.true or expression.for_all for verdict in observed.verdicts(expression).values())
            for expression in demands.expressions
        )

    def _has_grown(self, trace_id: str) -> bool:
        observed = self._progress.observed
        return observed.found[trace_id].span_count > len(observed.traces[trace_id].spans)

    def _read_sample(self, trace_id: str) -> None:
        try:
            trace = self._client.trace(trace_id)
        except TracingError as error:
            if error.kind != "trace_too_large":
                raise
            self._note(str(error))  # as evidence any other trace will do
            self._progress.unreadable.add(trace_id)
            return
        if trace is not None:
            self._progress.observed.traces[trace_id] = trace
            self._seen_by_id()

    def _seen_by_id(self) -> None:
        if self._progress.by_id_seconds is None:
            self._progress.by_id_seconds = self._deadline.elapsed()

    def _note(self, text: str) -> None:
        if text not in self._progress.notes:
            self._progress.notes.append(text)

    def _counters(self, budget: float) -> PipelineSample:
        deadline, limit = Deadline(budget, self._clock), self._settings.request_timeout
        return read_pipeline(self._clock.wall(), self._alloy, self._counted, lambda: deadline.request_timeout(limit))

    def _diagnose(self, start: PipelineSample | None, *, looked: bool) -> tuple[Diagnosis, Account]:
        end = self._counters(COUNTERS_SECONDS)
        stored = self._progress.observed.span_count if self._settings.search and looked else None
        generated = self._settings.generated_spans
        account = make_account(start, end, generated=generated, stored=stored)
        if self._settings.baseline is None and not account.accepted and not account.received:
            # Nothing moved while this looked: the spans may have come before, so all that was ever counted speaks.
            account = make_account(None, end, generated=generated, stored=stored)
        return diagnose(account, end), account

    def _evidence(self, outcome: Outcome[None] | None) -> dict[str, Any]:
        observed, progress = self._progress.observed, self._progress
        for note in progress.searched.notes:
            self._note(note)
        seen_until = progress.sight.until(progress.searched_at) if progress.sight and progress.searched_at else None
        return {
            "query": self._settings.query if self._settings.search else None,
            "traces": self._summaries(),
            "trace_ids": observed.trace_ids,
            "services": observed.services,
            "edges": [edge_text(edge) for edge in observed.edges],
            "trace_count": len(observed.matched_ids),
            "span_count": observed.span_count,
            **self._error_rate(),
            "truncated": bool(progress.searched.cut_off),
            "seen_until": None if seen_until is None else int(seen_until),
            "sample_trace": self._sample_trace(),
            "compared": {"traces": len(progress.compared), "query": str(self._settings.asked) or None},
            "latency": {
                "search_seconds": _rounded(progress.search_seconds),
                "by_id_seconds": _rounded(progress.by_id_seconds),
            },
            "tempo_version": progress.version or None,
            "attempts": outcome.attempts if outcome else None,
            "elapsed_seconds": _rounded(self._deadline.elapsed()),
            "notes": list(progress.notes),
        }

    def _error_rate(self) -> dict[str, float | None]:
        """Only where it is asked for: without the demand, it may be known of some traces only."""
        if self._settings.demands.max_error_rate is None:
            return {}
        rate = self._progress.observed.error_rate
        return {"error_rate": None if rate is None else round(rate, 6)}

    def _summaries(self) -> list[dict[str, Any]]:
        """The traces that were read whole, and the newest of the others."""
        observed = self._progress.observed
        newest = sorted(observed.found.values(), key=lambda trace: -trace.start_unix_nano)
        order = dict.fromkeys([*observed.traces, *(trace.trace_id for trace in newest)])
        return [self._summary(trace_id) for trace_id in list(order)[:MAX_SUMMARIES]]

    def _summary(self, trace_id: str) -> dict[str, Any]:
        observed = self._progress.observed
        found, trace = observed.found.get(trace_id), observed.traces.get(trace_id)
        whole = trace.to_dict() if trace else {}
        return {
            "trace_id": trace_id,
            "root_service": whole.get("root_service") or (found.root_service if found else ""),
            "root_name": whole.get("root_name") or (found.root_name if found else ""),
            "duration_nanos": trace.duration_nanos if trace else (found.duration_nanos if found else 0),
            "span_count": max(len(trace.spans) if trace else 0, found.span_count if found else 0),
            "matched_spans": observed.spans_of(trace_id),
            "services": sorted({*(trace.services if trace else ()), *(found.services if found else ())}),
        }

    def _sample_trace(self) -> dict[str, Any] | None:
        """The trace that shows most: the one with the most services, then the most spans."""
        traces = self._progress.observed.traces.values()
        best = max(traces, key=lambda trace: (len(trace.services), len(trace.spans), trace.trace_id), default=None)
        return best.to_dict() if best else None

    def _message(self, problems: list[str], reasons: list[str], diagnosis: Diagnosis | None) -> str:
        elapsed = self._deadline.elapsed()
        parts = [f"Not satisfied after {elapsed:.1f} s."]
        if reasons:
            parts = [f"The check could not be made (after {elapsed:.1f} s).", *reasons]
        if problems:
            parts.append(f"Missing: {'; '.join(problems)}.")
        observed = self._progress.observed
        asked = f"the query {self._settings.query}" if self._settings.search else "the trace ids"
        traces, spans = len(observed.matched_ids), observed.span_count
        parts.append(f"Seen for {asked}: {numbered(traces, 'trace')}, {numbered(spans, 'span')}.")
        parts += self._progress.notes
        # Where it is not known whether anything is missing, "nothing is lost" would say too much.
        if diagnosis is not None and not (reasons and diagnosis.stage == NONE):
            parts.append(f"Where spans stopped: {diagnosis.stage}. {diagnosis.message} {diagnosis.fix}")
        return " ".join(part.strip() for part in parts)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
