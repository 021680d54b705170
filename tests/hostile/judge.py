# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with how a case went."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cases import EITHER, OK, SECRET, Case, Ends
from run import Seen

# What verdicts say of a question that was not answered, or of an answer to another question.
NOT_LOOKED = ("could_not_look", "mismatch")
UNCAUGHT, OVER_TIME, OVER_MEMORY = "uncaught exceptions", "over time", "over memory"
LEAKS, RAW, FALSE = "leaks", "control characters", "false verdicts"
COLUMNS = (UNCAUGHT, OVER_TIME, OVER_MEMORY, LEAKS, RAW, FALSE)

MOST_BYTES = 200 * 1024**2
# Beyond a module's own limit, and beyond what its process took to begin.
SLACK_SECONDS = 1.0
MOST_CHARACTERS = 4000
# Control characters but tab and newline, those that turn the direction of text round, and halves of surrogate pairs.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_EXCEPTION = re.compile(r"Traceback|MODULE FAILURE|Unexpected Exception|\bException\b.*\bin\b.*line \d+")

Fault = tuple[str, str]


def faults(case: Case, seen: Seen, start: float) -> Iterator[Fault]:
    """Column and text of each fault. ``start`` is what the process of a module took to begin, under the same load."""
    yield from _uncaught(seen)
    yield from _costs(case, seen, start)
    yield from _leaks(case, seen)
    yield from _control(seen)
    yield from _verdict(case, seen)
    if seen.left:
        yield FALSE, seen.left


def _uncaught(seen: Seen) -> Iterator[Fault]:
    result = seen.result
    if result is None:
        yield UNCAUGHT, "there is no result: " + "\n".join(seen.printed[-20:])
        return
    kind = (result.get("error") or {}).get("kind") if isinstance(result.get("error"), Mapping) else ""
    if kind == "internal_error":
        yield UNCAUGHT, f"{result['msg']} {result.get('traceback')}"
    elif "module_stdout" in result or "exception" in result or _EXCEPTION.search("\n".join(seen.printed)):
        told = [line for line in seen.printed if _EXCEPTION.search(line)]
        yield UNCAUGHT, f"{result.get('msg')} {result.get('exception', '')} {told[:5]}"


def _costs(case: Case, seen: Seen, start: float) -> Iterator[Fault]:
    first = min((asked.at for asked in seen.asked), default=seen.began + start)
    took = seen.ended - max(first, seen.began) - seen.waited
    allowed = case.seconds + case.beyond
    if took > allowed + SLACK_SECONDS:
        yield OVER_TIME, f"{took:.2f} s from the first request on, where {allowed:g} s are allowed"
    if seen.bytes > MOST_BYTES:
        yield OVER_MEMORY, f"{seen.bytes / 1024**2:.0f} MiB"


def _leaks(case: Case, seen: Seen) -> Iterator[Fault]:
    secret = f"{SECRET}{case.id}"
    printed = "\n".join([*seen.printed, json.dumps(seen.result)])
    for form in _forms(secret):
        if form in printed:
            line = next((line for line in printed.splitlines() if form in line), "")
            yield LEAKS, f"the secret as {form!r}: {line[:300]}"
            break
    if seen.trapped:
        asked = seen.trapped[0]
        yield LEAKS, f"it followed to another server: {asked.method} {asked.target} {dict(asked.headers)}"


def _forms(secret: str) -> list[str]:
    """As it is, as URLs have it, and as base64 has it at each of the three places where it may begin."""
    inner = [base64.b64encode(b" " * shift + secret.encode()).decode()[4 if shift else 0 : -4] for shift in range(3)]
    return [secret, quote(secret), *inner]


def _control(seen: Seen) -> Iterator[Fault]:
    for line in seen.printed:
        found = CONTROL.search(line)
        if found:
            yield RAW, f"printed {found[0]!r} in {line[:200]!r}"
            return
    for path, value in _texts(seen.result, ""):
        found = CONTROL.search(value)
        if found:
            yield RAW, f"{path} holds {found[0]!r}"
            return


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield path, str(key)
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{path}.{number}")


def _verdict(case: Case, seen: Seen) -> Iterator[Fault]:
    result = seen.result
    if result is None:
        return
    ended = end_of(result, seen.failed)
    if ended not in case.ends:
        wanted = " or ".join(sorted(one.value for one in case.ends))
        yield FALSE, f"it ended as {ended.value if ended else 'nothing known'}, not as {wanted}: {_short(result)}"
    elif ended is Ends.OK and case.right and not case.right(result):
        yield FALSE, f"the result is wrong: {_short(result)}"
    if ended is not Ends.OK and case.ends not in (OK, EITHER):
        message = str(result.get("msg", ""))
        if not 10 <= len(message) <= MOST_CHARACTERS:
            yield FALSE, f"its message has {len(message)} characters"


def end_of(result: Mapping[str, Any], failed: bool) -> Ends | None:
    if not failed:
        return Ends.OK if result.get("satisfied", True) else None
    verdict, error = result.get("verdict"), result.get("error")
    if result.get("satisfied"):
        return None
    if isinstance(error, Mapping):
        typed = bool(error.get("kind") and error.get("message"))
        return Ends.REFUSED if typed and verdict in (None, *NOT_LOOKED) else None
    if verdict == "unmet":
        return Ends.UNMET
    if verdict in NOT_LOOKED and result.get("msg"):
        return Ends.REFUSED
    # Modules without a verdict say in their message what they could not see and what is not there.
    return Ends.REFUSED if verdict is None and "satisfied" in result and result.get("msg") else None


def _short(result: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in result.items() if key != "invocation"}
    return json.dumps(kept)[:700]
