# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tempo's HTTP API, with the differences between 2.x and 3.x made one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED, parse_json, refuse_large
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import word
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    Params,
    Response,
    Transport,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import mismatch
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Deadline

from .trace import (
    Trace,
    from_otlp,
    other_trace,
    scopes_of,
    stored_trace_id,
)
from .visibility import Sight, read_sight

_QUOTED_BYTES = 300
# Each takes about 6 KB of memory on its way into a result. Traces of people's making have some hundred.
MAX_SPANS = 20_000
# One search is not asked for more traces, and a trace has at least one line.
MAX_LINES = 10_000
# The header Date has whole seconds: a smaller difference is none.
_SAME_CLOCK = (-1.5, 0.5)
_CREDENTIALS_FIX = "Set url_username and url_password, or bearer_token, or a client certificate; check tenant."
_CLIENT_ERRORS = {
    400: ("bad_query", "refuses the search", "Correct query, attributes, since or limit."),
    401: ("unauthorized", "does not accept the credentials", _CREDENTIALS_FIX),
    403: ("unauthorized", "does not accept the credentials", _CREDENTIALS_FIX),
    404: ("not_tempo", "does not know Tempo's API", "Check address, port and path prefix."),
    422: ("trace_too_large", "holds a trace that is too large to read", "Look at smaller traces."),
    429: ("overloaded", "has too many queries", "Raise poll_interval."),
}


@dataclass(frozen=True)
class FoundTrace:
    """One line of a search result. ``matched`` is how many of its spans the query matched.

    ``errors`` counts all its spans with an error, and is None where Tempo told nothing about services.
    """

    trace_id: str
    root_service: str
    root_name: str
    start_unix_nano: int
    duration_nanos: int
    matched: int
    service_spans: Mapping[str, int]
    errors: int | None = None

    @property
    def span_count(self) -> int:
        """All spans of the trace where Tempo told them, else those that matched."""
        return max(self.matched, sum(self.service_spans.values()))

    @property
    def services(self) -> list[str]:
        return sorted({name for name in (*self.service_spans, self.root_service) if name})


@dataclass(frozen=True)
class Line:
    """A line of a search result, read and as it came."""

    trace: FoundTrace
    item: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """One answer to a search. ``partial`` says why it is not whole, where Tempo says so."""

    lines: list[Line]
    metrics: Mapping[str, Any]
    partial: str = ""


# Clocks differ between hosts: a span may carry a time that is still to come here, or lie behind.
CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True)
class SearchRange:
    """What part of time to search, in Unix seconds, and how many traces at most."""

    start: int
    end: int
    limit: int


