# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is demanded of the traces in Tempo, and how far it is met. No requests here, no time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.client import FoundTrace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Trace, edge_text

from .expressions import Expression, Verdict

Edge = tuple[str, str]
# Search tells durations in whole milliseconds, cut off.
SEARCH_RESOLUTION_NANOS = 1_000_000
# A message names so many traces; the others are counted.
MOST_NAMED = 10


@dataclass(frozen=True)
class Demands:
    services: tuple[str, ...] = ()
    absent_services: tuple[str, ...] = ()
    min_traces: int = 1
    max_traces: int | None = None
    min_spans: int = 0
    edges: tuple[Edge, ...] = ()
    trace_ids: tuple[str, ...] = ()
    max_error_rate: float | None = None
    min_duration_nanos: int | None = None
    max_duration_nanos: int | None = None
    expressions: tuple[Expression, ...] = ()

    @property
    def of_absence(self) -> bool:
        """Whether something must not be there: that holds only for a time that could be seen."""
        return bool(self.absent_services) or self.max_traces is not None

    @property
    def of_all(self) -> bool:
        """Whether something must hold for all traces there are."""
        bounds = (self.max_error_rate, self.min_duration_nanos, self.max_duration_nanos)
        return self.of_absence or any(bound is not None for bound in bounds)

    @property
    def only_negative(self) -> bool:
        """Whether waiting can never be over early: that something stays away shows at the deadline only."""
        counted = self.services or self.min_traces or self.min_spans
        positive = counted or self.edges or self.trace_ids or self.expressions
        return not positive and self.of_all


@dataclass
class Observed:
    """Everything seen so far: search results of the newest look, whole traces, and exact span counts."""

    searched: bool = True
    found: dict[str, FoundTrace] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    _verdicts: dict[tuple[str, str], tuple[Trace, Verdict]] = field(default_factory=dict, repr=False)

    @property
    def trace_ids(self) -> list[str]:
        return sorted({*self.found, *self.traces})

    @property
    def matched_ids(self) -> list[str]:
        """The traces that counts and services are about: what search finds, or the named ones without a search.

        A trace that was read by id is no proof that search works.
        """
        return sorted(self.found if self.searched else self.traces)

    @property
    def span_count(self) -> int:
        return sum(self.spans_of(trace_id) for trace_id in self.matched_ids)

    def spans_of(self, trace_id: str) -> int:
        """Matching spans of one trace; a whole trace counts in full only when no search narrowed it."""
        found = self.found.get(trace_id)
        searched = found.matched if found else len(self.traces[trace_id].spans)
        return max(searched, self.counted.get(trace_id, 0))

    @property
    def borne_out(self) -> int:
        """Of the spans that search tells of, those that traces can have: no more than one that was read has."""
        return sum(self._borne_out(trace_id) for trace_id in self.matched_ids)

    def _borne_out(self, trace_id: str) -> int:
        told, trace = self.spans_of(trace_id), self.traces.get(trace_id)
        return told if trace is None or trace.partial else min(told, len(trace.spans))

    @property
    def services(self) -> list[str]:
        names: set[str] = set()
        for trace_id in self.matched_ids:
            names.update(self.found[trace_id].services if trace_id in self.found else ())
            names.update(self.traces[trace_id].services if trace_id in self.traces else ())
        return sorted(names)

    @property
    def edges(self) -> list[Edge]:
        return sorted({edge for trace in self.traces.values() for edge in trace.edges})

    def has_error(self, trace_id: str) -> bool | None:
        """Whether any span has an error; None while neither search nor the whole trace tells."""
        found, trace = self.found.get(trace_id), self.traces.get(trace_id)
        if (found and found.errors) or (trace and trace.has_error):
            return True
        return False if trace or (found and found.errors is not None) else None

    @property
    def error_rate(self) -> float | None:
        """The share of the traces with an error; None without traces, and while it is not known of each."""
        known = [self.has_error(trace_id) for trace_id in self.matched_ids]
        return None if not known or None in known else known.count(True) / len(known)

    def duration_range(self, trace_id: str) -> tuple[int, int]:
        """The least and the most nanoseconds that a trace can have taken."""
        found, trace = self.found.get(trace_id), self.traces.get(trace_id)
        searched = found.duration_nanos if found else 0
        if trace:
            exact = max(trace.duration_nanos, searched)  # it may have grown since it was read
            return exact, exact
        return searched, searched + SEARCH_RESOLUTION_NANOS - 1

    def verdicts(self, expression: Expression) -> dict[str, Verdict]:
        """What an expression says of each trace that was read whole."""
        return {trace_id: self._verdict(expression, trace) for trace_id, trace in self.traces.items()}

    def _verdict(self, expression: Expression, trace: Trace) -> Verdict:
        """Worked out once for each state of a trace."""
        key = (expression.text, trace.trace_id)
        judged, verdict = self._verdicts.get(key, (None, Verdict(False)))
        if judged is not trace:
            verdict = expression.judge(trace.to_dict())
            self._verdicts[key] = (trace, verdict)
        return verdict


