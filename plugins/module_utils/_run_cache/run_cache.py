# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run would find what the last whole one found: nothing to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS

from .inputs import digests
from .record import (
    Note,
    differences,
    read_note,
    write_note,
)

# What the module is given on the host that reaches the cluster.
LOOK_ARGUMENTS = ("namespaces", "kubeconfig", "context", "request_timeout")
ARGUMENTS: dict[str, dict[str, Any]] = {
    **{name: CONNECTION_ARGUMENTS[name] for name in ("kubeconfig", "context", "request_timeout")},
    "namespaces": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["compared", "remembered"], "default": "compared"},
    "inputs": {"type": "dict"},
    "last_words": {"type": "list", "elements": "str", "default": []},
}

Look = Callable[[], Mapping[str, Any]]


def compare(path: Path, inputs: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """``unchanged``, or the ``reason`` why not. The cluster is looked at only when everything else is as it was."""
    note = read_note(path)
    salt = (note or Note()).salt
    now = digests(inputs, salt)
    result = {"inputs": {"salt": salt, "digests": now}, "last_words": note.last_words if note else []}
    if note is None:
        return {**result, **no("No whole run is known that found nothing to do.")}
    changed = differences(note.inputs, now)
    if changed:
        return {**result, **no(f"Changed since the last whole run: {changed}.")}
    return {**result, **_as_it_was(note, look())}


def remember(path: Path, inputs: Mapping[str, Any], last_words: list[str], look: Look) -> dict[str, Any]:
    """Note this run, which began with ``inputs`` and found nothing to do."""
    if not inputs:
        return {"remembered": False, "reason": "What the run was made of is not known."}
    found = look()
    reason = _unusable(found)
    if not reason:
        try:
            write_note(path, Note(inputs["salt"], inputs["digests"], found["objects"], last_words))
        except OSError as error:
            reason = f"{path} can't be written: {error.strerror or error}."
    return {"remembered": not reason, "reason": reason}


def no(reason: str) -> dict[str, Any]:
    return {"unchanged": False, "reason": reason}


def _as_it_was(note: Note, found: Mapping[str, Any]) -> dict[str, Any]:
    wrong = _unusable(found)
    changed = "" if wrong else differences(note.objects, found["objects"])
    if changed:
        wrong = f"Changed in the cluster since the last whole run: {changed}."
    return no(wrong) if wrong else {"unchanged": True, "reason": ""}


def _unusable(found: Mapping[str, Any]) -> str:
    if found.get("failed"):
        return str(found.get("msg", "The cluster can't be looked at."))
    return f"Not ready: {', '.join(found['unready'])}." if found["unready"] else ""
