# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Grafana has what it was given: data sources that answer, dashboards, and links between the data sources.

Everything goes through Grafana's own API, as it does when somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    Trace,
    from_otlp,
    other_trace,
    stored_trace_id,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import says, wrong_status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import mismatch
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .log_links import WITH_TRACE, LogLinks, lines, log_links, logs_of_span, traces_of
from .session import (
    GRAFANA_ARGUMENTS,
    Ask,
    asker,
    read_json,
    uid_in_path,
    understood,
)

CHECK_ARGUMENTS: dict[str, dict[str, Any]] = {
    **GRAFANA_ARGUMENTS,
    "datasources": {"type": "list", "elements": "str", "default": []},
    "dashboards": {"type": "list", "elements": "str", "default": []},
    "tag": {"type": "str", "default": "k8s-tracing"},
    "queries": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "datasource": {"type": "str", "required": True},
            "path": {"type": "str", "default": "/api/v1/query"},
            "query": {"type": "str", "default": ""},
        },
    },
    "exemplars": {"type": "str", "choices": ["required", "wanted", "ignored"], "default": "ignored"},
    "logs": {"type": "bool", "default": False},
    "links": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "datasource": {"type": "str", "required": True},
            "setting": {"type": "str", "required": True},
        },
    },
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 2.0},
}
# What Tempo's metrics generator calls the calls it counts, and the metric that carries exemplars.
CALLS = "count(traces_spanmetrics_calls_total)"
LATENCY = '{__name__=~"traces_spanmetrics_latency(_bucket)?"}'


