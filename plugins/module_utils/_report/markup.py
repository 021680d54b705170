# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building HTML and SVG so that escaping cannot be forgotten: whatever is not Markup is escaped."""

from __future__ import annotations

from html import escape
from typing import TypeAlias

from .values import text

Content: TypeAlias = "str | int | None"
_EMPTY = frozenset(("meta", "link"))


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(element: str, /, *children: Content, **attributes: str | int | float | None) -> Markup:
    """An element. ``class_`` is the attribute ``class``, ``stroke_width`` is ``stroke-width``; None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if element in _EMPTY:
        return Markup(f"<{element}{written}>")
    return Markup(f"<{element}{written}>{join(*children)}</{element}>")


def join(*children: Content) -> Markup:
    return Markup("".join(child if isinstance(child, Markup) else escape(text(child)) for child in children))
