# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder of manifests for Kustomize: which files it holds, and what changes about them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import read_regular
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import shaped
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import Object
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.yaml_text import dump

from .manifests import Part, part_of, target_of

# The first line of every file: only what has it is ever replaced or removed.
MARK = "Rendered by tracelab.k8s_tracing.render: change the settings and render again, edits here get lost."
_YAML_MARK, _TEXT_MARK = f"# {MARK}\n", f"<!-- {MARK} -->\n"
MAX_FILE_BYTES = 10 * 1024 * 1024
_NO_FILE_NAME = re.compile(r"[^a-z0-9.-]+")
_README = """\
# The tracing stack

For Argo CD, Flux, or whatever else applies a Kustomization. Nothing in here is secret.

## Secrets that must be there

{secrets}
{notes}"""
NO_API_SERVERS = (
    "The network policies leave out the API servers, whose addresses only a cluster knows. Where policies are "
    "enforced, the playbooks verify and status reach nothing: set k8s_tracing_api_server_cidrs."
)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "releases": {"type": "list", "elements": "dict", "required": True, "no_log": True},
    "kube_version": {"type": "str", "default": "1.25.0"},
    "api_versions": {"type": "list", "elements": "str", "default": []},
    "namespace_labels": {"type": "dict", "default": {}},
    "foreign_namespaces": {"type": "list", "elements": "str", "default": []},
}


def render(params: Mapping[str, Any], run: Run, check_mode: bool, with_diff: bool) -> dict[str, Any]:
    """Write what the releases are made of, and nothing else, into a folder."""
    folder = Path(params["path"])
    target = target_of(params["kube_version"], params["api_versions"])
    before = dict(_present(folder))
    parts = shaped(lambda: [part_of(one, run, target) for one in params["releases"]], _no_objects)
    secrets = _secrets(parts)
    notes = [NO_API_SERVERS] if any(part.lacks_api_servers for part in parts) else []
    foreign = sorted(set(params["foreign_namespaces"]))
    notes += [f"These namespaces are not written, and have to be there: {', '.join(foreign)}."] if foreign else []
    own = {part.namespace for part in parts if part.objects and part.has_release}.difference(foreign)
    after = files_of(parts, dict.fromkeys(own, params["namespace_labels"]), secrets, notes)
    _refuse_folders(folder, after)
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if not check_mode:
        _write(folder, {name: after.get(name) for name in changed})
    result = {"changed": bool(changed), "changed_files": changed, "files": sorted(after)}
    result["lines"] = _lines(folder, secrets, notes)
    diff = [_diff(name, before.get(name, ""), after.get(name, "")) for name in changed]
    return {**result, "secrets": secrets, "notes": notes, **({"diff": diff} if with_diff else {})}


def _lines(folder: Path, secrets: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> list[str]:
    """What is left to do, for people to read."""
    wanted = [
        f"Secret {one['name']} in namespace {one['namespace']}{_with_keys(one['needed_keys'])}, "
        f"read by {', '.join(one['parts'])}."
        for one in secrets
    ]
    needs = ["These Secrets are not written, and have to be there:", *wanted] if wanted else []
    return [f"The manifests are in {folder}.", *needs, *notes]


def _with_keys(keys: Sequence[str]) -> str:
    return f" with {', '.join(keys)}" if keys else ""


def _no_objects(error: Exception) -> TracingError:
    what = f"A chart renders an object that is not as Kubernetes has it ({type(error).__name__})."
    return TracingError("helm_output", what, "Check the chart, and the values of your own.")


def _diff(name: str, before: str, after: str) -> dict[str, str]:
    return {"before_header": name, "before": before, "after_header": name, "after": after}


def _present(folder: Path) -> Iterator[tuple[str, str]]:
    """The files of a former run. What is none of them is not ours to change."""
    for place, folders, names in os.walk(folder, onerror=_not_listed):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in sorted([*names, *links]):
            yield str((here / name).relative_to(folder)), _own_text(folder, here / name)


def _not_listed(error: OSError) -> None:
    """One that is not there yet holds nothing. Of any other nobody knows what would be lost in it."""
    if not isinstance(error, FileNotFoundError):
        told = f"{error.filename} cannot be read as a folder: {error.strerror}."
        raise TracingError("not_read", told, "Set k8s_tracing_render_dir to a folder of your own.") from error


def _own_text(folder: Path, file: Path) -> str:
    try:
        text = "" if file.is_symlink() else read_regular(file, MAX_FILE_BYTES).decode()
    except (OSError, UnicodeError):
        text = ""
    if not text.startswith((_YAML_MARK, _TEXT_MARK)):
        raise TracingError(
            "foreign_files",
            f"{folder} holds {file.relative_to(folder)}, which was not rendered by this collection.",
            "Set k8s_tracing_render_dir to a folder of its own, or move the file elsewhere.",
        )
    return text


def _refuse_folders(folder: Path, files: Iterable[str]) -> None:
    """An empty one holds no foreign file, and no file can take its place."""
    found = [name for name in sorted(files) if (folder / name).is_dir()]
    if found:
        raise TracingError(
            "foreign_files",
            f"{folder} holds the folder {found[0]}, where a file of that name has to be.",
            "Set k8s_tracing_render_dir to a folder of its own, or move the folder elsewhere.",
        )


def _write(folder: Path, files: Mapping[str, str | None]) -> None:
    try:
        for name, text in files.items():
            file = folder / name
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="\n")
        for place in sorted({(folder / name).parent for name in files}, reverse=True):
            if place != folder and not any(place.iterdir()):
                place.rmdir()
    except OSError as error:
        raise TracingError(
            "not_written",
            f"{error.filename} cannot be written: {error.strerror}.",
            "Check the owner and the space of the folder.",
        ) from error


