# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a case is: a module, the servers and files that it meets, and how it has to end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from fake_server import Answer, Asked, Play, Wire

# Part of every token, password and header that modules get. It must not be in anything that is printed.
SECRET = "S3CR3T"
# What one request may take, and what a module may wait in all; short, since some servers never answer.
SECONDS = 2.0
# The same for right answers, which must come whatever else this machine does.
PATIENCE = 30.0


class Ends(Enum):
    """How a case may end. Only the last one is no failure."""

    # One error with its kind, or a message that says what could not be seen. A verdict says the same.
    REFUSED = "refused"
    # What was demanded was looked for and is not there.
    UNMET = "unmet"
    OK = "ok"


REFUSED = frozenset({Ends.REFUSED})
UNMET = frozenset({Ends.UNMET})
OK = frozenset({Ends.OK})
# Where the answer is odd but its content is right, both will do.
EITHER = OK | REFUSED


@dataclass(frozen=True)
class Place:
    """What a case is given: addresses, a folder of its own, and a secret that it must keep."""

    id: str
    folder: Path
    listeners: Mapping[str, str]
    ca: Path
    # For request_timeout and timeout.
    seconds: float = SECONDS

    @property
    def secret(self) -> str:
        return f"{SECRET}{self.id}"

    def url(self, server: str, listener: str = "plain") -> str:
        """The address of one of the case's servers, below which its paths begin."""
        return f"{self.listeners[listener]}/{self.id}/{server}"

    def host(self, listener: str = "plain") -> str:
        """Host and port alone, for what takes no path."""
        return self.listeners[listener].rpartition("/")[2]

    def kubeconfig(self, listener: str = "tls", server: str = "api", **user: Any) -> str:
        path = self.folder / "kubeconfig"
        cluster = {"server": self.url(server, listener), "certificate-authority": str(self.ca)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
            "clusters": [{"name": "one", "cluster": cluster}],
            "users": [{"name": "one", "user": user or {"token": self.secret}}],
        }
        return self.write("kubeconfig", json.dumps(content)) if not path.exists() else str(path)

    def write(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


Arguments = Callable[[Place], Mapping[str, Any]]
Right = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Case:
    module: str
    name: str
    arguments: Arguments
    plays: Mapping[str, Play]
    ends: frozenset[Ends]
    # What the module is told to wait at most, and what it may take beyond that, as its documentation says.
    seconds: float = SECONDS
    beyond: float = 0.0
    # What the result of a success has to hold, and whatever it was, what must not be found in its place.
    right: Right | None = None
    left: Callable[[Place], str] | None = None
    # Why it is not part of every run.
    nightly: str = ""
    id: str = ""

    def __str__(self) -> str:
        return f"{self.module}-{self.name}".replace(" ", "_")


@dataclass
class Trap:
    """Another server, which nobody may be led to. ``asked`` is what came all the same."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


TRAP = Trap()

# Makes a hostile answer out of the right one.
Change = Callable[[Answer, Asked], Answer | Wire]


@dataclass(frozen=True)
class Row:
    """One hostile answer, whatever module it meets."""

    kind: str
    name: str
    change: Change
    # Where a module may take it as well as the right answer.
    harmless: bool = False


@dataclass
class Pages:
    """A server: what it answers below each path. The longest path that fits counts."""

    pages: Mapping[str, Answer | Callable[[Asked], Answer | Wire]] = field(default_factory=dict)
    otherwise: Callable[[Asked], Answer | Wire] = lambda asked: text("404 page not found\n", 404)

    def __call__(self, asked: Asked) -> Answer | Wire:
        fitting = [path for path in self.pages if asked.path == path or asked.path.startswith(f"{path.rstrip('/')}/")]
        if not fitting:
            return self.otherwise(asked)
        page = self.pages[max(fitting, key=len)]
        return page if isinstance(page, Answer) else page(asked)


def instead(play: Play, path: str, change: Change) -> Play:
    """The same server, but for what it answers at one path and below, by any method or as in ``POST /login``."""
    method, _space, top = path.rpartition(" ")

    def hostile(asked: Asked) -> Answer | Wire:
        right = play(asked)
        below = asked.path == top or asked.path.startswith(f"{top.rstrip('/')}/")
        changed = below and method in ("", asked.method)
        return change(right, asked) if changed and isinstance(right, Answer) else right

    return hostile


def as_json(content: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(content).encode(), status, {"Content-Type": "application/json", **headers})


def text(content: str, status: int = 200) -> Answer:
    return Answer(content.encode(), status, {"Content-Type": "text/plain; charset=utf-8"})


def as_yaml(content: Any) -> Answer:
    return text(yaml.safe_dump(content))
