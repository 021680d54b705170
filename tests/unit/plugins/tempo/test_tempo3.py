# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules against a server that hides the newest time, caps its answers, or is none: no verdict without a look."""

from __future__ import annotations

import gzip
import importlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from tempo3 import Answer, Tempo3, tempo3

PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins.modules"
CHECK, SEARCH, METRICS = "tempo_ingestion_check", "tempo_search_info", "tempo_metrics_info"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("no_proxy", "*")

    def call(name: str, tempo: Tempo3, **options: Any) -> dict[str, Any]:
        # Long enough for a machine that has more to do than these tests.
        defaults = {"diagnose": False} if name == CHECK else {"request_timeout": 60}
        options = {**defaults, **options}
        with patch_module_args({"url": tempo.url, **options}), pytest.raises(SystemExit):
            importlib.import_module(f"{PREFIX}.{name}").main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


@pytest.fixture
def tempo() -> Iterator[Tempo3]:
    with tempo3() as server:
        yield server


def just_now() -> str:
    return str(int(time.time()))


# --- the newest time is hidden


@pytest.mark.case("A1")
def test_traces_of_before_prove_nothing(run: Run, tempo: Tempo3) -> None:
    tempo.hold("frontend", "payment", ago=45, count=302)
    result = run(CHECK, tempo, services=["frontend", "payment"], since=just_now(), timeout=2)
    assert (result["satisfied"], result["verdict"], result["trace_count"]) == (False, "could_not_look", 0)
    assert "Tempo hides the last 30 s from search (query_frontend.query_end_cutoff)" in result["msg"]
    assert "Raise timeout above 30 s" in result["msg"] and "tempo_profile=low_latency" in result["msg"]
    assert len(tempo.searches()) == 1, "a range out of sight is not asked for again"


@pytest.mark.case("A1")
def test_a_single_look_at_traces_of_before(run: Run, tempo: Tempo3) -> None:
    tempo.hold("frontend", ago=45, count=3)
    result = run(CHECK, tempo, services=["frontend"], since=just_now(), timeout=0)
    assert (result["verdict"], result["trace_ids"]) == ("could_not_look", [])
    assert any("3 traces in Tempo's answer are of another time than asked" in note for note in result["notes"])


