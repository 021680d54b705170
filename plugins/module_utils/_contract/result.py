# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of a contract returns, and says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import PROVEN, looked

from .judge import EXPECTED, FOUND
from .state import SKIPPED, State, worst
from .watch import Watched

# The message names so many cases; the result has them all.
MAX_TOLD = 10


@dataclass(frozen=True)
class Checked:
    """``tempo_requests`` are those to Tempo, ``seconds`` those that the check took."""

    name: str
    states: Sequence[State]
    traces: Mapping[str, Watched]
    tempo_requests: int
    seconds: float
    notes: Sequence[str] = ()

    @property
    def judged(self) -> list[State]:
        return [state for state in self.states if state.outlook.verdict != SKIPPED]

    @property
    def failed(self) -> list[State]:
        return [state for state in self.judged if state.outlook.verdict != PROVEN]

    def to_dict(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": any(
                state.sent and state.case.request and not state.case.request.only_reads for state in self.judged
            ),
            "name": self.name,
            "cases": [self._case(state) for state in self.states],
            "traces_read": sum(one.seen is not None for one in self.traces.values()),
            "tempo_requests": self.tempo_requests,
            "elapsed_seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }
        if not self.judged:
            return {**result, "skipped": True, "msg": "Check mode: no request was sent, and no case was checked."}
        verdict = worst([state.outlook.verdict for state in self.judged])
        return {**result, "satisfied": verdict == PROVEN, "verdict": verdict, **self._failure()}

    def _case(self, state: State) -> dict[str, Any]:
        failed = state.outlook.verdict not in (PROVEN, SKIPPED)
        return {
            "name": state.case.name,
            "line": state.case.line,
            "verdict": state.outlook.verdict,
            "problems": list(state.outlook.problems) if failed else [],
            "trace_ids": list(state.trace_ids),
            "query": state.query or None,
            "diff": state.difference(self.traces) if failed else [],
            "seconds": round(self.seconds if state.seconds is None else state.seconds, 3),
        }

    def _failure(self) -> dict[str, Any]:
        if not self.failed:
            return {}
        unmet = [state for state in self.failed if looked(state.outlook.verdict)]
        unseen = [state for state in self.failed if not looked(state.outlook.verdict)]
        counts = [f"{len(unmet)} not met"] if unmet else []
        counts += [f"{len(unseen)} could not be judged"] if unseen else []
        head = f"Contract {self.name!r}: of {numbered(len(self.judged), 'case')} {' and '.join(counts)}."
        told = [_told(state) for state in [*unmet, *unseen][:MAX_TOLD]]
        more = len(self.failed) - len(told)
        rest = [f"And {numbered(more, 'case')} more."] if more else []
        return {"msg": " ".join([head, *told, *rest, *self.notes])}


def _told(state: State) -> str:
    problems = state.outlook.problems
    more = f" (and {len(problems) - 2} more)" if len(problems) > 2 else ""
    return f"{state.case.name!r}: {' '.join(problems[:2])}{more}"


def diff_of_cases(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """For ``--diff``: what each case expected and what was found, each as a whole tree."""

    def side(lines: Sequence[str], other: str) -> str:
        return "".join(f"{line[len(other) :]}\n" for line in lines if not line.startswith(other))

    return [
        {
            "before_header": f"{case['name']}: expected",
            "after_header": f"{case['name']}: found",
            "before": side(case["diff"], FOUND),
            "after": side(case["diff"], EXPECTED),
        }
        for case in cases
        if case["diff"]
    ]
