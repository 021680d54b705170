"""The generator's scripts, run by the real k6 for a second against a receiver on loopback."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from loopback import required
from test_generator_chart import ROLE, RUN_ID
from test_generator_values import k6_environment, write_scripts

UTILS = "ansible_collections.tracelab.k8s_tracing.plugins.module_utils"
LOAD = {
    "profile": "steady", "rate": 20, "peak_rate": 20, "max_rate": 20, "duration": "1s", "instances": 1,
    "ramp_duration": "1s", "burst_every": "2s", "burst_duration": "1s",
}  # fmt: skip
FLOW = {
    "name": "order",
    "spans": [
        {"id": "web", "service": "web", "name": "POST /order", "self_ms": [5, 5]},
        {"id": "pay", "parent": "web", "service": "pay", "name": "POST /pay", "self_ms": [20, 30]},
        {
            "id": "mail",
            "parent": "web",
            "service": "mail",
            "name": "send mail",
            "kind": "consumer",
            "self_ms": [50, 60],
        },
    ],
}


class Receiver(BaseHTTPRequestHandler):
    """Takes OTLP/JSON and keeps it with its headers."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.taken.append((self.path, dict(self.headers), json.loads(body)))
        status, answer = server.answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_arguments: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.taken, server.answer = [], (200, "{}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def play(engine: str, flow: dict[str, Any], folder: Path, **environment: str) -> tuple[dict[str, Any], str]:
    """The summary of a run, and all that k6 said."""
    services = {"pay": {"service.version": "2"}} if "pay" in json.dumps(flow) else {}
    topology = import_module(f"{UTILS}._generator.topology").compile_topology([flow], services=services)
    load = import_module(f"{UTILS}._generator.load_profile").compile_load(LOAD)
    assert topology.pop("problems") == load["problems"] == []
    scripts = {
        "main.js": (ROLE / "files" / "scripts" / f"{engine}.js").read_text(encoding="utf-8"),
        "common.js": (ROLE / "files" / "scripts" / "common.js").read_text(encoding="utf-8"),
        "topology.json": json.dumps(topology),
        "load.json": json.dumps(load["options"]),
    }
    main = write_scripts(scripts, folder)
    command = [
        required("k6"),
        "run",
        "--quiet",
        "--no-color",
        "--log-format",
        "raw",
        "--address",
        "127.0.0.1:0",
        str(main),
    ]
    done = subprocess.run(command, env=k6_environment(environment), capture_output=True, text=True, timeout=60)
    found = re.findall(r"k8s-tracing-summary (\{.*\})", done.stdout)
    assert done.returncode == 0 and len(found) == 1, done.stdout + done.stderr
    return json.loads(found[0]), done.stderr


def play_http(receiver: Any, flow: dict[str, Any], folder: Path, **environment: str) -> dict[str, Any]:
    endpoint = f"http://127.0.0.1:{receiver.server_address[1]}"
    return play("otlp-http", flow, folder, OTLP_HTTP_ENDPOINT=endpoint, **environment)[0]


def flat(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["key"]: next(iter(item["value"].values())) for item in attributes}


def traces(receiver: Any) -> list[dict[str, dict[str, Any]]]:
    """The spans of each trace by service and kind."""
    return [
        {
            f"{flat(part['resource']['attributes'])['service.name']} {span['kind']}": span
            for part in body["resourceSpans"]
            for span in part["scopeSpans"][0]["spans"]
        }
        for _path, _headers, body in receiver.taken
    ]


def start(span: dict[str, Any]) -> int:
    return int(span["startTimeUnixNano"])


def end(span: dict[str, Any]) -> int:
    return int(span["endTimeUnixNano"])


def test_what_is_sent_is_counted(receiver: Any, tmp_path: Path) -> None:
    summary = play_http(receiver, FLOW, tmp_path, HOSTNAME="pod-1")
    assert 18 <= len(receiver.taken) <= 21
    assert (summary["run_id"], summary["instance"], summary["spans_failed"]) == (RUN_ID, "pod-1", 0)
    assert (summary["traces_sent"], summary["spans_sent"]) == (len(receiver.taken), 5 * len(receiver.taken))
    resources = {
        found["service.name"]: found
        for _path, _headers, body in receiver.taken
        for found in [flat(part["resource"]["attributes"]) for part in body["resourceSpans"]]
    }
    assert resources["pay"] == {"service.name": "pay", "service.version": "2", "tracing.run.id": RUN_ID}
    assert resources["web"] == {"service.name": "web", "tracing.run.id": RUN_ID}


def test_spans_stand_in_their_callers_and_messages_come_later(receiver: Any, tmp_path: Path) -> None:
    before = time.time_ns()
    play_http(receiver, FLOW, tmp_path)
    for trace in traces(receiver):
        root, call, pay = trace["web 2"], trace["web 3"], trace["pay 2"]
        send, mail = trace["web 4"], trace["mail 5"]
        assert start(root) < start(call) < start(pay) < end(pay) <= end(call) <= end(root)
        assert (pay["parentSpanId"], mail["parentSpanId"]) == (call["spanId"], send["spanId"])
        assert start(mail) > end(send)
        assert mail["links"] == [{"traceId": root["traceId"], "spanId": send["spanId"]}]
        assert end(root) - start(root) < 50_000_000 <= end(mail) - start(mail)
        assert before < end(mail) < time.time_ns() and start(root) > before - 10**9


def test_a_failure_has_an_exception_and_reaches_the_callers(receiver: Any, tmp_path: Path) -> None:
    pay = {**FLOW["spans"][1], "error_rate": 1, "attributes": {"http.request.method": "POST"}}
    play_http(receiver, {**FLOW, "spans": [FLOW["spans"][0], pay, FLOW["spans"][2]]}, tmp_path)
    for trace in traces(receiver):
        assert [trace[name]["status"].get("code") for name in ("web 2", "web 3", "pay 2")] == [2, 2, 2]
        assert [trace[name]["status"] for name in ("web 4", "mail 5")] == [{}, {}]
        assert [trace[name]["events"] for name in ("web 2", "web 3")] == [[], []]
        (event,) = trace["pay 2"]["events"]
        assert event["name"] == "exception"
        assert flat(event["attributes"]) == {
            "exception.type": "pay.RequestError",
            "exception.message": "POST /pay failed",
        }
        assert flat(trace["pay 2"]["attributes"]) == {"http.request.method": "POST", "http.response.status_code": "500"}


def test_a_message_that_fails_does_not_fail_its_sender(receiver: Any, tmp_path: Path) -> None:
    mail = {**FLOW["spans"][2], "error_rate": 1}
    play_http(receiver, {**FLOW, "spans": [*FLOW["spans"][:2], mail]}, tmp_path)
    for trace in traces(receiver):
        assert trace["mail 5"]["status"]["code"] == 2
        assert trace["web 4"]["status"] == trace["web 2"]["status"] == {}


def test_slow_calls_take_longer(receiver: Any, tmp_path: Path) -> None:
    pay = {**FLOW["spans"][1], "self_ms": [10, 10], "slow": {"rate": 1, "factor": 20}}
    play_http(receiver, {**FLOW, "spans": [FLOW["spans"][0], pay]}, tmp_path)
    durations = [end(trace["pay 2"]) - start(trace["pay 2"]) for trace in traces(receiver)]
    assert durations and all(abs(duration - 200_000_000) < 1000 for duration in durations)


def test_the_clock_can_be_wrong(receiver: Any, tmp_path: Path) -> None:
    play_http(receiver, FLOW, tmp_path, CLOCK_SKEW_SECONDS="-3600.5")
    late = [time.time() - end(trace["mail 5"]) / 1e9 for trace in traces(receiver)]
    assert late and all(3600.4 < seconds < 3630 for seconds in late)


def test_headers_plain_and_from_secrets(receiver: Any, tmp_path: Path) -> None:
    play_http(
        receiver, FLOW, tmp_path,
        OTLP_HEADERS='{"X-Scope-OrgID": "team"}',
        OTLP_SECRET_HEADERS='{"Authorization": "OTLP_HEADER_0"}',
        OTLP_HEADER_0="Bearer abc",
    )  # fmt: skip
    assert receiver.taken
    for path, headers, _body in receiver.taken:
        assert path == "/v1/traces"
        found = {name.lower(): value for name, value in headers.items()}
        assert (found["x-scope-orgid"], found["authorization"]) == ("team", "Bearer abc")
        assert found["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "failed_of_a_trace"),
    [((503, ""), 5), ((429, "{}"), 5), ((200, '{"partialSuccess": {"rejectedSpans": "2"}}'), 2)],
)
def test_what_was_not_taken_is_not_counted_as_sent(
    receiver: Any, tmp_path: Path, answer: tuple[int, str], failed_of_a_trace: int
) -> None:
    receiver.answer = answer
    summary = play_http(receiver, FLOW, tmp_path)
    count = len(receiver.taken)
    assert summary["traces_sent"] == 0
    assert (summary["spans_failed"], summary["spans_sent"]) == (
        failed_of_a_trace * count,
        (5 - failed_of_a_trace) * count,
    )


def templates(engine_said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in engine_said.splitlines() if line.startswith("{")]


def test_the_extension_gets_the_same_topology(tmp_path: Path) -> None:
    pay = {**FLOW["spans"][1], "error_rate": 1}
    summary, said = play(
        "xk6-client-tracing", {**FLOW, "spans": [FLOW["spans"][0], pay, FLOW["spans"][2]]}, tmp_path,
        OTLP_GRPC_ENDPOINT="127.0.0.1:4317",
    )  # fmt: skip
    made = templates(said)
    assert made and (summary["traces_sent"], summary["spans_sent"]) == (len(made), 5 * len(made))
    web, call, paid, send, mail = made[0]["spans"]
    assert [span.get("parentIdx") for span in made[0]["spans"]] == [None, 0, 1, 0, 3]
    kinds = [span["attributes"]["span.kind"] for span in made[0]["spans"]]
    assert kinds == ["server", "client", "server", "producer", "consumer"]
    status = "http.response.status_code"
    assert (web["attributes"][status], paid["attributes"][status]) == (500, 500)
    assert status not in mail["attributes"] and "events" not in web
    assert paid["events"][0]["name"] == "exception"
    assert mail["links"] == [{"attributes": {}}]
    # Own work and what is waited for, in whole milliseconds, and never an empty range.
    assert paid["duration"] == {"min": 20, "max": 30}
    assert call["duration"] == {"min": 21, "max": 33}
    assert web["duration"] == {"min": 5 + 21 + 1, "max": 5 + 33 + 3}
    assert send["duration"] == {"min": 1, "max": 3}
    assert paid["resource"]["attributes"] == {
        "service.name": "pay",
        "service.version": "2",
        "tracing.run.id": RUN_ID,
    }


def test_the_extension_is_slow_now_and_then(tmp_path: Path) -> None:
    one = {"id": "a", "service": "a", "name": "GET /", "self_ms": [10, 10], "slow": {"rate": 1, "factor": 20}}
    _summary, said = play("xk6-client-tracing", {"name": "one", "spans": [one]}, tmp_path)
    assert templates(said)[0]["spans"][0]["duration"] == {"min": 200, "max": 201}
