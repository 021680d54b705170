# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdict, demands and JUnit XML of a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "visual"))
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.html_page import render_html
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.input import read_inputs
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.json_file import report_data
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.junit import render_junit
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verdict import Verdict, judge
from report_inputs import STAGES, account, failure, generator, hostile, probe, recorded, success

TIME = "2026-11-23T02:00:00Z"


def verdict(params: dict[str, Any]) -> Verdict:
    return judge(read_inputs(params, TIME))


def states(params: dict[str, Any]) -> dict[str, str]:
    return {demand.name: demand.state for demand in verdict(params).demands}


def junit(params: dict[str, Any]) -> ElementTree.Element:
    inputs = read_inputs(params, TIME)
    return ElementTree.fromstring(render_junit(inputs, judge(inputs)).encode())


def test_a_complete_run_is_proven_with_its_figures() -> None:
    given = verdict(success())
    assert given.proven
    assert given.sentence == "all 728 spans of 101 traces arrived in Tempo."
    assert set(states(success()).values()) == {"passed"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_failure_at_any_stage_is_not_proven(stage: str) -> None:
    given = verdict(failure(stage))
    assert not given.proven
    assert {"traces", "spans"} <= {demand.name for demand in given.failed}
    if stage != "generator":
        assert "0 of 728 spans arrived; the break is" in given.sentence


def test_spans_that_the_generator_could_not_send_are_missing() -> None:
    params = success(generator=generator(700, failed=28), account=account(728, 700, 700, 700, 700))
    params["check"]["span_count"] = 700
    assert not verdict(params).proven
    assert verdict(params).sentence.startswith("700 of 728 spans arrived")


def test_a_check_that_asked_for_less_than_was_sent_does_not_prove_the_run() -> None:
    params = success()
    params["check"]["trace_count"] = 100
    assert states(params)["traces"] == "failed"


def test_nothing_found_is_no_proof_even_when_nothing_was_sent() -> None:
    nothing = {**generator(0), "traces_sent": 0}
    params = success(generator=nothing, account=account(0, 0, 0, 0, 0), demands=None)
    params["check"].update(span_count=0, trace_count=0)
    assert not verdict(params).proven


def test_unmet_lines_go_to_the_demand_that_they_are_about() -> None:
    params = success(demands=None)
    params["check"].update(
        satisfied=False,
        unmet=["service 'legacy' not seen (seen: 'cart')", "edge 'a -> b' not seen (seen: none)", "something new"],
    )
    failed = {demand.name: demand.detail for demand in verdict(params).failed}
    assert failed["services"].startswith("service 'legacy'")
    assert failed["edges"].startswith("edge 'a -> b'")
    assert failed["other"] == "something new"
    assert "all" not in verdict(params).sentence
    assert verdict(params).sentence.endswith("arrived, but service 'legacy' not seen (seen: 'cart').")


def test_a_failed_check_is_never_proven_whatever_its_counts() -> None:
    params = success()
    params["check"].update(satisfied=False, msg="The connection broke.")
    assert [demand.detail for demand in verdict(params).failed] == ["The connection broke."]


def test_an_error_of_the_check_stands_in_the_failures() -> None:
    params = {"check": recorded("check_error"), "title": "t"}
    assert not verdict(params).proven
    failures = [element.text for element in junit(params).iter("failure")]
    assert any("invalid TraceQL query" in (text or "") for text in failures)


@pytest.mark.case("A4")
def test_what_could_not_be_looked_up_is_told_neither_as_missing_nor_as_zero() -> None:
    why = "The check could not be made (after 8.0 s). Tempo hides the last 30 s from search."
    params = failure("tempo_search")
    params["check"].update(satisfied=False, verdict="could_not_look", msg=why, span_count=0, trace_count=0)
    given = verdict(params)
    assert not given.proven
    assert given.sentence == "whether spans arrived is not known, because the check could not be made."
    assert [(demand.name, demand.detail) for demand in given.failed] == [("check", why)]
    assert {demand.detail for demand in given.demands[1:]} == {"not known, because the check could not be made"}
    texts = "".join(junit(params).itertext())
    assert "0 of" not in texts and "no span was found" not in texts


def test_an_unbalanced_account_counts_unless_others_send_too() -> None:
    more = account(728, 900, 900, 900, 728)
    assert states(success(account=more))["account"] == "failed"
    assert verdict(success(account=more)).sentence.endswith("101 traces arrived, but the counts on their way differ.")
    assert states(success(account=more, balance_required=False))["account"] == "skipped"
    assert verdict(success(account=more, balance_required=False)).proven


def test_a_count_that_is_not_known_is_no_balance() -> None:
    assert states(success(account=account(728, None, 728, 728, 728)))["account"] == "failed"


@pytest.mark.parametrize("wrong", ["lost", "duplicated", "altered"])
def test_what_a_probe_found_wrong_fails_the_verdict(wrong: str) -> None:
    assert verdict(success(probe=probe())).proven
    assert not verdict(success(probe=probe(**{wrong: 2}))).proven
    assert not verdict(success(probe=probe(**{wrong: ["id-1"]}))).proven


def test_a_probe_that_failed_in_any_other_way_fails_the_verdict() -> None:
    assert not verdict(success(probe=probe(problems=["3 spans that nobody sent"]))).proven
    broken = verdict(success(probe={"failed": True, "msg": "Connection refused.", "error": {"kind": "x"}}))
    assert [demand.detail for demand in broken.failed] == ["probed; Connection refused."]


def test_a_probe_that_was_skipped_counts_as_none() -> None:
    assert "intact" not in states(success(probe={"skipped": True, "changed": False}))


@pytest.mark.case("F2")
def test_metrics_that_did_not_arrive_fail_the_verdict() -> None:
    assert (
        states(success(metrics={"satisfied": True, "series": {"traces_spanmetrics_calls_total": 4}}))["metrics"]
        == "passed"
    )
    told = "Prometheus could not be asked: no pod is ready."
    for metrics in ({"satisfied": False, "msg": told}, {"failed": False, "msg": told, "error": {"kind": "x"}}):
        given = verdict(success(metrics=metrics))
        assert not given.proven
        assert [demand.detail for demand in given.failed] == [told]
        failed = junit(success(metrics=metrics)).findall(".//testcase/failure")
        assert [case.get("message") for case in failed] == [told]
    assert "metrics" not in states(success(metrics={"skipped": True, "changed": False}))


@pytest.mark.case("F2")
def test_what_sampling_took_is_not_demanded() -> None:
    params = success(generator={**generator(7280), "traces_sent": 1010}, all_required=False, balance_required=False)
    assert verdict(params).proven
    assert verdict(params).sentence == "728 spans of 101 traces arrived in Tempo."
    assert not verdict({**params, "all_required": True}).proven


@pytest.mark.parametrize("missing", ["account", "diagnosis", "generator", "probe", "demands", "components"])
def test_any_piece_may_be_missing(missing: str) -> None:
    assert verdict(success(**{missing: None})).proven


@pytest.mark.parametrize("check", [{}, {"msg": "bad option", "failed": True}, {"satisfied": "yes", "unmet": 3}])
def test_a_check_that_never_ran_is_not_proven(check: dict[str, Any]) -> None:
    assert not verdict({"check": check}).proven


def test_numbers_as_text_count_as_numbers() -> None:
    assert verdict(success(generator={key: str(value) for key, value in generator().items()})).proven


def test_the_place_that_the_check_saw_wins_over_a_later_look() -> None:
    params = failure("alloy")
    params["diagnosis"] = {"stage": "none", "message": "No loss."}
    assert read_inputs(params, TIME).stage == "alloy"


def test_junit_has_one_case_for_each_demand_and_counts_them() -> None:
    root = junit(failure())
    suite = root.find("testsuite")
    assert root.tag == "testsuites" and suite is not None
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases)) == "5"
    assert suite.get("failures") == str(len(list(suite.iter("failure")))) == "3"
    assert suite.get("skipped") == str(len(list(suite.iter("skipped")))) == "2"
    assert suite.get("timestamp") == "2026-11-23T02:00:00"
    assert all(case.get("classname") and case.get("name") and float(case.get("time", "-1")) >= 0 for case in cases)


