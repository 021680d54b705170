# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data sources, a folder and dashboards of a Grafana that somebody else runs: what differs is changed through its API.

Everything is read before anything is changed. Values of secrets can't be read back: one that changed is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import diff_of
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import (
    SHOWN_CHARACTERS,
    says,
    wrong_status,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .session import GRAFANA_ARGUMENTS, Client, asker, json_in, uid_in_path, understood

CONTENT_ARGUMENTS: dict[str, dict[str, Any]] = {
    **GRAFANA_ARGUMENTS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "datasources": {"type": "list", "elements": "dict", "default": [], "no_log": True},
    "folder": {
        "type": "dict",
        "options": {"uid": {"type": "str", "required": True}, "title": {"type": "str", "required": True}},
    },
    "dashboards": {"type": "list", "elements": "dict", "default": []},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 2.0},
}
# What Grafana itself assumes when nothing is said.
_DATASOURCE_DEFAULTS = {"access": "proxy", "isDefault": False}
_SECRETS = "secureJsonData"
_EDITOR = "Correct the login, which must be an editor's."
_ADMINISTRATOR = "Correct the address or the login, which must be an administrator's."

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One request that changes something, with what it is about for people: never the value of a secret."""

    action: str
    what: str
    method: str
    path: str
    fix: str
    body: Any = None
    before: Entry | None = None
    after: Entry | None = None

    def to_diff(self) -> dict[str, str]:
        return diff_of(self.what, self.before, self.after)


class Content:
    def __init__(self, params: Mapping[str, Any], client: Client, clock: Clock | None = None) -> None:
        at_least(params["timeout"], 0, "timeout")
        more_than_zero(params["poll_interval"], "poll_interval")
        self._params = params
        self._client = client
        self._clock = clock or Clock()
        self._present = params["state"] == "present"
        self._datasources = [_datasource(given) for given in params["datasources"]]
        self._dashboards = [_dashboard(given) for given in params["dashboards"]]
        self._done: list[Change] = []

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Content:
        return cls(params, asker(params))

    def run(self, *, check_mode: bool, with_diff: bool) -> dict[str, Any]:
        planned = self._plan()
        for change in planned:
            if not check_mode:
                self._apply(change)
            self._done.append(change)
        return {**self.partial(), **({"diff": [change.to_diff() for change in planned]} if with_diff else {})}

    def partial(self) -> dict[str, Any]:
        """What has been changed so far."""
        return {
            "changed": self._done != [],
            "changes": [f"{change.action} {change.what}" for change in self._done],
        }

    def _plan(self) -> list[Change]:
        """What differs, once Grafana answers."""
        timeout = self._params["timeout"]
        deadline = Deadline(timeout or self._params["request_timeout"], self._clock)
        interval = self._params["poll_interval"]
        outcome = poll(
            lambda: (True, understood(lambda: list(self._differences()))),
            deadline,
            interval,
            self._clock,
            once=timeout == 0,
        )
        if outcome.value is None:
            raise outcome.last_error or TracingError("no_answer", "Grafana does not answer.", "Check the address.")
        return outcome.value

    def _differences(self) -> Iterator[Change]:
        for source in self._datasources:
            yield from self._of_datasource(source)
        if self._present and self._params["folder"]:
            yield from self._of_folder(self._params["folder"])
        for dashboard in self._dashboards:
            yield from self._of_dashboard(dashboard)

    def _of_datasource(self, wanted: Entry) -> Iterator[Change]:
        uid = wanted["uid"]
        path, what = _path("/api/datasources/uid", uid), f"data source {uid}"
        found = self._read(path, what, _ADMINISTRATOR)
        if found is not None and _named(found, "type") != wanted["type"]:
            raise invalid(
                f"Grafana has a data source {uid} of type {found['type'][:SHOWN_CHARACTERS]} already, and the wanted "
                f"one is of type {wanted['type']}.",
                "Give that one another uid.",
            )
        # One from Grafana's own files can't be changed here, and is taken as it is.
        if found is not None and found.get("readOnly"):
            return
        before = None if found is None else _shown_source(found, wanted)
        if not self._present:
            if found is not None:
                yield Change("remove", what, "DELETE", path, _ADMINISTRATOR, before=before)
        elif found is None:
            after = _shown_source(wanted, wanted)
            yield Change("create", what, "POST", "/api/datasources", _ADMINISTRATOR, wanted, after=after)
        elif before != (after := _shown_source(wanted, wanted, found)):
            version = {"version": found["version"]} if "version" in found else {}
            yield Change("update", what, "PUT", path, _ADMINISTRATOR, {**version, **wanted}, before, after)

    def _of_folder(self, folder: Entry) -> Iterator[Change]:
        """One that is there stays as it is: others may have named it."""
        what = f"folder {folder['title']}"
        if self._read(_path("/api/folders", folder["uid"]), what, _EDITOR) is None:
            yield Change("create", what, "POST", "/api/folders", _EDITOR, dict(folder), after=folder)

    def _of_dashboard(self, wanted: Entry) -> Iterator[Change]:
        path, what = _path("/api/dashboards/uid", wanted["uid"]), f"dashboard {wanted['uid']}"
        answer = self._read(path, what, _EDITOR)
        # Grafana counts versions itself, and adds an id.
        after = {key: value for key, value in wanted.items() if key != "version"}
        before = None if answer is None else _shown(answer["dashboard"], after)
        if before is not None:
            _named(before, "uid")
        if not self._present:
            if answer is not None:
                yield Change("remove", what, "DELETE", path, _EDITOR, before=before)
        elif before != after:
            folder = {"folderUid": self._params["folder"]["uid"]} if self._params["folder"] else {}
            body = {"dashboard": {**wanted, "id": None}, **folder, "overwrite": True}
            action = "create" if answer is None else "update"
            yield Change(action, what, "POST", "/api/dashboards/db", _EDITOR, body, before, after)

    def _read(self, path: str, what: str, fix: str) -> dict[str, Any] | None:
        """What Grafana has; nothing where it says that there is none."""
        answer = self._client(path, self._params["request_timeout"])
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise wrong_status("Grafana", f"a question for {what}", answer, fix)
        content = json_in(answer, path)
        if not isinstance(content, dict):
            raise invalid(f"What answers to {path} is no Grafana.", "Check url or service.")
        return content

    def _apply(self, change: Change) -> None:
        answer = self._client.change(change.method, change.path, change.body, self._params["request_timeout"])
        if answer.status != 200 or answer.is_page:
            raise TracingError(
                "refused",
                f"Grafana refused to {change.action} {change.what}: {_message(answer)}",
                change.fix,
                retryable=answer.status >= 500,
                status=answer.status,
            )


def _datasource(given: Entry) -> dict[str, Any]:
    if any(not isinstance(given.get(key), str) or not given[key] for key in ("name", "uid", "type")):
        raise invalid("An entry of datasources lacks name, uid or type.", "Give all three as texts.")
    secrets = given.get(_SECRETS) or {}
    if not isinstance(secrets, Mapping):
        raise invalid(f"In datasources, {_SECRETS} of {given['uid']} is no dictionary.", "Give secrets by their keys.")
    for secret in secrets.values():
        SENT.add(str(secret))
    return {**_DATASOURCE_DEFAULTS, **given}


def _dashboard(given: Entry) -> Entry:
    if not isinstance(given.get("uid"), str) or not given["uid"]:
        raise invalid("An entry of dashboards lacks uid.", "Give it as a text; it never changes.")
    return given


def _path(folder: str, uid: str) -> str:
    try:
        return f"{folder}/{uid_in_path(uid)}"
    except ValueError as error:
        raise invalid(f"The uid '{uid}' leads to another place of Grafana's API.", "Give it another uid.") from error


def _shown(found: Entry, wanted: Entry) -> dict[str, Any]:
    """What Grafana adds by itself is left out."""
    if not isinstance(found, Mapping):
        raise TypeError("no object")
    return {key: found[key] for key in wanted if key in found}


def _named(found: Entry, key: str) -> str:
    """What Grafana always says of a thing."""
    if not isinstance(found[key], str):
        raise TypeError("no text")
    return str(found[key])


def _shown_source(source: Entry, wanted: Entry, found: Entry | None = None) -> dict[str, Any]:
    """What can be compared and shown. Of secrets, that is whether there is one of that name."""
    plain = {key: value for key, value in _shown(source, wanted).items() if key != _SECRETS}
    fields = {**(source.get("secureJsonFields") or {}), **((found or {}).get("secureJsonFields") or {})}
    stored = {key for key, is_set in fields.items() if is_set}
    return {**plain, "secrets": sorted(stored | set(source.get(_SECRETS) or {}))}


def _message(answer: Response) -> str:
    """Grafana's own words, where it has some."""
    try:
        content = parse_json(answer.body)
    except (ValueError, TracingError):
        content = None
    message = content.get("message") if isinstance(content, dict) else None
    return f"{message if isinstance(message, str) and message else says(answer)} (status {answer.status})."
