# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of a reader who knew the documentation and these fakes, and not the code: Tempo, metrics and OTLP."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cases import EITHER, OK, REFUSED, TRAP, UNMET, Case, Change, Ends, Pages, Place, Right, as_json, instead, text
from fake_server import Answer, Asked, Play, Wire
from subjects import grafana, kubernetes, metrics, tempo
from subjects.blind_always import ALWAYS, RIGHT_AT_ONCE
from subjects.tempo import SEARCH, TRACE, Tempo, by_url, check
from values import written
from wire import ESCAPES, echo, gzip_bomb, head

# Either of the two ways to say no.
NO = REFUSED | UNMET
# Long enough for right answers on a busy machine.
ENOUGH = 10.0
NOW = time.time_ns()
SECOND = 10**9
SUBJECTS = [*tempo.SUBJECTS, *metrics.SUBJECTS, *grafana.SUBJECTS, *kubernetes.SUBJECTS]


def row(
    module: str,
    name: str,
    arguments: Callable[[Place], Mapping[str, Any]],
    plays: Mapping[str, Play],
    ends: frozenset[Ends],
    seconds: float = 0.0,
    **more: Any,
) -> Case:
    patience = ENOUGH if ends == OK else 2.0
    nightly = "" if name in ALWAYS else RIGHT_AT_ONCE
    return Case(module, f"blind: {name}", arguments, plays, ends, seconds or patience, nightly=nightly, **more)


def on(
    module: str,
    name: str,
    change: Change,
    ends: frozenset[Ends],
    page: str = "",
    nth: int = 0,
    options: Mapping[str, Any] | None = None,
    right: Right | None = None,
    **more: Any,
) -> Case:
    """A module with its usual servers, of which one answers otherwise at one page."""
    subject = [one for one in SUBJECTS if one.module == module][nth]
    plays = dict(subject.plays())
    plays[subject.server] = instead(plays[subject.server], page or subject.page, change)

    def arguments(place: Place) -> Mapping[str, Any]:
        return {**subject.arguments(place, subject.listener), **(options or {})}

    return row(module, name, arguments, plays, ends, right=right or subject.right, beyond=subject.beyond, **more)


def edit(make: Callable[[Any], Any]) -> Change:
    """The right JSON, changed in place, or what comes back instead of it."""

    def change(right: Answer, asked: Asked) -> Answer:
        content = json.loads(right.body)
        made = make(content)
        body = written(content if made is None else made).encode("utf-8", "surrogatepass")
        return Answer(body, right.status, right.headers)

    return change


def given(content: Any) -> Change:
    """The same JSON each time, written once."""
    written_once = cache(lambda: written(content).encode("utf-8", "surrogatepass"))
    return lambda right, asked: Answer(written_once(), right.status, right.headers)


def at_first(answer: Answer | Wire, change: Change = lambda right, asked: right) -> Change:
    """Another answer to the first request alone."""
    left = [answer]
    return lambda right, asked: left.pop() if left else change(right, asked)


def body(content: str | bytes) -> Change:
    made = content.encode() if isinstance(content, str) else content
    return lambda right, asked: Answer(made, right.status, right.headers)


