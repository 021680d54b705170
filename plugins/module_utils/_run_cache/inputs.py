# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the roles is made of, besides the cluster: settings, the files they name, environment and code."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

# The roles read no variable that begins otherwise; a test holds them to that.
_NAMES = ("alloy", "common", "grafana", "helm_release", "k6_trace_generator", "k8s_tracing", "prometheus", "tempo")
PREFIXES = tuple(f"{hidden}{name}_" for name in _NAMES for hidden in ("", "_"))
# How a run is made, not what of.
_HOW = ("k8s_tracing_full_run",)
_ENVIRONMENT = ("HELM_", "K8S_AUTH_", "KUBE")
_CODE = ("playbooks", "plugins", "roles")
# A larger file counts by its size and time alone. No chart and no bundle has more files.
_LARGE = 4 * 1024 * 1024
_MANY = 500


def own_settings(variables: Mapping[str, Any], shipped: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not as the roles ship them, with their templates as they were written."""
    absent = object()
    return {
        name: value
        for name, value in variables.items()
        if name.startswith(PREFIXES) and name not in _HOW and value != shipped.get(name, absent)
    }


def shipped_files(root: Path) -> list[Path]:
    """Where the roles' own defaults and variables stand, in the order in which Ansible reads them."""
    return sorted(path for kind in ("defaults", "vars") for path in root.glob(f"roles/*/{kind}/**/*.yml"))


def named_files(settings: Mapping[str, Any], folders: Iterable[Path]) -> dict[str, str]:
    """What is in each file and folder that a setting names, from any of the folders where a path may begin."""
    starts = list(folders)
    found = {}
    for text in sorted({text for text in _texts(settings) if _may_be_path(text)}):
        for start in starts:
            path = start / Path(text).expanduser()
            if path.is_file() or (path.is_dir() and _is_meant(text, path)):
                found[f"file {path}"] = _content(path)
    return found


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        f"environment variable {name}": value
        for name, value in environ.items()
        if name.upper().startswith(_ENVIRONMENT) or name.lower().endswith("_proxy")
    }


def code(root: Path) -> str:
    """A text that differs when a file of the collection was written anew."""
    files = (path for part in _CODE for path in (root / part).rglob("*") if "__pycache__" not in path.parts)
    return _stamps(path for path in files if path.is_file())


def digests(inputs: Mapping[str, Any], salt: str) -> dict[str, str]:
    """Each input by what it is, so that none can be read again. The salt keeps short secrets from being guessed."""
    return {name: hashlib.sha256(f"{salt}{_text(value)}".encode()).hexdigest() for name, value in inputs.items()}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from _texts(part)


def _may_be_path(text: str) -> bool:
    return 0 < len(text) < 1024 and "\n" not in text and "\0" not in text and "://" not in text


def _is_meant(text: str, path: Path) -> bool:
    """Whether a folder's name stands for the folder: `tempo` is a release, unless there is a chart of that name."""
    return path != Path(path.anchor) and (os.sep in text or (path / "Chart.yaml").is_file())


def _content(path: Path) -> str:
    try:
        if path.is_dir():
            return _stamps(_few(path))
        return _stamps([path]) if path.stat().st_size > _LARGE else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise TracingError("file", f"{path} can't be read: {error.strerror or error}.") from error


def _few(folder: Path) -> list[Path]:
    files: list[Path] = []
    for path in folder.rglob("*"):
        files.append(path)
        if len(files) > _MANY:
            raise TracingError("file", f"{folder} has more than {_MANY} files.")
    return [path for path in files if path.is_file()]


def _stamps(files: Iterable[Path]) -> str:
    states = ((str(path), path.stat()) for path in sorted(files))
    text = "\n".join(f"{name} {state.st_size} {state.st_mtime_ns}" for name, state in states)
    return hashlib.sha256(text.encode()).hexdigest()
