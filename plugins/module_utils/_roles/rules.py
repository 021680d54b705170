# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of each role for its settings together. What one setting alone may be is in _validation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid

from . import alloy, grafana, k6, prometheus, tempo, tempo_running, tempo_vulture, verify

_RULES: Mapping[str, Callable[..., list[str]]] = {
    "alloy": alloy.problems,
    "canaries": tempo_vulture.list_problems,
    "grafana": grafana.problems,
    "k6_trace_generator": k6.problems,
    "prometheus": prometheus.problems,
    "tempo": tempo.problems,
    "tempo_running": tempo_running.problems,
    "tempo_vulture": tempo_vulture.problems,
    "verify": verify.problems,
}


def problems(name: str, settings: Mapping[str, Any]) -> list[str]:
    """A sentence for each rule that is broken. The settings are the parameters of the function."""
    if name not in _RULES:
        raise invalid(f"There are no rules {name!r}.", f"Name one of {', '.join(_RULES)}.")
    rules = _RULES[name]
    if wrong := set(settings) ^ set(inspect.signature(rules).parameters):
        raise invalid(f"The rules {name} take other settings: {', '.join(sorted(wrong))}.")
    return rules(**settings)
