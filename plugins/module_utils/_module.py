# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share around their logic: how a task ends."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import logins_in
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import shown_headers
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import printable
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import SENT, SHORTEST, secrets_in

# Options that a user fills with structures: parts of them may be secrets, and most are not. `no_log` keeps them out of
# the log of the host, and would take each part of them out of every text of the result.
_STRUCTURES = ("dict", "list", "raw")
# A message may repeat what a server has written.
_LONGEST_MESSAGE = 3000
_NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


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
    clean["invocation"] = {"module_args": printable(keep_secret(module))}
    if failed:
        module.fail_json(**clean)
    module.exit_json(**{"changed": False, **clean})


def keep_secret(module: Any) -> dict[str, Any]:
    """Have Ansible take secrets out of the result; returns the options as they can be shown."""
    secret = [name for name, spec in module.argument_spec.items() if spec.get("no_log") and module.params[name]]
    structures = [name for name in secret if module.argument_spec[name].get("type") in _STRUCTURES]
    for name in structures:
        module.no_log_values.difference_update(_leaves(module.params[name]))
    for name, value in module.params.items():
        if name in structures:
            module.no_log_values.update(text for text in secrets_in(value) if len(text) >= SHORTEST)
        elif name in secret:
            # What was sent is without the white space around it.
            module.no_log_values.update(part for part in (value, value.strip()) if part)
        else:
            module.no_log_values.update(login for text in _leaves(value) for login in logins_in(text))
    module.no_log_values.update(SENT.texts)
    module.no_log_values.discard(_NOT_SHOWN)
    return {**module.params, **{name: _without_values(name, module.params[name]) for name in structures}}


def _without_values(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return _NOT_SHOWN
    return shown_headers(value) if name.endswith("headers") else dict.fromkeys(value, _NOT_SHOWN)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, (str, int, float)):
        yield str(value)


def _outcome(work: Callable[[], dict[str, Any]], partial: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    try:
        result = work()
    except TracingError as error:
        told = {name: _short(value) for name, value in error.to_dict().items()}
        return {**partial(), "msg": _short(str(error)), "error": told}, True
    except Exception as error:  # pylint: disable=broad-exception-caught
        return unexpected(error), True
    said = {"msg": _short(result["msg"])} if "msg" in result else {}
    return {**result, **said}, not result.get("satisfied", True)


def _short(value: Any) -> Any:
    is_long = isinstance(value, str) and len(value) > _LONGEST_MESSAGE
    return f"{value[:_LONGEST_MESSAGE]} (and {len(value) - _LONGEST_MESSAGE} characters more)" if is_long else value


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