class Watched:
    """A server that remembers what it was asked."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Answer | Wire:
        self.asked.append(asked)
        return self._play(asked)

    def never(self, wrong: Callable[[Asked], bool]) -> Callable[[Place], str]:
        return lambda place: "".join(f"it asked {one.method} {one.target}\n" for one in self.asked if wrong(one))


def token(asked: Asked) -> str:
    """The secret of the case, as the server gets to know it."""
    return asked.headers.get("authorization", "").rpartition(" ")[2]


def b64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def attribute(key: str, value: Any, kind: str = "stringValue") -> dict[str, Any]:
    return {"key": key, "value": {kind: value}}


def span(number: int, above: int = 0, start: int = NOW - 5 * SECOND, nanos: int = 10**6, **more: Any) -> dict[str, Any]:
    return {
        "traceId": b64(TRACE),
        "spanId": b64(f"{number:016x}"),
        **({"parentSpanId": b64(f"{above:016x}")} if above else {}),
        "name": f"op-{number}",
        "kind": "SPAN_KIND_SERVER",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + nanos),
        "status": {},
        **more,
    }


def group(*spans: Mapping[str, Any], service: str = "shop", more: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    resource = {"attributes": [attribute("service.name", service), *more]}
    return {"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": list(spans)}]}


def trace(*groups: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"trace": {"resourceSpans": list(groups)}, "metrics": {}, **more}


def read(
    name: str,
    answer: Any,
    ends: frozenset[Ends] = OK,
    right: Right = lambda result: bool(result["found"]),
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Case:
    """A trace that is read by its id. The answer is JSON, or made of the right one."""
    change = answer if callable(answer) else given(answer)
    return on("tempo_trace_info", name, change, ends, options=options, right=right, **more)


def wire(*lines: str, body: Callable[[Answer], bytes] = lambda answer: answer.body, status: str = "200 OK") -> Change:
    """Status line and headers as they stand here."""

    def change(answer: Answer, asked: Asked) -> Wire:
        made = body(answer)
        fields = [line.replace("LENGTH", str(len(made))) for line in lines]
        return ["\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1"), made]

    return change


def chunks(answer: Answer) -> bytes:
    """One byte each, with extensions and trailers."""
    each = b"".join(b'1;name="a;b"\r\n%c\r\n' % number for number in answer.body)
    return each + b"0\r\nX-Trailer: a\r\nContent-Length: 3\r\n\r\n"


JSON = "Content-Type: application/json"
SIZE = "Content-Length: LENGTH"
HTTP = [
    read("chunks of a byte with extensions and trailers", wire(JSON, "Transfer-Encoding: chunked", body=chunks)),
    read(
        "early hints before the answer",
        lambda answer, asked: [
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
            head(answer),
            answer.body,
        ],
        # Python's client knows no other answer of this kind than 100; nothing sends one to what does not ask for it.
        EITHER,
    ),
    read("a length beside chunks", wire(JSON, "Content-Length: 5", "Transfer-Encoding: chunked", body=chunks), EITHER),
    read("the same length twice", wire(JSON, SIZE, SIZE), EITHER),
    read("a status without a reason", wire(JSON, SIZE, status="200")),
    read("headers in small letters without blanks", wire("content-type:application/json", "content-length:LENGTH")),
    read("a folded header", wire(JSON, SIZE, "X-A: b\r\n  c"), EITHER),
    read("an encoding that is none", wire(JSON, SIZE, "Content-Encoding: identity")),
    read("a charset that nobody knows", wire("Content-Type: application/json; charset=klingon", SIZE), EITHER),
    read("the charset of UTF-16 on UTF-8", wire("Content-Type: application/json; charset=utf-16", SIZE), EITHER),
    read(
        "gzip in gzip with a bomb",
        wire(JSON, SIZE, "Content-Encoding: gzip, gzip", body=lambda answer: gzip.compress(gzip_bomb())),
        REFUSED,
    ),
    read(
        "another answer behind its length",
        lambda answer, asked: [head(answer), answer.body, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"],
    ),
    read(
        "HTTP/1.0 without a length",
        lambda answer, asked: [b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n", answer.body],
    ),
    read(
        "302 that repeats the token",
        lambda answer, asked: Answer(b"", 302, {"Location": f"{TRAP.url}/?token={token(asked)}#{token(asked)}"}),
        REFUSED,
    ),
    read(
        "302 to a scheme in capitals",
        lambda answer, asked: Answer(b"", 302, {"Location": TRAP.url.replace("http", "HtTp") + f"/{token(asked)}"}),
        REFUSED,
    ),
    read(
        "401 that repeats the token in base64",
        lambda answer, asked: Answer(
            b"bad token " + base64.b64encode(f"Bearer {token(asked)}".encode()), 401, {"Content-Type": "text/plain"}
        ),
        REFUSED,
    ),
    read(
        "403 with the token in its reason and in JSON",
        lambda answer, asked: [
            f"HTTP/1.1 403 {token(asked)}\r\nContent-Type: application/json\r\n\r\n".encode(),
            json.dumps({"message": token(asked), "error": {"detail": [token(asked)]}}).encode(),
        ],
        REFUSED,
    ),
    row(
        "tempo_trace_info",
        "the password repeated",
        lambda place: {
            "url": place.url("tempo"),
            "url_username": "user",
            "url_password": place.secret,
            "trace_id": TRACE,
            "request_timeout": place.seconds,
        },
        {"tempo": lambda asked: echo(Answer(), asked)},
        REFUSED,
    ),
    row(
        "tempo_trace_info",
        "a login in the address of a server that is not there",
        lambda place: {
            "url": f"http://user:{place.secret}@127.0.0.1:1/?token={place.secret}",
            "trace_id": TRACE,
            "request_timeout": place.seconds,
        },
        {},
        REFUSED,
    ),
    row(
        "tempo_trace_info",
        "a tenant with a line break",
        lambda place: {**by_url(place, "plain"), "tenant": "a\r\nX-Evil: b", "trace_id": TRACE},
        {"tempo": Tempo()},
        REFUSED,
    ),
    row(
        "tempo_trace_info",
        "an id that is a path",
        lambda place: {**by_url(place, "plain"), "trace_id": "../../status/config"},
        {"tempo": Tempo()},
        REFUSED,
    ),
    read(
        "no trace, which is fine", {"trace": {}}, options={"missing_ok": True}, right=lambda result: not result["found"]
    ),
    read(
        "404 of an ingress, where a missing trace is fine",
        lambda answer, asked: Answer(
            b"<html><body>default backend - 404</body></html>", 404, {"Content-Type": "text/html"}
        ),
        REFUSED,
        options={"missing_ok": True},
    ),
]

NEVER = 2**64 - 1
TEXT = "caf\u0065\u0301 \u200b\u05d0\u0644 \U0001f468\u200d\U0001f469"
KEYS = [
    *(
        attribute(key, "x")
        for key in ("__ansible_type", "__ansible_unsafe", "__ansible_vault", "__proto__", "", "a.b", "a")
    ),
    attribute(
        "tags", {"values": [{"key": "__ansible_type", "value": {"stringValue": "SensitiveData"}}]}, "kvlistValue"
    ),
    attribute("tags", {"values": []}, "arrayValue"),
]
DEEP_VALUE: dict[str, Any] = {"stringValue": "x"}
for _each in range(150):
    DEEP_VALUE = {"arrayValue": {"values": [DEEP_VALUE]}}
TRACES = [
    read(
        "a span that ends before it starts",
        trace(group(span(1, nanos=-SECOND))),
        right=lambda result: result["span_count"] == 1,
    ),
    read(
        "a span at the end of time",
        trace(group(span(1, start=NEVER, nanos=0))),
        right=lambda result: result["trace"]["spans"][0]["start_unix_nano"] == NEVER,
    ),
    read(
        "a span without times",
        trace(group({"traceId": b64(TRACE), "spanId": b64("00" * 7 + "01"), "name": "x"})),
        right=lambda result: result["trace"]["spans"][0]["start_unix_nano"] == 0,
    ),
    read("a span beyond the end of time", trace(group(span(1, start=2**64))), EITHER),
    read("a time with underscores", trace(group(span(1, startTimeUnixNano="1_700_000_000_000_000_000"))), REFUSED),
    read("spans in a circle", trace(group(span(1, 2), span(2, 1))), right=lambda result: len(result["tree"]) == 2),
    read("a span above itself", trace(group(span(1, 1))), right=lambda result: len(result["tree"]) == 1),
    read(
        "two spans of one id",
        trace(group(span(1, kind="SPAN_KIND_CLIENT")), group(span(1), service="cart")),
        right=lambda result: result["span_count"] == 2 and len(result["tree"]) == 2,
    ),
    read(
        "5000 spans in a chain",
        trace(group(*(span(number, number - 1) for number in range(1, 5001)))),
        right=lambda result: max(one["depth"] for one in result["tree"]) == 4999,
    ),
    read(
        "the trace twice in one object",
        body('{"trace":{"resourceSpans":[]},"trace":' + json.dumps(trace(group(span(1)))["trace"]) + "}"),
        EITHER,
    ),
    read("a trace of another id", trace(group(span(1, traceId=b64("ff" * 16)))), REFUSED),
    read(
        "a span of another trace among right ones", trace(group(span(1), span(2, 1, traceId=b64("ff" * 16)))), REFUSED
    ),
    read(
        "ids in capitals and hexadecimal",
        trace(group(span(1, traceId=TRACE.upper(), spanId="00AB8423191C1287"))),
        EITHER,
        right=lambda result: result["trace"]["spans"][0]["span_id"] in ("00ab8423191c1287", ""),
    ),
    # Zeros before an id may be left out.
    read("ids of wrong length", trace(group(span(1, spanId=b64("01" * 9)))), REFUSED),
    read("ids without their zeros", trace(group(span(1, spanId=b64("01" * 7))))),
    read(
        "enums as numbers",
        trace(group(span(1, kind=3, status={"code": 2, "message": "no"}))),
        right=lambda result: result["error_count"] == 1 and result["trace"]["spans"][0]["kind"] == "client",
    ),
    read(
        "names that are code",
        trace(
            group(
                span(
                    1,
                    name="{{ lookup('pipe', 'id') }}{% raw %}",
                    attributes=[attribute("{{ 1 }}", "{{ lookup('pipe', 'id') }}")],
                ),
                service="{{ inventory_hostname }}",
            )
        ),
        right=lambda result: result["services"] == ["{{ inventory_hostname }}"],
    ),
    read(
        "names of many scripts",
        trace(group(span(1, name=TEXT), service=TEXT)),
        right=lambda result: result["services"] == [TEXT],
    ),
    read(
        "keys of Ansible and twice the same",
        trace(group(span(1, attributes=KEYS), more=tuple(KEYS))),
        right=lambda result: result["span_count"] == 1,
    ),
    read(
        "numbers that are none",
        trace(
            group(
                span(
                    1,
                    attributes=[
                        attribute("a", "NaN", "doubleValue"),
                        attribute("b", "-Infinity", "doubleValue"),
                        attribute("c", 0.1, "doubleValue"),
                    ],
                )
            )
        ),
        right=lambda result: result["trace"]["spans"][0]["attributes"]["c"] == 0.1,
    ),
    read(
        "the least whole number",
        trace(group(span(1, attributes=[attribute("a", str(-(2**63)), "intValue")]))),
        right=lambda result: result["trace"]["spans"][0]["attributes"]["a"] == -(2**63),
    ),
    read(
        "more than the largest whole number",
        trace(group(span(1, attributes=[attribute("a", str(2**63), "intValue")]))),
        EITHER,
    ),
    read(
        "bytes",
        trace(group(span(1, attributes=[attribute("a", "AAH+/w==", "bytesValue")]))),
        right=lambda result: result["trace"]["spans"][0]["attributes"]["a"] == "AAH+/w==",
    ),
    read("bytes that are no base64", trace(group(span(1, attributes=[attribute("a", "%%%", "bytesValue")]))), EITHER),
    read("an attribute without a value", trace(group(span(1, attributes=[{"key": "a"}, {"key": "b", "value": {}}])))),
    read("a value 150 lists deep", trace(group(span(1, attributes=[{"key": "a", "value": DEEP_VALUE}]))), EITHER),
    read(
        "a part of a trace, with escapes",
        trace(group(span(1)), status="PARTIAL", message=ESCAPES),
        right=lambda result: result["trace"]["partial"],
    ),
    read(
        "fields that are null",
        trace(
            group(span(1, attributes=None, events=None, links=None, status=None, parentSpanId=None)),
            {"resource": None, "scopeSpans": None},
        ),
    ),
    read(
        "events with times and names of all kinds",
        trace(
            group(
                span(
                    1,
                    events=[
                        {"name": ESCAPES, "timeUnixNano": "0"},
                        {"timeUnixNano": str(NEVER), "attributes": KEYS},
                        {},
                    ],
                )
            )
        ),
    ),
]


def hit(start: int = NOW - 5 * SECOND, **more: Any) -> dict[str, Any]:
    return {
        "traceID": TRACE.lstrip("0"),
        "rootServiceName": "shop",
        "rootTraceName": "op-1",
        "startTimeUnixNano": str(start),
        "durationMs": 1,
        "spanSets": [{"spans": [{"spanID": "0000000000000001"}], "matched": 1}],
        "serviceStats": {"shop": {"spanCount": 1}},
        **more,
    }


def searched(*hits: Mapping[str, Any], **counts: Any) -> dict[str, Any]:
    return {"traces": list(hits), "metrics": {"totalJobs": 1, "completedJobs": 1, **counts}}


def search(
    name: str,
    content: Any,
    ends: frozenset[Ends] = OK,
    right: Right = lambda result: result["trace_ids"] == [TRACE],
    **more: Any,
) -> Case:
    return on("tempo_search_info", name, given(content), ends, right=right, **more)


SEARCHES = [
    search("a trace twice", searched(hit(), hit()), right=lambda result: result["trace_count"] == 1),
    search(
        "a trace of tomorrow", searched(hit(NOW + 86400 * SECOND)), EITHER, lambda result: result["trace_ids"] == []
    ),
    search("a trace of 1970", searched(hit(1)), EITHER, lambda result: result["trace_ids"] == []),
    search(
        "jobs that were not done",
        searched(hit(), totalJobs=10, completedJobs=3),
        # Tempo says by its status that an answer is partial; jobs alone are counted.
        right=lambda result: result["metrics"]["completed_jobs"] == 3,
    ),
    search("nothing but a trace", {"traces": [hit()]}),
    search(
        "the longest trace there is",
        searched(hit(durationMs=2**32 - 1)),
        right=lambda result: result["traces"][0]["duration_nanos"] == (2**32 - 1) * 10**6,
    ),
    search(
        "5000 traces where 20 were asked for",
        searched(*(hit(traceID=f"{number:x}") for number in range(1, 5001))),
        right=lambda result: len(result["traces"]) == 20 and result["truncated"],
    ),
    search(
        "a query that is ignored", searched(hit()), REFUSED, options={"query": '{ resource.service.name = "ghost" }'}
    ),
    search(
        "attributes of a hit that are Ansible's",
        searched(
            hit(
                spanSets=[
                    {
                        "matched": 1,
                        "attributes": KEYS,
                        "spans": [
                            {
                                "spanID": "1",
                                "startTimeUnixNano": str(NOW - 5 * SECOND),
                                "durationNanos": "1",
                                "attributes": KEYS,
                            }
                        ],
                    }
                ]
            )
        ),
    ),
    search(
        "counts of spans as texts and as null",
        searched(
            hit(
                spanSets=[{"matched": "1", "spans": None}],
                serviceStats={"shop": {"spanCount": "1", "errorCount": None}},
            )
        ),
    ),
    on(
        "tempo_search_info",
        "a bad query told with escapes",
        lambda right, asked: text(f"invalid TraceQL query: parse error at {ESCAPES} {token(asked)}", 400),
        REFUSED,
    ),
]


def series(count: int, length: int, **more: Any) -> dict[str, Any]:
    start = NOW // 10**6 - 60_000
    each = [{"timestampMs": str(start + number), "value": 1.0} for number in range(length)]
    return {
        "series": [{"labels": [attribute("n", str(number))], "samples": each, **more} for number in range(count)],
        "metrics": {},
    }


def rates(name: str, content: Any, ends: frozenset[Ends], right: Right, **more: Any) -> Case:
    return on("tempo_metrics_info", name, given(content), ends, right=right, **more)


RATES = [
    rates("100 000 samples", series(10, 10_000), OK, lambda result: result["series_count"] == 10),
    rates("100 001 samples", series(1, 100_001), REFUSED, bool),
    rates(
        "a sample that is no number",
        series(1, 1, samples=[{"timestampMs": str(NOW // 10**6), "value": "NaN"}]),
        OK,
        lambda result: result["series"][0]["samples"][0]["value"] is None,
    ),
    rates(
        "a label that is no number",
        series(1, 1, labels=[attribute("a", "NaN", "doubleValue")]),
        EITHER,
        lambda result: result["series_count"] == 1,
    ),
    rates(
        "exemplars that nobody asked for",
        series(
            1,
            1,
            exemplars=[{"labels": [attribute("trace:id", TRACE)], "value": 1, "timestampMs": str(NOW // 10**6)}] * 5,
        ),
        OK,
        lambda result: result["series"][0]["exemplars"] == [],
    ),
    rates(
        "labels that are twice there",
        {"series": [*series(1, 1)["series"], *series(1, 1)["series"]]},
        OK,
        lambda result: result["series_count"] == 2,
    ),
    rates(
        "a part, told with escapes",
        {**series(1, 1), "status": "PARTIAL", "message": ESCAPES},
        OK,
        lambda result: result["partial"] and not result["complete"],
    ),
]


def configured(name: str, *lines: str, ends: frozenset[Ends] = OK, **more: Any) -> Case:
    page = text("\n".join(["---", "target: all", *lines, ""]))
    return on("tempo_status_info", name, lambda right, asked: page, ends, "/status/config", **more)


STATUS = [
    configured(
        "a configuration with dates and bytes",
        "a: 2001-01-01",
        "b: 2001-12-14t21:59:43.10-05:00",
        "c: !!binary AAEC",
        "d: !!set {x, y}",
        "e: 1:30:00",
        "f: 0o14",
        "g: !!omap [a: 1]",
    ),
    configured("a configuration with numbers that are none", "a: .inf", "b: -.Inf", "c: .nan", "d: 1e400"),
    configured(
        "a configuration with keys of all kinds", "1: a", "null: b", "true: c", "1.5: d", "2001-01-01: e", ".nan: f"
    ),
    configured("a configuration with lists as keys", "[a, b]: c", "? {a: b}", ": d"),
    configured("a configuration with tags that run programs", "a: !!python/object/apply:os.system ['touch pwned']"),
    configured("a configuration with the tags of Ansible", "a: !vault x", "b: !unsafe '{{ 1 }}'", "__ansible_type: x"),
    configured("a configuration with a key twice", "target: one", "target: two"),
    configured("a configuration with merges", "a: &a {b: 1}", "c: {<<: *a}"),
    configured("a configuration with tabs", "\ta: b"),
    on(
        "tempo_status_info",
        "not ready, with escapes and the token",
        lambda right, asked: text(f"Ingester not ready: {ESCAPES} {token(asked)}", 503),
        OK,
        right=lambda result: result["ready"] is False,
    ),
    on(
        "tempo_status_info",
        "a version without a number",
        edit(lambda right: {"version": "main-1a2b3c4"}),
        OK,
        "/api/status/buildinfo",
        right=lambda result: result["version"] == "main-1a2b3c4",
    ),
    on(
        "tempo_status_info",
        "a version that is a list",
        edit(lambda right: {"version": [3, 0, 3]}),
        EITHER,
        "/api/status/buildinfo",
        right=lambda result: not isinstance(result["version"], list),
    ),
    on(
        "tempo_status_info",
        "services with odd names",
        lambda right, asked: text(
            "\x1b[31mdistributor => Running\n__ansible_type => Failed\n =>\n=> => =>\nstore =>  Running \x07\n"
            + "x" * 70000
        ),
        OK,
        "/status/services",
        right=lambda result: result["version"] == "3.0.3",
    ),
]


def holding(whole: Any, *hits: Mapping[str, Any]) -> Mapping[str, Play]:
    pages = {SEARCH: as_json(searched(*hits)), "/api/v2/traces": as_json(whole)}
    return {"tempo": Pages(pages, Tempo())}


def proof(
    name: str, plays: Mapping[str, Play], ends: frozenset[Ends], right: Right | None = None, **demands: Any
) -> Case:
    satisfied = right or (lambda result: result["verdict"] == "proven")
    return row(
        "tempo_ingestion_check", name, lambda place: check(place, "plain", **demands), plays, ends, right=satisfied
    )


def held(start: int = NOW - 5 * SECOND, service: str = "shop", **more: Any) -> Mapping[str, Play]:
    whole = trace(group(span(1, start=start, **more), service=service))
    return holding(whole, hit(start, rootServiceName=service, serviceStats={service: {"spanCount": 1}}))


RUN = (attribute("tracing.run.id", "r-1"),)
PROOFS = [
    proof("one trace as it should be", held(), OK),
    proof("a trace from half a minute ahead", held(NOW + 45 * SECOND), OK),
    proof("a trace from an hour ahead", held(NOW + 3600 * SECOND), NO),
    proof("a trace of the time zero", held(0), NO),
    proof("a run id that is on the span alone", held(attributes=list(RUN)), NO, run_id="r-1"),
    proof("a run id with another case", holding(trace(group(span(1), more=RUN)), hit()), NO, run_id="R-1"),
    proof(
        "a run id on another span than the service",
        holding(
            trace(group(span(1)), group(span(2, 1), service="cart", more=RUN)),
            hit(serviceStats={"shop": {"spanCount": 1}, "cart": {"spanCount": 1}}),
        ),
        OK,
        run_id="r-1",
    ),
    proof(
        "a text where a number was asked for",
        held(attributes=[attribute("http.status_code", "200")]),
        NO,
        attributes={"span.http.status_code": 200},
    ),
    proof(
        "a number where true was asked for",
        held(attributes=[attribute("ok", "1", "intValue")]),
        NO,
        attributes={"span.ok": True},
    ),
    proof(
        "true where a number was asked for",
        held(attributes=[attribute("ok", True, "boolValue")]),
        NO,
        attributes={"span.ok": 1},
    ),
    proof("a service with a zero-width blank", held(service="shop\u200b"), NO, services=["shop"]),
    proof("a service with NUL", held(service="shop\0evil"), NO, services=["shop"]),
    proof("a service written with other code points", held(service="cafe\u0301"), NO, services=["caf\u00e9"]),
    proof("a service in capitals", held(service="SHOP"), NO, services=["shop"]),
    proof(
        "a service that must be absent, hidden by search",
        holding(trace(group(span(1)), group(span(2, 1), service="legacy")), hit()),
        NO,
        absent_services=["legacy"],
    ),
    proof("one trace told twice, where one is allowed", holding(trace(group(span(1))), hit(), hit()), OK, max_traces=1),
    proof("the id in capitals", {"tempo": Tempo()}, EITHER, trace_ids=[TRACE.upper()]),
    proof("the id without its zeros", {"tempo": Tempo()}, OK, trace_ids=[TRACE.lstrip("0")]),
    proof("a trace that search shows and reading does not", holding({"trace": {}}, hit()), NO),
    proof("calls the other way round", {"tempo": Tempo()}, UNMET, trace_ids=[TRACE], expect_edges=["cart -> shop"]),
    proof("a trace that took less than nothing", held(nanos=-SECOND), NO, min_duration="1ms"),
    proof(
        "an error that search does not tell of",
        holding(
            trace(group(span(1, status={"code": "STATUS_CODE_ERROR"}))),
            hit(serviceStats={"shop": {"spanCount": 1, "errorCount": 0}}),
        ),
        NO,
        max_error_rate=0,
    ),
    proof(
        "more matches than the trace has spans",
        holding(trace(group(span(1))), hit(spanSets=[{"spans": [], "matched": 1000}])),
        NO,
        min_spans=1000,
    ),
    *(
        proof(
            f"{name}, and then the right answer",
            {"tempo": instead(Tempo(), SEARCH, at_first(first))},
            OK,
            min_spans=2,
            services=["shop"],
        )
        for name, first in {
            "429 until no number": Answer(b"later", 429, {"Retry-After": "nan"}),
            "503 until never": Answer(b"later", 503, {"Retry-After": "1e999"}),
            "a connection that breaks": [b""],
            "the page of a gateway": Answer(b"<html>502</html>", 502, {"Content-Type": "text/html"}),
        }.items()
    ),
]


def vector(**more: Any) -> Change:
    def make(content: Any) -> None:
        for one in content["data"]["result"]:
            one.update(more)

    return edit(make)


def odd_labels(content: Any) -> None:
    for one in content["data"]["result"]:
        one["metric"].update({"__ansible_type": "x", ESCAPES: ESCAPES})


def prometheus(name: str, change: Change, ends: frozenset[Ends], **more: Any) -> Case:
    return on("span_metrics_check", name, change, ends, **more)


PROMETHEUS = [
    prometheus(
        "warnings beside the answer",
        edit(lambda content: {**content, "warnings": [ESCAPES, "no store"], "infos": ["x"]}),
        OK,
    ),
    prometheus("values that are no numbers", vector(value=[1.5, "NaN"]), NO),
    prometheus("values that are endless", vector(value=[1.5, "+Inf"]), EITHER),
    prometheus("values with underscores", vector(value=[1.5, "1_0"]), NO),
    prometheus(
        "a matrix",
        edit(
            lambda content: {
                **content,
                "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1.5, "3"]]}]},
            }
        ),
        REFUSED,
    ),
    prometheus(
        "a scalar", edit(lambda content: {**content, "data": {"resultType": "scalar", "result": [1.5, "3"]}}), REFUSED
    ),
    prometheus(
        "an error with status 200",
        edit(lambda content: {"status": "error", "errorType": "x", "error": ESCAPES}),
        REFUSED,
    ),
    # Each query has something that answers it in any case: nothing at all is the answer to another one.
    prometheus("no series", edit(lambda content: {**content, "data": {"resultType": "vector", "result": []}}), REFUSED),
    prometheus(
        "histograms in place of values",
        edit(
            lambda content: {
                **content,
                "data": {
                    "resultType": "vector",
                    "result": [{"metric": {}, "histogram": [1.5, {"count": "1", "sum": "1"}]}],
                },
            }
        ),
        NO,
    ),
    prometheus("labels that are Ansible's", edit(odd_labels), EITHER),
]


def counters(name: str, content: str, found: str = "12345", **more: Any) -> Case:
    """Alloy's page. What can't be read is no failure; what can is in the snapshot."""
    right: Right = lambda result: found in json.dumps(result["snapshot"]["alloy"])  # noqa: E731
    page = "alloy_build_info 1\n" + content
    return on("tracing_pipeline_info", name, lambda answer, asked: text(page), OK, right=right, **more)


ACCEPTED = "otelcol_receiver_accepted_spans_total"
COUNTERS = [
    counters("labels with braces, quotes and commas", f'{ACCEPTED}{{a="}} 7 {{", b="\\"x\\\\", c="1,d=\\n"}} 12345\n'),
    counters(
        "OpenMetrics with times and exemplars",
        f"# TYPE {ACCEPTED} counter\n# HELP x {ESCAPES}\n"
        f'{ACCEPTED}{{a="b"}} 12345 1795978989.843 # {{trace_id="{TRACE}"}} 1.0 1795978989.843\n# EOF\n',
    ),
    counters("a time behind the value", f"{ACCEPTED} 12345 1795978989843\n"),
    counters("values as Go writes them", f'{ACCEPTED}{{a="b"}} 1.2345e+04\n'),
    counters("lines that end as on Windows", f'{ACCEPTED}{{a="b"}} 12345\r\n'),
    counters("blanks wherever they are allowed", f'  {ACCEPTED}  {{ a = "b" , }}\t 12345  \n'),
    # This form is sent to those who ask for it only.
    counters("names in quotes", f'{ACCEPTED}{{a="b"}} 12345\n{{"odd.name", a="b"}} 7\n'),
    counters(
        "a counter that is no number",
        f'{ACCEPTED}{{a="b"}} NaN\n{ACCEPTED}{{a="c"}} -5\n{ACCEPTED}{{a="d"}} +Inf\n',
        "",
    ),
    counters("labels of Ansible and escapes", f'{ACCEPTED}{{__ansible_type="x",a="{ESCAPES}"}} 12345\n'),
    on(
        "tracing_pipeline_info",
        "a baseline of nothing",
        lambda answer, asked: answer,
        EITHER,
        options={"baseline": {"alloy": None, "tempo": None, "taken_at": None}},
        right=bool,
    ),
    on(
        "tracing_pipeline_info",
        "a baseline of wrong types",
        lambda answer, asked: answer,
        REFUSED,
        options={
            "baseline": {"alloy": [1], "tempo": {"totals": "x", "instances": {"a": {"b": {}}}}, "taken_at": "soon"}
        },
        right=bool,
    ),
    on(
        "tracing_pipeline_info",
        "a baseline that counts to the end",
        lambda answer, asked: answer,
        EITHER,
        options={"baseline": {"alloy": {"totals": {"accepted": 10**400}, "instances": {}}, "taken_at": -1}},
        right=bool,
    ),
]


def probed(name: str, change: Change, ends: frozenset[Ends], tempo: bool = False, **more: Any) -> Case:
    """What the receiver says, or what Tempo makes of the spans."""
    return on("otlp_trace_probe", name, change, ends, nth=1 if tempo else 0, **more)


def taken(**partial: Any) -> Change:
    return edit(lambda content: {"partialSuccess": partial})


def spans_of(content: Any) -> list[Any]:
    groups = content["trace"]["resourceSpans"]
    return [one for each in groups for scope in each["scopeSpans"] for one in scope["spans"]]


def each_span(change: Callable[[Any], Any]) -> Change:
    def make(content: Any) -> None:
        for one in spans_of(content):
            change(one)

    return edit(make)


def with_resource(extra: Mapping[str, Any]) -> Change:
    def make(content: Any) -> None:
        for one in content["trace"]["resourceSpans"]:
            one["resource"]["attributes"].append(extra)

    return edit(make)


def with_stranger(content: Any) -> None:
    for one in spans_of(content)[:1]:
        scope = content["trace"]["resourceSpans"][0]["scopeSpans"][0]
        scope["spans"].append({**one, "spanId": "00" * 7 + "99"})


PROBES = [
    probed("a warning that rejects nothing", taken(rejectedSpans="0", errorMessage=ESCAPES), OK),
    probed("a span rejected that is there", taken(rejectedSpans="1", errorMessage=ESCAPES), UNMET),
    probed("less than no spans rejected", taken(rejectedSpans=-1), EITHER | UNMET),
    probed(
        "400 that repeats the header", lambda answer, asked: text(f"no {asked.headers.get('authorization')}", 400), NO
    ),
    probed("attributes in another order", each_span(lambda one: one.get("attributes", []).reverse()), OK, tempo=True),
    probed("an attribute of Ansible's added", with_resource(attribute("__ansible_type", "x")), OK, tempo=True),
    probed(
        "an attribute added, where none may be",
        with_resource(attribute("k8s.pod.name", "x")),
        UNMET,
        tempo=True,
        options={"strict": True},
    ),
    probed("names that were cut", each_span(lambda one: one.update(name=one["name"][:-1])), UNMET, tempo=True),
    probed(
        "times that are one nanosecond off",
        each_span(lambda one: one.update(endTimeUnixNano=str(int(one["endTimeUnixNano"]) + 1))),
        UNMET,
        tempo=True,
    ),
    probed(
        "every span twice",
        edit(lambda content: content["trace"]["resourceSpans"].extend(list(content["trace"]["resourceSpans"]))),
        UNMET,
        tempo=True,
    ),
    probed("a span that nobody sent", edit(with_stranger), UNMET, tempo=True),
    probed("null for every attribute", each_span(lambda one: one.update(attributes=None)), UNMET, tempo=True),
]

CASES = [
    *HTTP,
    *TRACES,
    *SEARCHES,
    *RATES,
    *STATUS,
    *PROOFS,
    *PROMETHEUS,
    *COUNTERS,
    *PROBES,
]
