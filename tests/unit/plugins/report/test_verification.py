# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proof demands, and what it says in the end: that something did not arrive only where it was looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import (
    pod_components,
    verification_plan,
    verification_result,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verification import (
    account,
    failure,
    plan,
    pod_lines,
    proof,
)

SENT = {"run_id": "r1", "traces_sent": 100, "spans_sent": 700, "spans_failed": 5}
LOG = f"noise\nk8s-tracing-summary {json.dumps(SENT)}\nmore"
ALLOY = {"sampling": [], "client_ca_secret": "", "auth": "none"}
SKIPPED = {"skipped": True, "changed": False}
GOOD = {"satisfied": True, "verdict": "proven"}
WRITTEN = {"proven": True, "failures": [], "files": {"html": "/r/report.html"}}
AFTER = {
    "account": {"balanced": True, "accepted": 700, "sent": 700, "received": None},
    "diagnosis": {"message": "D", "fix": "F"},
}
CHECK = {
    **GOOD,
    "trace_count": 100,
    "span_count": 700,
    "tempo_version": "2.10.8",
    "latency": {"search_seconds": 1.5},
    "trace_ids": ["a", "b", "c", "d"],
    "query": "{ }",
}
PROBE = {
    **GOOD,
    "traces": 20,
    "lost": 0,
    "altered": 0,
    "by_id": {"p50": 0.123, "p95": 0.456},
    "by_search": {"p50": 1.26, "p95": 2.0},
}


def generator(name: str, *, ended: bool) -> dict[str, Any]:
    state = {"terminated": {"exitCode": 0}} if ended else {"running": {}}
    return {"metadata": {"name": name}, "status": {"containerStatuses": [{"name": "k6", "state": state}]}}


def demanded(log: str | None = LOG, others: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    alloy = {**ALLOY, **{name: more.pop(name) for name in list(more) if name in ALLOY}}
    return plan(log, others, alloy, **{"shared_pipeline": False, "probe_traces": 20, **more})


def test_all_that_was_sent_is_demanded() -> None:
    found = demanded()
    assert (found["min_traces"], found["min_spans"], found["generated_spans"]) == (100, 700, 705)
    assert (found["run"]["run_id"], found["problem"], found["nothing_sent"]) == ("r1", "", False)
    assert (found["balance_required"], found["probe_obstacle"]) == (True, "")


def test_a_run_that_sent_nothing_is_not_waited_for() -> None:
    found = demanded(f"k8s-tracing-summary {json.dumps({**SENT, 'traces_sent': 0, 'spans_sent': 0})}")
    assert (found["min_traces"], found["min_spans"], found["nothing_sent"]) == (1, 1, True)


@pytest.mark.parametrize(("ended", "spans", "balance"), [(True, 705, True), (False, 705, False)])
def test_counters_equal_the_run_only_without_other_traffic(ended: bool, spans: int, balance: bool) -> None:
    found = demanded(others=(generator("k6-traces", ended=ended),))
    assert (found["generated_spans"], found["balance_required"]) == (spans, balance)
    assert not demanded(shared_pipeline=True)["balance_required"]


def test_with_sampling_one_trace_is_enough() -> None:
    found = demanded(sampling=["alloy_drop_spans"])
    assert (found["min_traces"], found["min_spans"], found["balance_required"]) == (1, 1, False)
    assert found["probe_obstacle"] == "alloy_drop_spans may drop them"


@pytest.mark.parametrize(("ended", "spans"), [(True, 0), (False, None)])
def test_without_a_run_of_its_own_a_proof_knows_only_whether_any_generator_runs(ended: bool, spans: int | None) -> None:
    found = demanded(None, (generator("k6-traces", ended=ended),))
    assert (found["run"], found["min_traces"], found["min_spans"]) == ({}, 1, 1)
    assert (found["generated_spans"], found["nothing_sent"], found["balance_required"]) == (spans, False, False)


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("nothing", "has 0 reports"),
        (LOG + LOG, "has 2 reports"),
        ("k8s-tracing-summary {not json}", "can't be read"),
        ('k8s-tracing-summary {"traces_sent": 1}', "can't be read"),
        (f"k8s-tracing-summary {json.dumps({**SENT, 'spans_sent': None})}", "can't be read"),
    ],
)
def test_a_log_without_one_report_is_told(log: str, words: str) -> None:
    found = demanded(log)
    assert words in found["problem"] and found["run"] == {}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"probe_traces": 0}, "verify_probe_traces is 0"),
        ({"client_ca_secret": "ca"}, "alloy_client_ca_secret asks for a certificate, and the API server shows none"),
        ({"auth": "basic"}, "alloy_receiver_auth asks for credentials, which the API server does not pass on"),
    ],
)
def test_why_single_traces_can_not_be_sent(more: dict[str, Any], words: str) -> None:
    assert demanded(**more)["probe_obstacle"] == words


