# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load that the generator puts on: the rate at each moment, and the same as k6 takes it.

Here alone a profile becomes rates. The scripts only read the result, so that every engine keeps the same rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite

PROFILES = ("steady", "ramp", "burst", "soak")
# k6 takes whole numbers only: a rate by the hour is exact enough for one trace in an hour.
UNIT_SECONDS = 3600
# An endless run is k6 started again and again: it keeps some 250 bytes of each trace in memory until it ends.
# With bursts, a day of them would be a large ConfigMap.
ENDLESS_SECONDS = 24 * 3600
MOST_TRACES = 500_000
MOST_BURSTS = 1000
# A container that has run for ten minutes is started again without a growing delay.
LEAST_ENDLESS_SECONDS = 11 * 60
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smh])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Stage:
    """A piece of the run in which the rate goes evenly from one value to another (traces a second)."""

    seconds: int
    start: float
    end: float


@dataclass(frozen=True)
class Load:
    """The settings of a profile, as numbers."""

    profile: str
    rate: float
    peak: float
    seconds: int
    endless: bool
    ramp: int
    every: int
    burst: int

    @property
    def highest(self) -> float:
        return self.peak if self.profile in ("ramp", "burst") else self.rate


def compile_load(given: Mapping[str, Any]) -> dict[str, Any]:
    """``problems`` (lines for people); without any, also the length of the run and the options for k6."""
    problems = list(_field_problems(given))
    if problems:
        return {"problems": problems}
    load = read(given)
    problems = list(_problems(load, float(given["max_rate"])))
    if problems:
        return {"problems": problems}
    parts = stages(load)
    seconds = sum(part.seconds for part in parts)
    return {
        "problems": [],
        "endless": load.endless,
        "seconds": seconds,
        "rate": sum(part.seconds * (part.start + part.end) / 2 for part in parts) / seconds,
        "options": {"scenarios": {"traces": scenario(parts, int(given["instances"]))}},
    }


def duration_seconds(text: Any) -> int | None:
    found = _DURATION.match(str(text))
    return int(found[1]) * _SECONDS[found[2]] if found else None


def _field_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """Each setting by itself."""
    if given["profile"] not in PROFILES:
        yield _wrong(given, "profile", f"use {', '.join(PROFILES[:-1])} or {PROFILES[-1]}.")
    for name in ("rate", "peak_rate", "max_rate"):
        if (finite(given[name]) or 0) <= 0:
            yield _wrong(given, name, "give a number of traces a second above 0.")
    if given["duration"] != "endless" and duration_seconds(given["duration"]) is None:
        yield _wrong(given, "duration", "give a number with s, m or h (30s, 10m), or endless.")
    for name in ("ramp_duration", "burst_every", "burst_duration"):
        if duration_seconds(given[name]) is None:
            yield _wrong(given, name, "give a number with s, m or h (30s, 10m).")
    if (finite(given["instances"]) or 0) not in range(1, 101):
        yield _wrong(given, "instances", "give a whole number from 1 to 100.")


def _wrong(given: Mapping[str, Any], name: str, fix: str) -> str:
    return f"k6_trace_generator_{name} is '{given[name]}': {fix}"


def read(given: Mapping[str, Any]) -> Load:
    load = Load(
        profile=str(given["profile"]),
        rate=float(given["rate"]),
        peak=float(given["peak_rate"]),
        seconds=duration_seconds(given["duration"]) or 0,
        endless=given["duration"] == "endless",
        ramp=duration_seconds(given["ramp_duration"]) or 0,
        every=duration_seconds(given["burst_every"]) or 0,
        burst=duration_seconds(given["burst_duration"]) or 0,
    )
    return replace(load, seconds=_until_restart(load, int(given["instances"]))) if load.endless else load


def _until_restart(load: Load, instances: int) -> int:
    """Seconds after which the k6 of an endless run ends and is started again."""
    if load.profile == "burst":
        return min(ENDLESS_SECONDS, load.every * MOST_BURSTS)
    by_memory = int(MOST_TRACES * instances / load.highest)
    return min(ENDLESS_SECONDS, max(by_memory, LEAST_ENDLESS_SECONDS, 2 * load.ramp))


