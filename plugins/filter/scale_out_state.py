# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell where it stands to take Tempo from one process to components."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def scale_out_state(objects: Any, process: str, components: str, namespace: str, mode: str) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.scale_out import state

    if not isinstance(objects, Sequence) or isinstance(objects, str):
        raise AnsibleFilterError("scale_out_state takes a list of workloads.")
    found: Sequence[Mapping[str, Any]] = objects
    return shaped(lambda: state(found, process, components, namespace, mode), _not_read)


def _not_read(error: Exception) -> AnsibleFilterError:
    told = "scale_out_state was given workloads that are not as Kubernetes has them"
    return AnsibleFilterError(f"{told} ({type(error).__name__}: {error}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"scale_out_state": scale_out_state}
