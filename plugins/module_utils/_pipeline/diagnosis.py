# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Naming the first stage at which spans stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .account import DEAD_ENDS, Account
from .counters import ComponentSample, PipelineSample

GENERATOR = "generator"
GENERATOR_TO_ALLOY = "generator_to_alloy"
ALLOY = "alloy"
ALLOY_TO_TEMPO = "alloy_to_tempo"
TEMPO_DISCARDED = "tempo_discarded"
TEMPO_SEARCH = "tempo_search"
NONE = "none"
UNKNOWN = "unknown"
STAGES = (GENERATOR, GENERATOR_TO_ALLOY, ALLOY, ALLOY_TO_TEMPO, TEMPO_DISCARDED, TEMPO_SEARCH, NONE, UNKNOWN)

_FIX_GENERATOR = "Read the generator's log: a script that failed or ran for no iteration makes no spans."
_FIX_TO_ALLOY = (
    "Check the generator's endpoint (4317 is gRPC, 4318 is HTTP), that Alloy's Service lists that port, that "
    "TLS is off on both sides or on both, and that no network policy stands between."
)
_FIX_ALLOY = (
    "Read Alloy's component page: filters, sampling, a memory limiter, or an output that is not connected drop spans."
)
_FIX_TO_TEMPO = (
    "Check the exporter's endpoint in Alloy's configuration (gRPC: tempo:4317 without a path; HTTP: "
    "http://tempo:4318), that Tempo's receivers listen on 0.0.0.0, and TLS on both sides; Alloy's log names the error."
)
_FIX_KAFKA = (
    "Bring Kafka up: its broker must answer at tempo_kafka_address, and at the address that it hands out itself. Alloy "
    "then sends what waits in its queue."
)
# A distributor counts a record as failed only when its time is up, and takes no spans until then.
_FIX_OR_KAFKA = (
    "If that is a time limit, look at Kafka, which the distributors wait for: its broker must answer at "
    "tempo_kafka_address, and at the address that it hands out itself."
)
_FIX_OTHER_TEMPO = "Check that Alloy exports to this very Tempo, and not to another one or another namespace."
_FIX_SEARCH = (
    "Search sees a trace only after it was cut to a block (idle time plus flush check; 30 s more on Tempo 3): "
    "raise timeout. Else check query, run_id, since and tenant."
)
_FIX_LIVE_STORE = (
    "Bring the live stores and the object store up: a query asks both, and only live stores have what is new. The role "
    "status says whether each is ready, and how far it is behind Kafka, which keeps the spans. If all is well: "
)
_FIX_DISCARDED = {
    "rate_limited": "Raise ingestion.rate_limit_bytes and burst_size_bytes in Tempo's overrides; an override for one "
    "tenant replaces all defaults.",
    "live_traces_exceeded": "Raise ingestion.max_traces_per_user in Tempo's overrides, or send fewer traces at a time.",
    "trace_too_large": "Raise global.max_bytes_per_trace in Tempo's overrides, or make the traces smaller.",
}


@dataclass(frozen=True)
class Diagnosis:
    stage: str
    message: str
    fix: str
    evidence: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"stage": self.stage, "message": self.message, "fix": self.fix, "evidence": list(self.evidence)}


@dataclass(frozen=True)
class _Case:
    """All that the rules look at. ``alloy`` and ``tempo`` are the later samples."""

    account: Account
    alloy: ComponentSample | None
    tempo: ComponentSample | None

    def dead_end(self, component: ComponentSample | None) -> str:
        """Why nothing at all can come in at a component, or an empty text."""
        if component is None or component.readable:
            return ""
        return DEAD_ENDS.get(component.error_kind, "").format(where=component.where)

    def missing(self, before: int | None, after: int | None) -> int:
        """How many were lost between two counts, as far as both are known, beyond those that may be on their way."""
        lost = max(0, before - after) if before is not None and after is not None else 0
        return lost if lost > self.account.tolerance else 0


def diagnose(account: Account, end: PipelineSample) -> Diagnosis:
    """The first rule along the way that holds."""
    case = _Case(account, end.alloy, end.tempo)
    found = next((hit for rule in _RULES if (hit := rule(case)) is not None), None) or _nothing_wrong(case)
    return Diagnosis(found.stage, found.message, found.fix, tuple(_evidence(case)))


