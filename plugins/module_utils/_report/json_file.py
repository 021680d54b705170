# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole data of a report for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import printable_json

from .input import Inputs
from .verdict import Verdict

SCHEMA_VERSION = 1
# What Ansible adds to results: no part of what was found, and some of it differs from run to run.
_OF_ANSIBLE = frozenset(
    ("invocation", "changed", "failed", "exception", "warnings", "deprecations", "ansible_facts", "diff")
)
_DATA = ("place", "account", "diagnosis", "generator", "probe", "metrics", "demands", "components", "traces")


def report_data(params: Mapping[str, Any], inputs: Inputs, verdict: Verdict) -> dict[str, Any]:
    """All but the time of writing, which must not make two equal reports differ."""
    return {
        "schema_version": SCHEMA_VERSION,
        "title": inputs.title,
        "verdict": {
            "proven": verdict.proven,
            "sentence": verdict.sentence,
            "demands": [
                {"name": d.name, "title": d.title, "state": d.state, "detail": d.detail, "seconds": d.seconds}
                for d in verdict.demands
            ],
        },
        "check": plain(_found(inputs.check)),
        **{name: plain(_found(params.get(name))) for name in _DATA},
    }


def _found(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {k: v for k, v in value.items() if k not in _OF_ANSIBLE and not str(k).startswith(("_", "failed_when"))}


def render_json(data: Mapping[str, Any], generated_at: str) -> str:
    text = json.dumps({**data, "generated_at": generated_at}, indent=2, sort_keys=True, ensure_ascii=False)
    return printable_json(text) + "\n"


def plain(value: Any) -> Any:
    """Only what JSON has: infinity and not-a-number have no place in it."""
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """Half of a surrogate pair cannot be written as UTF-8."""
    return value.encode("utf-8", "replace").decode()


def time_of(content: str | None, data: Mapping[str, Any]) -> str:
    """When a report of this very data was written before, its time; else an empty text."""
    try:
        before = json.loads(content or "")
        written = before.pop("generated_at")
    except UNSHAPED:
        return ""
    same = json.dumps(before, sort_keys=True) == json.dumps(data, sort_keys=True)
    return str(written) if same else ""
