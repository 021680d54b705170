# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TraceQL from options. Values never become syntax, however they are shaped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid

Scalar: TypeAlias = "str | bool | int | float"

SCOPES = ("resource", "span", "event", "link", "instrumentation", "parent")
TEXT_INTRINSICS = frozenset(
    {"name", "statusMessage", "rootName", "rootServiceName", "span:name", "span:statusMessage", "trace:rootName",
     "trace:rootService", "event:name", "instrumentation:name", "instrumentation:version"}
)  # fmt: skip
KEYWORD_INTRINSICS: Mapping[str, frozenset[str]] = {
    "status": frozenset({"ok", "error", "unset"}),
    "kind": frozenset({"unspecified", "internal", "server", "client", "producer", "consumer"}),
}
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")
_SCOPED = re.compile(rf"(?P<scope>{'|'.join(SCOPES)})\.(?P<name>.*)\Z", re.DOTALL)


def quote(text: str) -> str:
    """A TraceQL string literal. TraceQL reads Go's escapes, which know no surrogate halves."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return "\\" + character
    if 0x20 <= code < 0x7F:
        return character
    if 0xD800 <= code <= 0xDFFF:
        raise invalid(f"A text to search for has a lone surrogate (U+{code:04X}), which is not valid Unicode.")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise invalid(f"The attribute value {value} is not a number that can be searched for.")
        return repr(value) if "e" not in repr(value) else f"{value:.20f}"
    return quote(value)


def attribute_name(name: str) -> str:
    """``resource.x``/``span.x`` keep their scope; a name without one matches in any scope."""
    scoped = _SCOPED.match(name)
    scope, bare = (scoped["scope"], scoped["name"]) if scoped else ("", name.lstrip("."))
    if not bare.strip():
        raise invalid(f"The attribute name {name!r} is empty.", "Write for example resource.service.name.")
    return f"{scope}.{bare if _PLAIN_NAME.match(bare) else quote(bare)}"


def comparison(name: str, value: Scalar) -> str:
    """``name = value`` for an attribute or an intrinsic field."""
    keywords = KEYWORD_INTRINSICS.get(name)
    if keywords is not None:
        if value not in keywords:
            raise invalid(f"{name} is {value!r}, but must be one of {', '.join(sorted(keywords))}.")
        return f"{name} = {value}"
    if name in TEXT_INTRINSICS:
        return f"{name} = {literal(str(value))}"
    return f"{attribute_name(name)} = {literal(value)}"


def scalars(attributes: Mapping[str, Any]) -> dict[str, Scalar]:
    for name, value in attributes.items():
        if not isinstance(value, (str, bool, int, float)):
            raise invalid(f"attributes: {name} is {type(value).__name__}, but must be text, a number or a boolean.")
    return {str(name): value for name, value in attributes.items()}


def build(
    *,
    query: str = "",
    run_id: str = "",
    run_id_attribute: str = "tracing.run.id",
    attributes: Mapping[str, Scalar] | None = None,
    services: Sequence[str] = (),
) -> str:
    """One TraceQL query out of all that narrows the search.

    Services narrow it only when nothing else does: they are a demand on whole traces, and a filter on
    them would hide the other spans of these traces from the count.
    """
    conditions = []
    if run_id:
        conditions.append(comparison("resource." + run_id_attribute, run_id))
    conditions += [comparison(name, value) for name, value in sorted((attributes or {}).items())]
    user_query = query.strip()
    if not conditions and not user_query and services:
        return "{ " + " || ".join(comparison("resource.service.name", name) for name in services) + " }"
    own = "{ " + " && ".join(conditions) + " }" if conditions else ""
    # The own filter goes first: what the user wrote after it (aggregates, hints) then works on what it kept.
    return " | ".join(part for part in (own, user_query) if part) or "{ }"


def resource_conditions(
    *, query: str, run_id: str, run_id_attribute: str, attributes: Mapping[str, Scalar]
) -> dict[str, Scalar] | None:
    """The resource attributes that alone decide which spans match, or None when more than those decides.

    With them spans of a whole trace can be counted here, where Tempo's own count falls short.
    """
    if query.strip() or any(not name.startswith("resource.") for name in attributes):
        return None
    conditions: dict[str, Scalar] = {name.removeprefix("resource."): value for name, value in attributes.items()}
    return {run_id_attribute: run_id, **conditions} if run_id else conditions
