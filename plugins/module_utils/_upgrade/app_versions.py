# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of applications, as the tags of images write them."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(?=[-+@._]|$)")
_NEWEST = 1_000_000


def parse(tag: str) -> tuple[int, ...]:
    """The three numbers of a tag; empty for one such as ``latest``.

    A tag with fewer moves, and means the newest that begins so: ``2`` is later than any 2.10.
    """
    found = _VERSION.match(tag)
    return tuple(_NEWEST if part is None else int(part) for part in found.groups()) if found else ()


def shown(tag: str) -> str:
    """Without its digest, which tells nobody anything."""
    return tag.partition("@")[0]
