# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Searches, traces, metrics and state, out of answers as Tempo 2.8.0 and 3.0.3 gave them, and out of wrong ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils import _foreign
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo import metrics_info
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.metrics_info import METRICS_ARGUMENTS, metrics
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search_info import SEARCH_ARGUMENTS, search
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.status_info import (
    STATUS_ARGUMENTS,
    effective_limits,
    major,
    status,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.time_range import moment, time_range
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_info import TRACE_ARGUMENTS, read_trace
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from fakes import (
    EPOCH,
    TRACE_ID,
    FakeTime,
    ScriptedTransport,
    answer,
    found,
    otlp_group,
    otlp_span,
    search_answer,
    two_services,
)
from hypothesis import given
from hypothesis import strategies as st

Work = Callable[..., dict[str, Any]]
INFOS: dict[str, tuple[Work, dict[str, Any], dict[str, Any]]] = {
    "search": (search, SEARCH_ARGUMENTS, {}),
    "trace": (read_trace, TRACE_ARGUMENTS, {"trace_id": TRACE_ID}),
    "metrics": (metrics, METRICS_ARGUMENTS, {"query": "{ } | rate()"}),
    "status": (status, STATUS_ARGUMENTS, {}),
}


HIDES_NOTHING = answer("GET /status/config\n---\nquery_frontend:\n    max_retries: 2\n", content_type="text/plain")


def run(name: str, script: Callable[[str], Response], **given: Any) -> tuple[dict[str, Any], ScriptedTransport]:
    work, arguments, needed = INFOS[name]
    defaults = {option: spec.get("default") for option, spec in {**TEMPO_ARGUMENTS, **arguments}.items()}
    shown = name in ("search", "metrics")
    transport = ScriptedTransport(
        lambda path, params: HIDES_NOTHING if shown and path == "/status/config" else script(path)
    )
    return work({**defaults, **needed, **given}, transport, FakeTime().clock), transport


# --- search

# { status = error } | select(name, span.probe.texts) with spss=1, and { } | by(kind): 2.8.0 and 3.0.3 answer alike.
SEARCHED = {
    "traces": [
        {
            "traceID": "d8371842863f061f8eee4be42061",
            "rootServiceName": "probe",
            "rootTraceName": "probe step 0",
            "startTimeUnixNano": "1794999810985940964",
            "durationMs": 1,
            "spanSet": {"spans": [], "matched": 2},
            "spanSets": [
                {
                    "spans": [
                        {
                            "spanID": "302017694eef51",
                            "name": "probe step 1",
                            "startTimeUnixNano": "1795399810986040967",
                            "durationNanos": "1400042",
                            "attributes": [
                                {
                                    "key": "probe.texts",
                                    "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": ""}]}},
                                }
                            ],
                        }
                    ],
                    "matched": 2,
                    "attributes": [{"key": "by(kind)", "value": {"stringValue": "server"}}],
                },
                {"spans": [{"spanID": "00aa5a7e5df2df97"}], "matched": 3},
            ],
            "serviceStats": {"probe": {"spanCount": 8, "errorCount": 2}, "other": {"spanCount": 1}},
        }
    ],
    "metrics": {"inspectedBytes": "37261", "inspectedSpans": "16", "completedJobs": 1, "totalJobs": 4},
}


def test_a_search() -> None:
    result, transport = run("search", lambda path: answer(SEARCHED), query=" { status != ok } ", limit=5)
    (trace,) = result["traces"]
    assert trace["trace_id"] == "0000d8371842863f061f8eee4be42061" == result["trace_ids"][0]
    assert (trace["matched_spans"], trace["span_count"], result["span_count"]) == (5, 9, 5)
    assert trace["duration_nanos"] == 1_000_000 and trace["services"] == ["other", "probe"]
    assert trace["service_stats"]["probe"] == {"spans": 8, "errors": 2}
    first, second = trace["span_sets"]
    assert first["attributes"] == {"by(kind)": "server"} and second["matched"] == 3
    assert first["spans"][0]["span_id"] == "00302017694eef51"
    assert first["spans"][0]["attributes"] == {"probe.texts": ["a", ""]}
    assert first["spans"][0]["duration_nanos"] == 1_400_042
    assert result["metrics"]["inspected_bytes"] == 37261 and result["metrics"]["total_blocks"] == 0
    assert result["truncated"] is False
    (_config, (path, asked)) = transport.asked
    assert (path, asked["q"], asked["limit"], asked["spss"]) == ("/api/search", "{ status != ok }", "5", "3")
    assert int(asked["end"]) - int(asked["start"]) == 900


