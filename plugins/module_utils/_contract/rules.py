# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about a trace as a whole: services, calls, root, orphans, propagation, clocks, duration, absent attributes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span, edge_text
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_tree import duration_text

from .findings import Finding, View
from .match import described, selects
from .model import Case, Range
from .shape import label, shape_of

_CALLS = ("client", "producer")
_ANSWERS = ("server", "consumer")
# Where a span says whom it calls: by the name of the service, by a host, or by a URL.
_PEER_NAMES = ("peer.service", "service.peer.name")
_PEER_HOSTS = ("server.address", "net.peer.name", "net.peer.hostname", "http.host")
_PEER_URLS = ("url.full", "http.url")
# So far above an answer its call is looked for.
_MOST_STEPS = 20
# A call that fails may never have reached anybody.
_REACHED = ("unset", "ok")


def services_and_calls(case: Case, seen: View) -> Iterator[Finding]:
    services, calls = seen.trace.services, seen.trace.edges
    for name in case.services:
        if name not in services:
            yield Finding("services", f"service {name}", "no span of it")
    for name in services:
        if name in case.absent_services or (case.only_services is not None and name not in case.only_services):
            rule = "absent_services" if name in case.absent_services else "only_services"
            spans = [span for span in seen.trace.spans if span.service == name]
            yield Finding(rule, f"no service {name}", f"{numbered(len(spans), 'span')} of it", spans[0], True)
    for call in case.calls:
        if call not in calls:
            yield Finding("calls", f"a call {edge_text(call)}", "no such call")
    for call in calls:
        if case.only_calls is not None and call not in case.only_calls:
            yield Finding("only_calls", f"no call {edge_text(call)}", "such a call", final=True)


def root(case: Case, seen: View) -> Iterator[Finding]:
    if case.root is None:
        return
    roots = seen.true_roots
    if not roots:
        yield Finding("root", f"a root span with {described(case.root)}", "no span without a parent")
    for span in roots:
        if not selects(case.root, span):
            yield Finding("root", f"a root span with {described(case.root)}", label(span), span, True)


def orphans(case: Case, seen: View) -> Iterator[Finding]:
    if case.orphans_allowed:
        return
    for span in seen.trace.spans:
        if seen.trace.is_orphan(span):
            yield Finding("no_orphans", "its parent to be stored", f"no span {span.parent_span_id}", span)


def propagation(case: Case, seen: View) -> Iterator[Finding]:
    """One root, below the span that the request named, and each call to a service of the case goes on there."""
    if not case.propagation:
        return
    if seen.follows is False:
        sent = "a span below the one in the traceparent that was sent"
        yield Finding("propagation", sent, "none: the trace id was taken over, and the parent was not")
    for span in seen.true_roots[1:]:
        yield Finding("propagation", "one root", f"another one, {label(span)}", span, True)
    answered = _answered(seen)
    for span in seen.trace.spans:
        callee = _callee(span, case.named_services)
        if callee and (span.span_id, callee) not in answered:
            yield Finding("propagation", f"a span of {callee} below this call", "none", span)


def _answered(seen: View) -> set[tuple[str, str]]:
    """Ids of spans, each with a service that answers somewhere below it: clients may nest, one library in another."""
    found: set[tuple[str, str]] = set()
    for span in seen.trace.spans:
        above = seen.parent(span) if span.kind in _ANSWERS else None
        for _step in range(_MOST_STEPS):
            if above is None:
                break
            found.add((above.span_id, span.service))
            above = seen.parent(above)
    return found


def _callee(span: Span, services: Collection[str]) -> str:
    """Which of these services a span calls; empty where it calls none of them, or where the call failed."""
    if span.kind not in _CALLS or span.status not in _REACHED:
        return ""
    named = (span.attributes.get(key) for key in _PEER_NAMES)
    names = [name for name in (*named, *_hosts(span.attributes)) if isinstance(name, str)]
    return next((name for name in names if name in services and name != span.service), "")


def _hosts(attributes: Mapping[str, Any]) -> Iterator[str]:
    """The hosts that a call may name, by the first label of each: that is the Service of Kubernetes."""
    for key in (*_PEER_HOSTS, *_PEER_URLS):
        value = attributes.get(key)
        if not isinstance(value, str):
            continue
        try:
            host = urlsplit(value).hostname if key in _PEER_URLS else re.split("[:/]", value)[0]
        except ValueError:
            continue
        yield (host or "").split(".")[0]


def clock_skew(case: Case, seen: View) -> Iterator[Finding]:
    """No span begins before its parent, and no answer to a call ends after it, by more than is allowed."""
    most = case.max_clock_skew
    if most is None:
        return
    for span in seen.trace.spans:
        parent = seen.parent(span)
        if parent is None or parent is span:
            continue
        early = parent.start_unix_nano - span.start_unix_nano
        late = span.end_unix_nano - parent.end_unix_nano if (parent.kind, span.kind) == ("client", "server") else 0
        wanted = f"its clock within {duration_text(most)} of its parent's"
        if early > most:
            yield Finding("max_clock_skew", wanted, f"a start {duration_text(early)} before it", span, True)
        elif late > most:
            yield Finding("max_clock_skew", wanted, f"an end {duration_text(late)} after that of the call", span, True)


def duration(case: Case, seen: View) -> Iterator[Finding]:
    took = seen.trace.duration_nanos
    if not case.duration.holds(took):
        final = case.duration.most is not None and took > case.duration.most
        yield Finding("duration", f"the trace to take {times(case.duration)}", duration_text(took), final=final)


def times(bounds: Range) -> str:
    parts = [f"at least {duration_text(round(bounds.least))}"] if bounds.least is not None else []
    parts += [f"at most {duration_text(round(bounds.most))}"] if bounds.most is not None else []
    return " and ".join(parts)


def absent_attributes(case: Case, seen: View) -> Iterator[Finding]:
    """Of spans, resources, events and links. The value stays out of the finding: it is what must not be shown."""
    for name in case.absent_attributes:
        for span in seen.trace.spans:
            places = {
                "attributes": [span.attributes],
                "resource": [span.resource],
                "events": [event.attributes for event in span.events],
                "links": [link.attributes for link in span.links],
            }
            where = [place for place, holders in places.items() if any(name in holder for holder in holders)]
            if where:
                yield Finding("absent_attributes", f"no {name}", f"it, in its {' and '.join(where)}", span, True)


def shape(case: Case, seen: View) -> Iterator[Finding]:
    """The difference of the two trees is told by ``judge.difference``."""
    if case.shape is None:
        return
    found = shape_of(seen.trace)
    if found != case.shape:
        missing = sum(line not in found for line in case.shape)
        more = sum(line not in case.shape for line in found)
        other = f"another one ({numbered(missing, 'line')} less, {more} more)"
        yield Finding("shape", "the tree of spans under shape", other)
