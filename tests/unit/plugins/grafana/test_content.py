# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data sources, a folder and dashboards of a Grafana: what differs is changed, once, and no secret is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.content import CONTENT_ARGUMENTS, Content
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._grafana.session import Client
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from fakes import FakeTime

DEFAULTS = {name: spec.get("default") for name, spec in CONTENT_ARGUMENTS.items()}
SOURCE = {"name": "Tempo", "uid": "tempo", "type": "tempo", "url": "http://tempo:3200"}
SECRET = {**SOURCE, "secureJsonData": {"password": "hunter2-hunter2"}}
FOLDER = {"uid": "tracing", "title": "Tracing"}
BOARD = {"uid": "one", "title": "One", "version": 3, "panels": [{"title": "Rate"}]}
EVERYTHING = {"datasources": [SECRET], "folder": FOLDER, "dashboards": [BOARD]}


class Grafana:
    """Holds what it is given, as Grafana does: secrets are not given back, versions are counted."""

    def __init__(self) -> None:
        self.sources: dict[str, dict[str, Any]] = {}
        self.folders: dict[str, dict[str, Any]] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        # An answer in place of the right one, by method and the beginning of the path.
        self.instead: dict[tuple[str, str], Response] = {}

    def send(
        self, path: str, headers: Mapping[str, str], body: bytes | None, *, timeout: float, method: str = ""
    ) -> Response:
        how = method or "GET"
        assert headers["Cookie"] == "session=1"
        for (verb, start), answer in self.instead.items():
            if verb == how and path.startswith(start):
                return answer
        if how != "GET":
            self.sent.append((how, path))
            self.bodies.append(body and json.loads(body))
        place, _, uid = path.rpartition("/")
        return self._answer(how, path, place, uid, body and json.loads(body))

    def _answer(self, how: str, path: str, place: str, uid: str, body: Any) -> Response:
        held = {"/api/datasources/uid": self.sources, "/api/folders": self.folders, "/api/dashboards/uid": self.boards}
        if how == "GET":
            found = held[place].get(uid)
            shown = {"dashboard": found} if place.startswith("/api/dashboards") else found
            return response(200, shown) if found else response(404, {"message": "not found"})
        if how == "DELETE":
            return response(200, held[place].pop(uid))
        if path == "/api/dashboards/db":
            self.boards[body["dashboard"]["uid"]] = {**body["dashboard"], "id": 7, "version": 1}
        elif path == "/api/folders":
            self.folders[body["uid"]] = body
        else:
            self._keep(body)
        return response(200, {})

    def _keep(self, body: dict[str, Any]) -> None:
        secrets = dict.fromkeys(body.pop("secureJsonData", {}), True)
        before = self.sources.get(body["uid"], {})
        version = before.get("version", 0) + 1
        stored = {**before.get("secureJsonFields", {}), **secrets}
        self.sources[body["uid"]] = {**body, "id": 1, "version": version, "secureJsonFields": stored}


def response(status: int, content: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(content).encode())


def content(grafana: Grafana, **given: Any) -> Content:
    client = Client(grafana, {"Cookie": "session=1"})  # type: ignore[arg-type]  # it sends, as both transports do
    return Content({**DEFAULTS, **given}, client, FakeTime().clock)