def held(*groups: dict[str, Any]) -> Callable[[str], Response]:
    whole = {"trace": {"resourceSpans": list(groups)}, "metrics": {}}
    return lambda path: answer(whole) if path.startswith("/api/v2") else search_answer(found())


@pytest.mark.case("M5")
def test_a_search_is_held_against_the_newest_trace_that_it_finds() -> None:
    result, transport = run("search", held(*two_services()), query="{ status = error && span.x != 1 }")
    assert result["compared"] == {"traces": 1, "query": "{ status = error }"}
    assert transport.asked[-1][0] == f"/api/v2/traces/{TRACE_ID}"
    everything, transport = run("search", held(*two_services()))
    assert everything["compared"] == {"traces": 0, "query": None} and len(transport.asked) == 2


@pytest.mark.case("M5")
@pytest.mark.parametrize(
    "query", ['{ resource.tracing.run.id = "run-that-never-was" }', "{ name = `x` } | rate()", "{ duration > 1h }"]
)
def test_a_cache_that_ignores_the_query_is_a_typed_error(query: str) -> None:
    with pytest.raises(TracingError, match="has no such span") as caught:
        run("search", held(*two_services()), query=query)
    assert caught.value.kind == "mismatch"


@pytest.mark.case("M5")
def test_a_hit_too_large_to_be_compared_is_noted() -> None:
    script = held()
    large = lambda path: answer("too large", 422) if path.startswith("/api/v2") else script(path)  # noqa: E731
    result, _transport = run("search", large, query="{ status = error }")
    assert result["trace_count"] == 1 and any("No trace was compared" in note for note in result["notes"])


@pytest.mark.case("M5")
def test_another_trace_than_was_asked_for_is_a_typed_error() -> None:
    with pytest.raises(TracingError, match=f"answered with trace {TRACE_ID}") as caught:
        run("trace", held(*two_services()), trace_id="1")
    assert caught.value.kind == "mismatch"


def test_a_search_without_result_and_one_that_is_cut_off() -> None:
    nothing, _transport = run("search", lambda path: answer({"metrics": {"completedJobs": 1}}))
    assert (nothing["traces"], nothing["truncated"], nothing["query"]) == ([], False, "{ }")
    cut, _transport = run("search", lambda path: answer({"traces": [found(), found("1")], "metrics": {}}), limit=2)
    assert cut["truncated"] and cut["trace_count"] == 2


# --- trace


def test_a_trace() -> None:
    deeper = otlp_group("pay", [otlp_span("00" * 7 + "03", "00" * 7 + "02", start=2_000_000)])
    lost = otlp_group("late", [otlp_span("00" * 7 + "09", "00" * 7 + "08", start=50)])
    body = {"trace": {"resourceSpans": [*two_services(), deeper, lost]}, "metrics": {}}
    result, transport = run("trace", lambda path: answer(body), trace_id=TRACE_ID.lstrip("0").upper())
    assert transport.asked[0][0] == f"/api/v2/traces/{TRACE_ID}"
    assert result["found"] and result["trace"]["trace_id"] == TRACE_ID
    assert result["edges"] == [{"parent": "cart", "child": "pay"}, {"parent": "shop", "child": "cart"}]
    assert (result["span_count"], result["error_count"], result["orphan_count"]) == (4, 1, 1)
    assert [(row["depth"], row["service"]) for row in result["tree"]] == [
        (0, "shop"), (1, "cart"), (2, "pay"), (0, "late"),
    ]  # fmt: skip
    assert result["tree"][0]["children"] == ["0000000000000002"]
    assert isinstance(result["trace"]["spans"][0]["start_unix_nano"], int)


@pytest.mark.parametrize("missing", [answer({"trace": {}, "metrics": {}}), answer("", 404, "text/plain")])
def test_a_missing_trace_of_both_endpoints(missing: Response) -> None:
    def script(path: str) -> Response:
        return answer("echo", content_type="text/plain") if path == "/api/echo" else missing

    result, _transport = run("trace", script, missing_ok=True)
    assert (result["found"], result["trace"], result["tree"]) == (False, None, [])
    with pytest.raises(TracingError) as caught:
        run("trace", script)
    assert (caught.value.kind, caught.value.retryable) == ("trace_not_found", True)
    assert TRACE_ID in caught.value.message


