"""What a release adds to the artifact: its bill of materials, its signature, and how it is published."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from openpgp import Key, two_keys

ROOT = Path(__file__).resolve().parents[2]
NAME = "tracelab.k8s_tracing"
SIGN = ROOT / "release" / "sign.sh"
Galaxy = Callable[..., subprocess.CompletedProcess[str]]


# The bill of materials


@pytest.fixture(scope="module")
def bill(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("bill") / "sbom.cdx.json"
    code = "import sys, pathlib, release.__main__ as r; r.describe(*map(pathlib.Path, sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(artifact), str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return target.read_text()


@pytest.fixture(scope="module")
def parts(bill: str) -> dict[str, dict[str, Any]]:
    return {one["bom-ref"]: one for one in json.loads(bill)["components"]}


def test_the_bill_is_valid_cyclonedx(bill: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(bill) is None
    assert validator.validate_str(bill.replace('"SHA-256"', '"SHA-255"')) is not None


def test_the_bill_names_every_file_of_the_artifact_with_its_checksum(bill: str, artifact: Path) -> None:
    told = json.loads(bill)["metadata"]["component"]
    assert told["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(artifact.read_bytes()).hexdigest()}]
    with tarfile.open(artifact) as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}  # type: ignore[union-attr]
    assert {one["name"]: one["hashes"][0]["content"] for one in told["components"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


def test_the_bill_names_all_that_is_required(parts: dict[str, dict[str, Any]], bill: str) -> None:
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    told = {f"{one['name']}{one['properties'][0]['value']}" for ref, one in parts.items() if ref.startswith("pypi:")}
    assert told == {line for line in lines if line}
    collections = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    found = {one["name"]: one["properties"][0]["value"] for ref, one in parts.items() if ref.startswith("collection:")}
    assert found == collections
    (own,) = [one for one in json.loads(bill)["dependencies"] if one["ref"].startswith(NAME)]
    assert set(own["dependsOn"]) == set(parts)


def test_the_bill_names_charts_and_images_that_the_roles_pin(parts: dict[str, dict[str, Any]]) -> None:
    """Read from the files in another way than the bill's: each pinned version stands in one of them."""
    pinned = {}
    for role in ("alloy", "grafana", "prometheus", "tempo_vulture"):
        defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
        pinned[f"chart:{defaults[f'{role}_chart_ref']}@{defaults[f'{role}_chart_version']}"] = "helm"
        pinned[f"{defaults[f'{role}_image_repository']}:{defaults[f'{role}_image_tag']}"] = "oci"
    for major in yaml.safe_load((ROOT / "roles/tempo/vars/main/majors.yml").read_text())["_tempo_majors"].values():
        pinned |= {f"chart:{name}@{version}": "helm" for name, version in major["charts"].items()}
        pinned[f"grafana/tempo:{major['app']}"] = "oci"
    engines = yaml.safe_load((ROOT / "roles/k6_trace_generator/vars/main/run.yml").read_text())
    for one in engines["_k6_trace_generator_engine_table"].values():
        pinned[f"{one['repository']}:{one['tag']}"] = "oci"
    told = {ref: one for ref, one in parts.items() if ref.startswith(("chart:", "image:"))}
    short = {ref if ref.startswith("chart:") else ref.removeprefix("image:").partition("/")[2]: ref for ref in told}
    assert set(short) == set(pinned)
    assert {name: told[ref]["purl"].partition(":")[2].partition("/")[0] for name, ref in short.items()} == pinned


# The signature


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    """The key of the release, and another one."""
    with two_keys(tmp_path_factory.mktemp("keys"), "release") as found:
        yield found


