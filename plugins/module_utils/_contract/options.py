# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of trace_contract_check, and the file that it reads, checked before any request is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import read_regular
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    at_least,
    more_than_zero,
    search_start,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.files import changes, check_writable, write
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import parse_trace_id
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import tempo_transport
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._verdicts import not_looked
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._waiter import Clock

from .check import ContractCheck
from .document import MAX_BYTES
from .junit import render_junit
from .model import Contract
from .parse import parse_contract
from .result import diff_of_cases
from .send import Requests, make_requests
from .settings import Settings

CONTRACT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "src": {"type": "path"},
    "content": {"type": "str"},
    "request_url": {"type": "str"},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "trace_ids": {"type": "list", "elements": "str", "default": []},
    "since": {"type": "str", "default": "15m"},
    "settle": {"type": "float", "default": 6.0},
    "timeout": {"type": "float", "default": 60.0},
    "poll_interval": {"type": "float", "default": 1.0},
    "junit": {"type": "path"},
}
Put = Callable[[Path, bytes], None]


class Task:
    """One run of the module. ``put`` writes a file, and is None in check mode."""

    def __init__(
        self,
        params: Mapping[str, Any],
        put: Put | None,
        *,
        requests: Requests | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._params = params
        self._put = put
        self._requests = requests
        self._clock = clock or Clock()
        self._check: ContractCheck | None = None

    def run(self, *, with_diff: bool = False) -> dict[str, Any]:
        params = self._params
        contract = load_contract(params)
        settings = check_settings(params, contract, self._clock.wall(), check_mode=self._put is None)
        junit = Path(params["junit"]) if params["junit"] else None
        if junit:
            _check_writable(junit)
        requests = self._requests or make_requests(params, contract)
        self._check = ContractCheck(settings, tempo_transport(params), requests, self._clock)
        result = {**self._check.run(), "junit": str(junit) if junit else None}
        if junit:
            result["changed"] = self._write(junit, render_junit(result)) or result["changed"]
        return {**result, "diff": diff_of_cases(result["cases"])} if with_diff else result

    def partial(self) -> dict[str, Any]:
        """What was seen before a fatal error."""
        return self._check.partial() if self._check else not_looked()

    def _write(self, path: Path, text: str) -> bool:
        changed = changes(path.parent, {path.name: text})
        if changed and self._put:
            write(path.parent, changed, self._put, 0o600)
        return bool(changed)


def _check_writable(junit: Path) -> None:
    try:
        check_writable(junit.parent)
    except TracingError as error:
        fix = "Give a path that the user of this task may write to."
        raise TracingError(error.kind, f"junit: {error.message}", fix) from error
    if junit.is_dir():
        raise invalid(f"junit: {junit} is a directory.", "Name a file in it, such as trace-contract.xml.")


def load_contract(params: Mapping[str, Any]) -> Contract:
    if (params["src"] is None) == (params["content"] is None):
        raise invalid("Either src or content must be given.", "Name the contract's file in src.")
    if params["content"] is not None:
        return parse_contract(params["content"], "content")
    path = Path(params["src"])
    try:
        return parse_contract(read_regular(path, MAX_BYTES), str(path))
    except OSError as error:
        raise TracingError(
            "contract_unreadable",
            f"src: {path} can't be read ({error.strerror}).",
            "Name a file on the host that this task runs on, or give its text in content.",
        ) from error


def check_settings(params: Mapping[str, Any], contract: Contract, now: float, *, check_mode: bool) -> Settings:
    at_least(params["timeout"], 0, "timeout")
    at_least(params["settle"], 0, "settle")
    more_than_zero(params["poll_interval"], "poll_interval")
    trace_ids = tuple(dict.fromkeys(parse_trace_id(trace_id) for trace_id in params["trace_ids"]))
    for case in contract.cases:
        if not (case.request or case.find or trace_ids):
            raise invalid(
                f"The case {case.name!r} (line {case.line}) says of no trace: it has neither request nor find, and the "
                "contract has no find.",
                "Add find to the case or to the contract, or give trace_ids.",
            )
    return Settings(
        contract=contract,
        start=search_start(params["since"], now),
        trace_ids=trace_ids,
        timeout=params["timeout"],
        poll_interval=params["poll_interval"],
        settle=params["settle"],
        request_timeout=params["request_timeout"],
        check_mode=check_mode,
    )
