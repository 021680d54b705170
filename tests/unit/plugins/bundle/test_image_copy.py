# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of images, by a skopeo that is a script: what it is asked, and what comes of its answers."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import chart_archive as chart_archive_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import image_copy as image_copy_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import manifest as bundle_utils
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.image_copy import archive_digest, copy_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.skopeo import explained
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from fakes import run_directly

RAW = b'{"of": "the registry"}'
DIGEST = f"sha256:{hashlib.sha256(RAW).hexdigest()}"
OTHER = "sha256:" + "0" * 64
TEMPO = "docker.io/grafana/tempo:2.8.0"

# Writes down how it was called; answers `inspect` with a file where there is one, and `copy` with an archive.
SKOPEO = """#!/bin/sh
printf '%s\\n' "$*" >> "$0.calls"
case "$*" in
*inspect*) [ -f "$0.raw" ] && exec cat "$0.raw"; exit 1 ;;
esac
[ -f "$0.says" ] && { cat "$0.says" >&2; exit 1; }
for last; do :; done
case "$last" in
oci-archive:*) path=${last#oci-archive:}; cp "$0.tar" "${path%%:*}" ;;
esac
"""


def write_archive(file: Path, **members: Any) -> Path:
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file


class Bench:
    """A folder with that script, and an archive with the image of the registry."""

    def __init__(self, folder: Path) -> None:
        self.skopeo = folder / "skopeo"
        self.skopeo.write_text(SKOPEO)
        self.skopeo.chmod(0o755)
        self.archive = self.oci("skopeo.tar", DIGEST)
        self.dest = folder / "images" / "tempo.tar"

    def oci(self, name: str, digest: str) -> Path:
        return write_archive(self.skopeo.with_name(name), index_json={"manifests": [{"digest": digest}]})

    def beside(self, end: str) -> Path:
        return self.skopeo.with_name(f"skopeo.{end}")

    def options(self, **given: Any) -> dict[str, Any]:
        defaults = {name: spec.get("default") for name, spec in image_copy_utils.ARGUMENTS.items()}
        return {**defaults, "binary_path": str(self.skopeo), "src": TEMPO, "dest": str(self.dest), **given}

    def copy(self, check_mode: bool = False, **given: Any) -> dict[str, Any]:
        return copy_image(self.options(**given), check_mode, run_directly)

    @property
    def calls(self) -> list[str]:
        file = self.beside("calls")
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_image_is_copied_once(bench: Bench) -> None:
    made = bench.copy()
    facts = {"digest": DIGEST, "sha256": bundle_utils.sha256_of(bench.archive), "size": bench.archive.stat().st_size}
    assert made == {"changed": True, **facts}
    part = bench.dest.with_name(".tempo.tar.part")
    assert bench.calls == [
        "--override-os linux --override-arch amd64 copy --quiet --retry-times 3 --src-tls-verify=true "
        f"docker://{TEMPO} oci-archive:{part}:{TEMPO}"
    ]
    assert bench.copy() == {"changed": False, **facts}
    assert bench.copy(checksum=facts["sha256"])["changed"] is False
    assert len(bench.calls) == 1 and not part.exists()


def test_an_archive_that_was_altered_is_copied_again(bench: Bench) -> None:
    bench.copy()
    good = bundle_utils.sha256_of(bench.dest)
    write_archive(bench.dest, index_json={"manifests": [{"digest": OTHER}]})
    assert bench.copy(check_mode=True, checksum=good) == {"changed": True}
    assert bench.copy(checksum=good)["digest"] == DIGEST
    bench.dest.write_bytes(b"half an arch")
    assert bench.copy()["changed"] is True


def test_check_mode_copies_nothing(bench: Bench) -> None:
    assert bench.copy(check_mode=True) == {"changed": True}
    assert bench.copy(check_mode=True, src=str(bench.archive), dest="reg.example.com/x:1")["changed"] is True
    assert not bench.dest.exists() and all(" inspect" in f" {call}" for call in bench.calls)


def test_a_failure_leaves_nothing_behind(bench: Bench) -> None:
    bench.beside("says").write_text('time="now" level=fatal msg="reading manifest 2.8.0: manifest unknown"\n')
    with pytest.raises(
        TracingError, match=r"reading manifest 2.8.0: manifest unknown\. Check the image's name"
    ) as caught:
        bench.copy()
    assert caught.value.kind == "image_not_found"
    assert list(bench.dest.parent.iterdir()) == []


def test_a_registry_that_repeats_the_login_does_not_get_it_shown() -> None:
    error = explained("a", 'level=fatal msg="unauthorized: Basic dXNlcjpTM0NSM1Q0ODUx for user:hunter2@registry.test"')
    assert error.kind == "forbidden" and "dXNlcjp" not in str(error) and "Basic ****" in str(error)


def test_archives_of_both_formats_are_sources(bench: Bench) -> None:
    docker = write_archive(bench.archive.with_name("docker.tar"), manifest_json=[])
    bench.copy(src=str(docker), reference=TEMPO, platform="linux/arm/v7")
    assert f"docker-archive:{docker} oci-archive:" in bench.calls[0]
    assert "--override-arch arm --override-variant v7 copy" in bench.calls[0] and "tls-verify" not in bench.calls[0]
    bench.dest.unlink()
    bench.copy(src=str(bench.archive), reference=TEMPO)
    assert f"oci-archive:{bench.archive} oci-archive:" in bench.calls[1]


def test_all_platforms_are_copied_when_asked_for(bench: Bench) -> None:
    bench.copy(platform="all", authfile="/auth.json", tls_verify=False)
    assert bench.calls[0].startswith("copy --quiet --retry-times 3 --authfile /auth.json --all --src-tls-verify=false ")