def ensure(grafana: Grafana, *, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    result = content(grafana, **given).run(check_mode=check_mode, with_diff=True)
    assert "hunter2" not in json.dumps(result)
    return result


def test_everything_is_created_once() -> None:
    grafana = Grafana()
    first = ensure(grafana, **EVERYTHING)
    assert first["changed"] is True
    assert first["changes"] == ["create data source tempo", "create folder Tracing", "create dashboard one"]
    assert grafana.sent == [("POST", "/api/datasources"), ("POST", "/api/folders"), ("POST", "/api/dashboards/db")]
    assert grafana.bodies[0] == {**SECRET, "access": "proxy", "isDefault": False}
    assert grafana.bodies[2] == {"dashboard": {**BOARD, "id": None}, "folderUid": "tracing", "overwrite": True}
    again = ensure(grafana, **EVERYTHING)
    assert again == {"changed": False, "changes": [], "diff": []}
    assert len(grafana.sent) == 3


def test_check_mode_says_the_same_and_changes_nothing() -> None:
    grafana = Grafana()
    planned = ensure(grafana, check_mode=True, **EVERYTHING)
    assert grafana.sent == []
    assert planned == ensure(grafana, **EVERYTHING)
    assert ensure(grafana, check_mode=True, **EVERYTHING)["changed"] is False


def test_what_differs_is_updated() -> None:
    grafana = Grafana()
    ensure(grafana, **EVERYTHING)
    source, board = {**SECRET, "url": "http://other"}, {**BOARD, "title": "Two", "version": 9}
    changed = ensure(grafana, **{**EVERYTHING, "datasources": [source], "dashboards": [board]})
    assert changed["changes"] == ["update data source tempo", "update dashboard one"]
    assert grafana.sent[3:] == [("PUT", "/api/datasources/uid/tempo"), ("POST", "/api/dashboards/db")]
    assert grafana.bodies[3]["version"] == 1
    before, after = json.loads(changed["diff"][0]["before"]), json.loads(changed["diff"][0]["after"])
    assert (before["url"], after["url"]) == ("http://tempo:3200", "http://other")
    assert before["secrets"] == after["secrets"] == ["password"]
    assert changed["diff"][1]["before_header"] == "dashboard one"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"secureJsonData": {"password": "another-password"}}, False),
        ({"secureJsonData": {"password": "x", "token": "y"}}, True),
        ({"isDefault": True}, True),
        ({"jsonData": {"nodeGraph": {"enabled": True}}}, True),
    ],
)
def test_a_data_source_differs(changed: Mapping[str, Any], expected: bool) -> None:
    grafana = Grafana()
    ensure(grafana, datasources=[SECRET])
    assert ensure(grafana, datasources=[{**SECRET, **changed}])["changed"] is expected


def test_a_secret_that_is_not_mentioned_is_kept() -> None:
    grafana = Grafana()
    ensure(grafana, datasources=[SECRET])
    assert ensure(grafana, datasources=[SOURCE])["changed"] is False


def test_a_version_alone_is_no_difference() -> None:
    grafana = Grafana()
    ensure(grafana, dashboards=[BOARD])
    assert ensure(grafana, dashboards=[{**BOARD, "version": 99}])["changed"] is False


def test_all_but_the_folder_is_removed() -> None:
    grafana = Grafana()
    ensure(grafana, **EVERYTHING)
    assert ensure(grafana, check_mode=True, state="absent", **EVERYTHING)["changed"] is True
    assert len(grafana.boards) == 1
    removed = ensure(grafana, state="absent", **EVERYTHING)
    assert removed["changes"] == ["remove data source tempo", "remove dashboard one"]
    assert removed["diff"][1]["after"] == "" and "Rate" in removed["diff"][1]["before"]
    assert (grafana.sources, grafana.boards, list(grafana.folders)) == ({}, {}, ["tracing"])
    assert ensure(grafana, state="absent", **EVERYTHING)["changed"] is False


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_data_source_from_files_is_left_alone(state: str) -> None:
    grafana = Grafana()
    grafana.sources["tempo"] = {**SOURCE, "url": "http://another", "readOnly": True}
    assert ensure(grafana, datasources=[SOURCE], state=state)["changed"] is False


def test_a_data_source_of_another_type_is_refused() -> None:
    grafana = Grafana()
    grafana.sources["tempo"] = {**SOURCE, "type": "jaeger"}
    with pytest.raises(TracingError, match="has a data source tempo of type jaeger already") as caught:
        ensure(grafana, datasources=[SOURCE], dashboards=[BOARD])
    assert caught.value.kind == "invalid_option" and grafana.sent == []


def test_a_folder_that_is_there_keeps_its_title() -> None:
    grafana = Grafana()
    grafana.folders["tracing"] = {"uid": "tracing", "title": "Ours"}
    assert ensure(grafana, folder=FOLDER)["changed"] is False


def test_dashboards_without_a_folder() -> None:
    grafana = Grafana()
    ensure(grafana, dashboards=[BOARD])
    assert "folderUid" not in grafana.bodies[0]


@pytest.mark.parametrize(
    ("start", "fix"),
    [
        ("/api/datasources", "must be an administrator's"),
        ("/api/folders", "must be an editor's"),
        ("/api/dashboards", "must be an editor's"),
    ],
)
def test_what_may_not_be_read_ends_before_any_change(start: str, fix: str) -> None:
    grafana = Grafana()
    grafana.instead[("GET", start)] = response(403, {"message": "no"})
    with pytest.raises(TracingError, match="Grafana answered 403 to a question for ") as caught:
        ensure(grafana, **EVERYTHING)
    assert fix in caught.value.fix and grafana.sent == []


