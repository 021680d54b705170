# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share around their logic: the one library, and the one error."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import needs_kubernetes


def finish(module: Any, work: Callable[[], dict[str, Any]], partial: Callable[[], dict[str, Any]] = dict) -> None:
    """End the module with the result of ``work``. Errors that are not ``TracingError`` are bugs and stay visible."""
    try:
        if needs_kubernetes(module.params):
            demand_kubernetes(module)
        result = work()
    except TracingError as error:
        described = {
            "kind": error.kind,
            "message": error.message,
            "fix": error.fix,
            "retryable": error.retryable,
            "status": error.status,
        }
        module.fail_json(msg=str(error), error=described, **partial())
    if result.get("satisfied", True):
        module.exit_json(changed=False, **result)
    module.fail_json(**result)


def demand_kubernetes(module: Any) -> None:
    """Imported only where it is used: it takes longer than everything else in a task that asks a URL."""
    try:
        import kubernetes.config  # noqa: F401
    except ImportError:
        module.fail_json(
            msg=missing_required_lib("kubernetes", reason="for the service proxy; give url to do without"),
            exception=traceback.format_exc(),
        )