class GrafanaCheck:
    """Asks again for what is missing, until nothing is or the time is over."""

    def __init__(self, params: Mapping[str, Any], ask: Ask, clock: Clock | None = None) -> None:
        at_least(params["timeout"], 0, "timeout")
        more_than_zero(params["poll_interval"], "poll_interval")
        self._params = params
        self._ask = ask
        self._clock = clock or Clock()
        self._deadline = Deadline(params["timeout"] or params["request_timeout"], self._clock)
        self._missing: dict[str, Sequence[str]] = {
            "data sources": params["datasources"],
            "dashboards": params["dashboards"],
        }
        # By data source and name, since each data source may have one of that name.
        self._unanswered = {(query["datasource"], query["name"]): "was not asked" for query in params["queries"]}
        self._span_metrics: bool | None = None
        self._trace = ""
        self._leads = False
        self._dead_ends = [f"{link['datasource']}.{link['setting']}" for link in params["links"]]
        self._log_trace = ""
        self._log_leads = False
        self._span_logs = 0

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> GrafanaCheck:
        return cls(params, asker(params))

    def run(self) -> dict[str, Any]:
        once = self._params["timeout"] == 0
        interval = self._params["poll_interval"]
        outcome = poll(lambda: understood(self._look), self._deadline, interval, self._clock, once=once)
        unmet = self._unmet()
        if outcome.last_error is not None and not outcome.done:
            unmet = [f"Grafana could not be asked: {outcome.last_error}", *unmet]
        found = {
            "satisfied": not unmet,
            "missing_datasources": list(self._missing["data sources"]),
            "missing_dashboards": list(self._missing["dashboards"]),
            "unanswered": {name: said for (_uid, name), said in self._unanswered.items()},
            "span_metrics": bool(self._span_metrics),
            "exemplar_trace": self._trace,
            "exemplar_leads": self._leads,
            "dead_ends": list(self._dead_ends),
            "log_trace": self._log_trace,
            "log_leads": self._log_leads,
            "span_logs": self._span_logs,
            "elapsed_seconds": round(self._deadline.elapsed(), 3),
        }
        return {**found, "msg": " ".join(unmet)} if unmet else found

    def _look(self) -> tuple[bool, None]:
        self._look_for("data sources", "/api/datasources")
        self._look_for("dashboards", f"/api/search?{urlencode({'type': 'dash-db', 'tag': self._params['tag']})}")
        for query in self._params["queries"]:
            if (query["datasource"], query["name"]) in self._unanswered:
                self._query(query)
        if self._dead_ends:
            self._dead_ends = list(self._broken_links())
        complete = not any(self._missing.values()) and not self._unanswered and not self._dead_ends
        followed = self._params["exemplars"] == "ignored" or (complete and self._follow())
        read = not self._params["logs"] or (complete and self._follow_logs())
        return complete and followed and read, None

    def _broken_links(self) -> Iterator[str]:
        """Links that the settings of a data source lack, or that lead to one that is not there."""
        there = {entry["uid"] for entry in self._json("/api/datasources")}
        for link in self._params["links"]:
            found = self._settings_of(link["datasource"]).get(link["setting"]) or {}
            targets = {one.get("datasourceUid") for one in (found if isinstance(found, list) else [found])}
            if not targets <= there:
                yield f"{link['datasource']}.{link['setting']}"

    def _settings_of(self, uid: str) -> Mapping[str, Any]:
        settings: Mapping[str, Any] = self._json(f"/api/datasources/uid/{uid_in_path(uid)}").get("jsonData") or {}
        return settings

    def _look_for(self, kind: str, path: str) -> None:
        if self._missing[kind]:
            there = {entry["uid"] for entry in self._json(path)}
            self._missing[kind] = [uid for uid in self._missing[kind] if uid not in there]

    def _query(self, query: Mapping[str, str]) -> None:
        asked = f"?{urlencode({'query': query['query']})}" if query["query"] else ""
        path = f"{_proxy(query['datasource'])}{query['path']}{asked}"
        answer = self._ask(path, self._deadline.request_timeout(self._params["request_timeout"]))
        key = query["datasource"], query["name"]
        if answer.status != 200:
            self._unanswered[key] = f"status {answer.status}: {says(answer)}"
        elif answer.is_page:
            self._unanswered[key] = "it sends a web page in place of an answer"
        else:
            del self._unanswered[key]

    def _follow(self) -> bool:
        """From a metric made from spans to its trace. Where nobody sends spans, there is nothing to follow."""
        if self._span_metrics is None:
            self._span_metrics = bool(self._prometheus("query", CALLS)["result"])
        if not self._span_metrics:
            return True
        exemplars = [one for series in self._prometheus("query_exemplars", LATENCY) for one in series["exemplars"]]
        traces = [one["labels"].get("traceID") for one in sorted(exemplars, key=lambda one: float(one["timestamp"]))]
        newest = next((trace for trace in reversed(traces) if trace), "")
        self._trace = stored_trace_id(newest) if newest else self._trace
        if self._trace:
            self._leads = bool(self._read_trace("tempo", self._trace).spans)
        return self._leads

    def _follow_logs(self) -> bool:
        """From the newest log record with a trace to that trace, and back from one of its spans to the record."""
        links = log_links(self._settings_of("tempo"), self._settings_of("loki"))
        if links is None:
            self._dead_ends = ["tempo.tracesToLogsV2 or loki.derivedFields"]
            return False
        self._log_trace = next(traces_of(self._loki(links, WITH_TRACE)), "")
        # Where nobody sends logs, there is nothing to follow.
        if not self._log_trace:
            return True
        trace = self._read_trace(links.traces, self._log_trace)
        self._log_leads = bool(trace.spans)
        queries = {logs_of_span(links, self._log_trace, span.resource) for span in trace.spans}
        self._span_logs = sum(lines(self._loki(links, query)) for query in sorted(queries))
        return self._span_logs > 0

    def _loki(self, links: LogLinks, query: str) -> Any:
        asked = urlencode({"query": query, "since": "1h", "limit": 100, "direction": "backward"})
        return self._json(f"{_proxy(links.logs)}/loki/api/v1/query_range?{asked}")

    def _read_trace(self, uid: str, trace_id: str) -> Trace:
        """A trace may be past its retention, and has no spans then. Any other answer says nothing about it."""
        path = f"{_proxy(uid)}/api/traces/{quote(trace_id)}"
        answer = self._ask(path, self._deadline.request_timeout(self._params["request_timeout"]))
        if answer.status not in (200, 404):
            raise wrong_status("Grafana", path, answer, f"Check the data source {uid}, and the login.")
        return _trace_in(answer.body if answer.status == 200 else b"{}", trace_id)

    def _prometheus(self, what: str, query: str) -> Any:
        return self._json(f"{_proxy('prometheus')}/api/v1/{what}?{urlencode({'query': query})}")["data"]

    def _json(self, path: str) -> Any:
        return read_json(self._ask, path, self._deadline.request_timeout(self._params["request_timeout"]))

    def _unmet(self) -> list[str]:
        unmet = [f"It lacks the {kind} {', '.join(uids)}." for kind, uids in self._missing.items() if uids]
        for query in self._params["queries"]:
            said = self._unanswered.get((query["datasource"], query["name"]))
            if said is not None:
                asked = query["query"] or query["path"]
                unmet.append(f"Data source {query['datasource']} does not answer {query['name']} ({asked}): {said}.")
        if self._params["exemplars"] == "required" and self._span_metrics and not self._trace:
            unmet.append(
                "There are metrics made from spans, but none has an exemplar, so that no metric leads to a trace."
            )
        if self._dead_ends:
            unmet.append(f"Links of its data sources lead nowhere: {', '.join(self._dead_ends)}.")
        if self._log_leads and not self._span_logs:
            unmet.append(f"A log record leads to trace {self._log_trace}, and none of its spans leads to a log record.")
        return unmet


def _trace_in(body: bytes, trace_id: str) -> Trace:
    """What an answer for a trace holds, which has to be of that one."""
    groups = parse_json(body).get("batches") or []
    other = other_trace(groups, trace_id)
    if other:
        raise mismatch(f"Tempo was asked through Grafana for trace {trace_id} and answered with trace {other}.")
    return from_otlp(trace_id, groups)


def _proxy(uid: str) -> str:
    return f"/api/datasources/proxy/uid/{uid_in_path(uid)}"
