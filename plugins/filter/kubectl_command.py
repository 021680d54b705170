# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kubectl with the cluster and the namespace of a role."""

from __future__ import annotations

import shlex
from collections.abc import Callable


def kubectl_command(namespace: str, kubeconfig: str = "", context: str = "") -> str:
    options = {"--kubeconfig": kubeconfig, "--context": context}
    given = [f"{name} {shlex.quote(value)}" for name, value in options.items() if value]
    return " ".join(["kubectl", *given, f"-n {namespace}"])


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"kubectl_command": kubectl_command}
