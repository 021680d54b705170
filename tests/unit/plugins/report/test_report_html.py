# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a report: whole, harmless, and right about what it shows. How it looks is tested in tests/visual."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "visual"))
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report import style as look
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.html_page import render_html
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.input import read_inputs
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.markup import Markup, join, tag
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.tables import MOST_IDS, SHOWN_IDS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.values import seconds_text
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verdict import judge
from report_inputs import STAGES, failure, hostile, probe, recorded, success

VOID = {"meta", "link"}


class Page(HTMLParser):
    """Reads a page strictly: every element closed, in order, and no id twice."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.headings: list[int] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(name)
        self.attributes += attributes
        if re.fullmatch("h[1-6]", name):
            self.headings.append(int(name[1]))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data + " "

    def classes(self, name: str) -> int:
        return sum(name in (value or "").split() for key, value in self.attributes if key == "class")


def html(params: dict[str, Any]) -> str:
    inputs = read_inputs(params, "2026-11-23T02:00:00Z")
    return render_html(inputs, judge(inputs))


def page(params: dict[str, Any]) -> Page:
    return Page(html(params))


def test_a_service_beyond_the_colours_begins_again_with_the_first() -> None:
    many = len(look.SERVICES_LIGHT)
    assert [look.service_class(position) for position in (0, many - 1, many, many + 1)] == [
        "s0",
        f"s{many - 1}",
        "s0",
        "s1",
    ]
    assert len(look.SERVICES_DARK) == many


def test_success_shows_verdict_pipeline_trace_and_account() -> None:
    shown = page(success(probe=probe()))
    for text in ("Proven", "all 728 spans of 101 traces", "POST /checkout", "2.8.0", "docker.io/grafana/tempo"):
        assert text in shown.text
    assert "What failed" not in shown.text
    assert shown.classes("broken") == 0


@pytest.mark.parametrize("stage", STAGES)
def test_the_break_is_marked_exactly_once(stage: str) -> None:
    shown = page(failure(stage))
    assert "Not proven" in shown.text and f"Spans stopped at {stage}." in shown.text
    assert shown.classes("broken") == 1


def test_what_nobody_counted_is_not_drawn_as_good() -> None:
    shown = page({"check": {}})
    assert shown.classes("unknown") == 3 and "not counted" in shown.text


def test_spans_of_others_in_the_pipeline_are_no_loss() -> None:
    params = success(balance_required=False)
    params["account"].update(accepted=900, sent=890, received=890, balanced=False)
    assert "missing" not in page(params).text


def test_without_a_break_the_unmet_demands_are_what_failed() -> None:
    params = success()
    params["check"].update(satisfied=False, unmet=["service 'legacy' not seen (seen: 'cart')"])
    assert "Services: service 'legacy' not seen" in page(params).text


def test_a_fatal_error_of_the_check_is_shown() -> None:
    assert "invalid TraceQL query" in page({"check": recorded("check_error"), "title": "t"}).text


def test_hostile_text_stays_text() -> None:
    written = html(hostile())
    shown = Page(written)
    assert "script" not in shown.tags and "<script>alert" in shown.text
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff\u202a-\u202e]", written)
    assert not [key for key, _value in shown.attributes if key.startswith("on")]
    written.encode()


@pytest.mark.parametrize(
    "params", [success(probe=probe()), failure(), hostile()], ids=["success", "failure", "hostile"]
)
def test_nothing_is_loaded_and_nothing_runs(params: dict[str, Any]) -> None:
    shown = page(params)
    assert not {"script", "iframe", "img", "object", "embed", "base"} & set(shown.tags)
    links = [value or "" for key, value in shown.attributes if key in ("href", "src", "action", "xlink:href")]
    assert all(link.startswith("data:image/svg+xml,") for link in links)
    assert "url(" not in look.style() and "@import" not in look.style()
    assert any(value and value.startswith("default-src 'none'") for key, value in shown.attributes if key == "content")


@pytest.mark.parametrize("params", [success(probe=probe()), failure()], ids=["success", "failure"])
def test_headings_form_an_outline_and_drawings_have_names(params: dict[str, Any]) -> None:
    shown = page(params)
    assert shown.headings[0] == 1 and shown.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(shown.headings, shown.headings[1:], strict=False))
    hidden = sum(key == "aria-hidden" for key, _value in shown.attributes)
    assert shown.tags.count("svg") <= shown.tags.count("title") + hidden
    assert ("lang", "en") in shown.attributes


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("colours", "services"), [(look.LIGHT, look.SERVICES_LIGHT), (look.DARK, look.SERVICES_DARK)], ids=["light", "dark"]
)
def test_contrast_is_enough(colours: dict[str, str], services: tuple[str, ...]) -> None:
    """WCAG AA: 4.5 for text, 3 for what is drawn."""
    for name in ("ink", "muted", "good", "bad"):
        assert contrast(colours[name], colours["page"]) >= 4.5, name
    assert contrast(colours["bad"], colours["bad-soft"]) >= 4.5
    assert contrast(colours["strong"], colours["page"]) >= 3
    assert all(contrast(colour, colours["page"]) >= 3 for colour in services)


def test_latencies_of_the_check_stand_in_for_a_probe() -> None:
    shown = page(success())
    assert "121 ms" in shown.text and "149 ms" in shown.text and shown.classes("histogram") == 0


def test_a_probe_is_drawn_as_two_distributions() -> None:
    shown = page(success(probe=probe()))
    assert shown.classes("histogram") == 2 and shown.classes("mark") == 6


def test_a_probe_with_marks_alone_or_one_value_is_drawn() -> None:
    marks = {"p50": 0.1, "p95": 0.2, "max": 0.3}
    assert page(success(probe=probe(by_id=marks, by_search={"samples": [2.0]}))).classes("histogram") == 2
    zero = {"p50": 0, "p95": 0, "max": 0, "samples": [0, 0, float("nan")]}
    assert page(success(probe=probe(by_id=zero, by_search=None))).classes("histogram") == 1


def test_ids_beyond_the_first_are_folded_away_and_all_there() -> None:
    written = html(success())
    assert all(trace_id in written for trace_id in recorded("check_success")["trace_ids"])
    assert "<details>" in written and "89 more" in written


@pytest.mark.parametrize(
    ("beyond", "told"),
    [
        (0, ""),
        (1, "1 more"),
        (MOST_IDS, "1,000 more"),
        (MOST_IDS + 1, "1 further id is in report.json"),
        (2 * MOST_IDS + 234, "1,234 further ids are in report.json"),
    ],
)
def test_ids_beyond_the_most_are_counted(beyond: int, told: str) -> None:
    params = success()
    params["check"]["trace_ids"] = [f"{number:032x}" for number in range(SHOWN_IDS + beyond)]
    shown = page(params)
    assert told in shown.text
    assert ("details" in shown.tags) is (beyond > 0)
    assert (" further id" in shown.text) is (beyond > MOST_IDS)
    assert sum(trace_id in shown.text for trace_id in params["check"]["trace_ids"]) == SHOWN_IDS + min(beyond, MOST_IDS)


def test_markup_escapes_whatever_is_not_markup() -> None:
    assert tag("p", "<b>", tag("i", "&"), class_='"x"') == '<p class="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert join("<", Markup("<br>")) == "&lt;<br>"
    assert tag("svg", stroke_width=2, x=None) == '<svg stroke-width="2"></svg>'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (12.34, "12.3 s"),
        (1, "1.00 s"),
        (0.1707, "171 ms"),
        (0.00184, "1.84 ms"),
        (2e-6, "2.00 µs"),
        (5e-9, "5.00 ns"),
    ],
)
def test_lengths_of_time_have_three_digits(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
