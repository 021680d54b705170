# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Secrets objects refer to, and which of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Secret and key; the key is empty where a reference names none.
Reference = tuple[str, str]
TLS_KEYS = ("tls.crt", "tls.key")


def secret_references(item: Mapping[str, Any]) -> Iterator[Reference]:
    """Those of one object that a pod, an Ingress or a service account can't do without."""
    if item.get("kind") == "Ingress":
        spec = item.get("spec") or {}
        names = [one.get("secretName") for one in spec.get("tls") or []]
        yield from ((str(name), key) for name in names if name for key in TLS_KEYS)
    elif item.get("kind") != "Secret":
        yield from _below(item)


def _below(node: Any) -> Iterator[Reference]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _named(key, value)
            yield from _below(value)
    elif isinstance(node, list):
        for part in node:
            yield from _below(part)


def _named(key: str, value: Any) -> Iterator[Reference]:
    """What one key of a pod's specification refers to. What is marked optional is needed by nobody."""
    if key == "imagePullSecrets":
        yield from ((str(one.get("name", "")), "") for one in value or [])
    elif isinstance(value, Mapping) and not value.get("optional"):
        if key == "secretKeyRef":
            yield str(value.get("name", "")), str(value.get("key", ""))
        elif key == "secretRef":
            yield str(value.get("name", "")), ""
        elif key == "secret" and (value.get("secretName") or value.get("name")):
            name = str(value.get("secretName") or value.get("name"))
            yield from ((name, key) for key in _items(value) or [""])


def _items(volume: Mapping[str, Any]) -> list[str]:
    return [str(item.get("key", "")) for item in volume.get("items") or []]


def by_name(references: Iterable[Reference]) -> dict[str, set[str]]:
    """The keys of each Secret, by its name."""
    found: dict[str, set[str]] = {}
    for name, key in references:
        if name:
            found.setdefault(name, set()).update({key} - {""})
    return found
