# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that copies images, with no container engine and no root: what it is asked, and what it says."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done, Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._secrets import masked_text

RETRIES = 3
SAID_CHARACTERS = 600
LOG_LINE = re.compile(r'level=(?:fatal|error) msg="((?:[^"\\]|\\.)*)"')
UNVERIFIED = "set tls_verify (in the playbooks k8s_tracing_bundle_tls_verify) to false"
# Its words, what they mean, and what to do; the first that is found counts.
MEANINGS = (
    ("server gave HTTP response to HTTPS", "tls", f"Without TLS on its side, {UNVERIFIED}."),
    ("x509:|certificate", "tls", f"Have this host trust its authority, or {UNVERIFIED}."),
    ("unauthorized|authentication required|denied", "forbidden", "Log in: skopeo login REGISTRY, or give authfile."),
    ("manifest unknown|name unknown|not found", "image_not_found", "Check the image's name and tag."),
    ("no such host|connection refused|time(d )?out|unreachable|EOF", "unreachable", "Does this host reach it?"),
)  # fmt: skip


class Skopeo:
    def __init__(self, run: Run, binary: str = "", authfile: str = "", tls_verify: bool = True) -> None:
        self._start = run
        self._binary = binary or "skopeo"
        self._auth = ["--authfile", authfile] if authfile else []
        self._tls_verify = str(tls_verify).lower()

    def copy(self, source: str, destination: str, platform: str, keep_digest: bool) -> None:
        """Copy one image; both ends are written as skopeo writes them, ``docker://...`` or ``oci-archive:...``."""
        command = [*_platform(platform), "copy", "--quiet", "--retry-times", str(RETRIES), *self._auth]
        command += ["--all"] if platform == "all" or keep_digest else []
        command += ["--preserve-digests"] if keep_digest else []
        for side, name in (("src", source), ("dest", destination)):
            if name.startswith("docker://"):
                command.append(f"--{side}-tls-verify={self._tls_verify}")
        done = self._run([*command, source, destination])
        if done.code:
            raise explained(f"{source} could not be copied to {destination}", done.error)

    def digest(self, name: str) -> str:
        """The digest that a registry has for an image; empty when it has none, or tells us nothing."""
        arguments = ["inspect", "--raw", *self._auth, f"--tls-verify={self._tls_verify}", name]
        done = self._run(arguments)
        return "" if done.code else f"sha256:{hashlib.sha256(done.out).hexdigest()}"

    def _run(self, arguments: Sequence[str]) -> Done:
        program = shutil.which(self._binary)
        if not program:
            raise TracingError(
                "skopeo_missing",
                f"The program {self._binary} was not found: images are copied with it.",
                "Install it (apt install skopeo, dnf install skopeo, brew install skopeo).",
            )
        return self._start([program, *arguments], "", {})


def _platform(text: str) -> list[str]:
    """From linux/arm64 or linux/arm/v7. The platform of this host is not that of the cluster."""
    if text == "all":
        return []
    system, architecture, *variant = text.split("/")
    chosen = ["--override-os", system, "--override-arch", architecture]
    return chosen + (["--override-variant", variant[0]] if variant else [])


def explained(what: str, text: str) -> TracingError:
    words = said(text)
    for pattern, kind, fix in MEANINGS:
        if re.search(pattern, words):
            return TracingError(kind, f"{what}: {words}.", fix, retryable=kind == "unreachable")
    return TracingError("skopeo", f"{what}: {words}.")


def said(text: str) -> str:
    """The words of its last log line, or the whole."""
    found = LOG_LINE.findall(text)
    words = " ".join((found[-1] if found else text).replace('\\"', '"').split())
    # Registries may repeat the login that they were sent.
    return masked_text(words)[:SAID_CHARACTERS].rstrip(".") or "it gave no reason"
