# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for alloy_tail_sampling_policies: what each type takes, and what it can't do without."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Policy = Mapping[str, Any]
# For each type, its settings with the kind of their values.
Types = Mapping[str, Mapping[str, str]]
Needs = Mapping[str, Sequence[str]]

_HOLD_OTHERS = ("and", "drop")
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "str": "a text",
}


def problems(policies: Sequence[Policy], types: Types, needs: Needs) -> list[str]:
    return list(_problems(policies, types, needs))


def _problems(policies: Sequence[Policy], types: Types, needs: Needs) -> Iterator[str]:
    names = [policy.get("name") for policy in policies]
    for policy in policies:
        yield from _problems_of(policy, types, needs)
        for part in policy.get("policies") or []:
            yield from _problems_of(part, types, needs)
            if part.get("type") in _HOLD_OTHERS:
                yield f"{_place(part)} of type {part['type']} lies in another one: only simple policies can."
        if names.count(policy.get("name")) > 1:
            yield f"alloy_tail_sampling_policies has the name '{policy.get('name')}' twice: give each its own."


def _place(policy: Policy) -> str:
    return f"alloy_tail_sampling_policies, policy '{policy.get('name', '?')}'"


def _problems_of(policy: Policy, types: Types, needs: Needs) -> Iterator[str]:
    place, kind = _place(policy), policy.get("type", "")
    if "name" not in policy or kind not in types:
        yield f"{place} has type {kind}: give a name, and one of {', '.join(types)}."
    if kind not in types:
        return
    if missing := [name for name in needs[kind] if name not in policy]:
        yield f"{place} of type {kind} lacks {', '.join(missing)}: add it."
    if foreign := [name for name in policy if name not in types[kind] and name not in ("name", "type")]:
        yield f"{place} of type {kind} has {', '.join(foreign)}, which that type does not take: drop it."
    for name, wanted in types[kind].items():
        if name in policy and not _fits(policy[name], wanted):
            yield f"{place} has {name} {json.dumps(policy[name])}: give {_KINDS[wanted]}."
    if kind == "ottl_condition" and not (policy.get("span") or policy.get("spanevent")):
        yield f"{place} of type ottl_condition has no condition: give span or spanevent."
    if kind in _HOLD_OTHERS and not policy.get("policies"):
        yield f"{place} of type {kind} holds no policies: give some."


def _fits(value: object, kind: str) -> bool:
    if kind in ("int", "float"):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "list":
        return isinstance(value, (list, tuple))
    return isinstance(value, bool if kind == "bool" else str)
