# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one tempo_ingestion_check costs above the HTTP requests it makes, and whether that grows with what is stored.

Beside it, what a contract of 50 cases costs, and what 50 single checks do.

Run: make bench-check. One Tempo on loopback is filled, and in one run are measured in turn: the check in process, the
same requests bare, the check as a task, and ansible.builtin.uri with the same search as a task. Prints medians as
Markdown; judges nothing.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

from conftest import Tempo
from loopback import ROOT
from test_tempo import group, shop_and_cart, span

STORED = (10_000, 200_000)
ROUNDS = 30
TASKS = 20
SPANS_A_TRACE = 10
TRACES_A_POST = 200


def fill(tempo: Tempo, spans: int) -> None:
    for _ in range(0, spans, SPANS_A_TRACE * TRACES_A_POST):
        made = []
        for _ in range(TRACES_A_POST):
            trace_id = uuid.uuid4().hex
            made += [span(trace_id, number, number - 1) for number in range(1, SPANS_A_TRACE + 1)]
        tempo.send([group("filler", "filler", made)])


class Recorder:
    """A transport that keeps what was asked, so that the same can be asked bare."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.where = inner.where
        self.asked: list[tuple[str, Any]] = []

    def get(self, path: str, params: Any = (), *, timeout: float) -> Any:
        self.asked.append((path, params))
        return self._inner.get(path, params, timeout=timeout)


def in_process(tempo: Tempo, run_id: str) -> tuple[float, float, int]:
    """Median milliseconds of a check and of its own part, pair by pair, and how many requests it makes."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check import options as check_options
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.check import Check
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport import options as _options

    arguments = {**_options.CONNECTION_ARGUMENTS, **check_options.CHECK_ARGUMENTS}
    params = {name: spec.get("default") for name, spec in arguments.items()}
    params |= {"url": tempo.url, "run_id": run_id, "min_traces": 5, "timeout": 30.0, "diagnose": False}
    checks, bare, asked = [], [], 0
    for _ in range(ROUNDS):
        recorder = Recorder(_options.transports(params)[0])
        begin = time.perf_counter()
        result = Check(check_options.check_settings(params, time.time()), recorder, None).run()
        checks.append(time.perf_counter() - begin)
        assert result["satisfied"], result["msg"]
        asked = len(recorder.asked)
        plain = _options.transports(params)[0]
        begin = time.perf_counter()
        for path, query in recorder.asked:
            plain.get(path, query, timeout=30)
        bare.append(time.perf_counter() - begin)
    own = [whole - part for whole, part in zip(checks, bare, strict=True)]
    return statistics.median(checks) * 1000, statistics.median(own) * 1000, asked


def as_task(task: str, folder: Path) -> float:
    """Seconds of a playbook that runs one task so many times."""
    play = folder / "play.yml"
    play.write_text(f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{task * TASKS}")
    command = [sys.executable, "-m", "ansible", "playbook", "-e", f"ansible_python_interpreter={sys.executable}", play]
    begin = time.perf_counter()
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begin


def test_cost_of_a_check(tempo: Tempo, tmp_path: Path) -> None:
    run_id = uuid.uuid4().hex
    for _ in range(5):
        shop_and_cart(tempo, run_id)
    print("\n| spans stored | check in process | above its bare requests | requests |\n|---|---|---|---|")
    stored = 0
    for wanted in STORED:
        fill(tempo, wanted - stored)
        stored = wanted
        time.sleep(15)  # until all of it is cut to blocks
        check, own, count = in_process(tempo, run_id)
        print(f"| {stored} | {check:.1f} ms | {own:.1f} ms | {count} |", flush=True)
    check_task = (
        f"    - tracelab.k8s_tracing.tempo_ingestion_check:\n        url: {tempo.url}\n        run_id: {run_id}\n"
        "        min_traces: 5\n        diagnose: false\n"
    )
    # The same search, which is most of the time that either takes.
    query = urllib.parse.quote(f'{{ resource.tracing.run.id = "{run_id}" }}')
    now = int(time.time())
    search = f"{tempo.url}/api/search?q={query}&limit=10000&start={now - 900}&end={now + 900}"
    uri_task = f"    - ansible.builtin.uri:\n        url: {search}\n"
    pairs = [(as_task(check_task, tmp_path) / TASKS, as_task(uri_task, tmp_path) / TASKS) for _ in range(5)]
    check, uri = (statistics.median(column) for column in zip(*pairs, strict=True))
    above = statistics.median(a - b for a, b in pairs)
    print(f"\nas a task: check {check:.3f} s, ansible.builtin.uri {uri:.3f} s, above {above:.3f} s")


CASES = 50


def processor_seconds(tasks: str, folder: Path) -> float:
    """What a playbook of these tasks takes of a processor, Ansible's own part in it."""
    play = folder / "play.yml"
    play.write_text(f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{tasks}")
    command = [sys.executable, "-m", "ansible", "playbook", "-e", f"ansible_python_interpreter={sys.executable}", play]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_cost_of_a_contract(tempo: Tempo, tmp_path: Path) -> None:
    run_id = uuid.uuid4().hex
    for _ in range(5):
        shop_and_cart(tempo, run_id)
    fill(tempo, 10_000 * SPANS_A_TRACE)
    time.sleep(35)  # until it is in blocks, and whole
    demands = {"services": ["shop", "cart"], "calls": ["shop -> cart"]}
    cases = [{"name": f"case {number}", **demands} for number in range(CASES)]
    find = {"resource": {"tracing.run.id": run_id}}
    contract = tmp_path / "contract.json"
    contract.write_text(json.dumps({"version": 1, "find": find, "cases": cases}))
    checked = tempo.run("trace_contract_check", src=str(contract))
    assert checked["verdict"] == "proven", checked["msg"]
    _check, _own, single = in_process(tempo, run_id)
    contract_task = f"    - tracelab.k8s_tracing.trace_contract_check: {{url: '{tempo.url}', src: '{contract}'}}\n"
    check_task = (
        f"    - tracelab.k8s_tracing.tempo_ingestion_check: {{url: '{tempo.url}', run_id: {run_id},"
        " services: [shop, cart], expect_edges: [shop -> cart], diagnose: false}\n"
    )
    one, many = processor_seconds(contract_task, tmp_path), processor_seconds(check_task * CASES, tmp_path)
    print("\n| | requests to Tempo | seconds of a processor |\n|---|---|---|")
    print(f"| a contract of {CASES} cases | {checked['tempo_requests']} | {one:.1f} |")
    print(f"| {CASES} single checks | {single * CASES} | {many:.1f} |")
