# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of an upgrade: in which order, from which version to which, and how to go back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .change import Change, change
from .refusals import obstacles, problems, takes_over

Item = Mapping[str, Any]
# Search of Tempo 3 asks the object store for what is older than ``query_backend_after``, and for the rest live stores,
# which do not have what Tempo 2 has stored.
_SEARCHED_AFTER = 900
_NOTHING = "Everything runs in the versions and with the values that the settings ask for."


def upgrade(
    parts: Sequence[Item], plans: Mapping[str, Item], options: Mapping[str, Item], tempo: Item, now: float
) -> dict[str, Any]:
    """``parts`` in their order, and the ``plans`` of their releases with the ``options`` of these, both by id.

    ``tempo`` is what the running Tempo says of itself; empty when it does not answer.
    """
    found = list(changes(parts, plans, options, tempo))
    changing = [one for one in found if one.action != "none"]
    staying = [one for one in found if one.action == "none"]
    return {
        "steps": [step(one, now) for one in changing],
        "lines": [*_lines(changing), *map(_stays, staying)] if changing else [_NOTHING],
        "problems": [text for one in changing for text in problems(one, now)],
    }


def changes(
    parts: Iterable[Item], plans: Mapping[str, Item], options: Mapping[str, Item], tempo: Item
) -> Iterator[Change]:
    """A change for each part that was planned."""
    for part in parts:
        name = f"{part['part']}/{part['namespace']}/{part['release_name']}"
        if name in plans:
            yield change(part, plans[name], options.get(name, {}), tempo if part["part"] == "tempo" else {})


def _lines(changes: Iterable[Change]) -> Iterator[str]:
    for number, one in enumerate(changes, 1):
        yield f"{number}. {title(one)}"
        yield from (f"   {reason}" for reason in one.reasons)


def title(one: Change) -> str:
    """Part, application and chart. What only the repository knows is left to it."""
    old, new = one.old, one.new
    app = _both(old.app, new.app)
    chart = old.chart if new.chart in ("", old.chart) else f"{old.chart} to {new.chart}"
    return f"{one.part}: {app}, chart {chart} {_both(old.chart_version, new.chart_version)}"


def _both(old: str, new: str) -> str:
    old, new = old or "(unknown)", new or "(unknown)"
    return f"stays {old}" if old == new else f"{old} to {new}"


def _stays(one: Change) -> str:
    return f"{one.part} stays as it is: {one.old.app or '(unknown)'}, chart {one.old.chart} {one.old.chart_version}"


def step(one: Change, now: float) -> dict[str, Any]:
    """What a role needs to take the step, and to say how to go back."""
    return {
        "part": one.part,
        "text": title(one),
        "back": _back(one, now),
        "flush": takes_over(one),
        "search_after": _SEARCHED_AFTER if takes_over(one) else 0,
    }


def _back(one: Change, now: float) -> str:
    """What to do when the step fails."""
    why = obstacles(one, now)
    if why:
        return (
            f"{one.part} can't be rolled back: {' '.join(why)} Mend what the failure names, and run the upgrade again."
        )
    return (
        f"To roll back: ansible-playbook tracelab.k8s_tracing.site --tags {one.part} -e {one.part}_state=rolled_back "
        "(with the same -i). Give the version of before in the settings then: the next run upgrades it again, else."
    )