def test_a_digest_is_kept_and_demanded(bench: Bench) -> None:
    bench.copy(src=f"q.io/a:1@{DIGEST}")
    assert "--all --preserve-digests" in bench.calls[0] and f"docker://q.io/a@{DIGEST} " in bench.calls[0]
    bench.dest.unlink()
    with pytest.raises(TracingError, match="The source has"):
        bench.copy(src=f"q.io/a:1@{OTHER}")
    assert not bench.dest.exists()


def test_an_image_is_pushed_unless_it_is_there(bench: Bench) -> None:
    push = {"src": str(bench.archive), "dest": f"reg.example.com/lab/tempo:2.8.0@{DIGEST}", "platform": "all"}
    assert bench.copy(**push) == {"changed": True, "digest": DIGEST}
    assert bench.calls[-1] == (
        "copy --quiet --retry-times 3 --all --preserve-digests --dest-tls-verify=true "
        f"oci-archive:{bench.archive} docker://reg.example.com/lab/tempo:2.8.0"
    )
    bench.beside("raw").write_bytes(RAW)
    assert bench.copy(**push) == {"changed": False, "digest": DIGEST}
    assert bench.copy(src=TEMPO, dest="reg.example.com/lab/tempo:2.8.0")["changed"] is False
    bench.beside("raw").write_bytes(b"another")
    assert bench.copy(**push)["changed"] is True


def test_an_archive_as_docker_wrote_it_is_pushed(bench: Bench) -> None:
    docker = write_archive(bench.archive.with_name("docker.tar"), manifest_json=[])
    assert bench.copy(src=str(docker), dest="reg.example.com/x:1") == {"changed": True, "digest": ""}
    assert bench.calls[-1].endswith(f"docker-archive:{docker} docker://reg.example.com/x:1")
    assert "--preserve-digests" not in bench.calls[-1]


@pytest.mark.parametrize("platform", ["", "amd64", "linux/", "All", "linux/a/b/c"])
def test_a_platform_that_is_none_is_refused(bench: Bench, platform: str) -> None:
    with pytest.raises(TracingError, match="platform: "):
        bench.copy(platform=platform)


def test_without_skopeo_it_says_how_to_get_it(bench: Bench) -> None:
    with pytest.raises(TracingError, match="apt install skopeo") as caught:
        bench.copy(binary_path="/nowhere/skopeo")
    assert caught.value.kind == "skopeo_missing"


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    wrong = ("", 1, "sha256:", "sha256:x", f"{DIGEST}\n", "../../etc", {"__ansible_type": "x"}, "\x1b[31m")
    for content in ([], {"manifests": []}, {"manifests": 1}, *({"manifests": [{"digest": one}]} for one in wrong)):
        with pytest.raises(TracingError, match="is no archive of an image"):
            archive_digest(write_archive(tmp_path / "x.tar", index_json=content))
    with pytest.raises(TracingError, match="There is no archive"):
        archive_digest(tmp_path / "nothing.tar")
    with pytest.raises(TracingError, match=r"neither an index\.json nor a manifest\.json"):
        archive_digest(write_archive(tmp_path / "x.tar", other_json={}))
    os.mkfifo(tmp_path / "pipe.tar")
    with pytest.raises(TracingError, match="not a regular file"):
        archive_digest(tmp_path / "pipe.tar")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("http: server gave HTTP response to HTTPS client", "tls"),
        ("x509: certificate signed by unknown authority", "tls"),
        ("unauthorized: authentication required", "forbidden"),
        ("dial tcp 10.0.0.1:443: connect: connection refused", "unreachable"),
        ("something else", "skopeo"),
        ("", "skopeo"),
    ],
)
def test_its_words_are_explained(words: str, kind: str) -> None:
    error = explained("It failed", words)
    assert error.kind == kind and (words or "no reason") in error.message
    assert error.retryable == (kind == "unreachable")


OWN = {
    "image_copy": image_copy_utils.ARGUMENTS,
    "chart_archive": chart_archive_utils.ARGUMENTS,
    "bundle_info": bundle_utils.ARGUMENTS,
}


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.tracelab.k8s_tracing.plugins.modules.{name}")


@pytest.mark.parametrize("name", OWN)
def test_options_are_those_that_are_documented(name: str) -> None:
    documented = yaml.safe_load(module(name).DOCUMENTATION)["options"]
    assert documented.keys() == OWN[name].keys()
    for option, spec in OWN[name].items():
        for key in ("type", "default", "choices", "elements", "required"):
            assert documented[option].get(key) == spec.get(key), f"{option}: {key}"
    tasks = [task.get(f"tracelab.k8s_tracing.{name}") for task in yaml.safe_load(module(name).EXAMPLES)]
    assert all(task.keys() <= OWN[name].keys() for task in tasks if task) and any(tasks)


def call(capsys: pytest.CaptureFixture[str], name: str, **args: Any) -> dict[str, Any]:
    with patch_module_args(args), pytest.raises(SystemExit):
        module(name).main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_the_modules_return_what_is_documented(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    made = call(capsys, "image_copy", src=TEMPO, dest=str(bench.dest), binary_path=str(bench.skopeo))
    assert made.keys() - {"changed", "invocation"} == yaml.safe_load(module("image_copy").RETURN).keys() - {"error"}
    none = call(capsys, "bundle_info", path=str(bench.dest), missing_ok=True)
    assert none.keys() - {"changed", "invocation"} == yaml.safe_load(module("bundle_info").RETURN).keys() - {"error"}
    for name, args in (
        ("image_copy", {"src": "A", "dest": "/x"}),
        ("bundle_info", {"path": "/nowhere"}),
        ("chart_archive", {"chart_ref": "/nowhere", "path": "/x"}),
    ):
        failed = call(capsys, name, **args)
        assert failed["failed"] and failed["error"]["kind"], name