def violated(demands: Demands, observed: Observed) -> list[str]:
    """What is broken for good: more waiting can only add to it."""
    problems = []
    present = [name for name in demands.absent_services if name in observed.services]
    if present:
        problems.append(f"service {_names(present)} must not appear, but does")
    if demands.max_traces is not None and len(observed.matched_ids) > demands.max_traces:
        allowed = numbered(demands.max_traces, "trace is", "traces are")
        problems.append(f"at most {allowed} allowed, {numbered(len(observed.matched_ids), 'is', 'are')} there")
    return problems


def unmet_counts(demands: Demands, observed: Observed) -> list[str]:
    """What search alone can tell."""
    problems = []
    if len(observed.matched_ids) < demands.min_traces:
        problems.append(f"{len(observed.matched_ids)} of at least {numbered(demands.min_traces, 'trace')} found")
    if observed.span_count < demands.min_spans:
        problems.append(f"{observed.span_count} of at least {numbered(demands.min_spans, 'span')} found")
    missing = [name for name in demands.services if name not in observed.services]
    if missing:
        seen = f"seen: {_names(observed.services)}" if observed.services else "no service is seen"
        problems.append(f"service {_names(missing)} not seen ({seen})")
    return problems


def unmet_in_traces(demands: Demands, observed: Observed) -> list[str]:
    """What takes whole traces."""
    problems = []
    lacking = [trace_id for trace_id in demands.trace_ids if trace_id not in observed.traces]
    if lacking:
        more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
        problems.append(f"trace {', '.join(lacking[:MOST_NAMED])}{more} not found")
    if observed.borne_out < demands.min_spans <= observed.span_count:
        told = f"search tells of {observed.span_count}, which the traces themselves do not have"
        problems.append(f"{observed.borne_out} of at least {numbered(demands.min_spans, 'span')} found: {told}")
    missing = [edge_text(edge) for edge in demands.edges if edge not in observed.edges]
    if missing:
        seen = ", ".join(edge_text(edge) for edge in observed.edges) or "none"
        problems.append(f"edge {_names(missing)} not seen (seen: {seen})")
    return [*problems, *(line for expression in demands.expressions for line in _untrue(expression, observed))]


def _untrue(expression: Expression, observed: Observed) -> list[str]:
    verdicts = observed.verdicts(expression)
    untrue = [trace_id for trace_id, verdict in verdicts.items() if not verdict.true]
    if verdicts and (not untrue or (len(untrue) < len(verdicts) and not expression.for_all)):
        return []
    demanded = "all of them" if expression.for_all else "one of them"
    counts = f"is true for {len(verdicts) - len(untrue)} of {len(verdicts)} traces read, but must be for {demanded}"
    reason = next((verdict.problem for verdict in verdicts.values() if verdict.problem), "")
    details = [f"not for {untrue[0]}"] if untrue else []
    details += [reason] if reason else []
    return [f"expression {expression.text!r} {counts}" + (f" ({': '.join(details)})" if details else "")]


def unmet_bounds(demands: Demands, observed: Observed) -> list[str]:
    """Bounds on all traces found, which say something only once there are as many traces as there must be."""
    return [*_unmet_error_rate(demands, observed), *_unmet_durations(demands, observed)]


def _unmet_error_rate(demands: Demands, observed: Observed) -> list[str]:
    ids = observed.matched_ids
    if demands.max_error_rate is None or not ids:
        return []
    known = [observed.has_error(trace_id) for trace_id in ids]
    if None in known:
        return [f"for {known.count(None)} of {len(ids)} traces it is not known whether they have an error"]
    failed = known.count(True)
    if failed / len(ids) <= demands.max_error_rate:
        return []
    figures = f"{failed / len(ids):.4g} ({failed} of {len(ids)} traces)"
    return [f"the error rate is {figures}, but at most {demands.max_error_rate:g} is allowed"]


def _unmet_durations(demands: Demands, observed: Observed) -> list[str]:
    shortest, longest = demands.min_duration_nanos, demands.max_duration_nanos
    if shortest is None and longest is None:
        return []
    ranges = {trace_id: observed.duration_range(trace_id) for trace_id in observed.matched_ids}
    problems = []
    short = {i: low for i, (low, high) in ranges.items() if shortest is not None and high < shortest}
    if shortest is not None and short:
        worst = min(short, key=lambda trace_id: short[trace_id])
        figures = f"{len(short)} of {len(ranges)} traces took less than {_milliseconds(shortest)}"
        problems.append(f"{figures} (min_duration), {worst} only {_milliseconds(short[worst])}")
    long = {i: low for i, (low, high) in ranges.items() if longest is not None and low > longest}
    if longest is not None and long:
        worst = max(long, key=lambda trace_id: long[trace_id])
        figures = f"{len(long)} of {len(ranges)} traces took more than {_milliseconds(longest)}"
        problems.append(f"{figures} (max_duration), {worst} even {_milliseconds(long[worst])}")
    return problems


def _milliseconds(nanos: int) -> str:
    whole, rest = divmod(nanos, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".") + " ms"


def unmet(demands: Demands, observed: Observed) -> list[str]:
    counts = unmet_counts(demands, observed)
    bounds = [] if counts else unmet_bounds(demands, observed)
    return [*violated(demands, observed), *counts, *unmet_in_traces(demands, observed), *bounds]


def count_matching(trace: Trace, conditions: Mapping[str, object]) -> int:
    """Spans of a whole trace whose resource carries all of these."""
    return sum(1 for span in trace.spans if all(span.resource.get(k) == v for k, v in conditions.items()))


def _names(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
