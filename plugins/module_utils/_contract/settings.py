# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of a contract is told, and the way to Tempo that counts what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    Params,
    Response,
    Transport,
)

from .model import Contract


@dataclass(frozen=True)
class Settings:
    """``start`` is a Unix time; the others are seconds. ``trace_ids`` stand in the place of a search."""

    contract: Contract
    start: int
    trace_ids: tuple[str, ...] = ()
    timeout: float = 60.0
    poll_interval: float = 1.0
    settle: float = 6.0
    request_timeout: float = 10.0
    check_mode: bool = False


class Counted:
    """A transport that counts what is asked of Tempo."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.requests = 0

    @property
    def where(self) -> str:
        return self._transport.where

    def get(self, path: str, params: Params = (), *, timeout: float) -> Response:
        self.requests += 1
        return self._transport.get(path, params, timeout=timeout)

    def members(self, *, timeout: float) -> list[tuple[str, Transport]]:
        return self._transport.members(timeout=timeout)
