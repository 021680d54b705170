# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was demanded, what of it is met, and the one sentence that sums it up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import plural

from .input import Inputs, Probe
from .values import (
    grouped,
    mapping,
    number,
    quantity,
    text,
    texts,
    whole,
)

PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"

# How tempo_ingestion_check words what is unmet.
_KINDS = (
    ("traces", re.compile(r"\btraces (found|are allowed)|^trace .* not found")),
    ("spans", re.compile(r"\bspans found")),
    ("services", re.compile(r"^service ")),
    ("edges", re.compile(r"^edge ")),
)
STAGE_PLACES = {
    "generator": "in the generator",
    "generator_to_alloy": "between the generator and Alloy",
    "alloy": "inside Alloy",
    "alloy_to_tempo": "between Alloy and Tempo",
    "tempo_discarded": "in Tempo, which discarded them",
    "tempo_search": "between Tempo's storage and its search",
}


_TITLES = {"services": "Services", "edges": "Calls between services"}


@dataclass(frozen=True)
class Demand:
    name: str
    title: str
    state: str
    detail: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    proven: bool
    sentence: str
    demands: tuple[Demand, ...]

    @property
    def failed(self) -> list[Demand]:
        return [demand for demand in self.demands if demand.state == FAILED]


def judge(inputs: Inputs) -> Verdict:
    demands = tuple(_demands(inputs))
    proven = not any(demand.state == FAILED for demand in demands)
    return Verdict(proven, _sentence(inputs, demands, proven), demands)


def cause(inputs: Inputs) -> str:
    """Where spans stopped and why, in one text; else the error that kept anyone from looking."""
    parts = [text(inputs.diagnosis.get("message")), text(inputs.diagnosis.get("fix"))]
    return " ".join(part for part in parts if part) or check_error(inputs)


def remedy(inputs: Inputs) -> str:
    """What to do, where it is known."""
    error = mapping(inputs.check.get("error"))
    return text(inputs.diagnosis.get("fix") if inputs.stage in STAGE_PLACES else error.get("fix"))


def _demands(inputs: Inputs) -> list[Demand]:
    if not inputs.looked:
        return [*_not_looked(inputs), *_further(inputs)]
    unmet = _unmet_by_kind(inputs)
    demands = [
        _traces(inputs, unmet["traces"]),
        _spans(inputs, unmet["spans"]),
        _seen(inputs, "services", inputs.demanded.services, unmet["services"]),
        _seen(inputs, "edges", inputs.demanded.edges, unmet["edges"]),
        *(Demand("other", "Other demands", FAILED, line, _elapsed(inputs)) for line in unmet["other"]),
    ]
    if not inputs.satisfied and not any(demand.state == FAILED for demand in demands):
        demands.append(Demand("check", "Check", FAILED, check_error(inputs), _elapsed(inputs)))
    return [*demands, *_further(inputs), _account(inputs)]


def _further(inputs: Inputs) -> list[Demand]:
    """What was looked at beside Tempo."""
    probe = [_intact(inputs.probe)] if inputs.probe else []
    return [*probe, *([_metrics(inputs.metrics)] if inputs.metrics else [])]


def _not_looked(inputs: Inputs) -> list[Demand]:
    """One failure, of the check itself: of what was demanded nothing is known."""
    names = {"traces": "Traces found", "spans": "Spans found", **_TITLES, "account": "Account balanced"}
    unknown = "not known, because the check could not be made"
    check = Demand("check", "Check", FAILED, check_error(inputs), _elapsed(inputs))
    return [check, *(Demand(name, title, SKIPPED, unknown) for name, title in names.items())]


def _unmet_by_kind(inputs: Inputs) -> dict[str, list[str]]:
    sorted_in: dict[str, list[str]] = {name: [] for name in ("traces", "spans", "services", "edges", "other")}
    for line in texts(inputs.check.get("unmet")):
        kind = next((name for name, pattern in _KINDS if pattern.search(line)), "other")
        sorted_in[kind].append(line)
    return sorted_in


def _traces(inputs: Inputs, unmet: list[str]) -> Demand:
    sent = inputs.generator.traces_sent if inputs.generator and inputs.all_required else None
    wanted = _largest(inputs.demanded.traces, sent)
    return _counted(inputs, "traces", "Traces found", inputs.traces_found, wanted, unmet)


def _spans(inputs: Inputs, unmet: list[str]) -> Demand:
    sent = inputs.generator.spans_sent if inputs.generator and inputs.all_required else None
    wanted = _largest(inputs.demanded.spans, sent)
    return _counted(inputs, "spans", "Spans found", inputs.spans_found, wanted, unmet)


def _largest(*values: int | None) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _counted(inputs: Inputs, name: str, title: str, found: int | None, wanted: int | None, unmet: list[str]) -> Demand:
    """A run that sent nothing proves nothing: at least one must be there."""
    met = found is not None and found >= max(wanted or 0, 1) and not unmet
    rest = "" if wanted is None else f" of {grouped(wanted)}" if wanted else ", and none was sent"
    detail = f"{grouped(found, 'none')}{rest}"
    if unmet and wanted is None:
        detail = "; ".join(unmet)
    return Demand(name, title, PASSED if met else FAILED, detail, _search_seconds(inputs))


