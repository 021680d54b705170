# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the page that are tables and lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .input import Component, Inputs
from .markup import Markup, join, tag
from .values import (
    grouped,
    items,
    mapping,
    number,
    quantity,
    seconds_text,
    text,
    texts,
    whole,
)
from .verdict import (
    FAILED,
    PASSED,
    SKIPPED,
    Demand,
    Verdict,
)

# As wide as a plus and a digit, which a hyphen is not.
MINUS = "\N{MINUS SIGN}"
SHOWN_IDS = 12
MOST_IDS = 1000
_WORDS = {PASSED: ("met", "good"), FAILED: ("not met", "bad"), SKIPPED: ("not asked", "muted")}
# The stages whose counts must be the same; the others tell where the rest went.
_MAIN_STAGES = ("generated", "accepted", "sent", "received", "stored")


def demands_table(verdict: Verdict) -> Markup:
    head = tag("thead", tag("tr", tag("th", "Demand"), tag("th", "Found"), tag("th", "State")))
    return tag("table", head, tag("tbody", *(_demand(demand) for demand in verdict.demands)), class_="stack demands")


def _demand(demand: Demand) -> Markup:
    word, kind = _WORDS[demand.state]
    return tag(
        "tr",
        tag("th", demand.title, scope="row"),
        tag("td", demand.detail, class_="long"),
        tag("td", word, class_=f"state {kind}"),
    )


def account_table(inputs: Inputs) -> Markup:
    rows = [(mapping(row), _difference(mapping(row), inputs.spans_made)) for row in items(inputs.account.get("rows"))]
    differs = any(difference for _row, difference in rows)
    names = [tag("th", "Stage"), tag("th", "Spans", class_="num")]
    beyond = "Beyond this run" if inputs.background or not inputs.balance_required else "Difference"
    names += [tag("th", beyond, class_="num")] if differs else []
    body = tag("tbody", *(_account_row(row, difference, differs) for row, difference in rows))
    told = [] if inputs.balance_required else [f"The account can't balance: {inputs.balance_obstacle}."]
    notes = [tag("p", note, class_="key") for note in [*told, *texts(inputs.account.get("notes"))]]
    return join(tag("table", tag("thead", tag("tr", *names)), body, class_="account"), *notes)


def _difference(row: Mapping[str, Any], generated: int | None) -> int:
    """How far a stage that must count the same as the generator is from that."""
    spans = whole(row.get("spans"))
    if row.get("stage") not in _MAIN_STAGES or spans is None or generated is None:
        return 0
    return spans - generated


def _account_row(row: Mapping[str, Any], difference: int, differs: bool) -> Markup:
    spans = whole(row.get("spans"))
    cells = [tag("th", text(row.get("label")), scope="row"), tag("td", grouped(spans, "unread"), class_="num")]
    cells += [tag("td", _signed(difference), class_="num bad" if difference < 0 else "num")] if differs else []
    kind = "main" if row.get("stage") in _MAIN_STAGES else "zero" if not spans else None
    return tag("tr", *cells, class_=kind)


def _signed(value: int) -> str:
    return "" if not value else f"+{value:,}" if value > 0 else f"{MINUS}{-value:,}"


def trace_ids(inputs: Inputs) -> Markup:
    ids = texts(inputs.check.get("trace_ids"))
    query = text(inputs.check.get("query"))
    asked = tag("p", "TraceQL ", tag("code", query)) if query else Markup("")
    if not ids:
        return join(tag("p", "No trace was found."), asked)
    shown = tag("ul", *(tag("li", trace_id) for trace_id in ids[:SHOWN_IDS]), class_="ids")
    return join(asked, shown, _more_ids(ids[SHOWN_IDS:]))


def _more_ids(ids: list[str]) -> Markup:
    if not ids:
        return Markup("")
    listed = tag("ul", *(tag("li", trace_id) for trace_id in ids[:MOST_IDS]), class_="ids")
    rest = len(ids) - MOST_IDS
    told = f"{quantity(rest, 'further id is', 'further ids are')} in report.json."
    cut = tag("p", told, class_="key") if rest > 0 else Markup("")
    return tag("details", tag("summary", f"{len(ids):,} more"), listed, cut)


def facts(inputs: Inputs) -> Markup:
    pairs = [(name, value) for name, value in _facts(inputs) if value]
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in pairs), class_="facts")


def _facts(inputs: Inputs) -> list[tuple[str, str]]:
    check, generator = inputs.check, inputs.generator
    elapsed = number(check.get("elapsed_seconds"))
    lines: list[tuple[str, str]] = []
    if generator:
        lines += [
            ("Run id", generator.run_id),
            ("Traces sent", grouped(generator.traces_sent)),
            ("Spans sent", grouped(generator.spans_sent)),
            ("Spans k6 could not send", grouped(generator.spans_failed)),
            ("Iterations dropped", grouped(generator.dropped_iterations) if generator.dropped_iterations else ""),
            ("Generator ran for", seconds_text(generator.seconds) if generator.seconds else ""),
        ]
    place = inputs.place
    lines += [
        ("Namespace", place.namespace),
        ("Context", place.context),
        ("API server", place.server),
        ("Kubernetes", place.kubernetes_version),
        ("tracelab.k8s_tracing", place.collection_version),
        ("Tempo", text(check.get("tempo_version"))),
        ("Services", ", ".join(texts(check.get("services")))),
        ("Looks", grouped(whole(check.get("attempts")), "")),
        ("Check took", seconds_text(elapsed) if elapsed is not None else ""),
        ("Search cut off", "yes: there may be more traces and spans" if check.get("truncated") else ""),
        *(("Note", note) for note in texts(check.get("notes"))),
    ]
    return lines


def components_table(inputs: Inputs) -> Markup:
    head = tag("tr", *(tag("th", name) for name in ("Name", "Version", "Image", "Status")))
    return tag(
        "table", tag("thead", head), tag("tbody", *(_component(item) for item in inputs.components)), class_="stack"
    )


def _component(item: Component) -> Markup:
    well = item.status.lower() in ("running", "ready", "deployed", "succeeded", "")
    return tag(
        "tr",
        tag("th", item.name, scope="row"),
        tag("td", item.version, class_="version"),
        tag("td", tag("code", item.image), class_="long"),
        tag("td", item.status, class_="state" if well else "state bad"),
    )
