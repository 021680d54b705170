# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rendered objects, compared and made fit to be shown: in a fixed order, and without what lies in Secrets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import NoneType
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.volume_claims import size_of, template_sizes

from .compare import same
from .yaml_text import dump, load

Object = Mapping[str, Any]
# Of this process: equal values look equal in one diff, and nobody can guess a value from how it looks.
SALT = secrets.token_bytes(16)
SEPARATOR = re.compile(r"^---.*$", re.MULTILINE)
CLAIM_TEMPLATES = ("spec", "volumeClaimTemplates")
STORAGE = ("spec", "resources", "requests", "storage")
# What Kubernetes refuses to change in an object that exists.
IMMUTABLE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "StatefulSet": (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "podManagementPolicy"),
        CLAIM_TEMPLATES,
    ),
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "Job": (("spec", "selector"), ("spec", "template"), ("spec", "completionMode")),
    "PersistentVolumeClaim": (("spec", "storageClassName"), ("spec", "accessModes")),
}


def objects(manifests: Iterable[str]) -> list[Object]:
    """All objects, ordered by kind and name. What is no YAML to us is kept under a name of its own, unseen."""
    found: list[Object] = []
    for manifest in manifests:
        for part in SEPARATOR.split(manifest):
            try:
                found += _checked(_flat(load(part, "The manifest")))
            except (TracingError, TypeError):
                found.append({"kind": "Unreadable", "metadata": {"name": _digest(part.encode("utf-8", "replace"))}})
    return sorted(found, key=_order)


def _checked(items: Iterable[Object]) -> list[Object]:
    found = list(items)
    if not all(isinstance(item.get("metadata"), (Mapping, NoneType)) for item in found):
        raise TypeError("metadata")
    return found


def _flat(content: Any) -> Iterator[Object]:
    if isinstance(content, Mapping) and str(content.get("kind", "")).endswith("List") and "items" in content:
        for item in content["items"] or []:
            yield from _flat(item)
    elif isinstance(content, Mapping) and content:
        yield content


def _order(item: Object) -> tuple[str, str, str]:
    metadata = item.get("metadata") or {}
    return str(item.get("kind", "")), str(metadata.get("name", "")), str(metadata.get("namespace", ""))


def name_of(item: Object) -> str:
    kind, name, _namespace = _order(item)
    return f"{kind}/{name}"


def same_objects(old: Sequence[Object], new: Sequence[Object]) -> bool:
    return same(list(old), list(new))


def shown(old: Sequence[Object], new: Sequence[Object]) -> tuple[str, str]:
    """Both sides as text."""
    return _text(old), _text(new)


def _text(items: Sequence[Object]) -> str:
    return "".join(f"--- # {name_of(item)}\n{dump(_masked(item))}" for item in items)


def _masked(item: Object) -> Object:
    if item.get("kind") != "Secret":
        return item
    hidden = {
        key: {name: _mark(value, key) for name, value in content.items()}
        if isinstance(content := item[key], Mapping)
        else _mark(content, key)
        for key in ("data", "stringData")
        if item.get(key)
    }
    return {**item, **hidden}


def _mark(value: Any, key: str) -> str:
    content = str(value).encode("utf-8", "replace")
    if key == "data":
        with suppress(binascii.Error):  # no base64: Kubernetes will say so
            content = base64.b64decode(content, validate=True)
    return f"(hidden, {_digest(content)})"


def _digest(content: bytes) -> str:
    return hmac.new(SALT, content, hashlib.sha256).hexdigest()[:8]


def immutable_changes(old: Sequence[Object], new: Sequence[Object]) -> list[str]:
    """Fields that differ although Kubernetes lets nobody change them.

    Claim templates that differ in the size of their storage alone are none: a StatefulSet can be made anew around its
    pods.
    """
    before = {_order(item): item for item in old if item.get("kind") in IMMUTABLE}
    return [
        f"{name_of(item)} {'.'.join(path)}"
        for item in new
        if _order(item) in before
        for path in IMMUTABLE[str(item["kind"])]
        if not _same_field(before[_order(item)], item, path)
    ]


def _same_field(old: Object, new: Object, path: tuple[str, ...]) -> bool:
    before, after = _field(old, path) or None, _field(new, path) or None
    return same(before, after) or (path == CLAIM_TEMPLATES and _only_sizes_differ(old, new))


def _only_sizes_differ(old: Object, new: Object) -> bool:
    sizes = [*template_sizes(old).values(), *template_sizes(new).values()]
    return all(size_of(size) is not None for size in sizes) and same(_without_sizes(old), _without_sizes(new))


def _without_sizes(item: Object) -> Any:
    templates = _field(item, CLAIM_TEMPLATES)
    return [_cut(one, STORAGE) for one in templates] if isinstance(templates, list) else templates


def _cut(item: Any, path: tuple[str, ...]) -> Any:
    """A copy without what is at this path."""
    if not isinstance(item, Mapping):
        return item
    key, *rest = path
    kept = {name: value for name, value in item.items() if name != key}
    return {**kept, key: _cut(item[key], tuple(rest))} if rest and key in item else kept


def _field(item: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        item = item.get(key) if isinstance(item, Mapping) else None
    return item
