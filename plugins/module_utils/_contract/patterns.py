# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions of a contract, bounded: what they are held against comes from whoever sends spans.

Python tries ways through a text without end in sight when repetitions stand inside of each other, and as many as the
length to the power of their number when they stand one after the other.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST_PATTERN = 300
MOST_REPETITIONS = 4
# How long a text may be, by the number of repetitions: a match then takes seconds at the worst.
_LONGEST_TEXT = (4096, 4096, 4096, 600, 250)
_REPEATED = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")
# Escapes, and classes of characters; a bracket that comes first in a class stands for itself.
_SINGLE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def problem_of(expression: str) -> tuple[str, str]:
    """What is wrong with an expression, and the fix; two empty texts when nothing is."""
    if len(expression) > LONGEST_PATTERN:
        return f"is longer than {LONGEST_PATTERN} characters", "Write a shorter expression."
    try:
        re.compile(expression, re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is no regular expression ({' '.join(str(error).split())})", ""
    if _nests(_plain(expression)):
        told = "repeats a group that has a repetition or a choice inside, which can take for ever"
        return told, "Write it without the outer repetition."
    if repetitions(expression) > MOST_REPETITIONS:
        return f"has more than {MOST_REPETITIONS} repetitions", "Write a shorter expression."
    return "", ""


@lru_cache(maxsize=1024)
def longest_text(expression: str) -> int:
    """Longer texts are not held against it, and do not match."""
    return _LONGEST_TEXT[min(repetitions(expression), MOST_REPETITIONS)]


def repetitions(expression: str) -> int:
    return len(_REPEATED.findall(_plain(expression)))


def _plain(expression: str) -> str:
    """The expression with a letter in the place of each single character, however that is written."""
    return _SINGLE.sub("x", expression)


def _nests(plain: str) -> bool:
    """Whether a repeated group has a repetition or a choice inside."""
    restless: list[bool] = []
    for position, letter in enumerate(plain):
        if letter == "(":
            restless.append(False)
        elif letter == ")" and restless:
            inside, repeated = restless.pop(), bool(_REPEATED.match(plain, position + 1))
            if inside and repeated:
                return True
            if restless:
                restless[-1] = restless[-1] or inside or repeated
        elif restless and (letter == "|" or _REPEATED.match(plain, position)):
            restless[-1] = True
    return False
