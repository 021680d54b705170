# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More rows of the reader of ``blind.py``: Grafana, the API server, and kubeconfigs."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cases import EITHER, OK, REFUSED, TRAP, Case, Change, Ends, Place, Right, as_json, instead, text
from fake_server import Answer, Asked, Play
from kubernetes_api import (
    APPS,
    CLASS,
    CLASSES,
    LOGIN,
    NAMESPACE,
    NODE,
    NODES,
    POD,
    QUOTA,
    REVIEWS,
    SLICES,
    STATEFUL_SET,
    KubernetesApi,
    listed,
    meta,
    record,
)
from subjects.blind import SUBJECTS, TRACE, Watched, at_first, edit, on, row, token
from values import Raw
from wire import ESCAPES, JINJA

BOARD = "/api/dashboards/uid/one"
ASK = "/api/datasources/proxy/uid/prometheus/api/v1/query"
PANEL = {"title": "Rate", "targets": [{"datasource": {"uid": "prometheus"}, "expr": "rate(x[5m])"}]}


def usual(module: str, nth: int = 0) -> tuple[Callable[[Place], dict[str, Any]], dict[str, Play]]:
    subject = [one for one in SUBJECTS if one.module == module][nth]
    return lambda place: dict(subject.arguments(place, subject.listener)), dict(subject.plays())


def board(name: str, panels: Any, ends: frozenset[Ends], right: Right = bool, **more: Any) -> Case:
    """A dashboard with these panels; Prometheus knows nothing of what is called nothing."""
    arguments, plays = usual("dashboard_check")

    def nothing(right_answer: Answer, asked: Asked) -> Answer:
        known = "nothing" not in asked.target and b"nothing" not in asked.body
        empty = {"status": "success", "data": {"resultType": "vector", "result": []}}
        return right_answer if known else as_json(empty)

    answered = instead(
        plays["grafana"],
        BOARD,
        edit(
            lambda content: {
                "dashboard": {
                    "uid": "one",
                    "title": "Board",
                    **(panels if isinstance(panels, dict) else {"panels": panels}),
                }
            }
        ),
    )
    grafana = Watched(instead(answered, ASK, nothing))
    left = grafana.never(lambda asked: "/admin" in asked.target)
    return row("dashboard_check", name, arguments, {"grafana": grafana}, ends, right=right, left=left, **more)


NOTHING = {"title": "Hidden", "targets": [{"datasource": {"uid": "prometheus"}, "expr": "nothing"}]}
DOUBLED = [
    {
        "name": f"v{number}",
        "type": "custom",
        "query": f"$v{number - 1}$v{number - 1}",
        "current": {"value": f"$v{number - 1}$v{number - 1}"},
    }
    for number in range(1, 31)
]
NESTED: dict[str, Any] = PANEL
for _each in range(300):
    NESTED = {"type": "row", "collapsed": True, "title": "row", "panels": [NESTED]}


def shows(count: int) -> Right:
    return lambda result: bool(result["satisfied"]) and len(result["panels"]) == count


BOARDS = [
    board(
        "a panel in a closed row that shows nothing",
        [PANEL, {"type": "row", "title": "row", "collapsed": True, "panels": [NOTHING]}],
        REFUSED,
    ),
    board("a panel with a text alone", [PANEL, {"type": "text", "title": "About"}], OK, shows(1)),
    board("panels of one title", [PANEL, PANEL], OK),
    board(
        "a query that is switched off",
        [PANEL, {**NOTHING, "targets": [{**NOTHING["targets"][0], "hide": True}]}],
        EITHER,
    ),
    board("a dashboard of the newer schema", {"elements": {"a": {"kind": "Panel", "spec": {}}}, "layout": {}}, REFUSED),
    board(
        "a data source that is a path",
        [{"title": "x", "targets": [{"datasource": {"uid": "../../../admin/settings"}, "expr": "x"}]}],
        EITHER,
    ),
    board(
        "a data source that is a query",
        [{"title": "x", "targets": [{"datasource": {"uid": "prometheus/../../admin?x=#"}, "expr": "x"}]}],
        EITHER,
    ),
    board("the default data source", [{"title": "x", "datasource": None, "targets": [{"expr": "up"}]}], EITHER),
    board(
        "a data source by its name", [{"title": "x", "datasource": "Prometheus", "targets": [{"expr": "up"}]}], EITHER
    ),
    board(
        "variables that double each other",
        {
            "panels": [{"title": "x", "targets": [{"datasource": {"uid": "prometheus"}, "expr": "$v30"}]}],
            "templating": {"list": DOUBLED},
        },
        EITHER,
    ),
    board(
        "a variable of itself",
        {
            "panels": [
                {"title": "x", "targets": [{"datasource": {"uid": "prometheus"}, "expr": "${a:regex} $a [[a]]"}]}
            ],
            "templating": {
                "list": [{"name": "a", "type": "query", "query": "$a", "current": {"value": "$a"}, "allValue": "$a"}]
            },
        },
        EITHER,
    ),
    board(
        "5000 panels",
        [
            {**PANEL, "title": str(number), "targets": [{"datasource": {"uid": "prometheus"}, "expr": f"x{number}"}]}
            for number in range(5000)
        ],
        EITHER,
    ),
    board("rows in rows", [NESTED], EITHER),
    board("panels that are null", [None, PANEL, {"title": None, "targets": None}, {"targets": [None]}], EITHER),
    board(
        "titles with escapes and code",
        [{**PANEL, "title": f"{ESCAPES}{JINJA}"}, {**PANEL, "title": "__ansible_type"}],
        OK,
    ),
    on(
        "dashboard_check",
        "a dashboard whose uid is a path",
        edit(lambda content: [{"uid": "../../admin/settings", "title": "x", "type": "dash-db"}]),
        REFUSED,
    ),
    on(
        "dashboard_check",
        "a value that is no number",
        edit(
            lambda content: {
                **content,
                "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "NaN"]}]},
            }
        ),
        EITHER,
        nth=1,
    ),
    on(
        "dashboard_check",
        "warnings beside the values",
        edit(lambda content: {**content, "warnings": [ESCAPES]}),
        OK,
        nth=1,
    ),
]
EXEMPLARS = "/api/datasources/proxy/uid/prometheus/api/v1/query_exemplars"


