# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters, the account between two moments, and where it says that spans stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.account import (
    Account,
    is_settled,
    make_account,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.counters import (
    ComponentSample,
    PipelineSample,
    read_pipeline,
    sample_from_dict,
    tempo_counters,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.diagnosis import (
    STAGES,
    Diagnosis,
    diagnose,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import ScriptedTransport, alloy_metrics, answer, failing, tempo_metrics

Counts = dict[str, Any]


def alloy(accepted: int = 0, sent: int | None = None, **more: int) -> Counts:
    return {"accepted": accepted, "refused": 0, "sent": accepted if sent is None else sent, "send_failed": 0,
            "enqueue_failed": 0, "queued": 0, "queue_capacity": 1000, **more}  # fmt: skip


def tempo(received: int = 0, **more: int) -> Counts:
    own = {name: more.pop(name) for name in ("receiver_refused", "started_at") if name in more}
    return {"received": received, "receiver_refused": 0, **own,
            **{f"discarded:{reason}": count for reason, count in more.items()}}  # fmt: skip


def component(counts: Counts | str | None, name: str) -> ComponentSample | None:
    """Counters, or the kind of the error with which they could not be read, or None: not looked at."""
    if counts is None:
        return None
    if isinstance(counts, str):
        return ComponentSample(name, {}, counts, f"It is {counts}.")
    return ComponentSample(name, {name: counts})


def sample(alloy_counts: Counts | str | None, tempo_counts: Counts | str | None) -> PipelineSample:
    return PipelineSample(0.0, component(alloy_counts, "alloy-0"), component(tempo_counts, "tempo-0"))


QUIET = sample(alloy(), tempo())


def diagnosis(end: PipelineSample, *, generated: int | None = None, stored: int | None = None) -> Diagnosis:
    return diagnose(make_account(QUIET, end, generated=generated, stored=stored), end)


CASES = [
    # Alloy, Tempo, generated, stored -> stage, what the message must name
    ("nothing generated", alloy(), tempo(), 0, 0, "generator", "made no spans"),
    ("alloy has no pods", "no_endpoints", tempo(), 100, 0, "generator_to_alloy", "no ready pod"),
    ("alloy refuses", "connection_refused", tempo(), 100, 0, "generator_to_alloy", "refuses connections"),
    ("nothing reached alloy", alloy(), tempo(), 100, 0, "generator_to_alloy", "100 spans, and none reached"),
    ("nothing at alloy, generator unknown", alloy(), tempo(), None, 0, "generator_to_alloy", "not known"),
    ("some lost before alloy", alloy(60), tempo(60), 100, 60, "generator_to_alloy", "40 of the generator's 100"),
    ("tempo has no pods", alloy(100, 0, queued=5), "no_endpoints", 100, 0, "alloy_to_tempo", "no ready pod"),
    ("tempo refuses", alloy(100, 0), "connection_refused", 100, 0, "alloy_to_tempo", "refuses connections"),
    ("export given up", alloy(100, 0, send_failed=100), tempo(), 100, 0, "alloy_to_tempo", "gave up 100"),
    ("queue holds", alloy(100, 40, queued=3), tempo(40), 100, 40, "alloy_to_tempo", "holds 3 batches"),
    ("kafka is gone", alloy(100, 40, queued=3), {**tempo(40, receiver_refused=60), "kafka_failed": 7}, 100, 40,
     "alloy_to_tempo", "could not write 7 records to Kafka"),
    ("queue is full", alloy(100, 40, enqueue_failed=60), tempo(40), 100, 40, "alloy_to_tempo", "could not queue 60"),
    ("sampled away", alloy(100, 30), tempo(30), 100, 30, "alloy", "70 of the 100"),
    ("alloy refuses spans", alloy(50, 50, refused=50), tempo(50), 100, 50, "alloy", "refused 50"),
    ("sent elsewhere", alloy(100), tempo(0), 100, 0, "alloy_to_tempo", "sent, but this Tempo received 0"),
    ("rate limited", alloy(100), tempo(100, rate_limited=40), 100, 60, "tempo_discarded", "40 as rate_limited"),
    ("rate limited, export fails", alloy(100, 60, send_failed=40), tempo(100, rate_limited=40), 100, 60,
     "tempo_discarded", "40 as rate_limited"),
    ("not found", alloy(100), tempo(100), 100, 0, "tempo_search", "100 spans, of which 0 are found"),
    ("partly found", alloy(100), tempo(100), 100, 90, "tempo_search", "of which 90 are found"),
    ("all there", alloy(100), tempo(100), 100, 100, "none", "No loss"),
    ("others send too", alloy(150), tempo(150), 100, 100, "none", "No loss"),
    ("some found, generator unknown", alloy(100), tempo(100), None, 7, "none", "No loss"),
    ("alloy unseen, tempo empty", None, tempo(0), 100, 0, "unknown", "Alloy's counters are not known"),
    ("alloy unreadable, tempo full", "forbidden", tempo(100), 100, 0, "tempo_search", "100 spans"),
    ("both unreadable", "forbidden", "forbidden", 100, 0, "unknown", "not known"),
    ("neither looked at", None, None, None, 0, "unknown", "not known"),
    ("tempo refuses, alloy unseen", None, "connection_refused", None, 0, "unknown", "Whether spans reached it"),
    ("tempo without pods, alloy unseen", None, "no_endpoints", None, 0, "alloy_to_tempo", "no ready pod"),
    ("tempo unreadable, alloy fine", alloy(100), "forbidden", 100, None, "none", "No loss"),
    ("alloy looked for in the wrong place", "no_endpoints", tempo(100), 100, 100, "none", "No loss"),
    ("no alloy on the way", alloy(), tempo(100), 100, 100, "none", "No loss"),
]  # fmt: skip


@pytest.mark.parametrize(("alloy_end", "tempo_end", "generated", "stored", "stage", "named"),
                         [case[1:] for case in CASES], ids=[case[0] for case in CASES])  # fmt: skip
def test_the_first_stage_at_which_spans_stopped(
    alloy_end: Any, tempo_end: Any, generated: int | None, stored: int | None, stage: str, named: str
) -> None:
    found = diagnosis(sample(alloy_end, tempo_end), generated=generated, stored=stored)
    assert (found.stage, named in found.message) == (stage, True), found.message
    assert bool(found.fix) or stage == "none"


def test_every_stage_is_reached() -> None:
    assert {case[5] for case in CASES} == set(STAGES)


def test_what_was_not_read_is_said() -> None:
    evidence = " ".join(diagnosis(sample("forbidden", None), generated=3, stored=0).evidence)
    assert "Alloy's counters could be read: It is forbidden." in evidence
    assert "Tempo was not looked at." in evidence
    assert "Alloy accepted" not in evidence


def test_evidence_has_the_figures() -> None:
    evidence = " ".join(diagnosis(sample(alloy(100, 40, queued=3), tempo(40)), generated=100, stored=7).evidence)
    for figure in ("reports 100 spans", "accepted 100", "sent 40", "3 of 1000", "received 40", "finds 7"):
        assert figure in evidence


def test_a_failed_load_of_the_configuration_is_said() -> None:
    found = diagnosis(sample(alloy(config_loaded=0), tempo()), generated=1)
    assert any("configuration failed" in line for line in found.evidence)


def test_counts_are_the_difference_of_two_samples() -> None:
    account = make_account(sample(alloy(1000, queued=9), tempo(900)), sample(alloy(1100, queued=2), tempo(990)))
    assert (account.accepted, account.queued, account.received) == (100, 2, 90)
    assert account.notes == ()


def test_a_restart_counts_from_zero_and_is_mentioned() -> None:
    account = make_account(sample(alloy(1000), tempo(5)), sample(alloy(30), tempo(6)))
    assert (account.accepted, account.sent, account.received) == (30, 30, 1)
    assert account.notes == ("Alloy: alloy-0 restarted in between; its counts are those since then.",)


def test_replaced_pods_are_mentioned_and_replicas_add_up() -> None:
    start = PipelineSample(0, ComponentSample("a", {"a-1": alloy(10), "a-2": alloy(20)}), None)
    end = PipelineSample(0, ComponentSample("a", {"a-2": alloy(25), "a-3": alloy(7)}), None)
    account = make_account(start, end)
    assert account.accepted == 12
    assert any("a-3 came up" in note for note in account.notes)
    assert any("a-1 is gone" in note for note in account.notes)


def test_without_a_first_sample_totals_are_used_and_that_is_said() -> None:
    for start in (None, sample("forbidden", None)):
        account = make_account(start, sample(alloy(5), None))
        assert account.accepted == 5
        assert any("since its process started" in note for note in account.notes)


@pytest.mark.parametrize(
    ("generated", "stored", "balanced"), [(100, 100, True), (100, 99, False), (None, 100, None), (90, None, False)]
)
def test_balance(generated: int | None, stored: int | None, balanced: bool | None) -> None:
    account = make_account(QUIET, sample(alloy(100), tempo(100)), generated=generated, stored=stored)
    assert account.balanced is balanced
    assert account.to_dict()["balanced"] is balanced


def losses(account: Account) -> list[tuple[str, str, int, dict[str, int]]]:
    return [(loss["after"], loss["before"], loss["spans"], loss["reasons"]) for loss in account.losses()]


def test_losses_are_placed_and_add_up() -> None:
    end = sample(alloy(95, 80, send_failed=15), tempo(78, rate_limited=2))
    account = make_account(QUIET, end, generated=100, stored=76)
    assert losses(account) == [
        ("generated", "accepted", 5, {}),
        ("accepted", "sent", 15, {"send_failed": 15, "discarded (rate_limited)": 2}),
        ("sent", "received", 2, {"send_failed": 15, "discarded (rate_limited)": 2}),
        ("received", "stored", 2, {"discarded (rate_limited)": 2}),
    ]
    assert account.lost == 24 == sum(loss["spans"] for loss in account.losses())


def test_a_batch_that_was_sent_twice_is_no_loss() -> None:
    account = make_account(QUIET, sample(alloy(100), tempo(120)), generated=100, stored=100)
    assert (account.losses(), account.lost) == ([], 0)


def test_counts_of_what_restarted_are_passed_over() -> None:
    account = make_account(sample(alloy(1000), tempo(5)), sample(alloy(30), tempo(65)), generated=100, stored=60)
    assert losses(account) == [("generated", "received", 40, {})]


def test_a_restart_is_seen_by_the_start_of_the_process() -> None:
    start, end = sample(alloy(0), tempo(10, started_at=100)), sample(alloy(50), tempo(12, started_at=160))
    account = make_account(start, end, generated=50, stored=40)
    assert account.received == 12
    assert losses(account) == [("sent", "stored", 10, {})]
    assert account.notes == ("Tempo: tempo-0 restarted in between; its counts are those since then.",)


@pytest.mark.parametrize(("seconds", "restarted"), [(0, False), (1, False), (1.5, True)])
def test_a_start_time_that_differs_by_a_rounding_is_no_restart(seconds: float, restarted: bool) -> None:
    start, end = sample(alloy(0), tempo(10, started_at=100)), sample(alloy(50), tempo(60, started_at=100 + seconds))
    assert bool(make_account(start, end, generated=50, stored=50).notes) is restarted


def test_nothing_is_said_to_be_lost_when_it_is_not_known() -> None:
    assert make_account(QUIET, sample(alloy(9), tempo(9)), generated=9).lost is None


def test_the_rows_follow_the_way() -> None:
    rows = make_account(QUIET, sample(alloy(9), tempo(9, rate_limited=2)), generated=9, stored=7).rows()
    assert [(row["stage"], row["spans"]) for row in rows] == [
        ("generated", 9), ("accepted", 9), ("refused", 0), ("queued", 0), ("sent", 9), ("send_failed", 0),
        ("enqueue_failed", 0), ("received", 9), ("receiver_refused", 0), ("discarded", 2), ("stored", 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("later", "settled"),
    [
        (sample(alloy(5), tempo(5)), True),
        (sample(alloy(6), tempo(5)), False),
        (sample(alloy(5), tempo(6)), False),
        (sample(alloy(5, queued=1), tempo(5)), False),
        (sample(None, tempo(5)), True),
    ],
)
def test_settled(later: PipelineSample, settled: bool) -> None:
    assert is_settled(sample(alloy(5), tempo(5)), later) is settled


def read(alloy_answer: Response | None, tempo_answer: Response | None) -> PipelineSample:
    transports = [ScriptedTransport(lambda path, params, a=a: a) if a else None for a in (alloy_answer, tempo_answer)]
    return read_pipeline(1.0, *transports, lambda: 1.0)


def test_counters_are_read() -> None:
    seen = read(alloy_metrics(320, 300, queued=2), tempo_metrics(300, rate_limited=4))
    assert seen.alloy is not None and seen.tempo is not None
    assert [seen.alloy.value(n) for n in ("accepted", "sent", "queued", "config_loaded")] == [320, 300, 2, 1]
    assert [seen.tempo.value(n) for n in ("received", "discarded:rate_limited")] == [300, 4]


def test_tempo_3_counts_under_other_names() -> None:
    text = "tempo_distributor_x 1\ntempo_live_store_traces_created_total 5\ntempo_live_store_live_traces 2\n"
    seen = read(None, answer(text, content_type="text/plain")).tempo
    assert seen is not None and (seen.value("traces_created"), seen.value("live_traces")) == (5, 2)


def test_one_process_of_tempo_2_tells_what_waits_to_be_flushed() -> None:
    seen = read(None, answer("tempo_distributor_x 1\ntempo_ingester_flush_queue_length 3\n")).tempo
    assert seen is not None and seen.value("blocks_waiting") == 3


def test_one_process_of_tempo_3_tells_how_many_blocks_it_has_handed_over() -> None:
    names = {"complete_queue_length": 1, "blocks_completed_total": 7, "local_blocks_flushed_total": 6}
    lines = [f"tempo_live_store_{name} {value}" for name, value in names.items()]
    seen = read(None, answer("\n".join(["tempo_distributor_x 1", *lines, ""]), content_type="text/plain")).tempo
    assert seen is not None
    assert [seen.value(f"blocks_{name}") for name in ("waiting", "completed", "flushed")] == [1, 7, 6]


def test_a_counter_not_shown_yet_is_zero_but_a_process_without_distributor_is_unknown() -> None:
    fresh = read(answer("alloy_build_info 1\n"), answer("tempo_distributor_x 1\n"))
    assert fresh.alloy is not None and fresh.alloy.value("accepted") == 0
    assert fresh.tempo is not None and fresh.tempo.value("received") == 0
    frontend = read(None, answer("tempo_query_frontend_x 1\n")).tempo
    assert frontend is not None and frontend.value("received") is None


@pytest.mark.parametrize(
    ("response", "kind"),
    [(answer("up 1"), "not_alloy"), (answer("", 404), "not_tempo"), (answer("", 503), "server_error"),
     (answer(b"\xff"), "not_alloy"), (answer("alloy_build_info 1\notelcol_receiver_acc"), "truncated")],
)  # fmt: skip
def test_what_cannot_be_read_is_an_observation(response: Response, kind: str) -> None:
    seen = read(response, None).alloy
    assert seen is not None and (seen.readable, seen.error_kind) == (False, kind)


def test_one_replica_that_fails_does_not_hide_the_others() -> None:
    good = ScriptedTransport(lambda path, params: alloy_metrics(5))
    bad = ScriptedTransport(failing("timeout"))
    service = ScriptedTransport(failing("timeout"))
    service.members = lambda *, timeout: [("a-0", good), ("a-1", bad)]  # type: ignore[method-assign]
    seen = read_pipeline(1.0, service, None, lambda: 1.0).alloy
    assert seen is not None and (seen.value("accepted"), seen.error_kind) == (5, "timeout")


def test_a_snapshot_survives_the_way_through_a_playbook() -> None:
    seen = read(alloy_metrics(320, 300), None)
    assert sample_from_dict(json.loads(json.dumps(seen.to_dict()))) == seen


@pytest.mark.parametrize(
    "wrong", [{}, {"taken_at": 1, "alloy": 5, "tempo": None}, {"taken_at": "x", "alloy": None, "tempo": None},
              {"taken_at": 1, "alloy": {"instances": {"a": 1}}, "tempo": None}],
)  # fmt: skip
def test_what_is_no_snapshot_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TracingError, match="baseline is not a snapshot"):
        sample_from_dict(wrong)


def alloy_of(*lines: tuple[str, str, int]) -> ComponentSample:
    """An Alloy that counts (counter, component, value)."""
    text = "".join(f'otelcol_{name}{{component_id="otelcol.{part}"}} {value}\n' for name, part, value in lines)
    seen = read(answer(text), None).alloy
    assert seen is not None
    return seen


BALANCED = (
    ("receiver_accepted_spans_total", "receiver.otlp.in", 10),
    ("receiver_accepted_spans_total", "receiver.otlp.peers", 7),
    ("exporter_sent_spans_total", "exporter.loadbalancing.peers", 10),
    ("exporter_sent_spans_total", "exporter.otlp.tempo", 7),
    ("exporter_queue_size", "exporter.loadbalancing.peers", 3),
    ("exporter_queue_size", "exporter.otlp.tempo", 2),
)


def test_spans_handed_from_pod_to_pod_are_counted_once() -> None:
    seen = alloy_of(*BALANCED)
    assert [seen.value(name) for name in ("accepted", "sent", "queued", "balancing")] == [10, 7, 2, 3]


def test_a_pod_that_has_spans_of_its_peers_alone_has_accepted_none() -> None:
    seen = alloy_of(*(line for line in BALANCED if line[1] != "receiver.otlp.in"))
    assert [seen.value(name) for name in ("accepted", "sent")] == [0, 7]


@pytest.mark.parametrize("own", ["exporter.otlp.tempo", "exporter.otlphttp.tempo"])
def test_what_goes_to_further_backends_is_not_sent_to_tempo(own: str) -> None:
    further = (
        ("exporter_sent_spans_total", "exporter.otlp.other", 9),
        ("exporter_send_failed_spans_total", "exporter.otlp.other", 4),
        ("exporter_queue_size", "exporter.otlp.other", 5),
    )
    seen = alloy_of(("exporter_sent_spans_total", own, 3), *further)
    assert [seen.value(name) for name in ("sent", "send_failed", "queued")] == [3, 0, 0]
    # Its counter comes with its first span, its queue is there at once.
    fresh = alloy_of(("exporter_queue_size", own, 1), *further)
    assert [fresh.value(name) for name in ("sent", "send_failed", "queued")] == [0, 0, 1]


@pytest.mark.parametrize("kind", ["otlp", "otlphttp"])
def test_what_goes_by_routes_is_sent_to_tempo(kind: str) -> None:
    seen = alloy_of(
        ("exporter_sent_spans_total", f"exporter.{kind}.route_a", 3),
        ("exporter_sent_spans_total", f"exporter.{kind}.route_rest", 4),
        ("exporter_enqueue_failed_spans_total", f"exporter.{kind}.route_a", 2),
        ("exporter_sent_spans_total", "exporter.otlp.other", 9),
    )
    assert [seen.value(name) for name in ("sent", "enqueue_failed")] == [7, 2]


def test_of_another_alloy_every_component_counts() -> None:
    seen = alloy_of(
        ("receiver_accepted_spans_total", "receiver.otlp.default", 4),
        ("receiver_accepted_spans_total", "receiver.jaeger.peers", 2),
        ("exporter_sent_spans_total", "exporter.otlp.grafana_cloud", 6),
    )
    assert [seen.value(name) for name in ("accepted", "sent", "balancing")] == [6, 6, None]
    spread = alloy_of(
        ("receiver_accepted_spans_total", "receiver.otlp.default", 4),
        ("exporter_sent_spans_total", "exporter.loadbalancing.shards", 4),
        ("receiver_accepted_spans_total", "receiver.otlp.shards", 4),
        ("exporter_sent_spans_total", "exporter.otlp.cloud", 4),
    )
    assert [spread.value(name) for name in ("accepted", "sent")] == [4, 4]


def test_settled_waits_for_spans_between_pods() -> None:
    earlier, later = sample(alloy(5), tempo(5)), sample(alloy(5, balancing=1), tempo(5))
    assert not is_settled(earlier, later)
    assert is_settled(earlier, sample(alloy(5, balancing=0), tempo(5)))


def test_of_a_tempo_on_kafka_what_it_took_counts_and_not_what_it_was_offered_again_and_again() -> None:
    page = (
        "tempo_distributor_spans_received_total 170\n"
        'tempo_receiver_accepted_spans{transport="grpc"} 100\ntempo_receiver_refused_spans{transport="grpc"} 70\n'
    )
    on_kafka = "tempo_distributor_buffered_produce_bytes_limit 1e9\n"
    failed = 'tempo_distributor_produce_failures_total{reason="timeout"} 7\n'
    assert tempo_counters(page.encode()) == {"received": 170.0, "receiver_refused": 70.0}
    found = tempo_counters((page + on_kafka).encode())
    assert found == {"received": 100.0, "receiver_refused": 70.0, "kafka_failed": 0.0}
    assert tempo_counters((page + on_kafka + failed).encode())["kafka_failed"] == 7.0


def test_a_kafka_that_is_gone_has_a_fix_of_its_own() -> None:
    end = sample(alloy(100, 40, queued=3), {**tempo(40, receiver_refused=60), "kafka_failed": 7})
    found = diagnosis(end, generated=100)
    assert found.fix.startswith("Bring Kafka up")
    assert "Tempo could not write 7 records to Kafka." in found.evidence
    assert make_account(QUIET, end).to_dict()["kafka_failed"] == 7
    assert make_account(QUIET, QUIET).to_dict()["kafka_failed"] is None


def test_a_kafka_that_no_record_has_failed_at_yet_is_named_as_well() -> None:
    """As on kind: for a minute after its broker has gone, the distributors took nothing and counted nothing."""
    end = sample(alloy(100, 0, queued=3), {**tempo(0), "kafka_failed": 0})
    found = diagnosis(end, generated=100, stored=0)
    assert (found.stage, "look at Kafka" in found.fix, "4317" in found.fix) == ("alloy_to_tempo", True, True)
    without = diagnosis(sample(alloy(100, 0, queued=3), tempo(0)), generated=100, stored=0)
    assert "Kafka" not in without.fix


def test_of_a_tempo_on_kafka_that_shows_nothing_what_a_query_asks_is_named() -> None:
    found = diagnosis(sample(alloy(100), {**tempo(100), "kafka_failed": 0}), generated=100, stored=0)
    assert found.stage == "tempo_search"
    assert found.fix.startswith("Bring the live stores and the object store up")
    assert "live store" not in diagnosis(sample(alloy(100), tempo(100)), generated=100, stored=0).fix
