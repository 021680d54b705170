# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of a trace's spans as lines of text: service, name and kind, and nothing that differs from run to run.

    shop: GET /book (server)
      shop: POST (client)
        2 x stock: SELECT (client)

Spans below one parent stand in the order of their text, since their times differ. Equal trees are written once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import printable_text
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span, Trace

from .model import KINDS
from .stable import stable_name

INDENT = "  "
# Spans that are deeper stand at this level, since each level makes all lines below it longer.
MAX_DEPTH = 100
_LINE = re.compile(rf"(?: {{2}})*(?:[1-9][0-9]* x )?[^ ].*: .* \((?:{'|'.join(KINDS)})\)\Z")


def label(span: Span) -> str:
    """One span in one line; parts of its name that look like ids are written as ``*``."""
    return f"{line_of(span.service).strip() or '?'}: {line_of(stable_name(span.name)).strip()} ({span.kind})"


def line_of(text: str) -> str:
    """A text that a span carries, in one line: what can't be shown is written as an escape."""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\\", "\\\\"))
    return printable_text("".join(shown))


def shape_of(trace: Trace) -> tuple[str, ...]:
    """The lines of a trace, without recursion: a trace can be deeper than Python's stack."""
    visits = list(trace.walk())
    # From the last span back, so that what is below a span is written before it.
    below: list[list[tuple[str, ...]]] = [[]]
    for visit in reversed(visits):
        depth = min(visit.depth, MAX_DEPTH)
        while len(below) <= depth + 1:
            below.append([])
        children, below[depth + 1] = below[depth + 1], []
        below[depth].append((label(visit.span), *(INDENT + line for line in _merged(children))))
    return _merged(below[0])


def _merged(trees: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Trees beside each other, equal ones once with their number."""
    lines: list[str] = []
    for tree, number in sorted(Counter(trees).items()):
        times = f"{number} x " if number > 1 else ""
        lines += [times + tree[0], *tree[1:]]
    return tuple(lines)


def check_shape(lines: Sequence[str]) -> str:
    """What is wrong with a tree that a contract gives; empty when nothing is."""
    depth = -1
    for line in lines:
        if not _LINE.match(line):
            return f"shape has the line {line.strip()[:60]!r}, which is no span."
        own = (len(line) - len(line.lstrip(" "))) // len(INDENT)
        if own > depth + 1:
            return f"shape has the line {line.strip()[:60]!r}, which is too deep below the one before."
        depth = own
    return ""
