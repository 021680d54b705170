# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where spans stopped: the account of the pipeline between two moments, and what it says.

Nothing is blamed that was not seen. A component whose counters could not be read is named as unread, and a
number that is not known stays None, which is different from zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from .counters import (
    DISCARDED,
    GAUGES,
    STARTED_AT,
    ComponentSample,
    PipelineSample,
)

# Errors of the connection that are themselves proof that nothing can come in there.
DEAD_ENDS = {
    "no_endpoints": "{where} has no ready pod behind it",
    "connection_refused": "{where} refuses connections",
}

# Between the count of a generator that goes on and that of Tempo a span is on its way: Alloy's batch, and its export.
FLIGHT_SECONDS = 5.0

# The counts on the way that each component keeps, and those it keeps of spans that did not get to a stage.
COUNTED_BY = {"Alloy": ("accepted", "sent"), "Tempo": ("received",)}
GIVEN_UP: Mapping[str, tuple[str, ...]] = {
    "accepted": ("refused",),
    "sent": ("send_failed", "enqueue_failed"),
    "received": ("send_failed", "receiver_refused"),
    "stored": ("receiver_refused",),
}


@dataclass(frozen=True)
class Account:
    """Numbers of spans on their way; None where nothing is known."""

    generated: int | None = None
    accepted: int | None = None
    refused: int | None = None
    queued: int | None = None
    queue_capacity: int | None = None
    sent: int | None = None
    send_failed: int | None = None
    enqueue_failed: int | None = None
    received: int | None = None
    receiver_refused: int | None = None
    # Records that a Tempo in components could not write to Kafka; None for one that has none.
    kafka_failed: int | None = None
    discarded: Mapping[str, int] = field(default_factory=dict)
    stored: int | None = None
    notes: tuple[str, ...] = ()
    # Components whose counters did not live through: what they show is less than what passed.
    restarted: frozenset[str] = frozenset()
    # Spans of generators that went on meanwhile, by their own count; None without one, or where it could not be read.
    background: int | None = None
    background_traces: int | None = None
    # How many of them may be on their way at both ends, so that counts differ without a loss.
    tolerance: int = 0

    @property
    def discarded_total(self) -> int | None:
        """None where the process that counts what it throws away was not read."""
        return None if self.received is None and not self.discarded else sum(self.discarded.values())

    @property
    def balanced(self) -> bool | None:
        """Whether every count on the way is known and the same."""
        ends = (self._with_background(self.generated), self._with_background(self.stored))
        way = (*ends, self.accepted, self.sent, self.received)
        known = [value for value in way if value is not None]
        # Of the run itself every span is looked for by its id.
        if None not in ends and ends[0] != ends[1]:
            return False
        if known and max(known) - min(known) > self.tolerance:
            return False
        return True if len(known) == len(way) else None

    def _with_background(self, count: int | None) -> int | None:
        """What is counted of the run alone, as the components count it."""
        return None if count is None else count + (self.background or 0)

    @property
    def others(self) -> int | None:
        """Spans that Alloy took in and that neither the run nor the generators in the background count as theirs."""
        sent = self._with_background(self.generated)
        if self.background is None or sent is None or self.accepted is None:
            return None
        surplus = self.accepted - sent
        return surplus if surplus > self.tolerance else 0

    @property
    def lost(self) -> int | None:
        """Spans that were sent and are not found."""
        if self.generated is None or self.stored is None:
            return None
        return max(self.generated - self.stored, 0)

    def losses(self) -> list[dict[str, Any]]:
        """Where spans stayed behind, in the order of the way: between which counts, how many, and what is known of why.

        A count that is higher than the one before says that a batch was sent twice: that is no loss, and no gain.
        Counts of a component that restarted are passed over.
        """
        found = []
        before, flow = "", None
        for name, value in self._way():
            if flow is not None and value < flow - self.tolerance:
                found.append({"after": before, "before": name, "spans": flow - value, "reasons": self._reasons(name)})
            if flow is None or value <= flow:
                before, flow = name, value
        return found

    def _way(self) -> list[tuple[str, int]]:
        """The counts on the way that can be relied on."""
        doubtful = {name for component in self.restarted for name in COUNTED_BY[component]}
        names = ("generated", "accepted", "sent", "received", "stored")
        counts = {name: getattr(self, name) for name in names}
        counts |= {name: self._with_background(counts[name]) for name in ("generated", "stored")}
        return [(name, count) for name, count in counts.items() if name not in doubtful and count is not None]

    def _reasons(self, stage: str) -> dict[str, int]:
        """What components say of spans that did not reach a stage."""
        named = {name: getattr(self, name) or 0 for name in GIVEN_UP[stage]}
        discarded = {} if stage == "accepted" else {f"discarded ({why})": n for why, n in self.discarded.items()}
        return {name: count for name, count in {**named, **discarded}.items() if count}

    def to_dict(self) -> dict[str, Any]:
        return {
            "lost": self.lost,
            "losses": self.losses(),
            "generated": self.generated,
            "background": self.background,
            "background_traces": self.background_traces,
            "others": self.others,
            "tolerance": self.tolerance,
            "accepted": self.accepted,
            "refused": self.refused,
            "queued": self.queued,
            "sent": self.sent,
            "send_failed": self.send_failed,
            "enqueue_failed": self.enqueue_failed,
            "received": self.received,
            "receiver_refused": self.receiver_refused,
            "kafka_failed": self.kafka_failed,
            "discarded": dict(self.discarded),
            "discarded_total": self.discarded_total,
            "stored": self.stored,
            "balanced": self.balanced,
            "notes": list(self.notes),
            "rows": self.rows(),
        }

    def rows(self) -> list[dict[str, Any]]:
        """The account as a table, in the order of the way."""
        labels = (
            ("generated", "spans the generator reports"),
            ("accepted", "accepted by Alloy"),
            ("refused", "refused by Alloy"),
            ("queued", "batches waiting in Alloy's queue"),
            ("sent", "sent by Alloy"),
            ("send_failed", "given up by Alloy's exporter"),
            ("enqueue_failed", "not taken by Alloy's full queue"),
            ("received", "received by Tempo"),
            ("receiver_refused", "refused by Tempo's receiver"),
        )
        rows = [{"stage": name, "label": label, "spans": getattr(self, name)} for name, label in labels]
        if self.background is not None:
            label = "spans that generators in the background report"
            rows.insert(1, {"stage": "background", "label": label, "spans": self.background})
            rows.insert(3, {"stage": "others", "label": "of them of others", "spans": self.others})
        rows += [
            {"stage": "discarded", "label": f"discarded by Tempo ({reason})", "spans": count}
            for reason, count in sorted(self.discarded.items())
        ]
        return [*rows, {"stage": "stored", "label": "found in Tempo's storage", "spans": self.stored}]


