# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spans and values held against selectors and conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span

from .model import TYPES, Condition, Conditions, Range, Selector
from .patterns import longest_text
from .shape import line_of

_SHOWN = 80


def selects(selector: Selector, span: Span) -> bool:
    return (
        (selector.service is None or not unmet(selector.service, span.service))
        and (selector.name is None or not unmet(selector.name, span.name))
        and selector.kind in ("", span.kind)
        and selector.status in ("", span.status)
        and all_met(selector.attributes, span.attributes)
        and all_met(selector.resource, span.resource)
    )


def all_met(conditions: Conditions, attributes: Mapping[str, Any]) -> bool:
    return not any(unmet_at(name, condition, attributes) for name, condition in conditions.items())


def unmet_at(name: str, condition: Condition, attributes: Mapping[str, Any]) -> str:
    """As ``unmet``, for an attribute that may not be there."""
    if name not in attributes:
        return "is not there" if condition.present else ""
    return unmet(condition, attributes[name]) if condition.present else f"is {shown(attributes[name])}"


def unmet(condition: Condition, value: Any) -> str:
    """What the value is instead; empty when it meets the condition."""
    if condition.any_of and not any(same(value, one) for one in condition.any_of):
        return f"is {shown(value)}"
    if condition.type and type_name(value) != condition.type:
        return f"is {shown(value)}, of the type {type_name(value) or 'unknown'}"
    if condition.pattern and not _matches(condition, value):
        return f"is {shown(value)}"
    if condition.range != Range() and not (_is_number(value) and condition.range.holds(value)):
        return f"is {shown(value)}"
    return ""


def _matches(condition: Condition, value: Any) -> bool:
    pattern = condition.pattern
    if pattern is None or not isinstance(value, str) or len(value) > longest_text(pattern.pattern):
        return False
    return pattern.fullmatch(value) is not None


def same(value: Any, other: Any) -> bool:
    """By the rules of TraceQL: texts, numbers and booleans are three kinds, and 200 is 200.0."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(same(*pair) for pair in zip(value, other, strict=True))
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if _is_number(value) and _is_number(other):
        return bool(value == other)
    return type(value) is type(other) and bool(value == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def type_name(value: Any) -> str:
    """As OpenTelemetry names it; empty for what has no type there."""
    if isinstance(value, bool):
        return "bool"
    return next((name for name, types in TYPES.items() if isinstance(value, types) and name != "bool"), "")


def shown(value: Any) -> str:
    """A value in one short line; a text is in quotes."""
    text = f'"{line_of(value)}"' if isinstance(value, str) else line_of(str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def wanted(condition: Condition) -> str:
    """What a condition asks for, in words."""
    if not condition.present:
        return "absent"
    parts = []
    if condition.any_of:
        parts.append(" or ".join(shown(value) for value in condition.any_of[:5]))
    if condition.pattern:
        parts.append(f"a text that matches {shown(condition.pattern.pattern)}")
    if condition.type:
        parts.append(f"of the type {condition.type}")
    parts += [bounds(condition.range)] if condition.range != Range() else []
    return ", ".join(parts) or "present"


def bounds(range_: Range) -> str:
    if range_.least == range_.most:
        return f"{range_.least:g}"
    parts = [f"at least {range_.least:g}"] if range_.least is not None else []
    parts += [f"at most {range_.most:g}"] if range_.most is not None else []
    return " and ".join(parts)


def described(selector: Selector) -> str:
    """Which spans a selector stands for, in words."""
    parts = [f"{name} {wanted(one)}" for name, one in (("service", selector.service), ("name", selector.name)) if one]
    parts += [f"{name} {value}" for name, value in (("kind", selector.kind), ("status", selector.status)) if value]
    for conditions in (selector.attributes, selector.resource):
        parts += [f"{line_of(name)} {wanted(condition)}" for name, condition in conditions.items()]
    return ", ".join(parts) or "any"
