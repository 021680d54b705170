# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of others, run as Ansible runs them. What needs one is handed a ``Run``, and tested without a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Done:
    """How a program ended. What it printed comes as bytes, since a manifest of an image counts byte by byte."""

    code: int
    out: bytes = b""
    error: str = ""


# A command, what it reads, and what is added to its environment. ``OSError`` when it can't be started.
Run = Callable[[Sequence[str], str, Mapping[str, str]], Done]


def run_by(module: Any) -> Run:
    """``AnsibleModule.run_command``, with every argument taken as it is written."""

    def run(command: Sequence[str], given: str, environment: Mapping[str, str]) -> Done:
        code, out, error = module.run_command(
            list(command),
            data=given.encode(),
            binary_data=True,
            environ_update=dict(environment),
            encoding=None,
            expand_user_and_vars=False,
            handle_exceptions=False,
        )
        return Done(code, out, error.decode("utf-8", "replace"))

    return run