def test_a_junit_failure_says_what_why_and_what_to_do() -> None:
    failures = {element.get("type"): element for element in junit(failure()).iter("failure")}
    assert failures["spans_unmet"].get("message") == "0 of 728"
    assert "Spans stopped at alloy_to_tempo. Check the exporter's endpoint" in (failures["spans_unmet"].text or "")


def test_junit_survives_characters_that_xml_cannot_hold() -> None:
    root = junit(hostile())
    assert "<script>" in (root.get("name") or "")


PLACE = {
    "server": "https://127.0.0.1:6443",
    "context": "kind-x",
    "namespace": "tracing",
    "kubernetes_version": "v1.34.1",
    "collection_version": "0.1.0",
}


@pytest.mark.case("F8")
def test_a_run_of_which_nothing_could_be_sent_does_not_contradict_itself() -> None:
    unsent = {**generator(0), "traces_sent": 0, "spans_sent": 0, "spans_failed": 302}
    params = {**failure("generator_to_alloy"), "generator": unsent, "account": account(302, 0, 0, 0, 0)}
    given = read_inputs(params, TIME)
    page, suite = render_html(given, judge(given)), render_junit(given, judge(given))
    for text in (page, suite):
        assert "0 of 0" not in text and "k6 sent 0" not in text
    assert "k6 made 302 spans" in page and "could send none of them" in page
    assert {demand.detail for demand in judge(given).failed if demand.name in ("traces", "spans")} == {
        "0, and none was sent"
    }


