# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of others: what stands in their place may be a pipe, a device, a folder, or too large."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._files import open_regular, read_regular


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"1234")
    (tmp_path / "link").symlink_to(file)
    assert read_regular(file, 4) == read_regular(tmp_path / "link", 4) == b"1234"
    with pytest.raises(OSError, match="larger than 0 KiB"):
        read_regular(file, 3)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("pipe", "not a regular file"),
        ("device", "not a regular file"),
        ("folder", "Is a directory"),
        ("nothing", "No such"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str, told: str) -> None:
    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(OSError, match=told):
        open_regular(path)
