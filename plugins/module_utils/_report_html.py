# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file that needs nothing else, neither a script nor a font nor a picture from anywhere."""

from __future__ import annotations

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_graph import Graph, make_graph
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_graph_draw import draw_graph
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_input import Inputs
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_latency import (
    draw_axis,
    draw_latency,
    make_axis,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_markup import Content, Markup, join, tag
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_pipeline import draw_pipeline
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_style import (
    DARK,
    LIGHT,
    service_class,
    style,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_tables import (
    account_table,
    components_table,
    demands_table,
    facts,
    trace_ids,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_values import (
    mapping,
    number,
    quantity,
    seconds_text,
    text,
    texts,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_verdict import Verdict
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report_waterfall import draw_waterfall

# The page proves by itself that it loads nothing: a browser refuses whatever is not in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render_html(inputs: Inputs, verdict: Verdict) -> str:
    graph = make_graph(inputs)
    colours = _colours(inputs, graph)
    sections = [
        _section("Pipeline", "Spans from station to station", draw_pipeline(inputs)),
        _failure(inputs, verdict),
        _section("Demands", "", demands_table(verdict)),
        _latency(inputs),
        _graph(inputs, graph, colours),
        _waterfall(inputs, colours),
        _section("Account", "Spans at each stage", account_table(inputs)) if inputs.account else Markup(""),
        _section("Traces", _traces_hint(inputs), trace_ids(inputs), long=True),
        _section("Run", "", facts(inputs)),
        _section("Components", "", components_table(inputs)) if inputs.components else Markup(""),
    ]
    body = tag("body", _header(inputs, verdict), tag("main", *sections), _footer(inputs))
    return f"<!DOCTYPE html>\n{tag('html', _head(inputs, verdict), body, lang='en')}\n"


def _head(inputs: Inputs, verdict: Verdict) -> Markup:
    word = "Proven" if verdict.proven else "Not proven"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{word} · {inputs.title}"),
        tag("link", rel="icon", href=_icon(verdict)),
        tag("style", Markup(style())),
    )


def _icon(verdict: Verdict) -> str:
    """A dot in the colour of the verdict; without any icon a browser would ask the server for one."""
    colour = (DARK if verdict.proven else LIGHT)["good" if verdict.proven else "bad"].replace("#", "%23")
    circle = f"<circle cx='8' cy='8' r='7' fill='{colour}'/>"
    return f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>{circle}</svg>"


def _header(inputs: Inputs, verdict: Verdict) -> Markup:
    word = tag("em", "Proven", class_="good") if verdict.proven else tag("em", "Not proven", class_="bad")
    above = tag("p", tag("span", inputs.title), tag("span", _time_text(inputs.generated_at)), class_="over")
    return tag("header", above, tag("h1", word, f": {verdict.sentence}"), tag("p", _lead(inputs), class_="lead"))


def _lead(inputs: Inputs) -> str:
    parts = []
    generator = inputs.generator
    if generator and generator.traces_sent is not None:
        during = f" in {seconds_text(generator.seconds)}" if generator.seconds else ""
        parts.append(f"k6 sent {quantity(generator.traces_sent, 'trace')}{during} as run {generator.run_id}.")
    version = text(inputs.check.get("tempo_version"))
    if version:
        parts.append(f"Tempo {version} was asked through its API.")
    return " ".join(parts)


def _time_text(generated_at: str) -> str:
    return generated_at.replace("T", " ").replace("Z", " UTC").replace("+00:00", " UTC")


def _section(title: str, hint: str, *content: Content, long: bool = False) -> Markup:
    heading = tag("h2", title, tag("span", hint, class_="hint") if hint else Markup(""))
    return tag("section", heading, tag("div", *content), class_="long" if long else None)


def _failure(inputs: Inputs, verdict: Verdict) -> Markup:
    if verdict.proven:
        return Markup("")
    diagnosis = inputs.diagnosis
    what = text(diagnosis.get("message")) or "; ".join(demand.detail for demand in verdict.failed)
    parts: list[Content] = [tag("p", what, class_="what")]
    facts_of_it: list[Content] = []
    if diagnosis.get("fix"):
        facts_of_it += [tag("dt", "Likely cause and fix"), tag("dd", text(diagnosis["fix"]))]
    evidence = texts(diagnosis.get("evidence"))
    if evidence:
        lines = tag("ul", *(tag("li", line) for line in evidence), class_="evidence")
        facts_of_it += [tag("dt", "Evidence"), tag("dd", lines)]
    parts.append(tag("dl", *facts_of_it) if facts_of_it else Markup(""))
    return _section("What failed", "", tag("div", *parts, class_="failure"))


def _latency(inputs: Inputs) -> Markup:
    probe = inputs.probe
    rows = [("Read by id", probe.by_id), ("Found by search", probe.by_search)] if probe else []
    known = [(name, latency) for name, latency in rows if latency is not None]
    if known:
        axis = make_axis([latency for _name, latency in known])
        charts = [draw_latency(name, latency, axis) for name, latency in known]
        return _section("Latency", "From sending a trace until Tempo returns it", *charts, draw_axis(axis))
    measured = mapping(inputs.check.get("latency"))
    pairs = (("Found by search", "search_seconds"), ("Read by id", "by_id_seconds"))
    figures = [(label, value) for label, name in pairs if (value := number(measured.get(name))) is not None]
    if not figures:
        return Markup("")
    drawn = [tag("div", tag("dt", label), tag("dd", seconds_text(value))) for label, value in figures]
    return _section("Latency", "From the start of the check", tag("dl", *drawn, class_="figures"))


def _graph(inputs: Inputs, graph: Graph, colours: dict[str, str]) -> Markup:
    if not graph.services:
        return Markup("")
    notes = []
    if any(not calls for calls in graph.calls.values()):
        notes.append("Dashed: seen in other traces, not counted here.")
    if graph.left_out:
        notes.append(f"{quantity(graph.left_out, 'further service')} not drawn.")
    hint = f"Calls in {quantity(len(inputs.traces), 'sample trace')}" if inputs.traces else "Seen in the traces"
    key = tag("p", " ".join(notes), class_="key") if notes else Markup("")
    return _section("Services", hint, draw_graph(graph, colours), key)


def _waterfall(inputs: Inputs, colours: dict[str, str]) -> Markup:
    trace = inputs.sample
    if trace is None or not trace.spans:
        return Markup("")
    took = seconds_text(trace.duration_nanos / 1e9)
    line = join(tag("code", trace.trace_id), f" · {quantity(len(trace.spans), 'span')} · {took}")
    return _section("One trace", "", tag("p", line), draw_waterfall(trace, colours), long=True)


def _traces_hint(inputs: Inputs) -> str:
    return quantity(inputs.traces_found, "trace") + " found" if inputs.traces_found is not None else ""


def _colours(inputs: Inputs, graph: Graph) -> dict[str, str]:
    """Services in the order in which the trace shows them, then those that only the graph has."""
    order = [text(span.service) for span in inputs.sample.spans] if inputs.sample else []
    names = [name for name in dict.fromkeys([*order, *graph.services]) if name]
    return {name: service_class(position) for position, name in enumerate(names)}


def _footer(inputs: Inputs) -> Markup:
    return tag("footer", tag("div", "Written by tracelab.k8s_tracing. The same data is in report.json."))
