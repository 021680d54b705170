# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A contract made of one good trace. Another run of the same application, with other ids and times, gives the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import Span, Trace, edge_text

from .findings import view
from .judge import judge
from .match import same, type_name
from .model import SEMCONV
from .parse import MAX_CASES, VERSION, parse_contract
from .patterns import MOST_REPETITIONS
from .semconv import CONVENTIONS
from .shape import label, shape_of
from .stable import ANY, is_stable, is_volatile, stable_name
from .yaml_lines import Block, to_yaml

# Of the resource these say what an application is, and not where it runs or which version it has.
_RESOURCE = ("service.namespace", "telemetry.sdk.language")
# The value of `service.name` is the service itself, and selects already.
_SELECTED = ("service.name",)
# YAML takes no key of more than 1024 characters, and a quotation mark in it is two.
_LONGEST_NAME = 500
_Key = tuple[str, str, str]


def record(trace: Trace, name: str) -> str:
    """The text of a contract that this trace meets. ``TracingError`` for a trace that no contract can be made of."""
    trace = view(trace).trace
    root = _good_root(trace)
    contract = {
        "version": VERSION,
        "name": name or f"{root.service}: {stable_name(root.name)}",
        "find": _find(root),
        "cases": list(_cases(trace)),
    }
    if len(contract["cases"]) > MAX_CASES:  # type: ignore[arg-type]
        raise _unfit(trace, f"it has more than {MAX_CASES} kinds of spans")
    text = to_yaml(contract)
    _check(trace, text)
    return text


def _good_root(trace: Trace) -> Span:
    """The one root of a trace that is fit to be an example; ``TracingError`` for another."""
    if trace.partial:
        raise _unfit(trace, "Tempo gives only a part of it")
    if trace.orphan_count:
        raise _unfit(trace, f"of {numbered(trace.orphan_count, 'span')} the parent is not stored")
    if len(trace.roots) != 1:
        raise _unfit(trace, f"it has {len(trace.roots)} roots")
    odd = [span for span in trace.spans if not (span.service.strip() and (span.service + span.name).isprintable())]
    if odd:
        raise _unfit(trace, f"the service or the name of a span is empty or can't be shown ({label(odd[0])})")
    return trace.roots[0]


def _unfit(trace: Trace, why: str) -> TracingError:
    return TracingError(
        "trace_unfit", f"Trace {trace.trace_id} is no example to record: {why}.", "Name a trace that is whole."
    )


def _check(trace: Trace, text: str) -> None:
    """A contract that its own trace does not meet must not be handed out."""
    for case in parse_contract(text, "the recorded contract").cases:
        findings = judge(case, view(trace))
        if findings:
            raise _unfit(trace, f"it does not meet what was recorded of it, {case.name!r}: {findings[0]}")


def _find(root: Span) -> Mapping[str, str]:
    named = {"name": root.name} if stable_name(root.name) == root.name else {}
    return {"service": root.service, **named, "kind": root.kind}


def _cases(trace: Trace) -> Iterator[dict[str, Any]]:
    services = trace.services
    calls = [edge_text(call) for call in trace.edges]
    yield {"name": "The tree of spans", "strict": "shape", "shape": Block("\n".join(shape_of(trace)))}
    between = {"calls": calls, "only_calls": calls} if calls else {}
    yield {"name": "Services and the calls between them", "services": services, "only_services": services, **between}
    yield from _if_met(trace, {"name": "Context is passed on", "services": services, "propagation": "unbroken"})
    yield {"name": "Every parent is stored", "no_orphans": True}
    for convention in SEMCONV:
        if any(map(CONVENTIONS[convention].concerns, trace.spans)):
            yield from _if_met(trace, {"name": f"Semantic conventions: {convention}", "semconv": [convention]})
    for key, spans in sorted(_groups(trace).items()):
        yield {"name": _title(spans[0]), "spans": [_span_rule(key, spans)]}


def _if_met(trace: Trace, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A rule that the trace does not keep is not recorded."""
    text = to_yaml({"version": VERSION, "find": {"service": "any"}, "cases": [case]})
    (parsed,) = parse_contract(text, "the recorded contract").cases
    if not judge(parsed, view(trace)):
        yield case


def _title(span: Span) -> str:
    return label(span)[:200].strip()


def _groups(trace: Trace) -> dict[_Key, list[Span]]:
    """Spans that one selector stands for."""
    groups: dict[_Key, list[Span]] = {}
    for span in trace.spans:
        groups.setdefault((span.service, stable_name(span.name), span.kind), []).append(span)
    return groups


def _span_rule(key: _Key, spans: Sequence[Span]) -> dict[str, Any]:
    service, name, kind = key
    rule: dict[str, Any] = {
        "select": {"service": service, "name": _name(name, spans[0].name), "kind": kind},
        "count": len(spans),
        "status": sorted({span.status for span in spans}),
    }
    attributes = conditions([span.attributes for span in spans])
    resource = conditions([{key: s.resource[key] for key in _RESOURCE if key in s.resource} for s in spans])
    rule |= {key: value for key, value in (("attributes", attributes), ("resource", resource)) if value}
    events = set.intersection(*({event.name for event in span.events} for span in spans))
    stable = sorted(name for name in events if name.strip() and is_stable(name))
    if stable:
        rule["events"] = [{"name": name} for name in stable]
    if all(any(link.trace_id != span.trace_id for link in span.links) for span in spans):
        rule["links"] = [{"trace": "other"}]
    return rule


def _name(stable: str, name: str) -> Any:
    """The name itself, or a pattern where parts of it change from run to run."""
    if stable == name:
        return name
    parts = [re.escape(part) for part in stable.split(ANY)]
    # What stands behind the last repetition that a pattern may have is left open.
    return {"matches": ".*".join(parts if len(parts) <= MOST_REPETITIONS + 1 else [*parts[:MOST_REPETITIONS], ""])}


def conditions(holders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What holds for an attribute in all of them: its value where it stays the same, else its type."""
    found: dict[str, Any] = {}
    common = set.intersection(*(set(holder) for holder in holders))
    for name in sorted(common):
        values = [holder[name] for holder in holders]
        types = {type_name(value) for value in values}
        if name in _SELECTED or not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
            continue
        if is_stable(values[0]) and not is_volatile(name) and all(same(value, values[0]) for value in values):
            found[name] = values[0]
        elif len(types) == 1 and "" not in types:
            found[name] = {"type": types.pop()}
        else:
            found[name] = {"present": True}
    return found
