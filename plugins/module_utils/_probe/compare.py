# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was sent against what is stored, field by field."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import PlacedSpan, ResourceSpans, placed


@dataclass(frozen=True)
class Alteration:
    """One field of one span. What is only there on one side is None on the other."""

    trace_id: str
    span_id: str
    field: str
    sent: Any
    stored: Any

    def to_dict(self) -> dict[str, str]:
        return {
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "field": self.field,
            # With its type: 1, 1.0 and "1" must look different, and bytes are no JSON.
            "sent": repr(self.sent),
            "stored": repr(self.stored),
        }


@dataclass
class Comparison:
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    altered: list[Alteration] = field(default_factory=list)
    # Names of attributes that somebody on the way added, as a collector does to resources.
    added: set[str] = field(default_factory=set)

    @property
    def intact(self) -> bool:
        return not (self.lost or self.duplicated or self.unexpected or self.altered)


def compare(sent: Mapping[str, PlacedSpan], stored: Iterable[ResourceSpans], *, strict: bool) -> Comparison:
    """Spans by id. With ``strict``, attributes that were added count as alterations."""
    items = placed(stored)
    counts = Counter(item.span.span_id for item in items)
    result = Comparison(
        lost=[span_id for span_id in sent if span_id not in counts],
        duplicated=[span_id for span_id, count in counts.items() if count > 1],
        unexpected=[span_id for span_id in counts if span_id not in sent],
    )
    for item in items:
        before = sent.get(item.span.span_id)
        if before is not None:
            _compare_span(before, item, strict, result)
    return result


def _compare_span(sent: PlacedSpan, stored: PlacedSpan, strict: bool, result: Comparison) -> None:
    for name, before, after in differences(sent, stored):
        name = name.removeprefix("span.")
        if before is None and not strict and _is_attribute(name):
            result.added.add(name)
        else:
            result.altered.append(Alteration(sent.span.trace_id, sent.span.span_id, name, before, after))


def _is_attribute(name: str) -> bool:
    """Only what a collector may add by its job: a key of the resource or of the span itself."""
    return name.startswith(("resource.", "attributes."))


def differences(sent: Any, stored: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each place at which two values differ. ``True``, ``1`` and ``1.0`` are three different values."""
    if type(sent) is not type(stored):
        yield path, sent, stored
    elif is_dataclass(sent):
        for part in fields(sent):
            yield from differences(getattr(sent, part.name), getattr(stored, part.name), _below(path, part.name))
    elif isinstance(sent, dict):
        for key in {**sent, **stored}:
            yield from differences(sent.get(key), stored.get(key), _below(path, key))
    elif isinstance(sent, (list, tuple)) and len(sent) == len(stored):
        for position, (before, after) in enumerate(zip(sent, stored, strict=True)):
            yield from differences(before, after, f"{path}[{position}]")
    elif not _equal(sent, stored):
        yield path, sent, stored


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _equal(one: Any, other: Any) -> bool:
    """Not a number is the same as itself here, and zero is not minus zero."""
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    return bool(one == other)