def exemplars(name: str, ends: frozenset[Ends], **fields: Any) -> Case:
    arguments, plays = usual("grafana_check")
    one = {"labels": {"traceID": TRACE}, "value": "1", "timestamp": 1.5, **fields}
    change = edit(lambda content: {"status": "success", "data": [{"seriesLabels": {}, "exemplars": [one]}]})
    grafana = Watched(instead(plays["grafana"], EXEMPLARS, change))
    left = grafana.never(lambda asked: "admin" in asked.target)
    return row("grafana_check", name, arguments, {"grafana": grafana}, ends, left=left)


def of_list(make: Callable[[Any], Any]) -> Change:
    """Of the list of data sources alone: what they answer is below its path."""
    change = edit(make)
    return lambda right, asked: change(right, asked) if asked.path.endswith("/api/datasources") else right


GRAFANA = [
    exemplars("an exemplar that leads to another page", REFUSED, labels={"traceID": "../../../../admin/settings"}),
    exemplars("an exemplar of the time 1e999", EITHER, timestamp=Raw("1e999")),
    exemplars("an exemplar without labels", REFUSED, labels=None),
    on("grafana_check", "a login without a cookie", lambda right, asked: Answer(b"{}", 200), REFUSED, nth=4),
    on(
        "grafana_check",
        "a cookie with escapes",
        lambda right, asked: Answer(
            b'{"message": "Logged in"}', 200, {"Set-Cookie": "grafana_session=\x1b[31m\x7f; Path=/; HttpOnly"}
        ),
        EITHER,
        nth=4,
    ),
    on(
        "grafana_check",
        "a login that repeats the password",
        lambda right, asked: Answer(b"wrong: " + asked.body + token(asked).encode(), 401),
        REFUSED,
        nth=4,
    ),
    on("grafana_check", "a data source that is listed twice", of_list(lambda content: content + content), OK),
    on(
        "grafana_check",
        "data sources without a name",
        of_list(lambda content: [{"uid": one["uid"]} for one in content]),
        OK,
    ),
    on(
        "grafana_check",
        "data sources by name alone",
        of_list(lambda content: [{"name": one["uid"], "uid": "x"} for one in content]),
        REFUSED,
    ),
    on(
        "grafana_check",
        "a dashboard that is a folder",
        edit(lambda content: [{"uid": "one", "title": "Board", "type": "dash-folder"}]),
        EITHER,
        "/api/search",
    ),
    on(
        "grafana_check",
        "100 000 data sources",
        of_list(lambda content: content + [{"uid": f"u{number}", "name": "x"} for number in range(100_000)]),
        OK,
    ),
]


def content(
    name: str, plays: Mapping[str, Play], ends: frozenset[Ends], options: Mapping[str, Any] | None = None, **more: Any
) -> Case:
    arguments = usual("grafana_content")[0]
    return row("grafana_content", name, lambda place: {**arguments(place), **(options or {})}, plays, ends, **more)


def content_of(*changes: tuple[str, Change]) -> Play:
    play = usual("grafana_content")[1]["grafana"]
    for page, change in changes:
        play = instead(play, page, change)
    return play