def test_a_change_that_is_refused_tells_what_was_done() -> None:
    grafana = Grafana()
    grafana.instead[("POST", "/api/dashboards")] = response(412, {"message": "The dashboard is provisioned"})
    work = content(grafana, **EVERYTHING)
    with pytest.raises(TracingError) as caught:
        work.run(check_mode=False, with_diff=True)
    expected = "Grafana refused to create dashboard one: The dashboard is provisioned (status 412)."
    assert caught.value.message == expected and caught.value.status == 412
    assert work.partial() == {"changed": True, "changes": ["create data source tempo", "create folder Tracing"]}


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null"])
def test_an_answer_that_is_no_grafanas(body: bytes) -> None:
    grafana = Grafana()
    grafana.instead[("GET", "/api/datasources")] = Response(200, {}, body)
    with pytest.raises(TracingError, match="is no Grafana"):
        ensure(grafana, datasources=[SOURCE])


@pytest.mark.parametrize("found", [{}, {"type": "tempo", "secureJsonFields": [1]}])
def test_an_answer_of_another_form(found: Any) -> None:
    grafana = Grafana()
    grafana.instead[("GET", "/api/datasources")] = response(200, found)
    with pytest.raises(TracingError, match="not in the format of Grafana"):
        ensure(grafana, datasources=[SOURCE])


def test_a_refusal_without_words() -> None:
    grafana = Grafana()
    grafana.instead[("POST", "/api/datasources")] = Response(502, {}, b"bad gateway")
    with pytest.raises(TracingError, match=r"create data source tempo: bad gateway \(status 502\)\.") as caught:
        ensure(grafana, datasources=[SOURCE])
    assert caught.value.retryable is True


def test_it_waits_for_a_grafana_that_starts() -> None:
    class Starting(Grafana):
        left = 3

        def send(self, *given: Any, **more: Any) -> Response:
            Starting.left -= 1
            return super().send(*given, **more) if Starting.left < 0 else response(503, {"message": "starting"})

    assert ensure(Starting(), datasources=[SOURCE])["changed"] is True


@pytest.mark.parametrize("timeout", [0.0, 5.0])
def test_it_does_not_wait_for_ever(timeout: float) -> None:
    grafana = Grafana()
    grafana.instead[("GET", "/")] = response(503, {"message": "starting"})
    with pytest.raises(TracingError, match="Grafana answered 503"):
        ensure(grafana, datasources=[SOURCE], timeout=timeout)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"datasources": [{"name": "a", "uid": "b"}]}, "datasources lacks name, uid or type"),
        ({"datasources": [{"name": "a", "uid": "", "type": "c"}]}, "datasources lacks name, uid or type"),
        ({"datasources": [{"name": "a", "uid": 5, "type": "c"}]}, "datasources lacks name, uid or type"),
        ({"datasources": [{**SOURCE, "secureJsonData": "x"}]}, "secureJsonData of tempo is no dictionary"),
        ({"dashboards": [{"title": "One"}]}, "dashboards lacks uid"),
        ({"timeout": -1.0}, "timeout"),
        ({"poll_interval": 0.0}, "poll_interval"),
    ],
)
def test_options_that_cannot_be_right(given: Mapping[str, Any], message: str) -> None:
    with pytest.raises(TracingError, match=message):
        content(Grafana(), **given)


@pytest.mark.parametrize("uid", [".", ".."])
@pytest.mark.parametrize("given", [{"datasources": [SOURCE]}, {"folder": FOLDER}, {"dashboards": [BOARD]}])
def test_a_uid_that_leads_elsewhere_is_asked_for_nowhere(given: dict[str, Any], uid: str) -> None:
    grafana = Grafana()
    other = {key: [{**one, "uid": uid} for one in value] if isinstance(value, list) else {**value, "uid": uid}
             for key, value in given.items()}  # fmt: skip
    with pytest.raises(TracingError, match="leads to another place"):
        ensure(grafana, **other)
    assert grafana.sent == []


def test_a_uid_stays_one_part_of_the_path() -> None:
    grafana = Grafana()
    ensure(grafana, datasources=[{**SOURCE, "uid": "a"}])
    asked: list[str] = []
    original = grafana.send
    grafana.send = lambda path, *given, **more: (asked.append(path), original(path, *given, **more))[1]  # type: ignore[method-assign]
    ensure(grafana, datasources=[{**SOURCE, "uid": "../a?b"}])
    assert asked[0] == "/api/datasources/uid/..%2Fa%3Fb"
