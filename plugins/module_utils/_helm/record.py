# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Helm remembers of a release: one record a revision, kept in a Secret or a ConfigMap of its namespace."""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any
from urllib.parse import quote

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._numbers import finite
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import read_bounded

# $HELM_DRIVER, and the resource that it stands for. Its other values (sql, memory) name no object of the cluster.
STORAGE = {
    "": "secrets",
    "secret": "secrets",
    "secrets": "secrets",
    "configmap": "configmaps",
    "configmaps": "configmaps",
}
GOOD_STATUS = ("deployed", "superseded")
BAD_RECORD = "helm_record"
GZIP_MAGIC = b"\x1f\x8b"
_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_MAPS = (("info",), ("config",), ("chart",), ("chart", "metadata"), ("chart", "values"))
_FILES = (("chart", "templates"), ("chart", "files"))
_LISTS = (("hooks",), *_FILES)


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
        release = parse_json(_unpacked(content))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise _unreadable(str(error)) from error
    if not isinstance(release, dict):
        raise _unreadable("it holds no object")
    _check(release)
    return release


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(GZIP_MAGIC):
        return content
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        return read_bounded(stream.read, "The record of a Helm release")


def _check(release: Mapping[str, Any]) -> None:
    """The parts that are looked into have the shape that Helm gives them."""
    for path in _MAPS:
        if not isinstance(_part(release, path), (dict, NoneType)):
            raise _unreadable(f"{'.'.join(path)} is no map")
    for path in _LISTS:
        part = _part(release, path)
        if part is not None and not (isinstance(part, list) and all(isinstance(item, dict) for item in part)):
            raise _unreadable(f"{'.'.join(path)} is no list of maps")
    for path in _FILES:
        for item in _part(release, path) or []:
            if not isinstance(item.get("name"), str):
                raise _unreadable("a file of the chart has no name")
            _decoded(item.get("data"))
    _decoded(_part(release, ("chart", "schema")))


def _part(release: Any, path: Sequence[str]) -> Any:
    for name in path:
        release = release.get(name) if isinstance(release, dict) else None
    return release


def _decoded(data: Any) -> bytes:
    try:
        return base64.b64decode(data or "")
    except (TypeError, ValueError) as error:
        raise _unreadable("a file of the chart is not in base64") from error


def _unreadable(why: str) -> TracingError:
    """Whoever knows the release's name adds how to look at it."""
    return TracingError(BAD_RECORD, f"The record of a Helm release cannot be read: {why}.")


def list_records(api: KubeApi, namespace: str, name: str = "", resource: str = "secrets") -> list[dict[str, Any]]:
    """The objects that hold the records of a release, or of all releases of a namespace. One request."""
    selector = f"owner=helm,name={name}" if name else "owner=helm"
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/{resource}"
    found = api.items(path, [("labelSelector", selector)])
    # That of another release would be taken for a revision of this one.
    return [item for item in found if labels(item).get("name") == name] if name else found


def labels(item: Mapping[str, Any]) -> Mapping[str, str]:
    metadata = item.get("metadata")
    found = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def revision(item: Mapping[str, Any]) -> int:
    text = str(labels(item).get("version", ""))
    return int(text) if _NUMBER.match(text) else 0


def newest(items: Sequence[Mapping[str, Any]]) -> Record | None:
    """The last revision of one release; None when there is no record."""
    return read(items, max(map(revision, items))) if items else None


def read(items: Sequence[Mapping[str, Any]], number: int) -> Record | None:
    """One revision of one release; None when it is not there."""
    item = next((one for one in items if revision(one) == number), None)
    if item is None:
        return None
    data = item.get("data")
    packed = data.get("release") if isinstance(data, Mapping) else None
    if not packed:
        raise _unreadable("it is empty")
    content = decode(str(packed))
    info = content.get("info") or {}
    return Record(
        revision=revision(item) or int(finite(content.get("version")) or 0),
        status=str(info.get("status") or labels(item).get("status") or "unknown"),
        description=str(info.get("description") or ""),
        content=content,
        previous_revision=_last_good(items, before=revision(item)),
    )


def _last_good(items: Iterable[Mapping[str, Any]], before: int) -> int:
    good = (revision(item) for item in items if labels(item).get("status") in GOOD_STATUS)
    return max((number for number in good if number < before), default=0)
