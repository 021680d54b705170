# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tutorial docs/tutorial.md on a real stack: its queries find the fault, and nothing once that is mended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from conftest import Tempo
from loopback import ROOT
from stack import Stack, alloy, k6, missing_programs, prepared, prometheus, running_parts, tempo

sys.path.append(str(ROOT / "tests" / "unit" / "docs"))
from docs_pages import fences_of

EXAMPLES = ROOT / "examples" / "tutorial"
CULPRIT = ("payment", "INSERT charges")
FENCES = fences_of(ROOT / "docs" / "tutorial.md")
QUERIES = [fence for fence in FENCES if fence.what.startswith("query ")]
ALERT, OPERATIONS, CALLS, SHARE = (one.text.strip() for one in QUERIES if one.what == "query promql")
SEARCH, CAUSE = (one.text.strip() for one in QUERIES if one.what == "query traceql")

((TASK,),) = (yaml.safe_load(fence.text) for fence in FENCES if fence.what == "tasks")


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    missing = missing_programs(("k6", "alloy", "tempo", "prometheus"))
    if missing:
        pytest.skip(f"not in the cache: run `python3 -m testbed programs {' '.join(missing)}`")
    made = prepared(tmp_path_factory.mktemp("stack"), slow_generator=example("slow-checkout.yml"))
    made.values["prometheus"]["serverFiles"] |= example("checkout-alert.yml")["prometheus_values"]["serverFiles"]
    with running_parts(made, tempo, alloy, prometheus):
        yield made


@contextmanager
def sending(pipeline: Stack, generator: str) -> Iterator[float]:
    """The time from which on all traces are of this generator, with some of them there."""
    start = time.time()
    with k6(pipeline, generator):
        wait_until(lambda: len(search(pipeline, '{ name = "POST /checkout" }', start)) >= 40, "40 checkouts")
        yield start


def wait_until(reached: Callable[[], object], what: str) -> None:
    until = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < until, f"{what}: not there after 120 s"
        time.sleep(1)


def search(pipeline: Stack, query: str, start: float) -> list[dict[str, Any]]:
    asked = {"q": query, "start": int(start) + 1, "end": int(time.time()) + 5, "limit": 500, "spss": 20}
    return list(pipeline.json("tempo", f"/api/search?{urlencode(asked)}").get("traces", []))


def operations(trace: dict[str, Any]) -> set[tuple[str, str]]:
    """The spans that a query found in a trace: service, and name."""
    return {(span["attributes"][0]["value"]["stringValue"], span["name"]) for span in trace["spanSet"]["spans"]}


def above(pipeline: Stack, query: str, limit: float, *labels: str) -> set[tuple[str, ...]]:
    """The series that are above the limit, by these labels."""
    found = [one["metric"] for one in pipeline.query(query) if float(one["value"][1]) > limit]
    return {tuple(metric[label] for label in labels) for metric in found}


def check(pipeline: Stack, start: float) -> dict[str, Any]:
    """The result of the task on the page, asked of this Tempo and for this time."""
    ((name, options),) = ((key, value) for key, value in TASK.items() if key != "name")
    asked = {key: value for key, value in options.items() if key != "namespace"}
    return Tempo(pipeline.url("tempo"), "").run(
        name.split(".")[-1], **{**asked, "since": str(int(start) + 1), "timeout": 5}
    )


def test_what_the_tutorial_asks_finds_the_fault_until_it_is_mended(pipeline: Stack) -> None:
    with sending(pipeline, "slow_generator") as start:
        # The alert waits two minutes more before it fires.
        wait_until(lambda: pipeline.query(ALERT), "the alert")
        assert above(pipeline, ALERT, 0, "service", "span_name") == {("frontend", "POST /checkout")}
        assert above(pipeline, OPERATIONS, 0.5, "service", "span_name") == {
            ("frontend", "POST /checkout"), ("frontend", "POST /charge"), ("payment", "POST /charge"), CULPRIT,
        }  # fmt: skip
        # The call from outside is counted once nobody has claimed it for some seconds.
        slow_calls = {("user", "frontend"), ("frontend", "payment"), ("payment", "payments")}
        wait_until(lambda: above(pipeline, CALLS, 0.5, "client", "server") == slow_calls, str(slow_calls))
        (share,) = pipeline.query(SHARE)
        assert 0.55 < float(share["value"][1]) < 0.92
        assert len(search(pipeline, SEARCH, start)) > 3
        causes = search(pipeline, CAUSE, start)
        assert len(causes) > 3 and {one for trace in causes for one in operations(trace)} == {CULPRIT}
        result = check(pipeline, start)
        assert result["failed"] and "traces took more than 500 ms (max_duration)" in result["msg"]

    with sending(pipeline, "k6_trace_generator") as mended:
        assert search(pipeline, SEARCH, mended) == search(pipeline, CAUSE, mended) == []
        assert not check(pipeline, mended)["failed"]
