# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share around their logic: how a task ends."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import printable


def finish(
    module: Any,
    work: Callable[[], dict[str, Any]],
    partial: Callable[[], dict[str, Any]] = dict,
    exact: Sequence[str] = (),
) -> None:
    """End the module with the result of ``work``, and with ``partial`` evidence beside an error.

    Texts in it are made safe to show, but for the ``exact`` ones, which the user gave and gets back as they are.
    """
    result, failed = _outcome(work, partial)
    clean = {name: result[name] if name in exact else value for name, value in printable(result).items()}
    if failed:
        module.fail_json(**clean)
    module.exit_json(**{"changed": False, **clean})


def _outcome(work: Callable[[], dict[str, Any]], partial: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    try:
        result = work()
    except TracingError as error:
        return {**partial(), "msg": str(error), "error": error.to_dict()}, True
    except Exception as error:  # pylint: disable=broad-exception-caught
        return unexpected(error), True
    return result, not result.get("satisfied", True)


def unexpected(error: Exception) -> dict[str, Any]:
    """A fault of this collection, told by its place.

    The text of the exception stays out: it may repeat a secret in a form that ``no_log`` does not recognise.
    """
    frames = traceback.extract_tb(error.__traceback__)
    name = type(error).__name__
    told = TracingError(
        "internal_error",
        f"An answer or a value was not understood ({name} in {_place(frames[-1])}).",
        "This is a fault of tracelab.k8s_tracing: please report it with the lines under traceback.",
    )
    return {
        "msg": str(told),
        "error": told.to_dict(),
        "traceback": [f"{_place(frame)}, in {frame.name}" for frame in frames],
    }


def _place(frame: traceback.FrameSummary) -> str:
    """Without the folder, which differs from run to run."""
    return f"{frame.filename.rpartition('/')[2]}, line {frame.lineno}"
