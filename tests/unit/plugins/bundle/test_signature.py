# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of GnuPG's words, and where it runs. tests/contract/test_bundle_signature.py has GnuPG itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle import signature
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

GOOD = "[GNUPG:] GOODSIG 0A1B Builder <builder@example.com>\n"
VALID = "[GNUPG:] VALIDSIG AAAA 2026-01-31 1769817600 0 4 0 22 10 00 BBBB\n"


class Gpg:
    """Takes any key ring, and says of each signature what it was told to."""

    def __init__(self, says: str, code: int = 0) -> None:
        self.verified = Done(code, says.encode())
        self.imported = Done(0)
        self.homes: list[Path] = []
        self.modes: list[int] = []

    def __call__(self, command: Sequence[str], _given: str, _environment: Mapping[str, str]) -> Done:
        home = Path(command[command.index("--homedir") + 1])
        self.homes.append(home)
        self.modes.append(stat.S_IMODE(home.stat().st_mode))
        return self.imported if "--import" in command else self.verified


@pytest.fixture(autouse=True)
def some_gpg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature.shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.fixture
def strict_umask() -> Iterator[None]:
    """With which a new folder would not even be its owner's to write to."""
    before = os.umask(0o277)
    yield
    os.umask(before)


def signer(folder: Path, gpg: Gpg) -> dict[str, str]:
    signed, keyring = folder / "SHA256SUMS.asc", folder / "keys.gpg"
    signed.touch()
    keyring.touch()
    return signature.signer_of("text", signed, keyring, gpg)


def refused(folder: Path, gpg: Gpg) -> str:
    with pytest.raises(TracingError) as caught:
        signer(folder, gpg)
    return f"{caught.value.kind}: {caught.value.message}"


def test_a_good_and_valid_signature_has_a_name_and_the_primary_key(tmp_path: Path) -> None:
    found = signer(tmp_path, Gpg(GOOD + VALID))
    assert found == {"signed_by": "Builder <builder@example.com>", "fingerprint": "BBBB"}


@pytest.mark.usefixtures("strict_umask")
def test_the_home_of_the_keys_is_the_users_alone_and_does_not_stay(tmp_path: Path) -> None:
    gpg = Gpg(GOOD + VALID)
    signer(tmp_path, gpg)
    assert gpg.modes == [0o700, 0o700]
    assert len(set(gpg.homes)) == 1 and not gpg.homes[0].exists()


@pytest.mark.parametrize(
    ("says", "code", "why"),
    [
        ("[GNUPG:] BADSIG 0A1B Ann <a@example.com>\n", 1, "was altered after Ann <a@example.com> had signed it"),
        ("[GNUPG:] EXPSIG 0A1B Ann\n" + VALID, 0, "the signature of Ann is out of date"),
        ("[GNUPG:] EXPKEYSIG 0A1B Ann\n" + VALID, 0, "the key of Ann is out of date"),
        ("[GNUPG:] REVKEYSIG 0A1B Ann\n" + VALID, 0, "the key of Ann was revoked"),
        ("[GNUPG:] NO_PUBKEY 0A1B\n", 2, "signed by key 0A1B, which is not in"),
        (GOOD + VALID, 1, "it is no signature of it"),
        (GOOD, 0, "it is no signature of it"),
        (VALID, 0, "it is no signature of it"),
        ("", 0, "it is no signature of it"),
    ],
)
def test_every_other_answer_is_a_refusal(tmp_path: Path, says: str, code: int, why: str) -> None:
    told = refused(tmp_path, Gpg(says, code))
    assert told.startswith("signature_invalid: ") and why in told


def test_what_is_no_key_ring_is_told_before_anything_is_verified(tmp_path: Path) -> None:
    gpg = Gpg(GOOD + VALID)
    gpg.imported = Done(2, error="gpg: no valid\nOpenPGP data found.\n")
    assert refused(tmp_path, gpg).endswith("keys.gpg is no key ring: gpg: no valid OpenPGP data found..")
    assert len(gpg.modes) == 1