def told(check: dict[str, Any] = CHECK, **more: Any) -> str:
    given = {"after": AFTER, "metrics": GOOD, "probe": PROBE, "report": WRITTEN, **more}
    return failure(given.pop("demanded", demanded()), check, **given)


def why(check: dict[str, Any] = CHECK, **more: Any) -> str:
    return told(check, **more).removesuffix(" Report: /r/report.html")


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("check", "starts"),
    [
        ({"verdict": "unmet", "msg": "M", "diagnosis": {"stage": "alloy"}},
         "Traces did not arrive. The break is inside Alloy. M"),
        ({"verdict": "unmet", "msg": "M", "diagnosis": {"stage": "none"}},
         "Traces did not arrive. The break is not found. M"),
        ({"verdict": "could_not_look", "msg": "M", "diagnosis": None}, "Whether traces arrived is not known. M"),
        ({"verdict": "could_not_look", "msg": "M", "diagnosis": {"stage": "alloy_to_tempo"}},
         "Whether traces arrived is not known. The break is between Alloy and Tempo. M"),
        ({"verdict": "mismatch", "msg": "M", "diagnosis": {"stage": "none"}}, "Whether traces arrived is not known. M"),
        ({"failed": True, "msg": "MODULE FAILURE"}, "Whether traces arrived is not known. MODULE FAILURE"),
        ({}, "Whether traces arrived is not known. The check has no result."),
    ],
)  # fmt: skip
def test_traces(check: dict[str, Any], starts: str) -> None:
    assert why(check) == starts
    assert why(check, demanded=demanded(sampling=["alloy_drop_spans"])) == (
        f"{starts} Sampling is on (alloy_drop_spans): it may have dropped the whole run; raise verify_duration."
    )


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"verdict": "unmet", "msg": "M"},
         "Traces arrive, their metrics do not. The break is between Tempo and Prometheus. M"),
        ({"verdict": "could_not_look", "msg": "M"},
         "Traces arrive. Whether their metrics do is not known: Prometheus could not be asked. M"),
        ({"failed": True},
         "Traces arrive. Whether their metrics do is not known: Prometheus could not be asked. The check has no "
         "result."),
    ],
)  # fmt: skip
def test_metrics(result: dict[str, Any], says: str) -> None:
    assert why(metrics=result) == says
    assert why(metrics=SKIPPED) == ""


@pytest.mark.case("A4")
@pytest.mark.parametrize(
    ("balanced", "says"),
    [
        (False, "Spans were lost: D F"),
        (None, "Whether spans were lost is not known, since not every count could be read: D F"),
    ],
)
def test_counts(balanced: bool | None, says: str) -> None:
    after = {**AFTER, "account": {**AFTER["account"], "balanced": balanced}}
    assert why(after=after) == says
    assert why(after=after, demanded=demanded(shared_pipeline=True)) == ""


def test_single_traces_and_whatever_else_the_report_decides() -> None:
    assert why(probe={"satisfied": False, "msg": "2 spans lost"}) == "2 spans lost"
    assert why(probe={"failed": True}) == "The check has no result."
    assert why(probe=SKIPPED) == ""
    refused = {**WRITTEN, "proven": False, "failures": ["A: 1", "B: 2"]}
    assert told(report=refused) == "A: 1; B: 2. Report: /r/report.html"
    assert why() == ""


def test_the_first_reason_is_told() -> None:
    lost = {**AFTER, "account": {"balanced": False}}
    bad: dict[str, Any] = {"after": lost, "metrics": {"verdict": "unmet"}, "probe": {"satisfied": False, "msg": "P"}}
    refused = {**WRITTEN, "proven": False}
    assert why({"verdict": "unmet"}, **bad, report=refused).startswith("Traces did not arrive.")
    assert why(**bad, report=refused).startswith("Spans were lost:")
    del bad["after"]
    assert why(**bad, report=refused).startswith("Traces arrive, their metrics do not.")
    del bad["metrics"]
    assert why(**bad, report=refused) == "P"


def test_the_account_has_a_line_for_each_station() -> None:
    assert account(demanded(), CHECK, AFTER) == [
        "k6 sent               700 spans, and could not send 5",
        "Alloy accepted        700",
        "Alloy sent            700",
        "Tempo received     unread",
        "Tempo stored          700 of this run",
        "The counts balance.",
    ]
    unread = account(demanded(None), {"verdict": "could_not_look", "span_count": 7}, AFTER)
    assert unread[0] == "Alloy accepted        700" and unread[-2] == "Tempo stored       unread of this run"
    assert unread[-1] == "These counts can't balance: it is not known how many spans the senders made."


