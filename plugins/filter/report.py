# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read of a stack: its state, a proof, a trace, a size.

Each filter imports what it needs when it is used: to find one, Ansible loads the files of all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def tracing_status(
    pods: Any,
    account: Mapping[str, Any] | None = None,
    period: float = 1.0,
    samples: Sequence[Mapping[str, Any]] = (),
    addresses: Sequence[str] = (),
    parts: Sequence[Mapping[str, Any]] = (),
    objects: Sequence[Mapping[str, Any]] = (),
    unread: Sequence[str] = (),
    place: Mapping[str, Any] | None = None,
    now: float = 0.0,
) -> dict[str, Any]:
    """Put the state of the stack on one screen."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.status_screen import Read, screen, state

    if not isinstance(pods, Sequence) or isinstance(pods, str):
        raise AnsibleFilterError("tracing_status takes a list of pods.")
    read = Read(pods, account or {}, float(period), samples, parts, objects, unread, float(now) or time.time())
    return shaped(lambda: {"lines": screen(read, addresses), "state": state(read, place or {}, addresses)}, _not_read)


def _not_read(error: Exception) -> AnsibleFilterError:
    told = "tracing_status was given pods, an account or samples that are not as they were read"
    return AnsibleFilterError(f"{told} ({type(error).__name__}: {error}).")


def tracing_size(load: Any, **more: Any) -> dict[str, Any]:
    """Size the stack for a rate of spans."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.plan import plan
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._sizing.sheet import sheet

    if not isinstance(load, Mapping):
        raise AnsibleFilterError(f"tracing_size takes a dictionary such as {{'spans_per_second': 1000}}, not {load!r}.")
    try:
        size = plan({**load, **more})
    except ValueError as error:
        # Ansible would tell the cause a second time.
        raise AnsibleFilterError(f"tracing_size: {error}.") from None
    return {**size, "summary": sheet(size)}


def verification_plan(
    log: str | None,
    others: Sequence[Mapping[str, Any]] = (),
    alloy: Mapping[str, Any] | None = None,
    shared_pipeline: bool = False,
    probe_traces: int = 0,
    counted: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a proof of the pipeline may demand."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verification import plan

    if log is not None and not isinstance(log, str):
        raise AnsibleFilterError("verification_plan takes the log of a generator, or none.")
    return plan(log, others, alloy or {}, shared_pipeline, int(probe_traces), counted)


def verification_outside(results: Any, addresses: Any) -> dict[str, Any]:
    """What a proof by the address for senders outside the cluster says."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.outside import problem, proof

    if not _are_rows(results) or not _are_rows(addresses) or len(results) != len(addresses):
        raise AnsibleFilterError("verification_outside takes a result of otlp_trace_probe for each address.")
    told = problem(addresses, results)
    return {"problem": told, "proof": [] if told else proof(addresses, results)}


def _are_rows(given: Any) -> bool:
    return isinstance(given, Sequence) and all(isinstance(one, Mapping) for one in given)


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
    """What a proof of the pipeline says in the end."""
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


def pod_components(pods: Any) -> list[dict[str, str]]:
    """Pods as components of the pipeline."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.verification import components

    if not isinstance(pods, Sequence) or isinstance(pods, str):
        raise AnsibleFilterError("pod_components takes a list of pods.")
    names = ("name", "version", "image", "status")
    return [{name: one[name] for name in names} for one in components(pods)]


def main_image(pod: object) -> str:
    """The image of the container that a pod is there for."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.pod_containers import main_image as image_of

    if not isinstance(pod, Mapping):
        raise AnsibleFilterError(
            f"main_image takes a pod, not {type(pod).__name__}: pass one of the resources of k8s_info."
        )
    return shaped(lambda: image_of(pod), _not_a_pod)


def _not_a_pod(error: Exception) -> AnsibleFilterError:
    return AnsibleFilterError(f"main_image was given a pod that is not as Kubernetes has it ({type(error).__name__}).")


def trace_tree(trace: Any) -> str:
    """Print a trace in the terminal."""
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


def text_table(rows: Any) -> list[str]:
    """Rows as the lines of a table."""
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report.status_screen import table

    if not _is_list(rows) or not all(_is_list(row) and len(row) == len(rows[0]) for row in rows):
        raise AnsibleFilterError("text_table takes a list of rows that have as many cells each.")
    return table([[str(cell) for cell in row] for row in rows]) if rows else []


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "tracing_status": tracing_status,
            "tracing_size": tracing_size,
            "verification_plan": verification_plan,
            "verification_outside": verification_outside,
            "verification_result": verification_result,
            "pod_components": pod_components,
            "main_image": main_image,
            "trace_tree": trace_tree,
            "text_table": text_table,
        }
