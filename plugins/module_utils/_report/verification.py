# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof of the pipeline: what it may demand, and what it says in the end. Pure text from what was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED, parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import k6_run, main_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import numbered, plural
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import PROVEN, UNMET

from .status_screen import version

Item = Mapping[str, Any]
_SUMMARY = re.compile(r"k8s-tracing-summary (\{.*\})")
_PLACES = {
    "generator": "in the generator",
    "generator_to_alloy": "between generator and Alloy",
    "alloy": "inside Alloy",
    "alloy_to_tempo": "between Alloy and Tempo",
    "tempo_discarded": "in Tempo, which discarded spans",
    "tempo_search": "between Tempo's storage and its search",
}
_NO_RESULT = "The check has no result."


def components(pods: Iterable[Item]) -> list[dict[str, str]]:
    """Each pod as a component of the pipeline."""
    return [
        {
            "name": str((pod["metadata"].get("labels") or {}).get("app.kubernetes.io/name", pod["metadata"]["name"])),
            "pod": str(pod["metadata"]["name"]),
            "image": main_image(pod),
            "version": version(pod),
            "status": str((pod.get("status") or {}).get("phase", "")),
        }
        for pod in pods
    ]


def plan(
    log: str | None,
    others: Sequence[Item],
    alloy: Item,
    shared_pipeline: bool,
    probe_traces: int,
    counted: Item | None = None,
) -> dict[str, Any]:
    """What may be demanded. ``log`` is that of the proof's own generator, None without one; ``others`` are the pods of
    other generators; ``alloy`` is what the settings say of Alloy; ``counted`` is the account, once it is there.
    """
    run, problem = ({}, "") if log is None else _summary(log)
    sampling = list(alloy.get("sampling") or [])
    # In a mesh their pods go on, since the proxy in them does.
    ended = set(k6_run(others)["ended"])
    going = [str(pod["metadata"]["name"]) for pod in others if pod["metadata"]["name"] not in ended]
    quiet = not going
    whole = bool(run) and not sampling
    obstacle = _balance_obstacle(run, sampling, shared_pipeline, going, counted or {})
    return {
        "run": run,
        "problem": problem,
        "sampling": sampling,
        "min_traces": max(run["traces_sent"], 1) if whole else 1,
        "min_spans": max(run["spans_sent"], 1) if whole else 1,
        # Without a run of its own only this much is known: where no generator runs, none makes spans.
        "generated_spans": run["spans_sent"] + run["spans_failed"] if run else 0 if quiet else None,
        # What was not sent can't arrive: no need to wait long for it.
        "nothing_sent": bool(run) and run["spans_sent"] == 0,
        # Counters are of the whole pipeline: only without traffic that nobody counts they must equal what was sent.
        "balance_required": not obstacle,
        "balance_obstacle": obstacle,
        "probe_obstacle": _probe_obstacle(alloy, sampling, probe_traces),
    }


def _summary(log: str) -> tuple[dict[str, Any], str]:
    found = _SUMMARY.findall(log)
    if len(found) != 1:
        return (
            {},
            f"The generator's log has {len(found)} reports (k8s-tracing-summary) instead of one: see the log above.",
        )
    try:
        run = parse_json(found[0])
        counts = {name: int(run[name]) for name in ("traces_sent", "spans_sent", "spans_failed")}
    except UNSHAPED:
        return {}, "The report in the generator's log can't be read: see the log above."
    return {**run, **counts, "run_id": str(run.get("run_id", ""))}, ""


def _balance_obstacle(run: Item, sampling: Sequence[str], shared: bool, going: Sequence[str], counted: Item) -> str:
    """Why counters can't equal what was sent; empty where they must."""
    if not run:
        return "it is not known how many spans the senders made"
    if sampling:
        return f"{', '.join(sampling)} takes spans out"
    if shared:
        return "verify_shared_pipeline says that others send through the same pipeline"
    if not going:
        return ""
    if counted.get("background") is None:
        return (
            f"{', '.join(going)} sends too, and its own count was not read; stop it, or let a bounded one end first "
            "with k8s_tracing_verify_wait_for_generators"
        )
    others = int(counted.get("others") or 0)
    return f"{numbered(others, 'span is', 'spans are')} of others, which no generator counts" if others else ""