def _seen(inputs: Inputs, name: str, wanted: tuple[str, ...], unmet: list[str]) -> Demand:
    title = _TITLES[name]
    seen = texts(inputs.check.get(name))
    missing = [item for item in wanted if item not in seen]
    seconds = _search_seconds(inputs) if name == "services" else _by_id_seconds(inputs)
    if unmet or missing:
        return Demand(name, title, FAILED, "; ".join(unmet) or f"not seen: {', '.join(missing)}", seconds)
    if not wanted:
        return Demand(name, title, SKIPPED, f"none demanded, {grouped(len(seen))} seen")
    return Demand(name, title, PASSED, f"{', '.join(wanted)}", seconds)


def _intact(probe: Probe) -> Demand:
    wrong = [(probe.lost, "lost"), (probe.duplicated, "duplicated"), (probe.altered, "altered")]
    found = list(probe.problems) or [f"{quantity(amount, 'span')} {what}" for amount, what in wrong if amount]
    traces = f"{quantity(probe.traces, 'trace')} probed" if probe.traces is not None else "probed"
    detail = f"{traces}; {'; '.join(found) or 'no span lost, duplicated or altered'}"
    slowest = probe.by_search.max if probe.by_search else None
    return Demand("intact", "Traces intact", FAILED if found else PASSED, detail, slowest or 0.0)


def _metrics(check: Mapping[str, Any]) -> Demand:
    name, title, seconds = "metrics", "Metrics in Prometheus", number(check.get("elapsed_seconds")) or 0.0
    if check.get("satisfied") is True:
        return Demand(name, title, PASSED, ", ".join(mapping(check.get("series"))), seconds)
    return Demand(name, title, FAILED, text(check.get("msg")) or "the check of the metrics has no result", seconds)


def _account(inputs: Inputs) -> Demand:
    name, title, balanced = "account", "Account balanced", inputs.account.get("balanced")
    if not inputs.account:
        return Demand(name, title, SKIPPED, "nothing was counted")
    if balanced is True:
        return Demand(name, title, PASSED, _balanced(inputs))
    if not inputs.balance_required:
        return Demand(name, title, SKIPPED, f"can't balance: {inputs.balance_obstacle}")
    stages = {"generated": "made by the generator", "accepted": "accepted by Alloy", "sent": "sent on"}
    stages |= {"received": "received by Tempo", "stored": "stored"}
    figures = ", ".join(
        f"{grouped(whole(inputs.account.get(stage)), 'unread')} {words}" for stage, words in stages.items()
    )
    return Demand(name, title, FAILED, figures)


def _balanced(inputs: Inputs) -> str:
    stored = whole(inputs.account.get("stored"))
    detail = f"{grouped(stored)} {plural(stored or 0, 'span')} at every stage"
    if not inputs.background:
        return detail
    return (
        f"{detail}, beside {grouped(inputs.background)} of other generators by their own count, of which up to "
        f"{inputs.tolerance} {plural(inputs.tolerance, 'was on its way', 'were on their way')}"
    )


def check_error(inputs: Inputs) -> str:
    error = mapping(inputs.check.get("error"))
    described = f"{text(error.get('message'))} {text(error.get('fix'))}".strip()
    return described or text(inputs.check.get("msg")) or "The check has no result."


def _search_seconds(inputs: Inputs) -> float:
    measured = number(mapping(inputs.check.get("latency")).get("search_seconds"))
    return _elapsed(inputs) if measured is None else measured


def _by_id_seconds(inputs: Inputs) -> float:
    measured = number(mapping(inputs.check.get("latency")).get("by_id_seconds"))
    return _elapsed(inputs) if measured is None else measured


def _elapsed(inputs: Inputs) -> float:
    return number(inputs.check.get("elapsed_seconds")) or 0.0


def _sentence(inputs: Inputs, demands: tuple[Demand, ...], proven: bool) -> str:
    if not inputs.looked:
        return "whether spans arrived is not known, because the check could not be made."
    made, found = inputs.spans_made if inputs.all_required else None, inputs.spans_found or 0
    of_traces = f" of {quantity(inputs.traces_found, 'trace')}" if inputs.traces_found else ""
    if proven:
        arrived = (
            f"all {quantity(found, 'span')}{of_traces}" if made is not None else f"{quantity(found, 'span')}{of_traces}"
        )
        return f"{arrived} arrived in Tempo."
    if made is not None and found < made:
        place = STAGE_PLACES.get(inputs.stage)
        return f"{grouped(found)} of {quantity(made, 'span')} arrived" + (f"; the break is {place}." if place else ".")
    first = next(demand for demand in demands if demand.state == FAILED)
    if not found:
        return "no span was found in Tempo."
    return f"{quantity(found, 'span')}{of_traces} arrived, but {_reason(first)}."


def _reason(demand: Demand) -> str:
    """The rest of a sentence. Figures of the account are too many for one, and stand in their table."""
    if demand.name == "account":
        return "the counts on their way differ"
    detail = demand.detail.rstrip(".")
    return f"{demand.title.lower()}: {detail}" if demand.name in ("traces", "spans") else detail
