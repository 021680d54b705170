# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder with all that an installation takes: what is in it, and whether it came over whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import open_regular, read_regular
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED, parse_json

from .signature import signer_of

CONTENTS = "bundle.json"
SUMS = "SHA256SUMS"
FORMAT = 1
PARTS = ("charts", "images")
_FILES = ("file", "provenance")
# A bundle has some fifty files; its list of contents has some 50 KB.
MAX_TEXT_BYTES = 4 * 1024 * 1024
NOBODY = {"signed_by": "", "fingerprint": ""}
# As sha256sum writes it. No path leads out of the bundle.
LINE = re.compile(r"(?P<sum>[0-9a-f]{64}) [ *](?P<file>(?![/.])(?!.*/\.)[^\\]+)")

ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "path": {"type": "path", "required": True},
    "verify": {"type": "list", "elements": "str", "choices": list(PARTS), "default": list(PARTS)},
    "missing_ok": {"type": "bool", "default": False},
    "keyring": {"type": "path", "default": ""},
}


def bundle_info(path: str, verify: Collection[str], missing_ok: bool, keyring: str, run: Run) -> dict[str, Any]:
    """The contents of a bundle, once every file of the parts to verify has been found as it was collected."""
    folder = Path(path)
    if missing_ok and not (folder / CONTENTS).is_file():
        return {"exists": False, "charts": [], "images": [], "checksums": {}, **NOBODY}
    text = _text(folder, SUMS)
    signer = signer_of(text, folder / f"{SUMS}.asc", Path(keyring), run) if keyring else NOBODY
    sums = read_sums(folder, text)
    wanted = [name for name in sums if name == CONTENTS or name.split("/", 1)[0] in verify]
    problems = [f"{name} {problem}" for name in wanted for problem in _problems(folder / name, sums[name])]
    if problems:
        raise TracingError(
            "bundle_damaged",
            f"The bundle at {folder} is not as it was collected: {'; '.join(problems)}.",
            "Copy these files again from where the bundle was made, or run bundle.yml again.",
        )
    contents = read_contents(folder)
    parts = {part: contents[part] for part in PARTS}
    _demand_sums(folder, parts, sums)
    return {"exists": True, **parts, "checksums": sums, **signer}


def _demand_sums(folder: Path, parts: Mapping[str, Any], sums: Mapping[str, str]) -> None:
    """Refuse a file in the list of contents that has no checksum: nothing tells whether it is the one collected."""
    entries = [item for items in parts.values() for item in items if isinstance(item, Mapping)]
    named = [str(item[key]) for item in entries for key in _FILES if item.get(key)]
    unknown = [name for name in named if name not in sums]
    if unknown:
        raise TracingError(
            "bundle_invalid",
            f"{folder / CONTENTS} names files without a checksum in {SUMS}: {', '.join(unknown[:10])}.",
            "Run bundle.yml again.",
        )


def read_sums(folder: Path, text: str) -> dict[str, str]:
    lines = text.splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    good = {match["file"]: match["sum"] for match in found if match}
    if len(good) != len(lines) or CONTENTS not in good:
        raise TracingError(
            "bundle_invalid", f"{folder / SUMS} is no list of checksums of a bundle.", "Run bundle.yml again."
        )
    return good


def read_contents(folder: Path) -> dict[str, Any]:
    try:
        contents = parse_json(_text(folder, CONTENTS))
        known = contents["format"] == FORMAT and not isinstance(contents["format"], bool)
        known = known and all(isinstance(contents[part], list) for part in PARTS)
    except UNSHAPED:
        known = False
    if not known:
        raise TracingError(
            "bundle_invalid",
            f"{folder / CONTENTS} is not of format {FORMAT}, which this version reads.",
            "Collect the bundle with the version of the collection that installs from it.",
        )
    return dict(contents)


def _text(folder: Path, name: str) -> str:
    try:
        # As bytes first: what is signed is every byte, ends of lines too.
        return read_regular(folder / name, MAX_TEXT_BYTES).decode("utf-8")
    except FileNotFoundError as error:
        raise TracingError(
            "bundle_missing",
            f"There is no bundle at {folder}: it has no {name}.",
            "Set k8s_tracing_bundle_dir to a folder that bundle.yml has filled.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise TracingError(
            "bundle_invalid", f"{folder / name} cannot be read: {why}.", "Copy it again from where the bundle was made."
        ) from error


def _problems(file: Path, expected: str) -> Iterator[str]:
    try:
        if sha256_of(file) != expected:
            yield f"differs from its checksum in {SUMS}"
    except FileNotFoundError:
        yield "is missing"
    except OSError as error:
        yield f"cannot be read ({error.strerror})"


def sha256_of(file: Path) -> str:
    with open_regular(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
