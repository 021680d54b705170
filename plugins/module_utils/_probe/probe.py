# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe: send traces with known ids, find each one again by id and by search, and compare every field."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.json_codec import decode_groups
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import ResourceSpans
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.send import Sender
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import (
    CLOCK_SKEW_SECONDS,
    SearchRange,
    TempoClient,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search import Search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import comparison
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import Sight
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import (
    COULD_NOT_LOOK,
    MISMATCH,
    PROVEN,
    UNMET,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, pauses

from .compare import Comparison, compare
from .latency import summary
from .schedule import Schedule
from .spans import (
    PROBE_ID_ATTRIBUTE,
    ProbeTrace,
    RandomBytes,
    Recipe,
    make_trace,
)

# What waits for an answer must not add much to what is measured: a pause stays below this, unless it is asked for.
LONGEST_PAUSE_SECONDS = 0.2
MAX_ALTERATIONS = 100
MAX_IDS = 1000


@dataclass(frozen=True)
class ProbeSettings:
    recipe: Recipe
    traces: int
    concurrency: int
    rate: float | None
    search: bool
    strict: bool
    timeout: float
    poll_interval: float
    search_interval: float
    request_timeout: float


@dataclass
class Probed:
    """One trace on its way. Latencies count from the moment before it was sent."""

    trace: ProbeTrace
    sent_at: float
    seen: Comparison
    by_id: float | None = None
    by_search: float | None = None
    # Whether it could be read at all, so that what was not there is known to be missing.
    looked: bool = False
    # How the newest answer for it is one to another question.
    mismatch: str = ""


@dataclass
class Tally:
    """What is counted over all threads."""

    exports: list[float] = field(default_factory=list)
    failures: list[TracingError] = field(default_factory=list)
    rejected: int = 0
    rejected_why: str = ""
    reads: int = 0
    searches: int = 0
    last_error: TracingError | None = None
    # Whether the newest search was answered, and the first of the traces in it that nobody here has sent.
    search_answered: bool = True
    stranger: str = ""


class ProbeClient(TempoClient):
    def groups(self, trace_id: str) -> list[ResourceSpans]:
        groups, _partial = self.trace_groups(trace_id)
        decoded: list[ResourceSpans] = self._shaped(lambda: decode_groups(groups))
        return decoded


class Probe:
    def __init__(
        self,
        settings: ProbeSettings,
        sender: Sender,
        tempo: Transport,
        clock: Clock | None = None,
        random_bytes: RandomBytes = os.urandom,
        others: Mapping[str, Transport] | None = None,
    ) -> None:
        """``others`` are the ways to ask Tempo as tenants that may have none of the traces, by their names."""
        self._settings = settings
        self._sender = sender
        self._clock = clock or Clock()
        self._random_bytes = random_bytes
        self._deadline = Deadline(settings.timeout, self._clock)
        self._client = ProbeClient(tempo, self._deadline, settings.request_timeout)
        self._others = {
            tenant: ProbeClient(way, self._deadline, settings.request_timeout) for tenant, way in (others or {}).items()
        }
        # Tenants beside the own one that have a trace, and those that could not be asked for each, with how many.
        self._strays: dict[str, int] = {}
        self._unasked: dict[str, int] = {}
        self._searcher = Search(self._client)
        self._schedule = Schedule(self._clock)
        self._lock = threading.Lock()
        self._began = self._clock.wall()
        self._probed: dict[str, Probed] = {}
        # Also what was sent without an answer.
        self._made: set[str] = set()
        self._tally = Tally()
        self._version = ""
        self._sight = Sight()

    def run(self) -> dict[str, Any]:
        settings = self._settings
        # A Tempo that can't be asked shows before anything is stored in it.
        self._version = self._client.version_if_told()
        self._sight = self._client.sight() if settings.search else Sight()
        for index in range(settings.traces):
            due = self._deadline.started + (index / settings.rate if settings.rate else 0.0)
            self._schedule.add(due, lambda index=index: self._send(index), urgent=False)  # type: ignore[misc]
        if settings.search:
            self._later(settings.search_interval, self._search)
        self._schedule.run(settings.concurrency)
        for tenant, client in self._others.items():
            self._look_in(tenant, client)
        if not self._probed and self._tally.failures:
            raise self._tally.failures[0]
        return self._result()

    def _send(self, index: int) -> None:
        trace = make_trace(self._settings.recipe, index, int(self._clock.wall() * 1e9), self._random_bytes)
        with self._lock:
            self._made.add(trace.trace_id)
        began = self._clock.monotonic()
        try:
            timeout = self._deadline.request_timeout(self._settings.request_timeout)
            rejected, why = self._sender.export(trace.groups, timeout)
        except TracingError as error:
            if not error.retryable:
                raise
            with self._lock:
                self._tally.failures.append(error)
            return
        lost = compare(trace.spans, (), strict=False)
        with self._lock:
            self._tally.exports.append(self._clock.monotonic() - began)
            self._tally.rejected += rejected
            self._tally.rejected_why = why or self._tally.rejected_why
            self._probed[trace.trace_id] = probed = Probed(trace, began, lost)
        self._poll(probed, self._found_by_id)

    def _poll(self, probed: Probed, found: Callable[[Probed], None]) -> None:
        """Read a trace until it is whole or the time is over."""
        following = pauses(self._settings.poll_interval, self._clock, longest=LONGEST_PAUSE_SECONDS)

        def look() -> None:
            if self._read(probed):
                found(probed)
            else:
                self._later(following(), look)

        self._later(0.0, look)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        """Nothing is begun for which no time is left."""
        if seconds < self._deadline.remaining():
            self._schedule.add(self._clock.monotonic() + seconds, work, urgent=True)

    def _read(self, probed: Probed) -> bool:
        with self._lock:
            self._tally.reads += 1
        groups = self._asked(lambda: self._client.groups(probed.trace.trace_id), probed)
        if groups is None:
            return False
        probed.looked = True
        probed.seen = compare(probed.trace.spans, groups, strict=self._settings.strict)
        return not probed.seen.lost

    def _asked(self, ask: Callable[[], Any], about: Probed | None = None) -> Any:
        """An answer, or None for an error that may pass."""
        try:
            answer = ask()
        except TracingError as error:
            if not error.retryable:
                raise
            if about and error.kind != "deadline":
                about.mismatch = error.message if error.kind == MISMATCH else ""
            with self._lock:
                self._tally.last_error = error.kept() if error.kind != "deadline" else self._tally.last_error
            return None
        if about:
            about.mismatch = ""
        return answer

    def _look_in(self, tenant: str, client: ProbeClient) -> None:
        """Once all that was sent is where it belongs, it would be here too."""
        answers = [self._asked(lambda trace_id=trace_id: client.groups(trace_id)) for trace_id in self._probed]  # type: ignore[misc]
        strays, unasked = sum(bool(answer) for answer in answers), answers.count(None)
        self._strays |= {tenant: strays} if strays else {}
        self._unasked |= {tenant: unasked} if unasked else {}

    def _found_by_id(self, probed: Probed) -> None:
        probed.by_id = self._clock.monotonic() - probed.sent_at

    def _search(self) -> None:
        """One search for all traces. Those it finds are read once more: out of a block they must be the same."""
        with self._lock:
            self._tally.searches += 1
        query = "{ " + comparison(f"resource.{PROBE_ID_ATTRIBUTE}", self._settings.recipe.probe_id) + " }"
        start, end = int(self._began) - CLOCK_SKEW_SECONDS, int(self._clock.wall()) + CLOCK_SKEW_SECONDS
        # Its ids are known, so that a line counts whatever time it tells.
        found = self._asked(lambda: self._searcher.ask(query, SearchRange(start, end, self._settings.traces)))
        now = self._clock.monotonic()
        self._tally.search_answered = found is not None
        given = {*found.lines, *found.outside, *found.undated} if found else set()
        if found:
            # No other trace has the id of this probe.
            self._tally.stranger = min(given - self._made, default="")
        for trace_id in given:
            probed = self._probed.get(trace_id)
            if probed is not None and probed.by_search is None:
                probed.by_search = now - probed.sent_at
                self._poll(probed, lambda probed: None)
        if not self._all_searched():
            self._later(self._settings.search_interval, self._search)

    def _all_searched(self) -> bool:
        with self._lock:
            done = sum(probed.by_search is not None for probed in self._probed.values())
            return done + len(self._tally.failures) >= self._settings.traces

    def _result(self) -> dict[str, Any]:
        probed, tally = list(self._probed.values()), self._tally
        unfound = sorted(p.trace.trace_id for p in probed if p.by_search is None) if self._settings.search else []
        read = [p for p in probed if p.looked]
        altered = [alteration for p in probed for alteration in p.seen.altered]
        recipe = self._settings.recipe
        result = {
            "run_id": recipe.run_id,
            "probe_id": recipe.probe_id,
            "service_name": recipe.service,
            "traces": len(probed),
            "spans": len(probed) * recipe.spans,
            "trace_ids": sorted(self._probed)[:MAX_IDS],
            "failed_sends": len(tally.failures),
            "rejected": tally.rejected,
            "lost": sum(len(p.seen.lost) for p in read),
            "lost_trace_ids": sorted(p.trace.trace_id for p in read if p.seen.lost)[:MAX_IDS],
            "unread_trace_ids": sorted(p.trace.trace_id for p in probed if not p.looked)[:MAX_IDS],
            "unsearchable_trace_ids": unfound[:MAX_IDS],
            "duplicated": sum(len(p.seen.duplicated) for p in probed),
            "unexpected": sum(len(p.seen.unexpected) for p in probed),
            "altered": len({(alteration.trace_id, alteration.span_id) for alteration in altered}),
            "alterations": [alteration.to_dict() for alteration in altered[:MAX_ALTERATIONS]],
            "stray_tenants": self._strays,
            "added_attributes": sorted({name for p in probed for name in p.seen.added}),
            "export": summary(tally.exports),
            "by_id": summary(p.by_id for p in probed if p.by_id is not None),
            "by_search": summary(p.by_search for p in probed if p.by_search is not None),
            "requests": {
                "exports": len(tally.exports) + len(tally.failures),
                "reads": tally.reads,
                "searches": tally.searches,
            },
            "tempo_version": self._version or None,
            "elapsed_seconds": round(self._deadline.elapsed(), 3),
        }
        wrong, not_seen = self._wrong(result, len(unfound)), self._not_seen(len(probed) - len(read), len(unfound))
        elsewhere = self._mismatches()
        verdict = MISMATCH if elsewhere else UNMET if wrong else COULD_NOT_LOOK if not_seen else PROVEN
        problems = [*elsewhere, *wrong, *not_seen]
        judged = {"satisfied": verdict == PROVEN, "verdict": verdict, "problems": problems}
        return {**judged, **result, **self._message(verdict, problems)}

    def _wrong(self, result: dict[str, Any], unfound: int) -> list[str]:
        tally = self._tally
        first = f" ({tally.failures[0].message})" if tally.failures else ""
        why = f" ({tally.rejected_why})" if tally.rejected_why else ""
        example = result["alterations"][0] if result["alterations"] else {}
        changed = (
            f" (the first: {example['field']}, sent {example['sent']}, stored {example['stored']})" if example else ""
        )
        counted = [
            (result["failed_sends"], "trace", "traces", f"could not be sent{first}"),
            (result["rejected"], "span was", "spans were", f"rejected{why}"),
            (result["lost"], "span is", "spans are", "lost"),
            (result["duplicated"], "span is", "spans are", "stored twice"),
            (result["unexpected"], "span that nobody sent is", "spans that nobody sent are", "in these traces"),
            (result["altered"], "span is", "spans are", f"altered{changed}"),
            (0 if self._search_blind() else unfound, "trace was", "traces were", "not found by search"),
            *((count, "trace is", "traces are", f"in tenant {tenant} too") for tenant, count in self._strays.items()),
        ]
        return [f"{numbered(count, one, several)} {what}" for count, one, several, what in counted if count]

    def _mismatches(self) -> list[str]:
        """Answers to other questions, which prove and disprove nothing."""
        probe, stranger = self._settings.recipe.probe_id, self._tally.stranger
        read = next((probed.mismatch for probed in self._probed.values() if probed.mismatch), "")
        searched = (
            f"a search for {PROBE_ID_ATTRIBUTE} {probe} gave trace {stranger}, which has another" if stranger else ""
        )
        return [f"{told.rstrip('.')} (a proxy or cache may ignore what is asked)" for told in (read, searched) if told]

    def _not_seen(self, unread: int, unfound: int) -> list[str]:
        """What is not known, which is not the same as lost."""
        blind = self._search_blind()
        counted = [
            (unread, "read"),
            (unfound if blind else 0, f"looked for by search ({blind})"),
            *((count, f"looked for in tenant {tenant}") for tenant, count in self._unasked.items()),
        ]
        return [f"{numbered(count, 'trace')} could not be {what}" for count, what in counted if count]

    def _search_blind(self) -> str:
        """Why search could not have found the traces; empty when it could."""
        if not self._tally.search_answered:
            return "Tempo did not answer it"
        newest = max((p.sent_at for p in self._probed.values()), default=0.0)
        if self._sight.hidden and self._clock.monotonic() - newest <= self._sight.hidden:
            return f"{self._sight.described}; raise timeout above that"
        return ""

    def _message(self, verdict: str, problems: list[str]) -> dict[str, str]:
        if not problems:
            return {}
        error = self._tally.last_error
        ended = "could not look" if verdict == COULD_NOT_LOOK else "failed"
        parts = [f"The probe {ended} after {self._deadline.elapsed():.1f} s: {'; '.join(problems)}."]
        return {"msg": " ".join([*parts, *([f"The last error: {error}"] if error else [])])}
