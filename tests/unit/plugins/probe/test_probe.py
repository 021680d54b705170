# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe from end to end, with a clock that only moves on demand and a Tempo that a test makes lie."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp import json_codec
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._otlp.model import ResourceSpans
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.options import (
    PROBE_ARGUMENTS,
    make_sender,
    probe_settings,
    run_probe,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.probe import Probe, ProbeSettings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.spans import Recipe
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.api_server import KubeConnection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from fakes import FakeTime, ScriptedTransport, answer

SETTINGS = ProbeSettings(
    Recipe("svc", "run", "tracing.run.id", "p1", 3),
    traces=4,
    concurrency=1,
    rate=None,
    search=True,
    strict=False,
    timeout=60.0,
    poll_interval=0.1,
    search_interval=1.0,
    request_timeout=5.0,
)


def spread(group: dict[str, Any]) -> dict[str, Any]:
    """As Tempo writes it: ids in base64."""
    text = json.dumps(group)
    for scope in group["scopeSpans"]:
        for span in scope["spans"]:
            for key in ("traceId", "spanId", "parentSpanId"):
                text = text.replace(f'"{span[key]}"', f'"{base64.b64encode(bytes.fromhex(span[key])).decode()}"')
    return dict(json.loads(text))


@dataclass
class FakeTempo:
    """Holds what it is sent; seen by id and by search after a while."""

    time: FakeTime = field(default_factory=FakeTime)
    by_id_after: float = 0.25
    search_after: float = 7.0
    held: dict[str, tuple[float, list[dict[str, Any]]]] = field(default_factory=dict)
    tamper: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda groups: groups
    take: Callable[[int], tuple[int, str]] = lambda count: (0, "")
    queries: list[dict[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    sends: int = 0

    def export(self, groups: Sequence[ResourceSpans], timeout: float) -> tuple[int, str]:
        self.sends += 1
        self.time.now += 0.01
        rejected = self.take(self.sends)
        data = json.loads(json_codec.encode_request(groups))["resourceSpans"]
        trace_id = data[0]["scopeSpans"][0]["spans"][0]["traceId"]
        self.held[trace_id] = (self.time.now, [spread(group) for group in data])
        return rejected

    def script(self, path: str, params: dict[str, str]) -> Response:
        self.time.now += 0.01
        if path == "/api/status/buildinfo":
            return answer({"version": "2.8.0"})
        if path == "/status/config":
            return answer("no", 404)
        if path == "/api/search":
            self.queries.append(params)
            seen = [key for key, (at, _groups) in self.held.items() if self.time.now >= at + self.search_after]
            return answer({"traces": [{"traceID": key.lstrip("0")} for key in [*seen, *self.others]], "metrics": {}})
        at, groups = self.held[path.rsplit("/", 1)[1]]
        there = self.time.now >= at + self.by_id_after
        return answer({"trace": {"resourceSpans": self.tamper(groups)} if there else {}, "metrics": {}})

    def probe(self, **changes: Any) -> dict[str, Any]:
        settings = replace(SETTINGS, **changes)
        count = iter(range(1, 1_000_000, 2))
        random_bytes = lambda size: next(count).to_bytes(size, "big")  # noqa: E731
        return Probe(settings, self, ScriptedTransport(self.script), self.time.clock, random_bytes).run()


def test_all_is_found_and_measured_apart() -> None:
    tempo = FakeTempo()
    result = tempo.probe()
    assert result["satisfied"] and "msg" not in result
    assert (result["traces"], result["spans"], result["lost"], result["altered"]) == (4, 12, 0, 0)
    assert result["by_id"]["min"] >= 0.25 and result["by_id"]["max"] < 1
    assert result["by_search"]["min"] >= 7 and result["by_search"]["max"] < 9
    assert result["by_id"]["count"] == result["by_search"]["count"] == 4
    assert tempo.queries[0]["q"] == '{ resource.probe.id = "p1" }'
    assert result["tempo_version"] == "2.8.0"


@pytest.mark.case("A2")
@pytest.mark.parametrize("seen_after", [0.05, 0.4, 1.9, 3.33, 31.7])
def test_its_own_pauses_add_little(seen_after: float) -> None:
    """With the defaults, a quarter of a second at most, beside the requests themselves (0.01 s each here)."""
    tempo = FakeTempo(by_id_after=seen_after, search_after=seen_after)
    defaults = {name: PROBE_ARGUMENTS[name]["default"] for name in ("poll_interval", "search_interval", "timeout")}
    result = tempo.probe(traces=1, **defaults)
    for way in ("by_id", "by_search"):
        assert seen_after <= result[way]["max"] <= seen_after + 0.25 + 0.03, way


@pytest.mark.case("A2")
def test_a_search_that_cannot_see_so_far_lost_nothing() -> None:
    tempo = FakeTempo(search_after=1e9)
    script = tempo.script
    config = answer("query_frontend:\n    query_end_cutoff: 30s\n", content_type="text/plain")
    tempo.script = lambda path, params: config if path == "/status/config" else script(path, params)  # type: ignore
    result = tempo.probe(timeout=20.0)
    assert (result["satisfied"], result["verdict"], result["lost"]) == (False, "could_not_look", 0)
    assert "4 traces could not be looked for by search (Tempo hides the last 30 s" in result["msg"]
    assert tempo.probe(timeout=60.0)["verdict"] == "unmet"


@pytest.mark.case("A4")
def test_what_could_not_be_read_is_not_lost() -> None:
    tempo = FakeTempo()
    script = tempo.script
    tempo.script = lambda path, params: (  # type: ignore[method-assign]
        answer("down", 503) if path.startswith(("/api/v2", "/api/search")) else script(path, params)
    )
    result = tempo.probe(timeout=10.0)
    assert (result["verdict"], result["lost"], len(result["unread_trace_ids"])) == ("could_not_look", 0, 4)
    assert "4 traces could not be read; 4 traces could not be looked for by search" in result["msg"]
    assert "503" in result["msg"]


def test_polls_stay_few() -> None:
    """A look at once, a few more until it is there, and one when search has found it."""
    result = FakeTempo().probe(traces=50)
    assert result["requests"]["exports"] == 50
    assert result["requests"]["reads"] <= 50 * 5
    assert result["requests"]["searches"] <= 15


def test_a_rate_spreads_the_sends() -> None:
    tempo = FakeTempo()
    assert tempo.probe(rate=2.0, search=False)["satisfied"]
    times = sorted(at for at, _groups in tempo.held.values())
    assert times[-1] - times[0] == pytest.approx(1.5, abs=0.1)


def test_lost_traces_end_with_the_time_and_are_named() -> None:
    tempo = FakeTempo(by_id_after=1e9, search_after=1e9)
    result = tempo.probe(timeout=20.0)
    assert not result["satisfied"] and tempo.time.now < 21
    assert (result["lost"], len(result["lost_trace_ids"]), result["by_id"]["count"]) == (12, 4, 0)
    assert "12 spans are lost; 4 traces were not found by search" in result["msg"]


def test_found_by_id_but_never_by_search() -> None:
    result = FakeTempo(search_after=1e9).probe(timeout=10.0)
    assert (result["lost"], result["by_search"]["count"], len(result["unsearchable_trace_ids"])) == (0, 0, 4)
    assert result["problems"] == ["4 traces were not found by search"]


def without_last(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    copied = json.loads(json.dumps(groups))
    copied[0]["scopeSpans"][0]["spans"].pop()
    return list(copied)


def with_other_name(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(json.loads(json.dumps(groups).replace("probe step 1", "probe step one")))


def with_pod(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    copied = json.loads(json.dumps(groups))
    copied[0]["resource"]["attributes"].append({"key": "k8s.pod.name", "value": {"stringValue": "p"}})
    return list(copied)


@pytest.mark.parametrize(
    ("tamper", "counts", "problem"),
    [
        (without_last, {"lost": 4}, "4 spans are lost"),
        (lambda groups: groups * 2, {"duplicated": 12}, "12 spans are stored twice"),
        (with_other_name, {"altered": 4}, "4 spans are altered (the first: name, sent 'probe step 1', stored 'probe"),
    ],
)
def test_a_tempo_that_lies(tamper: Any, counts: dict[str, int], problem: str) -> None:
    result = FakeTempo(tamper=tamper).probe(timeout=15.0)
    assert not result["satisfied"]
    assert {name: result[name] for name in counts} == counts
    assert any(text.startswith(problem) for text in result["problems"])


def test_a_trace_that_changes_when_it_is_cut_to_a_block_is_noticed() -> None:
    tempo = FakeTempo()
    tempo.tamper = lambda groups: with_other_name(groups) if tempo.time.now > 6 else groups
    result = tempo.probe()
    assert result["by_id"]["count"] == 4 and result["altered"] == 4


def test_what_a_collector_adds_is_named() -> None:
    assert FakeTempo(tamper=with_pod).probe()["added_attributes"] == ["resource.k8s.pod.name"]
    assert FakeTempo(tamper=with_pod).probe(strict=True)["altered"] == 12


def test_some_sends_fail() -> None:
    def take(count: int) -> tuple[int, str]:
        if count == 2:
            raise TracingError("otlp_overloaded", "It takes no spans just now (429).", retryable=True)
        return (1, "too old") if count == 3 else (0, "")

    result = FakeTempo(take=take).probe()
    assert (result["traces"], result["failed_sends"], result["rejected"]) == (3, 1, 1)
    assert result["problems"] == [
        "1 trace could not be sent (It takes no spans just now (429).)",
        "1 span was rejected (too old)",
    ]


@pytest.mark.parametrize("retryable", [True, False])
def test_nothing_can_be_sent(retryable: bool) -> None:
    def take(count: int) -> tuple[int, str]:
        raise TracingError("connection_refused", "Nothing listens.", retryable=retryable)

    tempo = FakeTempo(take=take)
    with pytest.raises(TracingError, match="Nothing listens"):
        tempo.probe()
    assert tempo.sends == (4 if retryable else 1)
    assert tempo.time.now < 61


def test_errors_of_tempo_that_pass_are_sat_out_and_others_end_it() -> None:
    for status, kind in ((503, None), (401, "unauthorized")):
        tempo, failures = FakeTempo(), iter(range(3))

        def script(
            path: str, params: dict[str, str], tempo: Any = tempo, status: int = status, failures: Any = failures
        ) -> Response:
            if path.startswith("/api/v2") and next(failures, None) is not None:
                return answer("no", status=status)
            return FakeTempo.script(tempo, path, params)

        tempo.script = script  # type: ignore[method-assign]
        if kind is None:
            assert tempo.probe()["satisfied"]
        else:
            with pytest.raises(TracingError) as caught:
                tempo.probe()
            assert caught.value.kind == kind


def test_a_tempo_that_is_not_there_gets_nothing_sent() -> None:
    tempo = FakeTempo()
    tempo.script = lambda path, params: answer("<html>login</html>", content_type="text/html")  # type: ignore
    with pytest.raises(TracingError, match="not Tempo's API"):
        tempo.probe()
    assert tempo.sends == 0


def options(**given: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in {**TEMPO_ARGUMENTS, **PROBE_ARGUMENTS}.items()}
    return {**defaults, "url": "http://127.0.0.1:1", "otlp_url": "http://127.0.0.1:1", **given}


def test_check_mode_sends_nothing() -> None:
    result = run_probe(options(), check_mode=True)
    assert result["skipped"] and "no trace was sent" in result["msg"]


def test_each_probe_has_its_own_id() -> None:
    one, other = (probe_settings(options(run_id="shared")).recipe for _ in range(2))
    assert one.run_id == other.run_id == "shared" and one.probe_id != other.probe_id
    assert probe_settings(options()).recipe.run_id.startswith("probe-")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"traces": 0}, "traces"),
        ({"traces": 10_001}, "k6"),
        ({"spans_per_trace": 0}, "spans_per_trace"),
        ({"concurrency": 65}, "concurrency"),
        ({"timeout": 0.0}, "timeout"),
        ({"poll_interval": float("nan")}, "poll_interval"),
        ({"rate": 0.0}, "rate"),
        ({"rate": 0.1, "traces": 20}, "leaves nothing of the timeout"),
        ({"service_name": " "}, "service_name"),
        ({"run_id": ""}, "run_id"),
        ({"otlp_url": None}, "otlp_url is missing"),
        ({"otlp_url": "127.0.0.1:4318"}, "otlp_url"),
        ({"otlp_url": "ftp://x"}, "otlp_url"),
        ({"protocol": "grpc", "otlp_url": None}, "forwards no gRPC"),
        ({"protocol": "grpc", "otlp_url": "https://x:1", "validate_certs": False}, "always checks"),
        ({"protocol": "grpc", "otlp_url": "https://x:1", "ca_path": "/nowhere"}, "ca_path"),
        ({"url": None, "otlp_url": None, "otlp_headers": {"authorization": "x"}}, "Authorization"),
        ({"url": None, "otlp_url": None, "otlp_service_port": 0}, "port"),
        ({"url": None, "otlp_url": None, "otlp_ca_path": "/ca"}, "otlp_ca_path is set without otlp_url"),
        ({"protocol": "grpc", "otlp_url": "https://x:1", "otlp_ca_path": "/nowhere"}, "/nowhere cannot be read"),
        ({"request_timeout": 0.0}, "request_timeout"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(given: dict[str, Any], says: str) -> None:
    with pytest.raises(TracingError, match=says) as caught:
        run_probe(options(**given), check_mode=True)
    assert caught.value.kind == "invalid_option"


@pytest.mark.parametrize(("scheme", "name"), [("http", "alloy:4318"), ("https", "https:alloy:4318")])
def test_the_port_that_takes_spans_may_speak_tls(monkeypatch: pytest.MonkeyPatch, scheme: str, name: str) -> None:
    paths: list[str] = []

    def request(self: KubeConnection, path: str, *args: Any, **more: Any) -> Response:
        paths.append(path)
        return answer("")

    monkeypatch.setattr(KubeConnection, "request", request)
    sender = make_sender(options(url=None, otlp_url=None, otlp_service_scheme=scheme))
    sender.export([], 1.0)
    assert paths == [f"/api/v1/namespaces/tracing/services/{name}/proxy/v1/traces"]


def test_grpc_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(TracingError, match="grpcio is missing"):
        make_sender(options(protocol="grpc"))


@pytest.mark.case("M5")
def test_a_search_that_ignores_the_query_proves_nothing() -> None:
    tempo = FakeTempo(search_after=0.0)
    tempo.others = ["f" * 32]
    result = tempo.probe(timeout=10.0)
    assert (result["satisfied"], result["verdict"]) == (False, "mismatch")
    assert f"a search for probe.id p1 gave trace {'f' * 32}, which has another" in result["msg"]


@pytest.mark.case("M5")
def test_another_trace_by_id_is_no_loss() -> None:
    tempo = FakeTempo()
    tempo.tamper = lambda groups: next(iter(tempo.held.values()))[1]
    result = tempo.probe(timeout=10.0)
    assert (result["satisfied"], result["verdict"]) == (False, "mismatch")
    assert "and answered with trace" in result["msg"]


@pytest.mark.case("M5")
def test_a_cache_that_forgets_is_waited_for() -> None:
    tempo = FakeTempo(search_after=0.0)
    tempo.tamper = lambda groups: groups if tempo.time.now > 8 else next(iter(tempo.held.values()))[1]
    assert tempo.probe()["verdict"] == "proven"


def test_what_is_in_another_tenant_too_is_no_proof() -> None:
    tempo = FakeTempo()
    settings, everything = replace(SETTINGS, search=False), ScriptedTransport(tempo.script)
    nothing = ScriptedTransport(lambda path, params: answer({"trace": {}, "metrics": {}}))
    away = ScriptedTransport(lambda path, params: answer("down", 503))
    ways = {"team-b": everything, "team-c": nothing}
    result = Probe(settings, tempo, everything, tempo.time.clock, others=ways).run()
    assert (result["verdict"], result["stray_tenants"]) == ("unmet", {"team-b": 4})
    assert result["problems"] == ["4 traces are in tenant team-b too"]
    assert Probe(settings, tempo, everything, tempo.time.clock, others={"team-c": nothing}).run()["satisfied"]
    result = Probe(settings, tempo, everything, tempo.time.clock, others={"team-d": away}).run()
    assert result["verdict"] == "could_not_look"
    assert result["problems"] == ["4 traces could not be looked for in tenant team-d"]


def test_further_attributes_are_in_the_resource() -> None:
    tempo = FakeTempo()
    recipe = replace(SETTINGS.recipe, attributes={"k8s.namespace.name": "shop", "service.name": "nobody"})
    assert tempo.probe(recipe=recipe)["satisfied"]
    ((_at, groups), *_others) = tempo.held.values()
    found = {item["key"]: item["value"] for item in groups[0]["resource"]["attributes"]}
    assert found["k8s.namespace.name"] == {"stringValue": "shop"}
    assert found["service.name"] == {"stringValue": "svc"}
