# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of the pipeline's counters, and the account between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import at_least, more_than_zero
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock, Deadline, poll

from .account import is_settled, make_account
from .counters import (
    PipelineSample,
    read_pipeline,
    sample_from_dict,
)
from .diagnosis import diagnose
from .generators import read_generators

SNAPSHOT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "baseline": {"type": "dict"},
    "generated_spans": {"type": "int"},
    "stored_spans": {"type": "int"},
    "settle_timeout": {"type": "float", "default": 0.0},
    "poll_interval": {"type": "float", "default": 1.0},
}


@dataclass(frozen=True)
class SnapshotSettings:
    baseline: PipelineSample | None
    generated_spans: int | None
    stored_spans: int | None
    settle_timeout: float
    poll_interval: float
    request_timeout: float


def snapshot_settings(params: Mapping[str, Any]) -> SnapshotSettings:
    at_least(params["settle_timeout"], 0, "settle_timeout")
    more_than_zero(params["poll_interval"], "poll_interval")
    for option in ("generated_spans", "stored_spans"):
        at_least(params[option], 0, option)
    return SnapshotSettings(
        baseline=sample_from_dict(params["baseline"]) if params["baseline"] is not None else None,
        generated_spans=params["generated_spans"],
        stored_spans=params["stored_spans"],
        settle_timeout=params["settle_timeout"],
        poll_interval=params["poll_interval"],
        request_timeout=params["request_timeout"],
    )


def take(
    settings: SnapshotSettings,
    tempo: Transport,
    alloy: Transport | None,
    clock: Clock | None = None,
    generators: Sequence[tuple[str, Transport]] = (),
) -> dict[str, Any]:
    """A snapshot; with a baseline also what happened since, and with a time to settle a quiet one."""
    clock = clock or Clock()
    earlier: list[PipelineSample] = []

    def read() -> PipelineSample:
        now = clock.wall()
        counted = read_generators(generators, now, lambda: settings.request_timeout) if generators else None
        sample = read_pipeline(now, alloy, tempo, lambda: settings.request_timeout)
        return replace(sample, generators=counted, took=round(clock.wall() - now, 3))

    def look() -> tuple[bool, PipelineSample]:
        sample = read()
        quiet = bool(earlier) and is_settled(earlier[-1], sample)
        earlier.append(sample)
        return quiet, sample

    deadline = Deadline(settings.settle_timeout, clock)
    outcome = poll(look, deadline, settings.poll_interval, clock, once=settings.settle_timeout == 0)
    sample = earlier[-1]
    result = {
        "snapshot": sample.to_dict(),
        "settled": outcome.done if settings.settle_timeout else None,
        "elapsed_seconds": round(deadline.elapsed(), 3),
        "account": None,
        "diagnosis": None,
    }
    if settings.baseline is not None:
        account = make_account(
            settings.baseline, sample, generated=settings.generated_spans, stored=settings.stored_spans
        )
        result["account"] = account.to_dict()
        result["diagnosis"] = diagnose(account, sample).to_dict()
    return result
