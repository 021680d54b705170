# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sender must have in its resource so that a route of Alloy takes its spans: a proof sends that. And which route
takes what a sender has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Route = Mapping[str, Any]


def sample(route: Route, before: Sequence[Route]) -> dict[str, str] | None:
    """Empty for the default route; None where no text is known that it takes and no route before it does."""
    if route.get("default"):
        return {}
    attribute = str(route.get("attribute", ""))
    for text in [str(route["example"])] if route.get("example") else _values(route):
        if _takes(route, attribute, text) and not any(_takes(other, attribute, text) for other in before):
            return {attribute: text}
    return None


def takers(routes: Sequence[Route], resource: Mapping[str, str | None]) -> list[Route]:
    """The routes that may take spans of a resource; the last of them does, if none before it.

    ``None`` stands for a text that nobody knows.
    """
    found = []
    for route in sorted(routes, key=lambda one: bool(one.get("default"))):
        attribute = str(route.get("attribute", ""))
        text = resource.get(attribute, "")
        if text is None:
            found.append(route)
        elif route.get("default") or (attribute in resource and _takes(route, attribute, text)):
            return [*found, route]
    return found


def _takes(route: Route, attribute: str, text: str) -> bool:
    """Go's expressions are Python's too, but for what is rare; one that Python can't read may take the text."""
    if route.get("default") or route.get("attribute") != attribute:
        return False
    if not route.get("matches"):
        return text in _values(route)
    try:
        return re.search(str(route["matches"]), text) is not None
    except re.error:
        return True


def _values(route: Route) -> list[str]:
    """Nobody has checked them yet."""
    values = route.get("values")
    return [str(value) for value in values] if isinstance(values, list) else []
