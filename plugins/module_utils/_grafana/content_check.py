# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Grafana has what it was given: data sources that answer, dashboards, and links between the data sources.

Everything goes through Grafana's own API, as it does when somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    from_otlp,
    other_trace,
    stored_trace_id,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import says, wrong_status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import mismatch
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

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
            "elapsed_seconds": round(self._deadline.elapsed(), 3),
        }
        return {**found, "msg": " ".join(unmet)} if unmet else found

    def _look(self) -> tuple[bool, None]:
        self._look_for("data sources", "/api/datasources")
        self._look_for("dashboards", f"/api/search?{urlencode({'type': 'dash-db', 'tag': self._params['tag']})}")
        for query in self._params["queries"]:
            if (query["datasource"], query["name"]) in self._unanswered:
                self._query(query)
        complete = not any(self._missing.values()) and not self._unanswered
        followed = self._params["exemplars"] == "ignored" or (complete and self._follow())
        return complete and followed, None

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
            path = f"{_proxy('tempo')}/api/traces/{quote(self._trace)}"
            answer = self._ask(path, self._deadline.request_timeout(self._params["request_timeout"]))
            # A trace may be past its retention. Anything else says nothing about it.
            if answer.status not in (200, 404):
                raise wrong_status("Grafana", path, answer, "Check the data source tempo, and the login.")
            self._leads = answer.status == 200 and _holds_trace(answer.body, self._trace)
        return self._leads

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
        return unmet


def _holds_trace(body: bytes, trace_id: str) -> bool:
    """Whether an answer for a trace has spans, which have to be of that one."""
    groups = parse_json(body).get("batches") or []
    other = other_trace(groups, trace_id)
    if other:
        raise mismatch(f"Tempo was asked through Grafana for trace {trace_id} and answered with trace {other}.")
    return bool(from_otlp(trace_id, groups).spans)


def _proxy(uid: str) -> str:
    return f"/api/datasources/proxy/uid/{uid_in_path(uid)}"
