# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands for people to paste into a shell: each is on one line, and acts on the cluster that the run acts on."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CONTEXT_OPTIONS = {"kubectl": "--context", "helm": "--kube-context"}
PROGRAMS = tuple(_CONTEXT_OPTIONS)


@dataclass(frozen=True)
class Shell:
    """The cluster as options name it. What is empty is the shell's own default."""

    kubeconfig: str = ""
    context: str = ""

    def kubectl(self, arguments: str, namespace: str = "") -> str:
        return self.command("kubectl", arguments, namespace)

    def helm(self, arguments: str, namespace: str = "") -> str:
        return self.command("helm", arguments, namespace)

    def command(self, program: str, arguments: str = "", namespace: str = "") -> str:
        """``arguments`` are written as a shell takes them; the rest is quoted here."""
        one_file = os.pathsep not in self.kubeconfig
        # A list of kubeconfigs is taken from the environment alone.
        before = [] if one_file else [f"KUBECONFIG={shlex.quote(self.kubeconfig)}"]
        options = {
            "--kubeconfig": self.kubeconfig if one_file else "",
            _CONTEXT_OPTIONS[program]: self.context,
            "-n": namespace,
        }
        given = [f"{name} {shlex.quote(value)}" for name, value in options.items() if value]
        return " ".join([*before, program, *given, *([arguments] if arguments else [])])


def shell_of(params: Mapping[str, Any]) -> Shell:
    return Shell(params.get("kubeconfig") or "", params.get("context") or "")