READ_ONLY = Watched(
    content_of(("/api/datasources/uid/tempo", edit(lambda found: {**found, "name": "Old", "readOnly": True})))
)
FLOATS = content_of(
    (
        f"GET {BOARD}",
        edit(
            lambda found: {
                "meta": {},
                "dashboard": {
                    "uid": "one",
                    "title": "Another",
                    "panels": [{"id": 1.0, "gridPos": {"h": 8.0}}],
                    "id": 7,
                    "version": 3,
                },
            }
        ),
    )
)
CONTENT = [
    content(
        "a data source of Grafana's own files",
        {"grafana": READ_ONLY},
        OK,
        left=READ_ONLY.never(lambda asked: asked.method != "GET" and "datasources" in asked.target),
    ),
    content(
        "whole numbers that came back as floats",
        {"grafana": FLOATS},
        OK,
        {
            "datasources": [],
            "dashboards": [{"uid": "one", "title": "Another", "panels": [{"id": 1, "gridPos": {"h": 8}}]}],
        },
        right=lambda result: not result["changed"],
    ),
    content(
        "a dashboard that changed meanwhile",
        {
            "grafana": content_of(
                (
                    "/api/dashboards/db",
                    lambda right, asked: as_json({"status": "version-mismatch", "message": ESCAPES}, 412),
                )
            )
        },
        REFUSED,
    ),
    content(
        "an error that repeats the body",
        {
            "grafana": content_of(
                ("/api/datasources/uid/tempo", edit(lambda found: {**found, "name": "Old"})),
                (
                    "PUT /api/datasources/uid/tempo",
                    lambda right, asked: Answer(asked.body + token(asked).encode(), 500),
                ),
            )
        },
        REFUSED,
    ),
    content(
        "an error that repeats the body in JSON",
        {
            "grafana": content_of(
                ("/api/datasources/uid/tempo", edit(lambda found: {**found, "name": "Old"})),
                (
                    "PUT /api/datasources/uid/tempo",
                    lambda right, asked: as_json(
                        {"message": f"bad request {asked.body.decode()}", "traceID": token(asked)}, 400
                    ),
                ),
            )
        },
        REFUSED,
    ),
    content(
        "a dashboard that is null",
        {"grafana": content_of((f"GET {BOARD}", edit(lambda found: {"dashboard": None, "meta": None})))},
        EITHER,
    ),
    content(
        "a dashboard of another uid",
        {
            "grafana": content_of(
                (f"GET {BOARD}", edit(lambda found: {"dashboard": {"uid": "two", "title": "Another"}, "meta": {}}))
            )
        },
        EITHER,
    ),
    content(
        "uids that are paths",
        {"grafana": Watched(content_of())},
        EITHER,
        {"dashboards": [{"uid": "../../admin/users", "title": "x"}], "datasources": []},
    ),
]

# Services behind the API server.


def service(
    name: str,
    answer: Answer | Play,
    ends: frozenset[Ends],
    right: Right = bool,
    options: Mapping[str, Any] | None = None,
    **more: Any,
) -> Case:
    arguments = usual("service_uri")[0]
    api = Watched(KubernetesApi({"grafana": answer if callable(answer) else lambda asked: answer}))
    left = api.never(lambda asked: not asked.target.startswith(f"{NAMESPACE}/services/grafana:80/proxy/"))
    return row(
        "service_uri",
        name,
        lambda place: {**arguments(place), **(options or {})},
        {"api": api},
        ends,
        right=right,
        left=left,
        **more,
    )


FINE = as_json({"database": "ok"})
SERVICES = [
    service(
        "JSON that Python alone takes for it",
        Answer(b'{"a": NaN, "b": -Infinity}'),
        OK,
        lambda result: result.get("json") is None,
    ),
    service(
        "numbers beyond all bounds",
        Answer(b'{"a": 1e999}'),
        EITHER,
        lambda result: "Infinity" not in json.dumps(result.get("json")),
    ),
    service(
        "a picture",
        Answer(bytes(range(256)) * 10, 200, {"Content-Type": "image/png"}),
        OK,
        lambda result: result.get("json") is None,
    ),
    service(
        "two cookies",
        lambda asked: [
            b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; Secure\r\n"
            b'Set-Cookie: b="2"; Expires=Fri, 31 Dec 9999 23:59:59 GMT\r\nAudit-Id: 1\r\nContent-Length: 2\r\n\r\n{}'
        ],
        OK,
        lambda result: result["cookie"].startswith("a=1; b="),
    ),
    service("a cookie with escapes", Answer(b"{}", 200, {"Set-Cookie": "a=\x1b[31m\x9b31m; b"}), EITHER),
    service("a path that leads out", FINE, EITHER, options={"path": "/../../../secrets/login"}),
    service("a path that leads out, encoded", FINE, EITHER, options={"path": "/%2e%2e/%2e%2e/%2e%2e/secrets/login"}),
    service("a path with a line break", FINE, REFUSED, options={"path": "/a\r\nX-Evil: b"}),
    service("a path without a slash", FINE, EITHER, options={"path": "@evil.example/"}),
    service("a name that is a path", FINE, REFUSED, options={"service": "grafana/../../secrets"}),
    service("a namespace that is a path", FINE, REFUSED, options={"namespace": "tracing/secrets/login?x="}),
    service("a header with a line break", FINE, REFUSED, options={"headers": {"X-A": "b\r\nX-Evil: c"}}),
    service("a header whose name is none", FINE, REFUSED, options={"headers": {"X A:": "b"}}),
    service("a header that is null, and a number", FINE, EITHER, options={"headers": {"X-A": None, "X-B": 7}}),
    service(
        "headers that frame the request",
        FINE,
        EITHER,
        options={
            "headers": {
                "Transfer-Encoding": "chunked",
                "Content-Length": "5",
                "Host": "evil.example",
                "Connection": "Upgrade",
            }
        },
    ),
    service(
        "a service that plays the API server",
        as_json(
            {
                "kind": "Status",
                "status": "Failure",
                "code": 404,
                "reason": "NotFound",
                "message": f'services "grafana" not found {ESCAPES}',
            },
            404,
        ),
        REFUSED,
    ),
    service(
        "404 where it is right",
        as_json({"a": 1}, 404),
        OK,
        lambda result: result["status"] == 404,
        options={"status_code": [404]},
    ),
    service(
        "204 where it is right",
        Answer(b"", 204),
        OK,
        lambda result: result["content"] == "",
        options={"status_code": [204]},
    ),
    service(
        "an answer that repeats the cookie", lambda asked: text(f"bad {asked.headers.get('cookie')}", 500), REFUSED
    ),
]

