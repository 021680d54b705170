# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long spans took to be found, as a distribution on a logarithmic axis.

Reading by id takes milliseconds and search takes seconds: only a logarithmic axis shows both at once. Positions are
percentages, so that one drawing suits every width and its text is never scaled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .input import Latency
from .markup import Markup, join, tag
from .values import quantity, seconds_text

BINS = 48
_SMALLEST = 0.0001
_LABEL_HEIGHT = 17
_BARS_HEIGHT = 56
_TOP = 3 * _LABEL_HEIGHT + 4
_HEIGHT = _TOP + _BARS_HEIGHT + 1
# With more ticks than this they would touch on a phone.
_MOST_TICKS = 7
# What a label takes of the width of a phone, in percent.
_ROOM = 30


@dataclass(frozen=True)
class Axis:
    low: float
    high: float

    def percent(self, seconds: float) -> float:
        inside = min(max(seconds, self.low), self.high)
        return 100 * math.log(inside / self.low) / math.log(self.high / self.low)

    def ticks(self) -> list[float]:
        """Round values, as many as fit."""
        for steps in ((1, 2, 5), (1, 3), (1,)):
            found = self._round_values(steps)
            if len(found) <= _MOST_TICKS:
                return found
        return found[:: math.ceil(len(found) / _MOST_TICKS)]

    def _round_values(self, steps: tuple[int, ...]) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        values = (step * 10.0**power for power in range(first, last + 1) for step in steps)
        return [value for value in values if self.low <= value <= self.high]


def make_axis(latencies: list[Latency]) -> Axis:
    marks = [mark for item in latencies for mark in (item.p50, item.p95, item.max) if mark is not None]
    values = [max(value, _SMALLEST) for item in latencies for value in item.values] + [max(m, _SMALLEST) for m in marks]
    low, high = min(values), max(values)
    return Axis(low / 1.5, high * 1.5)


def bins(values: tuple[float, ...], axis: Axis) -> list[int]:
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(axis.percent(max(value, _SMALLEST)) / 100 * BINS))] += 1
    return counts


def draw_latency(name: str, latency: Latency, axis: Axis) -> Markup:
    """One row: its name and figures, and the histogram with its marks."""
    figures = _figures(latency)
    amount = quantity(len(latency.values), "trace") if latency.values else ""
    title = f"{name}: {', '.join(f'{label} {seconds_text(value)}' for label, value in figures)}"
    chart = tag(
        "svg",
        tag("title", title),
        tag("desc", f"Histogram of {amount or 'no single values'} over a logarithmic axis of seconds."),
        *_bars(latency, axis),
        *_marks(figures, axis),
        tag("line", x1="0", x2="100%", y1=_HEIGHT - 0.5, y2=_HEIGHT - 0.5, class_="base"),
        width="100%",
        height=_HEIGHT,
        role="img",
    )
    heading = tag("h3", name, " ", tag("span", amount, class_="muted") if amount else Markup(""))
    return tag("div", heading, chart, class_="histogram")


def draw_axis(axis: Axis) -> Markup:
    labels = [
        join(
            tag("line", x1=f"{axis.percent(t):.2f}%", x2=f"{axis.percent(t):.2f}%", y1=0, y2=5, class_="base"),
            tag("text", _tick_text(t), x=f"{axis.percent(t):.2f}%", y=18, text_anchor=_tick_anchor(axis.percent(t))),
        )
        for t in axis.ticks()
    ]
    return tag("svg", *labels, width="100%", height=22, class_="axis", aria_hidden="true")


def _tick_anchor(percent: float) -> str:
    """At the edges a label must not stand out over the drawing."""
    return "start" if percent < 5 else "end" if percent > 95 else "middle"


def _tick_text(seconds: float) -> str:
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 0.999:
            return f"{seconds * factor:.0f} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def _figures(latency: Latency) -> list[tuple[str, float]]:
    pairs = (("p50", latency.p50), ("p95", latency.p95), ("max", latency.max))
    return [(label, value) for label, value in pairs if value is not None]


def _bars(latency: Latency, axis: Axis) -> list[Markup]:
    counts = bins(latency.values, axis)
    tallest = max(counts, default=0) or 1
    width = 100 / BINS
    return [
        tag(
            "rect",
            x=f"{position * width + width * 0.08:.2f}%",
            y=round(_HEIGHT - 1 - max(2.0, _BARS_HEIGHT * amount / tallest), 1),
            width=f"{width * 0.84:.2f}%",
            height=round(max(2.0, _BARS_HEIGHT * amount / tallest), 1),
            class_="bar",
        )
        for position, amount in enumerate(counts)
        if amount
    ]


def _marks(figures: list[tuple[str, float]], axis: Axis) -> list[Markup]:
    """Lines with a label each, at heights at which no line crosses the label of another.

    Labels stand to the left where there is room. The further right a line is, the higher it then rises; with labels
    to the right it is the other way round.
    """
    places = [axis.percent(max(value, _SMALLEST)) for _label, value in figures]
    to_left = min(places, default=0) >= _ROOM
    lines, labels = [], []
    for row, ((label, value), at) in enumerate(zip(figures, places, strict=True)):
        level = len(figures) - row if to_left else row + 1
        y = level * _LABEL_HEIGHT - 4
        lines.append(tag("line", x1=f"{at:.2f}%", x2=f"{at:.2f}%", y1=y - 10, y2=_HEIGHT, class_="mark"))
        labels.append(_mark_label(label, value, at, y, to_left or at > 100 - _ROOM))
    return [*lines, *labels]


def _mark_label(label: str, value: float, at: float, y: float, left: bool) -> Markup:
    return tag(
        "text",
        tag("tspan", f"{label} ", class_="muted"),
        tag("tspan", seconds_text(value), class_="value"),
        x=f"{at:.2f}%",
        dx=-6 if left else 6,
        y=y,
        text_anchor="end" if left else "start",
        class_="label",
    )
