# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about single spans: how many there are, their parents, attributes, status, duration, events and links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_tree import duration_text

from .findings import Finding, View
from .match import all_met, bounds, described, selects, unmet, unmet_at, wanted
from .model import Case, Conditions, EventRule, LinkRule, SpanRule
from .rules import times
from .shape import label, line_of


def spans(case: Case, seen: View) -> Iterator[Finding]:
    for rule in case.spans:
        found = [span for span in seen.trace.spans if selects(rule.select, span)]
        if not rule.count.holds(len(found)):
            yield _miscounted(rule, found)
        for span in found:
            yield from _parent(rule, span, seen)
            yield from _span(rule, span)


def _miscounted(rule: SpanRule, found: list[Span]) -> Finding:
    too_many = rule.count.most is not None and len(found) > rule.count.most
    wish = f"spans with {described(rule.select)}: {bounds(rule.count)}"
    return Finding("spans", wish, str(len(found)), found[-1] if too_many else None, too_many)


def _parent(rule: SpanRule, span: Span, seen: View) -> Iterator[Finding]:
    parent = seen.parent(span)
    if rule.root and span.parent_span_id:
        yield Finding("parent", "no parent", label(parent) if parent else "one that is not stored", span, True)
    if rule.parent is None or (parent is not None and selects(rule.parent, parent)):
        return
    wish = f"a parent with {described(rule.parent)}"
    if parent is None:
        found = "one that is not stored" if span.parent_span_id else "none"
        yield Finding("parent", wish, found, span, not span.parent_span_id)
    else:
        yield Finding("parent", wish, label(parent), span, True)


def _span(rule: SpanRule, span: Span) -> Iterator[Finding]:
    yield from _values("attribute", rule.attributes, span, span.attributes)
    yield from _values("resource attribute", rule.resource, span, span.resource)
    if rule.statuses and span.status not in rule.statuses:
        said = f" ({line_of(span.status_message)})" if span.status_message else ""
        yield Finding("status", f"status {' or '.join(rule.statuses)}", f"{span.status}{said}", span, True)
    if not rule.duration.holds(span.duration_nanos):
        took = duration_text(span.duration_nanos)
        yield Finding("duration", f"a duration of {times(rule.duration)}", took, span, True)
    for event in rule.events:
        yield from _events(event, span)
    for link in rule.links:
        yield from _links(link, span)


def _values(what: str, conditions: Conditions, span: Span, held: Mapping[str, Any]) -> Iterator[Finding]:
    for name, condition in conditions.items():
        instead = unmet_at(name, condition, held)
        if instead:
            # What must not be there may be what must not be shown.
            found = instead if condition.present else "is there"
            yield Finding("attributes", f"{what} {line_of(name)} {wanted(condition)}", found, span, True)


def _events(rule: EventRule, span: Span) -> Iterator[Finding]:
    found = [
        event
        for event in span.events
        if (rule.name is None or not unmet(rule.name, event.name)) and all_met(rule.attributes, event.attributes)
    ]
    if not rule.count.holds(len(found)):
        name = f"name {wanted(rule.name)}" if rule.name else "any name"
        with_ = "".join(f", {line_of(key)} {wanted(one)}" for key, one in rule.attributes.items())
        yield Finding("events", f"events with {name}{with_}: {bounds(rule.count)}", str(len(found)), span, True)


def _links(rule: LinkRule, span: Span) -> Iterator[Finding]:
    found = [
        link
        for link in span.links
        if rule.trace in ("", "same" if link.trace_id == span.trace_id else "other")
        and all_met(rule.attributes, link.attributes)
    ]
    if not rule.count.holds(len(found)):
        to = f" to {'the same' if rule.trace == 'same' else 'another'} trace" if rule.trace else ""
        yield Finding("links", f"links{to}: {bounds(rule.count)}", str(len(found)), span, True)
