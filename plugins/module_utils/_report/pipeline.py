# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of the spans as a drawing: four stations, three passages, and the break."""

from __future__ import annotations

from dataclasses import dataclass

from .input import Inputs
from .markup import Content, Markup, join, tag
from .values import grouped, quantity, whole

# Positions along the way: stations are even, passages between them odd.
_BREAKS = {
    "generator": 0,
    "generator_to_alloy": 1,
    "alloy": 2,
    "alloy_to_tempo": 3,
    "tempo_discarded": 4,
    "tempo_search": 5,
}
_STATIONS = (("k6", "generator"), ("Alloy", "collector"), ("Tempo", "storage"), ("Stored", "found by search"))
_NOWHERE = 99


@dataclass(frozen=True)
class Passage:
    """Spans that set out, and spans that came in; None where it is not known."""

    out: int | None
    into: int | None
    tolerance: int = 0

    @property
    def lost(self) -> int:
        lost = max(0, self.out - self.into) if self.out is not None and self.into is not None else 0
        return lost if lost > self.tolerance else 0


def draw_pipeline(inputs: Inputs) -> Markup:
    broken = _BREAKS.get(inputs.stage, _NOWHERE)
    steps: list[Markup] = []
    notes = _of_others(inputs)
    for position, passage in enumerate(passages(inputs)):
        steps.append(_station(2 * position, broken, inputs))
        steps.append(_passage(2 * position + 1, broken, passage, inputs.balance_required, notes[position]))
    steps.append(_station(6, broken, inputs))
    return tag("ol", *steps, class_="way")


def passages(inputs: Inputs) -> list[Passage]:
    account = {name: whole(inputs.account.get(name)) for name in ("accepted", "sent", "received", "discarded_total")}
    received, stored = account["received"], inputs.spans_found
    kept = received - (account["discarded_total"] or 0) if received is not None else None
    if kept is not None and (not inputs.balance_required or inputs.background):
        kept = None  # of what came in, nobody knows which part was ours
    return [
        Passage(inputs.spans_made, account["accepted"]),
        Passage(account["sent"], received, inputs.tolerance),
        Passage(kept, stored),
    ]


def _state(position: int, broken: int) -> str:
    return "broken" if position == broken else "after" if position > broken else "whole"


def _station(position: int, broken: int, inputs: Inputs) -> Markup:
    name, role = _STATIONS[position // 2]
    state = _state(position, broken)
    note = _station_note(position, inputs)
    mark = _cross("Spans stopped here") if state == "broken" else None
    detail = tag("span", note, class_="lost") if note else tag("span", role, class_="role")
    return tag("li", tag("strong", name), detail, mark or Markup(""), class_=f"station {state}")


def _station_note(position: int, inputs: Inputs) -> str:
    accepted, sent = whole(inputs.account.get("accepted")), whole(inputs.account.get("sent"))
    discarded = whole(inputs.account.get("discarded_total"))
    if position == 2 and accepted is not None and sent is not None and sent < accepted - inputs.tolerance:
        return f"{grouped(accepted - sent)} not sent on"
    return f"{grouped(discarded)} discarded" if position == 4 and discarded else ""


def _of_others(inputs: Inputs) -> tuple[str, str, str]:
    """What of each passage is not of the run."""
    others, background = inputs.others_accepted, inputs.background
    if not others and not background:
        return "", "", ""
    named = [f"{grouped(background)} of other generators"] if background else []
    named += [f"{grouped(others)} of others"] if others else []
    return ", ".join(named), "with those of others", "of this run"


def _passage(position: int, broken: int, passage: Passage, balance_required: bool, note: str) -> Markup:
    state = _state(position, broken)
    lost = passage.lost if balance_required or state == "broken" else 0
    if state == "whole" and (lost or passage.into is None):
        state = "leaking" if lost else "unknown"
    children: list[Content] = [tag("span", _passage_text(passage, lost), class_="figure")]
    children.append(tag("span", _cross("The break is here") if state == "broken" else "", class_="line"))
    children.append(
        tag("span", f"{grouped(lost)} missing", class_="lost") if lost else tag("span", note, class_="role")
    )
    return tag("li", *children, class_=f"passage {state}")


def _passage_text(passage: Passage, lost: int) -> str:
    if passage.into is None and passage.out is None:
        return "not counted"
    if passage.into is None or passage.out is None:
        known = passage.into if passage.into is not None else passage.out
        return quantity(known or 0, "span")
    return f"{grouped(passage.into)} of {grouped(passage.out)}" if lost else quantity(passage.into, "span")


def _cross(label: str) -> Markup:
    lines = join(tag("path", d="M5 5 L11 11 M11 5 L5 11", class_="stroke"))
    disc = tag("circle", cx=8, cy=8, r=8)
    return tag(
        "svg", tag("title", label), disc, lines, class_="cross", viewBox="0 0 16 16", width=18, height=18, role="img"
    )
