# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One case while it is checked, and what is to be said of it: proven, unmet, or that nobody could look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search import Found
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import (
    COULD_NOT_LOOK,
    MISMATCH,
    PROVEN,
    UNMET,
)

from .findings import Finding
from .judge import difference, judge
from .model import Case
from .send import Sent, may_repeat
from .watch import Watched

# A case that was left out, since check mode sends nothing that changes something.
SKIPPED = "skipped"
# The most sentences about one case.
MAX_PROBLEMS = 20


@dataclass
class Searched:
    """The newest search of one query. ``hidden`` says which part of the time it could not see."""

    found: Found | None = None
    error: TracingError | None = None
    hidden: str = ""

    @property
    def blind(self) -> str:
        """Why it does not tell that something is missing; empty when it does."""
        if self.error:
            return str(self.error)
        if self.found is None:
            return "Tempo was not searched before the time was over."
        if self.hidden:
            return self.hidden
        if self.found.cut_off:
            return f"Not all traces could be read: {self.found.cut_off}."
        count = len(self.found.undated)
        return f"Of {numbered(count, 'trace')} Tempo tells no start time." if count else ""


@dataclass(frozen=True)
class Outlook:
    """What would be said of a case now. ``ends`` says that looking again can't change it."""

    verdict: str
    problems: tuple[str, ...] = ()
    ends: bool = False


@dataclass
class State:
    """``trace_ids`` are those of the traces that the case judges; ``query`` is empty where it does not search."""

    case: Case
    query: str = ""
    trace_ids: list[str] = field(default_factory=list)
    # How many the newest search found.
    found: int = 0
    sent: Sent | None = None
    # Why its request brought no answer.
    send_error: TracingError | None = None
    # How what Tempo answers about a trace contradicts itself, or what was asked.
    contradictions: dict[str, str] = field(default_factory=dict)
    outlook: Outlook = Outlook(COULD_NOT_LOOK)
    seconds: float | None = None

    @property
    def waits_for_traces(self) -> bool:
        return bool(self.query) and self.found < self.case.min_traces

    def look(self, traces: Mapping[str, Watched], settle: float, searched: Searched | None) -> bool:
        """Judge what is known now. Whether this is the end of it."""
        if not self.outlook.ends:
            self.outlook = self._outlook(traces, settle, searched or Searched())
        return self.outlook.ends

    def _outlook(self, traces: Mapping[str, Watched], settle: float, searched: Searched) -> Outlook:
        if self.send_error:
            return Outlook(COULD_NOT_LOOK, (str(self.send_error),), not may_repeat(self.send_error))
        if self.case.request and not self.sent:
            return Outlook(COULD_NOT_LOOK, ("The request was not sent before the time was over.",))
        watched = [traces[trace_id] for trace_id in self.trace_ids]
        told = [self._of_trace(one, settle) for one in watched]
        told += list(self._of_request()) + list(self._of_search(searched))
        return _worst(told)

    def _of_request(self) -> Iterator[Outlook]:
        if self.sent and self.sent.wrong:
            yield Outlook(UNMET, (f"{self.sent.wrong[0].upper()}{self.sent.wrong[1:]}.",), not self.sent.again)

    def _of_search(self, searched: Searched) -> Iterator[Outlook]:
        if not self.waits_for_traces:
            return
        stray = searched.found.stray if searched.found and not searched.hidden else set()
        if (searched.error and searched.error.kind == MISMATCH) or stray:
            count = numbered(len(stray), "trace")
            told = str(searched.error or f"A search gave {count} of another time, such as {min(stray)}.")
            yield Outlook(MISMATCH, (told,))
        elif searched.blind:
            yield Outlook(COULD_NOT_LOOK, (searched.blind,))
        else:
            older = len(searched.found.outside) if searched.found else 0
            others = numbered(older, "is of another time, and doesn't count", "are of another time, and don't count")
            also = f" {others}." if older else ""
            number = numbered(self.found, "trace is", "traces are") if self.found else "No trace is"
            wish = f", and min_traces is {self.case.min_traces}" if self.case.min_traces > 1 else ""
            yield Outlook(UNMET, (f"{number} found for {self.query}{wish}.{also}",))

    def _of_trace(self, watched: Watched, settle: float) -> Outlook:
        name = f"Trace {watched.trace_id}"
        if watched.trace_id in self.contradictions:
            return Outlook(MISMATCH, (f"Tempo contradicts itself: {self.contradictions[watched.trace_id]}.",))
        if watched.error:
            verdict = MISMATCH if watched.error.kind == MISMATCH else COULD_NOT_LOOK
            return Outlook(verdict, (f"{name}: {watched.error}",), not watched.error.retryable)
        if watched.read_at is None:
            return Outlook(COULD_NOT_LOOK, (f"{name} was not read before the time was over.",))
        if watched.seen is None and self.sent and watched.read_at - watched.changed_at < settle:
            return Outlook(COULD_NOT_LOOK, (f"{name} was not there yet when the time was over. Raise timeout.",))
        if watched.seen is None:
            return Outlook(UNMET, (self._absent(name),))
        findings = self.findings(watched)
        problems = tuple(f"{name}: {finding}." for finding in findings)
        if watched.settled(settle, findings):
            return Outlook(UNMET if findings else PROVEN, problems, True)
        if any(finding.final for finding in findings):
            return Outlook(UNMET, problems)
        why = "Tempo gives only a part of it" if watched.is_partial else "it may still have grown"
        return Outlook(COULD_NOT_LOOK, (f"{name} is not known to be whole: {why}.", *problems))

    def _absent(self, name: str) -> str:
        if not self.sent:
            return f"{name} is not in Tempo."
        return (
            f"{name}, whose id was sent in traceparent, is not in Tempo: the application does not take the header "
            "over, sampling drops the trace, or spans don't arrive."
        )

    def findings(self, watched: Watched) -> list[Finding]:
        if watched.seen is None:
            return []
        if self.case.name not in watched.findings:
            watched.findings[self.case.name] = judge(self.case, watched.seen)
        return watched.findings[self.case.name]

    def difference(self, traces: Mapping[str, Watched]) -> list[str]:
        """Of the first trace in which something is wrong."""
        for trace_id in self.trace_ids:
            watched = traces.get(trace_id)
            found = self.findings(watched) if watched else []
            if watched and watched.seen and found:
                return difference(self.case, watched.seen, found)
        return []


def _worst(told: Sequence[Outlook]) -> Outlook:
    """A case is proven when all is. It ends when everything does; an unmet part is told before one unseen."""
    if not told:
        return Outlook(COULD_NOT_LOOK)
    verdict = worst([one.verdict for one in told])
    problems = tuple(dict.fromkeys(text for one in told for text in one.problems))
    return Outlook(verdict, problems[:MAX_PROBLEMS], all(one.ends for one in told))


def worst(verdicts: Sequence[str]) -> str:
    return next((one for one in (MISMATCH, UNMET, COULD_NOT_LOOK) if one in verdicts), PROVEN)
