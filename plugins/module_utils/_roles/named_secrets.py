# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that options of roles name and somebody else makes, and which of them are waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import invalid

Named = dict[str, Any]


def named_secrets(value: Any, option: str, keys: Sequence[str]) -> list[Named]:
    """What an option names: a Secret, a list of them, or rows with ``secret`` and ``key``. An empty name is none."""
    rows = value if isinstance(value, (list, tuple)) else [value]
    found = [(row["secret"], [row["key"]]) if isinstance(row, Mapping) else (row, list(keys)) for row in rows if row]
    return [{"name": str(name), "keys": wanted, "option": option} for name, wanted in found if name]


def awaited_secrets(releases: Sequence[Mapping[str, Any]], wait: Any) -> list[dict[str, Any]]:
    """For each cluster, as ``kubeconfig`` and ``context``, the Secrets that releases name. None when ``wait`` is 0."""
    if _seconds(wait) == 0:
        return []
    found: dict[tuple[str, str], list[Named]] = {}
    for one in releases:
        named = [secret for secret in one.get("secrets") or [] if secret.get("option")]
        if named:
            cluster = (one.get("kubeconfig") or "", one.get("context") or "")
            found.setdefault(cluster, []).extend(_placed(secret, one["namespace"]) for secret in named)
    return [
        {"kubeconfig": kubeconfig, "context": context, "named_secrets": secrets}
        for (kubeconfig, context), secrets in found.items()
    ]


def _placed(secret: Mapping[str, Any], namespace: str) -> Named:
    where = secret.get("namespace") or namespace
    return {"name": secret["name"], "namespace": where, "keys": secret["keys"], "option": secret["option"]}


def _seconds(wait: Any) -> int:
    text = str(wait).strip()
    # Looked at for its length first: Python refuses to read thousands of digits.
    if isinstance(wait, bool) or not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 86400:
        raise invalid(
            f"k8s_tracing_secret_wait is {wait!r}, and must be a number of seconds.",
            "Write it as 300; 0 looks for nothing.",
        )
    return int(text)