def test_a_trace_of_the_older_endpoint_and_a_partial_one() -> None:
    def older(path: str) -> Response:
        return answer("", 404, "text/plain") if "/v2/" in path else answer({"batches": two_services()})

    assert run("trace", older)[0]["span_count"] == 2
    partial = answer({"trace": {"resourceSpans": two_services()}, "status": "PARTIAL", "message": "too large"})
    assert run("trace", lambda path: partial)[0]["trace"]["partial"] is True


def test_the_older_endpoint_may_take_as_long_as_the_newer_one() -> None:
    time = FakeTime()

    def slow(path: str, _query: dict[str, str]) -> Response:
        time.sleep(9)
        return answer("", 404, "text/plain") if "/v2/" in path else answer({"batches": two_services()})

    defaults = {option: spec.get("default") for option, spec in {**TEMPO_ARGUMENTS, **TRACE_ARGUMENTS}.items()}
    params = {**defaults, "trace_id": TRACE_ID, "request_timeout": 10.0}
    assert read_trace(params, ScriptedTransport(slow), time.clock)["span_count"] == 2


def test_a_trace_that_is_too_large() -> None:
    too_large = answer("trace exceeds max size (max bytes: 5000000)", 422, "text/plain")
    with pytest.raises(TracingError) as caught:
        run("trace", lambda path: too_large)
    assert caught.value.kind == "trace_too_large" and TRACE_ID in caught.value.message
    assert "max_bytes_per_trace" in caught.value.fix


def test_a_huge_trace_in_a_ring_ends() -> None:
    spans = [otlp_span(f"{n:016x}", f"{n - 1:016x}" if n > 1 else "", start=n) for n in range(1, 20_001)]
    body = answer({"trace": {"resourceSpans": [otlp_group("deep", spans)]}})
    assert run("trace", lambda path: body)[0]["tree"][-1]["depth"] == 19_999
    one, two = "00" * 7 + "01", "00" * 7 + "02"
    ring = answer({"trace": {"resourceSpans": [otlp_group("ring", [otlp_span(one, two), otlp_span(two, one)])]}})
    assert run("trace", lambda path: ring)[0]["span_count"] == 2


# --- metrics

RANGE_2_8 = {
    "series": [
        {
            "labels": [{"key": "kind", "value": {"stringValue": "internal"}}],
            "samples": [
                {"timestampMs": "1795399500000"},
                {"timestampMs": "1795399800000", "value": 0.02666666666666667},
                {"timestampMs": "1795400100000", "value": "NaN"},
            ],
            "promLabels": '{kind="internal"}',
            "exemplars": [
                {
                    "labels": [
                        {"key": "trace:id", "value": {"stringValue": "87d5a054dc251d7b6d5e8ca591f5"}},
                        {"key": "kind", "value": {"stringValue": "internal"}},
                    ],
                    "value": 0.02666666666666667,
                    "timestampMs": "1795399899681",
                }
            ],
        },
        {"labels": [{"key": "kind", "value": {"stringValue": "client"}}], "samples": []},
        {"labels": [{"key": "p", "value": {"doubleValue": 0.5}}, {"key": "b", "value": {"boolValue": False}}]},
    ],
    "metrics": {"completedJobs": 1},
}


def test_metrics_over_time() -> None:
    result, transport = run("metrics", lambda path: answer(RANGE_2_8), step="1m30s", exemplars=2, since="1h")
    by_kind = {series["labels"].get("kind"): series for series in result["series"]}
    assert by_kind["internal"]["samples"] == [
        {"timestamp_ms": 1795399500000, "value": 0.0},
        {"timestamp_ms": 1795399800000, "value": 0.02666666666666667},
        {"timestamp_ms": 1795400100000, "value": None},
    ]
    assert by_kind["internal"]["exemplars"][0]["trace_id"] == "000087d5a054dc251d7b6d5e8ca591f5"
    assert by_kind["internal"]["exemplars"][0]["labels"] == {"kind": "internal"}
    assert by_kind[None]["labels"] == {"p": 0.5, "b": False}
    assert (result["series_count"], result["partial"]) == (3, False)
    (_config, (path, asked)) = transport.asked
    assert (path, asked["step"], asked["exemplars"]) == ("/api/metrics/query_range", "90s", "2")
    json.dumps(result, allow_nan=False)


