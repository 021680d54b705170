# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file that needs nothing else, neither a script nor a font nor a picture from anywhere."""

from __future__ import annotations

from .graph import Graph, make_graph
from .graph_draw import draw_graph
from .input import Generator, Inputs
from .latency import (
    draw_axis,
    draw_latency,
    make_axis,
)
from .markup import Content, Markup, join, tag
from .pipeline import draw_pipeline
from .style import (
    DARK,
    LIGHT,
    service_class,
    style,
)
from .tables import (
    account_table,
    components_table,
    demands_table,
    facts,
    trace_ids,
)
from .values import (
    mapping,
    number,
    quantity,
    seconds_text,
    text,
    texts,
)
from .verdict import (
    STAGE_PLACES,
    Verdict,
    cause,
    remedy,
)
from .waterfall import draw_waterfall

# The page proves by itself that it loads nothing: a browser refuses whatever is not in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render_html(inputs: Inputs, verdict: Verdict) -> str:
    graph = make_graph(inputs)
    colours = _colours(inputs, graph)
    sections = [
        _section("Pipeline", "Spans at every passage", draw_pipeline(inputs)),
        _failure(inputs, verdict),
        _section("Demands", "", demands_table(verdict)),
        _latency(inputs),
        _graph(inputs, graph, colours),
        _waterfall(inputs, colours),
        _section("Account", "Spans at each stage", account_table(inputs)) if inputs.account else Markup(""),
        _section("Traces", _traces_hint(inputs), trace_ids(inputs), long=True),
        _section("Run", "", facts(inputs)) if inputs.generator or inputs.check else Markup(""),
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
    lines = [_lead(inputs), _where(inputs)] if verdict.proven else [remedy(inputs), _lead(inputs), _where(inputs)]
    below = [tag("p", line, class_="lead") for line in lines if line]
    return tag("header", above, tag("h1", word, f": {verdict.sentence}"), *below)


def _where(inputs: Inputs) -> str:
    place = str(inputs.place)
    return f"{place[:1].upper()}{place[1:]}." if place else ""


def _lead(inputs: Inputs) -> str:
    parts = []
    generator = inputs.generator
    if generator and generator.traces_sent is not None:
        parts.append(_sent(generator, generator.traces_sent))
    version = text(inputs.check.get("tempo_version"))
    if version:
        parts.append(f"Tempo {version} was asked through its API.")
    return " ".join(parts)


def _sent(generator: Generator, traces: int) -> str:
    during = f" in {seconds_text(generator.seconds)}" if generator.seconds else ""
    failed = quantity(generator.spans_failed, "span")
    if not generator.spans_sent and generator.spans_failed:
        return f"k6 made {failed}{during} as run {generator.run_id}, and could send none of them."
    rest = f"; {failed} it could not send" if generator.spans_failed else ""
    return f"k6 sent {quantity(traces, 'trace')}{during} as run {generator.run_id}{rest}."


def _time_text(generated_at: str) -> str:
    return generated_at.replace("T", " ").replace("Z", " UTC").replace("+00:00", " UTC")


def _section(title: str, hint: str, *content: Content, long: bool = False) -> Markup:
    heading = tag("h2", title, tag("span", hint, class_="hint") if hint else Markup(""))
    return tag("section", heading, tag("div", *content), class_="long" if long else None)


def _failure(inputs: Inputs, verdict: Verdict) -> Markup:
    if verdict.proven:
        return Markup("")
    what, reason = _failure_texts(inputs, verdict)
    lines = [tag("li", line) for line in texts(inputs.diagnosis.get("evidence"))]
    pairs = [("Likely cause and fix", reason), ("Evidence", tag("ul", *lines, class_="evidence") if lines else "")]
    details = [join(tag("dt", name), tag("dd", content)) for name, content in pairs if content]
    return _section("What failed", "", tag("div", tag("p", what, class_="what"), tag("dl", *details), class_="failure"))


def _failure_texts(inputs: Inputs, verdict: Verdict) -> tuple[str, str]:
    """What failed, and why. Where no break was seen, what failed is the demands themselves."""
    if inputs.stage in STAGE_PLACES:
        return text(inputs.diagnosis.get("message")), text(inputs.diagnosis.get("fix"))
    failed = "; ".join(f"{demand.title}: {demand.detail}".rstrip(".") for demand in verdict.failed)
    return f"{failed}.", cause(inputs)


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
    hint = f"Calls in {quantity(len(inputs.traces), 'sample trace')}" if inputs.traces else "Seen in the traces"
    rest = f"{quantity(graph.left_out, 'further service')} not drawn."
    key = tag("p", rest, class_="key") if graph.left_out else Markup("")
    return _section("Services", hint, draw_graph(graph, colours), key)


def _waterfall(inputs: Inputs, colours: dict[str, str]) -> Markup:
    trace = inputs.sample
    if trace is None or not trace.spans:
        return Markup("")
    took = seconds_text(trace.duration_nanos / 1e9)
    line = join(f"{quantity(len(trace.spans), 'span')} in {took}, trace ", tag("code", trace.trace_id))
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
