# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a size is asked for: read from what people give, and refused with the fix when it can't be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite

from .figures import figure

MODES = ("auto", "monolithic", "distributed")
BACKENDS = ("auto", "local", "s3", "gcs", "azure")
_TIME = re.compile(r"(?:[1-9][0-9]{0,5}[wdhms])+\Z", re.ASCII)
_PIECE = re.compile(r"([0-9]+)([wdhms])")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
MB = 1_000_000


@dataclass(frozen=True)
class Load:
    """The traffic and the wishes that come with it. Rates are in MB/s."""

    spans: float
    span_bytes: float
    peak_factor: float
    retention: int
    mode: str
    backend: str
    replicas: int
    replication: int
    operations: int

    @property
    def peak_spans(self) -> float:
        return self.spans * self.peak_factor

    @property
    def rate(self) -> float:
        return self.spans * self.span_bytes / MB

    @property
    def peak(self) -> float:
        return self.rate * self.peak_factor


def defaults() -> dict[str, Any]:
    """All inputs with their defaults; the rate alone has none."""
    return {
        "spans_per_second": None,
        "span_bytes": figure("span_bytes"),
        "peak_factor": figure("peak_factor"),
        "retention": "48h",
        "mode": "auto",
        "storage_backend": "auto",
        "replicas": 2,
        "replication": int(figure("kafka_replication")),
        "operations": int(figure("operations")),
    }


def read(given: Mapping[str, Any]) -> Load:
    """``ValueError`` names the input that is wrong, and the fix."""
    usual = defaults()
    for name in given:
        if name not in usual:
            raise ValueError(f"there is no input {name!r}: use {', '.join(usual)}")
    asked = {**usual, **given}
    return Load(
        spans=_number(asked, "spans_per_second", 1e-3, figure("most_spans")),
        span_bytes=_number(asked, "span_bytes", 1, 1_000_000),
        peak_factor=_number(asked, "peak_factor", 1, 100),
        retention=_duration(asked, "retention"),
        mode=_choice(asked, "mode", MODES),
        backend=_choice(asked, "storage_backend", BACKENDS),
        replicas=_whole(asked, "replicas", 1, 100),
        replication=_whole(asked, "replication", 1, 10),
        operations=_whole(asked, "operations", 1, 1_000_000),
    )


def _wrong(asked: Mapping[str, Any], name: str, fix: str) -> ValueError:
    value = asked[name]
    return ValueError(f"{name} is {'missing' if value is None else repr(value)}: {fix}")


def _number(asked: Mapping[str, Any], name: str, least: float, most: float) -> float:
    wrong = _wrong(asked, name, f"give a number from {least:g} to {most:.10g}")
    value = asked[name]
    number = finite(value)
    if number is None or not least <= number <= most:
        raise wrong
    return number


def _whole(asked: Mapping[str, Any], name: str, least: int, most: int) -> int:
    number = _number(asked, name, least, most)
    if number != int(number):
        raise _wrong(asked, name, f"give a whole number from {least} to {most}")
    return int(number)


def _choice(asked: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = asked[name]
    if not isinstance(value, str) or value not in choices:
        raise _wrong(asked, name, f"use {', '.join(choices[:-1])} or {choices[-1]}")
    return str(value)


def _duration(asked: Mapping[str, Any], name: str) -> int:
    text = asked[name]
    if not isinstance(text, str) or not _TIME.match(text):
        raise _wrong(asked, name, "give a length of time with w, d, h, m or s, such as 48h, 7d or 1h30m")
    return sum(int(count) * _SECONDS[unit] for count, unit in _PIECE.findall(text))