def test_more_samples_than_a_result_should_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_info, "MAX_SAMPLES", 2)
    with pytest.raises(TracingError, match=r"has 3 samples in 3 series, and 2 are the most.* Raise step") as raised:
        run("metrics", lambda path: answer(RANGE_2_8))
    assert raised.value.kind == "too_large"


def test_exemplars_come_only_when_asked_for() -> None:
    result, transport = run("metrics", lambda path: answer(RANGE_2_8))
    assert all(not series["exemplars"] for series in result["series"])
    assert "exemplars" not in transport.asked[-1][1] and "step" not in transport.asked[-1][1]


def test_metrics_at_once_and_partial_ones() -> None:
    body = {
        "series": [{"labels": [{"key": "resource.service.name", "value": {"stringValue": "probe"}}], "value": 32}],
        "metrics": {"completedJobs": 1, "totalJobs": 1},
        "status": "PARTIAL",
        "message": "Response exceeds maximum series limit of 1000",
    }
    result, transport = run("metrics", lambda path: answer(body), type="instant")
    assert result["series"] == [{"labels": {"resource.service.name": "probe"}, "value": 32.0}]
    assert result["partial"] and "maximum series" in result["partial_message"]
    assert transport.asked[-1][0] == "/api/metrics/query"


def test_the_zeros_of_2_8_are_not_passed_on_without_a_word() -> None:
    """Recorded with 1000 spans in the range: the series is there, its value is left out."""
    body = {"series": [{"labels": [{"key": "resource.service.name", "value": {"stringValue": "probe"}}]}]}
    result, _transport = run("metrics", lambda path: answer(body), type="instant")
    assert result["series"][0]["value"] == 0.0 and "type=range" in result["notes"][0]
    assert run("metrics", lambda path: answer(RANGE_2_8))[0]["notes"] == []


@pytest.mark.parametrize(
    "said",
    [
        "error finding generators in Querier.queryRangeRecent: empty ring",
        "rpc error: code = Unknown desc = localblocks processor not found",
    ],
)
def test_a_tempo_2_without_local_blocks(said: str) -> None:
    with pytest.raises(TracingError) as caught:
        run("metrics", lambda path: answer(said, 500, "text/plain"))
    assert (caught.value.kind, caught.value.retryable) == ("no_metrics", False)
    assert "local-blocks" in caught.value.fix


# --- state

CONFIG = """GET /status/config
---
target: all
multitenancy_enabled: true
server:
    http_listen_port: 3200
"""
RUNTIME_2 = """GET /status/runtime_config
defaults:
  global:
    max_bytes_per_trace: 5000000
overrides:
  team-a:
    global:
      max_bytes_per_trace: 1
"""
SERVICES_3 = """GET /status/services
+-------------------+---------+--------------+
| SERVICE NAME      |  STATUS | FAILURE CASE |
+-------------------+---------+--------------+
| backend-scheduler | Running |              |
| live-store        | Failed  | no kafka     |
+-------------------+---------+--------------+
"""
STATE = {
    "/ready": answer("ready\n", content_type="text/plain"),
    "/api/status/buildinfo": answer({"version": "3.0.3"}),
    "/status/services": answer(SERVICES_3, content_type="text/plain"),
    "/status/runtime_config": answer(RUNTIME_2.replace("defaults", "---\ndefaults"), content_type="text/plain"),
    "/status/config": answer(CONFIG, content_type="text/plain"),
    "/api/overrides": answer("404 page not found", 404, "text/plain"),
}


def state(**changes: Any) -> Callable[[str], Response]:
    given = {"/" + name.replace("__", "/"): response for name, response in changes.items()}
    return lambda path: {**STATE, **given}[path]


def test_the_state() -> None:
    result, _transport = run("status", state())
    assert (result["version"], result["major"], result["ready"], result["multitenancy"]) == ("3.0.3", 3, True, True)
    assert result["services"][1] == {"name": "live-store", "state": "Failed", "failure": "no kafka"}
    assert result["services_running"] is False
    assert result["limits"] == {"global": {"max_bytes_per_trace": 5000000}}
    assert result["config"]["server"] == {"http_listen_port": 3200}
    assert result["config_text"].startswith("target: all") and result["limits_text"].startswith("defaults:")
    assert (result["user_overrides"], result["notes"]) == (None, [])