@pytest.mark.case("F8")
def test_a_failure_begins_with_what_broke_where_and_what_to_do() -> None:
    given = read_inputs({**failure("alloy_to_tempo"), "place": PLACE}, TIME)
    page = render_html(given, judge(given))
    header = page[page.index("<header>") : page.index("</header>")]
    fix = given.diagnosis["fix"].partition(".")[0][:16]
    order = ["Not proven", "the break is between Alloy and Tempo", fix, "Namespace tracing, context kind-x"]
    positions = [header.index(words) for words in order]
    assert positions == sorted(positions)


@pytest.mark.case("F8")
def test_a_report_names_cluster_namespace_and_versions() -> None:
    params = {**success(), "place": PLACE}
    given = read_inputs(params, TIME)
    page, suite = render_html(given, judge(given)), junit(params)
    assert [words for words in PLACE.values() if words not in page] == []
    found = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert found.items() >= PLACE.items()
    where = "where: namespace tracing, context kind-x, API server https://127.0.0.1:6443"
    assert where in suite.findtext(".//system-out", "")
    assert report_data(params, given, judge(given))["place"] == PLACE
    assert "namespace" not in {one.get("name") for one in junit(success()).iter("property")}


@pytest.mark.case("F6")
def test_a_report_names_the_spans_of_others() -> None:
    counted = {**account(638, 2129, 2129, 2129, 638), "balanced": False}
    sent = {**generator(638), "traces_sent": 91}
    params = success(generator=sent, account=counted, demands=None)
    params["check"].update(span_count=638, trace_count=91)
    params |= {"balance_required": False, "balance_obstacle": "k6-traces sends too"}
    given = read_inputs(params, TIME)
    page = render_html(given, judge(given))
    assert judge(given).proven and given.others_accepted == 1491
    for words in ("1,491 of others", "with those of others", "of this run", "can&#x27;t balance: k6-traces sends too"):
        assert words in page or words.replace("&#x27;", "'") in page, words
    assert read_inputs(success(), TIME).others_accepted is None


@pytest.mark.case("F6")
def test_a_report_names_the_spans_of_other_generators() -> None:
    beside = {"balanced": True, "background": 150, "others": 0, "tolerance": 38}
    counted = {**account(638, 788, 780, 780, 638), **beside}
    params = success(generator={**generator(638), "traces_sent": 91}, account=counted, demands=None)
    params["check"].update(span_count=638, trace_count=91)
    given = read_inputs(params, TIME)
    page = render_html(given, judge(given))
    (demand,) = [one for one in judge(given).demands if one.name == "account"]
    said = "638 spans at every stage, beside 150 of other generators by their own count, of which up to 38 were on "
    said += "their way"
    assert (demand.state, demand.detail) == ("passed", said)
    assert judge(given).proven and given.others_accepted == 0
    for words in ("150 of other generators", "of this run", "Beyond this run"):
        assert words in page, words
    assert "missing" not in page and "not sent on" not in page
