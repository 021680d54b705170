# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proof of the pipeline says in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def verification_result(
    check: Any,
    plan: Mapping[str, Any],
    after: Mapping[str, Any],
    metrics: Mapping[str, Any],
    probe: Mapping[str, Any],
    report: Mapping[str, Any],
    pods: Sequence[Mapping[str, Any]] = (),
    tenant: str = "",
    metrics_wanted: bool = True,
    access: Sequence[str] = (),
    routes: Sequence[Mapping[str, Any]] = (),
    routed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report import verification as text

    if not isinstance(check, Mapping):
        raise AnsibleFilterError("verification_result takes the result of tempo_ingestion_check.")
    tenants = text.tenants(routes, (routed or {}).get("results") or [])
    failure = text.failure(plan, check, after, metrics, probe, report, tenants)
    proof = [] if failure else text.proof(plan, check, metrics, probe, report, tenant, metrics_wanted, tenants)
    return {
        "failure": failure,
        "proof": [*proof, *access[:1]],
        "account": text.account(plan, check, after),
        "pods": text.pod_lines(pods),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {"verification_result": verification_result}
