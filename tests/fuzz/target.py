# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one row of the table is: something that reads foreign bytes, and what it may do about bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import RESERVED, printable
from source import Source

RUNS: dict[str, Target] = {}


@dataclass(frozen=True)
class Target:
    """``run`` makes an input of bytes and reads it. It may end in one of ``errors``, and in no other exception."""

    name: str
    run: Callable[[Source], Any]
    errors: tuple[type[Exception], ...]

    def __call__(self, data: bytes) -> None:
        try:
            found = self.run(Source(data))
        except self.errors as error:
            told(error)
        else:
            handed_on(found)


def target(*errors: type[Exception]) -> Callable[[Callable[[Source], Any]], Callable[[Source], Any]]:
    """Put a function into the table. It may raise the project's own error, and ``errors`` that its callers turn."""

    def put(run: Callable[[Source], Any]) -> Callable[[Source], Any]:
        assert run.__name__ not in RUNS, run.__name__
        RUNS[run.__name__] = Target(run.__name__, run, (TracingError, *errors))
        return run

    return put


def told(error: Exception) -> None:
    """An error says something, in one piece that can be shown."""
    assert str(error).strip()
    shown = error.to_dict() if isinstance(error, TracingError) else {"msg": str(error)}
    handed_on(shown)


def handed_on(value: Any) -> None:
    """What a module returns comes out of `finish` as JSON that Ansible takes, with no key of Ansible's own."""
    if isinstance(value, (dict, list, str, int, float)):
        text = json.dumps(printable({"value": value}), allow_nan=False)
        text.encode()
        _look_at_keys(json.loads(text))


def _look_at_keys(value: Any) -> None:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            assert not any(key.startswith(RESERVED) for key in node), list(node)
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def options(arguments: Mapping[str, Mapping[str, Any]], **given: Any) -> dict[str, Any]:
    """The options of a module with their defaults."""
    return {name: spec.get("default") for name, spec in arguments.items()} | given
