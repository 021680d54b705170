# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the parts of the stack that are there, in the order in which they are upgraded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def installed_parts(parts: Any, objects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.installed import installed

    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise AnsibleFilterError("installed_parts takes a list of parts.")
    return shaped(lambda: installed(parts, objects), _not_read)


def _not_read(error: Exception) -> AnsibleFilterError:
    told = "installed_parts was given workloads that are not as Kubernetes has them"
    return AnsibleFilterError(f"{told} ({type(error).__name__}: {error}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"installed_parts": installed_parts}