@pytest.mark.case("F6")
def test_spans_of_others_are_named_and_why_the_counts_cannot_balance() -> None:
    beside = demanded(others=(generator("k6-traces-x", ended=False), generator("k6-old", ended=True)))
    after = {"account": {"balanced": False, "accepted": 2191, "sent": 2191, "received": 2191}}
    assert account(beside, CHECK, after) == [
        "k6 sent               700 spans, and could not send 5",
        "Alloy accepted       2191, 1491 of them of others",
        "Alloy sent           2191, with those of others",
        "Tempo received       2191, with those of others",
        "Tempo stored          700 of this run",
        "These counts can't balance: k6-traces-x sends too, and its own count was not read; stop it, or let a bounded "
        "one end first with k8s_tracing_verify_wait_for_generators.",
    ]
    shared = demanded(shared_pipeline=True)["balance_obstacle"]
    assert shared == "verify_shared_pipeline says that others send through the same pipeline"
    assert demanded(sampling=["alloy_drop_spans"])["balance_obstacle"] == "alloy_drop_spans takes spans out"
    assert demanded()["balance_obstacle"] == ""


@pytest.mark.case("F6")
def test_a_generator_that_counts_itself_goes_into_the_account() -> None:
    going = (generator("k6-traces-x", ended=False),)
    counts = {"balanced": True, "accepted": 850, "sent": 849, "received": 849, "background": 150, "others": 0}
    counts |= {"tolerance": 38}
    beside = demanded(others=going, counted=counts)
    assert (beside["balance_required"], beside["balance_obstacle"]) == (True, "")
    assert account(beside, CHECK, {"account": counts}) == [
        "k6 sent               700 spans, and could not send 5",
        "Others sent           150 spans of generators that went on meanwhile",
        "Alloy accepted        850, with those of all generators",
        "Alloy sent            849, with those of all generators",
        "Tempo received        849, with those of all generators",
        "Tempo stored          700 of this run",
        "The counts balance: up to 38 spans of the other generators were on their way.",
    ]
    counts |= {"balanced": False, "accepted": 1000, "others": 150}
    beside = demanded(others=going, counted=counts)
    assert not beside["balance_required"]
    lines = account(beside, CHECK, {"account": counts})
    assert lines[2] == "Alloy accepted       1000, 150 of them of others"
    assert lines[-1] == "These counts can't balance: 150 spans are of others, which no generator counts."
    assert why(after={**AFTER, "account": counts}, demanded=beside) == ""


@pytest.mark.parametrize(("balanced", "says"), [(False, "do not balance."), (None, "is not known, since one of them")])
def test_whether_the_counts_balance_is_said(balanced: bool | None, says: str) -> None:
    after = {"account": {**AFTER["account"], "balanced": balanced}}
    assert says in account(demanded(), CHECK, after)[-1]


@pytest.mark.case("F8")
def test_every_failure_names_the_report_and_where_it_was() -> None:
    report = {**WRITTEN, "place": "namespace tracing, context kind-x"}
    lost = {"account": {"balanced": False}, "diagnosis": {"message": "D", "fix": "F"}}
    unseen = {"satisfied": False, "verdict": "unmet", "msg": "M"}
    found = [
        told({"verdict": "unmet", "msg": "M", "diagnosis": {"stage": "alloy"}}, report=report),
        told(after=lost, report=report),
        told(metrics=unseen, report=report),
        told(probe=unseen, report=report),
        told(report={**report, "proven": False, "failures": ["A: b"]}),
    ]
    end = " Where: namespace tracing, context kind-x. Report: /r/report.html"
    assert [text.endswith(end) for text in found] == [True] * len(found)
    assert found[0] == f"Traces did not arrive. The break is inside Alloy. M{end}"


def said(demands: dict[str, Any], **more: Any) -> list[str]:
    given = {"metrics": GOOD, "probe": PROBE, "report": WRITTEN, "tenant": "", "metrics_wanted": True, **more}
    return list(proof(demands, CHECK, **given))


def test_what_was_proven() -> None:
    assert said(demanded(), tenant="team-a") == [
        "Proven: 100 traces with 700 spans of run r1 of tenant team-a are in Tempo 2.10.8, all of them by search 1.5 s "
        "after asking.",
        "20 single traces, 0 spans lost, 0 altered; seen by id after 0.12 s (p95 0.46 s), by search after 1.3 s "
        "(p95 2.0 s)",
        "Metrics made from these spans are in Prometheus.",
        "Trace ids: a, b, c",
        "In Grafana, Explore, data source Tempo, TraceQL: { }",
        "Report: /r/report.html",
    ]


