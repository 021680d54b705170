# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions in Go's syntax, RE2, looked at with Python's.

Alloy reads them when it starts, and does not start with one that it can't read. `alloy validate` does not look at them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence

# Pieces that stand for themselves, each with what Python is to read in its place: what only Go has is replaced, and
# what only Python has becomes an escape that neither knows. The first that fits counts; None leaves it as it is.
_REFUSED = r"\q"
_ANYWHERE = (
    (r"\\[pP](?:\{\^?\w+\}|[A-Z])", r"\w"),  # a class of Unicode
    (r"\\x\{[0-9A-Fa-f]{1,6}\}", r"\x41"),
    (r"\\[1-9ZuUN]", _REFUSED),  # backreferences, and escapes of Python's own
)
_IN_CLASS = (*_ANYWHERE, (r"\\.", None), (r"\[:\^?[a-z]+:\]", r"\w"))
_OUTSIDE = (
    (r"\\Q(?:(?!\\E).)*(?:\\E)?", "x"),  # a text as it is
    *_ANYWHERE,
    (r"\\z", r"\Z"),
    (r"\\.", None),
    (r"\(\?(?:[=!>#(aLux]|<[=!]|P[=>])", _REFUSED),  # looking around, conditions, comments, backreferences, flags
    (r"\(\?(?=[imsU-])[imsU]*(?:-[imsU]+)?\)", ""),
    (r"\(\?(?=[imsU-])[imsU]*(?:-[imsU]+)?:", "(?:"),
    (r"\(\?<", "(?P<"),
    (r"(?:[*+?]|\{\d+(?:,\d*)?\})\+", _REFUSED),  # a repetition that gives nothing back
    (r"\{(?:\d+,)?(?:\d{5,}|(?!1000\b)[1-9]\d{3})(?:,\d*)?\}", _REFUSED),  # 1000 times at most
    (r"\{(?=,)", r"\{"),
)
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]", re.DOTALL)


def is_go_pattern(text: str) -> bool:
    """Whether Go reads it. What it refuses for its size alone may pass; a repeated ``^`` or ``$`` does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # for classes that a later Python may read otherwise
            re.compile(_for_python(text))
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _for_python(text: str) -> str:
    pieces = ((_CLASS.pattern, None), *_OUTSIDE)
    return _replaced(pieces, text, lambda found: _replaced(_IN_CLASS, found, lambda inner: inner))


def _replaced(pieces: Sequence[tuple[str, str | None]], text: str, other: Callable[[str], str]) -> str:
    every = re.compile("|".join(f"({pattern})" for pattern, _instead in pieces), re.DOTALL)

    def instead(found: re.Match[str]) -> str:
        told = pieces[(found.lastindex or 1) - 1][1]
        return other(found[0]) if told is None else told

    return every.sub(instead, text)
