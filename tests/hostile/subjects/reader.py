# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of somebody who had read the documentation of the modules, and none of their code: each for one module."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import repeat
from typing import Any

from cases import EITHER, OK, REFUSED, UNMET, Case, Change, Ends, Right, Row, instead
from fake_server import Answer, Asked, Wire
from kubernetes_api import APPS, NAMESPACE, NODES, REVIEWS, record
from subject import Subject
from subjects import files, grafana, kubernetes, metrics, tempo
from subjects.tempo import BY_ID, RANGE, SEARCH, SPAN
from values import at, whole
from wire import ESCAPES, MEGABYTE, body, chunked, gzip_bomb, head, packed, page, redirect, slowly

SUBJECTS: Mapping[str, Subject] = {
    f"{one.module} {one.name}".strip(" :"): one
    for one in [*tempo.SUBJECTS, *metrics.SUBJECTS, *grafana.SUBJECTS, *kubernetes.SUBJECTS]
}
# Whatever is right for the right answer, or is told in its place.
_HARMLESS = Row("reader", "", lambda answer, asked: answer, harmless=True)
Edit = Callable[[Any], object]
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CONFIG = "/status/config"
BUILD = "/api/status/buildinfo"
SET = f"{APPS}/statefulsets/tempo"


def edited(edit: Edit) -> Change:
    """The right answer, changed in place as Python's objects."""

    def change(right: Answer, asked: Asked) -> Answer:
        content = json.loads(right.body)
        edit(content)
        return Answer(json.dumps(content).encode(), right.status, right.headers)

    return change


def spans(edit: Callable[[list[Any]], object]) -> Change:
    """The right trace, with all of its spans changed as one list, which is in the first group afterwards."""

    def change(content: Any) -> None:
        groups = content["trace"]["resourceSpans"]
        found = [span for group in groups for scope in group["scopeSpans"] for span in scope["spans"]]
        edit(found)
        del groups[1:], groups[0]["scopeSpans"][1:]
        groups[0]["scopeSpans"][0]["spans"] = found

    return edited(change)


def header(**more: str) -> Change:
    return lambda answer, asked: [head(answer, **more), answer.body]


def chunk(content: bytes, size: str = "") -> bytes:
    return (size or f"{len(content):x}").encode() + b"\r\n" + content + b"\r\n"


LAST = b"0\r\n\r\n"


def _trailers(answer: Answer, asked: Asked) -> Iterator[bytes | float]:
    yield from chunked(answer, chunk(answer.body), b"0\r\n")
    yield from repeat(b"A: b\r\n" * 1000)


def _slow_continue(answer: Answer, asked: Asked) -> Iterator[bytes | float]:
    while True:
        yield CONTINUE
        yield 0.05


def _endless_name(answer: Answer, asked: Asked) -> Iterator[bytes | float]:
    yield head(answer, "Content-Length", Content_Encoding="gzip")
    yield b"\x1f\x8b\x08\x08" + b"\0" * 6
    yield from repeat(b"a" * MEGABYTE)


def _first_line(make: Callable[[bytes], bytes]) -> Change:
    """Another status line."""
    return lambda answer, asked: [
        make(head(answer).split(b"\r\n")[0]) + head(answer)[head(answer).index(b"\r\n") :],
        answer.body,
    ]


def in_gzip_members(answer: Answer, asked: Asked) -> Answer:
    middle = len(answer.body) // 2
    parts = [gzip.compress(answer.body[:middle]), gzip.compress(b""), gzip.compress(answer.body[middle:])]
    return Answer(b"".join(parts), answer.status, {**answer.headers, "Content-Encoding": "gzip"})


def cookies(*lines: str) -> Change:
    def change(answer: Answer, asked: Asked) -> Wire:
        sent = "".join(f"Set-Cookie: {line}\r\n" for line in lines).encode("latin-1", "replace")
        return [head(answer, "Set-Cookie")[:-2] + sent + b"\r\n", answer.body]

    return change