def test_what_was_proven_of_one() -> None:
    one = {**CHECK, "trace_count": 1, "span_count": 1}
    probe = {**PROBE, "traces": 1, "lost": 1}
    lines = list(proof(demanded(None), one, GOOD, probe, WRITTEN, "", True))
    assert lines[0].startswith("Proven: 1 trace with 1 span is in Tempo 2.10.8, all of them")
    assert lines[1].startswith("1 single trace, 1 span lost, 0 altered")


def test_what_was_left_out_is_told() -> None:
    lines = said(demanded(None, sampling=["alloy_drop_spans"]), probe=SKIPPED, metrics=SKIPPED)
    assert lines[0].startswith("Proven: 100 traces with 700 spans are in Tempo 2.10.8, the first of them")
    assert lines[1] == "Sampling is on (alloy_drop_spans): one trace had to arrive, not all of them."
    assert lines[2] == "No single traces were timed: alloy_drop_spans may drop them."
    assert lines[3].startswith("Metrics were not looked for: set prometheus_url to where")
    off = said(demanded(), metrics=SKIPPED, metrics_wanted=False)
    assert off[2] == "Metrics were not looked for: verify_metrics is off."


POD = {
    "metadata": {"name": "tempo-0", "labels": {"app.kubernetes.io/name": "tempo"}},
    "spec": {"containers": [{"name": "tempo", "image": "docker.io/grafana/tempo:2.10.8@sha256:12"}]},
    "status": {"phase": "Running"},
}


def test_pods_are_components() -> None:
    named = {"metadata": {"name": "other"}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    assert pod_components([POD, named]) == [
        {
            "name": "tempo",
            "version": "2.10.8",
            "image": "docker.io/grafana/tempo:2.10.8@sha256:12",
            "status": "Running",
        },
        {"name": "other", "version": "latest", "image": "x", "status": ""},
    ]
    assert pod_lines([POD]) == [f"{'tempo-0':<40} {'Running':<10} docker.io/grafana/tempo:2.10.8@sha256:12"]
    with pytest.raises(AnsibleFilterError):
        pod_components("pods")


def test_the_filters() -> None:
    demands = verification_plan(LOG, alloy=ALLOY, probe_traces="20")
    assert demands == demanded()
    with pytest.raises(AnsibleFilterError):
        verification_plan({"log": LOG})
    judge = verification_result
    given: dict[str, Any] = {"plan": demands, "after": AFTER, "metrics": GOOD, "probe": PROBE, "report": WRITTEN}
    found = judge(CHECK, **given, pods=[POD], access=["Grafana: here", "its password"])
    assert (found["failure"], found["proof"][-1], len(found["pods"])) == ("", "Grafana: here", 1)
    broken = judge({"verdict": "unmet"}, **given)
    assert broken["failure"].startswith("Traces did not arrive.") and broken["proof"] == []
    assert broken["account"][0].startswith("k6 sent")
    with pytest.raises(AnsibleFilterError):
        judge(None, **given)


ROUTES = [
    {"name": "a", "tenant": "team-a", "attributes": {"ns": "a"}},
    {"name": "b", "tenant": "team-b", "attributes": None},
    {"name": "rest", "tenant": "everybody", "attributes": {}},
]


def routed(of_rest: dict[str, Any]) -> dict[str, Any]:
    found = {"satisfied": True, "traces": 3}
    return {"results": [{**found, "_verify_route": ROUTES[0]}, {**found, **of_rest, "_verify_route": ROUTES[2]}]}


def test_each_tenant_is_proven_or_it_is_said_why_not() -> None:
    judge = verification_result
    given: dict[str, Any] = {"plan": demanded(), "after": AFTER, "metrics": GOOD, "probe": PROBE, "report": WRITTEN}
    lines = judge(CHECK, **given, routes=ROUTES, routed=routed({}))["proof"]
    assert [line for line in lines if line.startswith("Tenant")] == [
        "Tenant team-a: 3 traces by route 'a' are there, and in none of everybody, team-b.",
        "Tenant team-b, route 'b', is not proven: no value of its attribute is known that it takes: give it an "
        "example.",
        "Tenant everybody: 3 traces by route 'rest' are there, and in none of team-a, team-b.",
    ]
    failed = judge(CHECK, **given, routes=ROUTES, routed=routed({"satisfied": False, "msg": "M."}))
    assert failed["failure"].startswith("Route 'rest' of alloy_routes does not lead to tenant everybody alone: M.")
    skipped = {"results": [{"skipped": True, "_verify_route": ROUTES[0]}]}
    given["plan"] = {**demanded(), "probe_obstacle": "O"}
    assert (
        "Tenant team-a, route 'a', is not proven: O." in judge(CHECK, **given, routes=ROUTES, routed=skipped)["proof"]
    )
