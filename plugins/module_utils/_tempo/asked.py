# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked for, held against what came. A cache or a proxy before a server may answer another question.

Search says that a trace is there, reading it by id has to agree, and the trace has to carry what was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .client import FoundTrace
from .conditions import (
    Condition,
    condition,
    conditions_of,
)
from .trace import Span, Trace
from .traceql import Scalar
from .visibility import clock_time

# Search cuts times to whole milliseconds.
_MILLISECOND = 1_000_000
_NANOS = 1_000_000_000


@dataclass(frozen=True)
class Asked:
    """At least one span of a trace must meet all conditions of one of the alternatives; without any, all is right."""

    alternatives: tuple[tuple[Condition, ...], ...] = ()

    def __str__(self) -> str:
        """As TraceQL."""
        joined = (" && ".join(str(one) for one in conditions) for conditions in self.alternatives)
        return "{ " + " || ".join(joined) + " }" if self.alternatives else ""

    def met_by(self, trace: Trace) -> bool:
        return not self.alternatives or any(_met(conditions, trace) for conditions in self.alternatives)


def asked_for(
    *,
    query: str,
    run_id: str = "",
    run_id_attribute: str = "",
    attributes: Mapping[str, Scalar] | None = None,
    services: Sequence[str] = (),
) -> Asked:
    """As ``traceql.build`` makes the query of it. What can't be held against a trace is left out."""
    own = [condition("resource." + run_id_attribute, run_id)] if run_id else []
    own += [condition(name, value) for name, value in sorted((attributes or {}).items())]
    if not own and not query.strip():
        return Asked(tuple((Condition("resource", "service.name", name),) for name in services))
    judged = tuple(one for one in [*own, *conditions_of(query)] if one)
    return Asked((judged,)) if judged else Asked()


def _met(conditions: Sequence[Condition], trace: Trace) -> bool:
    of_trace = [one for one in conditions if one.place == "trace"]
    if not all(_holds(one, _of_trace(one.key, trace)) for one in of_trace):
        return False
    of_spans = [one for one in conditions if one.place != "trace"]
    return any(all(_holds(one, _of_span(one, span)) for one in of_spans) for span in trace.spans)


def _of_trace(key: str, trace: Trace) -> Iterator[Any]:
    if key == "duration":
        yield trace.duration_nanos
        return
    for root in trace.roots:
        yield root.name if key == "root_name" else root.service


def _of_span(wanted: Condition, span: Span) -> Iterator[Any]:
    """All that the span says about this. Without a scope it may say it in several places."""
    place, key = wanted.place, wanted.key
    if place == "field":
        yield span.duration_nanos if key == "duration" else getattr(span, key)
    if place in ("span", "any"):
        yield span.attributes.get(key)
    if place in ("resource", "any"):
        yield span.resource.get(key)
    if place in ("event", "any"):
        for event in span.events:
            yield event.attributes.get(key)


def _holds(wanted: Condition, values: Iterator[Any]) -> bool:
    return any(_compares(one, wanted) for value in values for one in (value if isinstance(value, list) else [value]))


def _compares(value: Any, wanted: Condition) -> bool:
    """By the rules of TraceQL: text, numbers and booleans are of three kinds, and 200 is 200.0."""
    if _kind(value) is None or _kind(value) != _kind(wanted.value):
        return False
    operator = wanted.operator
    if value == wanted.value:
        return operator in ("=", ">=", "<=")
    return operator.startswith(">" if value > wanted.value else "<")


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else None


def contradiction(found: FoundTrace, trace: Trace | None, asked: Asked, start: float, end: float) -> str:
    """How a whole trace, read after search had told of it, contradicts search or what was asked, if it does.

    A trace grows and never shrinks: the whole of it may have more than search told, and nothing less.
    """
    if trace is None:
        return f"search lists trace {found.trace_id}, but read by id it is not there"
    if trace.partial:  # what is missing in it may be what was asked
        return ""
    about = f"trace {found.trace_id}"
    if not asked.met_by(trace):
        return f"a search for {asked} gave {about}, which has no such span"
    began = min(span.start_unix_nano for span in trace.spans)
    ended = began + trace.duration_nanos
    if ended + _MILLISECOND < start * _NANOS or began > end * _NANOS:
        span = f"{clock_time(start)} to {clock_time(end)}"
        return f"a search from {span} gave {about}, which is of {clock_time(began / _NANOS)}"
    if not began - _MILLISECOND <= found.start_unix_nano <= ended + _MILLISECOND:
        return f"search tells another start of {about} than the trace itself"
    if found.duration_nanos > trace.duration_nanos + _MILLISECOND:
        return f"search tells a longer duration of {about} than the trace itself"
    strangers = sorted(set(found.services) - set(trace.services))
    if strangers:
        return f"search tells of service {strangers[0]!r} in {about}, which the trace itself lacks"
    if found.errors and not trace.has_error:
        return f"search tells of an error in {about}, which the trace itself lacks"
    return ""
