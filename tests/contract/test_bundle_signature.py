"""Signed bundles, by GnuPG itself: one that a trusted key has signed is used, and no other one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.manifest import bundle_info
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from fakes import run_directly
from openpgp import Key, two_keys

CHART = "charts/tempo-1.0.0.tgz"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    with two_keys(tmp_path_factory.mktemp("keys"), "builder") as found:
        yield found


def write_sums(bundle: Path) -> None:
    names = ["bundle.json", CHART]
    lines = [f"{hashlib.sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (bundle / "SHA256SUMS").write_text("".join(lines))


@pytest.fixture
def bundle(tmp_path: Path, keys: tuple[Key, Key]) -> Path:
    folder = tmp_path / "bundle"
    (folder / "charts").mkdir(parents=True)
    (folder / CHART).write_bytes(b"chart")
    (folder / "bundle.json").write_text(json.dumps({"format": 1, "charts": [{"file": CHART}], "images": []}))
    write_sums(folder)
    keys[0].sign(folder / "SHA256SUMS", folder / "SHA256SUMS.asc")
    return folder


def look(bundle: Path, *keys: Key, keyring: Path | None = None) -> dict[str, Any]:
    ring = keyring or bundle.parent / "ring.gpg"
    if keyring is None:
        ring.write_bytes(b"".join(key.gpg("--export", key.name) for key in keys))
    return bundle_info(str(bundle), ["charts"], missing_ok=False, keyring=str(ring), run=run_directly)


def refused(bundle: Path, *keys: Key, keyring: Path | None = None) -> tuple[str, str]:
    with pytest.raises(TracingError) as failure:
        look(bundle, *keys, keyring=keyring)
    assert failure.value.fix
    return failure.value.kind, failure.value.message


def test_a_bundle_of_a_trusted_builder_is_used(bundle: Path, keys: tuple[Key, Key]) -> None:
    found = look(bundle, *keys)
    assert found["charts"] == [{"file": CHART}]
    assert "builder@example.com" in found["signed_by"]
    assert found["fingerprint"] in keys[0].gpg("--fingerprint", "--with-colons").decode()
    armored = bundle.parent / "keys.asc"
    armored.write_text(keys[0].public())
    assert look(bundle, keyring=armored) == found


def test_a_file_that_was_altered_is_refused(bundle: Path, keys: tuple[Key, Key]) -> None:
    (bundle / CHART).write_bytes(b"charT")
    kind, message = refused(bundle, keys[0])
    assert (kind, CHART in message) == ("bundle_damaged", True)


def test_checksums_that_were_made_to_fit_are_refused(bundle: Path, keys: tuple[Key, Key]) -> None:
    """Without a key ring nobody would see it: that is what checksums alone are worth."""
    (bundle / CHART).write_bytes(b"charT")
    write_sums(bundle)
    assert bundle_info(str(bundle), ["charts"], missing_ok=False, keyring="", run=run_directly)["exists"]
    kind, message = refused(bundle, keys[0])
    assert (kind, "was altered after builder@example.com" in message) == ("signature_invalid", True)


def test_a_byte_of_an_end_of_line_counts(bundle: Path, keys: tuple[Key, Key]) -> None:
    sums = bundle / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"\n", b"\r\n"))
    assert refused(bundle, keys[0])[0] == "signature_invalid"


def test_a_bundle_without_a_signature_is_refused(bundle: Path, keys: tuple[Key, Key]) -> None:
    (bundle / "SHA256SUMS.asc").unlink()
    assert refused(bundle, keys[0])[0] == "signature_missing"


def test_a_bundle_of_somebody_else_is_refused(bundle: Path, keys: tuple[Key, Key]) -> None:
    kind, message = refused(bundle, keys[1])
    assert (kind, "which is not in" in message) == ("signature_invalid", True)


def test_a_second_signature_of_somebody_else_is_refused_too(
    bundle: Path, keys: tuple[Key, Key], tmp_path: Path
) -> None:
    second = keys[1].sign(bundle / "SHA256SUMS", tmp_path / "second.asc")
    signatures = []
    for file, key in ((bundle / "SHA256SUMS.asc", keys[0]), (second, keys[1])):
        signatures.append(key.gpg("--dearmor", given=file.read_bytes()))
    (bundle / "SHA256SUMS.asc").write_bytes(b"".join(signatures))
    assert look(bundle, *keys)["exists"]
    assert refused(bundle, keys[0])[0] == "signature_invalid"


@pytest.mark.parametrize("content", [b"", b"no signature", b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n"])
def test_what_is_no_signature_is_refused(bundle: Path, keys: tuple[Key, Key], content: bytes) -> None:
    (bundle / "SHA256SUMS.asc").write_bytes(content)
    assert refused(bundle, keys[0])[0] == "signature_invalid"


def test_a_signed_message_is_no_signature_of_the_checksums(bundle: Path, keys: tuple[Key, Key]) -> None:
    """It has a good signature, of other words that it brings along."""
    signed = keys[0].gpg("--armor", "--sign", given=b"other words")
    (bundle / "SHA256SUMS.asc").write_bytes(signed)
    assert refused(bundle, keys[0])[0] == "signature_invalid"
    (bundle / "SHA256SUMS.asc").write_bytes(keys[0].gpg("--clearsign", given=b"other words"))
    assert refused(bundle, keys[0])[0] == "signature_invalid"


def test_a_key_that_is_out_of_date_is_refused(bundle: Path, keys: tuple[Key, Key], tmp_path: Path) -> None:
    """GnuPG tells it, and ends as if all was well."""
    key = Key(tmp_path / "old", "old@example.com")
    try:
        fingerprint = key.gpg("--with-colons", "--fingerprint").decode().split("fpr:::::::::")[1].partition(":")[0]
        key.gpg("--quick-set-expire", fingerprint, "seconds=2")
        key.gpg(
            "--armor", "--yes", "--output", str(bundle / "SHA256SUMS.asc"), "--detach-sign", str(bundle / "SHA256SUMS")
        )
        ring = tmp_path / "old.gpg"
        ring.write_bytes(key.gpg("--export", key.name))
        later = ["--faked-system-time", "20991231T000000!"]

        def run(command: Sequence[str], given: str, environment: Mapping[str, str]) -> Done:
            return run_directly([command[0], *later, *command[1:]], given, environment)

        with pytest.raises(TracingError, match=r"the key of old@example\.com is out of date"):
            bundle_info(str(bundle), ["charts"], missing_ok=False, keyring=str(ring), run=run)
    finally:
        key.end()


def test_a_key_ring_that_is_none_is_refused(bundle: Path, tmp_path: Path) -> None:
    assert refused(bundle, keyring=tmp_path / "none.gpg")[0] == "keyring_missing"
    text = tmp_path / "text.gpg"
    text.write_text("no keys")
    assert refused(bundle, keyring=text)[0] == "keyring_invalid"


def test_keys_of_the_user_are_not_asked(bundle: Path, keys: tuple[Key, Key], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom somebody writes letters to does not say who may make bundles."""
    monkeypatch.setenv("GNUPGHOME", str(keys[0].home))
    assert refused(bundle, keys[1])[0] == "signature_invalid"


def test_without_gnupg_nothing_is_used(bundle: Path, keys: tuple[Key, Key], monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = keys[0].keyring(bundle.parent / "ring.gpg")
    monkeypatch.setenv("PATH", str(bundle))
    kind, message = refused(bundle, keyring=keyring)
    assert (kind, "gpg was not found" in message) == ("gpg_missing", True)
