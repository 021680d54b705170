# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The note about a whole run that found nothing to do: of which inputs, and in which state it left the cluster."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_FORMAT = 1
_SHOWN = 3


@dataclass(frozen=True)
class Note:
    """``inputs`` and ``objects``: a digest by name. ``last_words``: what that run had to say at its end."""

    salt: str = field(default_factory=lambda: secrets.token_hex(16))
    inputs: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)
    last_words: list[str] = field(default_factory=list)
    format: int = _FORMAT


def note_path(home: Path, host: str, options: Mapping[str, Any]) -> Path:
    """One note for each place that is installed into, as it is named; what is behind the name is in the note."""
    place = [host, *(options[name] for name in ("kubeconfig", "context", "namespaces"))]
    return home / "k8s_tracing" / f"{hashlib.sha256(json.dumps(place).encode()).hexdigest()[:16]}.json"


def read_note(path: Path) -> Note | None:
    """The note; None when there is none, or none of this format."""
    try:
        note = Note(**json.loads(path.read_text("utf-8")))
    except (OSError, TypeError, ValueError):
        return None
    return note if note.format == _FORMAT else None


def write_note(path: Path, note: Note) -> None:
    """For its owner alone, and whole or not at all. ``OSError`` when it can't be written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(note), file)
    os.replace(name, path)


def differences(noted: Mapping[str, str], now: Mapping[str, str]) -> str:
    """The names of what is not as it was, a few of them; empty when all is."""
    names = sorted(name for name in noted.keys() | now.keys() if noted.get(name) != now.get(name))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