def files_of(
    parts: Sequence[Part],
    namespaces: Mapping[str, Mapping[str, str]],
    secrets: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
) -> dict[str, str]:
    """The content of each file by its path in the folder. ``namespaces`` are those to be made, with their labels."""
    used = [part for part in parts if part.objects]
    files: dict[str, str] = {}
    folders = _folders(used)
    for part, folder in zip(used, folders, strict=True):
        if f"{folder}/kustomization.yaml" in files:
            raise invalid(f"releases: {folder} is there twice.", "Render each in a folder of its own.")
        named = _named(part.objects)
        files |= {f"{folder}/{name}": _YAML_MARK + dump(item) for name, item in named.items()}
        files[f"{folder}/kustomization.yaml"] = _kustomization(part.objects, sorted(named))
    spaces = {f"namespace-{name}.yaml": _namespace(name, labels) for name, labels in namespaces.items()}
    files |= {name: _YAML_MARK + dump(item) for name, item in spaces.items()}
    every = [item for part in used for item in part.objects]
    files["kustomization.yaml"] = _kustomization(every, [*sorted(spaces), *sorted(folders)])
    files["README.md"] = _TEXT_MARK + _readme(secrets, notes)
    return files


def _folders(parts: Sequence[Part]) -> list[str]:
    """Named after the part; and after its namespace where there are several, such as canaries of tenants."""
    names = [part.name for part in parts]
    return [part.name if names.count(part.name) == 1 else f"{part.name}-{part.namespace}" for part in parts]


def _named(items: Sequence[Object]) -> dict[str, Object]:
    """Each object by the name of its file, in order. Two of one kind and name lie in two namespaces, or groups."""
    found: dict[str, Object] = {}
    for item in items:
        kind, name = str(item.get("kind", "")).lower(), str((item.get("metadata") or {}).get("name", "")).lower()
        stem = _NO_FILE_NAME.sub("-", f"{kind}-{name}")
        names = (f"{stem}{f'-{number}' if number else ''}.yaml" for number in range(len(items)))
        found[next(name for name in names if name not in found)] = item
    return {name: found[name] for name in sorted(found)}


def _kustomization(items: Sequence[Object], resources: Sequence[str]) -> str:
    spaces = sorted({str((item.get("metadata") or {}).get("namespace", "")) for item in items} - {""})
    return _YAML_MARK + dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            # One that is set moves everything there.
            **({"namespace": spaces[0]} if len(spaces) == 1 else {}),
            "resources": list(resources),
        }
    )


def _namespace(name: str, labels: Mapping[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}


def _secrets(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Each Secret that has to be there, with its keys and the parts that read it."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for part in parts:
        for name, keys in part.secrets.items():
            one = found.setdefault((part.namespace, name), {"needed_keys": set(), "parts": set()})
            one["needed_keys"] |= keys
            one["parts"].add(part.name)
    return [
        {"namespace": namespace, "name": name, "needed_keys": sorted(one["needed_keys"]), "parts": sorted(one["parts"])}
        for (namespace, name), one in sorted(found.items())
    ]


def _readme(secrets: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> str:
    rows = [
        f"| `{one['namespace']}` | `{one['name']}` | {_keys(one['needed_keys'])} | {', '.join(one['parts'])} |"
        for one in secrets
    ]
    table = "\n".join(["| namespace | Secret | keys | read by |", "|---|---|---|---|", *rows]) if rows else "None."
    text = "\n## Note\n\n" + "\n\n".join(notes) + "\n" if notes else ""
    return _README.format(secrets=table, notes=text)


def _keys(keys: Sequence[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys) or "as its readers expect"
