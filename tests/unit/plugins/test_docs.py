# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules document against what they take and return."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.doc_fragments.attributes import ModuleDocFragment as Attributes
from ansible_collections.tracelab.k8s_tracing.plugins.doc_fragments.connection import ModuleDocFragment as Connection
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._probe.options import PROBE_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.metrics_info import METRICS_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.search_info import SEARCH_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.status_info import STATUS_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace_info import TRACE_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import TEMPO_ARGUMENTS
from fakes import answer
from test_infos import INFOS, STATE, run
from test_probe import FakeTempo

ARGUMENTS = {
    "otlp_trace_probe": PROBE_ARGUMENTS,
    "tempo_metrics_info": METRICS_ARGUMENTS,
    "tempo_search_info": SEARCH_ARGUMENTS,
    "tempo_status_info": STATUS_ARGUMENTS,
    "tempo_trace_info": TRACE_ARGUMENTS,
}


def documented(module: str, part: str) -> Any:
    name = f"ansible_collections.tracelab.k8s_tracing.plugins.modules.{module}"
    return yaml.safe_load(getattr(importlib.import_module(name), part))


@pytest.mark.parametrize("module", ARGUMENTS)
def test_options_are_those_that_are_documented(module: str) -> None:
    own = documented(module, "DOCUMENTATION")
    assert own["module"] == module and own["version_added"] == "0.1.0"
    assert own["extends_documentation_fragment"] == [
        "tracelab.k8s_tracing.attributes",
        "tracelab.k8s_tracing.connection.tempo",
    ]
    options = {**yaml.safe_load(Connection.TEMPO)["options"], **own["options"]}
    taken = {**TEMPO_ARGUMENTS, **ARGUMENTS[module]}
    assert options.keys() == taken.keys()
    for name, spec in taken.items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert options[name].get(key) == spec.get(key), f"{name}: {key}"
    assert {"check_mode", "diff_mode", "idempotent"} <= yaml.safe_load(Attributes.DOCUMENTATION)["attributes"].keys()


def results() -> dict[str, dict[str, Any]]:
    search, _transport = run("search", lambda path: answer({"metrics": {}}))
    trace, _transport = run("trace", lambda path: answer({"trace": {}}), missing_ok=True)
    metrics, _transport = run("metrics", lambda path: answer({"series": []}))
    status, _transport = run("status", lambda path: STATE[path])
    return {
        "otlp_trace_probe": FakeTempo().probe(),
        "tempo_metrics_info": metrics,
        "tempo_search_info": search,
        "tempo_status_info": status,
        "tempo_trace_info": trace,
    }


def test_results_are_those_that_are_documented() -> None:
    assert len(INFOS) + 1 == len(ARGUMENTS)
    for module, result in results().items():
        assert result.keys() == documented(module, "RETURN").keys() - {"error"}, module


@pytest.mark.parametrize("module", ARGUMENTS)
def test_examples_use_what_there_is(module: str) -> None:
    taken = {**TEMPO_ARGUMENTS, **ARGUMENTS[module]}
    tasks = [task for task in documented(module, "EXAMPLES") if f"tracelab.k8s_tracing.{module}" in task]
    assert tasks
    for task in tasks:
        assert task[f"tracelab.k8s_tracing.{module}"].keys() <= taken.keys(), task["name"]