class TempoClient:
    """Read-only access to one Tempo, each request bounded by its own limit and by the deadline."""

    def __init__(self, transport: Transport, deadline: Deadline, request_timeout: float) -> None:
        self._transport = transport
        self._deadline = deadline
        self._request_timeout = request_timeout
        self._ahead = 0.0
        self._sight: Sight | None = None

    @property
    def where(self) -> str:
        return f"Tempo at {self._transport.where}"

    def now(self) -> float:
        """The time on the clock of the server, as its last answer told it; on this one's when it told none."""
        return self._deadline.wall() + self._ahead

    def sight(self) -> Sight:
        """How much of the newest time is hidden from search; asked once."""
        if self._sight is None:
            self._sight = read_sight(lambda: self.text("/status/config"), self.version_if_told)
        return self._sight

    def search(self, query: str, span: SearchRange, spans_per_set: int) -> Page:
        """One request. ``matched`` counts all spans of a trace that match, however few of them are in the answer."""
        params = [("q", query), ("start", str(span.start)), ("end", str(span.end)), ("limit", str(span.limit))]
        answer = self._json(self._get("/api/search", [*params, ("spss", str(spans_per_set))]))
        items = answer.get("traces") or []
        if not isinstance(items, list) or ("traces" not in answer and "metrics" not in answer):
            raise self._not_tempo("its answer to a search holds no list of traces")
        if len(items) > MAX_LINES:
            raise TracingError(
                "too_large",
                f"{self.where} was asked for {span.limit} traces and gave {len(items)}; {MAX_LINES} are the most.",
                "Check that the address is Tempo's own: no Tempo gives more than it was asked for.",
            )
        lines = [self._shaped(lambda item=item: Line(found_trace(item), item)) for item in items]
        said = str(answer.get("message") or "no reason is given")
        partial = f"Tempo calls its answer partial ({said})" if answer.get("status") == "PARTIAL" else ""
        return Page(lines, answer.get("metrics") or {}, partial)

    def trace(self, trace_id: str) -> Trace | None:
        """A whole trace, or None when Tempo does not have it (yet)."""
        groups, partial = self.trace_groups(trace_id)
        trace: Trace = self._shaped(lambda: from_otlp(trace_id, groups, partial=partial))
        return trace if trace.spans else None

    def trace_groups(self, trace_id: str) -> tuple[Any, bool]:
        """A trace as OTLP's JSON tree, empty when Tempo does not have it, and whether Tempo left spans out."""
        try:
            groups, partial = self._trace_v2(trace_id)
        except TracingError as error:
            raise _about_a_trace(error) from error
        spans = self._shaped(
            lambda: sum(len(scope.get("spans") or []) for group in groups for scope in scopes_of(group))
        )
        if spans > MAX_SPANS:
            raise _trace_too_large(f"{self.where} holds a trace of {spans} spans, and {MAX_SPANS} are read.")
        other = self._shaped(lambda: other_trace(groups, trace_id))
        if other:
            raise mismatch(f"{self.where} was asked for trace {trace_id} and answered with trace {other}.")
        return groups, partial

    def _trace_v2(self, trace_id: str) -> tuple[Any, bool]:
        response = self._get(f"/api/v2/traces/{trace_id}", accept=(404,))
        if response.status == 404:
            return self._trace_v1(trace_id), False
        answer = self._json(response)
        if answer and "trace" not in answer and "metrics" not in answer:
            raise self._not_tempo("its answer to a trace id holds no trace")
        groups = self._shaped(lambda: (answer.get("trace") or {}).get("resourceSpans") or [])
        return groups, answer.get("status") == "PARTIAL"

    def _trace_v1(self, trace_id: str) -> Any:
        """Before v2 there was v1, where a missing trace is a 404 without a body."""
        response = self._get(f"/api/traces/{trace_id}", accept=(404,))
        if response.status == 404:
            if b"page not found" in response.body or not self._echoes():
                raise self._error(response)
            return []
        answer = self._json(response)
        return answer.get("batches") or answer.get("resourceSpans") or []

    def _echoes(self) -> bool:
        """Whether Tempo is there at all: a server that answers 404 to everything misses no trace."""
        response = self._get("/api/echo", accept=(404,))
        return response.status == 200 and response.body.strip() == b"echo"

    def text(self, path: str) -> str:
        """A page of plain text, without its first line, which repeats the request."""
        response = self._get(path)
        text = decode(response, self.where)
        if response.is_page:
            raise self._not_tempo(f"it answers {path} with a web page")
        return text.removeprefix(f"GET {path}\n").removeprefix("---\n")

    def version(self) -> str:
        return str(self._json(self._get("/api/status/buildinfo")).get("version", ""))

    def version_if_told(self) -> str:
        """For the record only: a gateway that lets no one see it is no reason to stop."""
        try:
            return self.version()
        except TracingError as error:
            if error.retryable or error.status is None:
                raise
            return ""

    def _get(self, path: str, params: Params = (), accept: tuple[int, ...] = ()) -> Response:
        timeout = self._deadline.request_timeout(self._request_timeout)
        response = self._transport.get(path, params, timeout=timeout)
        self._ahead = _ahead(response.headers.get("date", ""), self._deadline.wall())
        if response.status != 200 and response.status not in accept:
            raise self._error(response)
        return response

    def _json(self, response: Response) -> dict[str, Any]:
        refuse_large(response.body)
        text = decode(response, self.where)
        if response.is_page:
            raise self._not_tempo("it answered with a web page")
        try:
            answer = parse_json(text)
        except ValueError as error:
            if "json" not in response.headers.get("content-type", "") and text.strip():
                raise self._not_tempo(f"it answered with {text[:60]!r}") from error
            raise TracingError(
                "truncated", f"{self.where} sent JSON that breaks off or is damaged ({error}).", retryable=True
            ) from error
        if not isinstance(answer, dict):
            raise self._not_tempo("its answer is JSON, but not an object")
        return answer

    def _shaped(self, parse: Any) -> Any:
        """JSON from elsewhere can have any shape: what does not fit is not an answer of Tempo's."""
        try:
            return parse()
        except UNSHAPED as error:
            raise self._not_tempo(f"its answer has an unknown shape ({error})") from error

    def unfit(self, told: str) -> TracingError:
        """For an answer that was compared with what was asked; ``told`` says how it differs."""
        return mismatch(f"What {self.where} answers does not fit what it was asked: {told}.")

    def _not_tempo(self, why: str) -> TracingError:
        return TracingError(
            "not_tempo",
            f"What answers at {self._transport.where} is not Tempo's API: {why}.",
            "Check address, port (3200 by default) and path prefix, and that no login page stands before it.",
        )

    def _error(self, response: Response) -> TracingError:
        said = short_body(response)
        if response.is_page:
            if response.status < 500:
                return self._not_tempo(f"it answered {response.status} with a web page")
            said = "a web page"
        return tempo_error(self.where, response.status, said)


