"""Throw-away keys of GnuPG, for tests of signatures. Where the program is missing, a test is skipped and says so."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def require_gpg() -> None:
    if not shutil.which("gpg"):
        pytest.skip("no gpg to sign and verify with: install gnupg")


class Key:
    """A secret key in a GnuPG home of its own, with what others are handed of it."""

    def __init__(self, home: Path, name: str) -> None:
        require_gpg()
        self.home, self.name = home, name
        home.mkdir(mode=0o700, parents=True)
        # RSA, because what Helm verifies with reads no newer kinds of key.
        self.gpg("--passphrase", "", "--quick-generate-key", name, "rsa2048", "sign", "never")

    def gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", *arguments]
        return subprocess.run(command, input=given, check=True, capture_output=True, timeout=120).stdout

    def secret(self) -> str:
        return self.gpg("--armor", "--export-secret-keys", self.name).decode()

    def public(self) -> str:
        return self.gpg("--armor", "--export", self.name).decode()

    def keyring(self, file: Path) -> Path:
        """The public key as GnuPG, Helm and ansible-galaxy take it from a file."""
        file.write_bytes(self.gpg("--export", self.name))
        return file

    def secret_ring(self) -> Path:
        """The secret key as Helm takes it to sign."""
        file = self.home / "secret.gpg"
        file.write_bytes(self.gpg("--export-secret-keys", self.name))
        return file

    def sign(self, file: Path, signature: Path) -> Path:
        self.gpg("--armor", "--yes", "--detach-sign", "--output", str(signature), str(file))
        return signature

    def end(self) -> None:
        """The agent that GnuPG has started for this home."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True, timeout=60)


@contextmanager
def two_keys(folder: Path, one: str, other: str = "other") -> Iterator[tuple[Key, Key]]:
    """Those of one@example.com and other@example.com."""
    found = Key(folder / one, f"{one}@example.com"), Key(folder / other, f"{other}@example.com")
    yield found
    for key in found:
        key.end()