# Objects of Kubernetes.


def cluster(
    module: str,
    name: str,
    ends: frozenset[Ends],
    right: Right = bool,
    nth: int = 0,
    options: Mapping[str, Any] | None = None,
    change: tuple[str, Change] | None = None,
    wrong: Callable[[Asked], bool] = lambda asked: ".." in asked.target,
    **objects: Any,
) -> Case:
    """These objects in place of the usual ones. ``wrong`` is what must never be asked."""
    arguments = usual(module, nth)[0]
    play: Play = KubernetesApi(None, **objects)
    api = Watched(instead(play, *change) if change else play)
    return row(
        module,
        name,
        lambda place: {**arguments(place), **(options or {})},
        {"api": api},
        ends,
        right=right,
        left=api.never(wrong),
    )


SET = f"{APPS}/statefulsets/tempo"
PODS = f"{NAMESPACE}/pods"
WAITING = {**STATEFUL_SET, "status": {**STATEFUL_SET["status"], "readyReplicas": 0}}
NO_COUNT = {**STATEFUL_SET, "spec": {"selector": {"matchLabels": {"app": "tempo"}}}}


def workloads(name: str, ends: frozenset[Ends], **more: Any) -> Case:
    return cluster("workloads_ready", name, ends, right=lambda result: result["satisfied"], **more)


def sets(**status: Any) -> dict[str, Any]:
    return {SET: {**STATEFUL_SET, "status": status}, f"{APPS}/statefulsets": listed({**STATEFUL_SET, "status": status})}


def pods(*items: Any) -> dict[str, Any]:
    return {SET: WAITING, f"{APPS}/statefulsets": listed(WAITING), PODS: {**listed(), "items": list(items)}}


WORKLOADS = [
    workloads("a count that is the default", OK, **{SET: NO_COUNT, f"{APPS}/statefulsets": listed(NO_COUNT)}),
    workloads("a status that is not there yet", REFUSED, **sets()),
    workloads(
        "a status that is null",
        REFUSED,
        **{SET: {**STATEFUL_SET, "status": None}, f"{APPS}/statefulsets": listed({**STATEFUL_SET, "status": None})},
    ),
    workloads("an old generation", REFUSED, **sets(**{**STATEFUL_SET["status"], "observedGeneration": 0})),
    workloads("ready pods that are true", REFUSED, **sets(**{**STATEFUL_SET["status"], "readyReplicas": True})),
    workloads("ready pods that are a text", REFUSED, **sets(**{**STATEFUL_SET["status"], "readyReplicas": "1"})),
    workloads("pods that are null", REFUSED, **{**pods(), PODS: {**listed(), "items": None}}),
    workloads("pods of nothing but null", REFUSED, **pods({"metadata": None, "spec": None, "status": None})),
    workloads(
        "a pod whose name is a path",
        REFUSED,
        **pods({**POD, "metadata": {**POD["metadata"], "name": "../secrets/login"}}),
    ),
    workloads(
        "a pod with states of null",
        REFUSED,
        **pods(
            {
                **POD,
                "status": {
                    "phase": None,
                    "conditions": None,
                    "containerStatuses": [{"name": None, "state": None, "lastState": None}, None],
                },
            }
        ),
    ),
    workloads(
        "a pod that says much",
        REFUSED,
        **pods(
            {
                **POD,
                "status": {
                    **POD["status"],
                    "containerStatuses": [
                        {
                            "name": ESCAPES,
                            "restartCount": 2**70,
                            "state": {"waiting": {"reason": ESCAPES, "message": f"{ESCAPES}{JINJA}" * 9999}},
                        }
                    ],
                },
            }
        ),
    ),
    workloads(
        "a log of 20 MB in one line",
        REFUSED,
        change=(f"{PODS}/tempo-0/log", lambda right, asked: Answer((ESCAPES.encode() + b"\xff") * 1_000_000)),
        **pods(POD),
    ),
    workloads(
        "events of no time",
        REFUSED,
        **pods(POD),
        **{
            f"{NAMESPACE}/events": listed(
                *(
                    {
                        "metadata": meta("e"),
                        "reason": ESCAPES,
                        "message": None,
                        "count": None,
                        "lastTimestamp": when,
                        "eventTime": when,
                        "involvedObject": None,
                    }
                    for when in ("10000-01-01T00:00:00Z", "yesterday", 7, None, "0001-01-01T00:00:00Z")
                )
            )
        },
    ),
]


def preflight(name: str, ends: frozenset[Ends] = OK, right: Right = bool, **more: Any) -> Case:
    return cluster("cluster_preflight", name, ends, right, **more)


def node(**status: Any) -> dict[str, Any]:
    return {NODES: listed({**NODE, "status": {**NODE["status"], **status}})}


def quota(used: Any, hard: Any) -> dict[str, Any]:
    return {
        f"{NAMESPACE}/resourcequotas": listed({**QUOTA, "spec": {"hard": hard}, "status": {"hard": hard, "used": used}})
    }