def _probe_obstacle(alloy: Item, sampling: Sequence[str], traces: int) -> str:
    """Why single traces can't be sent. The API server, through which they go, shows no certificate and keeps
    Authorization for itself.
    """
    if traces == 0:
        return "verify_probe_traces is 0"
    if sampling:
        return f"{', '.join(sampling)} may drop them"
    if alloy.get("client_ca_secret"):
        return "alloy_client_ca_secret asks for a certificate, and the API server shows none"
    if alloy.get("auth", "none") != "none":
        return "alloy_receiver_auth asks for credentials, which the API server does not pass on"
    return ""


def looked(check: Item) -> bool:
    """What could not be looked up is not missing."""
    return check.get("verdict") in (PROVEN, UNMET)


def skipped(result: Item) -> bool:
    return bool(result.get("skipped"))


def failure(
    demanded: Item, check: Item, after: Item, metrics: Item, probe: Item, report: Item, routed: Sequence[Item] = ()
) -> str:
    """The first reason why nothing is proven, with where it was and where the report is; empty when all is proven."""
    reason = _reason(demanded, check, after, metrics, probe, report) or _wrong_tenant(routed)
    if not reason:
        return ""
    where = f" Where: {report['place']}." if report.get("place") else ""
    return f"{reason}{where} Report: {report['files']['html']}"


def _reason(demanded: Item, check: Item, after: Item, metrics: Item, probe: Item, report: Item) -> str:
    if not check.get("satisfied"):
        return _not_arrived(check, demanded["sampling"])
    if demanded["balance_required"] and after["account"]["balanced"] is not True:
        return _not_balanced(after)
    if not skipped(metrics) and not metrics.get("satisfied"):
        return _no_metrics(metrics)
    if not skipped(probe) and not probe.get("satisfied"):
        return str(probe.get("msg") or _NO_RESULT)
    # Whatever else decides in the report decides here too.
    return "" if report["proven"] else f"{'; '.join(report['failures'])}."


def tenants(routes: Sequence[Item], results: Sequence[Item]) -> list[dict[str, Any]]:
    """Each route with what was found of its traces; ``found`` is empty where none were sent."""
    found = {one["_verify_route"]["name"]: one for one in results if "_verify_route" in one and not skipped(one)}
    return [{**route, "found": found.get(route["name"], {})} for route in routes]


def _wrong_tenant(routed: Sequence[Item]) -> str:
    for one in routed:
        if one["found"] and not one["found"].get("satisfied"):
            said = one["found"].get("msg") or _NO_RESULT
            return f"Route '{one['name']}' of alloy_routes does not lead to tenant {one['tenant']} alone: {said}"
    return ""


def _tenant_lines(routed: Sequence[Item], obstacle: str) -> Iterator[str]:
    for one in routed:
        others = sorted({other["tenant"] for other in routed} - {one["tenant"]})
        if one["found"]:
            alone = f", and in none of {', '.join(others)}" if others else ""
            count = one["found"]["traces"]
            there = f"{plural(count, 'is', 'are')} there{alone}"
            yield f"Tenant {one['tenant']}: {numbered(count, 'trace')} by route '{one['name']}' {there}."
        else:
            why = obstacle or "no value of its attribute is known that it takes: give it an example"
            yield f"Tenant {one['tenant']}, route '{one['name']}', is not proven: {why}."


def _not_arrived(check: Item, sampling: Sequence[str]) -> str:
    stage = (check.get("diagnosis") or {}).get("stage", "")
    words = ["Traces did not arrive." if looked(check) else "Whether traces arrived is not known."]
    if looked(check) or stage in _PLACES:
        words.append(f"The break is {_PLACES.get(stage, 'not found')}.")
    words.append(str(check.get("msg") or _NO_RESULT))
    if sampling:  # the account can't tell what it took from what was lost
        words.append(
            f"Sampling is on ({', '.join(sampling)}): it may have dropped the whole run; raise verify_duration."
        )
    return " ".join(words)


def _not_balanced(after: Item) -> str:
    unknown = after["account"]["balanced"] is None
    what = (
        "Whether spans were lost is not known, since not every count could be read:" if unknown else "Spans were lost:"
    )
    return f"{what} {after['diagnosis']['message']} {after['diagnosis']['fix']}"


def _no_metrics(metrics: Item) -> str:
    unmet = metrics.get("verdict") == UNMET
    what = (
        "Traces arrive, their metrics do not. The break is between Tempo and Prometheus."
        if unmet
        else "Traces arrive. Whether their metrics do is not known: Prometheus could not be asked."
    )
    return f"{what} {metrics.get('msg') or _NO_RESULT}"