class _Change:
    """What one component counted between two samples."""

    def __init__(self, name: str, start: ComponentSample | None, end: ComponentSample | None) -> None:
        self._name = name
        self._start = start if start and start.readable else None
        self._end = end if end and end.readable else None
        self.notes: list[str] = []
        self.reset = False
        if self._end:
            self._look_at_instances(self._end)

    def _look_at_instances(self, end: ComponentSample) -> None:
        if self._start is None:
            self.notes.append(f"{self._name} has no earlier sample: its counts are since its process started.")
            return
        new = sorted(set(end.instances) - set(self._start.instances))
        gone = sorted(set(self._start.instances) - set(end.instances))
        if new:
            self.notes.append(f"{self._name}: {', '.join(new)} came up in between and counts from zero.")
        if gone:
            self.reset = True
            self.notes.append(f"{self._name}: {', '.join(gone)} is gone, and what it counted last is not known.")
        for instance in sorted(set(end.instances) & set(self._start.instances)):
            if self._restarted(instance):
                self.reset = True
                self.notes.append(f"{self._name}: {instance} restarted in between; its counts are those since then.")

    def _restarted(self, instance: str) -> bool:
        before, after = self._counters(self._start, instance), self._counters(self._end, instance)
        if STARTED_AT in before and STARTED_AT in after:
            return after[STARTED_AT] > before[STARTED_AT] + 1.0
        return any(after.get(name, 0.0) < value for name, value in before.items() if name not in GAUGES)

    @staticmethod
    def _counters(sample: ComponentSample | None, instance: str) -> Mapping[str, float]:
        return sample.instances.get(instance, {}) if sample else {}

    def count(self, name: str) -> int | None:
        """The growth of a counter, or a gauge as it is."""
        if self._end is None or self._end.value(name) is None:
            return None
        return round(sum(self._growth(instance, name) for instance in self._end.instances))

    def _growth(self, instance: str, name: str) -> float:
        after = self._counters(self._end, instance).get(name, 0.0)
        if name in GAUGES or self._restarted(instance):
            return after
        return after - self._counters(self._start, instance).get(name, 0.0)

    def names(self, prefix: str) -> list[str]:
        instances = self._end.instances.values() if self._end else ()
        return sorted({name for counters in instances for name in counters if name.startswith(prefix)})


