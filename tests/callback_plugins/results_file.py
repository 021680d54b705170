# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a line of JSON for each result of a task, and one for the end, into the file that RESULTS_FILE names."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_file
type: notification
short_description: Writes results as lines of JSON
description: For tests, which read what a play did.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_file"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, row: dict[str, Any]) -> None:
        with open(os.environ["RESULTS_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps(row, default=str) + "\n")

    def _row(self, result: Any, failed: bool = False, skipped: bool = False, ignored: bool = False) -> None:
        content = json.loads(self._dump_results(result.result, indent=None, keep_invocation=True))
        row = {"name": result.task.get_name(), "host": result.host.get_name(), "failed": failed, "skipped": skipped}
        self._write({**row, "ignored": ignored, "result": content})

    def v2_runner_on_ok(self, result: Any) -> None:
        self._row(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._row(result, failed=not ignore_errors, ignored=ignore_errors)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._row(result, skipped=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._row(result, failed=True)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in stats.processed}})
