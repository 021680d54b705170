# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An upgrade: what is installed, its steps, and values that no longer exist.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def installed_parts(parts: Any, objects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List the parts of the stack that are there, in the order in which they are upgraded."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.installed import installed

    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise AnsibleFilterError("installed_parts takes a list of parts.")
    told = "installed_parts was given workloads that are not as Kubernetes has them"
    return shaped(lambda: installed(parts, objects), _misread(told))


def upgrade_steps(
    parts: Any,
    plans: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Mapping[str, Any]],
    tempo: Mapping[str, Any] | None = None,
    now: float = 0.0,
) -> dict[str, Any]:
    """Make the steps of an upgrade out of the plans of its releases."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.steps import upgrade

    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise AnsibleFilterError("upgrade_steps takes a list of parts.")
    told = "upgrade_steps was given parts, plans or a state of Tempo that are not as they were read"
    return shaped(lambda: upgrade(parts, plans, options, tempo or {}, float(now) or time.time()), _misread(told))


def retired_values(sources: Any, chart: str, version: str) -> list[str]:
    """Say which values of a user a newer Tempo no longer has, and what stands in their place."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.retired_values import problems

    if not isinstance(sources, Mapping) or not all(isinstance(values, Mapping) for values in sources.values()):
        raise AnsibleFilterError("retired_values takes dictionaries of values, by where they were set.")
    return problems(sources, chart, str(version))


def scale_out_state(objects: Any, process: str, components: str, namespace: str, mode: str) -> dict[str, Any]:
    """Tell where it stands to take Tempo from one process to components."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.scale_out import state

    if not isinstance(objects, Sequence) or isinstance(objects, str):
        raise AnsibleFilterError("scale_out_state takes a list of workloads.")
    found: Sequence[Mapping[str, Any]] = objects
    told = "scale_out_state was given workloads that are not as Kubernetes has them"
    return shaped(lambda: state(found, process, components, namespace, mode), _misread(told))


def scale_out_steps(
    parts: Any,
    process: str,
    plans: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Mapping[str, Any]],
    tempo: Mapping[str, Any],
    now: float = 0.0,
) -> dict[str, Any]:
    """Make the steps from one process of Tempo to components out of the plans of the releases."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.scale_out import scale_out

    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise AnsibleFilterError("scale_out_steps takes a list of parts.")
    told = "scale_out_steps was given parts, plans or a state of Tempo that are not as they were read"
    return shaped(lambda: scale_out(process, parts, plans, options, tempo, float(now) or time.time()), _misread(told))


def _misread(told: str) -> Callable[[Exception], AnsibleFilterError]:
    return lambda error: AnsibleFilterError(f"{told} ({type(error).__name__}: {error}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "installed_parts": installed_parts,
            "upgrade_steps": upgrade_steps,
            "retired_values": retired_values,
            "scale_out_state": scale_out_state,
            "scale_out_steps": scale_out_steps,
        }