def sign(artifact: Path, secret: str, keys: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SIGNING_KEY": secret}
    command = [str(SIGN), str(artifact), str(keys)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copied(artifact: Path, tmp_path: Path) -> Path:
    target = tmp_path / artifact.name
    target.write_bytes(artifact.read_bytes())
    return target


@pytest.fixture
def signed(copied: Path, keys: tuple[Key, Key], tmp_path: Path) -> Path:
    public = tmp_path / "KEYS"
    public.write_text(keys[1].public() + keys[0].public())
    done = sign(copied, keys[0].secret(), public)
    assert done.returncode == 0, done.stderr
    return copied


@pytest.fixture
def galaxy(tmp_path: Path) -> Galaxy:
    """ansible-galaxy collection COMMAND, with a folder of collections of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": tools, "HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")}

    def call(*command: str) -> subprocess.CompletedProcess[str]:
        program = ["ansible-galaxy", "collection", *command]
        return subprocess.run(program, cwd=tmp_path, env={**kept, **own}, capture_output=True, text=True, timeout=300)

    return call


def trusted(signed: Path, key: Key) -> list[str]:
    """What SECURITY.md tells users to give."""
    signature = signed.with_name(signed.name.removesuffix(".tar.gz") + ".asc")
    return [*required(signed, key), "--signature", f"file://{signature}"]


def required(artifact: Path, key: Key) -> list[str]:
    keyring = key.keyring(artifact.parent / "keyring.gpg")
    return ["--keyring", str(keyring), "--required-valid-signature-count", "+1"]


def install(galaxy: Galaxy, artifact: Path, *arguments: str) -> tuple[bool, str]:
    """From a server that has this very file; whether it is installed then, and what was said."""
    folder = artifact.parent / "collections"
    with fake_galaxy(artifact) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        done = galaxy("install", "--server", url, "--no-deps", "-p", str(folder), *arguments, NAME)
    assert server.downloads == 1, done.stdout + done.stderr
    found = (folder / "ansible_collections" / "tracelab" / "k8s_tracing" / "MANIFEST.json").exists()
    assert found == (done.returncode == 0)
    return found, done.stdout + done.stderr


def repacked(artifact: Path) -> None:
    """As somebody would who alters a file: with all checksums of the archive made to fit."""
    with tarfile.open(artifact) as archive:
        members = [(one, archive.extractfile(one).read() if one.isfile() else b"") for one in archive]  # type: ignore[union-attr]
    contents = {one.name: content for one, content in members}
    contents["README.md"] += b"more\n"
    listed = json.loads(contents["FILES.json"])
    (readme,) = [one for one in listed["files"] if one["name"] == "README.md"]
    readme["chksum_sha256"] = hashlib.sha256(contents["README.md"]).hexdigest()
    contents["FILES.json"] = json.dumps(listed).encode()
    manifest = json.loads(contents["MANIFEST.json"])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents["FILES.json"]).hexdigest()
    contents["MANIFEST.json"] = json.dumps(manifest).encode()
    with tarfile.open(artifact, "w:gz") as archive:
        for one, _content in members:
            one.size = len(contents[one.name]) if one.isfile() else 0
            archive.addfile(one, io.BytesIO(contents[one.name]) if one.isfile() else None)


def test_a_signed_collection_is_installed(signed: Path, keys: tuple[Key, Key], galaxy: Galaxy) -> None:
    found, said = install(galaxy, signed, *trusted(signed, keys[0]))
    assert found, said


def test_a_collection_that_was_altered_on_its_way_is_refused(
    signed: Path, keys: tuple[Key, Key], galaxy: Galaxy
) -> None:
    repacked(signed)
    found, said = install(galaxy, signed, *trusted(signed, keys[0]))
    assert not found
    assert "signature verification failed" in said
    found, said = install(galaxy, signed)
    assert found, "without a signature nobody would see it"


def test_a_collection_signed_by_another_key_is_refused(signed: Path, keys: tuple[Key, Key], galaxy: Galaxy) -> None:
    found, said = install(galaxy, signed, *trusted(signed, keys[1]))
    assert not found
    assert "signature verification failed" in said


def test_a_collection_without_a_signature_is_refused(copied: Path, keys: tuple[Key, Key], galaxy: Galaxy) -> None:
    found, said = install(galaxy, copied, *required(copied, keys[0]))
    assert not found
    assert "signature verification failed" in said


def from_file(galaxy: Galaxy, artifact: Path) -> Path:
    """ansible-galaxy looks at no signature of a file, so that what is installed is verified."""
    folder = artifact.parent / "collections"
    done = galaxy("install", "--offline", "--no-deps", "-p", str(folder), str(artifact))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "ansible_collections" / "tracelab" / "k8s_tracing"


def test_an_installed_collection_is_verified(signed: Path, keys: tuple[Key, Key], galaxy: Galaxy) -> None:
    installed = from_file(galaxy, signed)
    done = galaxy("verify", "--offline", *trusted(signed, keys[0]), NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Successfully verified" in done.stdout
    with (installed / "plugins" / "module_utils" / "_errors.py").open("a") as stream:
        stream.write("# more\n")
    done = galaxy("verify", "--offline", *trusted(signed, keys[0]), NAME)
    assert done.returncode != 0
    assert "_errors.py" in done.stdout + done.stderr


def test_an_altered_file_is_found_after_its_installation(signed: Path, keys: tuple[Key, Key], galaxy: Galaxy) -> None:
    repacked(signed)
    from_file(galaxy, signed)
    done = galaxy("verify", "--offline", *trusted(signed, keys[0]), NAME)
    assert done.returncode != 0
    assert "Signature verification failed" in done.stdout + done.stderr


def test_nothing_is_signed_that_users_would_refuse(copied: Path, keys: tuple[Key, Key]) -> None:
    public = copied.parent / "KEYS"
    done = sign(copied, keys[0].secret(), public)
    assert (done.returncode, "has no public key" in done.stderr) == (1, True)
    public.write_text(keys[1].public())
    done = sign(copied, keys[0].secret(), public)
    assert (done.returncode, "is none of those in" in done.stderr) == (1, True), done.stderr
    done = sign(copied, "", public)
    assert (done.returncode, "SIGNING_KEY is empty" in done.stderr) == (1, True)
    assert not list(copied.parent.glob("*.asc"))


# The publishing


def step(name: str) -> dict[str, Any]:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    (found,) = [one for job in workflow["jobs"].values() for one in job["steps"] if one.get("name") == name]
    return dict(found)


def bash(folder: Path, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As GitHub runs a step."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, **variables}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def dist(artifact: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / artifact.name).write_bytes(artifact.read_bytes())
    (folder / "sbom.cdx.json").write_text("{}")
    return folder


def handed_over(dist: Path) -> str:
    """The checksums, as the first job gives them to the second."""
    output = dist.parent / "output"
    text = step("Hand the checksums to the next job, beside the files")["run"]
    (dist.parent / "build").mkdir(exist_ok=True)
    (dist.parent / "build" / "dist").symlink_to(dist)
    done = bash(dist.parent, text, GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stderr
    first, *sums, last = output.read_text().splitlines()
    assert (first, last) == ("sums<<END_OF_SUMS", "END_OF_SUMS")
    return "\n".join(sums)


def test_what_the_first_job_has_not_built_is_not_published(dist: Path) -> None:
    sums = handed_over(dist)
    check = step("These are the files that the first job has built")["run"]
    assert bash(dist, check, SUMS=sums).returncode == 0
    (dist / "more.tar.gz").write_text("")
    assert bash(dist, check, SUMS=sums).returncode != 0
    (dist / "more.tar.gz").unlink()
    (dist / "sbom.cdx.json").write_text("[]")
    assert bash(dist, check, SUMS=sums).returncode != 0
    assert bash(dist, check, SUMS="").returncode != 0


class FakeGalaxy(BaseHTTPRequestHandler):
    """As much of Galaxy as `ansible-galaxy collection` speaks to when it publishes and installs."""

    server: Server

    def do_GET(self) -> None:
        artifact = self.server.artifact
        path = self.path.partition("?")[0].rstrip("/")
        if path.endswith(".tar.gz"):
            self.server.downloads += 1
            self._answer(artifact.read_bytes())
        elif path == "/api":
            self._answer({"available_versions": {"v3": "v3/"}})
        elif path.startswith("/api/v3/imports/"):
            self._answer({"state": "completed", "finished_at": "2026-01-01T00:00:00Z", "messages": []})
        elif path.endswith("/k8s_tracing"):
            self._answer({"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"})
        elif path.endswith("/versions"):
            self._answer({"data": [{"version": artifact_version(artifact)}], "links": {"next": None}})
        elif "/versions/" in path:
            self._answer(self._described(artifact))
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.uploads.append((self.headers["Authorization"], sent))
        self._answer({"task": f"http://{self.headers['Host']}/api/v3/imports/collections/1/"})

    def _described(self, artifact: Path) -> dict[str, Any]:
        return {
            "namespace": {"name": "tracelab"},
            "collection": {"name": "k8s_tracing"},
            "version": artifact_version(artifact),
            "href": self.path,
            "download_url": f"/download/{artifact.name}",
            "artifact": {"sha256": hashlib.sha256(artifact.read_bytes()).hexdigest()},
            "metadata": {"dependencies": {}},
            "signatures": [],
        }

    def _answer(self, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if body is content else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def __init__(self, artifact: Path) -> None:
        super().__init__(("127.0.0.1", 0), FakeGalaxy)
        self.artifact, self.downloads = artifact, 0
        self.uploads: list[tuple[str, bytes]] = []


def artifact_version(artifact: Path) -> str:
    return artifact.name.removesuffix(".tar.gz").rpartition("-")[2]


@contextmanager
def fake_galaxy(artifact: Path) -> Iterator[Server]:
    with Server(artifact) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def test_the_artifact_is_published_with_a_token_that_stands_in_no_argument(dist: Path, artifact: Path) -> None:
    publish = step("Publish on Galaxy")
    assert "secrets." not in publish["run"]
    variables = {name: str(value) for name, value in publish["env"].items()}
    secret = [name for name, value in variables.items() if "secrets.GALAXY_TOKEN" in value]
    assert secret == ["ANSIBLE_GALAXY_SERVER_GALAXY_TOKEN"]
    with fake_galaxy(artifact) as server:
        variables |= {secret[0]: "t0ken", "ANSIBLE_GALAXY_SERVER_GALAXY_URL": f"http://127.0.0.1:{server.server_port}/"}
        done = bash(dist.parent, publish["run"], **variables, HOME=str(dist.parent))
    assert done.returncode == 0, done.stdout + done.stderr
    ((authorization, sent),) = server.uploads
    assert authorization == "Token t0ken"
    assert hashlib.sha256(artifact.read_bytes()).hexdigest().encode() in sent


# The digests of images

FAKE_SKOPEO = """#!/bin/sh
for last; do :; done
case "$last" in *"$UNKNOWN"*) echo "manifest unknown" >&2; exit 1;; esac
printf 'manifest of %s' "$last"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The roles alone, whose tables may be written."""
    shutil.copytree(ROOT / "roles", tmp_path / "roles")
    return tmp_path


def digests(checkout: Path, unknown: str) -> subprocess.CompletedProcess[str]:
    tools = checkout / "tools"
    tools.mkdir(exist_ok=True)
    skopeo = tools / "skopeo"
    skopeo.write_text(FAKE_SKOPEO)
    skopeo.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "UNKNOWN": unknown}
    code = "import sys, pathlib, release.digests as d; d.main(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(checkout / "roles")]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def tables(checkout: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in checkout.glob("roles/*/vars/main/digests.yml"):
        (table,) = yaml.safe_load(file.read_text()).values()
        found |= table
    return found


def test_digests_are_written_for_every_image_that_is_pinned(checkout: Path, parts: dict[str, dict[str, Any]]) -> None:
    done = digests(checkout, "nothing")
    assert done.returncode == 0, done.stderr
    pinned = {ref.removeprefix("image:") for ref in parts if ref.startswith("image:")}
    assert tables(checkout) == {
        name.partition("/")[2]: f"sha256:{hashlib.sha256(f'manifest of docker://{name}'.encode()).hexdigest()}"
        for name in pinned
    }


def test_no_table_is_written_where_one_digest_is_not_known(checkout: Path) -> None:
    before = tables(checkout)
    done = digests(checkout, "grafana/k6")
    assert done.returncode != 0
    assert "No digest of docker.io/grafana/k6:" in done.stderr
    assert tables(checkout) == before


def test_the_tables_hold_images_that_are_pinned_and_no_others(parts: dict[str, dict[str, Any]]) -> None:
    """A version that was changed leaves a row behind: `make image-digests`."""
    pinned = {ref.removeprefix("image:").partition("/")[2] for ref in parts if ref.startswith("image:")}
    assert set(tables(ROOT)) <= pinned
