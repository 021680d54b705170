# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container images: their references, and which of them rendered objects run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import without_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._helm.manifest import name_of, objects

DEFAULT_REGISTRY = "docker.io"
HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]+)?"
NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REFERENCE = re.compile(
    rf"(?:(?P<registry>{HOST})/)?(?P<repository>{NAME}(?:/{NAME})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
# Texts that hold whatever somebody wrote into them.
UNREAD_KINDS = ("ConfigMap", "Secret", "CustomResourceDefinition")


@dataclass(frozen=True)
class Reference:
    """One image, with nothing left out: ``grafana/tempo`` is ``docker.io/grafana/tempo:latest``."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def path(self) -> str:
        """All but the registry: what stays the same when an image moves to another one."""
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def file(self) -> str:
        """The name of an archive of it."""
        return re.sub(r"[/:@]", "_", f"{self}") + ".tar"

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}"


def parse(text: str) -> Reference:
    """Read a reference as container engines do."""
    match = REFERENCE.fullmatch(text)
    registry, repository = (match["registry"] or "", match["repository"]) if match else ("", "")
    if registry and not _is_host(registry):  # the first part of a repository of Docker Hub
        registry, repository = "", f"{registry}/{repository}"
    if not match or repository.lower() != repository:
        raise invalid(
            f"'{without_login(text)}' is no image.",
            "Write it as REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:...",
        )
    if not registry:
        registry = DEFAULT_REGISTRY
        repository = repository if "/" in repository else f"library/{repository}"
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return Reference(registry, repository, tag, match["digest"] or "")


def _is_host(text: str) -> bool:
    return "." in text or ":" in text or text == "localhost"


def images_in(manifest: str) -> dict[Reference, list[str]]:
    """The images of rendered objects, each with the objects that name it."""
    found: dict[Reference, list[str]] = {}
    for item in objects([manifest]):
        if item.get("kind") in UNREAD_KINDS:
            continue
        for text in _mentioned(item):
            users = found.setdefault(_parsed(text, name_of(item)), [])
            if name_of(item) not in users:
                users.append(name_of(item))
    return dict(sorted(found.items(), key=lambda pair: str(pair[0])))


def _parsed(text: str, where: str) -> Reference:
    try:
        return parse(text)
    except TracingError as error:
        raise invalid(f"{where} has an image that can't be right. {error.message}", error.fix) from error


def _mentioned(node: Any) -> Iterator[str]:
    """Whatever stands under `image`, at any depth: in containers of all sorts, and in objects of operators."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "image" and isinstance(value, str) and value:
                yield value
            elif key in ("args", "command") and isinstance(value, list):
                yield from _handed_over(value)
            elif key == "env" and isinstance(value, list):
                yield from _handed_over([item.get("value") for item in value if isinstance(item, Mapping)])
            else:
                yield from _mentioned(value)
    elif isinstance(node, list):
        for item in node:
            yield from _mentioned(item)


def _handed_over(texts: list[Any]) -> Iterator[str]:
    """Images that a program starts by itself, as operators do with their reloaders: `--reloader=HOST/NAME:TAG`."""
    for text in texts:
        value = re.sub(r"^-{1,2}[\w.-]+=", "", text) if isinstance(text, str) else ""
        match = REFERENCE.fullmatch(value)
        if match and (match["tag"] or match["digest"]) and _is_public_host(match["registry"] or ""):
            yield value


def _is_public_host(host: str) -> bool:
    """Short names are too much like anything else, and an address inside the cluster is no registry."""
    name, _colon, port = host.partition(":")
    return bool(port or "." in name) and not re.search(r"\.svc(\.|$)", name)
