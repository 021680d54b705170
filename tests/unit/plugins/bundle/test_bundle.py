# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle's checksums, with real files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.manifest import MAX_TEXT_BYTES, bundle_info
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

FILES = {"charts/tempo-1.0.0.tgz": b"chart", "images/docker.io_a_1.tar": b"image"}
BOTH = ["charts", "images"]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    contents: dict[str, Any] = {"format": 1, "charts": [{"role": "tempo"}], "images": [{"reference": "a"}]}
    files = {"bundle.json": json.dumps(contents).encode(), **FILES}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    return tmp_path


def info(folder: Path, verify: list[str], missing_ok: bool = False) -> dict[str, Any]:
    """Nobody is asked who has made it: tests/contract/test_bundle_signature.py does that, with GnuPG itself."""
    return bundle_info(str(folder), verify, missing_ok, keyring="", run=no_program)


def no_program(*_arguments: Any) -> Any:
    raise AssertionError("no program is needed for checksums")


def fails(bundle: Path, kind: str, words: str, verify: list[str] | None = None) -> None:
    with pytest.raises(TracingError, match=words) as caught:
        info(bundle, BOTH if verify is None else verify)
    assert caught.value.kind == kind


def test_a_whole_bundle_says_what_is_in_it(bundle: Path) -> None:
    found = info(bundle, BOTH)
    assert (found["exists"], found["charts"], found["images"]) == (True, [{"role": "tempo"}], [{"reference": "a"}])
    assert set(found["checksums"]) == {"bundle.json", *FILES}


@pytest.mark.parametrize("name", ["SHA256SUMS", "bundle.json", "charts/tempo-1.0.0.tgz"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_never_ends_is_not_read(bundle: Path, name: str, kind: str) -> None:
    (bundle / name).unlink()
    if kind == "pipe":
        os.mkfifo(bundle / name)
    else:
        (bundle / name).symlink_to("/dev/zero")
    fails(bundle, "bundle_invalid" if name == "SHA256SUMS" else "bundle_damaged", "cannot be read")


def test_checksums_without_an_end_are_not_read(bundle: Path) -> None:
    (bundle / "SHA256SUMS").write_bytes(b"0" * (MAX_TEXT_BYTES + 1))
    fails(bundle, "bundle_invalid", "larger than 4096 KiB")


def test_every_file_that_is_not_right_is_named(bundle: Path) -> None:
    (bundle / "charts/tempo-1.0.0.tgz").write_bytes(b"charT")
    (bundle / "images/docker.io_a_1.tar").unlink()
    fails(bundle, "bundle_damaged", r"charts/tempo-1\.0\.0\.tgz differs .*; images/docker\.io_a_1\.tar is missing")
    (bundle / "images/docker.io_a_1.tar").mkdir()
    fails(bundle, "bundle_damaged", "images/docker.io_a_1.tar cannot be read")


def test_only_the_parts_that_are_asked_for_are_read(bundle: Path) -> None:
    (bundle / "images/docker.io_a_1.tar").unlink()
    assert info(bundle, ["charts"])["exists"]
    (bundle / "bundle.json").write_text("{}")
    fails(bundle, "bundle_damaged", "bundle.json differs", verify=[])


def test_no_bundle_is_fine_only_where_that_is_said(tmp_path: Path, bundle: Path) -> None:
    empty = bundle / "charts"
    assert info(empty, BOTH, missing_ok=True) == {
        "exists": False,
        "charts": [],
        "images": [],
        "checksums": {},
        "signed_by": "",
        "fingerprint": "",
    }
    fails(empty, "bundle_missing", "has no SHA256SUMS")


@pytest.mark.parametrize(
    "line", ["no sum", f"{'a' * 64}  /etc/passwd", f"{'a' * 64}  charts/../../x", f"{'a' * 64}  ../x", ""]
)
def test_checksums_of_anything_else_are_refused(bundle: Path, line: str) -> None:
    with (bundle / "SHA256SUMS").open("a") as sums:
        sums.write(f"{line}\n")
    fails(bundle, "bundle_invalid", "is no list of checksums")


@pytest.mark.parametrize(
    "contents",
    ["[]", '{"format": 2}', '{"format": 1, "charts": []}', "no json", '{"format": true, "charts": [], "images": []}'],
)
def test_contents_of_another_format_are_refused(bundle: Path, contents: str) -> None:
    (bundle / "bundle.json").write_text(contents)
    (bundle / "SHA256SUMS").write_text(f"{hashlib.sha256(contents.encode()).hexdigest()}  bundle.json\n")
    fails(bundle, "bundle_invalid", "not of format 1")


def test_a_list_that_is_no_text_is_refused(bundle: Path) -> None:
    (bundle / "SHA256SUMS").write_bytes(b"\xff\xfe")
    fails(bundle, "bundle_invalid", "cannot be read")


@pytest.mark.parametrize(
    "entry", [{"file": "charts/other.tgz"}, {"file": "../x"}, {"file": "/etc/passwd"}, {"provenance": "charts/x.prov"}]
)
def test_a_file_that_has_no_checksum_is_named(bundle: Path, entry: dict[str, str]) -> None:
    contents = json.dumps({"format": 1, "charts": [entry], "images": []})
    (bundle / "bundle.json").write_text(contents)
    (bundle / "SHA256SUMS").write_text(f"{hashlib.sha256(contents.encode()).hexdigest()}  bundle.json\n")
    fails(bundle, "bundle_invalid", f"without a checksum in SHA256SUMS: {next(iter(entry.values()))}")