def make_account(
    start: PipelineSample | None, end: PipelineSample, *, generated: int | None = None, stored: int | None = None
) -> Account:
    alloy = _Change("Alloy", start.alloy if start else None, end.alloy)
    tempo = _Change("Tempo", start.tempo if start else None, end.tempo)
    discarded = {name.removeprefix(DISCARDED): tempo.count(name) or 0 for name in tempo.names(DISCARDED)}
    known, notes = _background(start, end)
    return Account(
        **known,
        generated=generated,
        accepted=alloy.count("accepted"),
        refused=alloy.count("refused"),
        queued=alloy.count("queued"),
        queue_capacity=alloy.count("queue_capacity"),
        sent=alloy.count("sent"),
        send_failed=alloy.count("send_failed"),
        enqueue_failed=alloy.count("enqueue_failed"),
        received=tempo.count("received"),
        receiver_refused=tempo.count("receiver_refused"),
        kafka_failed=tempo.count("kafka_failed"),
        discarded={reason: count for reason, count in discarded.items() if count},
        stored=stored,
        notes=(*alloy.notes, *tempo.notes, *notes),
        restarted=frozenset(name for name, change in (("Alloy", alloy), ("Tempo", tempo)) if change.reset),
    )


def _background(start: PipelineSample | None, end: PipelineSample) -> tuple[dict[str, int], list[str]]:
    """What generators counted meanwhile, as fields of the account; empty where it is not known. And notes."""
    before, after = start.generators if start else None, end.generators
    unread = [f"Not counted: {one.error}" for one in (before, after) if one and not one.readable]
    if start is None or not (before and before.readable and after and after.readable):
        return {}, unread[:1]
    change = _Change("The generator in the background", before, after)
    if change.reset or set(before.instances) != set(after.instances):
        return {}, change.notes
    count, traces = change.count("spans_sent") or 0, change.count("traces_sent") or 0
    on_their_way = count / max(end.taken_at - start.taken_at, 1.0) * (FLIGHT_SECONDS + start.took + end.took)
    return {"background": count, "background_traces": traces, "tolerance": ceil(on_their_way)}, change.notes


def is_settled(earlier: PipelineSample, later: PipelineSample) -> bool:
    """Nothing waits in Alloy and nothing moved between two looks."""
    if later.alloy and any((later.alloy.value(queue) or 0) > 0 for queue in ("queued", "balancing")):
        return False
    moved = make_account(earlier, later)
    counts = (moved.accepted, moved.refused, moved.sent, moved.send_failed, moved.received, moved.discarded_total)
    return not any(counts)
