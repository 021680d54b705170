# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting the report on disk: only what differs, each file whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import read_regular

# Larger than any report; what is there was not written by this module then.
_MAX_BYTES = 64 * 1024 * 1024
_FIX = "Give a directory in dest that the user of this task may write to."


@dataclass(frozen=True)
class Change:
    path: Path
    before: str | None
    after: str

    def to_diff(self) -> dict[str, str]:
        return {
            "before_header": str(self.path),
            "after_header": str(self.path),
            "before": self.before or "",
            "after": self.after,
        }


def read_file(path: Path) -> str | None:
    """The text of a file that is there. Bytes that are no UTF-8 were not written here: the file gets replaced."""
    try:
        return read_regular(path, _MAX_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(f"{path} cannot be read: {error.strerror}.") from error


def changes(dest: Path, contents: Mapping[str, str]) -> list[Change]:
    found = [Change(dest / name, read_file(dest / name), content) for name, content in contents.items()]
    return [change for change in found if change.before != change.after]


def check_writable(dest: Path) -> None:
    """Say before anything is written what would go wrong; check mode says it as well."""
    if dest.exists() and not dest.is_dir():
        raise _unusable(f"dest {dest} is no directory.")
    nearest = next(path for path in (dest, *dest.parents) if path.exists())
    if not nearest.is_dir():
        raise _unusable(f"dest {dest} cannot be made: {nearest} is no directory.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise _unusable(f"dest {dest} cannot be written: no permission in {nearest}.")


def write(dest: Path, found: list[Change], put: Callable[[Path, bytes], None], mode: int) -> None:
    """A folder that is made opens to those who may read a file of this mode."""
    try:
        dest.mkdir(mode=mode | (mode & 0o444) >> 2, parents=True, exist_ok=True)
        for change in found:
            put(change.path, change.after.encode())
    except OSError as error:
        raise _unusable(f"dest {dest} cannot be written: {error.strerror}.") from error


def set_mode(files: Iterable[Path], mode: int) -> bool:
    """Whether any of them had another one."""
    others = [file for file in files if file.is_file() and stat.S_IMODE(file.stat().st_mode) != mode]
    try:
        for file in others:
            file.chmod(mode)
    except OSError as error:
        raise _unusable(f"The mode of {error.filename} cannot be set: {error.strerror}.") from error
    return bool(others)


def _unusable(message: str) -> TracingError:
    return TracingError("dest_not_writable", message, _FIX)
