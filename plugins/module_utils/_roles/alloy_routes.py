# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""alloy_routes: which spans go to which tenant or backend, and how much may wait for each.

Alloy has no component that hands a span to one of several. So each route has a filter of its own, which drops what is
not for it: what it does not match, and what a route before it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity, show_quantity

Route = Mapping[str, Any]

# What waits takes up to five times as much of Alloy's memory as over the wire (measured with 1.19), and something has
# to be left for what is on its way.
IN_MEMORY = 6
# Unless a route says otherwise, all queues together may take half of the memory, or of the volume.
SHARE = 2
# What is larger than the queue never gets into it, so that a route with less would lose all.
LEAST = 64 << 10
# What a route may have of its own.
_OWN = ("endpoint", "protocol", "tenant", "compression", "headers", "header_secrets", "tls", "auth")
# The names of components begin with it.
PREFIX = "route_"


def outputs(
    routes: Sequence[Route], defaults: Mapping[str, Any], tempo: Mapping[str, Any], memory: str, volume: str
) -> list[dict[str, Any]]:
    """Each route as an output of Alloy. ``volume`` is empty where what waits is in memory."""
    room = _room(memory, volume) // SHARE // max(len(routes), 1)
    return [
        {
            **_destination(route, defaults, tempo),
            "name": PREFIX + route["name"],
            "option": f"alloy_routes, route '{route['name']}': ",
            "queue_bytes": _bytes(route["queue_limit"]) if route.get("queue_limit") else room,
            "dropped": list(_dropped(route, routes[:number], routes)),
        }
        for number, route in enumerate(routes)
    ]


def _destination(route: Route, defaults: Mapping[str, Any], tempo: Mapping[str, Any]) -> dict[str, Any]:
    """Tempo, with what the route has of its own. A backend of its own is told nothing that is for Tempo."""
    base = {**defaults, **({} if route.get("endpoint") else tempo)}
    found = {**base, **{name: value for name, value in route.items() if name in _OWN}}
    return {**found, **{name: {**defaults[name], **found[name]} for name in ("tls", "auth")}}


def _dropped(route: Route, before: Sequence[Route], routes: Sequence[Route]) -> Iterator[str]:
    """Conditions on a span, in OTTL: one that holds drops it."""
    yield from (_takes(other) for other in (routes if is_default(route) else before) if not is_default(other))
    if not is_default(route):
        yield f"not ({_takes(route)})"


def _takes(route: Route) -> str:
    attribute = f"resource.attributes[{_text(route.get('attribute', ''))}]"
    if route.get("matches"):
        return f"IsMatch({attribute}, {_text(route['matches'])})"
    return " or ".join(f"{attribute} == {_text(value)}" for value in route.get("values") or [])


def _text(value: object) -> str:
    """OTTL knows the escapes of JSON, but no pairs of surrogates."""
    return json.dumps(str(value), ensure_ascii=False)


def is_default(route: Route) -> bool:
    return bool(route.get("default"))


def problems(routes: Sequence[Route], queues: Sequence[int], memory: str, volume: str) -> list[str]:
    """``queues`` are the bytes that may wait for each of them."""
    return list(_problems(routes, queues, memory, volume)) if routes else []


def _problems(routes: Sequence[Route], queues: Sequence[int], memory: str, volume: str) -> Iterator[str]:
    names = [str(route["name"]) for route in routes]
    defaults = [str(route["name"]) for route in routes if is_default(route)]
    if not defaults:
        yield "alloy_routes has no default route: give one, with default true, for what no other route takes."
    if len(defaults) > 1:
        yield f"alloy_routes has the default routes {', '.join(defaults)}: leave one, for what no other route takes."
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"alloy_routes has the name '{name}' twice: give each its own."
    for route in routes:
        yield from _problems_of(route)
    yield from _crowded(sum(queues), memory, volume)
    yield from _narrow(routes, queues, memory, volume)


def _problems_of(route: Route) -> Iterator[str]:
    place = f"alloy_routes, route '{route['name']}'"
    ways = [name for name in ("values", "matches") if route.get(name)]
    if is_default(route):
        if given := [name for name in ("attribute", "values", "matches", "example") if route.get(name)]:
            yield f"{place} is the default route and has {', '.join(given)}: it takes what no other takes, so drop it."
        return
    if not route.get("attribute"):
        yield f"{place} has no attribute: name that of the resource which it looks at, such as k8s.namespace.name."
    if len(ways) != 1:
        yield f"{place} has {' and '.join(ways) or 'neither values nor matches'}: give one of values and matches."


def _crowded(queues: int, memory: str, volume: str) -> Iterator[str]:
    if queues <= _room(memory, volume):
        return
    told = f"alloy_routes may have {_show(queues)} waiting in all"
    if volume:
        yield f"{told}, and alloy_durable_queue_size is {volume}: enlarge it, or lower queue_limit of a route."
    else:
        yield (
            f"{told}, for which Alloy needs {_show(queues * IN_MEMORY)} of memory, and alloy_memory_limit is {memory}, "
            "at which all senders are refused: raise it, or lower queue_limit of a route."
        )


def _narrow(routes: Sequence[Route], queues: Sequence[int], memory: str, volume: str) -> Iterator[str]:
    room = f"alloy_durable_queue_size from {volume}" if volume else f"alloy_memory_limit from {memory}"
    for route, queue in zip(routes, queues, strict=False):
        if queue < LEAST:
            fix = "raise its queue_limit" if route.get("queue_limit") else f"raise {room}, or give it a queue_limit"
            place = f"alloy_routes, route '{route['name']}'"
            yield f"{place} may have {_show(queue)} waiting, and needs {_show(LEAST)} or more, or it loses all: {fix}."


def _room(memory: str, volume: str) -> int:
    """Bytes, as they go over the wire, that fit."""
    return int(parse_quantity(volume)) if volume else _bytes(memory) // IN_MEMORY


def _bytes(text: str) -> int:
    """A size of Alloy's, such as 16MiB."""
    return int(parse_quantity(re.sub("K(?!i)", "k", text.removesuffix("B"))))


def _show(size: int) -> str:
    return f"{show_quantity(parse_quantity(size), 'memory')}B"
