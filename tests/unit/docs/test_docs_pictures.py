"""Pictures of README and guides are there and small, say in words what they show, and tell no secret."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from docs_pages import PICTURES, ROOT, pages

IMAGES = ROOT / "docs" / "images"
RECORDED = ROOT / "pictures" / "recorded"
# Drawn by hand. All others show what was recorded.
DRAWN = {"architecture.svg"}
MOST_BYTES, WIDTH, MOST_RECORDED = 250_000, 1280, 1_000_000
MARKDOWN = r"!\[(?P<alt>[^\]]*)\]\((?P<address>[^)\s]+)\)\n"
HTML = r"""<picture>
  <source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">
  <img alt="(?P<html_alt>[^"]*)" src="(?P<html_address>[^"]+)">
</picture>
"""
PICTURE = re.compile(f"(?:{MARKDOWN}|{HTML})(?:\n(?P<caption>\\*[^*]+\\.\\*)\n)?")
SHOWN = [(page, found) for page in pages() for found in PICTURE.finditer(page.read_text(encoding="utf-8"))]
every_shown = pytest.mark.parametrize(
    ("page", "found"), SHOWN, ids=[f"{page.name}:{found['address'] or found['html_address']}" for page, found in SHOWN]
)


def file(page: Path, address: str) -> Path:
    if address.startswith(PICTURES):
        return IMAGES / address.removeprefix(PICTURES)
    return (page.parent / address).resolve()


def files(page: Path, found: re.Match[str]) -> list[Path]:
    addresses = (found["address"] or found["html_address"], found["dark"])
    return [file(page, address) for address in addresses if address]


@every_shown
def test_a_picture_is_there_and_is_told_in_words(page: Path, found: re.Match[str]) -> None:
    shown = files(page, found)
    assert [path for path in shown if not path.is_file()] == []
    assert len(found["alt"] or found["html_alt"]) > 40
    assert found["caption"] or shown[0].name in DRAWN, "say below it in italics what it shows and where it is from"
    if found["dark"]:
        assert shown[1].name == f"{shown[0].stem}-dark.png"


def test_no_picture_is_in_another_form() -> None:
    """Which these tests would not see."""
    marks = {page: len(re.findall(r"!\[|<img|<picture", page.read_text(encoding="utf-8"))) for page in pages()}
    for page in pages():
        told = [found for where, found in SHOWN if where == page]
        assert marks[page] == sum(2 if found["dark"] else 1 for found in told), page


def test_every_picture_is_shown_somewhere() -> None:
    shown = {path for page, found in SHOWN for path in files(page, found)}
    assert set((ROOT / "docs").rglob("*.svg")) | set((ROOT / "docs").rglob("*.png")) == shown


@pytest.mark.parametrize("path", sorted(IMAGES.iterdir()), ids=lambda path: path.name)
def test_a_picture_is_small(path: Path) -> None:
    data = path.read_bytes()
    assert len(data) < MOST_BYTES
    if path.suffix == ".png":
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(data[16:20], "big") == WIDTH


def test_the_terminal_shows_what_was_recorded_and_asks_for_nothing() -> None:
    text = (IMAGES / "verify.svg").read_text(encoding="utf-8")
    assert not re.search(r"@font-face|@import|href|url\((?!#)", text)
    matrix = ElementTree.fromstring(text).findall("{*}g/{*}text")
    drawn = "".join("".join(one.itertext()) for one in matrix).replace("\N{NO-BREAK SPACE}", " ")
    recorded = (RECORDED / "verify.txt").read_text(encoding="utf-8")
    assert re.sub(r"\s+", " ", drawn).strip() == re.sub(r"\s+", " ", recorded).strip()


def test_what_is_recorded_is_small_and_tells_no_place() -> None:
    found = {path: path.read_text(encoding="utf-8") for path in sorted(RECORDED.iterdir())}
    assert sum(len(text) for text in found.values()) < MOST_RECORDED
    place = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w~])/(?:home|root|tmp|work|Users)/|password|Bearer|BEGIN ")
    assert {path.name: seen[0] for path, text in found.items() if (seen := place.search(text))} == {}


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("pictures.record")


BOARD = {
    "title": "Small",
    "panels": [
        {"id": 1},
        {
            "id": 2,
            "title": "Rate",
            "targets": [
                {
                    "refId": "A",
                    "datasource": {"type": "prometheus"},
                    "expr": 'x{namespace=~"$namespace"}',
                    "instant": True,
                },
                {
                    "refId": "B",
                    "datasource": {"type": "prometheus"},
                    "expr": "rate(x[$__rate_interval])",
                    "instant": False,
                },
                {"refId": "C", "datasource": {"type": "tempo"}, "query": "{}"},
            ],
        },
    ],
}


def test_a_recording_has_a_value_for_each_step_and_no_place(recorder: ModuleType) -> None:
    asked = []

    def answer(path: str, timeout: float) -> Any:
        asked.append(path)
        labels = {"__name__": "x", "instance": "10.0.0.1:3200", "service": "cart"}
        values = [[1000, "1.23456789"], [1030, "NaN"], [2500, "3"]]
        series = {"values": values} if "query_range" in path else {"value": [2500, "4"]}
        return {"data": {"result": [{"metric": labels, **series}]}}

    found = recorder.record(SimpleNamespace(json=answer), "/proxy", BOARD, 2500)
    assert asked == [
        "/proxy/api/v1/query?query=x%7Bnamespace%3D~%22.%2A%22%7D&time=2500",
        "/proxy/api/v1/query_range?query=rate%28x%5B60s%5D%29&start=1000&end=2500&step=15",
    ]
    assert found["now"]['x{namespace=~"$namespace"}'] == [{"labels": {"service": "cart"}, "value": 4.0}]
    [series] = found["over_time"]["rate(x[$__rate_interval])"]
    assert series["labels"] == {"service": "cart"}
    assert (len(series["values"]), series["values"][:4], series["values"][-1]) == (101, [1.2346, None, None, None], 3.0)


def test_a_panel_without_data_is_not_recorded(recorder: ModuleType) -> None:
    nothing = SimpleNamespace(json=lambda _path, timeout: {"data": {"result": []}})
    with pytest.raises(SystemExit, match="'Rate' of 'Small' shows nothing"):
        recorder.record(nothing, "/proxy", BOARD, 2500)


def test_the_end_of_a_run_begins_with_its_trace_and_ends_with_the_proof(recorder: ModuleType) -> None:
    part = (RECORDED / "verify.txt").read_text(encoding="utf-8")
    output = "TASK [first] ***\nok: [localhost]\n\n" + part.replace("~/", f"{ROOT.parent}/") + "\nTASK [next] ***\n"
    assert recorder.ending(output) == part


def test_a_recorded_report_has_all_but_the_address(recorder: ModuleType) -> None:
    report = {"check": {"x": 1}, "verdict": {}, "place": {"server": "https://10.0.0.1:6443", "namespace": "tracing"}}
    assert recorder.without_place(report) == {"check": {"x": 1}, "place": {"namespace": "tracing"}}
