# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Helm remembers of a release: one record a revision, kept in a Secret or a ConfigMap of its namespace."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi

# $HELM_DRIVER, and the resource that it stands for. Its other values (sql, memory) name no object of the cluster.
STORAGE = {
    "": "secrets",
    "secret": "secrets",
    "secrets": "secrets",
    "configmap": "configmaps",
    "configmaps": "configmaps",
}
GOOD_STATUS = ("deployed", "superseded")
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Record:
    """The newest revision of a release."""

    revision: int
    status: str
    description: str
    content: Mapping[str, Any]
    previous_revision: int = 0

    @property
    def chart(self) -> Mapping[str, Any]:
        return self.content.get("chart") or {}

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What Chart.yaml held."""
        return self.chart.get("metadata") or {}

    @property
    def config(self) -> Mapping[str, Any]:
        """The values that were given to Helm."""
        return self.content.get("config") or {}

    @property
    def manifests(self) -> list[str]:
        """What was rendered: the objects, and those of the hooks."""
        return rendered(self.content)


def rendered(release: Mapping[str, Any]) -> list[str]:
    hooks = [str(hook.get("manifest") or "") for hook in release.get("hooks") or []]
    return [str(release.get("manifest") or ""), *hooks]


def decode(packed: str) -> dict[str, Any]:
    """The release in ``data.release`` of a record, as the API returns it.

    Base64 of gzip of JSON; a Secret's data is base64 once more.
    """
    try:
        content = base64.b64decode(packed)
        if not content.startswith(GZIP_MAGIC):
            content = base64.b64decode(content)
        release = json.loads(gzip.decompress(content) if content.startswith(GZIP_MAGIC) else content)
    except (ValueError, binascii.Error, OSError, EOFError, zlib.error) as error:
        raise _unreadable(str(error)) from error
    if not isinstance(release, dict):
        raise _unreadable("it holds no object")
    return release


def _unreadable(why: str) -> TracingError:
    return TracingError(
        "helm_record",
        f"The record of a Helm release cannot be read: {why}.",
        "See what Helm makes of it with: helm history RELEASE.",
    )


def list_records(api: KubeApi, namespace: str, name: str = "", resource: str = "secrets") -> list[dict[str, Any]]:
    """The objects that hold the records of a release, or of all releases of a namespace. One request."""
    selector = f"owner=helm,name={name}" if name else "owner=helm"
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/{resource}"
    return api.items(path, [("labelSelector", selector)])


def labels(item: Mapping[str, Any]) -> Mapping[str, str]:
    return (item.get("metadata") or {}).get("labels") or {}


def revision(item: Mapping[str, Any]) -> int:
    text = str(labels(item).get("version", ""))
    return int(text) if text.isdecimal() else 0


def newest(items: Sequence[Mapping[str, Any]]) -> Record | None:
    """The last revision of one release; None when there is no record."""
    return read(items, max(map(revision, items))) if items else None


def read(items: Sequence[Mapping[str, Any]], number: int) -> Record | None:
    """One revision of one release; None when it is not there."""
    item = next((one for one in items if revision(one) == number), None)
    if item is None:
        return None
    packed = (item.get("data") or {}).get("release")
    if not packed:
        raise _unreadable("it is empty")
    content = decode(str(packed))
    info = content.get("info") or {}
    return Record(
        revision=revision(item) or int(content.get("version") or 0),
        status=str(info.get("status") or labels(item).get("status") or "unknown"),
        description=str(info.get("description") or ""),
        content=content,
        previous_revision=_last_good(items, before=revision(item)),
    )


def _last_good(items: Iterable[Mapping[str, Any]], before: int) -> int:
    good = (revision(item) for item in items if labels(item).get("status") in GOOD_STATUS)
    return max((number for number in good if number < before), default=0)
