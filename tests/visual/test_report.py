# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a report looks in a browser: at desktop and phone width, light and dark.

Skips where no Chromium is installed. With REPORT_PICTURES=<directory> the pictures stay there to be looked at.
"""

from __future__ import annotations

import os
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report import style as look
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.html_page import render_html
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.input import read_inputs
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verdict import judge
from browser import Browser, pixels
from report_inputs import failure, hostile, probe, success

DESKTOP, PHONE = 1280, 390
PAGES: dict[str, dict[str, Any]] = {
    "success": success(probe=probe()),
    "failure": failure(),
    "hostile": hostile(),
    "empty": {"check": {}, "title": "Empty"},
}
every_page = pytest.mark.parametrize("name", PAGES)
every_width = pytest.mark.parametrize("width", [DESKTOP, PHONE])
every_scheme = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser to draw with: none of {', '.join(names)} is installed")
    return Browser(program, tmp_path)


def html(name: str) -> str:
    inputs = read_inputs(PAGES[name], "2026-11-23T02:00:00Z")
    return render_html(inputs, judge(inputs))


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes share more than a line of two pixels."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 2 and down > 2


@every_page
@every_width
def test_a_page_fits_its_width_and_asks_for_nothing(browser: Browser, name: str, width: int) -> None:
    measured, outside = browser.measure(html(name), width)
    assert measured["width"] == width
    assert measured["scroll"] <= width
    assert measured["over"] == []
    assert outside == []


@pytest.mark.parametrize("name", ["success", "failure"])
@every_width
@every_scheme
def test_a_page_is_readable(browser: Browser, name: str, width: int, dark: bool) -> None:
    measured, _outside = browser.measure(html(name), width, dark)
    assert measured["background"] == rgb((look.DARK if dark else look.LIGHT)["page"])
    assert measured["headline"] < 320, "the verdict is not to be seen at first sight"
    assert measured["smallest"] >= 12
    assert len(measured["stations"]) == 4
    assert set(measured["lines"]) == {1}, "the name of a demand takes two lines"
    for kind in ("stations", "labels"):
        assert not [pair for pair in combinations(measured[kind], 2) if overlap(*pair)], kind


@every_width
def test_the_service_graph_is_drawn_once_and_suits_the_width(browser: Browser, width: int) -> None:
    measured, _outside = browser.measure(html("success"), width)
    assert (measured["wide"], measured["narrow"]) == ((1, 0) if width == DESKTOP else (0, 1))


@pytest.mark.parametrize("name", ["success", "failure"])
@every_width
def test_a_page_leaves_a_picture_in_both_schemes(browser: Browser, name: str, width: int, tmp_path: Path) -> None:
    folder = Path(os.environ.get("REPORT_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    height = 2500 if width == DESKTOP else 4000
    drawn = []
    for dark in (False, True):
        target = folder / f"{name}-{width}-{'dark' if dark else 'light'}.png"
        browser.screenshot(html(name), width, height, dark, target)
        drawn.append(pixels(target.read_bytes()))
    assert [picture[:2] for picture in drawn] == [(max(width, 500), height)] * 2
    assert all(len(set(picture[2])) > 100 for picture in drawn), "a picture is empty"
    assert drawn[0][2] != drawn[1][2]


def test_the_measuring_finds_what_stands_out_and_what_is_asked_for(browser: Browser) -> None:
    """That the tests above could fail."""
    bad = (
        "<!DOCTYPE html><body style='margin:0'><div style='width:700px'>wide</div>"
        "<img src='http://elsewhere.test/pixel.png'><link rel='stylesheet' href='https://fonts.test/font.css'>"
    )
    measured, outside = browser.measure(bad, PHONE)
    assert measured["scroll"] == 700 and any("wide" in text for text in measured["over"])
    assert {"http://elsewhere.test/pixel.png", "https://fonts.test/font.css"} <= set(outside)
