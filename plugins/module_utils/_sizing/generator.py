# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the generator sends, and what it takes of Tempo's storage, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import plural

from .figures import figure

DAY = 86_400


def summary(load: Mapping[str, Any], flows: Sequence[Mapping[str, Any]]) -> str:
    """``load`` and ``flows`` as the filters ``k6_load`` and ``trace_topology`` make them."""
    spans = spans_per_trace(flows)
    seconds = DAY if load["endless"] else load["seconds"]
    share = f"about {_size(stored_bytes(load['rate'] * spans * seconds))} of Tempo's storage"
    rate = f"{load['rate']:.3g} {plural(load['rate'], 'trace')} a second, {spans:.3g} spans each"
    if load["endless"]:
        return f"{rate}, until it is removed: {share} for each day of retention"
    return f"{rate}, for {load['seconds']} s: {share}"


def spans_per_trace(flows: Sequence[Mapping[str, Any]]) -> float:
    """The mean, by how often each flow is sent."""
    ends = [0.0, *(flow["upTo"] for flow in flows)]
    return float(sum((flow["upTo"] - end) * len(flow["spans"]) for end, flow in zip(ends, flows, strict=False)))


def stored_bytes(spans: float) -> float:
    """In blocks, of a Tempo as one process."""
    written = spans * figure("span_bytes") * figure("stored_ratio") * figure("monolithic_copies")
    return written * (1 + figure("compaction_overhead"))


def _size(size: float) -> str:
    """Two digits that count."""
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if size >= unit), (1e3, "kB"))
    return f"{float(f'{size / unit:.2g}'):g} {name}"
