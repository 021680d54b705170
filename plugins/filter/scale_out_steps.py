# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the steps from one process of Tempo to components out of the plans of the releases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def scale_out_steps(
    parts: Any,
    process: str,
    plans: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Mapping[str, Any]],
    tempo: Mapping[str, Any],
    now: float = 0.0,
) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.scale_out import scale_out

    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise AnsibleFilterError("scale_out_steps takes a list of parts.")
    return shaped(lambda: scale_out(process, parts, plans, options, tempo, float(now) or time.time()), _not_read)


def _not_read(error: Exception) -> AnsibleFilterError:
    told = "scale_out_steps was given parts, plans or a state of Tempo that are not as they were read"
    return AnsibleFilterError(f"{told} ({type(error).__name__}: {error}).")


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"scale_out_steps": scale_out_steps}
