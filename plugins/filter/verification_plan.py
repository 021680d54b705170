# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proof of the pipeline may demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def verification_plan(
    log: str | None,
    others: Sequence[Mapping[str, Any]] = (),
    alloy: Mapping[str, Any] | None = None,
    shared_pipeline: bool = False,
    probe_traces: int = 0,
    counted: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verification import plan

    if log is not None and not isinstance(log, str):
        raise AnsibleFilterError("verification_plan takes the log of a generator, or none.")
    return plan(log, others, alloy or {}, shared_pipeline, int(probe_traces), counted)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"verification_plan": verification_plan}