def _no_generation(case: _Case) -> Diagnosis | None:
    if case.account.generated == 0:
        return Diagnosis(GENERATOR, "The generator reports that it made no spans.", _FIX_GENERATOR)
    return None


def _alloy_dead(case: _Case) -> Diagnosis | None:
    # What Tempo received by another way shows that Alloy's own address may be looked up wrong.
    error = case.dead_end(case.alloy)
    if error and not case.account.received:
        return Diagnosis(GENERATOR_TO_ALLOY, f"No Alloy takes spans: {error}.", "Bring Alloy up; see its log.")
    return None


def _nothing_at_alloy(case: _Case) -> Diagnosis | None:
    account = case.account
    if account.accepted != 0 or account.refused or account.received:
        return None
    if account.generated:
        message = f"The generator reports {account.generated} spans, and none reached Alloy."
        return Diagnosis(GENERATOR_TO_ALLOY, message, _FIX_TO_ALLOY)
    message = "No spans reached Alloy. What the generator made is not known: none, or they were lost on the way."
    return Diagnosis(GENERATOR_TO_ALLOY, message, f"{_FIX_GENERATOR} {_FIX_TO_ALLOY}")


def _tempo_dead(case: _Case) -> Diagnosis | None:
    error = case.dead_end(case.tempo)
    if not error:
        return None
    if case.account.accepted is None and case.tempo and case.tempo.error_kind != "no_endpoints":
        # A wrong address looks the same, and nothing was seen on its way here.
        message = f"Tempo cannot be asked: {error}. Whether spans reached it is not known."
        return Diagnosis(UNKNOWN, message, "Check Tempo's address; alloy_url shows what came so far.")
    return Diagnosis(ALLOY_TO_TEMPO, f"No Tempo takes spans: {error}.", "Bring Tempo up; see its log.")


def _export_fails(case: _Case) -> Diagnosis | None:
    account = case.account
    stuck = [
        text
        for count, text in (
            (account.send_failed, f"gave up {account.send_failed} spans"),
            (account.enqueue_failed, f"could not queue {account.enqueue_failed} spans"),
            (account.queued if case.missing(account.accepted, account.sent) else 0, f"holds {account.queued} batches"),
        )
        if count
    ]
    if not stuck:
        return None
    message = f"Alloy's exporter cannot deliver to Tempo: it {', '.join(stuck)}."
    if account.receiver_refused:
        message += f" Tempo's receiver refused {account.receiver_refused} spans."
    if account.kafka_failed:
        message += f" Tempo could not write {account.kafka_failed} records to Kafka."
    return _discarded(case) or Diagnosis(ALLOY_TO_TEMPO, message, _fix_to_tempo(account.kafka_failed))


def _fix_to_tempo(kafka_failed: int | None) -> str:
    """``None`` is a Tempo without Kafka."""
    if kafka_failed:
        return _FIX_KAFKA
    return _FIX_TO_TEMPO if kafka_failed is None else f"{_FIX_TO_TEMPO} {_FIX_OR_KAFKA}"


def _alloy_refuses(case: _Case) -> Diagnosis | None:
    refused = case.account.refused
    if refused:
        message = f"Alloy refused {refused} spans, with nothing wrong in its exporter."
        return Diagnosis(ALLOY, message, "Look for a memory limiter or a rate limit in Alloy's configuration.")
    return None


def _lost_before_alloy(case: _Case) -> Diagnosis | None:
    account = case.account
    lost = case.missing(account.generated, account.accepted)
    if lost and case.missing(account.generated, account.received or 0):
        message = f"{lost} of the generator's {account.generated} spans did not reach Alloy."
        return Diagnosis(
            GENERATOR_TO_ALLOY, message, "Give the generator time to drain before it ends. " + _FIX_TO_ALLOY
        )
    return None


def _lost_in_alloy(case: _Case) -> Diagnosis | None:
    account = case.account
    lost = case.missing(account.accepted, account.sent)
    if not lost or (account.received or 0) >= (account.accepted or 0):
        return None
    message = f"{lost} of the {account.accepted} spans that Alloy accepted never reached its exporter."
    return Diagnosis(ALLOY, message, _FIX_ALLOY)