def _problems(load: Load, most: float) -> Iterator[str]:
    """What does not go together."""
    name = "k6_trace_generator_"
    if load.profile in ("ramp", "burst") and load.peak < load.rate:
        yield f"{name}peak_rate is {load.peak:g}, less than {name}rate ({load.rate:g}): give a higher peak."
    elif load.highest > most:
        setting = "rate" if load.highest == load.rate else "peak_rate"
        yield (
            f"{name}{setting} is {load.highest:g} traces a second, above {name}max_rate ({most:g}): lower it, or raise "
            f"{name}max_rate if the cluster and Tempo can take that."
        )
    if load.profile in ("ramp", "soak") and load.seconds < 2 * load.ramp:
        yield (
            f"{name}ramp_duration is {load.ramp} s, and up and down don't fit into {name}duration ({load.seconds} s): "
            "shorten the one or lengthen the other."
        )
    if load.profile != "burst":
        return
    if load.burst >= load.every:
        yield (
            f"{name}burst_duration is {load.burst} s, but a burst begins {name}burst_every {load.every} s: "
            "give shorter bursts, or more time between them."
        )
    elif load.seconds < load.every:
        yield (
            f"{name}duration is {load.seconds} s, and no burst falls into it: give at least {name}burst_every "
            f"({load.every} s)."
        )
    elif load.seconds > MOST_BURSTS * load.every:
        yield (
            f"{name}burst_every is {load.every} s, which makes more than {MOST_BURSTS} bursts: give longer ones, or a "
            f"shorter {name}duration."
        )


def stages(load: Load) -> list[Stage]:
    """The whole run, piece by piece."""
    if load.profile == "ramp":
        return _up_and_down(load, load.rate, load.peak)
    if load.profile == "soak":
        return _up_and_down(load, 0, load.rate)
    if load.profile == "burst":
        return list(_bursts(load))
    return [Stage(load.seconds, load.rate, load.rate)]


def _up_and_down(load: Load, low: float, high: float) -> list[Stage]:
    """An endless run has no end to go down to."""
    down = 0 if load.endless else load.ramp
    parts = [Stage(load.ramp, low, high), Stage(load.seconds - load.ramp - down, high, high), Stage(down, high, low)]
    return [part for part in parts if part.seconds]


def _bursts(load: Load) -> Iterator[Stage]:
    left = load.seconds
    while left > 0:
        for seconds, rate in ((load.every - load.burst, load.rate), (load.burst, load.peak)):
            if left > 0:
                yield Stage(min(seconds, left), rate, rate)
            left -= seconds


def scenario(parts: list[Stage], instances: int) -> dict[str, Any]:
    """For k6, of one of several generators that share the rate. A jump is a stage that takes no time."""
    highest = max(max(part.start, part.end) for part in parts) / instances
    common = {
        "timeUnit": f"{UNIT_SECONDS}s",
        # Enough that k6 need not make one while it sends: a trace that comes too late for that is dropped.
        "preAllocatedVUs": max(5, ceil(highest / 10)),
        "maxVUs": max(10, ceil(highest * 2)),
        "gracefulStop": "10s",
    }
    if len(parts) == 1 and parts[0].start == parts[0].end:
        rate, seconds = _whole(parts[0].start, instances), f"{parts[0].seconds}s"
        return {"executor": "constant-arrival-rate", "rate": rate, "duration": seconds, **common}
    steps: list[dict[str, Any]] = []
    now = parts[0].start
    for part in parts:
        if part.start != now:
            steps.append({"duration": "0s", "target": _whole(part.start, instances)})
        steps.append({"duration": f"{part.seconds}s", "target": _whole(part.end, instances)})
        now = part.end
    first = _whole(parts[0].start, instances)
    return {"executor": "ramping-arrival-rate", "startRate": first, "stages": steps, **common}


def _whole(rate: float, instances: int) -> int:
    return max(1, round(rate * UNIT_SECONDS / instances)) if rate else 0