def _about_a_trace(error: TracingError) -> TracingError:
    """An answer that is too large is a trace that is too large, where a trace was asked for."""
    return _trace_too_large(error.message) if error.kind == "too_large" else error


def _trace_too_large(message: str) -> TracingError:
    return TracingError("trace_too_large", message, "Look at smaller traces.")


def found_trace(item: Mapping[str, Any]) -> FoundTrace:
    """Absent fields are zero in Tempo's answers. ``spanSet`` is the older name of ``spanSets``."""
    sets = item.get("spanSets") or [item.get("spanSet") or {}]
    stats = item.get("serviceStats") or {}
    return FoundTrace(
        trace_id=stored_trace_id(item["traceID"]),
        root_service=_seen_root(item.get("rootServiceName")),
        root_name=item.get("rootTraceName") or "",
        start_unix_nano=word(item.get("startTimeUnixNano")),
        duration_nanos=word(item.get("durationMs")) * 1_000_000,
        matched=sum(word(spans.get("matched") or len(spans.get("spans") or [])) for spans in sets),
        service_spans={str(name): word(stat.get("spanCount")) for name, stat in stats.items()},
        errors=sum(word(stat.get("errorCount")) for stat in stats.values()) if stats else None,
    )


def _ahead(date: str, here: float) -> float:
    """How many seconds another clock is ahead of this one, as far as a header tells."""
    try:
        ahead = parsedate_to_datetime(date).timestamp() - here
    except (ValueError, OverflowError):
        return 0.0
    return 0.0 if _SAME_CLOCK[0] <= ahead <= _SAME_CLOCK[1] else ahead


def _seen_root(name: Any) -> str:
    """Tempo writes a placeholder where the root span has not come in."""
    return "" if not name or name == "<root span not yet received>" else str(name)


def short_body(response: Response) -> str:
    text = " ".join(response.body[:_QUOTED_BYTES].decode("utf-8", "replace").split())
    return text.rstrip(".")


def decode(response: Response, where: str) -> str:
    try:
        return response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TracingError(
            "not_tempo",
            f"{where} sent bytes that are not UTF-8 text ({error.reason}).",
            "Check that the address is the HTTP port.",
        ) from error


def tempo_error(where: str, status: int, said: str) -> TracingError:
    """A status other than success, in words."""
    quoted = f": {said}" if said else ""
    if status == 401 and "no org id" in said:
        kind, message, fix = "no_tenant", f"{where} is multi-tenant and wants a tenant{quoted}.", "Set tenant."
    elif status in _CLIENT_ERRORS:
        kind, text, fix = _CLIENT_ERRORS[status]
        message = f"{where} {text} ({status}{quoted})."
    elif status >= 500:
        kind, message = "server_error", f"{where} answered {status}{quoted}."
        fix = "It is starting or stopping; see its /ready." if status == 503 else "Look at Tempo's log."
    else:
        kind, message, fix = "unexpected_status", f"{where} answered {status}{quoted}.", ""
    return TracingError(kind, message, fix, retryable=status == 429 or status >= 500, status=status)