def _discarded(case: _Case) -> Diagnosis | None:
    discarded = case.account.discarded
    if not discarded:
        return None
    listed = ", ".join(f"{count} as {reason}" for reason, count in sorted(discarded.items()))
    worst = max(discarded, key=lambda reason: discarded[reason])
    fix = _FIX_DISCARDED.get(worst, "Read Tempo's log for the reason, and its limits in the overrides.")
    return Diagnosis(TEMPO_DISCARDED, f"Tempo received spans and threw some away: {listed}.", fix)


def _lost_before_tempo(case: _Case) -> Diagnosis | None:
    account = case.account
    lost = case.missing(account.sent, account.received)
    if lost:
        message = f"Alloy reports {account.sent} spans as sent, but this Tempo received {account.received}."
        return Diagnosis(ALLOY_TO_TEMPO, message, _FIX_OTHER_TEMPO)
    if account.received == 0 and account.sent is None:
        message = "No spans reached this Tempo. Alloy's counters are not known, so the break is somewhere before it."
        return Diagnosis(UNKNOWN, message, "Set alloy_service or alloy_url to see how far the spans came.")
    return None


def _not_found(case: _Case) -> Diagnosis | None:
    account = case.account
    kept = (account.received or 0) - (account.discarded_total or 0)
    expected = min(kept, account.generated) if account.generated is not None else kept
    if account.stored is None or expected <= 0 or account.stored >= expected:
        return None
    if account.stored and account.generated is None:
        return None  # others send too: that not all of it matches this query is no loss
    message = f"Tempo took in {kept} spans, of which {account.stored} are found."
    on_kafka = account.kafka_failed is not None
    return Diagnosis(TEMPO_SEARCH, message, _FIX_LIVE_STORE + _FIX_SEARCH if on_kafka else _FIX_SEARCH)


def _nothing_wrong(case: _Case) -> Diagnosis:
    account = case.account
    if not any((account.accepted, account.sent, account.received, account.stored)):
        message = "Where spans stopped is not known: no counter could be read that tells."
        return Diagnosis(UNKNOWN, message, "Set alloy_service or alloy_url, and see the evidence for what failed.")
    fix = "What is still asked for was not lost on the way: check services, edges and counts." if account.stored else ""
    return Diagnosis(NONE, "No loss of spans is seen at any stage.", fix if account.balanced is not True else "")


_RULES: tuple[Callable[[_Case], Diagnosis | None], ...] = (
    _no_generation,
    _alloy_dead,
    _nothing_at_alloy,
    _tempo_dead,
    _export_fails,
    _alloy_refuses,
    _lost_before_alloy,
    _lost_in_alloy,
    _discarded,
    _lost_before_tempo,
    _not_found,
)


def _evidence(case: _Case) -> list[str]:
    account = case.account
    lines = []
    if account.generated is not None:
        lines.append(f"The generator reports {account.generated} spans.")
    if account.background is not None:
        lines.append(f"Generators in the background report {account.background} spans.")
    if account.accepted is not None:
        lines.append(f"Alloy accepted {account.accepted} spans and refused {account.refused}.")
        lines.append(
            f"Alloy sent {account.sent}, gave up {account.send_failed}, could not queue {account.enqueue_failed}; "
            f"{account.queued} of {account.queue_capacity} batches are queued."
        )
    if account.received is not None:
        lines.append(f"Tempo received {account.received} spans and discarded {account.discarded_total}.")
    if account.kafka_failed:
        lines.append(f"Tempo could not write {account.kafka_failed} records to Kafka.")
    if account.stored is not None:
        lines.append(f"Search finds {account.stored} spans.")
    lines += _unread("Alloy", case.alloy) + _unread("Tempo", case.tempo)
    if case.alloy and case.alloy.value("config_loaded") == 0:
        lines.append("Alloy's last load of its configuration failed: an older one is running.")
    return lines + list(account.notes)


def _unread(name: str, component: ComponentSample | None) -> list[str]:
    if component is None:
        return [f"{name} was not looked at."]
    if component.error:
        return [f"Not all of {name}'s counters could be read: {component.error}"]
    return []