@pytest.mark.case("A1")
def test_a_trace_that_began_before_does_not_count_though_it_reached_into_the_time(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("frontend", ago=60, duration_ms=59_900)
        result = run(CHECK, tempo, services=["frontend"], since="30", timeout=1)
        assert (result["verdict"], result["trace_count"]) == ("unmet", 0)
        tempo.hold("frontend", ago=5)
        assert run(CHECK, tempo, services=["frontend"], since="30", timeout=1)["verdict"] == "proven"


@pytest.mark.case("A1")
def test_what_becomes_visible_in_time_is_proven(run: Run) -> None:
    with tempo3(cutoff=1.0) as tempo:
        since = just_now()
        (trace_id,) = tempo.hold("frontend")
        result = run(CHECK, tempo, services=["frontend"], since=since, timeout=10, poll_interval=0.2)
    assert (result["verdict"], result["trace_ids"]) == ("proven", [trace_id])
    assert result["elapsed_seconds"] < 6


@pytest.mark.case("A1")
def test_looked_and_not_found_is_told_apart(run: Run) -> None:
    """The time up to the start of the task has become visible, and nothing was in it."""
    with tempo3(cutoff=1.0) as tempo:
        result = run(CHECK, tempo, services=["frontend"], since="5m", timeout=3, poll_interval=0.2)
    assert (result["verdict"], result["satisfied"]) == ("unmet", False)
    assert result["msg"].startswith("Not satisfied after")
    assert abs(result["seen_until"] - (time.time() - 1)) < 4


@pytest.mark.case("A1")
@pytest.mark.parametrize("demand", [{"absent_services": ["legacy"]}, {"max_traces": 0}])
def test_absence_is_not_told_of_a_time_that_is_hidden(run: Run, tempo: Tempo3, demand: dict[str, Any]) -> None:
    tempo.hold("legacy", ago=2)
    result = run(CHECK, tempo, **demand, min_traces=0, since="10", timeout=0)
    assert (result["satisfied"], result["verdict"]) == (False, "could_not_look")
    assert "nothing could be seen yet" in result["msg"]


@pytest.mark.case("A1")
@pytest.mark.parametrize("demand", [{"absent_services": ["legacy"]}, {"max_traces": 0}])
def test_absence_is_watched_until_the_time_is_visible(run: Run, demand: dict[str, Any]) -> None:
    """The trace comes while it is watched, and shows two seconds after the time limit at the earliest."""
    with tempo3(cutoff=2.0) as tempo:
        since = just_now()
        tempo.hold("legacy", ago=-0.8)
        result = run(CHECK, tempo, **demand, min_traces=0, since=since, timeout=1, poll_interval=0.2)
        assert (result["satisfied"], result["verdict"]) == (False, "unmet"), result
        tempo.held.clear()
        clean = run(CHECK, tempo, **demand, min_traces=0, since=just_now(), timeout=1, poll_interval=0.2)
    assert clean["verdict"] == "proven" and clean["elapsed_seconds"] >= 2.5


@pytest.mark.case("A1")
def test_absence_waits_until_traces_are_cut_from_memory(run: Run) -> None:
    with tempo3(cutoff=0.0, lag=2.0) as tempo:
        tempo.hold("shop", ago=60)
        tempo.hold("legacy", ago=0.2)
        demands = {"run_id": "r-1", "services": ["shop"], "absent_services": ["legacy"]}
        result = run(CHECK, tempo, **demands, timeout=1, poll_interval=0.2)
        assert result["verdict"] == "unmet" and "service 'legacy' must not appear" in result["msg"]
        clean = run(CHECK, tempo, **{**demands, "absent_services": ["older"]}, timeout=1, poll_interval=0.2)
        assert clean["verdict"] == "proven" and 1.9 < clean["elapsed_seconds"] < 5


@pytest.mark.case("A1")
def test_a_range_that_begins_in_this_very_second(run: Run) -> None:
    """Tempo cuts its end to the second too, and refuses what is left."""
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("shop", ago=0.01)
        tempo.held[0].duration_ms = 1
        since = str(int(tempo.held[0].start))
        result = run(CHECK, tempo, services=["shop"], since=since, timeout=5, poll_interval=0.1)
    assert result["verdict"] == "proven"


@pytest.mark.case("A1")
def test_absence_beside_another_demand_waits_for_the_hidden_time_too(run: Run) -> None:
    with tempo3(cutoff=2.0) as tempo:
        tempo.hold("shop", ago=60)
        tempo.hold("legacy", ago=0.5)
        result = run(CHECK, tempo, services=["shop"], absent_services=["legacy"], timeout=1, poll_interval=0.2)
    assert result["verdict"] == "unmet" and "service 'legacy' must not appear" in result["msg"]


@pytest.mark.case("A1")
def test_the_error_rate_is_of_the_traces_asked_for(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("shop", ago=100, failed=True, count=9)
        tempo.hold("shop", ago=1)
        result = run(CHECK, tempo, services=["shop"], max_error_rate=0.0, max_duration="1s", since="60", timeout=1)
    assert (result["verdict"], result["error_rate"]) == ("proven", 0.0)


@pytest.mark.case("A1")
@pytest.mark.parametrize(
    ("settings", "known"),
    [({"shows_config": False}, False), ({"shows_config": False, "version": "2.10.8"}, True), ({"cutoff": 0.0}, True)],
)
def test_what_a_server_hides_is_assumed_where_it_does_not_tell(run: Run, settings: dict[str, Any], known: bool) -> None:
    with tempo3(**{"cutoff": 0.0, **settings}) as tempo:
        result = run(CHECK, tempo, absent_services=["legacy"], min_traces=0, since=just_now(), timeout=0)
    assert result["verdict"] == ("proven" if known else "could_not_look")
    assert known or "is assumed" in result["msg"]


@pytest.mark.case("A1")
def test_the_clock_of_the_server_decides_what_is_visible(run: Run) -> None:
    """It is 20 s behind: what it hides is 20 s more of the time as the senders have it."""
    with tempo3(cutoff=1.0, behind=20.0) as tempo:
        result = run(CHECK, tempo, services=["shop"], since="10", timeout=2, poll_interval=0.2)
    assert (result["verdict"], len(tempo.searches())) == ("could_not_look", 1)


@pytest.mark.case("A1")
def test_a_search_tells_what_it_could_not_see(run: Run, tempo: Tempo3) -> None:
    tempo.hold("frontend", ago=45)
    tempo.hold("frontend", ago=5)
    hidden = run(SEARCH, tempo, since="10")
    assert (hidden["traces"], hidden["complete"], len(tempo.searches())) == ([], False, 0)
    assert "nothing was asked" in hidden["notes"][0]
    partly = run(SEARCH, tempo, since="5m")
    assert (partly["trace_count"], partly["complete"]) == (1, False)
    assert abs(partly["seen_until"] - (time.time() - 30)) < 5
    past = run(SEARCH, tempo, since="5m", end=str(int(time.time()) - 40))
    assert (past["trace_count"], past["complete"], past["notes"]) == (1, True, [])


@pytest.mark.case("A1")
def test_a_search_by_a_server_that_hides_more_than_it_tells(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("old", ago=60)
        tempo.instead = lambda path, params: tempo._search({}) if path == "/api/search" else None
        result = run(SEARCH, tempo, since="20")
        tempo.shows_config = False
        assumed = run(SEARCH, tempo, since="40")
    assert result["error"]["kind"] == "mismatch" and "gave 1 trace of another" in result["msg"]
    assert assumed["traces"] == [] and any("of another time" in note for note in assumed["notes"])


@pytest.mark.case("A1")
@pytest.mark.parametrize("kind", ["range", "instant"])
def test_metrics_tell_what_they_could_not_see(run: Run, tempo: Tempo3, kind: str) -> None:
    tempo.hold("frontend", ago=60, count=5)
    hidden = run(METRICS, tempo, query="{ } | count_over_time()", type=kind, since="10")
    assert (hidden["series"], hidden["complete"]) == ([], False)
    assert not any(path.startswith("/api/metrics") for path, _params in tempo.asked)
    partly = run(METRICS, tempo, query="{ } | count_over_time()", type=kind, since="5m")
    assert (partly["series_count"], partly["complete"]) == (1, False)
    assert "Tempo hides the last 30 s" in partly["notes"][0]


# --- the server's caps


def in_the_middle(seconds: int) -> float:
    """So many seconds ago, in the middle of a second: what reaches into the next one is found in both."""
    return seconds + time.time() % 1 - 0.5


@pytest.mark.case("A3")
def test_a_cap_of_the_server_is_paged_around(run: Run) -> None:
    with tempo3(cutoff=0.0, most=50) as tempo:
        for second in range(10):
            tempo.hold("shop", ago=in_the_middle(30 - second), count=40)
        result = run(CHECK, tempo, min_traces=400, services=["shop"], timeout=30)
    assert (result["verdict"], result["trace_count"], result["truncated"]) == ("proven", 400, False)
    assert len(tempo.searches()) < 60


@pytest.mark.case("A3")
def test_a_search_is_paged_too(run: Run) -> None:
    with tempo3(cutoff=0.0, most=50) as tempo:
        for second in range(4):
            tempo.hold("shop", ago=in_the_middle(30 - second), count=30)
        whole = run(SEARCH, tempo, limit=1000)
        some = run(SEARCH, tempo, limit=20)
    assert (whole["trace_count"], whole["truncated"], whole["complete"]) == (120, False, True)
    assert (some["trace_count"], some["truncated"], some["complete"]) == (20, True, False)


@pytest.mark.case("A3")
def test_a_cap_that_cannot_be_paged_around_is_no_absence(run: Run) -> None:
    with tempo3(cutoff=0.0, most=10) as tempo:
        moment = int(time.time()) - 20 + 0.5
        tempo.hold("shop", count=40)
        for one in tempo.held:
            one.start = moment
        result = run(CHECK, tempo, min_traces=40, timeout=5)
    assert (result["verdict"], result["truncated"]) == ("could_not_look", True)
    assert "The check could not be made" in result["msg"] and "max_result_limit" in result["msg"]


@pytest.mark.case("A3")
def test_more_traces_than_one_answer_takes(run: Run) -> None:
    """As a run of the generator with 12,000 traces demands them."""
    with tempo3(cutoff=0.0) as tempo:
        for second in range(120):
            tempo.hold("shop", ago=200 - second, count=100)
        result = run(CHECK, tempo, min_traces=12_000, timeout=60)
    assert (result["verdict"], result["trace_count"]) == ("proven", 12_000)
    assert max(int(asked["limit"]) for asked in tempo.searches()) == 10_000


@pytest.mark.case("A3")
def test_traces_of_before_do_not_use_up_the_limit(run: Run) -> None:
    """They reach into the range, so that Tempo gives them, and none of them counts."""
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("old", ago=60, duration_ms=45_000, count=30)
        tempo.hold("shop", ago=5)
        found = run(CHECK, tempo, services=["shop"], run_id="r-1", since="20", limit=20, timeout=0)
        absent = run(
            CHECK, tempo, absent_services=["shop"], run_id="r-1", min_traces=0, since="20", limit=20, timeout=0
        )
    assert (found["verdict"], found["trace_count"]) == ("proven", 1)
    assert absent["verdict"] == "unmet"


@pytest.mark.case("A3")
def test_a_range_that_is_longer_than_the_server_allows(run: Run) -> None:
    with tempo3(cutoff=0.0, longest=3600.0) as tempo:
        tempo.hold("shop", ago=3 * 3600)
        result = run(CHECK, tempo, services=["shop"], since="4h", timeout=5)
    assert (result["verdict"], result["trace_count"]) == ("proven", 1)


@pytest.mark.case("A3")
def test_absence_among_more_traces_than_are_read_is_not_told(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("shop", ago=10, count=30)
        result = run(CHECK, tempo, run_id="r-1", absent_services=["legacy"], limit=20, timeout=0)
    assert result["verdict"] == "could_not_look" and "limit=20" in result["msg"]


# --- answers that are none

PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"
HTML = {"Content-Type": "text/html"}


def search_only(answer: Answer) -> Callable[[str, dict[str, str]], Answer | None]:
    return lambda path, params: answer if path == "/api/search" else None


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, HTML, PAGE), "answered 401 with a web page"),
        ((200, HTML, PAGE), "answered with a web page"),
        ((200, {"Content-Type": "application/json"}, b""), "breaks off"),
        ((200, {"Content-Type": "application/json"}, b"[]"), "not an object"),
        ((204, {}, b""), "answered 204"),
        ((302, {"Location": "https://login.example.com/"}, b""), "login.example.com"),
        ((404, {"Content-Type": "text/plain"}, b"default backend - 404"), "does not know Tempo's API"),
        ((429, {"Content-Type": "text/plain"}, b"job queue full"), "too many queries"),
        ((502, HTML, b"<html>Bad Gateway</html>"), "answered 502"),
        ((400, {"Content-Type": "text/plain"}, b"spans per span set exceeds 0. received 1"), "refuses the search"),
        ((200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"no gzip"), ""),
    ],
)
def test_an_answer_that_is_none_is_not_told_as_an_absence(run: Run, tempo: Tempo3, answer: Answer, said: str) -> None:
    tempo.instead = search_only(answer)
    result = run(CHECK, tempo, services=["shop"], timeout=1, poll_interval=0.2)
    assert (result["failed"], result["satisfied"], result["verdict"]) == (True, False, "could_not_look")
    assert said in result["msg"]


