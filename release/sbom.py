"""The bill of materials of a built collection, in CycloneDX: its files, what it needs, and what its roles install."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*([<>=!~].*)?")
RANGE = "tracelab:version_range"


@dataclass(frozen=True)
class Artifact:
    """The files of a built collection, by their path in it."""

    path: Path
    files: Mapping[str, bytes]

    @classmethod
    def read(cls, path: Path) -> Artifact:
        with tarfile.open(path) as archive:
            streams = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
            return cls(path, {name: stream.read() for name, stream in streams if stream})

    @property
    def info(self) -> dict[str, Any]:
        return dict(json.loads(self.files["MANIFEST.json"])["collection_info"])

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def bill_of_materials(artifact: Artifact, pinned: Mapping[str, Any], made: datetime) -> str:
    """As JSON. The same artifact at the same time gives the same text."""
    info = artifact.info
    name, version, sha256 = f"{info['namespace']}.{info['name']}", info["version"], artifact.sha256
    collection = Component(
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        name=name,
        version=version,
        description=info["description"],
        licenses=[LicenseFactory().make_from_string("GPL-3.0-or-later")],
        purl=PackageURL("generic", info["namespace"], info["name"], version, {"checksum": f"sha256:{sha256}"}),
        hashes=[_sha256(sha256)],
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(info["repository"]))],
        components=list(_files(artifact)),
    )
    needs = [*_python(artifact), *_collections(info["dependencies"])]
    digests = {name: digest for table in pinned["digests"].values() for name, digest in table.items()}
    installs = [*map(_chart, pinned["charts"]), *(_image(image, digests) for image in pinned["images"])]
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{info['repository']}#{sha256}"),
        metadata=BomMetaData(component=collection, timestamp=made),
        components=[*needs, *installs],
    )
    bom.register_dependency(collection, [*needs, *installs])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _sha256(content: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=content)


def _files(artifact: Artifact) -> Iterator[Component]:
    for name, content in artifact.files.items():
        digest = _sha256(hashlib.sha256(content).hexdigest())
        yield Component(type=ComponentType.FILE, name=name, bom_ref=f"file:{name}", hashes=[digest])


def _python(artifact: Artifact) -> Iterator[Component]:
    """What a controller needs. None is pinned, so that each has a range and no version."""
    for line in artifact.files["requirements.txt"].decode().splitlines():
        found = REQUIREMENT.fullmatch(line.split("#")[0].strip())
        if found:
            yield Component(
                type=ComponentType.LIBRARY,
                bom_ref=f"pypi:{found[1]}",
                name=found[1],
                purl=PackageURL("pypi", None, found[1].lower().replace("_", "-")),
                properties=[Property(name=RANGE, value=found[2] or "*")],
            )


def _collections(dependencies: Mapping[str, str]) -> Iterator[Component]:
    for name, versions in dependencies.items():
        namespace, _dot, short = name.partition(".")
        yield Component(
            type=ComponentType.LIBRARY,
            bom_ref=f"collection:{name}",
            name=name,
            purl=PackageURL("generic", namespace, short),
            properties=[Property(name=RANGE, value=versions)],
        )


def _chart(chart: Mapping[str, str]) -> Component:
    name, version = chart["name"], chart["version"]
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref=f"chart:{name}@{version}",
        name=name,
        version=version,
        purl=PackageURL("helm", None, name, version, {"repository_url": chart["repository"]}),
    )


def _image(image: Mapping[str, str], digests: Mapping[str, str]) -> Component:
    repository, tag = f"{image['registry']}/{image['repository']}", image["tag"]
    digest = digests.get(f"{image['repository']}:{tag}", "")
    short = repository.rsplit("/", 1)[-1]
    return Component(
        type=ComponentType.CONTAINER,
        bom_ref=f"image:{repository}:{tag}",
        name=repository,
        version=tag,
        # A purl of type oci takes a digest as its version, or none.
        purl=PackageURL("oci", None, short, digest or None, {"repository_url": repository, "tag": tag}),
        hashes=[_sha256(digest.removeprefix("sha256:"))] if digest else [],
    )