def reviewed(**status: Any) -> tuple[str, Change]:
    return REVIEWS, lambda right, asked: as_json(
        {"kind": "SelfSubjectAccessReview", "status": status}, 201, **{"Audit-Id": "1"}
    )


PREFLIGHT = [
    preflight(
        "a minor version with a plus",
        right=lambda result: result["server_version"]["minor"] == 31,
        **{"/version": {"major": "1", "minor": "31+", "gitVersion": f"v1.31.0-eks-1{ESCAPES}"}},
    ),
    preflight("a version of null", EITHER, **{"/version": {"major": None, "minor": None, "gitVersion": None}}),
    preflight("an older version", REFUSED, **{"/version": {"major": "1", "minor": "9", "gitVersion": "v1.9.0"}}),
    preflight("memory with a vast exponent", EITHER, **node(allocatable={"cpu": "4", "memory": "1e999999999"})),
    preflight(
        "processors with a vast exponent below zero",
        EITHER,
        **node(allocatable={"cpu": "1e-999999999", "memory": "8Gi"}),
    ),
    preflight("memory in hexadecimal and as NaN", EITHER, **node(allocatable={"cpu": "0x10", "memory": "NaN"})),
    preflight("a quota with a vast exponent", EITHER, **quota({"requests.cpu": "1"}, {"requests.cpu": "9e999999999"})),
    preflight("a quota with nothing used", **quota(None, {"requests.cpu": "4"})),
    preflight("a quota of null", EITHER, **quota(None, None)),
    preflight("memory in thousandths", **node(allocatable={"cpu": "4000m", "memory": "8589934592000m"})),
    preflight(
        "nodes without a status", EITHER, **{NODES: listed({"metadata": {"name": "n"}, "spec": {"taints": None}})}
    ),
    preflight("a review without an answer", REFUSED, change=reviewed()),
    preflight("a review that says true as a text", REFUSED, change=reviewed(allowed="true")),
    preflight("a review that says 1", REFUSED, change=reviewed(allowed=1)),
    preflight("labels of null", **{NAMESPACE: {"metadata": {"name": "tracing", "labels": None}, "status": None}}),
    preflight(
        "a namespace that goes away",
        REFUSED,
        **{
            NAMESPACE: {
                "metadata": {"name": "tracing", "deletionTimestamp": "2026-01-01T00:00:00Z"},
                "status": {"phase": "Terminating"},
            }
        },
    ),
    preflight(
        "addresses that are none",
        EITHER,
        lambda result: not {"0.0.0.0/0", "evil"} & set(result["api_server_addresses"]),
        **{
            SLICES: listed(
                {"endpoints": [{"addresses": ["0.0.0.0/0", "evil", "192.0.2.1"]}], "ports": [{"port": 6443}]}
            )
        },
    ),
    preflight(
        "slices of null",
        right=lambda result: result["api_server_addresses"] == [],
        **{SLICES: listed({"endpoints": None, "ports": None})},
    ),
    preflight("lists of null", EITHER, **{NODES: {**listed(), "items": None}, CLASSES: {**listed(), "items": None}}),
    preflight(
        "two default classes",
        EITHER,
        **{CLASSES: listed(CLASS, {**CLASS, "metadata": {**CLASS["metadata"], "name": ESCAPES}})},
    ),
    preflight(
        "pages of a list without an end",
        EITHER,
        change=(NODES, edit(lambda found: {**found, "metadata": {"continue": "more", "resourceVersion": "1"}})),
    ),
]
LOGIN_PAGE = f"{NAMESPACE}/secrets/login"
SECRETS = f"{NAMESPACE}/secrets"


def secret(name: str, ends: frozenset[Ends], right: Right = bool, **more: Any) -> Case:
    return cluster("generated_secret", name, ends, right, **more)


def refused(code: int, message: Callable[[Asked], str]) -> Change:
    return lambda right, asked: as_json(
        {
            "kind": "Status",
            "status": "Failure",
            "code": code,
            "reason": "Invalid",
            "message": message(asked),
            "details": {"causes": [{"message": message(asked), "field": "data"}]},
        },
        code,
        **{"Audit-Id": "1"},
    )


def meanwhile() -> Change:
    """At first there is no Secret, and when it is to be made somebody else has made it."""
    failure = {"kind": "Status", "status": "Failure", "details": {"kind": "secrets", "name": "login"}}
    missing = as_json({**failure, "code": 404, "reason": "NotFound"}, 404, **{"Audit-Id": "1"})
    there = as_json({**failure, "code": 409, "reason": "AlreadyExists"}, 409, **{"Audit-Id": "1"})
    first = at_first(missing)
    return lambda right, asked: there if asked.method == "POST" else first(right, asked)