def account(demanded: Item, check: Item, after: Item) -> list[str]:
    """The way of the spans, station by station, what of it is of others, and whether it can balance."""
    run, counts, obstacle = demanded["run"], after["account"], demanded["balance_obstacle"]
    found = check.get("span_count") if looked(check) else None
    background, others = counts.get("background"), _others(run, counts, obstacle)
    with_others = ", with those of others" if others else ", with those of all generators" if background else ""
    rows = [("k6 sent", run["spans_sent"], f" {plural(run['spans_sent'], 'span')}{_not_sent(run)}")] if run else []
    meanwhile = f" {plural(background, 'span')} of generators that went on meanwhile"
    rows += [] if background is None else [("Others sent", background, meanwhile)]
    rows += [("Alloy accepted", counts.get("accepted"), f", {others} of them of others" if others else with_others)]
    rows += [("Alloy sent", counts.get("sent"), with_others), ("Tempo received", counts.get("received"), with_others)]
    rows += [("Tempo stored", found, " of this run")]
    lines = [f"{name:<16} {'unread' if count is None else count:>8}{rest}" for name, count, rest in rows]
    return [*lines, _balance(obstacle, counts)]


def _not_sent(run: Item) -> str:
    return f", and could not send {run['spans_failed']}" if run["spans_failed"] else ""


def _others(run: Item, counts: Item, obstacle: str) -> int:
    """All that Alloy took in beyond what it took of the run and of generators that count themselves."""
    if counts.get("background") is not None:
        return int(counts.get("others") or 0)
    return max(counts["accepted"] - run["spans_sent"], 0) if run and obstacle and counts.get("accepted") else 0


def _balance(obstacle: str, counts: Item) -> str:
    if obstacle:
        return f"These counts can't balance: {obstacle}."
    most = counts.get("tolerance")
    if counts.get("balanced") is True and most:
        way = plural(most, "was on its way", "were on their way")
        return f"The counts balance: up to {numbered(most, 'span')} of the other generators {way}."
    words: dict[Any, str] = {True: "The counts balance.", False: "The counts do not balance."}
    return words.get(counts.get("balanced"), "Whether the counts balance is not known, since one of them is unread.")


def pod_lines(pods: Iterable[Item]) -> list[str]:
    return [f"{one['pod']:<40} {one['status']:<10} {one['image']}" for one in components(pods)]


def proof(
    demanded: Item,
    check: Item,
    metrics: Item,
    probe: Item,
    report: Item,
    tenant: str,
    metrics_wanted: bool,
    routed: Sequence[Item] = (),
) -> Iterator[str]:
    """What was proven, for people."""
    run, sampling = demanded["run"], demanded["sampling"]
    of_run = f" of run {run['run_id']}" if run else ""
    of_tenant = f" of tenant {tenant}" if tenant else ""
    traces, spans = check["trace_count"], check["span_count"]
    yield (
        f"Proven: {numbered(traces, 'trace')} with {numbered(spans, 'span')}{of_run}{of_tenant} "
        f"{plural(traces, 'is', 'are')} in Tempo "
        f"{check['tempo_version']}, {'the first' if sampling else 'all'} of them by search "
        f"{check['latency']['search_seconds']} s after asking."
    )
    if sampling:
        yield f"Sampling is on ({', '.join(sampling)}): one trace had to arrive, not all of them."
    yield _probe_line(probe) if probe.get("by_id") else f"No single traces were timed: {demanded['probe_obstacle']}."
    yield from _tenant_lines(routed, demanded["probe_obstacle"])
    yield _metrics_line(metrics, metrics_wanted)
    yield f"Trace ids: {', '.join(check['trace_ids'][:3])}"
    yield f"In Grafana, Explore, data source Tempo, TraceQL: {check['query']}"
    yield f"Report: {report['files']['html']}"


def _probe_line(probe: Item) -> str:
    by_id, search = probe["by_id"], probe["by_search"]
    traces, lost = numbered(probe["traces"], "single trace"), numbered(probe["lost"], "span")
    return (
        f"{traces}, {lost} lost, {probe['altered']} altered; seen by id after "
        f"{by_id['p50']:.2f} s (p95 {by_id['p95']:.2f} s), by search after {search['p50']:.1f} s "
        f"(p95 {search['p95']:.1f} s)"
    )


def _metrics_line(metrics: Item, wanted: bool) -> str:
    if not skipped(metrics):
        return "Metrics made from these spans are in Prometheus."
    if not wanted:
        return "Metrics were not looked for: verify_metrics is off."
    return "Metrics were not looked for: set prometheus_url to where they can be asked for without a login."
