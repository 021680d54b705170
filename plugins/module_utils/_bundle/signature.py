# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has signed a text, by GnuPG, with the keys of one file and nothing else."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done, Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

# The options of whoever runs this, their keys, agents and the network are left out of it.
_ALONE = ("--batch", "--no-tty", "--no-options", "--no-autostart", "--disable-dirmngr", "--no-auto-key-retrieve")
_WRITE_KEYRING = "Write it: gpg --export KEY > FILE."
_STATUS = re.compile(r"^\[GNUPG:\] (\w+) ?(.*)$", re.MULTILINE)
# What GnuPG tells of a signature that does not count, and what that means. It ends well with some of them.
_BAD: Mapping[str, str] = {
    "BADSIG": "it was altered after {who} had signed it",
    "EXPSIG": "the signature of {who} is out of date",
    "EXPKEYSIG": "the key of {who} is out of date",
    "REVKEYSIG": "the key of {who} was revoked",
    "NO_PUBKEY": "it is signed by key {who}, which is not in {keyring}",
}


def require_keyring(keyring: Path) -> None:
    if not keyring.is_file():
        raise TracingError("keyring_missing", f"There is no key ring {keyring}.", _WRITE_KEYRING)


def signer_of(text: str, signature: Path, keyring: Path, run: Run) -> dict[str, str]:
    """Name and fingerprint of who has signed exactly this text; ``TracingError`` when nobody of the key ring has."""
    require_keyring(keyring)
    if not signature.is_file():
        raise TracingError(
            "signature_missing",
            f"{signature.name} is missing, so it is not known who made {signature.parent}.",
            "Take it along from where it was made. A bundle is signed with k8s_tracing_bundle_sign_with.",
        )
    with tempfile.TemporaryDirectory(prefix="bundle_signature.") as home:
        Path(home).chmod(0o700)
        imported = _gpg(run, home, ["--import", str(keyring)])
        if imported.code:
            words = " ".join(imported.error.split())
            raise TracingError("keyring_invalid", f"{keyring} is no key ring: {words}.", _WRITE_KEYRING)
        done = _gpg(run, home, ["--verify", str(signature), "-"], text)
    return _judged(done, signature, keyring)


def _gpg(run: Run, home: str, arguments: Sequence[str], given: str = "") -> Done:
    program = shutil.which("gpg")
    if not program:
        raise TracingError(
            "gpg_missing",
            "The program gpg was not found: signatures are verified with it.",
            "Install it (apt install gnupg, dnf install gnupg2, brew install gnupg).",
        )
    # In English, whatever the locale is.
    command = [program, "--homedir", home, *_ALONE, "--status-fd", "1", "--trust-model", "always", *arguments]
    return run(command, given, {"LC_ALL": "C", "LANGUAGE": "C"})


def _judged(done: Done, signature: Path, keyring: Path) -> dict[str, str]:
    words = dict(_STATUS.findall(done.out.decode("utf-8", "replace")))
    for name, meaning in _BAD.items():
        if name in words:
            who = words[name] if name == "NO_PUBKEY" else words[name].partition(" ")[2]
            raise _refused(signature, meaning.format(who=who, keyring=keyring))
    if done.code or "GOODSIG" not in words or "VALIDSIG" not in words:
        raise _refused(signature, "it is no signature of it")
    return {"signed_by": words["GOODSIG"].partition(" ")[2], "fingerprint": words["VALIDSIG"].split()[-1]}


def _refused(signature: Path, why: str) -> TracingError:
    what = signature.with_suffix("")
    return TracingError(
        "signature_invalid",
        f"{what} does not fit {signature.name}: {why}.",
        "Do not use it. Copy it again from where it was made; if it still does not match, ask who made it.",
    )