def texted(content: str) -> Change:
    return lambda answer, asked: Answer(content.encode(), 200, {"Content-Type": "text/plain; charset=utf-8"})


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"stringValue": "x"}
    for _level in range(depth):
        value = {"kvlistValue": {"values": [{"key": "k", "value": value}]}}
    return value


def _chain(found: list[Any]) -> None:
    first = found[0]
    ids = [base64.b64encode(number.to_bytes(8, "big")).decode() for number in range(1, 3001)]
    found[:] = [{**first, "spanId": own, "parentSpanId": above} for above, own in zip(["", *ids], ids, strict=False)]


def _circle(found: list[Any]) -> None:
    found[0]["parentSpanId"], found[1]["parentSpanId"] = found[1]["spanId"], found[0]["spanId"]


def _not_ready(content: Any) -> None:
    content["status"]["readyReplicas"] = 0


CARRIED: Iterable[tuple[str, str, Change, frozenset[Ends]]] = [
    ("tempo_search_info", "HTTP/1.0 without a length",
     lambda a, _: [head(a, "Content-Length").replace(b"1.1", b"1.0", 1), a.body], EITHER),
    ("tempo_metrics_info", "HTTP/1.0 in chunks",
     lambda a, _: [chunked(a)[0].replace(b"1.1", b"1.0", 1), chunk(a.body), LAST], EITHER),
    ("tempo_trace_info", "a length and chunks",
     lambda a, _: [head(a, Content_Length="5", Transfer_Encoding="chunked"), chunk(a.body), LAST], EITHER),
    ("tempo_ingestion_check", "an extension of a chunk of a megabyte",
     lambda a, _: chunked(a, chunk(a.body, f"{len(a.body):x};{'a' * MEGABYTE}"), LAST), REFUSED),
    ("span_metrics_check", "trailers that do not end", _trailers, EITHER),
    ("grafana_check", "a size of a chunk with an underscore",
     lambda a, _: chunked(a, chunk(a.body, f"0_{len(a.body):x}"), LAST), EITHER),
    ("dashboard_check", "chunks of one byte",
     lambda a, _: chunked(a, *(chunk(bytes([one])) for one in a.body), LAST), EITHER),
    ("cluster_preflight", "chunks that call themselves gzip",
     lambda a, _: [head(a, "Content-Length", Transfer_Encoding="gzip, chunked"), chunk(a.body), LAST], EITHER),
    ("tempo_status_info", "a transfer as it is", header(Transfer_Encoding="identity"), EITHER),
    ("tempo_search_info", "a length in superscript", header(Content_Length="\xb2"), EITHER),
    ("tempo_trace_info", "a length of 5000 digits", header(Content_Length="9" * 5000), EITHER),
    ("tempo_metrics_info", "a length with a sign", header(Content_Length="+5"), REFUSED),
    ("workloads_ready", "a length in two parts", header(Content_Length="5, 5"), EITHER),
    ("tempo_search_info", "gzip of several members", in_gzip_members, EITHER),
    ("tempo_trace_info", "gzip with a name that does not end", _endless_name, REFUSED),
    ("span_metrics_check", "an error in gzip",
     lambda a, _: Answer(gzip.compress(ESCAPES.encode()), 500, {"Content-Encoding": "gzip"}), REFUSED),
    ("grafana_check", "gzip by its former name", packed(gzip.compress, "x-gzip"), EITHER),
    ("tempo_search_info", "gzip in capitals", packed(gzip.compress, "GZIP"), EITHER),
    ("tempo_ingestion_check", "103 before the answer",
     lambda a, _: [b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", head(a), a.body], EITHER),
    ("tempo_trace_info", "100 slowly for ever", _slow_continue, REFUSED),
    ("generated_secret", "100 with a header of a megabyte",
     lambda a, _: [b"HTTP/1.1 100 Continue\r\nA: " + b"b" * MEGABYTE + b"\r\n\r\n", head(a), a.body], REFUSED),
    ("tempo_metrics_info", "a reason of a megabyte", _first_line(lambda line: line + b"x" * MEGABYTE), REFUSED),
    ("dashboard_check", "no reason", _first_line(lambda line: b"HTTP/1.1 200"), EITHER),
    ("tempo_status_info", "a status of 099", _first_line(lambda line: b"HTTP/1.1 099 Low"), REFUSED),
    ("tempo_search_info", "headers that end in a line feed alone",
     lambda a, _: [head(a).replace(b"\r\n", b"\n"), a.body], EITHER),
    ("tempo_trace_info", "a header in two lines", header(A="b\r\n c"), EITHER),
    ("grafana_check", "a space before the colon",
     lambda a, _: [head(a).replace(b"Content-Length:", b"Content-Length :"), a.body], EITHER),
    ("tempo_ingestion_check", "a date with a zone that no clock can hold",
     header(Date=f"Fri, 1 Jan 2026 00:00:00 +{'9' * 20}"), EITHER),
    ("tempo_search_info", "a date of the first year", header(Date="Mon, 1 Jan 0001 00:00:00 GMT"), EITHER),
    ("tempo_search_info", "a date of a year of 30 digits", header(Date=f"Fri, 1 Jan {'9' * 30} 00:00:00 GMT"), EITHER),
    ("release_objects", "401 that asks with 60 KB of escapes",
     page(401, "no", WWW_Authenticate=f"Basic realm={ascii(ESCAPES) * 1000}"), REFUSED),
    ("workloads_ready", "302 to an address of 60 KB", redirect(302, lambda: f"http://x/{'a' * 60_000}"), REFUSED),
    ("release_objects", "a body that comes before its status line", slowly(lambda a: a.body), REFUSED),
    ("grafana_check login", "100 cookies with escapes",
     cookies(*[f"a{n}={ESCAPES!r}; Path=/" for n in range(90)]), EITHER),
    ("grafana_check login", "a cookie of 60 KB", cookies(f"grafana_session={'a' * 60_000}"), EITHER),
    ("grafana_check login", "a cookie that would be two headers",
     cookies(r'grafana_session="a\015\012X-A: b"'), EITHER),
    ("grafana_check login", "a cookie that is a type tag", cookies("__ansible_type=x"), EITHER),
    ("service_uri", "a cookie with escapes", cookies(r'a="\033[31m\007"'), EITHER),
    ("tempo_trace_info", "a key twice", body(lambda right: b'{"trace":{},' + right[1:]), EITHER),
    ("tempo_search_info", "a key twice, the second time damaged",
     body(lambda right: right[:-1] + b',"traces":7}'), REFUSED),
    ("tempo_metrics_info", "two byte order marks", body(lambda right: b"\xef\xbb\xbf" * 2 + right), REFUSED),
    ("grafana_check", "UTF-16 that is announced", lambda a, _: Answer(
        a.body.decode().encode("utf-16"), 200, {"Content-Type": "application/json; charset=utf-16"}), EITHER),
    ("dashboard_check", "UTF-7", body(lambda right: right.decode().encode("utf-7")), EITHER),
    ("tempo_ingestion_check", "NUL in a name", body(lambda right: right.replace(b"traceID", b"trace\0ID")), REFUSED),
    ("tempo_trace_info", "a comment", body(lambda right: b"/* x */" + right), REFUSED),
    ("span_metrics_check", "a comma too many", body(lambda right: right[:-1] + b",}"), REFUSED),
    ("generated_secret", "single quotes", body(lambda right: right.replace(b'"', b"'")), REFUSED),
    ("tempo_search_info", "two answers, a line each", body(lambda right: right + b"\n" + right), REFUSED),
    ("tempo_metrics_info", "a prefix against scripts", body(lambda right: b")]}',\n" + right), REFUSED),
    ("grafana_check", "a number that begins with zeros", body(lambda right: b'[{"uid":007}]'), REFUSED),
    ("generated_secret", "a failure with the status of a success",
     whole({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no"}), REFUSED),
    ("generated_secret", "data that is no base64", at("data.admin-user", "%%%"), EITHER),
    ("workloads_ready", "a generation that is a text", at("metadata.generation", "1e3"), EITHER),
    ("otlp_trace_probe", "rejected spans of 5000 digits",
     whole({"partialSuccess": {"rejectedSpans": "1" * 5000}}), REFUSED),
    ("otlp_trace_probe", "fewer than no rejected spans", whole({"partialSuccess": {"rejectedSpans": "-1"}}), EITHER),
    ("otlp_trace_probe", "a warning of a megabyte of escapes",
     whole({"partialSuccess": {"errorMessage": ESCAPES * 30_000}}), EITHER),
    ("span_metrics_check", "an error with the status of a success",
     whole({"status": "error", "errorType": ESCAPES, "error": ESCAPES}), REFUSED),
    ("span_metrics_check", "a matrix in place of a vector", whole({"status": "success", "data": {
        "resultType": "matrix", "result": [{"metric": {}, "values": [[1, "3"]]}]}}), REFUSED),
    ("span_metrics_check", "a number as only Python writes it", at("data.result.0.value.1", "1_000"), REFUSED),
    ("tracing_pipeline_info", "exemplars of OpenMetrics", body(lambda right: right.replace(
        b"\n", b' # {trace_id="x"} 1 1.5\n') + b"# EOF\n"), OK),
    ("tracing_pipeline_info", "lines that end in CRLF", body(lambda right: right.replace(b"\n", b"\r\n")), OK),
]  # fmt: skip
FIELDS: Iterable[tuple[str, str, str, Change, frozenset[Ends], Right]] = [
    ("tempo_trace_info", "20 000 attributes", BY_ID, at(f"{SPAN}.attributes", [
        {"key": f"k{n}", "value": {"intValue": n}} for n in range(20_000)]), EITHER, lambda r: r["found"]),
    ("tempo_trace_info", "a key of a megabyte", BY_ID, at(f"{SPAN}.attributes", [
        {"key": "k" * MEGABYTE, "value": {"stringValue": "x"}}]), EITHER, lambda r: r["found"]),
    ("tempo_trace_info", "attributes 90 deep", BY_ID, at(f"{SPAN}.attributes", [
        {"key": "k", "value": _nested(90)}]), EITHER, lambda r: r["found"]),
    ("tempo_trace_info", "a span that is its own parent", BY_ID,
     spans(lambda found: found[0].update(parentSpanId=found[0]["spanId"])), EITHER, lambda r: r["span_count"] == 2),
    ("tempo_trace_info", "spans in a circle", BY_ID, spans(_circle), EITHER, lambda r: r["span_count"] == 2),
    ("tempo_trace_info", "3000 spans, each in the other", BY_ID, spans(_chain), EITHER,
     lambda r: (r["span_count"], r["tree"][-1]["depth"], r["orphan_count"]) == (3000, 2999, 0)),
    ("tempo_trace_info", "an end before the start", BY_ID, at(f"{SPAN}.endTimeUnixNano", "1"), EITHER,
     lambda r: r["found"]),
    ("tempo_trace_info", "a time of 2^64-1", BY_ID, at(f"{SPAN}.endTimeUnixNano", str(2**64 - 1)), EITHER,
     lambda r: r["found"]),
    ("tempo_trace_info", "a service whose name is a map", BY_ID, at(
        "trace.resourceSpans.0.resource.attributes.0", {"key": "service.name", "value": _nested(2)}), EITHER,
     lambda r: r["found"]),
    ("tempo_search_info", "one trace a hundred times", SEARCH,
     edited(lambda content: content.update(traces=content["traces"] * 100)), EITHER, lambda r: r["trace_count"] == 1),
    ("tempo_search_info", "an answer in part, with escapes", SEARCH,
     edited(lambda content: content.update(status="PARTIAL", message=ESCAPES)), EITHER, lambda r: not r["complete"]),
    ("tempo_status_info", "a version of a megabyte", BUILD, at("version", "9" * MEGABYTE), EITHER, lambda r: True),
    ("tempo_status_info", "a version with escapes", BUILD, at("version", ESCAPES), EITHER, lambda r: True),
    ("tempo_search_info", "settings with a duration that no clock can hold", CONFIG,
     texted(f"query_frontend:\n    query_end_cutoff: {'9' * 400}h\n"), EITHER, lambda r: True),
    ("tempo_search_info", "settings that are a megabyte of line breaks", CONFIG,
     texted("query_frontend:\n" + "\n" * MEGABYTE), EITHER, lambda r: True),
    ("tempo_search_info", "settings of 60 MB", CONFIG,
     texted("query_frontend:\n" + "  a: b\n" * 8 * MEGABYTE), EITHER, lambda r: True),
    ("tempo_metrics_info", "10 000 labels", RANGE, at("series.0.labels", [
        {"key": f"k{n}", "value": {"stringValue": ESCAPES}} for n in range(10_000)]), EITHER, lambda r: True),
    ("dashboard_check", "a uid that is a path", grafana.LIST, at("0.uid", "../../admin/settings"), REFUSED,
     lambda r: False),
    ("dashboard_check", "a uid that leads up", grafana.LIST, at("0.uid", ".."), REFUSED, lambda r: False),
    ("dashboard_check", "5000 dashboards", grafana.LIST, edited(lambda content: content.extend(content * 4999)), EITHER,
     lambda r: True),
    ("grafana_check", "an exemplar in the future", grafana.EXEMPLARS, at(
        "data.0.exemplars.0.timestamp", 1e300), EITHER, lambda r: r["exemplar_leads"]),
    ("cluster_preflight", "a right that is granted by a text", f"POST {REVIEWS}", at("status.allowed", "false"), EITHER,
     kubernetes.told),
    ("cluster_preflight", "nodes without an end", NODES, edited(lambda content: content["metadata"].update(
        {"continue": "again"})), EITHER, lambda r: True),
]  # fmt: skip


def _unready(name: str, path: str, change: Change) -> Case:
    """A workload that does not get ready, so that its pods, events and logs are looked at."""
    subject = SUBJECTS["workloads_ready"]
    case = subject._case(name, edited(_not_ready), UNMET | REFUSED, SET)
    # Documented: what is told of a workload at the end is read within ten seconds more.
    return replace(case, plays={"api": instead(case.plays["api"], path, change)}, beyond=10.0)


def _record(**content: Any) -> Mapping[str, Any]:
    return {"items": [record("tempo", 1, **content)]}


def _plan(name: str, made: Mapping[str, Any]) -> Case:
    case = replace(files.plan(), name=f"the record is {name}", ends=EITHER)
    return replace(case, plays={"api": instead(case.plays["api"], f"{NAMESPACE}/secrets", whole(made))})


def _with_release(packed_release: str) -> Mapping[str, Any]:
    held = record("tempo", 1)
    return {"items": [{**held, "data": {"release": packed_release}}]}


def cases() -> Iterator[Case]:
    for name, what, change, ends in CARRIED:
        subject = SUBJECTS[name]
        yield replace(subject._case(what, change, ends), right=subject._right(_HARMLESS))
    for name, what, path, change, ends, right in FIELDS:
        yield replace(SUBJECTS[name]._case(what, change, ends, path), right=right)
    log = f"{NAMESPACE}/pods/tempo-0/log"
    yield _unready("a log of 50 MB", log, body(lambda right: b"x" * (50 * MEGABYTE)))
    yield _unready("a log of escapes", log, body(lambda right: ESCAPES.encode() * 100))
    yield _unready("an event with escapes", f"{NAMESPACE}/events", at("items.0.message", ESCAPES * 100))
    yield _unready("a reason of a megabyte", f"{NAMESPACE}/pods", at(
        "items.0.status.containerStatuses.0.state.waiting.reason", "x" * MEGABYTE))  # fmt: skip
    yield _plan("a gigabyte in a megabyte", _with_release(base64.b64encode(base64.b64encode(gzip_bomb())).decode()))
    yield _plan("no base64", _with_release("%%%"))
    yield _plan("of revision 10^30", {"items": [{**record("tempo", 10**30)}]})
    yield _plan("one whose chart is a text", _record(chart="x"))
    yield _plan("one whose manifest is a megabyte of documents", _record(manifest="---\n" * (MEGABYTE // 4)))
    yield _plan("one with a manifest of an alias bomb", _record(manifest=files.BOMB))


CASES = list(cases())
