# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All cases in one run of ansible-playbook: a play for each module, a host for each case."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_environment import ansible_environment
from cases import TRAP, Case, Place
from certificates import Certificates
from fake_server import Answer, Asked, Wire, serving

COLLECTION = "tracelab.k8s_tracing"
FORKS = 6
MOST_SECONDS = 1800
_ID = re.compile(r"c\d{4}\b")
# Lines of -vvv that say about whom the following ones are.
_ABOUT = re.compile(r"(?:<|(?:ok|changed|fatal|failed|skipping): \[|\[(?:ERROR|WARNING)\]: .{0,200})(?P<id>c\d{4})\b")


@dataclass
class Seen:
    """What became of one case."""

    result: Mapping[str, Any] | None = None
    failed: bool = False
    # From standard output and error: the lines about this case.
    printed: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    trapped: list[Asked] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    # For a processor that others had.
    waited: float = 0.0
    processor: float = 0.0
    bytes: int = 0
    # What is wrong with what it left behind.
    left: str = ""


@dataclass
class Run:
    seen: Mapping[str, Seen]
    # The whole output of -vvv.
    printed: str
    # What the run took, and of it the modules alone.
    processor: float
    of_modules: float

    @property
    def start(self) -> float:
        """Seconds from the begin of a module's process to its first request, of which one in ten takes more."""
        starts = sorted(min(ask.at for ask in one.asked) - one.began for one in self.seen.values() if one.asked)
        return starts[len(starts) * 9 // 10] if starts else 1.0


def run(cases: Sequence[Case], folder: Path) -> Run:
    seen: dict[str, Seen] = defaultdict(Seen)
    with ExitStack() as stack:
        listeners, ca = stack.enter_context(_listeners(cases, seen, folder))
        python = stack.enter_context(_warm_python(folder / "python"))
        places = {case.id: Place(case.id, folder / case.id, listeners, ca, case.seconds) for case in cases}
        hosts = {case.id: _host(case, places[case.id]) for case in cases}
        before = _processor()
        printed = _ansible(cases, hosts, python, folder)
        processor = _processor() - before
    _read_results(folder / "results.jsonl", seen)
    _read_costs(folder / "python" / "used.jsonl", seen)
    _attribute(printed, seen)
    for case in cases:
        seen[case.id].left = case.left(places[case.id]) if case.left else ""
    of_modules = sum(one.processor for one in seen.values())
    return Run(seen, printed, processor + of_modules, of_modules)


def _host(case: Case, place: Place) -> dict[str, Any]:
    place.folder.mkdir(parents=True)
    return dict(case.arguments(place))


@contextmanager
def _listeners(cases: Sequence[Case], seen: dict[str, Seen], folder: Path) -> Iterator[tuple[Mapping[str, str], Path]]:
    """One server for all cases in clear, one for each kind of certificate, and the trap."""
    by_id = {case.id: case for case in cases}

    def play(asked: Asked) -> Answer | Wire:
        """``/c0001/tempo/api/search`` is /api/search of Tempo in case c0001."""
        _empty, case_id, server, *_rest = [*asked.target.split("/", 3), "", ""]
        if case_id not in by_id:
            return _by_name(asked)
        inner = replace(asked, target=asked.target.removeprefix(f"/{case_id}/{server}") or "/")
        seen[case_id].asked.append(inner)
        return by_id[case_id].plays[server](inner)

    def _by_name(asked: Asked) -> Answer | Wire:
        """A registry has no path of its own: the names in it tell the case."""
        found = _ID.search(asked.target)
        if not found or found[0] not in by_id or "registry" not in by_id[found[0]].plays:
            return Answer(b"no such case", 404)
        seen[found[0]].asked.append(asked)
        return by_id[found[0]].plays["registry"](asked)

    def trap(asked: Asked) -> Answer:
        TRAP.asked.append(asked)
        return Answer(b"{}", 200, {"Content-Type": "application/json"})

    certificates = Certificates(folder / "certificates")
    with ExitStack() as stack:
        plain = stack.enter_context(serving(play))
        found = {"plain": plain.url, "plain as https": plain.url.replace("http:", "https:")}
        for name in certificates.NAMES:
            found[name] = stack.enter_context(serving(play, certificates.context(name))).url
        found["tls as http"] = found["tls"].replace("https:", "http:")
        TRAP.url, TRAP.asked = stack.enter_context(serving(trap)).url, []
        yield found, certificates.ca


@contextmanager
def _warm_python(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    program = Path(__file__).with_name("warm_python.py")
    process = subprocess.Popen([sys.executable, str(program), str(folder)])
    python, until = folder / "python", time.monotonic() + 60
    try:
        while not python.exists():
            assert process.poll() is None and time.monotonic() < until, "the interpreter for modules does not start"
            time.sleep(0.05)
        yield python
    finally:
        process.terminate()
        process.wait()


def _ansible(cases: Sequence[Case], hosts: Mapping[str, Mapping[str, Any]], python: Path, folder: Path) -> str:
    by_module: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_module[case.module].append(case)
    inventory = {
        "all": {
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": str(python)},
            "hosts": {name: {"hostile_arguments": arguments} for name, arguments in hosts.items()},
            "children": {
                f"of_{module}": {"hosts": {case.id: {} for case in _slow_first(group)}}
                for module, group in by_module.items()
            },
        }
    }
    plays = [_play(module) for module in by_module]
    (folder / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "plays.json").write_text(json.dumps(plays), encoding="utf-8")
    own = {
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "ANSIBLE_FORKS": str(FORKS),
        "KUBECONFIG": str(folder / "none"),
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "-i", "inventory.json", "plays.json"],
        cwd=folder,
        env=ansible_environment(folder, folder / "results.jsonl", own),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=MOST_SECONDS,
        check=False,
    )
    return done.stdout.decode("utf-8", "surrogateescape")


def _slow_first(cases: Sequence[Case]) -> list[Case]:
    """Those that wait begin early, beside those that work."""
    return sorted(cases, key=lambda case: case.seconds, reverse=True)


def _play(module: str) -> dict[str, Any]:
    task = {
        "name": f"Run {module}",
        f"{COLLECTION}.{module}": "{{ hostile_arguments }}",
        "environment": {"HOSTILE_CASE": "{{ inventory_hostname }}"},
        "ignore_errors": True,
    }
    return {
        "name": f"Cases of {module}",
        "hosts": f"of_{module}",
        "strategy": "free",
        "gather_facts": False,
        "tasks": [task],
    }


def _read_results(log: Path, seen: dict[str, Seen]) -> None:
    for line in log.read_text("utf-8").splitlines() if log.exists() else []:
        row = json.loads(line)
        if "host" in row:
            one = seen[row["host"]]
            one.result, one.failed = row["result"], row["failed"] or row["ignored"]


def _read_costs(log: Path, seen: dict[str, Seen]) -> None:
    for line in log.read_text("utf-8").splitlines() if log.exists() else []:
        row = json.loads(line)
        one = seen[row["case"]]
        one.began, one.ended, one.waited = row["began"], row["ended"], row["waited"]
        one.processor, one.bytes = row["processor"], row["bytes"]


def _attribute(printed: str, seen: dict[str, Seen]) -> None:
    """Output of several cases is mixed by whole messages, each of which names its case at its beginning."""
    about = ""
    for line in printed.splitlines():
        found = _ABOUT.search(line[:400])
        about = found["id"] if found else about
        if about:
            seen[about].printed.append(line)
    for asked in TRAP.asked:
        named = _ID.search(f"{asked.target} {asked.headers}")
        seen[named[0] if named else "c0000"].trapped.append(asked)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime + sum(os.times()[:2])