OURS = {"app.kubernetes.io/managed-by": "tracelab.k8s_tracing", "app.kubernetes.io/instance": "tempo"}
SECRET_ROWS = [
    secret(
        "a Secret without data", REFUSED, **{LOGIN_PAGE: {"kind": "Secret", "metadata": meta("login"), "data": None}}
    ),
    secret(
        "values that are no base64",
        OK,
        lambda result: not result["created"],
        **{LOGIN_PAGE: {"kind": "Secret", "metadata": meta("login"), "data": {"admin-user": "%%%", "password": None}}},
    ),
    secret(
        "keys of Ansible and with escapes",
        OK,
        lambda result: "admin-user" in result["key_names"],
        **{
            LOGIN_PAGE: {
                "kind": "Secret",
                "metadata": meta("login"),
                "data": {**LOGIN, "__ansible_type": "eA==", ESCAPES: ""},
            }
        },
    ),
    secret(
        "a Secret that came meanwhile",
        OK,
        lambda result: not result["created"],
        change=(SECRETS, meanwhile()),
    ),
    secret(
        "422 that repeats what was posted",
        REFUSED,
        nth=1,
        change=(f"POST {SECRETS}", refused(422, lambda asked: f"invalid: {asked.body.decode()}")),
    ),
    secret(
        "500 that repeats what was posted, as text",
        REFUSED,
        nth=1,
        change=(
            f"POST {SECRETS}",
            lambda right, asked: Answer(
                b"internal error: "
                + asked.body
                + base64.b64decode(next(iter(json.loads(asked.body).get("data", {}).values()), ""))
                + token(asked).encode(),
                500,
            ),
        ),
    ),
    secret(
        "the answer to a creation is another Secret",
        EITHER,
        nth=1,
        change=(
            f"POST {SECRETS}",
            edit(lambda made: {**made, "metadata": {"name": "other", "namespace": "kube-system"}, "data": None}),
        ),
    ),
    secret("a name that is a path", REFUSED, options={"name": "../configmaps/x"}),
    secret(
        "a foreign Secret that is to go",
        OK,
        lambda result: result["kept"] and result["exists"],
        options={"state": "absent", "data": {}, "generate": [], "required_keys": []},
        wrong=lambda asked: asked.method == "DELETE",
        **{LOGIN_PAGE: {"kind": "Secret", "metadata": meta("login", labels=None), "data": LOGIN}},
    ),
]
MAPS = f"{NAMESPACE}/configmaps"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/tracing/networkpolicies"


def objects(name: str, ends: frozenset[Ends], **more: Any) -> Case:
    return cluster("release_objects", name, ends, wrong=lambda asked: asked.method == "DELETE", **more)


def policy(**metadata: Any) -> dict[str, Any]:
    return {POLICIES: listed({"kind": "NetworkPolicy", "metadata": {**meta("old"), **metadata}, "spec": {}})}


OBJECTS = [
    objects(
        "an object of another release, which was not asked for",
        EITHER,
        **policy(labels={**OURS, "app.kubernetes.io/instance": "other"}),
    ),
    objects("an object without labels, which was not asked for", EITHER, **policy(labels=None)),
    objects("an object of another namespace", EITHER, **policy(labels=OURS, namespace="kube-system")),
    objects(
        "an object whose name is a path", EITHER, **policy(labels=OURS, name="../../../../../api/v1/namespaces/tracing")
    ),
    objects("an object whose name is null", EITHER, **policy(labels=OURS, name=None)),
    objects("a list of null", OK, **{POLICIES: {**listed(), "items": None}, MAPS: {**listed(), "items": None}}),
    objects(
        "pages without an end",
        EITHER,
        change=(
            f"GET {POLICIES}",
            edit(lambda found: {**found, "metadata": {"continue": "more", "resourceVersion": "1"}}),
        ),
    ),
]

# Kubeconfigs, by way of the module that needs nothing but one.


def config(
    name: str,
    ends: frozenset[Ends],
    make: Callable[[Place, dict[str, Any]], Any],
    listener: str = "tls",
    right: Right = lambda result: result["status"] == 200,
    **more: Any,
) -> Case:
    """``make`` changes the content of the right file, or returns the path of another one."""

    def arguments(place: Place) -> Mapping[str, Any]:
        path = Path(place.kubeconfig(listener))
        held = json.loads(path.read_text())
        made = make(place, held)
        if not isinstance(made, str):
            path.write_text(json.dumps(held))
        elsewhere = made if isinstance(made, str) else str(path)
        return {"kubeconfig": elsewhere, "request_timeout": place.seconds, "service": "grafana", "service_port": 80}

    return row(
        "service_uri",
        f"kubeconfig: {name}",
        arguments,
        {"api": KubernetesApi({"grafana": lambda asked: FINE})},
        ends,
        right=right,
        **more,
    )


def user(**fields: Any) -> Callable[[Place, dict[str, Any]], None]:
    def make(place: Place, held: dict[str, Any]) -> None:
        told = json.loads(json.dumps(fields).replace("SECRET", place.secret).replace("FOLDER", str(place.folder)))
        held["users"][0]["user"] = told

    return make


def server(**fields: Any) -> Callable[[Place, dict[str, Any]], None]:
    def make(place: Place, held: dict[str, Any]) -> None:
        told = json.loads(json.dumps(fields).replace("SECRET", place.secret).replace("FOLDER", str(place.folder)))
        held["clusters"][0]["cluster"].update(told)

    return make


def top(**fields: Any) -> Callable[[Place, dict[str, Any]], None]:
    return lambda place, held: held.update(fields)


def program(script: str, **more: Any) -> Callable[[Place, dict[str, Any]], None]:
    def make(place: Place, held: dict[str, Any]) -> None:
        path = place.write("plugin", f"#!/bin/sh\n{script.replace('SECRET', place.secret)}\n")
        os.chmod(path, 0o755)
        plugin = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": path, **more}
        held["users"][0]["user"] = {"exec": plugin}

    return make


