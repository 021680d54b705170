# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a search decides nothing: what it could not see is told neither as missing nor as absent. No requests here."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered, plural
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search import Found
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import FIX, Sight, clock_time

from .expectations import Demands


@dataclass(frozen=True)
class Look:
    """The newest search. Times are Unix seconds: when it was asked, from when on, and when the task began."""

    found: Found
    asked_at: float | None
    sight: Sight
    start: float
    began: float


def unseen(look: Look, demands: Demands, *, lacking: bool) -> list[str]:
    """One sentence a reason. ``lacking`` says that something demanded is missing so far."""
    return [*_hidden(look, demands, lacking), *_incomplete(look.found, demands, lacking)]


def _hidden(look: Look, demands: Demands, lacking: bool) -> list[str]:
    if look.asked_at is None or not look.sight.hidden:
        return []
    until = look.sight.until(look.asked_at)
    if until <= look.start and (lacking or demands.of_all):
        seen = f"of the time since {clock_time(look.start)} nothing could be seen yet"
    elif until < look.began and (lacking or demands.of_absence):
        seen = f"what came after {clock_time(until)} could not be seen"
    else:
        return []
    return [f"{look.sight.described}: {seen}. Raise timeout above {look.sight.hidden:g} s, or {FIX}"]


def _incomplete(found: Found, demands: Demands, lacking: bool) -> list[str]:
    reasons = []
    if found.cut_off and (lacking or demands.absent_services):
        reasons.append(f"Not all traces could be read: {found.cut_off}. Narrow query or since, or raise limit.")
    if found.undated and (lacking or demands.of_absence):
        count = len(found.undated)
        them = plural(count, "it counts", "they count")
        reasons.append(f"Of {numbered(count, 'trace')} Tempo tells no start time: whether {them} is not known.")
    return reasons