def test_limits_of_a_tenant_replace_all_defaults() -> None:
    two = answer(RUNTIME_2, content_type="text/plain")
    assert run("status", state(status__runtime_config=two), tenant="team-a")[0]["limits"]["global"] == {
        "max_bytes_per_trace": 1
    }
    wild = {"defaults": {"a": 1}, "overrides": {"*": {"a": 2}}}
    assert effective_limits(wild, "x") == {"a": 2}
    assert effective_limits({"overrides": None}, "x") is None and effective_limits(None, "x") is None


def test_one_that_is_not_ready_is_a_result() -> None:
    said = answer("Ingester not ready: waiting for 15s after being ready\n", 503, "text/plain")
    result, _transport = run("status", state(ready=said))
    assert (result["ready"], result["ready_reason"]) == (
        False,
        "Ingester not ready: waiting for 15s after being ready",
    )


def test_what_cannot_be_read_is_noted() -> None:
    hidden = answer("404 page not found", 404, "text/plain")
    page = answer("<!DOCTYPE html>", content_type="text/html")
    broken = answer("defaults: [", content_type="text/plain")
    result, _transport = run(
        "status", state(ready=hidden, status__config=page, status__services=hidden, status__runtime_config=broken)
    )
    assert (result["ready"], result["config"], result["multitenancy"], result["limits"]) == (None,) * 4
    assert (result["services"], result["services_running"], result["limits_text"]) == ([], None, "defaults: [")
    assert len(result["notes"]) == 3


def test_without_yaml_there_are_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_foreign, "yaml", None)
    result, _transport = run("status", state())
    assert (result["config"], result["limits"], result["multitenancy"]) == (None, None, True)
    assert "http_listen_port" in result["config_text"]


def test_user_overrides_and_no_config() -> None:
    own = answer({"limits": {"forwarders": []}})
    result, transport = run("status", state(api__overrides=own), config=False)
    assert result["user_overrides"] == {"limits": {"forwarders": []}}
    assert (result["config_text"], result["multitenancy"]) == (None, None)
    assert "/status/config" not in [path for path, _params in transport.asked]


def test_what_is_no_tempo_at_all() -> None:
    hidden = answer("404 page not found", 404, "text/plain")
    for ready in (hidden, answer("OK")):
        with pytest.raises(TracingError) as caught:
            run("status", lambda path, ready=ready: ready if path == "/ready" else hidden)
        assert caught.value.kind == "not_tempo"


@pytest.mark.parametrize(("version", "number"), [("2.8.0", 2), ("v3.0.3", 3), ("", None), ("main-abc", None)])
def test_major_versions(version: str, number: int | None) -> None:
    assert major(version) == number


# --- wrong answers: one clear error each

WRONG = {
    "bad_query": answer("invalid TraceQL query: parse error at line 1, col 2: syntax error", 400, "text/plain"),
    "no_tenant": answer("no org id", 401, "text/plain"),
    "unauthorized": answer("denied", 403, "text/plain"),
    "overloaded": answer("job queue full", 429, "text/plain"),
    "server_error": answer("boom", 500, "text/plain"),
    "truncated": answer('{"traces":[{"traceID":"1"', content_type="application/json"),
    "not_tempo": answer("<html><body>Sign in</body></html>", content_type="text/html"),
}


@pytest.mark.parametrize("name", ["search", "trace", "metrics"])
@pytest.mark.parametrize("kind", WRONG)
def test_wrong_answers(name: str, kind: str) -> None:
    with pytest.raises(TracingError) as caught:
        run(name, lambda path: WRONG[kind])
    assert caught.value.kind == kind
    assert "http://scripted:3200" in caught.value.message


@pytest.mark.parametrize("name", ["search", "trace", "metrics"])
@pytest.mark.parametrize(
    "body", [[], "null", {"traces": 1}, {"trace": 1}, {"series": 5}, {"series": [1]}, {"traces": [{}]}, b"\xff\xfe", ""]
)
def test_answers_of_another_shape(name: str, body: Any) -> None:
    try:
        result, _transport = run(name, lambda path: answer(body), **({"missing_ok": True} if name == "trace" else {}))
    except TracingError as error:
        assert error.kind in ("not_tempo", "truncated", "unexpected_status")
    else:  # what is not there counts as nothing
        assert not result.get("traces") and not result.get("found") and not result.get("series")