CREDENTIAL = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":%s}'


def silent(path: Path) -> str:
    """A pipe that says nothing for a while to whoever reads it, and then ends."""
    os.mkfifo(path)

    def serve() -> None:
        until = time.monotonic() + 900
        while time.monotonic() < until:
            try:
                writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.2)
                continue
            time.sleep(8)
            os.close(writer)

    threading.Thread(target=serve, daemon=True).start()
    return str(path)


def vast(path: Path) -> str:
    with path.open("wb") as file:
        file.truncate(400 * 1024**2)
    return str(path)


def relative(place: Place, held: dict[str, Any]) -> None:
    place.write("ca.crt", place.ca.read_bytes())
    held["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"


def token_file(text: bytes) -> Callable[[Place, dict[str, Any]], None]:
    def make(place: Place, held: dict[str, Any]) -> None:
        held["users"][0]["user"] = {"tokenFile": place.write("token", text.replace(b"SECRET", place.secret.encode()))}

    return make


CONFIGS = [
    config("as it should be", OK, lambda place, held: None),
    config("a path relative to it", OK, relative),
    config(
        "numbers as names",
        EITHER,
        top(**{"current-context": 1, "contexts": [{"name": 1, "context": {"cluster": "one", "user": "one"}}]}),
    ),
    config(
        "no check of certificates, as the text false",
        REFUSED,
        server(**{"insecure-skip-tls-verify": "false"}),
        "self-signed",
    ),
    config("no check of certificates, as 1", REFUSED, server(**{"insecure-skip-tls-verify": 1}), "self-signed"),
    config("a token with a line break", EITHER, user(token="SECRET\n")),
    config("a token with a header behind it", REFUSED, user(token="SECRET\r\nX-Evil: a")),
    config("a token that is a number", EITHER, user(token=7)),
    config("a token file with a line break", OK, token_file(b"SECRET\n")),
    config("a token file that is no text", REFUSED, token_file(b"SECRET\xff\xfe\0")),
    config("a token file that is a folder", REFUSED, user(tokenFile="FOLDER")),
    config(
        "a token file that says nothing for long",
        REFUSED,
        lambda place, held: held["users"][0].update(user={"tokenFile": silent(place.folder / "pipe")}),
    ),
    config("a file that says nothing for long", REFUSED, lambda place, held: silent(place.folder / "pipe")),
    config("a file of 400 MB", REFUSED, lambda place, held: vast(place.folder / "vast")),
    config("a folder", REFUSED, lambda place, held: str(place.folder)),
    config(
        "a byte order mark",
        EITHER,
        lambda place, held: place.write("marked", b"\xef\xbb\xbf" + (place.folder / "kubeconfig").read_bytes()),
    ),
    config(
        "a login in the server's address",
        EITHER,
        lambda place, held: held["clusters"][0]["cluster"].update(
            server=held["clusters"][0]["cluster"]["server"].replace("://", f"://user:{place.secret}@")
        ),
    ),
    config(
        "a proxy with a login that is not there", REFUSED, server(**{"proxy-url": "http://user:SECRET@127.0.0.1:1"})
    ),
    config("a proxy that is a file", REFUSED, server(**{"proxy-url": "file:///etc/passwd#SECRET"})),
    config("a server that is a file", REFUSED, server(server="file:///etc/passwd")),
    config("a certificate in garbage", REFUSED, server(**{"certificate-authority-data": "SECRET%%%"})),
    config("a key in garbage", REFUSED, user(**{"client-certificate-data": "c2VjcmV0", "client-key-data": "SECRET=="})),
    config("a cluster that is null", REFUSED, top(clusters=[{"name": "one", "cluster": None}])),
    config("lists that are objects", REFUSED, top(users={"one": {}}, contexts={"one": {}})),
    config("a program that says escapes", REFUSED, program(f"printf '%s SECRET' '{ESCAPES}' >&2; exit 1")),
    config("a program that waits", REFUSED, program("exec sleep 20")),
    config("a program that leaves a child behind", REFUSED, program("sleep 20 & exit 1")),
    config("a program without end", REFUSED, program("yes SECRET | head -c 300000000")),
    config("a program with no token", REFUSED, program("echo '" + CREDENTIAL % "{}" + "'")),
    config(
        "a program with a token that is a list", REFUSED, program("echo '" + CREDENTIAL % '{"token":["SECRET"]}' + "'")
    ),
    config(
        "a program with a token and a line break",
        EITHER,
        program("echo '" + CREDENTIAL % '{"token":"SECRET\\n"}' + "'"),
    ),
    config(
        "a program with a right token, that is over",
        EITHER,
        program("echo '" + CREDENTIAL % '{"token":"SECRET","expirationTimestamp":"0001-01-01T00:00:00Z"}' + "'"),
    ),
    config(
        "a program whose environment is no text",
        EITHER,
        program(
            "echo '" + CREDENTIAL % '{"token":"SECRET"}' + "'",
            env=[{"name": "A", "value": 7}, {"name": None, "value": None}],
            args=[7],
        ),
    ),
]


def plan(
    name: str,
    ends: frozenset[Ends],
    right: Right = bool,
    records: Any = None,
    files: Mapping[str, Any] | None = None,
    **values: Any,
) -> Case:
    """A release ``tempo`` and a chart in a folder."""

    def arguments(place: Place) -> Mapping[str, Any]:
        chart = {
            "Chart.yaml": "apiVersion: v2\nname: small\nversion: 1.0.0\n",
            "values.yaml": "a: 1\n",
            "templates/x.yaml": "",
        }
        for path, held in {**chart, **(files or {})}.items():
            if callable(held):
                target = place.folder / "chart" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                held(target)
            else:
                place.write(
                    f"chart/{path}", held.replace("TRAP", f"{TRAP.url}/{place.id}") if isinstance(held, str) else held
                )
        wanted = json.loads(json.dumps(values or {"a": 1}).replace("SECRET", place.secret))
        return {
            "kubeconfig": place.kubeconfig(),
            "request_timeout": place.seconds,
            "release_name": "tempo",
            "chart_ref": str(place.folder / "chart"),
            "values": wanted,
            "user_values": wanted,
        }

    more = {} if records is None else {SECRETS: records}
    return row("helm_release_plan", name, arguments, {"api": KubernetesApi(None, **more)}, ends, right=right)


def without_secrets(held: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {**held, "data": data}


PLANS = [
    plan(
        "revisions nine and ten",
        OK,
        lambda result: result["revision"] == 10,
        listed(record("tempo", 10), record("tempo", 9)),
    ),
    plan(
        "releases that were not asked for",
        OK,
        lambda result: result["revision"] == 1,
        listed(record("tempo", 1), record("tempo-two", 9), record("other", 7)),
    ),
    plan("a record without a chart", EITHER, records=listed(record("tempo", 1, chart=None))),
    plan(
        "a record of nothing but null",
        EITHER,
        records=listed(
            record(
                "tempo",
                1,
                chart={"metadata": None, "templates": None, "values": None},
                info=None,
                config=None,
                manifest=None,
            )
        ),
    ),
    plan("a record of another revision inside", EITHER, records=listed(record("tempo", 1, version=99))),
    plan(
        "a record of another release inside",
        EITHER,
        records=listed({**record("tempo", 1), "data": record("evil", 1)["data"]}),
    ),
    plan("a record with no content", EITHER, records=listed(without_secrets(record("tempo", 1), release=None))),
    plan("a record that is no base64", EITHER, records=listed(without_secrets(record("tempo", 1), release="%%%"))),
    plan(
        "a record without labels",
        EITHER,
        records=listed({**record("tempo", 1), "metadata": meta("sh.helm.release.v1.tempo.v1")}),
    ),
    plan("records that are null", OK, lambda result: result["action"] == "install", {**listed(), "items": None}),
    plan(
        "a manifest of aliases",
        EITHER,
        records=listed(
            record(
                "tempo",
                1,
                manifest="a: &a [x, x]\n"
                + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9))
                + "---\n!!python/name:os.system\n",
            )
        ),
    ),
    plan(
        "values of Ansible's in a record",
        OK,
        lambda result: result["action"] == "upgrade",
        listed(record("tempo", 1, config={"__ansible_type": "x", "a": {ESCAPES: 1}})),
    ),
    plan("a secret among the values", OK, files={"values.yaml": "password: ''\n"}, password="SECRET"),
    plan("a secret in a key that the chart does not know", REFUSED, passwort="SECRET"),
    plan("values with aliases without end", EITHER, files={"values.yaml": "a: &a [*a]\n"}),
    plan(
        "values with a bomb of aliases",
        EITHER,
        files={
            "values.yaml": "a: &a0 [x]\n"
            + "".join(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
        },
        b=1,
    ),
    # Which keys such a schema knows can't be told, so that none is refused; it is not fetched.
    plan("a schema that is elsewhere", EITHER, files={"values.schema.json": '{"$ref": "TRAP/schema.json"}'}, b=1),
    plan(
        "a schema of itself",
        EITHER,
        files={"values.schema.json": '{"properties": {"a": {"$ref": "#"}}, "allOf": [{"$ref": "#"}]}'},
        b=1,
    ),
    plan(
        "a template that is long to read",
        REFUSED,
        files={"templates/x.yaml": "{{ .Values." + "a." * 500_000 + " " * 100_000},
        b=1,
    ),
    plan("a template that says nothing for long", EITHER, files={"templates/pipe.yaml": silent}),
    plan(
        "a template that is a link to itself",
        EITHER,
        files={"templates/link.yaml": lambda path: path.symlink_to(path.name)},
    ),
    plan(
        "a template that leads out", EITHER, files={"templates/link.yaml": lambda path: path.symlink_to("/etc/passwd")}
    ),
    plan(
        "a name twice in Chart.yaml",
        EITHER,
        files={"Chart.yaml": "apiVersion: v2\nname: small\nname: other\nversion: 1.0.0\n"},
    ),
    plan("a version that is a number", EITHER, files={"Chart.yaml": "apiVersion: v2\nname: small\nversion: 1.0\n"}),
    plan("a chart that is null", REFUSED, files={"Chart.yaml": "null\n"}),
]

CASES = [*BOARDS, *GRAFANA, *CONTENT, *SERVICES, *WORKLOADS, *PREFLIGHT, *SECRET_ROWS, *OBJECTS, *CONFIGS, *PLANS]
