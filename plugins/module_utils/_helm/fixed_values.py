# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a chart that a role relies on, against those that a user set.

The role waits for names, asks at ports and mounts Secrets that it knows from its own options. A user's value that says
otherwise would have no effect, or be waited for in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .compare import same

_MISSING = object()


@dataclass(frozen=True)
class Fixed:
    """One path of values. ``may_be``: what may stand there; ``keep``: a list that must keep the role's entries."""

    path: str
    fix: str
    may_be: Sequence[Any] = field(default_factory=tuple)
    keep: bool = False


def fixed_values(table: Mapping[str, Any]) -> list[Fixed]:
    """The table of a role: what to do instead, by path."""
    return [
        Fixed(path, **entry) if isinstance(entry, Mapping) else Fixed(path, str(entry)) for path, entry in table.items()
    ]


def contradictions(user: Mapping[str, Any], own: Mapping[str, Any], table: Mapping[str, Any], name: str) -> list[str]:
    """One sentence for each value of the user's that contradicts the role's. No value is shown: it may be a secret."""
    told = []
    for fixed in fixed_values(table):
        for place, value in _given(user, fixed.path):
            reason = _reason(fixed, place, value, own)
            if reason:
                told.append(f"{name}: {reason}.")
    return told


def _reason(fixed: Fixed, place: str, value: Any, own: Mapping[str, Any]) -> str:
    here = _at(own, place)
    if here is not _MISSING and same(value, here):
        return ""
    if fixed.keep:
        entries = here if isinstance(here, list) else []
        lost = [entry for entry in entries if not _has(value, entry)]
        names = ", ".join(str(entry.get("name", "")) if isinstance(entry, Mapping) else str(entry) for entry in lost)
        return f"{place} leaves out what the role needs there ({names}): {fixed.fix}" if lost else ""
    return "" if any(same(value, allowed) for allowed in fixed.may_be) else f"{place} is not to be set: {fixed.fix}"


def _has(value: Any, entry: Any) -> bool:
    return isinstance(value, list) and any(same(one, entry) for one in value)


def _given(user: Mapping[str, Any], path: str, above: str = "") -> Iterator[tuple[str, Any]]:
    """The user's value at a path, or the one that takes the place of a map above it. A key may have dots in it."""
    for key, value in user.items():
        place = f"{above}{key}"
        if place == path:
            yield place, value
        elif path.startswith(f"{place}."):
            if isinstance(value, Mapping):
                yield from _given(value, path, f"{place}.")
            else:
                yield place, value


def _at(values: Any, path: str) -> Any:
    if not path:
        return values
    if not isinstance(values, Mapping):
        return _MISSING
    for key, value in values.items():
        if path == key or path.startswith(f"{key}."):
            found = _at(value, path[len(str(key)) + 1 :])
            if found is not _MISSING:
                return found
    return _MISSING