@pytest.mark.parametrize(("status_code", "kind"), [(503, "server_error"), (504, "server_error"), (404, "not_tempo")])
def test_other_states(status_code: int, kind: str) -> None:
    body = answer("404 page not found" if status_code == 404 else "no", status_code, "text/plain")
    with pytest.raises(TracingError) as caught:
        run("search", lambda path: body)
    assert (caught.value.kind, caught.value.status) == (kind, status_code)


# --- options


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("search", {"limit": 0}, "limit"),
        ("search", {"spans_per_set": 101}, "spans_per_set"),
        ("search", {"since": "yesterday"}, "since"),
        ("search", {"since": "1h", "start": "5"}, "exclude"),
        ("search", {"start": "soon"}, "start"),
        ("search", {"start": "2026-01-01", "end": "2025-01-01"}, "before end"),
        ("search", {"end": "-5"}, "end"),
        ("trace", {"trace_id": "xyz"}, "trace_id"),
        ("trace", {"trace_id": "0"}, "trace_id"),
        ("metrics", {"query": " "}, "query is empty"),
        ("metrics", {"type": "instant", "step": "1m"}, "step"),
        ("metrics", {"step": "abc"}, "step"),
        ("metrics", {"exemplars": -1}, "exemplars"),
    ],
)
def test_bad_options_ask_nothing(name: str, given: dict[str, Any], says: str) -> None:
    def script(path: str) -> Response:
        raise AssertionError("asked")

    with pytest.raises(TracingError, match=says) as caught:
        run(name, script, **given)
    assert caught.value.kind == "invalid_option"


def test_ranges() -> None:
    empty = {"since": None, "start": None, "end": None}
    assert time_range(empty, EPOCH) == (EPOCH - 900, EPOCH)
    assert time_range({**empty, "since": "1h", "end": "1795000000.5"}, EPOCH) == (1794996400, 1795000001)
    given = {**empty, "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00+00:30"}
    assert time_range(given, EPOCH) == (1767225600, 1767227400)


@given(st.integers(1_000_000_000, 4_000_000_000))
def test_a_moment_reads_the_same_in_both_forms(at: int) -> None:
    text = datetime.fromtimestamp(at, UTC).isoformat()
    assert moment(text, "start") == moment(str(at), "start") == moment(text.replace("+00:00", "Z"), "start") == at
    assert moment(text.removesuffix("+00:00"), "start") == at, "without a zone it is UTC"


# --- lookup


def traceql(*terms: str, **options: Any) -> str:
    (query,) = lookup_loader.get("tracelab.k8s_tracing.traceql").run(list(terms), variables={}, **options)
    return str(query)


@pytest.mark.parametrize(
    ("terms", "options", "wanted"),
    [
        ((), {}, "{ }"),
        ((), {"run_id": "r"}, '{ resource.tracing.run.id = "r" }'),
        ((), {"services": ["a", "b"]}, '{ resource.service.name = "a" || resource.service.name = "b" }'),
        ((), {"run_id": "r", "services": ["a"]}, '{ resource.tracing.run.id = "r" } | { resource.service.name = "a" }'),
        (("{ } | rate()",), {"attributes": {"span.n": 1}}, "{ span.n = 1 } | { } | rate()"),
        ((), {"run_id": "x", "run_id_attribute": "run"}, '{ resource.run = "x" }'),
        ((), {"attributes": {"span.a": '" } || { true'}}, '{ span.a = "\\" } || { true" }'),
    ],
)
def test_the_lookup(terms: tuple[str, ...], options: dict[str, Any], wanted: str) -> None:
    assert traceql(*terms, **options) == wanted


@pytest.mark.parametrize(
    ("terms", "options"),
    [
        (("a", "b"), {}),
        ((), {"services": [" "]}),
        ((), {"attributes": {"a": [1]}}),
        ((), {"attributes": {"kind": "x"}}),
    ],
)
def test_the_lookup_refuses(terms: tuple[str, ...], options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleLookupError, match="traceql"):
        traceql(*terms, **options)


def test_the_lookup_knows_its_options() -> None:
    with pytest.raises(AnsibleError):
        traceql(attributes="no dictionary")
