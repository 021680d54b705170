# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Just enough of Prometheus' text format to add up counters.

A page may have 50 MB of which four lines are wanted: it stays bytes, and only these lines become samples.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

_NAME = r"[A-Za-z_:][A-Za-z0-9_:]*+"
# A closing brace may stand in a quoted value; OpenMetrics puts an exemplar behind ` # `. Single characters that were
# matched are not given back (`++`, `*+`): a line of spaces and quotes would be split in every way there is. Groups are,
# because Python 3.11 before 3.11.5 misreads a possessive group (its issue 106052).
_LABELS = r'(?:[^"}]++|"(?:[^"\\]++|\\.)*")*'
_SAMPLE = re.compile(rf"({_NAME})[ \t]*+(?:\{{({_LABELS})\}})?[ \t]*+([^\s#]++)(.*+)")
_REST = re.compile(r"(?:[ \t]++[-+.\d]++)?(?:[ \t]++(?:#.*+)?)?\Z")
_LABEL = re.compile(rf'[ \t,]*+({_NAME})[ \t]*+=[ \t]*+"((?:[^"\\]++|\\.)*)"')
# The largest line of a real component has some 2 KB.
MAX_LINE = 64 * 1024
# Of the metrics that are asked for. A Tempo with thousands of tenants stays below it.
MAX_SAMPLES = 100_000
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


# Slots, and tuples as keys of those that were found: of a hundred thousand samples, that is 20 MB less.
@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    labels: Mapping[str, str]
    value: float


def read(page: bytes, names: Iterable[str]) -> list[Sample]:
    """The samples of these metrics, with or without ``_total`` behind their names.

    A line that is no sample is left out: one odd metric must not hide the others. A sample that comes twice counts
    once.
    """
    wanted = "|".join(sorted({re.escape(name.removesuffix("_total")) for name in names}))
    lines = re.compile(rf"^[ \t]*+(?:{wanted})(?:_total)?(?=[ \t{{])[^\n]*+".encode(), re.MULTILINE)
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Sample] = {}
    for match in lines.finditer(page):
        sample = _sample(match[0]) if len(match[0]) <= MAX_LINE else None
        if sample is None:
            continue
        first = found.setdefault((sample.name, tuple(sorted(sample.labels.items()))), sample)
        if first.value != sample.value and not (math.isnan(first.value) and math.isnan(sample.value)):
            raise _contradictory(sample)
        if len(found) > MAX_SAMPLES:
            raise _too_many(sample)
    return list(found.values())


def whole(page: bytes) -> bytes:
    """The same page, whose last line has its end. What a page that breaks off does not show would count as nothing."""
    if page and not page.endswith(b"\n"):
        raise TracingError("truncated", "The page of metrics breaks off in the middle of a line.", retryable=True)
    return page


def shows(page: bytes, *prefixes: str) -> bool:
    """Whether any metric has a name that begins so."""
    names = "|".join(map(re.escape, prefixes))
    return re.search(rf"^[ \t]*+(?:{names})".encode(), page, re.MULTILINE) is not None


def _contradictory(sample: Sample) -> TracingError:
    return TracingError(
        "ambiguous",
        f"The page of metrics has {sample.name[:80]} with the same labels twice, and two values.",
        "Check that the address is that of one process of Tempo or Alloy.",
    )


def _too_many(sample: Sample | None) -> TracingError:
    name = sample.name if sample else ""
    return TracingError(
        "too_large",
        f"The page of metrics has more than {MAX_SAMPLES} samples of those that are read, such as {name[:80]}.",
        "Check that the address is that of one process of Tempo or Alloy.",
    )


def _sample(line: bytes) -> Sample | None:
    match = _SAMPLE.match(line.decode("utf-8", "replace").strip())
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
