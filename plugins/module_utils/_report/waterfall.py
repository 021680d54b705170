# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One trace as a waterfall: the tree of its spans, each a bar over the time of the whole trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span, Trace

from .markup import Markup, join, tag
from .values import quantity, seconds_text

MOST_ROWS = 150
# Deeper spans stay at this indentation: their names would have no room left.
MOST_INDENT = 10


@dataclass(frozen=True)
class Row:
    span: Span
    depth: int
    orphan: bool


def rows(trace: Trace) -> list[Row]:
    return [Row(visit.span, visit.depth, visit.orphan) for visit in trace.walk()]


def draw_waterfall(trace: Trace, colours: Mapping[str, str]) -> Markup:
    ordered = rows(trace)
    start = min(span.start_unix_nano for span in trace.spans)
    length = max(1, trace.duration_nanos)
    lines = [_line(row, start, length, colours) for row in ordered[:MOST_ROWS]]
    left_out = len(ordered) - MOST_ROWS
    more = tag("p", f"{quantity(left_out, 'further span')} not drawn.", class_="muted") if left_out > 0 else Markup("")
    return join(_scale(length), tag("ol", *lines, class_="waterfall"), more)


def _scale(length: int) -> Markup:
    """The times above the bars: begin, middle and end."""
    marks = [tag("span", seconds_text(length / 1e9 * part)) for part in (0.0, 0.5, 1.0)]
    return tag("div", tag("div", *marks, class_="times"), class_="scale", aria_hidden="true")


def _line(row: Row, start: int, length: int, colours: Mapping[str, str]) -> Markup:
    span, failed = row.span, row.span.status == "error"
    begin = 100 * (span.start_unix_nano - start) / length
    width = 100 * span.duration_nanos / length
    colour = "fill-bad" if failed else colours.get(span.service, "")
    drawn = tag(
        "svg",
        tag("rect", x=f"{begin:.2f}%", y=0, width=f"{max(width, 0.3):.2f}%", height="100%", rx=2, class_=colour),
        class_="bar",
        aria_hidden="true",
    )
    return tag(
        "li",
        tag("span", *_name(row, colours), class_="span", style=f"--depth:{min(row.depth, MOST_INDENT)}"),
        tag("span", drawn, class_="track"),
        tag("span", seconds_text(span.duration_nanos / 1e9), class_="took"),
        class_="failed" if failed else None,
    )


def _name(row: Row, colours: Mapping[str, str]) -> list[Markup]:
    span = row.span
    parts = [
        tag("i", class_=f"dot {colours.get(span.service, '')}"),
        tag("span", tag("b", span.service or "?"), " ", span.name, class_="what"),
    ]
    if span.status == "error":
        message = f"error: {span.status_message}" if span.status_message else "error"
        parts.append(tag("span", message, class_="bad"))
    if row.orphan:
        parts.append(tag("span", "parent span not stored", class_="muted"))
    return parts
