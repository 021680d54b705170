# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a trace in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError


def trace_tree(trace: Any) -> str:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import masked
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import from_dict
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_tree import render_tree

    if not isinstance(trace, Mapping):
        raise AnsibleFilterError(f"trace_tree takes a trace (a dictionary), not {type(trace).__name__}.")
    try:
        parsed = from_dict(masked(trace))
    except UNSHAPED as error:
        raise AnsibleFilterError(
            f"trace_tree takes a trace such as sample_trace of tempo_ingestion_check: {type(error).__name__}: {error}."
        ) from error
    return render_tree(parsed)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"trace_tree": trace_tree}
