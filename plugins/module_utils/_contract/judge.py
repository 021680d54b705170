# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trace held against a case by all rules, and the tree that shows what was expected and what was found."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered

from . import rules
from .findings import Finding, View
from .model import Case
from .semconv import semantic_conventions
from .shape import INDENT, label, shape_of
from .span_rules import spans

# A tree with more findings than this explains nothing.
MAX_FINDINGS = 50
# So many lines of a tree are shown.
MAX_LINES = 200
SAME, EXPECTED, FOUND = "  ", "- ", "+ "
Rule = Callable[[Case, View], Iterable[Finding]]
RULES: Sequence[Rule] = (
    rules.services_and_calls,
    rules.root,
    rules.orphans,
    rules.propagation,
    rules.clock_skew,
    rules.duration,
    rules.absent_attributes,
    spans,
    semantic_conventions,
    rules.shape,
)


def judge(case: Case, seen: View) -> list[Finding]:
    """What is wrong with a trace; empty when it is as the case says."""
    findings: list[Finding] = []
    for rule in RULES:
        findings += rule(case, seen)
    return findings[:MAX_FINDINGS]


def difference(case: Case, seen: View, findings: Sequence[Finding]) -> list[str]:
    """Lines as of a diff: ``- `` is what was expected, ``+ `` what was found, and the rest is the tree of spans.

    Where nothing but the shape is wrong, the lines are those of the two trees.
    """
    if case.shape is not None and [finding.rule for finding in findings] == ["shape"]:
        return _cut(list(_of_trees(case.shape, shape_of(seen.trace))))
    lines = _pairs([finding for finding in findings if finding.span is None], "")
    at: dict[int, list[Finding]] = {}
    for finding in findings:
        at.setdefault(id(finding.span), []).append(finding)
    for visit in seen.trace.walk():
        indent = INDENT * min(visit.depth, 20)
        lines.append(SAME + indent + label(visit.span))
        lines += _pairs(at.get(id(visit.span), []), indent + INDENT)
    return _cut(lines)


def _pairs(findings: Sequence[Finding], indent: str) -> list[str]:
    return [
        line
        for finding in findings
        for line in (f"{EXPECTED}{indent}{finding.expected}", f"{FOUND}{indent}{finding.found}")
    ]


def _of_trees(expected: Sequence[str], found: Sequence[str]) -> Iterable[str]:
    marks: Mapping[str, str] = {" ": SAME, "-": EXPECTED, "+": FOUND}
    for line in difflib.unified_diff(expected, found, n=MAX_LINES, lineterm=""):
        if line[:1] in marks and not line.startswith(("--- ", "+++ ")):
            yield marks[line[0]] + line[1:]


def _cut(lines: list[str]) -> list[str]:
    """The lines around what differs, when there are too many."""
    if len(lines) <= MAX_LINES:
        return lines
    near = {
        other
        for number, line in enumerate(lines)
        if not line.startswith(SAME)
        for other in range(number - 3, number + 4)
    }
    kept = [line for number, line in enumerate(lines) if number in near][:MAX_LINES]
    return [*kept, f"{SAME}({numbered(len(lines) - len(kept), 'line')} more)"]
