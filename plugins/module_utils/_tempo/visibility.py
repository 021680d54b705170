# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a Tempo lets its searches see.

With ``query_frontend.query_end_cutoff`` it hides the newest spans from search, tags and metrics: a range that ends
later is cut, and one that begins later is replaced by the last minutes, so that the answer is about another time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

# What Tempo 3 hides when it is told nothing else.
USUAL_SECONDS = 30.0
OPTION = "query_frontend.query_end_cutoff"
FIX = (
    f"set {OPTION} lower (the role's tempo_profile=low_latency sets it to 0s; it must stay below "
    "search.query_backend_after)."
)
# Tempo leaves the line out when nothing is hidden.
_CUTOFF = re.compile(r"^[ \t]+query_end_cutoff:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_FRONTEND = re.compile(r"^query_frontend:", re.MULTILINE)
# How long a trace waits in memory, out of search's sight: Tempo 3 and Tempo 2.
_WAITS = (
    ("live_store", ("max_trace_idle", "flush_check_period")),
    ("ingester", ("trace_idle_period", "flush_check_period")),
)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|s|m|h))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|s|m|h)")
# A few hundred years, as Go's durations.
_MOST_SECONDS = 2**63 / 1e9
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Sight:
    """``hidden`` is how many seconds before now are out of sight; ``note`` says where that is not told but assumed.

    ``lag`` is after how many seconds without a further span search finds a trace.
    """

    hidden: float = 0.0
    lag: float = 0.0
    note: str = ""

    def until(self, now: float) -> float:
        """The moment up to which a search sees, on the clock of ``now``. Tempo cuts it to whole seconds."""
        return math.floor(now - self.hidden)

    def settled(self, now: float) -> float:
        """The moment up to which search finds all that came in, too."""
        return min(self.until(now), now - self.lag)

    @property
    def described(self) -> str:
        return f"Tempo hides the last {self.hidden:g} s from search ({OPTION})"


def read_sight(config: Callable[[], str], version: Callable[[], str]) -> Sight:
    """Out of the running configuration. Where that is not shown, what its version hides by default."""
    text = _read(config)
    told = _told(text)
    if told is not None:
        return Sight(told, _lag(text))
    if _read(version).startswith(("2.", "v2.")):
        return Sight()
    note = (
        f"Tempo does not show its configuration (/status/config): that it hides the last {USUAL_SECONDS:g} s from "
        f"search, as Tempo 3 does by default ({OPTION}), is assumed."
    )
    return Sight(USUAL_SECONDS, note=note)


def _read(text: Callable[[], str]) -> str:
    """Empty where the server answers, but does not tell."""
    try:
        return text()
    except TracingError as error:
        if error.retryable and error.status is None:
            raise
        return ""


def _told(config: str) -> float | None:
    """None for a text that is not Tempo's configuration."""
    if not _FRONTEND.search(config):
        return None
    found = _CUTOFF.search(config)
    return go_seconds(found[1]) if found else 0.0


def _lag(config: str) -> float:
    """The sum of the waits; zero where they are not told."""
    for section, names in _WAITS:
        block = re.search(rf"^{section}:\n((?:[ \t].*\n)*)", config, re.MULTILINE)
        lines = [re.compile(rf"^[ \t]+{name}:[ \t]*(\S+)[ \t]*$", re.MULTILINE) for name in names]
        found = [line.search(block[1]) for line in lines] if block else []
        waits = [go_seconds(match[1]) for match in found if match]
        if waits:
            return sum(wait or 0.0 for wait in waits)
    return 0.0


def go_seconds(text: str) -> float | None:
    """A duration as Go writes it, such as ``168h0m0s``; None for any other text."""
    if not _DURATION.fullmatch(text):
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return seconds if seconds < _MOST_SECONDS else None


def clock_time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
