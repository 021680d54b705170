# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether every panel of Grafana's dashboards has something to show.

The dashboards are read from Grafana, and each query goes through the proxy of its data source, as it does when somebody
looks. Only choices and times are filled in: all of every choice, and the window that is asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import decimal
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, more_than_zero, seconds
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
    "tag": {"type": "str", "default": "k8s-tracing"},
    "window": {"type": "str", "default": "5m"},
    "may_be_empty": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 2.0},
}
# A service map is drawn in the browser, from this metric of the data source that Tempo's is linked to.
SERVICE_MAP = "traces_service_graph_request_total"


@dataclass(frozen=True)
class Query:
    """One query of one panel, and how many series (or traces) it found; -1 while it was not asked."""

    dashboard: str
    panel: str
    source: str
    text: str
    kind: str
    series: int = -1

    @property
    def name(self) -> str:
        return f"{self.dashboard}/{self.panel}"

    def shown(self) -> dict[str, Any]:
        return {"dashboard": self.dashboard, "panel": self.panel, "query": self.text, "series": self.series}

    @property
    def line(self) -> str:
        return f"{self.series:4d}  {self.dashboard} / {self.panel}: {self.text}"


class DashboardCheck:
    """Asks again what found nothing, until everything has data or the time is over."""

    def __init__(self, params: Mapping[str, Any], ask: Ask, clock: Clock | None = None) -> None:
        at_least(params["timeout"], 0, "timeout")
        more_than_zero(params["poll_interval"], "poll_interval")
        self._window = int(seconds(params["window"], "window"))
        self._tag = params["tag"]
        self._excused = set(params["may_be_empty"])
        self._timeout, self._interval = params["timeout"], params["poll_interval"]
        self._limit = params["request_timeout"]
        self._ask = ask
        self._clock = clock or Clock()
        self._queries: list[Query] = []

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> DashboardCheck:
        return cls(params, asker(params))

    def run(self) -> dict[str, Any]:
        deadline = Deadline(self._timeout or self._limit, self._clock)
        once = self._timeout == 0
        outcome = poll(
            lambda: understood(lambda: self._look(deadline)), deadline, self._interval, self._clock, once=once
        )
        empty = [query.name for query in self._empty()]
        found: dict[str, Any] = {
            "satisfied": outcome.done,
            "panels": [query.shown() for query in self._queries],
            "lines": [query.line for query in self._queries],
            "empty": sorted(set(empty)),
            "elapsed_seconds": round(deadline.elapsed(), 3),
        }
        if outcome.done:
            return found
        if outcome.last_error is not None:
            return {**found, "msg": f"Grafana could not be asked: {outcome.last_error}"}
        count = f"{len(found['empty'])} of {len({query.name for query in self._queries})} panels show nothing"
        return {**found, "msg": f"{count} after {found['elapsed_seconds']:.1f} s: {', '.join(found['empty'])}."}

    def _look(self, deadline: Deadline) -> tuple[bool, None]:
        if not self._queries:
            self._queries = list(self._read(deadline))
        if not self._queries:
            raise TracingError(
                "no_panels",
                f"The dashboards with the tag {self._tag} have no panel with a query, so that nothing is shown.",
                "Check tag, and what was provisioned.",
                retryable=True,
            )
        for index, query in enumerate(self._queries):
            if query.series <= 0:
                self._queries[index] = replace(query, series=self._count(query, deadline))
        return not any(query.name not in self._excused for query in self._empty()), None

    def _empty(self) -> list[Query]:
        """A panel is empty when none of its queries finds anything."""
        shown = {query.name for query in self._queries if query.series > 0}
        return [query for query in self._queries if query.name not in shown]

    def _read(self, deadline: Deadline) -> Iterator[Query]:
        listed = self._json(f"/api/search?{urlencode({'tag': self._tag, 'type': 'dash-db'})}", deadline)
        if not listed:
            raise TracingError(
                "no_dashboards",
                f"Grafana has no dashboards with the tag {self._tag}.",
                "Provision them: grafana_dashboards_enabled.",
                retryable=True,
            )
        for entry in listed:
            board = self._json(f"/api/dashboards/uid/{uid_in_path(entry['uid'])}", deadline)["dashboard"]
            yield from queries(board, self._window)

    def _count(self, query: Query, deadline: Deadline) -> int:
        proxy = f"/api/datasources/proxy/uid/{uid_in_path(query.source)}"
        if query.kind == "traceql":
            path = f"/api/search?{urlencode({'q': query.text, 'limit': 20})}"
            return sum(bool(trace["traceID"]) for trace in self._json(proxy + path, deadline).get("traces") or [])
        path = f"/api/v1/query?{urlencode({'query': query.text})}"
        result: Sequence[Mapping[str, Any]] = self._json(proxy + path, deadline)["data"]["result"]
        # A quotient of nothing is no figure.
        return sum(not math.isnan(decimal(series["value"][1])) for series in result)

    def _json(self, path: str, deadline: Deadline) -> Any:
        return read_json(self._ask, path, deadline.request_timeout(self._limit))


def queries(board: Mapping[str, Any], window: int) -> Iterator[Query]:
    """The queries of a dashboard, ready to be asked."""
    choices = [variable["name"] for variable in board.get("templating", {}).get("list", [])]
    for panel in _panels(board):
        for target in _list(panel, "targets"):
            source = target["datasource"]["uid"]
            if target.get("queryType") == "serviceMap":
                yield Query(board["title"], panel["title"], "prometheus", SERVICE_MAP, "promql")
            elif target.get("queryType") == "traceql":
                yield Query(board["title"], panel["title"], source, target["query"], "traceql")
            else:
                text = filled(target["expr"], choices, window)
                yield Query(board["title"], panel["title"], source, text, "promql")


def _panels(board: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """In order, those in closed rows too: a closed row holds its panels itself."""
    waiting = list(reversed(_list(board, "panels")))
    while waiting:
        panel = waiting.pop()
        yield panel
        waiting += reversed(_list(panel, "panels"))


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    """A list that may be missing. Something else that is empty has no panels or queries either, and is none."""
    found = holder.get(name)
    if found is not None and not isinstance(found, list):
        raise TypeError(f"{name} is no list")
    return found or []


def filled(text: str, choices: Sequence[str], window: int) -> str:
    """A query without variables: every choice is all there is, every span of time the window."""
    text = re.sub(r"\$(__rate_interval|__interval|__range)\b", f"{window}s", text)
    for name in choices:
        escaped = re.escape(name)
        text = re.sub(rf"\$({escaped}\b|\{{{escaped}\}})", ".*", text)
    return text
