# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share around their logic: how a task ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError


def finish(module: Any, work: Callable[[], dict[str, Any]], partial: Callable[[], dict[str, Any]] = dict) -> None:
    """End the module with the result of ``work``. Errors that are not ``TracingError`` are bugs and stay visible."""
    try:
        result = work()
    except TracingError as error:
        module.fail_json(msg=str(error), error=error.to_dict(), **partial())
    if result.get("satisfied", True):
        module.exit_json(**{"changed": False, **result})
    module.fail_json(**result)
