# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trace as text for the terminal."""

from __future__ import annotations

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered

from .trace import Span, Trace

_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"))


def duration_text(nanos: int) -> str:
    for size, unit in _UNITS:
        if nanos >= size:
            return f"{nanos / size:.2f} {unit}"
    return f"{nanos} ns"


def render_tree(trace: Trace) -> str:
    """The tree of spans, one a line, with durations in one column and errors marked."""
    root = trace.root
    title = f"trace {trace.trace_id}  {numbered(len(trace.spans), 'span')}  {duration_text(trace.duration_nanos)}"
    if root is None:
        return title
    lines = _lines(trace)
    width = max(len(text) for text, _span in lines)
    column = max(len(duration_text(span.duration_nanos)) for _text, span in lines)
    body = [f"{text:<{width}}  {duration_text(span.duration_nanos):>{column}}{_mark(span)}" for text, span in lines]
    return "\n".join([title, *body])


def _mark(span: Span) -> str:
    if span.status != "error":
        return ""
    return "  ERROR" + (f": {_one_line(span.status_message)}" if span.status_message else "")


def _one_line(text: str) -> str:
    """Names and messages are data: a line break or an escape code in one must not reach the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _lines(trace: Trace) -> list[tuple[str, Span]]:
    lines: list[tuple[str, Span]] = []
    # For each span above the present one, from below the root on, what stands below its branch.
    leads: list[str] = []
    for visit in trace.walk():
        del leads[max(0, visit.depth - 1) :]
        branch = ("├─ " if visit.more else "└─ ") if visit.depth else ""
        orphan = "  (parent span not stored)" if visit.orphan else ""
        lines.append(("".join(leads) + branch + _label(visit.span) + orphan, visit.span))
        if visit.depth:
            leads.append("│  " if visit.more else "   ")
    return lines


def _label(span: Span) -> str:
    return f"{_one_line(span.service) or '?'}: {_one_line(span.name)}"
