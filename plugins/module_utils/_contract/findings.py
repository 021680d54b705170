# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found wrong with a trace, and a trace as the cases of a contract see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    SPAN_ID_DIGITS,
    Span,
    Trace,
    make_trace,
)

from .shape import label


@dataclass(frozen=True)
class Finding:
    """Something that is not as the contract says.

    ``span`` is the one concerned, if it is one. ``final`` says that spans which are still to come can't change it.
    """

    rule: str
    expected: str
    found: str
    span: Span | None = None
    final: bool = False

    def __str__(self) -> str:
        where = f"{label(self.span)}: " if self.span else ""
        return f"{where}expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class View:
    """A trace as cases see it. Spans below the one that a request named are roots: that one is never stored.

    ``follows`` says whether any span has it as its parent; None for traces without a request of ours.
    """

    trace: Trace
    parents: Mapping[str, Span]
    follows: bool | None = None

    def parent(self, span: Span) -> Span | None:
        return self.parents.get(span.parent_span_id)

    @property
    def true_roots(self) -> list[Span]:
        """Spans without a parent, stored or not."""
        return [span for span in self.trace.spans if not span.parent_span_id]


def request_span_id(trace_id: str) -> str:
    """The span that a request of a case names as its parent. It is never stored.

    It is made of the trace id, so that whoever finds such a trace later knows that nothing is missing above it.
    """
    return sha256(f"tracelab.k8s_tracing {trace_id}".encode()).hexdigest()[:SPAN_ID_DIGITS]


def view(trace: Trace, sent_span_id: str = "") -> View:
    """``sent_span_id`` is that of the traceparent that a request of this case carried."""
    outside = sent_span_id or request_span_id(trace.trace_id)
    below = any(span.parent_span_id == outside for span in trace.spans)
    follows = below if sent_span_id else None
    if below:
        spans = [replace(s, parent_span_id="") if s.parent_span_id == outside else s for s in trace.spans]
        trace = make_trace(trace.trace_id, spans, partial=trace.partial)
    parents: dict[str, Span] = {}
    for span in trace.spans:
        # Both sides of a call may share an id, as in Zipkin; the callee is the parent then.
        if span.span_id not in parents or span.kind in ("server", "consumer"):
            parents[span.span_id] = span
    return View(trace, parents, follows)
