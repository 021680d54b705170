# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is demanded of the traces in Tempo, and how far it is met. No requests here, no time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo_client import FoundTrace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._trace import Trace, edge_text

Edge = tuple[str, str]


@dataclass(frozen=True)
class Demands:
    services: tuple[str, ...] = ()
    absent_services: tuple[str, ...] = ()
    min_traces: int = 1
    max_traces: int | None = None
    min_spans: int = 0
    edges: tuple[Edge, ...] = ()
    trace_ids: tuple[str, ...] = ()

    @property
    def only_negative(self) -> bool:
        """Whether waiting can never be over early: that something stays away shows at the deadline only."""
        positive = self.services or self.min_traces or self.min_spans or self.edges or self.trace_ids
        return not positive and (bool(self.absent_services) or self.max_traces is not None)


@dataclass
class Observed:
    """Everything seen so far: search results of the newest look, whole traces, and exact span counts."""

    searched: bool = True
    found: dict[str, FoundTrace] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

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
    def services(self) -> list[str]:
        names: set[str] = set()
        for trace_id in self.matched_ids:
            names.update(self.found[trace_id].services if trace_id in self.found else ())
            names.update(self.traces[trace_id].services if trace_id in self.traces else ())
        return sorted(names)

    @property
    def edges(self) -> list[Edge]:
        return sorted({edge for trace in self.traces.values() for edge in trace.edges})


def violated(demands: Demands, observed: Observed) -> list[str]:
    """What is broken for good: more waiting can only add to it."""
    problems = []
    present = [name for name in demands.absent_services if name in observed.services]
    if present:
        problems.append(f"service {_names(present)} must not appear, but does")
    if demands.max_traces is not None and len(observed.matched_ids) > demands.max_traces:
        problems.append(f"at most {demands.max_traces} traces are allowed, {len(observed.matched_ids)} are there")
    return problems


def unmet_counts(demands: Demands, observed: Observed) -> list[str]:
    """What search alone can tell."""
    problems = []
    if len(observed.matched_ids) < demands.min_traces:
        problems.append(f"{len(observed.matched_ids)} of at least {demands.min_traces} traces found")
    if observed.span_count < demands.min_spans:
        problems.append(f"{observed.span_count} of at least {demands.min_spans} spans found")
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
        problems.append(f"trace {', '.join(lacking)} not found")
    missing = [edge_text(edge) for edge in demands.edges if edge not in observed.edges]
    if missing:
        seen = ", ".join(edge_text(edge) for edge in observed.edges) or "none"
        problems.append(f"edge {_names(missing)} not seen (seen: {seen})")
    return problems


def unmet(demands: Demands, observed: Observed) -> list[str]:
    return [*violated(demands, observed), *unmet_counts(demands, observed), *unmet_in_traces(demands, observed)]


def count_matching(trace: Trace, conditions: Mapping[str, object]) -> int:
    """Spans of a whole trace whose resource carries all of these."""
    return sum(1 for span in trace.spans if all(span.resource.get(k) == v for k, v in conditions.items()))


def _names(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
