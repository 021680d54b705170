# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Just enough of Prometheus' text format to add up counters."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_NAME = r"[A-Za-z_:][A-Za-z0-9_:]*+"
# A closing brace may stand in a quoted value; OpenMetrics puts an exemplar behind ` # `. Nothing that was matched is
# given back (`++`, `*+`): a line of spaces and quotes would be split in every way there is.
_LABELS = r'(?:[^"}]++|"(?:[^"\\]++|\\.)*+")*+'
_SAMPLE = re.compile(rf"({_NAME})[ \t]*+(?:\{{({_LABELS})\}})?+[ \t]*+([^\s#]++)(.*+)")
_REST = re.compile(r"(?:[ \t]++[-+.\d]++)?+(?:[ \t]++(?:#.*+)?+)?+\Z")
_LABEL = re.compile(rf'[ \t,]*+({_NAME})[ \t]*+=[ \t]*+"((?:[^"\\]++|\\.)*+)"')
# The largest line of a real component has some 2 KB.
MAX_LINE = 64 * 1024
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True)
class Sample:
    name: str
    labels: Mapping[str, str]
    value: float


def parse(text: str) -> list[Sample]:
    """All samples. A line that is none is left out: one odd metric must not hide the others."""
    return [sample for line in text.split("\n") if (sample := _sample(line)) is not None]


def _sample(line: str) -> Sample | None:
    match = _SAMPLE.match(line.strip()) if len(line) <= MAX_LINE else None
    if match is None or not _REST.match(match[4]):
        return None
    try:
        value = float(match[3])
    except ValueError:
        return None
    return Sample(match[1], _labels(match[2] or ""), value)


def _labels(text: str) -> dict[str, str]:
    labels = {}
    label = _LABEL.match(text)
    while label:
        labels[label[1]] = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[0]), label[2])
        label = _LABEL.match(text, label.end())
    return labels


def select(samples: Iterable[Sample], name: str) -> list[Sample]:
    """Samples of a counter, whether or not its name carries the ``_total`` that newer libraries add."""
    bare = name.removesuffix("_total")
    return [sample for sample in samples if sample.name in (bare, bare + "_total")]


def total(
    samples: Iterable[Sample], name: str, keep: Callable[[Mapping[str, str]], bool] = lambda labels: True
) -> float | None:
    """The sum over all label sets that are kept, or None when the metric is not there at all."""
    values = [s.value for s in select(samples, name) if keep(s.labels) and math.isfinite(s.value)]
    return _finite(sum(values)) if values else None


def _finite(value: float) -> float | None:
    """Finite counters can add up to what no counter can be: then it is not known."""
    return value if math.isfinite(value) else None


def total_by(samples: Iterable[Sample], name: str, label: str) -> dict[str, float]:
    """The sums of a metric for each value of one label."""
    sums: dict[str, float] = {}
    for sample in select(samples, name):
        key = sample.labels.get(label, "")
        sums[key] = sums.get(key, 0.0) + (sample.value if math.isfinite(sample.value) else 0.0)
    return sums