@pytest.mark.case("A4")
def test_a_gateway_that_compresses(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("shop", ago=5)

        def packed(path: str, params: dict[str, str]) -> Answer | None:
            if path != "/api/search":
                return None
            status, headers, body = tempo._search(params)
            return status, {**headers, "Content-Encoding": "gzip"}, gzip.compress(body)

        tempo.instead = packed
        assert run(CHECK, tempo, services=["shop"], timeout=2)["verdict"] == "proven"


@pytest.mark.case("A4")
def test_an_answer_that_calls_itself_partial_proves_no_absence(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        body = json.dumps({"traces": [], "metrics": {}, "status": "PARTIAL", "message": "a querier is gone"}).encode()
        tempo.instead = search_only((200, {"Content-Type": "application/json"}, body))
        missing = run(CHECK, tempo, services=["shop"], timeout=0)
        absent = run(CHECK, tempo, absent_services=["shop"], min_traces=0, timeout=0)
        info = run(SEARCH, tempo)
    assert (missing["verdict"], absent["verdict"]) == ("could_not_look", "could_not_look")
    assert "a querier is gone" in absent["msg"] and info["complete"] is False


@pytest.mark.case("A1")
@pytest.mark.parametrize("told", [None, 1e-9])
def test_a_trace_without_a_start_is_neither_there_nor_away(run: Run, told: float | None) -> None:
    """Missing, or a nanosecond after 1970 rounded to zero."""
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("shop", ago=5, told=told and told / 10)
        there = run(CHECK, tempo, services=["shop"], timeout=0)
        away = run(CHECK, tempo, absent_services=["shop"], min_traces=0, timeout=0)
    assert (there["verdict"], away["verdict"]) == ("could_not_look", "could_not_look")
    assert "no start time" in there["msg"]


@pytest.mark.case("A1")
def test_a_trace_from_the_future_does_not_count(run: Run) -> None:
    with tempo3(cutoff=0.0) as tempo:
        tempo.hold("shop", ago=5, told=time.time() + 3600)
        result = run(CHECK, tempo, services=["shop"], timeout=0)
        assert (result["verdict"], result["trace_count"]) == ("mismatch", 0) and "of another time" in result["msg"]
        tempo.held.clear()
        tempo.hold("shop", ago=-20, told=time.time() + 20)
        tempo.held[0].start = time.time() - 1
        ahead = run(CHECK, tempo, services=["shop"], sample=0, timeout=0)
        assert ahead["verdict"] == "proven", "clocks may differ by a minute"
