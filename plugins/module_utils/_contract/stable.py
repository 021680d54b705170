# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stays the same from one run of an application to the next: names without ids, and values that are no ids."""

from __future__ import annotations

import re
from typing import Any

ANY = "*"
# What looks like an id inside of a text: a UUID, sixteen hexadecimal digits or more, eight with a digit and a letter
# among them, or a number of three digits or more. Status codes and years are as long, and are seldom part of a name.
_ID = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-fA-F]{16,}"
    r"|(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,15}"
    r"|[0-9]{3,}"
    r")(?![0-9A-Za-z])"
)
# Dates and times, addresses, and ports behind a host.
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2}")
_ADDRESS = re.compile(
    r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])"
    r"|(?<![0-9A-Za-z])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){3,7}"
    r"|(?<![0-9A-Za-z:])::[0-9a-fA-F]{1,4}(?![0-9A-Za-z:])"
)
_PORT = re.compile(r"(?<=[0-9A-Za-z\]]):[0-9]{2,5}(?![0-9])")
# The end of a pod's or a replica set's name.
_GENERATED_NAME = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5,10}\Z")
# A text of letters and digits mixed, as tokens are: long, and without words.
_TOKEN = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-zA-Z]*[a-zA-Z])[A-Za-z0-9_+/=-]{20,}\Z")
# Whole numbers from here on are sizes, ids or times.
_LARGE = 1000
# Attributes whose values belong to a single run, process, host or caller, by the last words of their names.
_VOLATILE = re.compile(
    r"(?:^|[._])(?:id|ids|uid|uuid|guid|port|pid|ppid|ip|address|host|hostname|timestamp|time|date|duration|elapsed|size"
    r"|length|bytes|offset|lag|latency|delay|sequence|seq|nonce|token|session|cookie|user_agent|original|query|stacktrace"
    r"|message|thread|random|version)(?:\.name)?$"
)
# Names that end so, and whose values are the same in each run all the same.
_STEADY = frozenset({"server.address", "net.peer.name", "error.type", "network.protocol.version"})


def stable_name(name: str) -> str:
    """The name with ``*`` in the place of each part that looks like an id, a time or an address."""
    if not any(letter.isdigit() for letter in name) and len(name) < 16:
        return name
    for pattern in (_MOMENT, _ADDRESS, _ID):
        name = pattern.sub(ANY, name)
    return name


def is_volatile(attribute: str) -> bool:
    """Whether the name of an attribute tells that its value belongs to one run only."""
    return attribute not in _STEADY and bool(_VOLATILE.search(attribute.lower()))


def is_stable(value: Any) -> bool:
    """Whether a value looks as if the next run had the same."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < _LARGE
    if isinstance(value, list):
        return all(is_stable(item) and not isinstance(item, list) for item in value)
    if not isinstance(value, str):
        return False  # fractions are measured, and structures are rare
    if len(value) > 200 or any(not letter.isprintable() for letter in value):
        return False
    return not any(pattern.search(value) for pattern in (_ID, _MOMENT, _ADDRESS, _PORT, _GENERATED_NAME, _TOKEN))
