# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzz every target, guided by coverage: ``fuzz.py [--seconds N] [--jobs N] [TARGET...]``.

The seconds are shared among the targets. Each is a process of its own; what fails is kept in `tests/fuzz/corpus`, where
it becomes a row that the unit tests read as well. Ends with a table, and with 1 when anything failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins"
# No input of this size takes a parser a second; one that takes so long is a finding too.
INPUT_SECONDS = 10
INPUT_BYTES = 512
MEMORY_MIB = 1024


@dataclass(frozen=True)
class Ran:
    name: str
    inputs: int
    seconds: int
    coverage: int
    failed: str


def install() -> None:
    """The collection under its full name, and this folder's modules."""
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    _AnsibleCollectionFinder(paths=[str(ROOT / ".collections")])._install()
    sys.path[:0] = [str(HERE), str(ROOT / "tests" / "unit" / "plugins")]


def fuzz_one(name: str, arguments: list[str]) -> None:
    """In this process, which ends with it."""
    import atheris

    install()
    from targets import TARGETS

    _instrument(atheris)
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


def _instrument(atheris: object) -> None:
    """This collection's own functions alone: what the standard library does is not of interest."""
    import gc
    import types

    for function in [one for one in gc.get_objects() if isinstance(one, types.FunctionType)]:
        if (function.__module__ or "").startswith(PREFIX):
            atheris.instrument_func(function)  # type: ignore[attr-defined]


def run(name: str, seconds: float) -> Ran:
    corpus = HERE / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as found:
        options = {
            "max_total_time": max(1, round(seconds)),
            "timeout": INPUT_SECONDS,
            "rss_limit_mb": MEMORY_MIB,
            "max_len": INPUT_BYTES,
            "len_control": 0,
            "print_final_stats": 1,
            "artifact_prefix": f"{corpus}/",
        }
        command = [sys.executable, __file__, "--one", name]
        command += [f"-{option}={value}" for option, value in options.items()] + [found, str(corpus)]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
    told = done.stdout + done.stderr
    failed = "" if done.returncode == 0 else _failure(told)
    if not any(corpus.iterdir()):
        corpus.rmdir()
    elapsed = re.search(r"Done \d+ runs in (\d+) second", told)
    covered = re.findall(r"cov: (\d+)", told)
    inputs = int((re.findall(r"stat::number_of_executed_units: (\d+)", told) or ["0"])[-1])
    return Ran(name, inputs, int(elapsed[1]) if elapsed else 0, int(covered[-1]) if covered else 0, failed)


def _failure(told: str) -> str:
    start = told.find("Uncaught Python exception")
    return told[start:][:3000] if start >= 0 else told[-3000:]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS") or 60))
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("targets", nargs="*")
    given = options.parse_args()
    install()
    from targets import TARGETS

    unknown = sorted(set(given.targets) - set(TARGETS))
    if unknown:
        options.error(f"there is no target {', '.join(unknown)}: use {', '.join(TARGETS)}")
    names = given.targets or list(TARGETS)
    share = given.seconds * given.jobs / len(names)
    print(f"{'target':<24} {'inputs':>9} {'seconds':>8} {'coverage':>9}  crashes")
    ran = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for one in pool.map(lambda name: run(name, share), names):
            ran.append(one)
            crashes = int(bool(one.failed))
            print(f"{one.name:<24} {one.inputs:>9} {one.seconds:>8} {one.coverage:>9}  {crashes}", flush=True)
    print(f"{'together':<24} {sum(one.inputs for one in ran):>9} {sum(one.seconds for one in ran):>8}")
    for one in ran:
        if one.failed:
            print(f"\n== {one.name}\n{one.failed}")
    return int(any(one.failed for one in ran))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fuzz_one(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
