# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proof by the address for senders outside the cluster says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def verification_outside(results: Any, addresses: Any) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.outside import problem, proof

    if not _are_rows(results) or not _are_rows(addresses) or len(results) != len(addresses):
        raise AnsibleFilterError("verification_outside takes a result of otlp_trace_probe for each address.")
    told = problem(addresses, results)
    return {"problem": told, "proof": [] if told else proof(addresses, results)}


def _are_rows(given: Any) -> bool:
    return isinstance(given, Sequence) and all(isinstance(one, Mapping) for one in given)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"verification_outside": verification_outside}
